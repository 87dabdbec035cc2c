package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/node"
	"github.com/raftbench/raftbench/strictyaml"
)

// variablePrefix of the variables that stand for flags: RAFTBENCH_TRIALS=3 is
// --trials 3, unless the flag itself is given.
const variablePrefix = "RAFTBENCH_"

// mutantVariable chooses how nodes are broken, in a build that has such nodes.
const mutantVariable = variablePrefix + "MUTANT"

// applyVariables sets each flag that was not given from its variable. A
// variable of another command's flag is none of this one's business.
func applyVariables(cmd *cobra.Command, _ []string) error {
	if cmd.Hidden {
		return nil // a node takes no flags, and may be of another build
	}
	if err := node.CheckMutant(); err != nil {
		return usage(err, "")
	}
	if err := checkVariables(cmd.Root()); err != nil {
		return err
	}
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		name := variableOf(f)
		value, given := os.LookupEnv(name)
		if err != nil || !given || f.Changed || isOwn(f) {
			return
		}
		if slices.Contains(beyondOneTrial, f.Name) && replays(cmd) {
			fmt.Fprintf(cmd.ErrOrStderr(), "warning: %s=%s is left out of account: one safety trial is replayed, and nothing else done\n", name, value)
			return
		}
		if e := cmd.Flags().Set(f.Name, value); e != nil {
			err = usage(fmt.Errorf("%s=%s: %w", name, value, e), "it stands for --"+f.Name)
		}
	})
	return err
}

// replays tells whether a command is to do one safety trial again.
func replays(cmd *cobra.Command) bool {
	f := cmd.Flags().Lookup("replay")
	return f != nil && (f.Changed || os.Getenv(variableOf(f)) != "")
}

// spelt is how a flag was given: by its own name, or by its variable.
func spelt(f *pflag.Flag) string {
	if value, given := os.LookupEnv(variableOf(f)); given && value == f.Value.String() {
		return variableOf(f)
	}
	return "--" + f.Name
}

func variableOf(f *pflag.Flag) string {
	return variablePrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
}

// isOwn tells cobra's own flags, which no variable stands for.
func isOwn(f *pflag.Flag) bool { return f.Name == "help" || f.Name == "version" }

// checkVariables refuses variables that stand for no flag of any command: what
// was meant to be set would not be.
func checkVariables(root *cobra.Command) error {
	known := variablesOf(root)
	if node.MutantVariable != "" {
		known = append(known, node.MutantVariable) // a build with mutants
	}
	for _, e := range os.Environ() {
		name, value, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, variablePrefix) || slices.Contains(known, name) {
			continue
		}
		if name == mutantVariable {
			return usage(fmt.Errorf("got the variable %s=%s, want a build with mutants", name, value), "only a build with -tags mutants has mutants; unset "+name)
		}
		hint := "such variables stand for flags: " + variablePrefix + "TRIALS is --trials; unset " + name
		if near := strictyaml.Nearest(name[len(variablePrefix):], withoutPrefix(known), 1); len(near) > 0 {
			hint = "did you mean " + variablePrefix + near[0] + "?"
		}
		return usage(fmt.Errorf("got the variable %s=%s, which stands for no flag", name, value), hint)
	}
	return nil
}

func withoutPrefix(names []string) []string {
	var out []string
	for _, n := range names {
		out = append(out, strings.TrimPrefix(n, variablePrefix))
	}
	return out
}

// variablesOf are the variables of all commands' flags.
func variablesOf(root *cobra.Command) []string {
	var names []string
	for _, c := range root.Commands() {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if !isOwn(f) {
				names = append(names, variableOf(f))
			}
		})
	}
	slices.Sort(names)
	return slices.Compact(names)
}
