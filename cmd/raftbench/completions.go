package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/profiles"
)

// formatsOf names the annotation of a flag -o that holds its formats.
const formatsOf = "raftbench_formats"

// complete tells shells what may follow each flag of a command and of those below it,
// by the flag's name: a name means one thing wherever it stands.
func complete(cmd *cobra.Command) {
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if c := completionOf(f); c != nil {
			// It fails only for a flag that there is not, or for one that has one.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, c)
		}
	})
	for _, below := range cmd.Commands() {
		complete(below)
	}
}

// completionMistakes makes cobra's own command for completions answer mistakes as all
// others do: a shell that it does not know, and an output that takes nothing.
func completionMistakes(root *cobra.Command) {
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() != "completion" {
			continue
		}
		var shells []string
		for _, shell := range cmd.Commands() {
			shells = append(shells, shell.Name())
			if shell.RunE != nil {
				shell.RunE = failing(shell.RunE)
			}
		}
		cmd.Args = cobra.ArbitraryArgs
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			return usage(fmt.Errorf("got the shell %q, want one of %s", args[0], strings.Join(shells, ", ")), "usage: raftbench completion SHELL")
		}
	}
}

// completionOf a flag; nil where a shell does as well: it offers files.
func completionOf(f *pflag.Flag) cobra.CompletionFunc {
	nothingElse := cobra.ShellCompDirectiveNoFileComp
	switch f.Name {
	case "output":
		return cobra.FixedCompletions(f.Annotations[formatsOf], nothingElse)
	case "preset":
		return cobra.FixedCompletions(configs.PresetNames(), nothingElse)
	case "profile":
		return cobra.FixedCompletions(profiles.Names(), cobra.ShellCompDirectiveDefault) // or a file
	case "engine":
		return cobra.FixedCompletions(configs.WordsOf("engine"), nothingElse)
	case "set", "a-set", "b-set":
		return completeSetting
	case "only":
		return completeCharts
	case "title":
		return cobra.NoFileCompletions
	case "out", "resume", "baseline":
		return cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	}
	return nil
}

// completeSetting completes KEY=VALUE: first the key, then the value of one that takes
// few words, each of a list of them.
func completeSetting(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	key, value, found := strings.Cut(typed, "=")
	var all []string
	if !found {
		for _, k := range configs.SettableKeys() {
			all = append(all, k+"=")
		}
		return beginning(all, typed), cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	before := key + "=" + value[:strings.LastIndex(value, ",")+1]
	for _, w := range configs.WordsOf(key) {
		all = append(all, before+w)
	}
	return beginning(all, typed), cobra.ShellCompDirectiveNoFileComp
}

func beginning(all []string, typed string) []string {
	return slices.DeleteFunc(all, func(s string) bool { return !strings.HasPrefix(s, typed) })
}
