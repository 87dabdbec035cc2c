package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// The names of a capacity trial's windows. The cell's first trial searches;
// each of the others, on a fresh cluster, looks for its own capacity in steps
// up or down from there, so that what one cluster happened to carry is
// confirmed, or corrected either way, by the rest.
const (
	windowGuess   = "capacity-guess"
	windowProbe   = "capacity-probe-"
	windowConfirm = "capacity-confirm-"
	windowShare   = "capacity-at-" // followed by per cent of the trial's capacity
)

const (
	// guessClients is the closed loop whose throughput is the first guess.
	guessClients  = 64
	guessDuration = time.Second
	// maxSteps of searchPrecision, up or down, are tried by a fresh trial.
	maxSteps = 6
	// longestProbe bounds a window that a low rate makes long.
	longestProbe = 10 * time.Second
)

// shares of a trial's capacity at which its latency is told.
var shares = []int{50, 80}

// capacity searches in the cell's first trial and confirms in the others.
func (t *trial) capacity(ctx context.Context, gen *loadgen.Generator, leader string) error {
	start, known := t.runner.capacities[t.job.Setup.Cell]
	find := t.searchFrom
	if known {
		find = func(ctx context.Context, gen *loadgen.Generator, leader string) (float64, error) {
			return t.stepFrom(ctx, gen, leader, start)
		}
	}
	rate, err := find(ctx, gen, leader)
	if err != nil {
		return err
	}
	t.capacityFound = rate
	if known {
		t.capacityFound = start // the others step from the search, not from each other
	}
	return t.atShares(ctx, gen, leader, rate)
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

// stepFrom goes up while the limit holds, or down until it does.
func (t *trial) stepFrom(ctx context.Context, gen *loadgen.Generator, leader string, start float64) (float64, error) {
	confirms := 0
	return stepCapacity(start, func(rate float64) (bool, error) {
		confirms++
		return t.keepsLimit(ctx, gen, leader, fmt.Sprintf("%s%d", windowConfirm, confirms), rate)
	})
}

// keepsLimit offers a rate and says whether the limit held: the percentile,
// no errors, and no backlog that grows. A window that fails is an answer, not
// an invalid trial.
func (t *trial) keepsLimit(ctx context.Context, gen *loadgen.Generator, leader, name string, rate float64) (bool, error) {
	t.stage(fmt.Sprintf("%s: %.0f/s", name, rate))
	limit := t.job.Setup.Workload.Capacity
	o := t.open(name, rate, probeTime(t.job.Setup.Workload.Calm.Duration, limit.Percentile, rate))
	o.probe = true
	o.holds = func() bool {
		return t.lastLatency.ValueAtQuantile(limit.Percentile) < limit.Below.Nanoseconds()
	}
	if err := t.window(ctx, gen, o, leader); err != nil {
		return false, err
	}
	settle(ctx)
	return *t.last().Held, nil
}

// probeTime is long enough for ten operations beyond the percentile, which is
// the least that says anything about it.
func probeTime(wanted time.Duration, percentile, rate float64) time.Duration {
	const beyond = 10
	operations := beyond / (1 - percentile/100)
	needs := time.Duration(operations / rate * float64(time.Second))
	return max(wanted, min(needs, longestProbe))
}

// keptUp is a window in which everything due was done and no backlog grew.
func keptUp(w *results.Window) bool {
	done := w.Errors+w.Unknown+w.Dropped == 0 && float64(w.Completed) >= minCompleted*float64(w.Due)
	return done && !backlogGrows(w)
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
func settle(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(100 * time.Millisecond):
	}
}

// last is the window measured last.
func (t *trial) last() *results.Window { return &t.record.Windows[len(t.record.Windows)-1] }

// knownCapacities are those that a resumed run's searches have on record.
func knownCapacities(done []results.Trial) map[string]float64 {
	known := map[string]float64{}
	for _, trial := range done {
		if !trial.Valid {
			continue
		}
		found := 0.0
		for _, w := range trial.Windows {
			if strings.HasPrefix(w.Name, windowProbe) && w.Held != nil && *w.Held {
				found = math.Max(found, w.OfferedOps)
			}
		}
		if found > 0 {
			known[trial.Cell] = found
		}
	}
	return known
}
