package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/powerloss"
)

// newPowerLossDiskCommand is what a launcher runs for a member whose disk's power is to
// be cut. It is hidden: its stdin and stdout are the launcher's.
func newPowerLossDiskCommand() *cobra.Command {
	return &cobra.Command{
		Use:    powerloss.CommandName + " BEHIND AT",
		Short:  "Serve a directory from which what was not synced can be taken",
		Hidden: true,
		Args:   arguments(2, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := powerloss.Serve(cmd.InOrStdin(), cmd.OutOrStdout(), args[0], args[1]); err != nil {
				return fail(exitFailed, err, "")
			}
			return nil
		},
	}
}

// mounter has this program serve disks; nil where the host cannot have any.
func mounter() cluster.Mounter {
	self, err := os.Executable()
	if err != nil || powerloss.Available() != nil {
		return nil
	}
	return cluster.LocalDisk(self)
}
