package main

import (
	"context"
	"errors"
	"fmt"
)

// Exit codes. Where several hold: 130, then 4, 6, 3, 5, 1.
const (
	exitOK           = 0
	exitFailed       = 1   // the run failed
	exitUsage        = 2   // usage or configuration
	exitGate         = 3   // a gate failed
	exitSafety       = 4   // an acknowledged write lost, replicas disagree, not linearizable
	exitInconclusive = 5   // too few valid trials to judge
	exitLiveness     = 6   // a replica does not catch up, a cluster elects nobody
	exitInterrupted  = 130 // finished trials are kept
)

// exitCodesHelp is what the program's help says of them.
const exitCodesHelp = `Exit codes:
  0    all is well; also when some trials failed and enough are left
  1    the run failed
  2    wrong usage or configuration; nothing was started
  3    a gate failed
  4    safety: a write was lost, replicas disagree, or data cannot be opened
  5    inconclusive: too few valid trials to judge
  6    liveness: a replica does not catch up, or a cluster elects no leader
  130  interrupted; finished trials are kept
Where several hold: 130, then 4, 6, 3, 5, 1.`

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

// codeOf is an error's exit code.
func codeOf(err error) int {
	var f *failure
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &f):
		return f.code
	}
	return exitFailed
}

// usage is a mistake in flags, arguments or files.
func usage(err error, hint string) error { return fail(exitUsage, err, hint) }

// orUsage takes an error without an exit code for a mistake of usage.
func orUsage(err error) error {
	var f *failure
	if errors.As(err, &f) {
		return err
	}
	return usage(err, "")
}

// hinted errors of the packages say what to do.
type hinted interface{ Hint() string }

// hintOf is what the error itself says to do.
func hintOf(err error) string {
	var h hinted
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

// stopped is how a command ends whose context is done: by a signal, or because
// nobody reads what it writes.
func stopped(ctx context.Context, kept string) error {
	cause, code := context.Cause(ctx), exitInterrupted
	var closed *closedOutput
	switch {
	case errors.As(cause, &closed):
		code = exitFailed
	case errors.Is(cause, context.Canceled):
		cause = errors.New("interrupted")
	}
	return fail(code, fmt.Errorf("%w; %s", cause, kept), "")
}
