package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// noLimit of arguments.
const noLimit = -1

// arguments wants from least to most of them, and shows the line of usage
// where there are others.
func arguments(least, most int) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= least && (most == noLimit || len(args) <= most) {
			return nil
		}
		got := "no argument"
		if len(args) > 0 {
			got = fmt.Sprintf("%s (%s)", units.Plural(len(args), "argument"), strings.Join(args, ", "))
		}
		return usage(fmt.Errorf("got %s, want %s", got, howMany(least, most)), "usage: "+cmd.UseLine())
	}
}

func howMany(least, most int) string {
	switch {
	case most == 0:
		return "none"
	case most == noLimit:
		return fmt.Sprintf("at least %d", least)
	case least == most:
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("at most %d", most)
}

// flagMistake says what a flag wants, or which one was meant.
func flagMistake(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var bare *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.As(err, &unknown):
		return usage(fmt.Errorf("%w; want one of `%s --help`", err, cmd.CommandPath()), meantFlag(cmd, unknown.GetSpecifiedName()))
	case errors.As(err, &bare):
		f := bare.GetFlag()
		return usage(fmt.Errorf("got --%s without a value, want one", f.Name), flagHelp(f))
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usage(fmt.Errorf("got --%s %s, want %s", f.Name, cmp.Or(invalid.GetValue(), `""`), wantedOf(f)), flagHelp(f))
	}
	return usage(err, "run `"+cmd.CommandPath()+" --help`")
}

// wantedOf says in a person's words what a flag's type takes.
func wantedOf(f *pflag.Flag) string {
	if _, repeats := f.Value.(*repeatCount); repeats {
		return fmt.Sprintf("a number from %d to %d: fewer runs tell no spread", stats.LeastRuns, summary.MaxRepeats)
	}
	switch f.Value.Type() {
	case "duration":
		return "a duration such as 150us, 2ms or 5s"
	case "bool":
		return "true or false"
	}
	return "a " + strings.ToLower(f.Value.Type())
}

// text is a flag's value. Its name stands for it in the help: --nodes N,...
type text struct {
	value *string
	name  string
}

func textFlag(f *pflag.FlagSet, value *string, flag, name, help string) {
	f.Var(text{value, name}, flag, help)
}

func (t text) Set(s string) error { *t.value = s; return nil }
func (t text) Type() string       { return t.name }

func (t text) String() string {
	if t.value == nil { // pflag asks a zero value for its default
		return ""
	}
	return *t.value
}

// flagHelp is what the help says of a flag.
func flagHelp(f *pflag.Flag) string {
	_, text := pflag.UnquoteUsage(f)
	return "--" + f.Name + ": " + text
}

func meantFlag(cmd *cobra.Command, name string) string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near := strictyaml.Nearest(name, names, 1); len(near) > 0 {
		return "did you mean --" + near[0] + "?"
	}
	if owners := commandsWith(cmd.Root(), name); len(owners) > 0 {
		return fmt.Sprintf("--%s is a flag of %s", name, strings.Join(owners, ", "))
	}
	return "run `" + cmd.CommandPath() + " --help`"
}

// commandsWith are the commands that have the flag.
func commandsWith(root *cobra.Command, flag string) (names []string) {
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() && c.Flags().Lookup(flag) != nil {
			names = append(names, c.Name())
		}
	}
	return names
}

// unknownCommand is what cobra's error of that kind says to a person.
func unknownCommand(root *cobra.Command, args []string) error {
	word := ""
	if i := slices.IndexFunc(args, func(a string) bool { return !strings.HasPrefix(a, "-") }); i >= 0 {
		word = args[i]
	}
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	hint := "run `raftbench --help`"
	if near := root.SuggestionsFor(word); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return usage(fmt.Errorf("got the command %q, want one of %s", word, strings.Join(names, ", ")), hint)
}
