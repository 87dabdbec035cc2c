package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// variablePrefix of the variables that stand for flags: RAFTBENCH_TRIALS=3 is
// --trials 3, unless the flag itself is given.
const variablePrefix = "RAFTBENCH_"

// applyVariables sets each flag that was not given from its variable.
func applyVariables(cmd *cobra.Command, _ []string) error {
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := variablePrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, given := os.LookupEnv(name)
		if err != nil || !given || f.Changed || f.Name == "help" {
			return
		}
		if e := cmd.Flags().Set(f.Name, value); e != nil {
			err = usage(fmt.Errorf("%s=%s: %w", name, value, e), "it stands for --"+f.Name)
		}
	})
	return err
}
