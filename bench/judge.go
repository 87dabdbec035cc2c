package bench

import (
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// judged is a window with all that its judgement needs.
type judged struct {
	window     results.Window
	cost       cost
	links      []results.Link // those that carried the load, as true as they were in the window
	jittery    []link         // whose delays were to vary in a known way
	crossings  int            // of links, by one operation
	firstError error
	// syncNS is what a sync of the nodes' disk takes when nothing else is on it;
	// 0 where none is waited for.
	syncNS int64
	// light windows, the open ones, were to leave the host room and to keep
	// one leader throughout. A saturating window was not.
	light bool
	// slices: the window is several that were offered one after another.
	slices bool
	// harmed windows had faults done to the cluster: errors and changes of
	// leader are what was asked for.
	harmed bool
	// failed windows tried a rate that was not carried: nothing but that is
	// to be learned from them, and nothing of it is a fault of the trial.
	failed bool
}

// The limits of what is believed.
const (
	// maxEffect on a median is where a light window is no longer believed: trials
	// on a shared host drift by 10 to 20 % by themselves. Below it the number
	// stands, and summaries hold the effect against its interval.
	maxEffect = 0.10
	// minEffect is from where a late link is remarked on: a third of the narrowest
	// interval that runs are planned for, ±1.5 % of a median. What is less can move
	// no number by a third of its interval.
	minEffect = 0.005
	busyHost  = 0.85
)

// remarks are all that there is to say of a window's numbers.
func (j judged) remarks() []results.Remark {
	if j.failed {
		return nil
	}
	out := slices.Concat(j.invalidity(), j.doubts(), j.coreWait())
	for i := range out {
		out[i].Window = j.window.Name
	}
	return out
}

// invalidity lists why a window's numbers are not to be believed.
func (j judged) invalidity() []results.Remark {
	var out []results.Remark
	w := j.window
	open := w.Mode == results.ModeOpen
	invalid := func(r results.Remark) {
		r.Severity = results.Invalid
		out = append(out, r)
	}
	if least := results.MinCompleted * float64(w.Attempted); open && !j.harmed && float64(w.Completed) < least {
		invalid(results.Remark{Code: results.CodeIncomplete, Got: float64(w.Completed), Want: least, Of: w.Attempted, Unit: results.UnitCount})
	}
	// In a watch it is what timeouts do under which nobody leads for long.
	if w.Completed == 0 && w.Role != results.RoleWatch {
		invalid(results.Remark{Code: results.CodeNothing})
	}
	if w.Dropped > 0 {
		invalid(results.Remark{Code: results.CodeDropped, Got: float64(w.Dropped), Want: maxInFlight, Unit: results.UnitCount})
	}
	if w.RecordErrors > 0 {
		invalid(results.Remark{Code: results.CodeRecordErrors, Got: float64(w.RecordErrors), Unit: results.UnitCount})
	}
	if n := w.Errors + w.Unknown; n > 0 && !j.harmed {
		r := results.Remark{Code: results.CodeClientErrors, Got: float64(n), Unit: results.UnitCount}
		if j.firstError != nil {
			r.Detail = j.firstError.Error()
		}
		invalid(r)
	}
	if !open {
		return out
	}
	for _, r := range j.lateness() {
		if j.disbelieved(r) {
			invalid(r)
		}
	}
	if !j.harmed && j.cost.leaderMoved {
		invalid(results.Remark{Code: results.CodeLeaderChanged})
	}
	return out
}

// lateness of the generator and of the links.
func (j judged) lateness() []results.Remark {
	if j.window.Mode != results.ModeOpen {
		return j.lateLinks()
	}
	return append(j.lag(), j.lateLinks()...)
}

// disbelieved: by this lateness a light window says little of the system. Under
// full load, and where the most is looked for that a host carries, lateness is
// part of what limits it, and said beside the number.
func (j judged) disbelieved(r results.Remark) bool { return j.light && j.effect(r) > maxEffect }

// effect bounds what a late link or a late generator did to the window's median
// operation, as a share of it. What came late at the 99th percentile leaves the
// median alone.
func (j judged) effect(r results.Remark) float64 {
	switch r.Code {
	case results.CodeLinkLate:
		return j.window.Effect(j.crossings, r.Got)
	case results.CodeLagP99:
		return 0
	}
	return j.window.Effect(1, r.Got)
}

// lag of the generator behind its schedule, where it is too large a share of
// the latency that it adds to: over a twentieth at the median, over a quarter at
// the 99th percentile. This is what binds constant arrivals, each to its instant.
func (j judged) lag() []results.Remark {
	w := j.window
	p50, p99 := w.Median(), fastestP99(w)
	var out []results.Remark
	for _, c := range []struct {
		code         results.Code
		lag, latency results.Nanos
		share        float64
	}{{results.CodeLagP50, w.Lag.P50NS, p50, stats.LagShareP50}, {results.CodeLagP99, w.Lag.P99NS, p99, stats.LagShareP99}} {
		if allowed := c.share * float64(c.latency); float64(c.lag) > allowed {
			out = append(out, results.Remark{Code: c.code, Got: float64(c.lag), Want: allowed, Unit: results.UnitNS})
		}
	}
	return out
}

// lateLinks is one remark on the loaded links that were late at the median, by
// their own fault, by what may matter to the window's median operation. For how
// long their readers waited for a core is the host's limit, and no error.
func (j judged) lateLinks() []results.Remark {
	var judged []lateLink
	for _, l := range j.links {
		if l.Samples >= results.MinLinkSamples {
			judged = append(judged, lateLink{l, l.OwnErrorP50NS})
		}
	}
	return late(judged, j.window.Name, float64(j.window.Median()), j.crossings)
}

// coreWait notes for how long the readers of loaded links waited for a core at the
// median, as a share of the median operation: part of what the host allows.
func (j judged) coreWait() []results.Remark {
	r := results.Remark{Code: results.CodeCoreWait, Severity: results.Note, Unit: results.UnitShare}
	for _, l := range j.links {
		if l.Samples < results.MinLinkSamples {
			continue
		}
		r.Of++
		if by := j.window.Effect(j.crossings, float64(l.CoreWaitP50NS)); by > max(r.Got, minEffect) {
			r.Got, r.Link = by, &results.Ends{From: l.From, To: l.To}
		}
	}
	if r.Link == nil || math.IsInf(r.Got, 1) {
		return nil
	}
	return []results.Remark{r}
}

// lateLink is a link with what it is off by at the median. How many frames there
// were is no matter: errors rest on those that somebody waited for.
type lateLink struct {
	results.Link
	by int64
}

// late is one remark on those links whose lateness, on each of so many
// crossings, may have moved a number of ns by more than minEffect: how many they
// are, and the one that is furthest off.
func late(judged []lateLink, window string, number float64, crossings int) []results.Remark {
	r := results.Remark{Code: results.CodeLinkLate, Severity: results.Doubtful, Window: window, Unit: results.UnitNS,
		Want: maxEffect * number / float64(crossings), Of: int64(len(judged))}
	for _, l := range judged {
		by := float64(l.by)
		if by*float64(crossings) <= minEffect*number {
			continue
		}
		if r.Count++; by > r.Got {
			r.Got, r.Link = by, &results.Ends{From: l.From, To: l.To}
		}
	}
	if r.Got == 0 {
		return nil
	}
	return []results.Remark{r}
}

// fastestP99 is that of writes or of reads, whichever is more easily spoilt.
func fastestP99(w results.Window) results.Nanos {
	r := w.ReadLatency
	switch {
	case r == nil || r.Count == 0:
		return w.Latency.P99NS
	case w.Latency.Count == 0:
		return r.P99NS
	}
	return min(w.Latency.P99NS, r.P99NS)
}

// doubts list what a reader should know beside a window's numbers.
func (j judged) doubts() []results.Remark {
	var out []results.Remark
	doubt := func(when bool, r results.Remark) {
		if when {
			r.Severity = results.Doubtful
			out = append(out, r)
		}
	}
	w, c := j.window, j.cost
	if !j.light {
		doubt(c.leaderMoved && !j.harmed, results.Remark{Code: results.CodeLeaderChanged})
	}
	for _, r := range j.lateness() {
		doubt(!j.disbelieved(r), r)
	}
	for _, r := range offJitter(j.links, j.jittery) {
		doubt(true, r)
	}
	share := func(code results.Code, got, most float64) results.Remark {
		return results.Remark{Code: code, Got: got, Want: most, Unit: results.UnitShare}
	}
	doubt(j.light && w.HostBusy > busyHost, share(results.CodeHostBusy, w.HostBusy, busyHost))
	out = append(out, j.hostDoubts()...)
	doubt(c.snapshots > 0, results.Remark{Code: results.CodeSnapshot, Got: float64(c.snapshots), Unit: results.UnitCount})
	if j.harmed {
		return out
	}
	for _, r := range unlikePoisson(w) {
		doubt(true, r)
	}
	for _, r := range unsteady(w) {
		doubt(j.light, r)
	}
	off := littleError(w)
	if j.slices {
		// Operations that a slice's edges cut weigh as much as all others do.
		off = 0
	}
	doubt(math.Abs(off) > stats.LittleTolerance, share(results.CodeLittle, off, stats.LittleTolerance))
	return out
}

// unlikePoisson is the remark on a generator whose sends do not follow the Poisson
// process that they were to follow. (What follows a metronome is held to each
// instant, by its lag.)
func unlikePoisson(w results.Window) []results.Remark {
	a := w.Arrivals
	if a == nil || (stats.Arrivals{P: a.P, Off: a.OffShare}).Poisson() {
		return nil
	}
	return []results.Remark{{Code: results.CodeArrivals, Got: a.OffShare, Want: stats.ArrivalsOff, Of: a.Gaps, Unit: results.UnitShare}}
}

// unsteady is why a window was no steady state; empty when it was one, or when
// it had too few operations to tell.
func unsteady(w results.Window) []results.Remark {
	if w.Steadiness == nil {
		return nil
	}
	r := results.Remark{Severity: results.Doubtful, Want: stats.SteadyChange, Unit: results.UnitShare}
	switch s := stats.Steadiness(*w.Steadiness); s.Why(stats.SteadyAlpha) {
	case stats.Steadily:
		return nil
	case stats.HalvesDiffer:
		r.Code, r.Got = results.CodeHalvesDiffer, s.HalvesChange
	case stats.Rising:
		r.Code, r.Got = results.CodeRising, s.TrendChange
	case stats.Falling:
		r.Code, r.Got = results.CodeFalling, s.TrendChange
	}
	return []results.Remark{r}
}

// littleError is how far the two sides of Little's law are apart. The mean
// time in flight is the service time, of everything that was acknowledged;
// where little was, the window's edges weigh more than the law.
func littleError(w results.Window) float64 {
	sum := w.Service.MeanNS * float64(w.Service.Count)
	if w.ReadService != nil {
		sum += w.ReadService.MeanNS * float64(w.ReadService.Count)
	}
	if w.DurationNS == 0 || sum == 0 || w.Completed < minLittle {
		return 0
	}
	seconds := float64(w.DurationNS) / 1e9
	return stats.Little(w.MeanInFlight, float64(w.Completed)/seconds, sum/float64(w.Completed)/1e9)
}

// minLittle operations are needed before Little's law says anything.
const minLittle = 200
