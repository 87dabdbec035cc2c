package quorum

import (
	"math"
	"math/rand/v2"
	"time"
)

// Exposure is what of a year of pauses can be measured in minutes. How often each
// kind of pause comes is stated; what is not known is how often one costs the leader
// its place. So it is the share of pauses that do which is measured, with as many of
// them as a year has made in minutes, and the bound on a year is
//
//	Σ over kinds (pauses of the kind a year) × (upper bound of its share) + the rest.
//
// The rest are coincidences, which no run of minutes sees as seldom as they are: how
// often they come is arithmetic on what is stated. That nothing else is long enough
// is arithmetic, too: no silence is longer than Quiet and the pauses that make it,
// end to end.
type Exposure struct {
	// Quiet is the longest silence without a pause.
	Quiet time.Duration
	// PerHour is how many pauses of each of Healthy.Pauses all members have.
	PerHour []float64
	// Alone tells of each kind whether one such pause may suffice.
	Alone []bool
	// Singly tells of each kind whether what one of it does is to be seen by itself:
	// of those that may suffice alone, and of those that come so seldom that in truth
	// hardly any other stands close.
	Singly []bool
	// Together bounds how often an hour so many of the kinds that are not seen singly
	// come together that they may suffice.
	Together float64
	// Pairs bounds how many an hour of those that are seen singly stand close to
	// another: from the one's beginning until a heartbeat timeout after its end.
	Pairs float64
}

// seldom is how far apart the pauses of a kind are, in the mean, that hardly ever meet.
const seldom = time.Hour

// Exposure of a cluster to its pauses.
func (h Healthy) Exposure() Exposure {
	p := newHealthySim(h, rand.New(rand.NewPCG(0, 3)))
	e := Exposure{Quiet: p.quiet}
	frequent := h
	frequent.Pauses = nil
	var singly float64
	var longest time.Duration
	for _, pause := range h.Pauses {
		perHour := float64(h.Nodes) * float64(time.Hour) / float64(pause.Every)
		alone := false
		for i := range int(h.Nodes) {
			alone = alone || p.suffices([]source{{ofProcess, i, pause.Length, perHour}})
		}
		one := alone || pause.Every >= seldom
		e.Alone, e.Singly, e.PerHour = append(e.Alone, alone), append(e.Singly, one), append(e.PerHour, perHour)
		if one {
			singly, longest = singly+perHour, max(longest, pause.Length)
		} else {
			frequent.Pauses = append(frequent.Pauses, pause)
		}
	}
	e.Pairs = singly * -math.Expm1(-2*singly*(longest+h.Rules.Timeout.Low).Hours())
	q := newHealthySim(frequent, rand.New(rand.NewPCG(0, 3)))
	for k := 1; k <= mostTogether; k++ {
		e.Together += q.stratum(k).rate
	}
	if len(q.felt) > 0 {
		e.Together += q.beyond()
	}
	return e
}
