package quorum

import (
	"fmt"
	"math"
	"time"
)

// Life is how long something runs from its start to its next failure, and how
// long it is then away until it is repaired. Both are means of exponential
// distributions. The zero Life never fails.
type Life struct {
	MTBF time.Duration `json:"mtbf_ns"`
	MTTR time.Duration `json:"mttr_ns"`
}

// up is the share of time in which it runs.
func (l Life) up() float64 {
	if l.MTBF <= 0 {
		return 1
	}
	return l.MTBF.Seconds() / (l.MTBF.Seconds() + l.MTTR.Seconds())
}

// failures a second while it runs.
func (l Life) failures() float64 {
	if l.MTBF <= 0 {
		return 0
	}
	return 1 / l.MTBF.Seconds()
}

// Fleet is a cluster whose members fail and are repaired for as long as it runs.
// It is a continuous-time Markov chain, whose state is which members and which
// zones are up:
//
//   - Each member and each zone fails and is repaired on its own, whatever the
//     others do. Repairs do not wait for each other.
//   - A member takes part while it and its zone are up.
//   - Writes are out while no majority takes part, and for Outage after each loss
//     of the leader and after each return of a majority, which elects anew.
//   - The leader is any of those that take part, one as likely as the next. Where
//     members are not alike, one that fails more leads less than that, and Electing
//     is too high.
//
// Since all fail independently, the chain's stationary distribution is a product,
// and how many take part is a sum of independent variables: the answer is a
// closed form. Two failures with one cause (a bad update, a full log volume) are
// not in it, unless the cause is a zone.
type Fleet struct {
	// Members are the nodes, n1 first. Zones tells where each stands; empty: zones
	// do not fail.
	Members []Life
	Zones   []int
	Zone    Life
	// Outage is the mean time without writes after the leader was lost.
	Outage time.Duration
}

// Uniform is a fleet of n members of one kind.
func Uniform(n Size, node Life, outage time.Duration) Fleet {
	f := Fleet{Members: make([]Life, n), Outage: outage}
	for i := range f.Members {
		f.Members[i] = node
	}
	return f
}

// Downtime is what to expect of a fleet in the long run.
type Downtime struct {
	// NoQuorum and Electing are shares of the time: no majority takes part; a
	// majority does and has no leader.
	NoQuorum float64 `json:"no_quorum_share"`
	Electing float64 `json:"electing_share"`
	// How often things happen in a year of 365 days: the leader is lost and a
	// majority is left; a majority is lost; a node fails and has to be repaired.
	LeaderLosses float64 `json:"leader_losses_per_year"`
	QuorumLosses float64 `json:"quorum_losses_per_year"`
	Repairs      float64 `json:"repairs_per_year"`
}

// Year is that of a Downtime: 365 days.
const Year = 365 * 24 * time.Hour

// Unavailable is the share of time in which nothing can be written.
func (d Downtime) Unavailable() float64 { return d.NoQuorum + d.Electing }

// PerYear is how long nothing can be written in a year, at so large a share of it.
func PerYear(share float64) time.Duration {
	return time.Duration(math.Round(share * float64(Year)))
}

// Nines of an availability: 3 is 99.9 %. Without any downtime there is no end to
// them.
func (d Downtime) Nines() float64 { return -math.Log10(d.Unavailable()) }

// shortestLife of a leader, in outages. Below it elections would often be
// interrupted by the next failure, which the model leaves out: its error is about
// one part in so many.
const shortestLife = 10

// Downtime predicts. Lives that are too short for the model are an error.
func (f Fleet) Downtime() (Downtime, error) {
	if err := f.check(); err != nil {
		return Downtime{}, err
	}
	var d Downtime
	quorum := Size(len(f.Members)).Quorum()
	zones := f.zones()
	d.NoQuorum = shareBelow(takingPart(zones, -1), quorum)
	var leader, majority, repairs float64 // a second
	for z, zone := range zones {
		others := takingPart(zones, z)
		for i, m := range zone.members {
			// What takes part beside this member while its zone is up.
			rest := convolve(others, countUp(allBut(zone.members, i)))
			failures := m.failures() * m.up()
			repairs += failures
			for k, p := range rest {
				switch {
				case k >= quorum:
					leader += failures * zone.life.up() * p / float64(k+1)
				case k == quorum-1:
					majority += failures * zone.life.up() * p
				}
			}
		}
		l, m := zoneLosses(zone, others, quorum)
		leader, majority = leader+l, majority+m
	}
	d.Electing = min((leader+majority)*f.Outage.Seconds(), 1-d.NoQuorum)
	d.LeaderLosses, d.QuorumLosses, d.Repairs = leader*Year.Seconds(), majority*Year.Seconds(), repairs*Year.Seconds()
	return d, nil
}

// zoneLosses are how often a second a zone takes the leader with it and leaves a
// majority, and how often it takes the majority.
func zoneLosses(zone failureZone, others []float64, quorum int) (leader, majority float64) {
	failures := zone.life.failures() * zone.life.up()
	for inside, p := range countUp(zone.members) {
		for k, q := range others {
			switch {
			case inside == 0:
			case k >= quorum:
				leader += failures * p * q * float64(inside) / float64(inside+k)
			case k+inside >= quorum:
				majority += failures * p * q
			}
		}
	}
	return leader, majority
}

// failureZone is a zone with who stands in it.
type failureZone struct {
	life    Life
	members []Life
}

// zones of the fleet; one that never fails where there are none.
func (f Fleet) zones() []failureZone {
	if len(f.Zones) == 0 {
		return []failureZone{{members: f.Members}}
	}
	var out []failureZone
	for i, z := range f.Zones {
		for len(out) <= z {
			out = append(out, failureZone{life: f.Zone})
		}
		out[z].members = append(out[z].members, f.Members[i])
	}
	return out
}

// takingPart is the distribution of how many members take part, those of one zone
// left out (none: -1).
func takingPart(zones []failureZone, except int) []float64 {
	out := []float64{1}
	for z, zone := range zones {
		if z == except {
			continue
		}
		inside := countUp(zone.members)
		for k := range inside {
			inside[k] *= zone.life.up()
		}
		inside[0] += 1 - zone.life.up()
		out = convolve(out, inside)
	}
	return out
}

// countUp is the distribution of how many of some members are up.
func countUp(members []Life) []float64 {
	out := []float64{1}
	for _, m := range members {
		out = convolve(out, []float64{1 - m.up(), m.up()})
	}
	return out
}

// convolve is the distribution of a sum of two independent counts.
func convolve(a, b []float64) []float64 {
	out := make([]float64, len(a)+len(b)-1)
	for i, p := range a {
		for j, q := range b {
			out[i+j] += p * q
		}
	}
	return out
}

// shareBelow is the probability of less than k.
func shareBelow(distribution []float64, k int) float64 {
	var p float64
	for _, q := range distribution[:min(k, len(distribution))] {
		p += q
	}
	return p
}

func allBut(members []Life, i int) []Life {
	return append(append([]Life(nil), members[:i]...), members[i+1:]...)
}

func (f Fleet) check() error {
	if len(f.Members) == 0 {
		return fmt.Errorf("got a fleet of no members, want at least 1")
	}
	if len(f.Zones) > 0 && len(f.Zones) != len(f.Members) {
		return fmt.Errorf("got the zones of %d members, want those of all %d", len(f.Zones), len(f.Members))
	}
	for _, z := range f.Zones {
		if z < 0 {
			return fmt.Errorf("got zone %d, want them counted from 0", z)
		}
	}
	for i, l := range append(append([]Life(nil), f.Members...), f.Zone) {
		if l.MTBF < 0 || l.MTTR < 0 || l.MTBF == 0 && l.MTTR > 0 {
			return fmt.Errorf("got a life %d of %s between failures and %s to repair, want both above 0", i+1, l.MTBF, l.MTTR)
		}
		if l.MTBF > 0 && l.MTBF.Seconds() < shortestLife*f.Outage.Seconds() {
			return fmt.Errorf("got %s between failures and %s without a leader after each, want lives at least %d times as long: elections that are interrupted are not in this model",
				l.MTBF, f.Outage, shortestLife)
		}
	}
	if f.Outage < 0 {
		return fmt.Errorf("got an outage of %s, want 0 or more", f.Outage)
	}
	return nil
}
