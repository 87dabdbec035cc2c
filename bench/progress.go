package bench

import (
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// How often nodes tell how far their logs reach: some thirty times in one of raft's
// default election timeouts, and rarer where faults are done again and again for minutes.
const (
	progressEvery        = 50 * time.Millisecond
	progressEveryOutages = 200 * time.Millisecond
)

// mostProgress is how many such events a trial keeps: some 2 MB of its line.
const mostProgress = 20_000

// tellProgress has nodes tell it in trials in which faults are done, but for safety
// trials, of which there are hundreds. Where none is done, nothing is asked that could
// be felt in what is measured.
func tellProgress(nodes []control.Options, job Job) {
	every := time.Duration(0)
	switch {
	case job.Kind == results.Outages:
		every = progressEveryOutages
	case job.Kind == results.Proof, job.Kind == results.Measure && len(job.Setup.Faults) > 0:
		every = progressEvery
	}
	for i := range nodes {
		nodes[i].TellProgress = every
	}
}

// thinnedProgress leaves at most so many events of progress: of each node's every
// second, or fourth, and so on.
func thinnedProgress(all []results.Event, most int) []results.Event {
	n := 0
	for i := range all {
		if all[i].Kind == results.EventProgress {
			n++
		}
	}
	every := 1
	for n/every > most {
		every *= 2
	}
	if every == 1 {
		return all
	}
	passed := map[string]int{}
	var kept []results.Event
	for _, e := range all {
		if e.Kind == results.EventProgress {
			if passed[e.Node]++; passed[e.Node]%every != 0 {
				continue
			}
		}
		kept = append(kept, e)
	}
	return kept
}
