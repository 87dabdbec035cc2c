package summary

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// lateBy is a link that held its frames longer than asked.
func lateBy(d time.Duration, window string) results.Remark {
	return results.Remark{
		Code: results.CodeLinkLate, Severity: results.Doubtful, Window: window, Link: &results.Ends{From: "n1", To: "n2"},
		Got: float64(d), Want: 100_000, Unit: results.UnitNS, Count: 1, Of: 2,
	}
}

// bounded finds the bound of a metric; touched is false where it has none.
func bounded(c Cell, i int, metric string) (b float64, touched bool) {
	v, touched := c.Remarks[i].Bounds[metric]
	if touched && v == nil {
		return math.Inf(1), true
	}
	if !touched {
		return 0, false
	}
	return *v, true
}

func wantBounds(t *testing.T, name string, c Cell, i int, want map[string]float64) {
	t.Helper()
	for metric, bound := range want {
		if got, touched := bounded(c, i, metric); !touched || got != bound && math.Abs(got-bound) > 5e-4 {
			t.Errorf("%s: %s: got a bound of %v (%v), want %v", name, metric, got, touched, bound)
		}
	}
}

// The arithmetic of a late link: a write of 6.2 ms crosses two links that are
// late by 0.15 ms each, so that 4.8 % of it is theirs at most.
func TestALateLinkIsBounded(t *testing.T) {
	late := lateBy(150*time.Microsecond, results.WindowCalm)
	links := []results.Link{
		{From: "n1", To: "n2", AskedNS: 1e6, Frames: 100, LinkTruth: results.LinkTruth{
			Samples: 100, OwnErrorP50NS: 150_000, OwnErrorP90NS: 200_000, OwnErrorP99NS: 310_000}},
		// Between followers, which no write waits for.
		{From: "n2", To: "n3", AskedNS: 1e6, Frames: 9, LinkTruth: results.LinkTruth{Samples: 9, OwnErrorP90NS: 9e6, OwnErrorP99NS: 9e6}},
	}
	plain := trial(1, 6200*time.Microsecond, 2000)
	plain.Links, plain.Leader = links, "n1"
	remote := plain
	remote.ClientSite = "b"
	forwarded := plain
	forwarded.Settings = map[string]string{"workload.target": "follower"}
	for name, c := range map[string]struct {
		trial results.Trial
		want  map[string]float64
	}{
		"beside the leader": {plain, map[string]float64{
			"write_latency_p50_ns": 0.0484, "write_latency_p90_ns": 0.4 / 9.3, "write_latency_p99_ns": 0.62 / 12.4, "write_latency_max_ns": math.Inf(1),
		}},
		"from a site":        {remote, map[string]float64{"write_latency_p50_ns": 0.0968}},
		"through a follower": {forwarded, map[string]float64{"write_latency_p50_ns": 0.0968}},
	} {
		wantBounds(t, name, cellOf(t, remarked(c.trial, late)), 0, c.want)
	}
	undivided := plain
	undivided.Links = []results.Link{{From: "n1", To: "n2", AskedNS: 1e6, Frames: 100, LinkTruth: results.LinkTruth{Samples: 100, ErrorP50NS: 150_000, ErrorP90NS: 300_000, ErrorP99NS: 9e6}}}
	wantBounds(t, "lateness that was not told apart", cellOf(t, remarked(undivided, late)), 0,
		map[string]float64{"write_latency_p90_ns": math.Inf(1), "write_latency_p99_ns": math.Inf(1)})
	unrecorded := plain
	unrecorded.Links = nil
	wantBounds(t, "no percentiles of the links", cellOf(t, remarked(unrecorded, late)), 0,
		map[string]float64{"write_latency_p50_ns": 0.0484, "write_latency_p90_ns": math.Inf(1), "write_latency_p99_ns": math.Inf(1)})
}

// What was remarked of one load does not taint what was measured under the
// other.
func TestALoadTaintsItsOwnNumbersOnly(t *testing.T) {
	tr := sized(3, 0, time.Millisecond, 8000) // writes of 8 ms under full load
	c := cellOf(t, remarked(tr, lateBy(400*time.Microsecond, results.WindowSaturate), lateBy(10*time.Microsecond, results.WindowCalm),
		lateBy(20*time.Microsecond, results.Calibration)))
	wantBounds(t, "full load", c, 0, map[string]float64{"throughput_ops": 0.1, "saturate_write_latency_p50_ns": 0.1})
	wantBounds(t, "light load", c, 1, map[string]float64{"write_latency_p50_ns": 0.02})
	wantBounds(t, "calibration", c, 2, map[string]float64{"write_latency_p50_ns": 0.04})
	for metric := range c.Remarks[0].Bounds {
		if metric != "throughput_ops" && !strings.HasPrefix(metric, "saturate_") {
			t.Errorf("a remark on full load touches %s", metric)
		}
	}
	for _, i := range []int{1, 2} {
		for metric := range c.Remarks[i].Bounds {
			if metric == "throughput_ops" || strings.HasPrefix(metric, "saturate_") {
				t.Errorf("a remark on the light load touches %s", metric)
			}
		}
	}
}

// The table of effects, by what each code does to the numbers of its window.
func TestEffects(t *testing.T) {
	none := math.NaN() // not touched
	never := math.Inf(1)
	for code, c := range map[results.Code]struct {
		got                                      float64
		p50, p90, p99, throughput, cpu, disk, ok float64
	}{
		results.CodeSteal:           {0.2, 0.25, 0.25, never, 0.25, 0.25, none, none},
		results.CodeForeignCPU:      {0.5, 1, 1, never, 1, 1, none, none},
		results.CodeHostBusy:        {0.9, never, never, never, never, never, none, none},
		results.CodeRunWait:         {0.3, never, never, never, never, never, none, none},
		results.CodeForeignDisk:     {0.3, never, never, never, never, none, none, none},
		results.CodeSlowSync:        {3e6, never, never, never, never, none, none, none},
		results.CodeHostUnread:      {0, none, none, none, none, none, none, none},
		results.CodeNotAwake:        {0, none, none, none, none, none, none, none},
		results.CodeThrottled:       {1, never, never, never, never, never, none, none},
		results.CodeSnapshot:        {1, none, none, never, none, none, none, none},
		results.CodeHalvesDiffer:    {-0.08, 0.08, 0.08, 0.08, 0.08, none, none, none},
		results.CodeRising:          {0.12, 0.12, 0.12, 0.12, none, none, none, none},
		results.CodeFalling:         {-0.2, 0.2, 0.2, 0.2, none, none, none, none},
		results.CodeArrivals:        {0.2, never, never, never, none, none, none, none},
		results.CodeLittle:          {0.07, 0.07, 0.07, never, 0.07, none, none, none},
		results.CodeLeaderChanged:   {0, never, never, never, never, none, none, none},
		results.CodeLinksUnmeasured: {0, never, never, never, never, none, none, none},
		results.CodeDelayMean:       {0.3, never, never, never, never, none, none, none},
		results.CodeDelaySD:         {-0.3, never, never, never, never, none, none, none},
		results.CodeProbesFailed:    {0, never, never, never, never, none, none, none},
		results.CodeFsyncNotReal:    {900, never, never, never, never, none, none, none},
		results.CodeWarmupUnsteady:  {1e9, 0.05, 0.05, 0.05, never, none, none, none},
		results.CodeUsageUnread:     {0, none, none, none, none, never, never, none},
		results.CodeLagP50:          {100_000, 0.1, never, never, none, none, none, none},
		results.CodeLagP99:          {100_000, none, none, 0.05, none, none, none, none},
		results.CodeHeldThinned:     {5e6, none, none, none, none, none, none, none},
		results.CodeSpansLost:       {3, none, none, none, none, none, none, none},
		results.CodeSpansUnread:     {0, none, none, none, none, none, none, none},
		results.CodeNotDurable:      {0, none, none, none, none, none, none, none},
		results.CodeUnjudged:        {1, none, none, none, none, none, none, none},
		results.CodeUndecided:       {1, none, none, none, none, none, none, none},
		"of-a-later-build":          {0, never, never, never, never, never, never, never},
	} {
		for _, window := range []struct{ name, prefix string }{{results.WindowCalm, ""}, {results.WindowSaturate, "saturate_"}, {"", ""}} {
			tr := sized(3, 0, time.Millisecond, 8000)
			for i := range tr.Windows {
				tr.Windows[i].Latency = latency(time.Millisecond, 8000)
				tr.Windows[i].CPUSeconds, tr.Windows[i].DiskBytes = 1, 1e6
			}
			cell := cellOf(t, remarked(tr, results.Remark{Code: code, Severity: results.Doubtful, Window: window.name, Got: c.got}))
			want := map[string]float64{
				"write_latency_p50_ns": c.p50, "write_latency_p90_ns": c.p90, "write_latency_p99_ns": c.p99,
				"cpu_seconds_per_kwrite": c.cpu, "disk_bytes_per_write": c.disk, "availability": c.ok,
			}
			for name, bound := range maps.Clone(want) {
				delete(want, name)
				want[window.prefix+name] = bound
			}
			want["throughput_ops"] = c.throughput
			if window.name == results.WindowCalm {
				want["throughput_ops"] = none
			}
			for metric, bound := range want {
				got, touched := bounded(cell, 0, metric)
				if touched == math.IsNaN(bound) || touched && got != bound && math.Abs(got-bound) > 1e-9 {
					t.Errorf("%s in window %q: %s: got %v (touched: %v), want %v", code, window.name, metric, got, touched, bound)
				}
			}
		}
	}
	for code := range effects {
		if code == "" {
			t.Error("an effect without a code")
		}
	}
}

// Of six trials one may be wrong by anything, and the median is still held by
// the others: it moves to the next value at most. Of three it is not.
func TestOneBadTrialOfManyIsBoundedByTheOthers(t *testing.T) {
	var trials []results.Trial
	for n, p50 := range []time.Duration{100, 101, 102, 104, 105, 106} {
		trials = append(trials, trial(n+1, p50, 2000))
	}
	trials[5] = remarked(trials[5], busy)
	c := cellOf(t, trials...)
	wantBounds(t, "the slowest of six", c, 0, map[string]float64{"write_latency_p50_ns": 1.5 / 103}) // (101+102)/2 in place of (102+104)/2
	if d := c.Metrics["write_latency_p50_ns"].Doubts; len(d) != 0 {
		t.Errorf("one busy trial of six: got doubts %v, want none: an interval of 6 %% holds it", d)
	}
	for i := range 3 {
		trials[i] = remarked(trials[i], busy)
	}
	c = cellOf(t, trials...)
	wantBounds(t, "four of six", c, 0, map[string]float64{"write_latency_p50_ns": math.Inf(1)})
	if d := c.Metrics["write_latency_p50_ns"].Doubts; !slices.Equal(d, []int{0}) {
		t.Errorf("four busy trials of six: got doubts %v, want the remark", d)
	}
}

// A remark stands beside a number where it can have moved it by more than a
// third of its interval's width.
func TestARemarkIsADoubtWhereItMatters(t *testing.T) {
	six := func(r ...results.Remark) Cell {
		var trials []results.Trial
		for n := range 6 {
			tr := trial(n+1, time.Millisecond+time.Duration(n)*20*time.Microsecond, 300) // an interval 100 µs wide
			trials = append(trials, remarked(tr, r...))
		}
		return cellOf(t, trials...)
	}
	note := lateBy(time.Second, results.WindowCalm)
	note.Severity = results.Note
	for name, c := range map[string]struct {
		cell Cell
		want int
	}{
		"a third, just":         {six(lateBy(16*time.Microsecond, results.WindowCalm)), 0},
		"more":                  {six(lateBy(17*time.Microsecond, results.WindowCalm)), 1},
		"a note":                {six(note), 0},
		"no interval, 5 %":      {cellOf(t, remarked(trial(1, time.Millisecond, 300), lateBy(25*time.Microsecond, results.WindowCalm))), 0},
		"no interval, over 5 %": {cellOf(t, remarked(trial(1, time.Millisecond, 300), lateBy(26*time.Microsecond, results.WindowCalm))), 1},
		"nobody knows":          {cellOf(t, remarked(trial(1, time.Millisecond, 300), busy)), 1},
		"it never came anyhow":  {cellOf(t, remarked(outage(1), lateBy(time.Millisecond, results.WindowCalm))), 1},
	} {
		if got := c.cell.Metrics["write_latency_p50_ns"].Doubts; len(got) != c.want {
			t.Errorf("%s: got doubts %v, want %d", name, got, c.want)
		}
	}
	if got := six(lateBy(time.Second, results.WindowSaturate)).Metrics["write_latency_p50_ns"].Doubts; len(got) > 0 {
		t.Errorf("full load: got doubts %v of a light load's latency", got)
	}
}

// A pooled percentile has no value a trial: the worst trial counts.
func TestBoundsOfAPooledPercentile(t *testing.T) {
	by := map[*results.Trial]float64{{}: 10, {}: 30}
	if got := bound(nil, by, Metric{Median: ptr(100.0), Pooled: true}); got != 0.3 {
		t.Errorf("got %v, want 0.3", got)
	}
}

// An outage of seconds does not care for what slows single operations.
func TestRemarksOfProofsTouchTheOutageAlone(t *testing.T) {
	p := proofTrial(1, results.ProofResult{OutageNS: 2e9, ElectionNS: 1e9})
	c := cellOf(t, remarked(p, lateBy(time.Millisecond, results.Calibration), results.Remark{Code: results.CodeFsyncNotReal, Severity: results.Doubtful},
		results.Remark{Code: "of-a-later-build", Severity: results.Doubtful}))
	wantBounds(t, "links", c, 0, map[string]float64{"outage_p50_ns": 0.001, "election_p50_ns": 0.002})
	wantBounds(t, "an unknown code", c, 2, map[string]float64{"outage_p50_ns": math.Inf(1)})
	if len(c.Remarks[1].Bounds) > 0 {
		t.Errorf("fsync: got bounds %v", c.Remarks[1].Bounds)
	}
}

// What disturbs a search for capacity touches the capacity.
func TestRemarksOfASearchTouchTheCapacity(t *testing.T) {
	search := tried(1, results.RoleSearch, 500, 1000)
	c := cellOf(t, remarked(search, results.Remark{Code: results.CodeSteal, Severity: results.Doubtful, Window: search.Windows[1].Name, Got: 0.2}))
	wantBounds(t, "steal", c, 0, map[string]float64{"capacity_ops": 0.25})
}
