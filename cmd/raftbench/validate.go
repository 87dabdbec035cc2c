package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/units"
)

func newValidateCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check an experiment without running it, and say its size",
		Long: `Check what "raftbench run" would measure, given the same FILE, --preset, flags
and RAFTBENCH_* variables; with none of them, the default experiment. Nothing is
started. A cluster that --endpoints names is asked who its members are.`,
		Example: `  raftbench validate my.yaml
  raftbench validate my.yaml --set nodes=1,3,5
  raftbench validate --preset quick --trials 3`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return runValidate(cmd.Context(), cmd.OutOrStdout(), o)
		},
	}
	experimentFlags(cmd.Flags(), &o)
	endpointsFlag(cmd.Flags(), &o)
	return cmd
}

func runValidate(ctx context.Context, stdout io.Writer, o runOptions) error {
	system, plan, err := planFor(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "ok: %s\n%s\n", o.origin(), sizeOf(plan))
	for _, line := range deedsOf(plan) {
		fmt.Fprintln(stdout, line)
	}
	if system.found() != "" {
		fmt.Fprintln(stdout, system.found())
	}
	for _, line := range []string{plan.Unasked, plan.Label} {
		if line != "" {
			fmt.Fprintln(stdout, line)
		}
	}
	for _, w := range planWarnings(plan) {
		fmt.Fprintf(stdout, "warning: %s\n", w)
	}
	return nil
}

// planWarnings are the plan's own, and what its blocks cannot tell.
func planWarnings(plan configs.Plan) []string {
	out := slices.Clone(plan.Warnings)
	for _, cell := range bench.Unbridged(plan) {
		out = append(out, fmt.Sprintf("%s is never measured beside a setup before it: they are too many nodes to live at once, so that no difference between them is told; add a small size, such as 3, or use --apart", cell))
	}
	return out
}

// origin is where an experiment begins, before flags and variables change it.
func (o runOptions) origin() string {
	switch {
	case o.file != "":
		return o.file
	case o.preset != "":
		return "preset " + o.preset
	}
	return "the default experiment"
}

// sizeOf says how much work a plan is.
func sizeOf(p configs.Plan) string {
	if p.Precision > 0 {
		return fmt.Sprintf("%s until differences are known to ±%s, and %s, at most %s", units.Plural(len(p.Setups), "setup"),
			units.Share.Show(p.Precision), units.Plural(len(p.Setups)*p.Proofs, "proof"), units.About(configs.Estimate(p)))
	}
	outages := ""
	if n := p.OutageTrialCount(); n > 0 {
		outages = ", and " + units.Plural(n, "outage trial")
	}
	tests := 0
	for _, s := range p.Setups {
		tests += p.SafetyOf(s)
	}
	if tests > 0 {
		outages += ", and " + units.Plural(tests, "safety trial")
	}
	return fmt.Sprintf("%s, %s and %s%s, about %s",
		units.Plural(len(p.Setups), "setup"),
		units.Plural(len(p.Setups)*p.Trials, "measuring trial"),
		units.Plural(len(p.Setups)*p.Proofs, "proof"),
		outages,
		units.About(configs.Estimate(p)))
}
