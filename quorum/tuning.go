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
	// and a hundred times as many where the bound is all that is missing.
	Draws int
	Seed  int64
}

// Tuned is what timeouts get: both sides of the choice.
type Tuned struct {
	Timeouts
	Failover Election       `json:"failover"`
	False    FalseElections `json:"false_elections"`
	// Normal is set where silences as long as the lease or the timeout are normal
	// there, and no leader would last: nothing else is known then.
	Normal bool `json:"no_leader_lasts,omitempty"`
}

// Within is whether false elections stay under the rate, by their upper bound.
func (t Tuned) Within(perHour float64) bool { return !t.Normal && t.False.UpperPerHour <= perHour }

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

// Fastest are the shortest timeouts, and of these the shortest lease, with which
// false elections stay under the rate. The error says that none do. Longer
// timeouts have fewer, so it halves the range again and again.
func (t Tuning) Fastest() (Tuned, error) {
	within := func(at int, share float64) bool {
		timeouts := tried(at, share)
		if t.Allows != nil && !t.Allows(timeouts) {
			return false
		}
		f, err := t.falseElections(timeouts, t.MostPerHour)
		return err == nil && f.UpperPerHour <= t.MostPerHour
	}
	widest := triedLeases[len(triedLeases)-1]
	at := sort.Search(len(triedTimeouts), func(i int) bool { return within(i, widest) })
	if at == len(triedTimeouts) {
		return Tuned{}, fmt.Errorf("no timeouts up to %s keep false elections under that rate", tried(at-1, widest).Heartbeat)
	}
	for _, share := range triedLeases {
		if share == widest || within(at, share) {
			return t.Get(tried(at, share))
		}
	}
	return Tuned{}, errors.New("no lease was tried")
}

func tried(at int, share float64) Timeouts {
	timeout := triedTimeouts[at] * time.Millisecond
	return Timeouts{Heartbeat: timeout, Election: timeout, Lease: time.Duration(share * float64(timeout))}
}

// Get is what these timeouts get.
func (t Tuning) Get(timeouts Timeouts) (Tuned, error) {
	tuned := Tuned{Timeouts: timeouts}
	var err error
	if tuned.False, err = t.falseElections(timeouts, 0); err != nil {
		tuned.Normal = true
		return tuned, nil
	}
	tuned.Failover, err = t.Failover(timeouts).Predict(min(20*t.Draws, mostElections), t.Seed)
	return tuned, err
}

// falseElections are estimated with few draws, and with many where only the bound
// is above the rate. Those of timeouts that are only tried are given up above it.
func (t Tuning) falseElections(timeouts Timeouts, giveUp float64) (FalseElections, error) {
	h := t.Healthy(timeouts)
	h.GiveUpAbove = giveUp
	f, err := h.Estimate(t.Draws, t.Seed)
	if err == nil && f.PerHour <= t.MostPerHour && f.UpperPerHour > t.MostPerHour {
		return h.Estimate(100*t.Draws, t.Seed)
	}
	return f, err
}
