package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/summary"
)

// ratioWanted is the half-width of a latency ratio that more blocks are told for,
// where the run was asked for none: what the default experiment asks for.
const ratioWanted = 0.015

// precisionAsked is what the experiment of a run asks of differences.
func precisionAsked(dir string) float64 {
	plan, err := recordedPlan(dir)
	if err != nil || plan.Precision == 0 {
		return ratioWanted
	}
	return plan.Precision
}

func newExplainCommand() *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use:   "explain DIR",
		Short: "Tell where a run's noise comes from, and what narrows it",
		Long: `Split the variance of the light load's median write latency by what it comes
from: the operations of a window, the fresh cluster of each block, and the host,
which does the same to all setups of a block. Tell how many blocks or operations
bring the ratio of two setups to within the precision that the run was asked
for, 1.5 % where it was asked for none.`,
		Example: "  raftbench explain results/reference",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runExplain(cmd.OutOrStdout(), cmd.ErrOrStderr(), args[0], output)
		},
	}
	outputFlag(cmd.Flags(), &output, "table", "json")
	return cmd
}

func runExplain(stdout, stderr io.Writer, dir, output string) error {
	if err := checkFormat(output, "table", "json"); err != nil {
		return err
	}
	run, err := openRun(stderr, dir)
	if err != nil {
		return err
	}
	l, err := summary.Explain(run, precisionAsked(dir))
	if err != nil {
		return usage(fmt.Errorf("%s cannot be taken apart: %w", dir, err), "name a run of two or more setups side by side, of two or more blocks")
	}
	if output == "json" {
		return writeJSON(stdout, l)
	}
	return report.Explain(stdout, l)
}
