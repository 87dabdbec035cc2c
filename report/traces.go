package report

import (
	"github.com/raftbench/raftbench/results"

	"github.com/raftbench/raftbench/report/trace"
)

// mostTraced events of all trials of a run have traces: some 300 MB of files. The
// trials whose events are beyond it have none.
const mostTraced = 1_000_000

// traced are the trials that have traces, and leftOut how many have none since
// those before them have used up what a run's traces may take.
func (r *Report) traced() (trials []*results.Trial, leftOut int) {
	if !r.options.Trace {
		return nil, 0
	}
	room := mostTraced
	for i := range r.run.Trials {
		t := &r.run.Trials[i]
		if len(t.Events) == 0 {
			continue
		}
		if room -= len(t.Events) + len(t.Faults); room < 0 {
			leftOut++
			continue
		}
		trials = append(trials, t)
	}
	return trials, leftOut
}

// traces are a file for each trial that has events on record, for Perfetto's
// viewer: a lane for what was done to the cluster, one for its outages and one for
// each node. Times are from the trial's first event on. Beside it is one with its state
// transitions.
func (r *Report) traces() []file {
	trials, _ := r.traced()
	var files []file
	for _, t := range trials {
		files = append(files, file{trace.Name(t) + trace.Suffix, trace.Of(t).Encode()}, file{trace.Name(t) + trace.TransitionsSuffix, trace.TransitionsOf(t)})
	}
	return files
}

// TracesLeftOut is how many trials that have events have no trace.
func (r *Report) TracesLeftOut() int {
	_, n := r.traced()
	return n
}
