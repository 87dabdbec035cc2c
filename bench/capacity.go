package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

const (
	// guessClients is where the closed loop begins whose throughput is the first
	// guess; they are doubled up to mostClients, whose operations alone would not
	// reach the bound of an open loop's.
	guessClients  = 64
	mostClients   = maxInFlight / 2
	guessDuration = time.Second
	// maxSteps of searchPrecision, up or down, are tried by a fresh trial.
	maxSteps = 6
	// longestTry bounds a window that a low rate makes long.
	longestTry = 10 * time.Second
	// drainTime lets what an overload left behind drain before the next window.
	drainTime = 100 * time.Millisecond
)

// shares of a trial's capacity at which its latency is told.
var shares = []float64{0.5, 0.8}

// capacitySearch looks for the highest rate that keeps a limit. The cell's first
// trial searches; each of the others, on a fresh cluster, looks for its own
// capacity in steps up or down from there, so that what one cluster happened to
// carry is confirmed, or corrected either way, by the rest.
type capacitySearch struct {
	*load
	tell func(Stage)
	// known is what the cell's first trial found; 0 in that trial itself.
	known float64
	// found is what the cell's other trials are to start from.
	found float64
	tries int
}

func (c *capacitySearch) run(ctx context.Context) error {
	find := c.search
	if c.known > 0 {
		find = c.confirm
	}
	rate, err := find(ctx)
	if err != nil {
		return err
	}
	c.found = rate
	if c.known > 0 {
		c.found = c.known // the others step from the search, not from each other
	}
	return c.atShares(ctx, rate)
}

// saturation is the throughput of a closed loop whose clients are doubled until it
// grows by no more than a search could tell: what fewer clients take says how many
// they are, and not what the system carries.
func (c *capacitySearch) saturation(ctx context.Context) (most float64, err error) {
	for clients := guessClients; clients <= mostClients; clients *= 2 {
		o := c.closed(windowName("capacity-guess", clients), results.RoleGuess, configs.Saturate{Clients: clients, Duration: guessDuration})
		c.tell(Stage(o.Name))
		w, err := c.load.run(ctx, o)
		if err != nil {
			return 0, err
		}
		if w.ThroughputOps < searchPrecision*most {
			return max(most, w.ThroughputOps), nil
		}
		most = w.ThroughputOps
	}
	return most, nil
}

// search guesses by a closed loop, then searches by open ones.
func (c *capacitySearch) search(ctx context.Context) (float64, error) {
	c.tell(StageSearching)
	guess, err := c.saturation(ctx)
	if err != nil {
		return 0, err
	}
	rate, err := searchCapacity(guess/2, func(rate float64) (bool, error) {
		return c.try(ctx, "capacity-search", results.RoleSearch, rate)
	})
	if errors.Is(err, errNoRate) {
		err = fmt.Errorf("limit %q: %w", c.setup.Workload.Capacity.Limit, err)
	}
	return rate, err
}

// confirm goes up from what is known while the limit holds, or down until it
// does.
func (c *capacitySearch) confirm(ctx context.Context) (float64, error) {
	return stepCapacity(c.known, func(rate float64) (bool, error) {
		return c.try(ctx, "capacity-confirm", results.RoleConfirm, rate)
	})
}

// try offers a rate and says whether the limit held: the percentile, no errors,
// and no backlog that grows. A window that fails is an answer, not an invalid
// trial.
func (c *capacitySearch) try(ctx context.Context, name string, role results.Role, rate float64) (bool, error) {
	c.tries++
	c.tell(Stage(fmt.Sprintf("%s: %.0f/s", name, rate)))
	limit := c.setup.Workload.Capacity
	o := c.open(windowName(name, c.tries), role, rate)
	o.Duration = windowTime(o.Duration, limit.Percentile, rate)
	o.tries, o.holds = true, c.withinLimit
	w, err := c.load.run(ctx, o)
	if err != nil {
		return false, err
	}
	held := *w.Held
	select {
	case <-ctx.Done():
	case <-time.After(drainTime):
	}
	return held, nil
}

// withinLimit: the window offered last kept the limit.
func (c *capacitySearch) withinLimit() bool {
	return c.reached() < c.setup.Workload.Capacity.Below.Nanoseconds()
}

// reached is the limited percentile of the window offered last, in ns.
func (c *capacitySearch) reached() int64 {
	return c.last.ValueAtQuantile(c.setup.Workload.Capacity.Percentile)
}

// atShares tells the latency at parts of the capacity, where people run. A
// capacity of which not even a part keeps the limit is doubted.
func (c *capacitySearch) atShares(ctx context.Context, rate float64) error {
	limit := c.setup.Workload.Capacity
	for _, share := range shares {
		o := c.open(windowName("capacity-at", 100*share), results.RoleShare, rate*share)
		o.share, o.tries, o.holds = share, true, c.withinLimit
		o.Duration = windowTime(o.Duration, limit.Percentile, o.rate)
		c.tell(Stage(o.Name))
		w, err := c.load.run(ctx, o)
		if err != nil {
			return err
		}
		if !*w.Held {
			c.record.remark(results.Remark{Code: results.CodeCapacityNotHeld, Severity: results.Doubtful, Window: w.Name,
				Got: float64(c.reached()), Want: float64(limit.Below.Nanoseconds()), Unit: results.UnitNS})
		}
	}
	return nil
}

// windowTime is long enough for ten operations beyond the percentile, which is
// the least that says anything about it.
func windowTime(wanted time.Duration, percentile, rate float64) time.Duration {
	const beyond = 10
	operations := beyond / (1 - percentile/100)
	needs := time.Duration(operations / rate * float64(time.Second))
	return max(wanted, min(needs, longestTry))
}

// keptUp is a window in which everything due was done and no backlog grew.
func keptUp(w *results.Window) bool {
	done := w.Errors+w.Unknown+w.Dropped == 0 && float64(w.Completed) >= results.MinCompleted*float64(w.Attempted)
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

// knownCapacities are those that a resumed run's searches have on record.
func knownCapacities(done []results.Trial) map[string]float64 {
	known := map[string]float64{}
	for _, trial := range done {
		if !trial.Valid {
			continue
		}
		found := 0.0
		for _, w := range trial.Windows {
			if w.Role == results.RoleSearch && w.Held != nil && *w.Held {
				found = math.Max(found, w.OfferedOps)
			}
		}
		if found > 0 {
			known[trial.Cell] = found
		}
	}
	return known
}
