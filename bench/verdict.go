package bench

import (
	"fmt"
	"math"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// judged is a window with all that its judgement needs.
type judged struct {
	window     results.Window
	cost       cost
	firstError error
	// light windows, the open ones, were to leave the host room and to keep
	// one leader throughout. A saturating window was not.
	light bool
	// harmed windows had faults done to the cluster: errors and changes of
	// leader are what was asked for.
	harmed bool
	// failed windows tried a rate that was not carried: nothing but that is
	// to be learned from them, and nothing of it is a fault of the trial.
	failed bool
}

// The limits of what is believed.
const (
	minCompleted   = 0.99                   // of the operations due
	maxLinkError   = 0.05                   // of the asked delay, at the median
	linkErrorFloor = 100 * time.Microsecond // or this, whichever is larger
	minLinkSamples = 5                      // fewer say nothing of a median
	busyHost       = 0.85
	busyForeign    = 0.10 // of all cores, used by no process of ours
	notableSteal   = 0.02
	notableWait    = 0.25 // of the window, in which someone waited for a core
)

// invalidity lists why a window's numbers are not to be believed.
func invalidity(j judged) []string {
	var out []string
	say := func(format string, args ...any) {
		out = append(out, j.window.Name+": "+fmt.Sprintf(format, args...))
	}
	w := j.window
	open := w.Mode == results.ModeOpen
	if j.failed {
		return nil
	}
	if open && !j.harmed && float64(w.Completed) < minCompleted*float64(w.Due) {
		say("only %d of the %d operations due were completed (want %.0f %%)", w.Completed, w.Due, 100*minCompleted)
	}
	if w.Completed == 0 {
		say("nothing was completed")
	}
	if w.Dropped > 0 {
		say("%d operations were dropped: more than %d were in flight", w.Dropped, maxInFlight)
	}
	if w.RecordErrors > 0 {
		say("%d values did not fit the histogram", w.RecordErrors)
	}
	if n := w.Errors + w.Unknown; n > 0 && !j.harmed {
		say("%d unexpected client errors, such as: %v", n, j.firstError)
	}
	if !open {
		return out
	}
	p50, p99 := fastest(w)
	lag := stats.Lag(float64(w.Lag.P50NS), float64(w.Lag.P99NS), float64(p50), float64(p99))
	if lag.P50 > stats.LagShareP50 {
		say("the generator lagged behind its schedule by %v at the median, %.0f %% of the latency's (allowed %.0f %%)",
			short(w.Lag.P50NS), 100*lag.P50, 100*stats.LagShareP50)
	}
	if lag.P99 > stats.LagShareP99 {
		say("the generator lagged behind its schedule by %v at p99, %.0f %% of the latency's (allowed %.0f %%)",
			short(w.Lag.P99NS), 100*lag.P99, 100*stats.LagShareP99)
	}
	if !j.harmed && j.cost.leaderMoved {
		say("the leader or the term changed")
	}
	return append(out, missedLinks(j)...)
}

// missedLinks are those whose realised delay was off at the median.
func missedLinks(j judged) []string {
	var out []string
	for _, l := range j.cost.links {
		if by := l.ErrorP50NS; misses(l, by) {
			out = append(out, j.window.Name+": "+missed(l, by))
		}
	}
	return out
}

// misses holds what a link is off by at the median to its delay, where there
// are samples enough. How many frames there were is no matter: errors rest on
// those that somebody waited for.
func misses(l results.Link, by int64) bool {
	return l.Samples >= minLinkSamples && by > allowedError(l)
}

func allowedError(l results.Link) int64 {
	return max(int64(maxLinkError*float64(l.AskedNS)), linkErrorFloor.Nanoseconds())
}

func missed(l results.Link, by int64) string {
	return fmt.Sprintf("link %s→%s missed its delay of %v by %v at the median (allowed %v)",
		l.From, l.To, short(l.AskedNS), short(by), short(allowedError(l)))
}

// fastest is the latency that the schedule's lag is held against: that of
// writes or of reads, whichever is more easily spoilt.
func fastest(w results.Window) (p50, p99 int64) {
	r := w.ReadLatency
	switch {
	case r == nil || r.Count == 0:
		return w.Latency.P50NS, w.Latency.P99NS
	case w.Latency.Count == 0:
		return r.P50NS, r.P99NS
	}
	return min(w.Latency.P50NS, r.P50NS), min(w.Latency.P99NS, r.P99NS)
}

// warnings lists what a reader should know beside a window's numbers.
func warnings(j judged) []string {
	var out []string
	say := func(format string, args ...any) {
		out = append(out, j.window.Name+": "+fmt.Sprintf(format, args...))
	}
	w, c := j.window, j.cost
	if j.failed {
		return nil
	}
	if !j.light {
		// A saturated host holds frames late: that is part of its limit, and
		// said beside the throughput that it limits.
		out = append(out, missedLinks(j)...)
		if c.leaderMoved && !j.harmed {
			say("the leader or the term changed")
		}
	}
	if j.light && w.HostBusy > busyHost {
		say("the host's CPU was %.0f %% busy", 100*w.HostBusy)
	}
	if w.ForeignBusy > busyForeign {
		say("other processes took %.0f %% of the host's CPU", 100*w.ForeignBusy)
	}
	if c.steal > notableSteal {
		say("the hypervisor stole %.1f %% of the CPU", 100*c.steal)
	}
	if c.throttled {
		say("the CPU was throttled by a control group")
	}
	if j.light && c.runWait > notableWait {
		say("processes waited for a core for %.0f %% of the window", 100*c.runWait)
	}
	if c.snapshots > 0 {
		say("%d snapshots fell into it", c.snapshots)
	}
	if j.harmed {
		return out
	}
	if reason := unsteady(w); j.light && reason != "" {
		say("%s", reason)
	}
	if off := littleError(w); math.Abs(off) > stats.LittleTolerance {
		say("Little's law is off by %+.0f %%: %.2f operations were in flight", 100*off, w.MeanInFlight)
	}
	return out
}

// unsteady is why a window was no steady state; empty when it was one.
func unsteady(w results.Window) string {
	if len(w.HalfP50NS) < 2 {
		return ""
	}
	medians := make([]float64, len(w.Parts))
	for i, p := range w.Parts {
		medians[i] = float64(p.P50NS)
	}
	steady, err := stats.SteadyWith(medians, float64(w.HalfP50NS[0]), float64(w.HalfP50NS[1]))
	if err != nil {
		return ""
	}
	return steady.Reason()
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

// judge adds a window's verdict to the trial's record.
func (t *trial) judge(j judged) {
	t.record.InvalidReasons = append(t.record.InvalidReasons, invalidity(j)...)
	t.record.Flags = append(t.record.Flags, warnings(j)...)
}

// short is a duration for a sentence, to three digits or so.
func short(ns int64) time.Duration {
	d := time.Duration(ns)
	for _, unit := range []time.Duration{time.Second, time.Millisecond, time.Microsecond} {
		if d >= unit {
			return d.Round(unit / 100)
		}
	}
	return d
}
