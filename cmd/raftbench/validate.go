package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/units"
)

func newValidateCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check an experiment without running it, and tell its size",
		Long: `Check what run would be given: a FILE or a preset, with the same flags and
RAFTBENCH_* variables over it. Nothing is started.`,
		Example: "  raftbench validate my.yaml\n  raftbench validate my.yaml --set nodes=1,3,5",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return runValidate(cmd.OutOrStdout(), o)
		},
	}
	experimentOptions(cmd.Flags(), &o)
	return cmd
}

func runValidate(stdout io.Writer, o runOptions) error {
	if o.file == "" && o.preset == "" {
		return usage(errors.New("got neither FILE nor --preset, want one of them"), "`raftbench init` writes an example")
	}
	plan, err := plan(o)
	if err != nil {
		return orUsage(err)
	}
	path := o.file
	if path == "" {
		path = "preset " + o.preset
	}
	fmt.Fprintf(stdout, "ok: %s\n%s\n", path, planSize(plan))
	for _, w := range plan.Warnings {
		fmt.Fprintf(stdout, "warning: %s\n", w)
	}
	return nil
}

// planSize is the line that is printed before anything starts.
func planSize(p configs.Plan) string {
	return fmt.Sprintf("%s, %s and %s, about %s",
		units.Plural(len(p.Setups), "cell"),
		units.Plural(len(p.Setups)*p.Trials, "measuring trial"),
		units.Plural(len(p.Setups)*p.Proofs, "proof"),
		configs.Estimate(p).Round(time.Second))
}
