package summary

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// What follows holds what a write took at light load against what theory says: its
// floor, and a prediction of sizes from two others. docs/model.md has the formulae,
// what is fitted and what is not.

// Term is a named part of a write's time.
type Term string

// The terms of a write, in the order of its way.
const (
	TermClient      Term = "client"       // from the client to the leader's code, and back
	TermQueue       Term = "queue"        // until the leader writes its log
	TermLeaderLog   Term = "leader_log"   // the leader's write to its log
	TermNetwork     Term = "network"      // the links' round trip to the quorum-th follower
	TermHandOver    Term = "hand_over"    // from process to process on that way, beside the links' delay
	TermFollowerLog Term = "follower_log" // the quorum-th follower's write to its log
	TermApply       Term = "apply"        // from the quorum to the answer
)

// Terms in the order of a write's way.
func Terms() []Term {
	return []Term{TermClient, TermQueue, TermLeaderLog, TermNetwork, TermHandOver, TermFollowerLog, TermApply}
}

// Parts of a write's time in ns, by their terms.
type Parts map[Term]float64

// Sum of all parts.
func (p Parts) Sum() (sum float64) {
	for _, t := range Terms() { // in one order: the sum must not depend on a map's
		sum += p[t]
	}
	return sum
}

// Theory is what theory says of one size beside what was measured. Times are medians
// at light load, in ns.
type Theory struct {
	Cell  string `json:"cell"`
	Nodes int    `json:"nodes"`
	// Measured is the p50 that the summary has.
	Measured Metric `json:"write_latency_p50_ns"`
	// FloorAlone: the links' delays and the disk's syncs, each member with a disk of its
	// own. FloorShared: with the logs' writes as they were in place, all members on one
	// disk. Null where it is not known.
	FloorAlone  *Floored `json:"floor_alone"`
	FloorShared *Floored `json:"floor_shared"`
	// Parts as they were measured, and as they are predicted from N = 1 and N = 3; nil
	// where a run has not what it takes.
	Parts     Parts `json:"parts,omitempty"`
	Predicted Parts `json:"predicted_parts,omitempty"`
	// Fitted sizes are those that the prediction rests on: that it comes near them says
	// nothing.
	Fitted bool `json:"fitted,omitempty"`
	// PredictedNS is what the write is to take here, Error by which share that is above
	// the measured p50, with the bounds that the median's interval leaves. Off is the term
	// that is most of it, where it is over 5 %; empty where no term misses in that
	// direction, and of sizes that the prediction rests on.
	PredictedNS *float64 `json:"predicted_ns"`
	Error       *float64 `json:"error"`
	ErrorLow    *float64 `json:"error_low,omitempty"`
	ErrorHigh   *float64 `json:"error_high,omitempty"`
	Off         Term     `json:"off_term,omitempty"`
	// OwnMachines is a prediction for members on machines of their own, each like this
	// one: nobody has measured it.
	OwnMachines *float64 `json:"own_machines_ns"`
}

// Floored is a floor and how near the measured median comes to it.
type Floored struct {
	NS float64 `json:"ns"`
	// Efficiency is the floor over the measured p50, with the bounds that the median's
	// interval leaves; null where the floor is above what was measured by over 2 %, so
	// that the calibration is wrong, and where there is no interval.
	Efficiency *float64 `json:"efficiency"`
	CILow      *float64 `json:"ci_low"`
	CIHigh     *float64 `json:"ci_high"`
}

// TolerableError is the share of a write by which a prediction, or one of its terms, may
// miss before a term is named for it.
const TolerableError = 0.05

// The sizes that a prediction rests on: without followers, and with the fewest that
// tolerate a loss.
const (
	fitAlone = 1
	fitThree = 3
)

// theories hold what each setup's writes took at light load against theory, in the
// order of the cells; setups of which neither a floor nor a part is known are left out.
func theories(run *results.Run, cells []Cell) []Theory {
	sides, latest := map[string]side{}, run.Latest()
	for _, c := range cells {
		sides[c.Cell] = sideOf(latest, c)
	}
	var out []Theory
	for _, group := range alikeButForSize(cells) {
		m := fit(cells, group, sides, run.Environment.Cores)
		for _, i := range group {
			c := cells[i]
			if sides[c.Cell].trials == 0 {
				continue
			}
			if t := m.theory(run, c, sides[c.Cell]); t.FloorAlone != nil || t.Parts != nil {
				out = append(out, t)
			}
		}
	}
	order := func(cell string) int { return slices.IndexFunc(cells, func(c Cell) bool { return c.Cell == cell }) }
	slices.SortStableFunc(out, func(a, b Theory) int { return cmp.Compare(order(a.Cell), order(b.Cell)) })
	return out
}

// alikeButForSize groups setups, by their indices.
func alikeButForSize(cells []Cell) [][]int {
	return groupBy(cells, func(c Cell) string {
		return strings.Join(append(traits(c, ""), c.Cell[strings.Index(c.Cell, "-")+1:]), "\x00")
	})
}

// theory of one size.
func (m *model) theory(run *results.Run, c Cell, s side) Theory {
	t := Theory{Cell: c.Cell, Nodes: c.Nodes, Measured: c.Metrics["write_latency_p50_ns"], Parts: s.parts, Fitted: c.Nodes == fitAlone || c.Nodes == fitThree}
	if sync := syncTime(run, c); sync > 0 {
		t.FloorAlone = floored(s.floor(sync, c.Engine), t.Measured)
	}
	if s.parts != nil {
		t.FloorShared = floored(s.parts[TermLeaderLog]+s.parts[TermFollowerLog]+float64(s.asked()), t.Measured)
	}
	if m == nil {
		return t
	}
	t.Predicted = m.predict(s.trips)
	sum, own := t.Predicted.Sum(), m.own(s.trips).Sum()
	t.PredictedNS, t.OwnMachines = &sum, &own
	if measured := t.Measured.Median; measured != nil && *measured > 0 {
		t.Error = ptr(sum / *measured - 1)
		if m := t.Measured; m.Interval && m.CILow != nil && *m.CILow > 0 && m.CIHigh != nil {
			t.ErrorLow, t.ErrorHigh = ptr(sum / *m.CIHigh - 1), ptr(sum / *m.CILow - 1)
		}
		if math.Abs(*t.Error) > TolerableError {
			t.Off = off(t.Predicted, s.parts, *t.Error, t.Fitted)
		}
	}
	return t
}

// off is the term that misses most in the direction in which the whole does; none where
// none does, and of a size that was fitted.
func off(predicted, measured Parts, whole float64, fitted bool) Term {
	if measured == nil || fitted {
		return ""
	}
	miss := func(t Term) float64 { return (predicted[t] - measured[t]) * math.Copysign(1, whole) }
	most := slices.MaxFunc(Terms(), func(a, b Term) int { return cmp.Compare(miss(a), miss(b)) })
	if miss(most) <= 0 {
		return ""
	}
	return most
}

// side is what a size's trials have on record, medians over them.
type side struct {
	trials int
	// trips over the links to each follower, there and back, as they were asked for, by
	// their medians.
	trips []quorum.Law
	// late is how much longer the links took to the quorum-th of them.
	late  float64
	parts Parts
	// lastLog is what the write to its log takes the follower that answers last.
	lastLog float64
	// cpu is the processors' time of all members for one write, beyond what they take
	// without load, in ns.
	cpu float64
}

// sideOf gathers a cell's trials that measured an undisturbed light load.
func sideOf(latest []results.Trial, c Cell) side {
	var s side
	var each []Parts
	var logs, cpus, lates stats.Sample
	// By leader, which may vary: that of most trials is predicted.
	asked, ofLeader, led, usual := map[string]float64{}, map[string][]quorum.Law{}, map[string]int{}, ""
	for i := range latest {
		t := &latest[i]
		w := Undisturbed(t)
		if t.Cell != c.Cell || w == nil {
			continue
		}
		s.trials++
		trips := tripsOf(t)
		if _, known := asked[t.Leader]; !known {
			ofLeader[t.Leader] = laws(trips)
			asked[t.Leader] = float64(quorumTrip(ofLeader[t.Leader]))
		}
		led[t.Leader]++
		if led[t.Leader] > led[usual] {
			usual, s.trips = t.Leader, ofLeader[t.Leader]
		}
		if Timed(t) == nil {
			continue
		}
		each = append(each, spanParts(w.Spans, asked[t.Leader]+lateness(trips)))
		lates = append(lates, lateness(trips))
		if last := slices.IndexFunc(w.Spans.Followers, func(f results.FollowerSpans) bool { return f.Rank == c.Nodes-1 && f.Count > 0 }); last >= 0 {
			logs = append(logs, w.Spans.Followers[last].LogNS)
		}
		if t.Idle != nil && w.CPUSeconds > 0 && w.Writes > 0 {
			idle := t.Idle.CPUSeconds / float64(t.Idle.DurationNS) * float64(w.DurationNS)
			cpus = append(cpus, (w.CPUSeconds-idle)/float64(w.Writes)*1e9)
		}
	}
	s.parts, s.lastLog, s.cpu, s.late = medianParts(each), median(logs), median(cpus), median(lates)
	return s
}

// asked for: the usual round trip to the quorum-th follower.
func (s side) asked() time.Duration { return quorumTrip(s.trips) }

// quorumTrip is the usual time until the quorum-th of these round trips has ended.
func quorumTrip(trips []quorum.Law) time.Duration {
	return quorum.Smallest(quorum.Size(len(trips)+1).Followers(), trips).Quantile(0.5)
}

// trip over the links to a follower and back, in ns: the usual one as it was asked for,
// and as the frames of a window took it.
type trip struct {
	there, back    *results.Link
	asked, usually float64
}

// tripsOf the links between leader and followers, by what is usually asked of them.
// Links that too few frames crossed are taken as they were asked for.
func tripsOf(t *results.Trial) []trip {
	byFollower := map[string]trip{}
	for i := range t.Links {
		l := &t.Links[i]
		asked := usualDelay(l)
		took := asked
		if l.Samples >= results.MinLinkSamples {
			took = float64(l.RealisedP50NS)
		}
		switch {
		case l.From == results.Client || l.To == results.Client:
		case l.From == t.Leader:
			b := byFollower[l.To]
			byFollower[l.To] = trip{l, b.back, b.asked + asked, b.usually + took}
		case l.To == t.Leader:
			b := byFollower[l.From]
			byFollower[l.From] = trip{b.there, l, b.asked + asked, b.usually + took}
		}
	}
	trips := slices.SortedFunc(maps.Values(byFollower), func(a, b trip) int { return cmp.Compare(a.asked, b.asked) })
	none := max(0, t.Nodes-1-len(trips)) // nothing is emulated: no link is on record
	return append(make([]trip, none), trips...)
}

// lateness is how much longer the links took to the quorum-th follower than was asked.
func lateness(trips []trip) float64 {
	k := quorum.Size(len(trips) + 1).Followers()
	if k == 0 {
		return 0
	}
	usually := stats.Sample{}
	for _, t := range trips {
		usually = append(usually, t.usually)
	}
	slices.Sort(usually)
	return usually[k-1] - trips[k-1].asked
}

// laws of round trips as they were asked for.
func laws(trips []trip) (out []quorum.Law) {
	for _, t := range trips {
		out = append(out, lawOf(t.there).Plus(lawOf(t.back)))
	}
	return out
}

// usualDelay that was asked of a link, in ns.
func usualDelay(l *results.Link) float64 {
	if n := len(l.AskedSpreadNS); n > 0 {
		return float64(l.AskedSpreadNS[(n-1)/2]+l.AskedSpreadNS[n/2]) / 2
	}
	return float64(l.AskedNS)
}

// lawOf a link's delay as it was asked for.
func lawOf(l *results.Link) quorum.Law {
	if l == nil {
		return quorum.Law{}
	}
	if len(l.AskedSpreadNS) == 0 {
		return quorum.Always(time.Duration(l.AskedNS))
	}
	var delays []time.Duration
	for _, ns := range l.AskedSpreadNS {
		delays = append(delays, time.Duration(ns))
	}
	return quorum.Observed(delays)
}

// spanParts a window's spans. Of the way to the followers it is the quorum-th to answer
// that the commit waits for: whose answer is last of the quorum, its log and its way.
func spanParts(s *results.Spans, network float64) Parts {
	of := func(names ...results.SpanName) (sum float64) {
		for _, n := range names {
			sum += s.Of(n).NS
		}
		return sum
	}
	p := Parts{
		TermClient:    of(results.SpanRequest, results.SpanResponse),
		TermQueue:     of(results.SpanQueue),
		TermLeaderLog: of(results.SpanLeaderLog),
		TermApply:     of(results.SpanCommit, results.SpanApply, results.SpanReply) + s.UnattributedNS,
	}
	if s.Quorum == 0 {
		return p
	}
	way := of(results.SpanSend, results.SpanNetworkOut, results.SpanFollowerLog, results.SpanNetworkBack, results.SpanQuorumWait)
	log := of(results.SpanFollowerLog)
	for _, f := range s.Followers {
		if f.Rank == s.Quorum && f.Count > 0 {
			log = f.LogNS
		}
	}
	p[TermFollowerLog], p[TermNetwork] = min(log, way), network
	p[TermHandOver] = way - p[TermFollowerLog] - p[TermNetwork]
	return p
}

// medianParts over trials; nil of none.
func medianParts(each []Parts) Parts {
	if len(each) == 0 {
		return nil
	}
	out := Parts{}
	for _, t := range Terms() {
		var values stats.Sample
		for _, p := range each {
			values = append(values, p[t])
		}
		out[t] = median(values)
	}
	return out
}

// median of some values; 0 of none.
func median(values stats.Sample) float64 {
	if len(values) == 0 {
		return 0
	}
	return values.Median().Center
}
