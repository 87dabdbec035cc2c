package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// The names of a capacity trial's windows. What a cell's first trial finds is
// confirmed by the fresh clusters of the others.
const (
	windowGuess   = "capacity-guess"
	windowProbe   = "capacity-probe-"
	windowConfirm = "capacity-confirm-"
	windowShare   = "capacity-at-" // followed by per cent of the confirmed rate
)

const (
	// guessClients is the closed loop whose throughput is the first guess.
	guessClients  = 64
	guessDuration = time.Second
	// maxConfirms steps of searchPrecision down are tried by a fresh trial.
	maxConfirms = 5
)

// shares of a cell's own capacity at which its latency is told.
var shares = []int{50, 80}

// capacity searches in the cell's first trial and confirms in every one.
func (t *trial) capacity(ctx context.Context, gen *loadgen.Generator, leader string) error {
	rate, known := t.runner.capacities[t.job.Setup.Cell]
	if !known {
		found, err := t.searchFrom(ctx, gen, leader)
		if err != nil {
			return err
		}
		rate = found
	}
	for i := range maxConfirms {
		ok, err := t.keepsLimit(ctx, gen, leader, fmt.Sprintf("%s%d", windowConfirm, i+1), rate)
		if err != nil {
			return err
		}
		if ok {
			t.runner.capacities[t.job.Setup.Cell] = rate
			return t.atShares(ctx, gen, leader, rate)
		}
		rate /= searchPrecision
	}
	return fmt.Errorf("capacity %.0f/s was not confirmed, nor %d steps of 5 %% below it", rate, maxConfirms)
}

// searchFrom guesses by a closed loop, then searches by open ones.
func (t *trial) searchFrom(ctx context.Context, gen *loadgen.Generator, leader string) (float64, error) {
	if err := t.window(ctx, gen, t.closed(windowGuess, guessClients, guessDuration), leader); err != nil {
		return 0, err
	}
	guess := t.last().ThroughputOps / 2
	probes := 0
	rate, err := searchCapacity(guess, func(rate float64) (bool, error) {
		probes++
		return t.keepsLimit(ctx, gen, leader, fmt.Sprintf("%s%d", windowProbe, probes), rate)
	})
	if errors.Is(err, errNoRate) {
		err = fmt.Errorf("limit %q: %w", t.job.Setup.Workload.Capacity.Limit, err)
	}
	return rate, err
}

// keepsLimit offers a rate and says whether the limit held: the percentile,
// no errors, and no backlog that grows. A window that fails is an answer, not
// an invalid trial.
func (t *trial) keepsLimit(ctx context.Context, gen *loadgen.Generator, leader string, name string, rate float64) (bool, error) {
	t.stage(fmt.Sprintf("%s: %.0f/s", name, rate))
	o := t.open(name, rate, t.job.Setup.Workload.Calm.Duration)
	o.probe = true
	if err := t.window(ctx, gen, o, leader); err != nil {
		return false, err
	}
	w := t.last()
	limit := t.job.Setup.Workload.Capacity
	at := t.lastLatency.ValueAtQuantile(limit.Percentile)
	ok := at < limit.Below.Nanoseconds() && clean(w) && !backlogGrows(w)
	if ok && strings.HasPrefix(name, windowConfirm) {
		w.Limit = "" // it was not at its limit
	}
	t.settle()
	return ok, nil
}

// clean is a window in which everything due was done.
func clean(w *results.Window) bool {
	return w.Errors+w.Unknown+w.Dropped == 0 && float64(w.Completed) >= minCompleted*float64(w.Due)
}

// backlogGrows compares the operations in flight in the window's last third
// with its first: an open loop above capacity queues without end.
func backlogGrows(w *results.Window) bool {
	n := len(w.Parts) / 3
	if n == 0 {
		return false
	}
	first, last := 0.0, 0.0
	for i := range n {
		first += w.Parts[i].MeanInFlight
		last += w.Parts[len(w.Parts)-1-i].MeanInFlight
	}
	const twice, few = 2, 1 // below one in flight, twice of it is noise
	return last > twice*first && last/float64(n) > few
}

// atShares tells the latency at parts of the capacity, where people run.
func (t *trial) atShares(ctx context.Context, gen *loadgen.Generator, leader string, rate float64) error {
	for _, percent := range shares {
		name := windowShare + strconv.Itoa(percent)
		o := t.open(name, rate*float64(percent)/100, t.job.Setup.Workload.Calm.Duration)
		t.stage(name)
		if err := t.window(ctx, gen, o, leader); err != nil {
			return err
		}
	}
	return nil
}

// settle lets what an overload left behind drain before the next window.
func (t *trial) settle() { time.Sleep(100 * time.Millisecond) }

// last is the window measured last.
func (t *trial) last() *results.Window { return &t.record.Windows[len(t.record.Windows)-1] }

// knownCapacities are those that a resumed run has on record.
func knownCapacities(done []results.Trial) map[string]float64 {
	known := map[string]float64{}
	for _, trial := range done {
		for _, w := range trial.Windows {
			if trial.Valid && strings.HasPrefix(w.Name, windowConfirm) {
				known[trial.Cell] = w.OfferedOps
			}
		}
	}
	return known
}
