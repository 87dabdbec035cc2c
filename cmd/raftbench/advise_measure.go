package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/advice"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// rowAdvised is the row of the advice itself.
const rowAdvised = "advised"

// acceleration is the run that measures one row of the advice in minutes.
type acceleration struct {
	configs.Acceleration
	row      string
	exposure quorum.Exposure
	// kinds are the stated pauses as the run makes them.
	kinds []summary.PauseKind
}

// What this host can resolve. A stop of a process and its waking take it a millisecond
// or two, and so do timers while both cores are busy: with a heartbeat timeout of
// 150 ms that is a percent of it, and still little beside what is left between a
// pause and the timeouts.
const (
	leastHeartbeat = 150 * time.Millisecond
	leastLease     = 75 * time.Millisecond
	leastPause     = 5 * time.Millisecond
)

var scales = []int{40, 20, 10, 8, 5, 4, 2}

// scaleFor is by how much all times can be shortened. Where links lose segments it is
// not at all: TCP waits for 200 ms, whatever else is scaled.
func scaleFor(s configs.Setup, t quorum.Timeouts, pauses []quorum.Interruption) int {
	if s.Loses() {
		return 1
	}
	for _, scale := range scales {
		by := time.Duration(scale)
		fits := t.Heartbeat/by >= leastHeartbeat && t.Lease/by >= leastLease
		for _, p := range pauses {
			fits = fits && p.Length/by >= leastPause
		}
		if fits {
			return scale
		}
	}
	return 1
}

// How frequent pauses and stalls are made.
const (
	// backgroundDenser is how many times as often as stated those pauses come that are
	// not seen singly: at least as often as they are to be, and not so often that each
	// of the others meets one.
	backgroundDenser = 4
	// stallsApart are the lengths of a stall between two.
	stallsApart = 20
)

const (
	shortestMeasure = time.Minute
	longestMeasure  = 5 * time.Minute
	// roomInLimit is how far below the limit the bound is to come out where no leader is
	// lost: some may be, and the limit hold.
	roomInLimit = 4
)

// accelerate plans the run. A duration of 0 is as long as it takes to prove the limit.
func accelerate(a advice.Timeouts, s configs.Setup, row string, h quorum.Healthy, t quorum.Timeouts, duration time.Duration) acceleration {
	out := acceleration{row: row, exposure: h.Exposure()}
	out.Timeouts, out.Sync, out.Watches = t, a.Sync, s.MostWatches()
	out.Scale = scaleFor(s, t, a.Pauses)
	by := time.Duration(out.Scale)
	apart := out.apart(a.Pauses)
	for k, p := range a.Pauses {
		made := quorum.Interruption{Length: p.Length / by, Every: min(p.Every/by/backgroundDenser, longestGap)}
		if out.exposure.Singly[k] {
			made.Every = max(min(time.Duration(s.Nodes)*apart-made.Length, p.Every/by), made.Length)
		}
		out.Pauses = append(out.Pauses, made)
		out.kinds = append(out.kinds, summary.PauseKind{LengthNS: int64(made.Length), Singly: out.exposure.Singly[k]})
	}
	out.Stall = stallFor(a.Stalls, by)
	out.For = duration
	if duration == 0 {
		out.For = min(max(out.takes(a.MostPerHour, apart), shortestMeasure), longestMeasure)
	}
	return out
}

// longestGap between two pauses that an experiment may ask for.
const longestGap = 24 * time.Hour

// apart is how long after one pause of a kind the next one of a cluster comes, in the
// mean: of pauses at random as many as can be are then seen singly. A pause is, where
// none comes within its length and a heartbeat timeout on either side.
func (m acceleration) apart(pauses []quorum.Interruption) time.Duration {
	kinds, longest := 0, time.Duration(0)
	for k, p := range pauses {
		if m.exposure.Singly[k] {
			kinds, longest = kinds+1, max(longest, p.Length)
		}
	}
	return time.Duration(2*kinds) * (longest + m.Timeouts.Heartbeat) / time.Duration(m.Scale)
}

// takes is how long it takes until the bound is well below the limit, if no leader is
// lost: with 3 over the number of pauses as the share that may cost one (the rule of
// three), of which a share of 1/e is seen singly.
func (m acceleration) takes(mostPerHour float64, apart time.Duration) time.Duration {
	var pauses float64
	for k, alone := range m.exposure.Alone {
		if alone {
			pauses = max(pauses, 3*roomInLimit*m.exposure.PerHour[k]/mostPerHour)
		}
	}
	seconds := pauses * math.E * apart.Seconds() / float64(m.Watches)
	return time.Duration(math.Ceil(min(seconds, longestMeasure.Seconds())/10)) * 10 * time.Second
}

// stallFor stands for all stated stalls: as long as the longest, as often as all of
// them, and more often where that leaves the disk time to work.
func stallFor(stalls []quorum.Interruption, by time.Duration) quorum.Interruption {
	var longest time.Duration
	var often float64
	for _, s := range stalls {
		longest, often = max(longest, s.Length), often+1/s.Every.Seconds()
	}
	if longest == 0 {
		return quorum.Interruption{}
	}
	stated := time.Duration(float64(time.Second) / often / float64(by))
	length := longest / by
	return quorum.Interruption{Length: length, Every: max(length, min(stated, stallsApart*length))}
}

// rowOf the advice that is to be measured.
func rowOf(a advice.Timeouts, name string) (quorum.Tuned, error) {
	if name == rowAdvised {
		if a.Advised == nil {
			return quorum.Tuned{}, usage(errors.New("no timeouts are advised, so there are none to measure"), "measure a product's: --row nomad")
		}
		return *a.Advised, nil
	}
	var names []string
	for i, p := range configs.Products() {
		if p.Name != name {
			names = append(names, p.Name)
			continue
		}
		switch t := a.Others[i].Tuned; {
		case p.Engine != configs.EngineHashicorp:
			return t, usage(fmt.Errorf("got --row %s, which elects by other rules than hashicorp/raft: it is predicted, and not measured here", name), "measure a row of hashicorp/raft's: --row nomad")
		case t.Normal:
			return t, usage(fmt.Errorf("got --row %s, under which no leader lasts here: there is nothing to count", name), "measure longer timeouts")
		default:
			return t, nil
		}
	}
	return quorum.Tuned{}, usage(fmt.Errorf("got --row %q, want a row of the table", name), fmt.Sprintf("%s, or one of %v", rowAdvised, names))
}

// measureRow runs a row of the advice, and says what came out.
func (o adviseTimeoutsOptions) measureRow(ctx context.Context, stdout, stderr io.Writer, stdin io.Reader, a advice.Timeouts, s configs.Setup, healthy func(quorum.Timeouts) quorum.Healthy) error {
	row := cmp.Or(o.row, rowAdvised)
	tuned, err := rowOf(a, row)
	if err != nil {
		return err
	}
	duration, err := o.measureTime()
	if err != nil {
		return err
	}
	m := accelerate(a, s, row, healthy(tuned.Timeouts), tuned.Timeouts, duration)
	base, err := experiment(o.cluster())
	if err != nil {
		return orUsage(err)
	}
	e := s.Accelerated(base, m.Acceleration)
	run := runOptions{made: &e, out: o.measure, output: "table", yes: true, answer: func(ctx context.Context, stdout io.Writer, dir string) error {
		return o.answerMeasured(ctx, stdout, dir, a, m)
	}}
	if err := o.goOn(&run); err != nil {
		return err
	}
	return runRun(ctx, stdout, stderr, stdin, run)
}

// measurable tells, before anything is simulated, whether the folder can take the run:
// it holds nothing, or a run.
func (o adviseTimeoutsOptions) measurable() error {
	if o.measure == "" || !used(o.measure) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(o.measure, results.ExperimentFile)); errors.Is(err, os.ErrNotExist) {
		return usage(fmt.Errorf("%s: is not empty and holds no run", o.measure), "name a new folder with --measure")
	}
	return nil
}

// goOn with a run that the folder holds already, if it is this one.
func (o adviseTimeoutsOptions) goOn(run *runOptions) error {
	recorded, err := os.ReadFile(filepath.Join(o.measure, results.ExperimentFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return usage(err, "name a new folder with --measure")
	}
	p, err := plan(*run)
	if err != nil {
		return orUsage(err)
	}
	if !bytes.Equal(recorded, p.YAML) {
		return usage(fmt.Errorf("%s holds another run than the one that these flags ask for", o.measure), "name a new folder with --measure, or give the flags that it was begun with")
	}
	run.out, run.resume = "", o.measure
	return nil
}

// answerMeasured reads what the run recorded, and holds it against the limit.
func (o adviseTimeoutsOptions) answerMeasured(ctx context.Context, stdout io.Writer, dir string, a advice.Timeouts, m acceleration) error {
	if err := printResults(ctx, io.Discard, io.Discard, dir, "table"); err != nil {
		return err
	}
	run, err := results.Open(dir)
	if err != nil {
		return err
	}
	seen := summary.ProvokedIn(run.Trials, m.kinds)
	measured := advice.NewMeasured(m.row, m.Timeouts, m.Scale, m.exposure, seen, a)
	measured.Dir = dir
	a.Measured = &measured
	switch o.output {
	case "json":
		err = writeJSON(stdout, a)
	case "markdown":
		err = advice.TimeoutsMarkdown(stdout, a)
	default:
		err = advice.MeasuredText(stdout, a)
	}
	if err != nil {
		return err
	}
	switch measured.Verdict {
	case advice.LimitBroken:
		return fail(exitGate, fmt.Errorf("the timeouts of %s do not keep the limit", m.row), "longer timeouts, or a longer lease, do")
	case advice.LimitUndecided:
		return fail(exitInconclusive, fmt.Errorf("whether the timeouts of %s keep the limit is not decided", m.row), measured.Hint())
	}
	return nil
}

// measureCommand measures what is advised, under all that was stated.
func (o adviseTimeoutsOptions) measureCommand() string {
	args := []string{"advise", "timeouts"}
	add := func(flag, value string) {
		if value != "" {
			args = append(args, "--"+flag, value)
		}
	}
	add("nodes", o.nodes)
	add("profile", o.profile)
	add("leader", o.leader)
	add("max-false-elections", o.most)
	for _, p := range o.pauses {
		add("pause", p)
	}
	for _, s := range o.stalls {
		add("stall", s)
	}
	add("fsync", o.sync)
	add("seed", o.seed)
	if o.draws != tuningDraws {
		add("draws", fmt.Sprint(o.draws))
	}
	add("measure", "results/advised")
	return commandLine(args...)
}

// measureTime reads how long is measured; 0 is as long as it takes.
func (o adviseTimeoutsOptions) measureTime() (time.Duration, error) {
	if o.measureFor == "" {
		return 0, nil
	}
	d, err := units.ParseDuration(o.measureFor)
	if err == nil && (d < shortestFor || d > longestGap) {
		err = fmt.Errorf("got %s, want %s to %s", o.measureFor, units.FormatDuration(shortestFor), units.FormatDuration(longestGap))
	}
	if err != nil {
		return 0, usage(fmt.Errorf("--for: %w", err), cmp.Or(hintOf(err), "write it like --for 10m"))
	}
	return d, nil
}

// shortestFor sees some pauses of a cluster.
const shortestFor = 5 * time.Second
