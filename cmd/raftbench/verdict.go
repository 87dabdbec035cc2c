package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/raftbench/raftbench/bench"
)

// ending is all that a run's exit code rests on.
type ending struct {
	dir     string
	outcome bench.Outcome
	// stopped is set where a signal ended the run, or a reader that went away.
	stopped error
	// run and report are what ended the measuring and the printing.
	run, report error
}

// verdict is the error, with its exit code, that a run ends with. A promise
// that was broken is told whatever else went wrong.
func (e ending) verdict() error {
	o := e.outcome
	var unsafe error
	if len(o.Unsafe) > 0 {
		unsafe = fmt.Errorf("safety violated: %s", strings.Join(o.Unsafe, "; "))
	}
	reasons := "the reasons stand in " + filepath.Join(e.dir, "trials.jsonl")
	resume := "go on with: " + commandLine("run", "--resume", e.dir)
	switch {
	case codeOf(e.stopped) == exitInterrupted:
		return fail(exitInterrupted, errors.Join(e.stopped, unsafe), resume)
	case unsafe != nil:
		return fail(exitSafety, errors.Join(unsafe, e.stopped, e.run, e.report), "the nodes' logs are under "+filepath.Join(e.dir, "trials"))
	case e.stopped != nil:
		return fail(exitFailed, e.stopped, resume)
	case e.run != nil:
		// What it did not get to lacks trials for another reason than noise.
		return fail(exitFailed, errors.Join(fmt.Errorf("stopped: %w", e.run), e.report), hostFaultHint(e.run)+resume)
	case o.Settled > 0 && o.Failed == o.Settled:
		return fail(exitFailed, errors.Join(errors.New("no trial got to its end"), e.report), reasons)
	case len(o.Starved) > 0:
		return fail(exitInconclusive, errors.Join(fmt.Errorf("no valid trial of %s", strings.Join(o.Starved, ", ")), e.report),
			reasons+"; an idle host and longer windows help")
	case e.report != nil:
		return fail(exitFailed, e.report, "the trials are kept: "+commandLine("report", e.dir))
	}
	return nil
}

// hostFaultHint is what mends a fault of the host, such as a full disk, before
// the run is gone on with.
func hostFaultHint(err error) string {
	if hint := hintOf(err); hint != "" {
		return hint + "; then "
	}
	return "the finished trials are kept; "
}
