package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Main runs one command line and returns its exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	if strings.HasPrefix(err.Error(), "unknown command") { // cobra gives it no type
		err = unknownCommand(root, args)
	}
	var f *failure
	if !errors.As(err, &f) {
		// No command got to run: cobra refused the arguments or the flags.
		f = &failure{code: exitUsage, err: err, hint: "run `raftbench --help`"}
	}
	tellError(stderr, f.err, cmp.Or(f.hint, hintOf(f.err)))
	return f.code
}

// tellError says what went wrong and, where there is a hint, what to do about it.
func tellError(stderr io.Writer, err error, hint string) {
	fmt.Fprintf(stderr, "error: %v\n", err)
	if hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", hint)
	}
}

const rootHelp = `How many Raft nodes should I run, and what does each one cost me per write?

raftbench starts clusters of real processes on this machine, loads them, kills
their nodes, and reports what a write costs at each size, what each size
survives, and how far the numbers can be trusted. Begin with:

  raftbench run --preset quick`

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:               "raftbench",
		Short:             "How many Raft nodes should I run, and what does each one cost me per write?",
		Long:              rootHelp + "\n\n" + exitCodesHelp,
		Version:           version,
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: applyVariables,
		// What was meant is said in the hint.
		DisableSuggestions:         true,
		SuggestionsMinimumDistance: 2,
	}
	// Help is read in terminals of 80 columns.
	root.SetUsageTemplate(strings.NewReplacer("FlagUsages ", "FlagUsagesWrapped 80 ", "for more information about", "for more about").Replace(root.UsageTemplate()))
	root.SetFlagErrorFunc(flagMistake)
	root.SetVersionTemplate(versionText())
	root.SetOut(stdout)
	root.SetErr(stderr)
	for _, cmd := range commands() {
		cmd.RunE = failing(cmd.RunE)
		root.AddCommand(cmd)
	}
	completionMistakes(root)
	complete(root)
	return root
}

// failing gives what goes wrong inside a command, and has no exit code yet,
// that of a failed run: it is no mistake of usage.
func failing(run func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		var f *failure
		if err == nil || errors.As(err, &f) {
			return err
		}
		return fail(exitFailed, err, "")
	}
}

// commands lists the verbs; each stands in a file of its name.
func commands() []*cobra.Command {
	return []*cobra.Command{
		newABCommand(),
		newAACommand(),
		newAdviseCommand(),
		newCompareCommand(),
		newGateCommand(),
		newNodeCommand(),
		newPowerLossDiskCommand(),
		newAwakeCommand(),
		newAnswerCommand(),
		newExplainCommand(),
		newJudgeCommand(),
		newManCommand(),
		newProfilesCommand(),
		newRunCommand(),
		newUpCommand(),
		newReportCommand(),
		newVersionCommand(),
		newInitCommand(),
		newValidateCommand(),
		newDoctorCommand(),
		newPlanCommand(),
		newPredictCommand(),
		newTrendCommand(),
	}
}
