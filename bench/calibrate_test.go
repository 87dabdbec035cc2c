package bench

import (
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// truth of three links that were all measured well, before and in a window.
func truth() linkTruth {
	l := linkTruth{wanted: []way{{"n1", "n2"}, {"n2", "n1"}, {"n2", "n3"}}}
	var links []results.Link
	for _, w := range l.wanted {
		links = append(links, results.Link{From: w.from, To: w.to, AskedNS: 5 * ms, ErrorP50NS: 20_000, Samples: minLinkSamples})
	}
	l.keepBefore(links)
	l.keep(links)
	return l
}

func (l *linkTruth) spoil(w way, change func(*results.Link)) {
	b := l.before[w]
	change(&b)
	l.before[w] = b
}

func TestTrueLinksAreNoNews(t *testing.T) {
	l := truth()
	if got := l.missedBefore() + l.unmeasured(); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
	if got := (&linkTruth{}).missedBefore() + (&linkTruth{}).unmeasured(); got != "" {
		t.Errorf("without a delay anywhere: got %q, want nothing", got)
	}
}

// The rule of the windows holds before them, in one line for all links.
func TestLinksThatMissBeforeTheWindows(t *testing.T) {
	l := truth()
	l.spoil(way{"n2", "n3"}, func(b *results.Link) { b.ErrorP50NS = 5*ms/20 + 1 })
	if got := l.missedBefore(); !strings.Contains(got, "link n2→n3 missed its delay of 5ms by 250µs") {
		t.Errorf("got %q, want the one link", got)
	}
	l.spoil(way{"n1", "n2"}, func(b *results.Link) { b.ErrorP50NS = 3 * ms })
	if got := l.missedBefore(); !strings.Contains(got, "2 of 3 links") || !strings.Contains(got, "n1→n2") || strings.Contains(got, "n2→n3") {
		t.Errorf("got %q, want their number and the worst", got)
	}
	for w := range l.before {
		l.spoil(w, func(b *results.Link) { b.Samples = minLinkSamples - 1 })
	}
	if got := l.missedBefore(); got != "" {
		t.Errorf("got %q of too few samples for a median", got)
	}
}

// A link whose probes take the delay asked is held to the instant of sending: a
// frame that is released when it is due may have been scheduled wrongly.
func TestAWrongScheduleMissesTheDelay(t *testing.T) {
	w := way{"n1", "n2"}
	for _, c := range []struct {
		realised int64
		plain    bool
		want     string
	}{
		{5 * ms, true, ""},
		{5*ms + 5*ms/20, true, ""},
		{5*ms + 5*ms/20 + 1, true, "missed its delay of 5ms by 250µs"},
		{10 * ms, true, "missed its delay of 5ms by 5ms"},
		{ms, true, "missed its delay of 5ms by 4ms"},
		{0, true, ""}, // a record of before
		{8 * ms, false, ""},
	} {
		l := truth()
		l.plain = map[way]bool{w: c.plain}
		l.spoil(w, func(b *results.Link) { b.RealisedP50NS = c.realised })
		if got := l.missedBefore(); !strings.Contains(got, c.want) || (got == "") != (c.want == "") {
			t.Errorf("realised %d, plain %v: got %q, want %q", c.realised, c.plain, got, c.want)
		}
	}
}

// Untrue links make an open window unbelievable; a saturating one brings the
// host to its limit anyway, and says so.
func TestWhatUntrueLinksSpoil(t *testing.T) {
	for load, spoilt := range map[string]bool{
		configs.ModeCalm: true, configs.ModeBoth: true, configs.ModeSweep: true, configs.ModeCapacity: true, configs.ModeSaturate: false,
	} {
		trial := &trial{links: truth()}
		trial.job.Setup.Load, trial.job.Kind = load, results.Measure
		trial.links.spoil(way{"n1", "n2"}, func(b *results.Link) { b.ErrorP50NS = ms })
		trial.judgeBefore()
		if invalid, flagged := len(trial.record.InvalidReasons), len(trial.record.Flags); (invalid == 1) != spoilt || invalid+flagged != 1 {
			t.Errorf("%s: invalid for %q, flagged with %q", load, trial.record.InvalidReasons, trial.record.Flags)
		}
	}
	proof := &trial{links: truth()}
	proof.job.Kind = results.Proof
	proof.links.spoil(way{"n1", "n2"}, func(b *results.Link) { b.ErrorP50NS = ms })
	if proof.judgeBefore(); len(proof.record.InvalidReasons) != 0 || len(proof.record.Flags) != 1 {
		t.Errorf("a proof: invalid for %q, flagged with %q", proof.record.InvalidReasons, proof.record.Flags)
	}
}

// A link that nothing measured is never passed in silence; one that either
// the calibration or any window measured is known.
func TestLinksThatNothingMeasured(t *testing.T) {
	l := truth()
	l.before = nil
	if got := l.unmeasured(); got != "" {
		t.Errorf("measured in a window: got %q, want nothing", got)
	}
	l = truth()
	l.measured = nil
	if got := l.unmeasured(); got != "" {
		t.Errorf("measured before: got %q, want nothing", got)
	}
	for _, w := range []way{{"n2", "n3"}, {"n2", "n1"}} {
		l.spoil(w, func(b *results.Link) { b.Samples, b.Frames = minLinkSamples-1, 1000 })
	}
	if got := l.unmeasured(); !strings.HasPrefix(got, "2 of 3 links were not measured, such as n2→n1") {
		t.Errorf("got %q, want their number and one of them", got)
	}
	trial := &trial{links: l}
	trial.flagUnmeasured()
	if len(trial.record.Flags) != 1 || len(trial.record.InvalidReasons) != 0 {
		t.Errorf("flags %q, reasons %q: want one flag", trial.record.Flags, trial.record.InvalidReasons)
	}
}

// A window's links carry what was found before it, and a link that a window
// knows nothing of is on record too.
func TestLinksCarryWhatWasFoundBefore(t *testing.T) {
	l := truth()
	l.keepBefore([]results.Link{
		{From: "n1", To: "n2", AskedNS: 7, Samples: 18, ErrorP50NS: 1, ErrorP90NS: 2, ErrorP99NS: 3},
		{From: "n2", To: "n3", AskedNS: 9, Samples: 17},
		{From: "n3", To: "n1", Samples: 2}, // has no delay to be measured
	})
	window := []results.Link{{From: "n1", To: "n2", AskedNS: 7, Frames: 100}, {From: "n3", To: "n1", Frames: 5}}
	got := l.withBefore(window)
	if len(got) != 3 || window[0].Before != nil {
		t.Fatalf("got %+v of %+v", got, window)
	}
	if b := got[0].Before; got[0].Frames != 100 || b == nil || *b != (results.LinkProbe{Samples: 18, ErrorP50NS: 1, ErrorP90NS: 2, ErrorP99NS: 3}) {
		t.Errorf("n1→n2: got %+v with %+v", got[0], b)
	}
	if got[1].Before != nil || got[2].To != "n3" || got[2].AskedNS != 9 || got[2].Before == nil || got[2].Before.Samples != 17 {
		t.Errorf("got %+v", got[1:])
	}
}

// Links with a delay are calibrated, each in a slot of its own: all between
// members, and those over which the load generator reaches somebody.
func TestWhichLinksAreCalibrated(t *testing.T) {
	r := &rig{setup: setups(t, "nodes: 3\nclient: b\nnetwork: {profile: multi-az}")[0]}
	if got := r.delayed(); len(got) != 0 {
		t.Errorf("links of a cluster that runs elsewhere: %v", got)
	}
	h := harmed(t, "nodes: 3\nclient: b\nnetwork: {profile: multi-az, links: [{from: n1, to: n3, delay: 0ms, loss: 0.1%}]}\n"+
		"workload: {load: {mode: calm}, calm: {rate: 100/s, duration: 1s}}\nfaults: [{at: 1ms, action: kill, target: n1}]")
	r = h.rig
	r.reached = map[string]bool{"n2": true}
	ways := r.delayed()
	want := []way{{"client", "n2"}, {"n1", "n2"}, {"n2", "client"}, {"n2", "n1"}, {"n2", "n3"}, {"n3", "n1"}, {"n3", "n2"}}
	if !slices.Equal(ways, want) {
		t.Errorf("got %v, want %v", ways, want)
	}
	slots := map[int]bool{}
	for _, c := range r.orders(ways) {
		for _, slot := range c.Slots {
			slots[slot] = true
		}
		if c.SlotCount != len(ways) || c.Patience <= calibrationPatience {
			t.Errorf("order %+v", c)
		}
	}
	if len(slots) != len(ways) {
		t.Errorf("%d links share %d slots", len(ways), len(slots))
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
	r := runTrial(t, unhurried, results.Measure, nil)
	var before []way
	for _, l := range r.Links {
		if l.Before == nil {
			continue
		}
		before = append(before, way{l.From, l.To})
		if l.Samples > l.Frames || l.AskedNS <= 0 {
			t.Errorf("link %+v", l)
		}
		if l.Before.Samples < minLinkSamples && l.Samples < minLinkSamples && !says(r.Flags, "not measured") {
			t.Errorf("link %+v with %+v: nobody says that it was not measured: %q", l, l.Before, r.Flags)
		}
	}
	for _, from := range []string{"n1", "n2", "n3"} {
		for _, to := range []string{"n1", "n2", "n3"} {
			if from != to && !slices.Contains(before, way{from, to}) {
				t.Errorf("%s→%s was not calibrated", from, to)
			}
		}
	}
	for _, w := range []way{{control.ClientLink, r.Leader}, {r.Leader, control.ClientLink}} {
		if !slices.Contains(before, w) {
			t.Errorf("%v was not calibrated: %v were", w, before)
		}
	}
	if says(r.Flags, "calibration: links of") {
		t.Errorf("flags %q: a link could not be probed", r.Flags)
	}
}

func TestWithoutDelaysNothingIsCalibrated(t *testing.T) {
	text := strings.NewReplacer("multi-az", "none", "client: b", "").Replace(unhurried)
	r := runTrial(t, text, results.Measure, nil)
	for _, l := range r.Links {
		if l.Before != nil {
			t.Errorf("link %+v", l)
		}
	}
	if says(r.Flags, "not measured") {
		t.Errorf("flags %q", r.Flags)
	}
}
