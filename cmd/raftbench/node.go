package main

import (
	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/node"
)

// newNodeCommand is what a launcher runs, once for each member. It is hidden:
// its stdin and stdout are the control channel, not a person's.
func newNodeCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "node",
		Short:  "Run one Raft server process, driven over stdin and stdout",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := node.Main(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr())
			if err != nil {
				return fail(exitFailed, err, "")
			}
			return nil
		},
	}
}
