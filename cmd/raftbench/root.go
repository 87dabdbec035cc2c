package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes; where several hold: 130, then 4, 3, 5, 1.
const (
	exitOK           = 0
	exitFailed       = 1   // the run failed
	exitUsage        = 2   // usage or configuration
	exitGate         = 3   // a gate failed
	exitSafety       = 4   // an acknowledged write lost, replicas disagree, not linearizable
	exitInconclusive = 5   // too few valid trials to judge
	exitInterrupted  = 130 // finished trials are kept
)

// failure is an error with an exit code and what to do about it.
type failure struct {
	code int
	err  error
	hint string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// fail wraps err with an exit code; hint may be empty.
func fail(code int, err error, hint string) error { return &failure{code: code, err: err, hint: hint} }

// usage is a mistake in flags, arguments or files.
func usage(err error, hint string) error { return fail(exitUsage, err, hint) }

// wrong is a mistake of usage that may have its hint already.
func wrong(err error) error {
	var f *failure
	if errors.As(err, &f) {
		return err
	}
	return usage(err, "")
}

// hinted errors of the packages tell what to do.
type hinted interface{ Hint() string }

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
	fmt.Fprintf(stderr, "error: %v\n", f.err)
	var h hinted
	if f.hint == "" && errors.As(f.err, &h) {
		f.hint = h.Hint()
	}
	if f.hint != "" {
		fmt.Fprintf(stderr, "hint: %s\n", f.hint)
	}
	return f.code
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:               "raftbench",
		Short:             "How many Raft nodes should I run, and what does each one cost me per write?",
		SilenceUsage:      true,
		SilenceErrors:     true,
		PersistentPreRunE: applyVariables,
		// What was meant is said in the hint.
		DisableSuggestions:         true,
		SuggestionsMinimumDistance: 2,
	}
	root.SetFlagErrorFunc(flagMistake)
	root.SetOut(stdout)
	root.SetErr(stderr)
	for _, cmd := range commands() {
		cmd.RunE = failing(cmd.RunE)
		root.AddCommand(cmd)
	}
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
		newCompareCommand(),
		newGateCommand(),
		newNodeCommand(),
		newProfilesCommand(),
		newRunCommand(),
		newUpCommand(),
		newReportCommand(),
		newVersionCommand(),
		newInitCommand(),
		newValidateCommand(),
		newDoctorCommand(),
		newPredictCommand(),
	}
}
