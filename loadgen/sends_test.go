package loadgen

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/stats"
)

// batchPacer wakes up every 20 ms only, as a generator does that sleeps in
// ticks: what is due meanwhile is sent together.
type batchPacer struct{ fakePacer }

func (p batchPacer) sleepUntil(due time.Duration) time.Duration {
	const tick = 20 * time.Millisecond
	return p.fakePacer.sleepUntil((due + tick - 1) / tick * tick)
}

// Sends of a Poisson schedule are told from those of a pacer that batches them,
// and from a metronome's.
func TestSendsShowWhetherTheyFollowAPoissonProcess(t *testing.T) {
	const rate = 200
	exact := func(origin time.Time) pacer { return fakePacer{origin} }
	for name, c := range map[string]struct {
		schedule Schedule
		pacer    func(time.Time) pacer
		want     bool
	}{
		"Poisson":                     {Poisson(rate, 3), exact, true},
		"Poisson, sent in batches":    {Poisson(rate, 3), func(origin time.Time) pacer { return batchPacer{fakePacer{origin}} }, false},
		"a metronome":                 {Constant(rate), exact, false},
		"Poisson, half again as fast": {Poisson(1.5*rate, 3), exact, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			g := New([]Target{steady(3 * time.Millisecond)}, someWork())
			g.newPacer = c.pacer
			rec, err := g.Run(context.Background(), Window{Schedule: c.schedule, Duration: 2 * time.Second})
			clean(t, rec, err)
			if int64(len(rec.Sends)) != rec.Due {
				t.Fatalf("%s: got %d sends, want %d", name, len(rec.Sends), rec.Due)
			}
			gaps := make([]float64, len(rec.Sends)-1)
			for i := range gaps {
				gaps[i] = (rec.Sends[i+1] - rec.Sends[i]).Seconds()
			}
			if a, err := stats.PoissonGaps(gaps, rate); err != nil || a.Poisson() != c.want {
				t.Errorf("%s: got %+v, %v; want Poisson: %v", name, a, err, c.want)
			}
		})
	}
}
