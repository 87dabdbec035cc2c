package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/node"
	"github.com/raftbench/raftbench/results"
)

// newAnswerCommand is the server against which the client's own part of a
// latency is measured. It is hidden: nothing that it is given is kept.
func newAnswerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "answer",
		Short:  "Answer writes at once, until stdin ends",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := node.Answer(cmd.InOrStdin(), cmd.OutOrStdout()); err != nil {
				return fail(exitFailed, err, "")
			}
			return nil
		},
	}
}

// measureClient notes how much of a latency is the client's own. A run goes on
// without: it says so.
func measureClient(ctx context.Context, stderr io.Writer, plan configs.Plan, env *results.Environment, quiet bool) {
	self, err := os.Executable()
	if err == nil {
		env.ClientBias, err = bench.ClientBias(ctx, exec.CommandContext(ctx, self, "answer"), bench.LightRate(plan))
	}
	if err != nil && ctx.Err() == nil && !quiet {
		fmt.Fprintln(stderr, "how much of a latency is the client's own was not measured:", err)
	}
}
