package summary

import (
	"slices"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// What can only have slowed operations down hid faster ones: it can have moved a
// ratio one way alone, which way depends on whose it was and on what is better.
func TestWhatOnlyWorsensMovesARatioOneWay(t *testing.T) {
	for _, c := range []struct {
		code     results.Code
		metric   string
		onSecond bool
		down, up bool
	}{
		{results.CodeSteal, "write_latency_p50_ns", true, true, false},
		{results.CodeSteal, "write_latency_p50_ns", false, false, true},
		{results.CodeSteal, "throughput_ops", true, false, true},
		{results.CodeSteal, "throughput_ops", false, true, false},
		{results.CodeHalvesDiffer, "write_latency_p50_ns", true, true, true},
		{results.CodeArrivals, "throughput_ops", false, true, true},
	} {
		if down, up := directions(c.code, c.metric, c.onSecond); down != c.down || up != c.up {
			t.Errorf("%+v: got down %v, up %v", c, down, up)
		}
	}
}

// A ratio's ends are where the remarks that are not shared can have moved it, all of
// them together; several views of one change count once.
func TestARatioKnowsWhatIsNotShared(t *testing.T) {
	trial := func(cell string, block int, p50 int64, remarks ...results.Remark) results.Trial {
		l := results.Latency{P50NS: results.Nanos(p50), P90NS: results.Nanos(p50), P99NS: results.Nanos(p50), P999NS: results.Nanos(p50), MaxNS: results.Nanos(p50), Count: 100}
		return results.Trial{
			Cell: cell, Trial: block + 1, Block: block, Kind: results.Measure, Nodes: 3, Valid: true, Remarks: remarks,
			Windows: []results.Window{{Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, Attempted: 100, Completed: 100, Writes: 100, Latency: l, Service: l}},
		}
	}
	says := func(code results.Code, got float64) results.Remark {
		return results.Remark{Code: code, Severity: results.Doubtful, Window: results.WindowCalm, Got: got, Unit: results.UnitShare}
	}
	run := recorded(t,
		trial("a", 0, 1000), trial("b", 0, 2000),
		trial("a", 1, 1000, says(results.CodeSteal, 0.2)), trial("b", 1, 2000, says(results.CodeSteal, 0.2)),
		trial("a", 2, 1000), trial("b", 2, 2000, says(results.CodeHalvesDiffer, 0.25), says(results.CodeFalling, -0.2)),
		trial("a", 3, 1000), trial("b", 3, 2000, says(results.CodeSteal, 0.2), says(results.CodeHalvesDiffer, 0.25)))
	a, err := Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	r := a.Ratio("write_latency_p50_ns", "a", "b")
	if want := []stats.Pair{{A: 1000, B: 2000}, {A: 1000, B: 2000}, {A: 1000, B: 2000}, {A: 1000, B: 2000}}; !slices.Equal(r.Pairs, want) {
		t.Fatalf("got the pairs %v", r.Pairs)
	}
	if want := []stats.Pair{{A: 1000, B: 2000}, {A: 1000, B: 2000}, {A: 1000, B: 1600}, {A: 1000, B: 1280}}; !slices.Equal(r.Low, want) {
		t.Errorf("moved down: got %v, want %v", r.Low, want)
	}
	if want := []stats.Pair{{A: 1000, B: 2000}, {A: 1000, B: 2000}, {A: 1000, B: 2500}, {A: 1000, B: 2500}}; !slices.Equal(r.High, want) {
		t.Errorf("moved up: got %v, want %v", r.High, want)
	}
	if len(r.Doubts) != 2 || r.Doubts[0].Remark.Code != results.CodeHalvesDiffer || r.Doubts[1].Remark.Code != results.CodeSteal {
		t.Errorf("got %+v, want the change within a window and the steal that one had alone", r.Doubts)
	}
	for _, none := range []Ratio{a.Ratio("write_latency_p50_ns", "a", "c"), a.Ratio("outage_p50_ns", "a", "b"), (Analysis{Summary: a.Summary}).Ratio("write_latency_p50_ns", "a", "b")} {
		if len(none.Pairs) > 0 || len(none.Doubts) > 0 {
			t.Errorf("got %+v, want no pairs", none)
		}
	}
}
