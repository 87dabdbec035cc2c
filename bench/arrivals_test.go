package bench

import (
	"testing"
	"time"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// A schedule that is no Poisson process, where one was asked for, is remarked.
func TestArrivalsThatAreNoPoissonProcessAreRemarked(t *testing.T) {
	text := "nodes: 1\nnetwork: {profile: none}\nworkload: {calm: {rate: 50/s, duration: 3s, arrivals: poisson}}"
	for name, c := range map[string]struct {
		schedule loadgen.Schedule
	}{"a metronome": {loadgen.Constant(50)}, "bursts of ten": {bursts{10, 200 * time.Millisecond}}} {
		l := loads(t, text, serves(func(int, time.Duration) time.Duration { return 0 }))
		o := l.open(results.WindowCalm, results.RoleLight, 50)
		o.Schedule = c.schedule
		rec, err := l.offer(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		w, err := l.keep(rec, o, cost{length: rec.Duration})
		if err != nil {
			t.Fatal(err)
		}
		if r, said := says(l.record.Remarks, results.CodeArrivals); !said || r.Severity != results.Doubtful {
			t.Errorf("%s: got %+v of %+v, want it said", name, l.record.Remarks, w.Arrivals)
		}
	}
}

// bursts are due together, so many after each pause.
type bursts struct {
	size  int64
	pause time.Duration
}

func (b bursts) Due(i int64) time.Duration { return time.Duration(i/b.size) * b.pause }
