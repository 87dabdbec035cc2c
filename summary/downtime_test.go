package summary

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// sizeCell is a setup whose writes take so many milliseconds.
func sizeCell(n int, writeMS float64, kills int, outage time.Duration) Cell {
	c := Cell{
		Cell: "n" + string(rune('0'+n)), Nodes: n, Tolerates: (n - 1) / 2, Profile: "none",
		Timeouts: results.Timeouts{HeartbeatNS: 1e9, ElectionNS: 1e9, LeaseNS: 5e8}, Metrics: map[string]Metric{"write_latency_p50_ns": {Median: ptr(writeMS * 1e6), N: 6}},
	}
	if kills > 0 {
		c.Metrics["outage_p50_ns"] = Metric{Median: ptr(float64(outage)), N: kills}
	}
	return c
}

var monthly = Lives{Nodes: []quorum.Life{{MTBF: 30 * 24 * time.Hour, MTTR: 10 * time.Minute}}}

// An outage stands for all others where it was timed often; else elections are
// simulated, and a size that tolerates nothing waits for its own timer alone.
func TestOutagesAreMeasuredOrPredicted(t *testing.T) {
	s := Summary{Cells: []Cell{sizeCell(1, 2, 0, 0), sizeCell(3, 4, 30, 1700*time.Millisecond), sizeCell(5, 5, 5, time.Second)}}
	got, err := SizesOf(s, "")
	if err != nil {
		t.Fatal(err)
	}
	if f := got[0]; f.OutageBasis != OutagePredicted || f.OutageNS != 1.5e9 {
		t.Errorf("one node: %+v, want half way between one and two timeouts", f)
	}
	if f := got[1]; f.OutageBasis != OutageMedian || f.OutageNS != 1.7e9 || f.Outages != 30 {
		t.Errorf("three nodes: %+v, want what 30 kills took", f)
	}
	if f := got[2]; f.OutageBasis != OutagePredicted || f.OutageNS < 1.7e9 || f.OutageNS > 2.1e9 {
		t.Errorf("five nodes: %+v, want a prediction: five kills are too few", f)
	}
}

// Of kills one after the other the mean is taken, which is what downtime needs;
// faults that hit no leader, and operations, are none of a leader's losses.
func TestTheMeanIsOverKillsOfTheLeader(t *testing.T) {
	c := sizeCell(3, 4, 30, 9*time.Second)
	each := func(ns ...int64) (out []Outage) {
		for _, v := range ns {
			out = append(out, Outage{TotalNS: &v})
		}
		return append(out, Outage{}) // never answered
	}
	c.Outages = []Outages{
		{Kind: results.Outages, Action: "kill", Hit: HitLeader, Each: each(1e9, 2e9, 3e9, 1e9, 2e9, 3e9)},
		{Kind: results.Outages, Action: "kill", Hit: HitFollower, Each: each(1, 1, 1, 1, 1, 1)},
		{Kind: results.Outages, Action: "transfer", Hit: HitLeader, Each: each(1, 1, 1, 1, 1, 1)},
		{Kind: results.Measure, Action: "kill", Hit: HitLeader, Each: each(1, 1, 1, 1, 1, 1)},
	}
	got, err := SizesOf(Summary{Cells: []Cell{c}}, "")
	if err != nil || got[0].OutageBasis != OutageMeasured || got[0].OutageNS != 2e9 || got[0].Outages != 6 {
		t.Errorf("got %+v, %v, want a mean of 2 s over 6 kills", got, err)
	}
}

// Only a leader's death stands for a leader's death, and only where the cluster goes on
// without it.
func TestOnlyTheLeadersDeathStandsForIt(t *testing.T) {
	kills := func(do func(f *results.Fault)) results.Trial {
		tr := killTrial(1, 3, slices.Repeat([]killed{usualKill}, 8)...)
		for i := range tr.Faults {
			do(&tr.Faults[i])
		}
		return tr
	}
	for name, c := range map[string]struct {
		do   func(f *results.Fault)
		want OutageBasis
	}{
		"kills of the leader":  {func(*results.Fault) {}, OutageMeasured},
		"transfers":            {func(f *results.Fault) { f.Action = "transfer" }, OutagePredicted},
		"one was dead already": {func(f *results.Fault) { f.Alive = 2 }, OutagePredicted},
		"a whole zone":         {func(f *results.Fault) { f.Nodes = []string{"n1", "n2"} }, OutagePredicted},
		"the follower":         {func(f *results.Fault) { f.Leader = "n3" }, OutagePredicted},
	} {
		got, err := sizeFacts(cellOf(t, kills(c.do)))
		if err != nil || got.OutageBasis != c.want {
			t.Errorf("%s: got %+v, %v, want %s", name, got, err, c.want)
		}
	}
}

// A write is compared with the smallest size that tolerates a failure: by the
// difference on record, in its direction, and else by the medians.
func TestWritesAreComparedWithTheSmallestThatTolerates(t *testing.T) {
	s := Summary{
		Cells:       []Cell{sizeCell(1, 2, 0, 0), sizeCell(3, 4, 0, 0), sizeCell(5, 5, 0, 0)},
		Differences: []Difference{{Metric: "write_latency_p50_ns", From: "n1", To: "n3", Ratio: ptr(2.5), CILow: ptr(2.0), CIHigh: ptr(4.0), Interval: true}},
	}
	got, err := SizesOf(s, "none")
	if err != nil {
		t.Fatal(err)
	}
	if d := got[0].WriteRatio; *d.Ratio != 0.4 || *d.CILow != 0.25 || *d.CIHigh != 0.5 {
		t.Errorf("1 over 3: %v [%v, %v], want 0.4 [0.25, 0.5]", *d.Ratio, *d.CILow, *d.CIHigh)
	}
	if d := got[2].WriteRatio; *d.Ratio != 1.25 || d.Interval {
		t.Errorf("5 over 3: %+v, want the ratio of the medians", d)
	}
	if got[1].WriteRatio != nil || got[1].Against != 0 {
		t.Error("3 is compared with itself")
	}
}

func TestSizesAreOfOneSetup(t *testing.T) {
	twice := Summary{RunID: "r", Cells: []Cell{sizeCell(3, 4, 0, 0), sizeCell(3, 4, 0, 0)}}
	twice.Cells[1].Profile, twice.Cells[1].Cell = "other", "n3-other"
	if _, err := SizesOf(twice, ""); err == nil || !strings.Contains(err.Error(), "n3-other") {
		t.Errorf("two setups of three nodes: %v", err)
	}
	if got, err := SizesOf(twice, "other"); err != nil || len(got) != 1 {
		t.Errorf("one of them by its profile: %v, %v", got, err)
	}
	if _, err := SizesOf(twice, "nowhere"); err == nil || !strings.Contains(err.Error(), `"other"`) {
		t.Errorf("a profile that the run has not: %v", err)
	}
	twice.Cells = twice.Cells[:1]
	twice.Cells[0].Timeouts = results.Timeouts{}
	if _, err := SizesOf(twice, ""); err == nil || !strings.Contains(err.Error(), "timeouts") {
		t.Errorf("without timeouts there is nothing to predict from: %v", err)
	}
}

// The smallest size within a factor of two of the least downtime is advised, and
// a fourth node over three zones is worse than none.
func TestTheSmallestSizeThatIsEnoughIsAdvised(t *testing.T) {
	sizes := []SizeFacts{{Nodes: 5, OutageNS: 2e9}, {Nodes: 1, OutageNS: 1.5e9}, {Nodes: 4, OutageNS: 2.1e9}, {Nodes: 3, OutageNS: 2e9}}
	d, err := ExpectDowntime(sizes, monthly)
	if err != nil {
		t.Fatal(err)
	}
	if d.Advised != 3 || d.Sizes[0].Nodes != 1 || d.Sizes[3].Nodes != 5 {
		t.Errorf("advised %d of %+v", d.Advised, d.Sizes)
	}
	bad := Lives{Nodes: []quorum.Life{{MTBF: 100 * time.Hour, MTTR: 10 * time.Hour}}}
	if d, _ = ExpectDowntime(sizes, bad); d.Advised != 5 {
		t.Errorf("with nodes that are away a tenth of the time %d is advised, want 5", d.Advised)
	}
	zoned := monthly
	zoned.Zone, zoned.Zones = quorum.Life{MTBF: quorum.Year, MTTR: time.Hour}, 3
	d, err = ExpectDowntime(sizes, zoned)
	if err != nil {
		t.Fatal(err)
	}
	if three, four := d.Sizes[1], d.Sizes[2]; four.NoQuorumMinutes < 60 || three.NoQuorumMinutes > 1 || *four.ToleratesSites != 0 || *three.ToleratesSites != 1 {
		t.Errorf("over three zones: three %+v, four %+v", three, four)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "a"}, d.Sizes[2].Sites); diff != "" {
		t.Error(diff)
	}
}

// Where the nodes stand is taken from the run: with two of three in one zone that
// zone must not fail.
func TestPlacementIsTheRuns(t *testing.T) {
	lives := monthly
	lives.Zone, lives.Zones = quorum.Life{MTBF: quorum.Year, MTTR: time.Hour}, 3
	d, err := ExpectDowntime([]SizeFacts{{Nodes: 3, OutageNS: 2e9, Sites: []string{"x", "y", "x"}}}, lives)
	if err != nil || *d.Sizes[0].ToleratesSites != 0 || d.Sizes[0].NoQuorumMinutes < 59 {
		t.Errorf("got %+v, %v", d, err)
	}
	if _, err := ExpectDowntime([]SizeFacts{{Nodes: 3, OutageNS: 1e18}}, lives); err == nil || !strings.Contains(err.Error(), "3 nodes") {
		t.Errorf("an outage of years: %v", err)
	}
}
