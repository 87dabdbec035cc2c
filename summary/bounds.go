package summary

import (
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// effects is the one table of what a remark can have done to numbers: for each
// code, which metrics it touches, and by how much it can have moved one trial's
// value of them at most. What is not touched is not named. A code that is not
// here may have done anything.
//
// Percentiles of the median operation and of the far tail are told apart
// throughout: what happens seldom (a snapshot, a stolen slice of time) leaves
// the median alone, and nobody knows what it did to the slowest operations.
var effects = map[results.Code]func(scene) []touch{
	// A write crosses a number of links, each late by Got where lateness is
	// typical; of the slower writes, each as late as its links were at that
	// percentile. A closed loop waits for its writes, so that its rate falls as
	// they get slower.
	results.CodeLinkLate: func(s scene) []touch {
		return []touch{
			{s.latencies("_p50_ns"), absolute(s.crossings() * s.remark.Got)},
			{s.latencies("_p90_ns"), absolute(s.crossings() * s.lateness(func(l results.LinkTruth) int64 { return l.OwnErrorP90NS }))},
			{s.latencies("_p99_ns"), absolute(s.crossings() * s.lateness(func(l results.LinkTruth) int64 { return l.OwnErrorP99NS }))},
			{s.latencies("_p999_ns", "_max_ns"), unknown},
			{s.rate(), relative(s.slower(s.remark.Got))},
		}
	},
	// Nobody knows how late a link was that was not measured.
	results.CodeLinksUnmeasured: anyTime,
	results.CodeProbesFailed:    anyTime,
	// What a link with other delays than those asked does to a write depends on
	// which of the links it waits for.
	results.CodeDelayMean: anyTime,
	results.CodeDelaySD:   anyTime,

	// A host without room makes everything that runs on it wait, for nobody knows
	// how long.
	results.CodeHostBusy:  crowded,
	results.CodeRunWait:   crowded,
	results.CodeThrottled: crowded,
	// Of a share of the CPU that others had, work that is bound by the CPU could
	// have had as much more: share/(1−share) of what it got. It is taken in
	// slices, each of which may make some operations much slower.
	results.CodeForeignCPU: taken,
	results.CodeSteal:      taken,

	// A disk that others use makes whatever waits for it slower, nobody knows by
	// how much.
	results.CodeForeignDisk: anySync,
	results.CodeSlowSync:    anySync,
	// What was not checked is no reason to doubt.
	results.CodeHostUnread: untouched,
	// A latency at its rate, as of every host that halts: no doubt of the number.
	results.CodeNotAwake: untouched,

	// A snapshot is short and seldom; the operations that it meets are few.
	results.CodeSnapshot: func(s scene) []touch { return []touch{{s.latencies(farOut...), unknown}} },

	// A figure of the whole window lies between those of its halves.
	results.CodeHalvesDiffer: func(s scene) []touch {
		return []touch{{s.latencies(everyPercentile...), relative(math.Abs(s.remark.Got))}, {s.rate(), relative(math.Abs(s.remark.Got))}}
	},
	// It also lies between those of its beginning and its end.
	results.CodeRising:  drifting,
	results.CodeFalling: drifting,
	// A warm-up that saw no steady state was followed by windows whose own
	// steadiness is judged, if they are open; of a closed loop nothing is known.
	results.CodeWarmupUnsteady: func(s scene) []touch {
		return []touch{{s.latencies(everyPercentile...), relative(stats.SteadyChange)}, {s.rate(), unknown}}
	},
	// The mean latency or the rate is wrong by the share; the error may sit in few
	// operations, and then in the slowest.
	results.CodeLittle: func(s scene) []touch {
		return []touch{
			{slices.Concat(s.latencies(typical...), s.rate()), relative(math.Abs(s.remark.Got))},
			{s.latencies(farOut...), unknown},
		}
	},

	// The generator's lateness is part of each latency that counts from the
	// intended instant.
	results.CodeLagP50: func(s scene) []touch {
		return []touch{{s.latencies("_p50_ns"), absolute(s.remark.Got)}, {s.latencies("_p90_ns", "_p99_ns", "_p999_ns", "_max_ns"), unknown}}
	},
	results.CodeLagP99: func(s scene) []touch {
		return []touch{{s.latencies("_p99_ns"), absolute(s.remark.Got)}, {s.latencies("_p999_ns", "_max_ns"), unknown}}
	},

	// Operations that are sent together wait for one another.
	results.CodeArrivals: func(s scene) []touch { return []touch{{s.latencies(everyPercentile...), unknown}} },

	// What does not hold at a part of itself was found by luck.
	results.CodeCapacityNotHeld: func(scene) []touch { return []touch{{[]string{"capacity_ops"}, unknown}} },

	// An election took part of the window.
	results.CodeLeaderChanged: anyTime,
	// The disk's part of everything that waits for it is missing.
	results.CodeFsyncNotReal: anySync,
	results.CodeUsageUnread: func(s scene) []touch {
		return []touch{{append(s.costs(), "rss_bytes", "leader_store_time_p50_ns"), unknown}}
	},

	// These are about proofs and audits, and touch no measured number; a wait for a
	// core is part of the number.
	results.CodeCoreWait:   untouched,
	results.CodeUnjudged:   untouched,
	results.CodeUndecided:  untouched,
	results.CodeNotDurable: untouched,
	results.CodeTermRace:   untouched,
	results.CodePowerUncut: untouched,
	results.CodeDiskDied:   untouched,
	// What decides whose fault a lost leadership was is on record.
	results.CodeHeldThinned: untouched,
	// How many writes the parts of a latency rest on stands beside them.
	results.CodeSpansLost:   untouched,
	results.CodeSpansUnread: untouched,
	// Safety trials measure nothing.
	results.CodeUndecidedHistory: untouched,
	results.CodeUnforced:         untouched,
}

// worsening are the codes of what can only have made operations slower and dearer,
// and what a cluster carries less: work of others, waits for a core or a disk, what
// came or was sent too late, and interruptions.
var worsening = []results.Code{
	results.CodeHostBusy, results.CodeRunWait, results.CodeThrottled, results.CodeForeignCPU, results.CodeSteal,
	results.CodeForeignDisk, results.CodeSlowSync, results.CodeLinkLate, results.CodeLagP50, results.CodeLagP99,
	results.CodeLeaderChanged, results.CodeSnapshot,
}

// OnlyWorsens tells whether the thing remarked can have moved a number in one
// direction alone, to the worse.
func (r Remark) OnlyWorsens() bool { return slices.Contains(worsening, r.Code) }

// The percentiles of latencies.
var (
	typical         = []string{"_p50_ns", "_p90_ns"}
	farOut          = []string{"_p99_ns", "_p999_ns", "_max_ns"}
	everyPercentile = slices.Concat(typical, farOut)
)

func untouched(scene) []touch { return nil }

// anyTime may have made operations slower by any amount.
func anyTime(s scene) []touch {
	return []touch{{slices.Concat(s.latencies(everyPercentile...), s.rate()), unknown}}
}

func crowded(s scene) []touch { return append(anyTime(s), touch{s.cpu(), unknown}) }

func anySync(s scene) []touch {
	return append(anyTime(s), touch{[]string{"leader_store_time_p50_ns"}, unknown})
}

func taken(s scene) []touch {
	share := s.remark.Got / max(0, 1-s.remark.Got)
	return []touch{
		{slices.Concat(s.latencies(typical...), s.rate(), s.cpu()), relative(share)},
		{s.latencies(farOut...), unknown},
	}
}

func drifting(s scene) []touch {
	return []touch{{s.latencies(everyPercentile...), relative(math.Abs(s.remark.Got))}}
}

// touch is a number of metrics that a remark can have moved, and by how much.
type touch struct {
	metrics []string
	by      func(value float64) float64 // in the metric's unit; +Inf where nobody knows
}

func absolute(by float64) func(float64) float64 {
	return func(float64) float64 { return by }
}

// relative is a share of the value: of 0 it is nothing, and what took for ever
// takes for ever.
func relative(share float64) func(float64) float64 {
	return func(v float64) float64 {
		switch {
		case v == 0 || math.IsInf(v, 1):
			return 0
		case math.IsNaN(share):
			return math.Inf(1)
		}
		return share * v
	}
}

func unknown(float64) float64 { return math.Inf(1) }

// scene is a remark where it was made.
type scene struct {
	remark results.Remark
	trial  *results.Trial
	window *results.Window // nil where it is about the whole trial, or calibration
}

// touches are what a remark did to its trial's numbers.
func touches(r results.Remark, t *results.Trial) []touch {
	s := scene{r, t, windowNamed(t, r.Window)}
	effect, known := effects[r.Code]
	switch {
	case t.Kind == results.Proof || t.Kind == results.Outages:
		return s.faults(known)
	case t.Kind == results.Watch || t.Kind == results.SafetyTest:
		return nil // what the host did to a change of leader is told of each
	case !known:
		return []touch{{slices.Concat(s.latencies(everyPercentile...), s.rate(), s.costs(), s.outcomes(), s.whole()), unknown}}
	}
	return effect(s)
}

// faults are done in trials that time outages: hundreds of milliseconds that
// timeouts decide. What makes single operations slower is lost in them, but the
// links' lateness can be said.
func (s scene) faults(known bool) []touch {
	switch {
	case !known:
		return []touch{{slices.Concat(proven, repeated), unknown}}
	case s.remark.Code == results.CodeLinkLate:
		return []touch{{timesOfFaults(), absolute(s.crossings() * s.remark.Got)}}
	}
	return nil
}

// windows that the remark is about. Calibration stands before the light load
// and tells of links on a host with room, as the light windows have it; under
// full load the links are judged again.
func (s scene) windows() []*results.Window {
	if s.window != nil {
		return []*results.Window{s.window}
	}
	var out []*results.Window
	for i := range s.trial.Windows {
		w := &s.trial.Windows[i]
		if s.remark.Window == "" || s.remark.Window == results.Calibration && placeOf(w).measured() && w.Mode == results.ModeOpen {
			out = append(out, w)
		}
	}
	return out
}

// named metrics of each window whose metrics there are.
func (s scene) named(names ...string) []string {
	var out []string
	for _, w := range s.windows() {
		if p := placeOf(w); p.measured() {
			for _, n := range names {
				out = append(out, p.prefix()+n)
			}
		}
	}
	return out
}

func (s scene) latencies(suffixes ...string) []string {
	var names []string
	for _, k := range kinds {
		for _, suffix := range suffixes {
			names = append(names, k.metric+suffix)
		}
	}
	return s.named(names...)
}

func (s scene) cpu() []string {
	return s.named("cpu_seconds_per_kwrite", "client_cpu_seconds_per_kwrite")
}

func (s scene) costs() []string {
	return append(s.cpu(), s.named("network_bytes_per_write", "disk_bytes_per_write", "fsyncs_per_write", "host_busy_share")...)
}

func (s scene) outcomes() []string { return s.named("availability", "error_ratio", "offered_ops") }

// whole are the metrics of the trial and of no window.
func (s scene) whole() []string {
	if s.window != nil {
		return nil
	}
	return []string{"boot_p50_ns", "rss_bytes", "leader_store_time_p50_ns"}
}

// rate is the figure that a window's throughput decides.
func (s scene) rate() []string {
	var out []string
	for _, w := range s.windows() {
		switch w.Role {
		case results.RoleFull:
			out = append(out, "throughput_ops")
		case results.RoleSearch, results.RoleConfirm:
			out = append(out, "capacity_ops")
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// crossings is how many links an operation crosses.
func (s scene) crossings() float64 { return float64(s.trial.Crossings()) }

// lateness is how late the worst link that carried load was by itself at a
// percentile, where that is on record for the remark's window.
func (s scene) lateness(at func(results.LinkTruth) int64) float64 {
	worst := math.Inf(-1)
	leaders := s.trial.Leaders()
	for _, l := range s.trial.Links {
		if !l.Loaded(leaders...) {
			continue
		}
		truth := &l.LinkTruth
		if s.remark.Window == results.Calibration {
			truth = l.Before
		} else if s.window == nil || s.window != s.trial.LinksOf() {
			truth = nil
		}
		if truth != nil && truth.Undivided() {
			return math.Inf(1)
		}
		if truth != nil && truth.Samples > 0 {
			worst = max(worst, float64(at(*truth)))
		}
	}
	if math.IsInf(worst, -1) {
		return math.Inf(1)
	}
	return max(worst, s.remark.Got)
}

// slower is the share by which so many ns on each crossing made the remark's
// window slower at most.
func (s scene) slower(ns float64) float64 {
	if s.window == nil {
		return math.NaN()
	}
	return s.window.Effect(s.trial.Crossings(), ns)
}
