package bench

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// write is the median that the links before it are held against.
const write = float64(10 * ms)

// truth of three links that were all measured well, before and in a window.
func truth() linkTruth {
	l := linkTruth{measured: map[results.Ends]bool{}, loaded: map[results.Ends]bool{}}
	var links []results.Link
	for _, e := range []results.Ends{{From: "n1", To: "n2"}, {From: "n2", To: "n1"}, {From: "n2", To: "n3"}} {
		l.wanted = append(l.wanted, link{Ends: e})
		links = append(links, results.Link{From: e.From, To: e.To, AskedNS: 5 * ms,
			LinkTruth: results.LinkTruth{OwnErrorP50NS: 20_000, Samples: results.MinLinkSamples}})
	}
	l.keepBefore(links)
	l.keep(links)
	return l
}

func (l *linkTruth) spoil(from, to string, change func(*results.Link)) {
	e := results.Ends{From: from, To: to}
	b := l.before[e]
	change(&b)
	l.before[e] = b
}

func TestTrueLinksAreNoNews(t *testing.T) {
	l := truth()
	if got := append(l.missedBefore(write, 2), l.unmeasured()...); len(got) > 0 {
		t.Errorf("got %+v, want nothing", got)
	}
	if got := append((&linkTruth{}).missedBefore(write, 2), (&linkTruth{}).unmeasured()...); len(got) > 0 {
		t.Errorf("without a delay anywhere: got %+v, want nothing", got)
	}
}

// The rule of the windows holds before them, in one remark for all links.
func TestLinksThatMissBeforeTheWindows(t *testing.T) {
	l := truth()
	l.spoil("n2", "n3", func(b *results.Link) { b.OwnErrorP50NS = 3 * ms })
	if got := l.missedBefore(write, 2); len(got) > 0 {
		t.Errorf("got %+v of links that a window measured better", got)
	}
	l.measured = map[results.Ends]bool{}
	late := func(want results.Remark) {
		t.Helper()
		want.Code, want.Severity, want.Window, want.Unit, want.Of, want.Want =
			results.CodeLinkLate, results.Doubtful, results.Calibration, results.UnitNS, 3, write/20
		if diff := cmp.Diff([]results.Remark{want}, l.missedBefore(write, 2)); diff != "" {
			t.Error(diff)
		}
	}
	l.spoil("n2", "n3", func(b *results.Link) { b.OwnErrorP50NS = 5*ms/20 + 1 })
	late(results.Remark{Got: float64(5*ms/20 + 1), Count: 1, Link: &results.Ends{From: "n2", To: "n3"}})
	l.spoil("n1", "n2", func(b *results.Link) { b.OwnErrorP50NS = 3 * ms })
	late(results.Remark{Got: float64(3 * ms), Count: 2, Link: &results.Ends{From: "n1", To: "n2"}})
	if got := l.missedBefore(0, 2); len(got) > 0 {
		t.Errorf("got %+v without any number that could be spoilt", got)
	}
	for e := range l.before {
		l.spoil(e.From, e.To, func(b *results.Link) { b.Samples = results.MinLinkSamples - 1 })
	}
	if got := l.missedBefore(write, 2); len(got) > 0 {
		t.Errorf("got %+v of too few samples for a median", got)
	}
}

// A link whose probes take the delay asked is held to the instant of sending: a
// frame that is released when it is due may have been scheduled wrongly.
func TestAWrongScheduleMissesTheDelay(t *testing.T) {
	for _, c := range []struct {
		realised int64
		plain    bool
		off      int64
	}{
		{5 * ms, true, 0},
		{5*ms + 25_000, true, 0},
		{5*ms + 25_001, true, 25_001},
		{10 * ms, true, 5 * ms},
		{ms, true, 4 * ms},
		{8 * ms, false, 0},
	} {
		l := truth()
		l.wanted[0].plain = c.plain
		l.spoil("n1", "n2", func(b *results.Link) { b.RealisedP50NS = c.realised })
		got := l.missedBefore(write, 2)
		if c.off == 0 && len(got) > 0 || c.off > 0 && (len(got) != 1 || got[0].Got != float64(c.off)) {
			t.Errorf("realised %d, plain %v: got %+v, want %d ns off", c.realised, c.plain, got, c.off)
		}
	}
}

// A link that nothing measured is never passed in silence; one that either
// the calibration or any window measured is known.
func TestLinksThatNothingMeasured(t *testing.T) {
	l := truth()
	l.before = nil
	if got := l.unmeasured(); len(got) > 0 {
		t.Errorf("measured in a window: got %+v, want nothing", got)
	}
	l = truth()
	l.measured = nil
	if got := l.unmeasured(); len(got) > 0 {
		t.Errorf("measured before: got %+v, want nothing", got)
	}
	for _, e := range []results.Ends{{From: "n2", To: "n3"}, {From: "n2", To: "n1"}} {
		l.spoil(e.From, e.To, func(b *results.Link) { b.Samples, b.Frames = results.MinLinkSamples-1, 1000 })
	}
	want := []results.Remark{{Code: results.CodeLinksUnmeasured, Severity: results.Doubtful, Link: &results.Ends{From: "n2", To: "n1"},
		Want: results.MinLinkSamples, Unit: results.UnitCount, Count: 2, Of: 3}}
	if diff := cmp.Diff(want, l.unmeasured()); diff != "" {
		t.Error(diff)
	}
}

// Over which links the load went is known at the end: only these are judged, also
// by what was found before. What two followers send each other is nobody's wait.
func TestOnlyLoadedLinksAreJudged(t *testing.T) {
	l := truth()
	l.loaded = map[results.Ends]bool{}
	l.measured = map[results.Ends]bool{}
	carried := (&load{leader: "n1"}).loaded([]results.Link{
		{From: "n1", To: "n2", Frames: 9}, {From: "n2", To: "n1", Frames: 9}, {From: "n2", To: "n3", Frames: 9}, {From: "n1", To: "n4"},
	}, cost{})
	l.keep(carried)
	l.spoil("n2", "n3", func(b *results.Link) { b.OwnErrorP50NS = 3 * ms })
	if got := l.missedBefore(write, 2); len(got) > 0 {
		t.Errorf("got %+v of a link between followers", got)
	}
	l.before = nil
	if got := l.unmeasured(); len(got) != 1 || got[0].Count != 2 || got[0].Of != 2 {
		t.Errorf("got %+v, want the two links between n1 and n2", got)
	}
	moved := (&load{leader: "n1"}).loaded([]results.Link{{From: "n2", To: "n3", Frames: 9}}, cost{leaders: map[string]bool{"n3": true}})
	if len(moved) != 1 {
		t.Error("a link of the leader that came later carried its load")
	}
}

// A window's links carry what was found before it, and a link that a window
// knows nothing of is on record too.
func TestLinksCarryWhatWasFoundBefore(t *testing.T) {
	l := truth()
	first := results.LinkTruth{Samples: 18, OwnErrorP50NS: 1, OwnErrorP90NS: 2, OwnErrorP99NS: 3}
	l.keepBefore([]results.Link{
		{From: "n1", To: "n2", AskedNS: 7, LinkTruth: first},
		{From: "n2", To: "n3", AskedNS: 9, LinkTruth: results.LinkTruth{Samples: 17}},
		{From: "n3", To: "n1", LinkTruth: results.LinkTruth{Samples: 2}}, // has no delay to be measured
	})
	window := []results.Link{{From: "n1", To: "n2", AskedNS: 7, Frames: 100}, {From: "n3", To: "n1", Frames: 5}}
	got := l.withBefore(window)
	if len(got) != 3 || window[0].Before != nil {
		t.Fatalf("got %+v of %+v", got, window)
	}
	if b := got[0].Before; got[0].Frames != 100 || b == nil || *b != first {
		t.Errorf("n1→n2: got %+v with %+v", got[0], b)
	}
	if got[1].Before != nil || got[2].To != "n3" || got[2].AskedNS != 9 || got[2].Before == nil || got[2].Before.Samples != 17 {
		t.Errorf("got %+v", got[1:])
	}
}

// Links with a delay are calibrated, each in a slot of its own: all between
// members, and those over which the load generator reaches somebody.
func TestWhichLinksAreCalibrated(t *testing.T) {
	if got := (&endpoints{}).Links(); len(got) != 0 {
		t.Errorf("links of a cluster that runs elsewhere: %v", got)
	}
	c, _, _ := bootSystem(t, "nodes: 3\nclient: b\nnetwork: {profile: multi-az, links: [{from: n1, to: n3, delay: 0ms, loss: 0.1%}, {from: n3, to: n1, jitter: 50us}]}\n"+
		"workload: {load: {mode: calm}, calm: {rate: 100/s, duration: 1s}}")
	if _, err := c.dial(t.Context(), c.cluster.Member("n2")); err != nil {
		t.Fatal(err)
	}
	links := c.Links()
	var got []results.Ends
	for _, l := range links {
		got = append(got, l.Ends)
		if jitter := l.Ends == (results.Ends{From: "n3", To: "n1"}); jitter != (l.asked != nil) || jitter && !(l.asked.SD > 0) || jitter == l.plain {
			t.Errorf("%v: got %+v asked, plain %v", l.Ends, l.asked, l.plain)
		}
	}
	want := []results.Ends{{From: "client", To: "n2"}, {From: "n1", To: "n2"}, {From: "n2", To: "client"}, {From: "n2", To: "n1"},
		{From: "n2", To: "n3"}, {From: "n3", To: "n1"}, {From: "n3", To: "n2"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	slots := map[int]bool{}
	for _, order := range c.probeOrders(links) {
		for _, slot := range order.Slots {
			slots[slot] = true
		}
		if order.SlotCount != len(links) || order.Patience <= calibrationPatience {
			t.Errorf("order %+v", order)
		}
	}
	if len(slots) != len(links) {
		t.Errorf("%d links share %d slots", len(links), len(slots))
	}
}

// unhurried is a cluster of three that keeps its leader, whatever the host does.
const unhurried = `
nodes: 3
network: {profile: multi-az}
client: b
raft: {heartbeat_timeout: 10s, election_timeout: 10s, leader_lease_timeout: 9s}
workload:
  warmup: 100ms
  load: {mode: calm}
  calm: {rate: 100/s, duration: 600ms}
`

// Each link of a trial is on record with what its calibration found. How many
// probes found a reader that waited is the host's affair, and so is their
// error; but none is passed over in silence.
func TestATrialCalibratesItsLinks(t *testing.T) {
	r := runTrial(t, unhurried, results.Measure, script{})
	var before []results.Ends
	unmeasured, _ := says(r.Remarks, results.CodeLinksUnmeasured)
	for _, l := range r.Links {
		if l.Before == nil {
			continue
		}
		before = append(before, ends(l))
		if l.Samples > l.Frames || l.AskedNS <= 0 {
			t.Errorf("link %+v", l)
		}
		if l.Before.Samples < results.MinLinkSamples && l.Samples < results.MinLinkSamples && unmeasured.Count == 0 {
			t.Errorf("link %+v with %+v: nobody says that it was not measured: %+v", l, l.Before, r.Remarks)
		}
	}
	for _, from := range []string{"n1", "n2", "n3", control.ClientLink} {
		for _, to := range []string{"n1", "n2", "n3", control.ClientLink} {
			loaded := from != control.ClientLink && to != control.ClientLink || from == r.Leader || to == r.Leader
			if from != to && loaded && !slices.Contains(before, results.Ends{From: from, To: to}) {
				t.Errorf("%s→%s was not calibrated: %v were", from, to, before)
			}
		}
	}
	if bad, failed := says(r.Remarks, results.CodeProbesFailed); failed {
		t.Errorf("a link could not be probed: %+v", bad)
	}
}
