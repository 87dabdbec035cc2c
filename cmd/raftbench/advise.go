package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// newAdviseCommand is the parent of what weighs one thing against another.
func newAdviseCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "advise",
		Short: "Weigh what nodes buy against what they cost",
	}
	var names []string
	for _, sub := range []*cobra.Command{newAdviseSizeCommand(), newAdviseTimeoutsCommand()} {
		sub.RunE = failing(sub.RunE)
		cmd.AddCommand(sub)
		names = append(names, sub.Name())
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		got := "nothing"
		if len(args) > 0 {
			got = fmt.Sprintf("%q", args[0])
		}
		return usage(fmt.Errorf("got advise on %s, want it on: %s", got, strings.Join(names, ", ")), "run `"+cmd.CommandPath()+" --help`")
	}
	return cmd
}
