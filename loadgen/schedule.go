package loadgen

import (
	"math"
	"math/rand/v2"
	"time"
)

// Constant is due every 1/rate seconds, from the window's start on; rate is
// per second.
func Constant(rate float64) Schedule { return constant{rate} }

type constant struct{ rate float64 }

// Due multiplies rather than adds up, so that rounding never accumulates.
func (c constant) Due(i int64) time.Duration {
	return instant(float64(i) / c.rate)
}

func (c constant) Rate() float64 { return c.rate }

// Poisson is due at the instants of a Poisson process of rate per second:
// independent users rather than a metronome. The same seed gives the same
// instants, in every window anew.
func Poisson(rate float64, seed int64) Schedule { return &poisson{rate: rate, seed: seed} }

type poisson struct {
	rate float64
	seed int64
	rng  *rand.Rand
	at   float64 // seconds
}

func (p *poisson) Due(i int64) time.Duration {
	if i == 0 {
		p.rng, p.at = rand.New(rand.NewPCG(uint64(p.seed), 0)), 0
	}
	p.at += p.rng.ExpFloat64() / p.rate
	return instant(p.at)
}

func (p *poisson) Rate() float64 { return p.rate }

// InTurn is one of several schedules that are run at once, each of rate per
// second, so that no two operations of any of them are due together: each round
// of 1/rate is cut into as many turns as there are schedules, and who has which
// is drawn anew for every round. Schedules of one seed and of different numbers
// (mine, from 0) belong together.
func InTurn(rate float64, mine, of int, seed int64) Schedule { return inTurn{rate, mine, of, seed} }

type inTurn struct {
	rate     float64
	mine, of int
	seed     int64
}

// Due implements Schedule.
func (s inTurn) Due(i int64) time.Duration {
	turns := rand.New(rand.NewPCG(uint64(s.seed), uint64(i))).Perm(s.of)
	return instant((float64(i) + float64(turns[s.mine])/float64(s.of)) / s.rate)
}

func (s inTurn) Rate() float64 { return s.rate }

// instant of so many seconds; what no Duration can hold is never due.
func instant(seconds float64) time.Duration {
	if ns := seconds * float64(time.Second); ns < math.MaxInt64 {
		return time.Duration(ns)
	}
	return math.MaxInt64
}
