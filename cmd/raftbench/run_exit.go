package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/node"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// ending is all that a run's exit code rests on.
type ending struct {
	dir     string
	resume  string // the command that goes on with the run
	host    results.Environment
	outcome bench.Outcome
	// stopped is set where a signal ended the run, or a reader that went away.
	stopped error
	// run and report are what ended the measuring and the printing.
	run, report error
}

// verdict is the error, with its exit code, that a run ends with. What Raft does
// not allow is told whatever else went wrong.
func (e ending) verdict() error {
	o := e.outcome
	unsafe := findingsError("safety violated", o.Findings, results.Safety)
	stuck := findingsError("liveness", o.Findings, results.Liveness)
	reasons := "the reasons stand in " + filepath.Join(e.dir, report.Dir, "report.md")
	resume := "go on with: " + e.resume
	switch {
	case codeOf(e.stopped) == exitInterrupted:
		return fail(exitInterrupted, errors.Join(e.stopped, unsafe, stuck), resume)
	case unsafe != nil:
		return fail(exitSafety, errors.Join(unsafe, stuck, e.stopped, e.run, e.report), e.evidence()+cmp.Or(e.again(o.Unsafe), e.wholeAgain()))
	case stuck != nil:
		again := e.again(o.Stuck)
		if again == "" {
			again = "; try again with: " + e.resume
		}
		return fail(exitLiveness, errors.Join(stuck, e.stopped, e.run, e.report), lossless(o)+"; the nodes' logs are under "+filepath.Join(e.dir, "trials")+again)
	case e.stopped != nil:
		return fail(exitFailed, e.stopped, resume)
	case e.run != nil:
		// What it did not get to lacks trials for another reason than noise.
		return fail(exitFailed, errors.Join(fmt.Errorf("stopped: %w", e.run), e.report), hostFaultHint(e.run)+resume)
	case o.Settled > 0 && o.Failed == o.Settled:
		return fail(exitFailed, errors.Join(errors.New("no trial got to its end"), e.report), reasons)
	case len(o.Undecided) > 0:
		return fail(exitInconclusive, errors.Join(fmt.Errorf("whether %s kept to an order was not decided, which is no pass", units.Plural(len(o.Undecided), "safety trial")), e.report),
			"a lower rate, or more keys, are decided sooner: --set safety.rate=200/s; judge it for longer with: "+
				judgeCommand(filepath.Join(e.dir, o.Undecided[0]), patientJudging))
	case len(o.Unjudged) > 0:
		return fail(exitInconclusive, errors.Join(fmt.Errorf("%s did not come to be judged, which is no pass", units.Plural(len(o.Unjudged), "safety trial")), e.report),
			reasons+e.again(o.Unjudged))
	case len(o.Starved) > 0:
		return fail(exitInconclusive, errors.Join(fmt.Errorf("no valid trial of %s", strings.Join(o.Starved, ", ")), e.report),
			reasons+"; an idle host and longer windows help")
	case e.report != nil && codeOf(e.report) != exitFailed:
		return e.report
	case e.report != nil:
		return fail(exitFailed, e.report, "the trials are kept: "+commandLine("report", e.dir))
	}
	return nil
}

// lossless says that nothing was lost, of a run in which nothing of safety was found and
// every trial was looked at for it.
func lossless(o bench.Outcome) string {
	if o.Unread > 0 {
		return fmt.Sprintf("whether anything was lost was not looked at in %d of %s", o.Unread, units.Plural(o.Settled, "trial"))
	}
	return "nothing was lost"
}

// patientJudging is how long a history is searched for an order that a run, which goes on
// with its other trials, gave up sooner.
const patientJudging = 5 * time.Minute

// again plays the first of some safety trials again; empty where there is none.
func (e ending) again(trials []configs.Replay) string {
	if len(trials) == 0 {
		return ""
	}
	return e.play("--replay", trials[0].String())
}

// wholeAgain plays the run's experiment again, whose file holds the seed; empty where its
// arms have builds of their own.
func (e ending) wholeAgain() string {
	if len(e.host.Arms) > 0 {
		return ""
	}
	return e.play()
}

// play the experiment with these flags, and with the nodes that it was played with.
func (e ending) play(flags ...string) string {
	args := append([]string{"run", filepath.Join(e.dir, results.ExperimentFile)}, flags...)
	if e.host.NodeBinary != "" {
		args = append(args, "--node-binary", e.host.NodeBinary)
	}
	return "; play it again with: " + asBegun(e.host, commandLine(args...))
}

// asBegun is a command by which nodes are broken on purpose as those of a run were: it
// names this program, since the one that is installed as raftbench may have honest nodes
// alone, and sets the variable that chose the mutant, where one was. Where another
// program's nodes are broken and this one has no mutants, that program chooses.
func asBegun(host results.Environment, command string) string {
	mutant := host.Broken()
	others := host.NodeBinary != "" || len(host.Arms) > 0
	if mutant == "" || len(host.Endpoints) > 0 || others && node.MutantVariable == "" {
		return command
	}
	command = quoted(ownPath()) + strings.TrimPrefix(command, "raftbench")
	if mutant == node.NoneChosen {
		return command
	}
	return mutantVariable + "=" + quoted(mutant) + " " + command
}

// ownPath is this program's file.
func ownPath() string {
	path, err := os.Executable()
	if err != nil {
		return "raftbench"
	}
	return path
}

// evidence is where to look at what was found.
func (e ending) evidence() string {
	if len(e.outcome.Evidence) == 0 {
		return "the nodes' logs are under " + filepath.Join(e.dir, results.TrialsDir)
	}
	what := "the nodes' logs: "
	if len(e.outcome.Unsafe) > 0 {
		what = "history, picture and logs: "
	}
	return what + filepath.Join(e.dir, e.outcome.Evidence[0])
}

// resumeCommand goes on with a run by the command that began it (a verb and its
// flags; none: run, or ab where arms have builds of their own). The nodes of other
// builds have to be named again, and a mutant to be chosen again.
func resumeCommand(dir string, host results.Environment, began ...string) string {
	if len(began) == 0 && len(host.Arms) > 0 {
		began = []string{"ab"}
	}
	if len(began) > 0 {
		args := append([]string{began[0], "--resume", dir}, began[1:]...)
		for _, a := range host.Arms {
			args = append(args, "--"+a.Arm, a.Binary)
		}
		return asBegun(host, commandLine(args...))
	}
	args := []string{"run", "--resume", dir}
	if host.NodeBinary != "" {
		args = append(args, "--node-binary", host.NodeBinary)
	}
	return asBegun(host, commandLine(args...))
}

// weights are the exit codes by what they outweigh, the heaviest first.
var weights = []int{exitInterrupted, exitSafety, exitLiveness, exitUsage, exitGate, exitFailed, exitInconclusive}

// heavier is the error whose exit code outweighs the other's; both are told.
func heavier(a, b error) error {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	if slices.Index(weights, codeOf(b)) < slices.Index(weights, codeOf(a)) {
		a, b = b, a
	}
	return fail(codeOf(a), errors.Join(a, b), cmp.Or(hintFor(a), hintFor(b)))
}

// hintFor is what a command's error says to do.
func hintFor(err error) string {
	var f *failure
	if errors.As(err, &f) && f.hint != "" {
		return f.hint
	}
	return hintOf(err)
}

// findingsError names the first of what was found of a class; nil where nothing was.
// The report, and the record, have them all with their values.
func findingsError(what string, findings []results.Finding, c results.Class) error {
	of := slices.DeleteFunc(slices.Clone(findings), func(f results.Finding) bool { return f.Class != c })
	if len(of) == 0 {
		return nil
	}
	said := facts.FindingName(of[0])
	if len(of) > 1 {
		said = fmt.Sprintf("%d findings, the first: %s", len(of), said)
	}
	return fmt.Errorf("%s: %s", what, said)
}

// hostFaultHint is what mends a fault of the host, such as a full disk, before
// the run is gone on with.
func hostFaultHint(err error) string {
	if hint := hintOf(err); hint != "" {
		return hint + "; then "
	}
	return "the finished trials are kept; "
}
