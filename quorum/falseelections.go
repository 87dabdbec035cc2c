package quorum

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Interruption comes at random instants, Every in the mean, and lasts Length.
type Interruption struct {
	Length time.Duration `json:"length_ns"`
	Every  time.Duration `json:"every_ns"`
}

// Healthy is a cluster in which nothing fails, and whose leader may lose its
// place all the same: because a process does not run for a while, or the network
// is late.
//
// Who is held up by what, in hashicorp/raft:
//
//   - Heartbeats have a goroutine for each follower at the leader, which reads no
//     disk, and a handler of their own in the follower's transport. A disk that
//     stalls holds up the main loops (StoreLogs, SetUint64), and none of these: it
//     delays writes and votes, and no follower misses its leader.
//   - A process that does not run (a paused or starved one, a virtual machine being
//     moved) does nothing at all. A leader that wakes finds its lease run out
//     before it reads the answers that wait for it; its followers heard nothing.
//   - A follower alone that lost its leader asks for pre-votes, which the others
//     refuse, and follows again at the next heartbeat. Without pre-vote its higher
//     term deposes the leader.
//
// etcd's leader sends its heartbeats from the loop that waits for its disk, so
// there a disk's stall is a silence.
type Healthy struct {
	Nodes Size
	// Leader is the leading member, from 0.
	Leader int
	Lease  time.Duration
	Rules  Rules
	// OneWay is the delay from one member to another, Farthest the longest that it
	// can be.
	OneWay   func(from, to int) Draw
	Farthest func(from, to int) time.Duration
	// Loss is the probability that a heartbeat is lost on its way, and sent again
	// when TCP's timeout ran out: RTO, doubled each time.
	Loss func(from, to int) float64
	RTO  time.Duration
	// Pauses are of each member's process, Stalls of each member's disk.
	Pauses, Stalls []Interruption
	// GiveUpAbove ends an estimate early, once it is above this rate an hour; 0 is
	// no end.
	GiveUpAbove float64
}

// FalseElections is how often a healthy leader loses its place.
type FalseElections struct {
	// PerHour is the estimate, UpperPerHour its bound at 95 % confidence. The bound
	// holds under the stated pauses, stalls and network and no others.
	PerHour      float64 `json:"per_hour"`
	UpperPerHour float64 `json:"upper_per_hour"`
	// LeaseShare is the share of them that begin with the leader stepping down, its
	// lease run out; the others are voted out.
	LeaseShare float64 `json:"lease_share"`
	// Simulated is how many coincidences of interruptions were played; 0 where it is
	// certain that none of them suffices.
	Simulated int `json:"simulated"`
}

// smallestInterval between two looks at the lease (minCheckInterval in raft.go).
const smallestInterval = 10 * time.Millisecond

// mostTogether is how many interruptions are taken to come together; more are
// counted into the upper bound as if each such coincidence cost the leader its
// place.
const mostTogether = 4

// ErrNoLeaderLasts says that silences as long as the lease or the timeout are
// normal, without any interruption.
var ErrNoLeaderLasts = errors.New("no leader lasts under these timeouts")

// Estimate how often a healthy leader loses its place. Interruptions are rare, so
// it plays no hours in which nothing happens: it goes through what can come
// together, leaves out what is certain not to suffice, plays the rest so many
// times, and weighs it by how often it comes.
func (h Healthy) Estimate(draws int, seed int64) (FalseElections, error) {
	if err := h.check(draws); err != nil {
		return FalseElections{}, err
	}
	p := newHealthySim(h, rand.New(rand.NewPCG(uint64(seed), 3)))
	if p.quiet >= min(h.Rules.Timeout.Low, h.Lease) {
		return FalseElections{}, fmt.Errorf("%w: a silence of up to %s between two heartbeats is normal here, want less than the lease %s and the timeout %s",
			ErrNoLeaderLasts, p.quiet, h.Lease, h.Rules.Timeout.Low)
	}
	var f FalseElections
	var lease float64
	for k := 1; k <= mostTogether; k++ {
		s := p.stratum(k)
		if s.rate == 0 {
			continue
		}
		hits, leases := 0, 0
		for range draws {
			lost, byLease := p.takesAll(s.pick(p.r))
			if lost {
				hits++
			}
			if byLease {
				leases++
			}
		}
		f.Simulated += draws
		f.PerHour += s.rate * float64(hits) / float64(draws)
		f.UpperPerHour += s.rate * upperShare(hits, draws)
		lease += s.rate * float64(leases) / float64(draws)
		if h.GiveUpAbove > 0 && f.PerHour > h.GiveUpAbove {
			break
		}
	}
	if len(p.felt) > 0 {
		f.UpperPerHour += p.beyond()
	}
	if f.PerHour > 0 {
		f.LeaseShare = lease / f.PerHour
	}
	return f, nil
}

func (h Healthy) check(draws int) error {
	switch {
	case h.Nodes < 2 || h.Nodes > MaxMembers:
		return fmt.Errorf("got %d members, want 2 to %d", h.Nodes, MaxMembers)
	case h.Lease <= 0 || h.Rules.Timeout.Low <= 0:
		return fmt.Errorf("got a lease of %s and a timeout of %s, want more than 0", h.Lease, h.Rules.Timeout.Low)
	case draws < 1 || draws > MaxDraws:
		return fmt.Errorf("got %d draws, want 1 to %d", draws, MaxDraws)
	}
	for _, i := range slices.Concat(h.Pauses, h.Stalls) {
		if i.Length <= 0 || i.Every <= i.Length {
			return fmt.Errorf("got an interruption of %s every %s, want one that is shorter than the time between two", i.Length, i.Every)
		}
	}
	return nil
}

// upperShare bounds a share at 95 %, by Wilson's interval; with no hits by the
// rule of three.
func upperShare(hits, draws int) float64 {
	n := float64(draws)
	if hits == 0 {
		return min(1, 3/n)
	}
	const z = 1.645 // one-sided
	p := float64(hits) / n
	return min(1, (p+z*z/(2*n)+z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n)))/(1+z*z/n))
}

// where an interruption is.
type where uint8

const (
	ofProcess where = iota
	ofDisk
	ofLink // between the leader and this follower
)

// source is one thing that interrupts now and then.
type source struct {
	where  where
	member int
	length time.Duration
	rate   float64 // an hour
}

// sources are all that can interrupt: each member's process and disk, and losses
// on the way to each follower, whose retransmissions may be lost in turn.
func (h Healthy) sources() []source {
	var all []source
	for i := range int(h.Nodes) {
		for _, p := range h.Pauses {
			all = append(all, source{ofProcess, i, p.Length, float64(time.Hour) / float64(p.Every)})
		}
		for _, s := range h.Stalls {
			all = append(all, source{ofDisk, i, s.Length, float64(time.Hour) / float64(s.Every)})
		}
		if i == h.Leader || h.Loss == nil {
			continue
		}
		loss := h.Loss(h.Leader, i) + h.Loss(i, h.Leader)
		beat := (h.Rules.Heartbeat.Low + h.Rules.Heartbeat.High) / 2
		rate, length, rto := float64(time.Hour)/float64(beat), time.Duration(0), h.RTO
		for again := 0; again < 3 && loss > 0; again++ {
			rate *= min(1, loss)
			length, rto = length+rto, 2*rto
			all = append(all, source{ofLink, i, length, rate})
		}
	}
	return all
}

// stratum is all that may come together, so many interruptions at a time, and
// may suffice.
type stratum struct {
	tuples [][]source
	upTo   []float64 // cumulative rates
	rate   float64
}

// stratum of k interruptions: the first at 0, the others while what was before
// them can still be felt. How often each comes is the product of the rates and
// those windows.
func (p *healthySim) stratum(k int) *stratum {
	s := &stratum{}
	tuple := make([]source, k)
	var fill func(i int, rate float64)
	fill = func(i int, rate float64) {
		if i == k {
			if p.suffices(tuple) {
				w := p.window(tuple).Hours()
				for j := 1; j < k; j++ {
					rate *= w / float64(j)
				}
				s.rate += rate
				s.tuples, s.upTo = append(s.tuples, slices.Clone(tuple)), append(s.upTo, s.rate)
			}
			return
		}
		for _, o := range p.felt {
			tuple[i] = o
			fill(i+1, rate*o.rate)
		}
	}
	if math.Pow(float64(len(p.felt)), float64(k)) <= mostTuples {
		fill(0, 1)
	}
	return s
}

// mostTuples bounds how many coincidences are gone through. What is left out for
// that counts in beyond.
const mostTuples = 300_000

// pick one as likely as it comes.
func (s *stratum) pick(r *rand.Rand) []source {
	i, _ := slices.BinarySearch(s.upTo, r.Float64()*s.rate)
	return s.tuples[min(i, len(s.tuples)-1)]
}

// window is how long after the first interruption the others may come and still
// lengthen its silence.
func (p *healthySim) window(tuple []source) time.Duration {
	w := time.Duration(len(tuple)-1) * p.quiet
	for _, s := range tuple {
		w += s.length
	}
	return w
}

// suffices is whether the silence that these make, end to end, is enough for a
// lease or a timeout to run out. Where it is not, no play can show one.
func (p *healthySim) suffices(tuple []source) bool {
	lapsed, silent := 0, 0
	for i := range p.silence {
		p.silence[i] = p.quiet
		for _, s := range tuple {
			if s.member == i || s.member == p.h.Leader {
				p.silence[i] += s.length
			}
		}
		if i == p.h.Leader {
			continue
		}
		if p.silence[i] >= p.h.Lease {
			lapsed++
		}
		if p.silence[i] >= p.h.Rules.Timeout.Low {
			silent++
		}
	}
	return lapsed >= p.toLapse() || silent >= p.toVote()
}

// toLapse is how many followers must be silent for the lease to run out.
func (p *healthySim) toLapse() int { return int(p.h.Nodes) - p.h.Nodes.Quorum() + 1 }

// toVote is how many followers must have lost their leader for it to be deposed: one,
// where it raises the term without asking (no pre-vote), or where those who still
// hear the leader would vote for it all the same (RefuseNever); else a quorum.
func (p *healthySim) toVote() int {
	if !p.h.Rules.PreVote || p.h.Rules.Refuse == RefuseNever {
		return 1
	}
	return p.h.Nodes.Quorum()
}

// beyond bounds what was not gone through: how often more interruptions than that
// run into one another and are long enough together. One is followed by others
// while its silence may last, and these by others: the number in such a family is
// Borel's distribution; one that is long and seldom has more that follow it.
func (p *healthySim) beyond() float64 {
	var rate, follow float64
	for _, s := range p.felt {
		rate += s.rate
	}
	for _, s := range p.felt {
		follow += s.rate * (s.length + p.quiet).Hours()
	}
	if follow >= 1 {
		return rate // the silences never end
	}
	k := mostTogether
	for k > 0 && math.Pow(float64(len(p.felt)), float64(k)) > mostTuples {
		k--
	}
	need, bound := min(p.h.Lease, p.h.Rules.Timeout.Low)-p.quiet, 0.0
	for n := k + 1; n <= k+mostFamilies; n++ {
		m := float64(n)
		lg, _ := math.Lgamma(m + 1)
		bound += rate * math.Exp(-follow*m+(m-1)*math.Log(follow*m)-lg) * p.together(n, need, rate)
		lg, _ = math.Lgamma(m)
		for _, s := range p.felt {
			bound += s.rate * math.Exp((m-1)*math.Log(rate*(s.length+p.quiet).Hours())-lg) * p.together(n-1, need-s.length, rate)
		}
	}
	return bound
}

// mostFamilies: what is larger still is negligible beside these.
const mostFamilies = 20

// together bounds the chance that n interruptions, each as likely as it comes, take
// so long together (Chernoff's bound).
func (p *healthySim) together(n int, need time.Duration, rate float64) float64 {
	if need <= 0 {
		return 1
	}
	bound := 1.0
	for step := 1.0; step <= 256; step *= 1.5 {
		theta := step / need.Seconds()
		var mean float64
		for _, s := range p.felt {
			mean += s.rate / rate * math.Exp(theta*s.length.Seconds())
		}
		bound = min(bound, math.Exp(float64(n)*math.Log(mean)-step))
	}
	return bound
}
