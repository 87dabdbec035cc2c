package main

import (
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
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

// disks has this program serve disks whose power can be cut, where a plan asks for any;
// in place of them there is the reason why the host cannot have them.
func disks(plan configs.Plan) (cluster.Mounter, error) {
	if !slices.ContainsFunc(plan.Setups, func(s configs.Setup) bool { return s.Storage.PowerLoss }) {
		return nil, nil
	}
	self, err := os.Executable()
	if err == nil {
		err = powerloss.Available()
	}
	if err != nil {
		return nil, err
	}
	return cluster.LocalDisk(self), nil
}
