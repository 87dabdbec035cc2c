package main

import (
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/host"
)

// newAwakeCommand is what keeps the cores from halting, in a process of its own.
// It is hidden: its stdin tells it when to end.
func newAwakeCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "awake",
		Short:  "Keep this host's cores from halting until stdin ends",
		Hidden: true,
		Args:   arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return host.Spin(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
}

// spinner is this program as one that keeps the cores from halting; nil where
// nobody knows where it stands.
func spinner() func() *exec.Cmd {
	self, err := os.Executable()
	if err != nil {
		return nil
	}
	return func() *exec.Cmd { return exec.Command(self, "awake") }
}
