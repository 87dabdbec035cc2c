package quorum

import (
	"errors"
	"fmt"
	"sort"
	"time"
)

// Tuning weighs how soon a dead leader is replaced against how often a healthy
// one is: the shorter the timeouts, the sooner and the oftener.
type Tuning struct {
	// Failover and Healthy are the cluster under given timeouts.
	Failover func(Timeouts) Failover
	Healthy  func(Timeouts) Healthy
	// Allows tells of timeouts that can be set there at all; nil allows all.
	Allows func(Timeouts) bool
	// MostPerHour is the rate of false elections that must not be exceeded.
	MostPerHour float64
	// Draws are how many coincidences of each number of interruptions are played,
	// and up to a hundred times as many where the bound is all that is missing.
	Draws int
	Seed  int64
	// Trying, where there is one, hears of each timeouts before they are simulated.
	Trying func(Timeouts)
}

// Tuned is what timeouts get: both sides of the choice.
type Tuned struct {
	Timeouts
	Failover Election       `json:"failover"`
	False    FalseElections `json:"false_elections"`
	// Normal is set where silences as long as the lease or the timeout are normal
	// there, and no leader would last: nothing else is known then.
	Normal bool `json:"no_leader_lasts,omitempty"`
	// Unelected is set where elections do not end: the failover is not known then.
	Unelected bool `json:"no_leader_elected,omitempty"`
}

// Within is whether false elections stay under the rate, by their upper bound.
func (t Tuned) Within(perHour float64) bool {
	return !t.Normal && !t.Unelected && t.False.UpperPerHour <= perHour
}

// The heartbeat timeouts that are tried, a step of a quarter or less between two,
// and the leases, as shares of them: half is what hashicorp/raft has. A longer
// lease lets a leader that is cut off go on for longer.
var (
	triedTimeouts = []time.Duration{
		25, 30, 40, 50, 60, 75, 100, 125, 150, 175, 200, 250, 300, 350, 400, 500, 600, 700, 800, 900,
		1000, 1250, 1500, 1750, 2000, 2500, 3000, 3500, 4000, 5000, 6000, 7500, 10_000, 12_500, 15_000, 20_000, 25_000, 30_000, 60_000,
	}
	triedLeases = []float64{0.5, 0.75, 1}
)

// mostElections settle the median to a percent; there are twenty for each of Draws.
const mostElections = 5000

// ErrNoTimeouts says that no timeouts keep false elections under the rate.
var ErrNoTimeouts = errors.New("no timeouts do")

// Fastest are the shortest timeouts, and of these the shortest lease, with which
// false elections stay under the rate and a leader is elected. The error is
// ErrNoTimeouts where none do. Longer timeouts have fewer false elections, so it
// halves the range again and again.
func (t Tuning) Fastest() (Tuned, error) {
	widest := triedLeases[len(triedLeases)-1]
	var failed error
	at := sort.Search(len(triedTimeouts), func(i int) bool {
		ok, err := t.within(tried(i, widest))
		if err != nil {
			failed = err
		}
		return ok
	})
	for ; failed == nil && at < len(triedTimeouts); at++ {
		if tuned, err := t.shortestLease(at); err != nil || tuned.Within(t.MostPerHour) {
			return tuned, err
		}
	}
	if failed != nil {
		return Tuned{}, failed
	}
	return Tuned{}, fmt.Errorf("%w: tried were those up to %s", ErrNoTimeouts, tried(len(triedTimeouts)-1, widest).Heartbeat)
}

// shortestLease that goes with a timeout under the rate, which the widest is
// taken to do.
func (t Tuning) shortestLease(at int) (Tuned, error) {
	last := len(triedLeases) - 1
	for _, share := range triedLeases[:last] {
		ok, err := t.within(tried(at, share))
		if err != nil {
			return Tuned{}, err
		}
		if ok {
			return t.Get(tried(at, share))
		}
	}
	return t.Get(tried(at, triedLeases[last]))
}

// within is whether these timeouts keep false elections under the rate.
func (t Tuning) within(timeouts Timeouts) (bool, error) {
	if t.Allows != nil && !t.Allows(timeouts) {
		return false, nil
	}
	f, err := t.falseElections(timeouts, t.MostPerHour)
	if errors.Is(err, ErrNoLeaderLasts) {
		return false, nil
	}
	return err == nil && f.UpperPerHour <= t.MostPerHour, err
}

func tried(at int, share float64) Timeouts {
	timeout := triedTimeouts[at] * time.Millisecond
	return Timeouts{Heartbeat: timeout, Election: timeout, Lease: time.Duration(share * float64(timeout))}
}

// Get is what these timeouts get.
func (t Tuning) Get(timeouts Timeouts) (Tuned, error) {
	tuned := Tuned{Timeouts: timeouts}
	var err error
	if tuned.False, err = t.falseElections(timeouts, 0); errors.Is(err, ErrNoLeaderLasts) {
		tuned.Normal = true
		return tuned, nil
	}
	if err != nil {
		return tuned, err
	}
	tuned.Failover, err = t.Failover(timeouts).Predict(min(20*t.Draws, mostElections), t.Seed)
	if errors.Is(err, ErrNotElected) {
		tuned.Unelected, err = true, nil
	}
	return tuned, err
}

// falseElections are estimated with few draws, and with many where only the bound
// is above the rate. Those of timeouts that are only tried are given up above it.
func (t Tuning) falseElections(timeouts Timeouts, giveUp float64) (FalseElections, error) {
	if t.Trying != nil {
		t.Trying(timeouts)
	}
	h := t.Healthy(timeouts)
	h.GiveUpAbove = giveUp
	f, err := h.Estimate(t.Draws, t.Seed)
	if err == nil && f.PerHour <= t.MostPerHour && f.UpperPerHour > t.MostPerHour {
		return h.Estimate(h.manyDraws(t.Draws), t.Seed)
	}
	return f, err
}

// manyDraws are a hundred times as many for three members, and fewer for more, each
// of which takes as long to play as one of those: what is not drawn is in the bound.
func (h Healthy) manyDraws(few int) int {
	return min(MaxDraws, max(few, 100*few*3/int(h.Nodes)))
}

// FirstOf several timeouts, in their order, that keep false elections under the rate
// and elect a leader, and its place from 0; nil where none does.
func (t Tuning) FirstOf(all []Timeouts) (*Tuned, int, error) {
	for i, timeouts := range all {
		ok, err := t.within(timeouts)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			continue
		}
		if tuned, err := t.Get(timeouts); err != nil || tuned.Within(t.MostPerHour) {
			return &tuned, i, err
		}
	}
	return nil, 0, nil
}
