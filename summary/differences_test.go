package summary

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// driftingRun makes blocks of sizes whose host gets slower by a fifth from block to
// block: what differs between sizes shows within the blocks alone.
func driftingRun(t *testing.T, blocks int, sizes map[int]time.Duration) *results.Run {
	t.Helper()
	var trials []results.Trial
	for block := range blocks {
		drift := math.Pow(1.2, float64(block))
		for nodes, p50 := range sizes {
			wobble := 1 + 0.002*float64((block*3+nodes)%5-2)
			trials = append(trials, sized(nodes, block, time.Duration(drift*wobble*float64(p50)), 9000/drift*wobble))
		}
	}
	return recorded(t, trials...)
}

func difference(t *testing.T, s Summary, metric, from, to string) Difference {
	t.Helper()
	i := slices.IndexFunc(s.Differences, func(d Difference) bool { return d.Metric == metric && d.From == from && d.To == to })
	if i < 0 {
		t.Fatalf("no difference of %s from %s to %s in %+v", metric, from, to, s.Differences)
	}
	return s.Differences[i]
}

// The intervals of the sizes overlap by far, since the host drifts; within
// blocks the difference is plain.
func TestDifferencesAreTakenWithinBlocks(t *testing.T) {
	s := build(t, driftingRun(t, 9, map[int]time.Duration{3: 2 * time.Millisecond, 5: 2200 * time.Microsecond, 7: 2200 * time.Microsecond}))
	a, b := s.Cells[0].Metrics["write_latency_p50_ns"], s.Cells[1].Metrics["write_latency_p50_ns"]
	if *a.CIHigh < *b.CILow {
		t.Fatalf("the intervals do not overlap: this shows nothing: %+v %+v", a, b)
	}
	d := difference(t, s, "write_latency_p50_ns", "n3-x", "n5-x")
	if d.Decided != stats.Found || math.Abs(*d.Ratio-1.1) > 0.01 || !d.Interval || *d.CILow < 1.08 || *d.CIHigh > 1.12 || d.N != 9 || !d.Primary {
		t.Errorf("3 to 5 nodes: got %+v, want 1.1 found", d)
	}
	if d := difference(t, s, "write_latency_p50_ns", "n5-x", "n7-x"); d.Decided != stats.Bounded {
		t.Errorf("5 to 7 nodes: got %+v, want it bounded: they are the same", d)
	}
	if s.Precision != stats.Precision {
		t.Errorf("got the precision %v", s.Precision)
	}
}

// Six blocks answer one question, not four: it is said how many there were.
func TestAFamilyOfQuestionsIsCorrectedFor(t *testing.T) {
	s := build(t, driftingRun(t, 6, map[int]time.Duration{3: 2 * time.Millisecond, 5: 3 * time.Millisecond, 7: 4 * time.Millisecond}))
	d := difference(t, s, "write_latency_p50_ns", "n3-x", "n5-x")
	if need := d.BlocksNeeded(); need != 8 {
		t.Errorf("got %d blocks needed, want 8", need)
	}
	if d.Questions != 4 || d.Decided != stats.Undecided || math.Abs(d.P-4*2.0/64) > 1e-9 || !d.Interval {
		t.Errorf("got %+v, want p = 4/32 of 4 questions, undecided", d)
	}
}

func questionsOf(s Summary, metric string) []string {
	var out []string
	for _, d := range s.Differences {
		if d.Metric == metric {
			text := d.From + " " + d.To
			if d.Primary {
				text += " primary"
			}
			out = append(out, fmt.Sprintf("%s %d", text, d.Questions))
		}
	}
	return out
}

// Each size is held against the next smaller one, the cheapest of the tolerance
// below, and the smallest.
func TestWhichSizesAreCompared(t *testing.T) {
	s := build(t, driftingRun(t, 2, map[int]time.Duration{1: 1, 3: 2, 4: 3, 5: 4, 6: 5}))
	// Four neighbours, of p50 and of throughput, are the primary family. All else
	// is the secondary one: five pairs of these two, and nine of the p90.
	want := []string{
		"n1-x n3-x primary 8", "n3-x n4-x primary 8", "n1-x n4-x 19", "n4-x n5-x primary 8", "n3-x n5-x 19", "n1-x n5-x 19",
		"n5-x n6-x primary 8", "n3-x n6-x 19", "n1-x n6-x 19",
	}
	if diff := cmp.Diff(want, questionsOf(s, "write_latency_p50_ns")); diff != "" {
		t.Error(diff)
	}
	if got := questionsOf(s, "write_latency_p90_ns"); len(got) != 9 || got[0] != "n1-x n3-x 19" {
		t.Errorf("p90: got %v, want nine questions of the secondary family", got)
	}
}

// Along another axis, of one size, every value is held against the first.
func TestAxesAreComparedWithTheirFirstValue(t *testing.T) {
	var trials []results.Trial
	for block := range 2 {
		for _, nodes := range []int{3, 5} {
			for _, v := range []string{"16", "1", "2"} {
				tr := sized(nodes, block, time.Millisecond, 1000)
				tr.Cell, tr.Params = fmt.Sprintf("n%d-%s", nodes, v), map[string]string{"raft.max_rpcs_in_flight": v}
				trials = append(trials, tr)
			}
		}
	}
	s := build(t, recorded(t, trials...))
	want := []string{
		"n3-1 n5-1 primary 6", "n3-2 n5-2 primary 6", "n3-16 n5-16 primary 6", // with those of the throughput
		// and four pairs of these two, seven of the p90:
		"n3-1 n3-2 15", "n3-1 n3-16 15", "n5-1 n5-2 15", "n5-1 n5-16 15",
	}
	if diff := cmp.Diff(want, questionsOf(s, "write_latency_p50_ns")); diff != "" {
		t.Error(diff)
	}
}

// Where one size is measured at several settings, it is these that the run is
// planned for.
func TestSettingsOfOneSizeAreWhatIsAsked(t *testing.T) {
	var trials []results.Trial
	for block := range 7 {
		for i, v := range []string{"2", "16"} {
			tr := sized(3, block, time.Millisecond, 1000*float64(i+1))
			tr.Cell, tr.Params = "n3-"+v, map[string]string{"raft.max_rpcs_in_flight": v}
			trials = append(trials, tr)
		}
	}
	s := build(t, recorded(t, trials...))
	if diff := cmp.Diff([]string{"n3-2 n3-16 primary 2"}, questionsOf(s, "throughput_ops")); diff != "" {
		t.Error(diff)
	}
	if d := difference(t, s, "throughput_ops", "n3-2", "n3-16"); d.Decided != stats.Found {
		t.Errorf("twice the throughput in seven blocks: got %+v, want it found", d)
	}
}

// What setups take without load differs too.
func TestIdleCostsAreCompared(t *testing.T) {
	run := driftingRun(t, 9, map[int]time.Duration{3: time.Millisecond, 5: 2 * time.Millisecond})
	for i := range run.Trials {
		tr := &run.Trials[i]
		n := int64(tr.Nodes)
		tr.Idle = &results.Idle{DurationNS: 5e8, CPUSeconds: 0.01 * float64(n), NetworkBytes: 1000 * (n - 1), DiskBytes: 10 * n, Fsyncs: n}
	}
	s := build(t, run)
	if m := s.Cells[0].Metrics["idle_network_bytes_per_second"]; m.Median == nil || *m.Median != 4000 {
		t.Errorf("2,000 bytes in half a second: got %+v", m)
	}
	for metric, want := range map[string]float64{
		"idle_cpu_seconds_per_second": 5.0 / 3, "idle_network_bytes_per_second": 2,
		"idle_disk_bytes_per_second": 5.0 / 3, "idle_fsyncs_per_second": 5.0 / 3,
	} {
		if d := difference(t, s, metric, "n3-x", "n5-x"); math.Abs(*d.Ratio-want) > 1e-9 || d.Primary {
			t.Errorf("%s: got %+v, want %v of the secondary family", metric, d, want)
		}
	}
}

// Only blocks that hold a valid trial of both pair up.
func TestInvalidTrialsPairWithNothing(t *testing.T) {
	run := driftingRun(t, 9, map[int]time.Duration{3: 2 * time.Millisecond, 5: 3 * time.Millisecond})
	for i := range run.Trials {
		tr := &run.Trials[i]
		if tr.Nodes == 3 && tr.Block == 2 || tr.Nodes == 5 && tr.Block >= 7 {
			tr.Valid = false
		}
	}
	if d := difference(t, build(t, run), "write_latency_p50_ns", "n3-x", "n5-x"); d.N != 6 {
		t.Errorf("got %d blocks, want 6", d.N)
	}
	for i := range run.Trials {
		run.Trials[i].Valid = run.Trials[i].Block%2 == run.Trials[i].Nodes/2%2
	}
	if s := build(t, run); len(s.Differences) > 0 {
		t.Errorf("no block in common: got %+v", s.Differences)
	}
}

// Where no trial had a light load, the latencies of full load stand for it.
func TestDifferencesOfFullLoadAlone(t *testing.T) {
	var trials []results.Trial
	for block := range 9 {
		for _, nodes := range []int{3, 5} {
			tr := sized(nodes, block, time.Duration(nodes)*time.Millisecond, 1000)
			tr.Windows = tr.Windows[1:]
			trials = append(trials, tr)
		}
	}
	if d := difference(t, build(t, recorded(t, trials...)), "saturate_write_latency_p50_ns", "n3-x", "n5-x"); d.Decided != stats.Found || !d.Primary {
		t.Errorf("got %+v", d)
	}
}

// A setup whose writes never came back is slower than any that has a number.
func TestADifferenceMayBeBeyondEveryNumber(t *testing.T) {
	var trials []results.Trial
	for block := range 9 {
		a, b := sized(3, block, time.Millisecond, 1000), sized(5, block, time.Millisecond, 1000)
		b.Windows[0].Latency = results.Latency{P50NS: results.Never, P90NS: results.Never, P99NS: results.Never, P999NS: results.Never, MaxNS: results.Never, Count: 10, Failed: 290}
		trials = append(trials, a, b)
	}
	if d := difference(t, build(t, recorded(t, trials...)), "write_latency_p50_ns", "n3-x", "n5-x"); d.Decided != stats.Found || d.Ratio != nil || !d.Interval || d.CILow != nil {
		t.Errorf("got %+v, want found, above every number", d)
	}
}

// split are blocks in two parts that n3 joins: n1 and n3, then n3 and n5. Each part
// meets another host.
func split(blocks int) []results.Trial {
	rng := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a test's numbers
	var out []results.Trial
	for _, t := range trialsOf(blocks, 0.01) {
		for group, sizes := range [][]int{{1, 3}, {3, 5}} {
			if !slices.Contains(sizes, t.Nodes) {
				continue
			}
			part := t
			part.Windows = slices.Clone(t.Windows)
			host := rand.New(rand.NewPCG(uint64(t.Block), uint64(group))).Float64() //nolint:gosec // a test's numbers
			noise := math.Exp(host + 0.01*rng.NormFloat64())
			part.Group, part.Trial = group, 2*t.Block+group+1
			part.Windows[0].Latency.P50NS = results.Nanos(float64(t.Nodes) * 1e6 * noise)
			out = append(out, part)
		}
	}
	return out
}

// A difference between setups that never lived at once goes through one that both
// parts of the blocks held: what the host did to either part is not in it.
func TestDifferencesGoThroughASharedSetup(t *testing.T) {
	s, err := Build(&results.Run{Trials: split(10)})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Difference{}
	for _, d := range s.Differences {
		if d.Metric == "write_latency_p50_ns" {
			found[d.From+d.To] = d
		}
	}
	direct, across := found["n3n5"], found["n1n5"]
	if len(direct.Through) > 0 || !slices.Equal(across.Through, []string{"n3"}) || across.N != 10 {
		t.Fatalf("got %+v and %+v, want only the second through n3, from 10 blocks", direct, across)
	}
	if *across.CILow > 5 || *across.CIHigh < 5 || *across.CIHigh / *across.CILow > 1.05 {
		t.Errorf("n1 to n5: %v to %v, want 5 in a narrow interval: the parts' hosts are no part of it", *across.CILow, *across.CIHigh)
	}
	if wide, narrow := *across.CIHigh / *across.CILow, *direct.CIHigh / *direct.CILow; wide <= narrow {
		t.Errorf("the interval through another is %v wide, the direct one %v: want it wider", wide, narrow)
	}
}

// A block pairs what lived at once: trials that name each other, or were measured
// alone.
func TestOnlyNeighboursArePaired(t *testing.T) {
	for name, c := range map[string]struct {
		from, to []string // beside
		want     bool
	}{
		"alone":                    {nil, nil, true},
		"beside each other":        {[]string{"n3-x", "n9-x"}, []string{"n1-x", "n9-x"}, true},
		"each beside a third":      {[]string{"n9-x"}, []string{"n9-x"}, false},
		"alone, and beside others": {nil, []string{"n9-x"}, false},
	} {
		var trials []results.Trial
		for block := range 6 {
			a, b := sized(1, block, time.Millisecond, 1000), sized(3, block, 2*time.Millisecond, 500)
			a.Beside, b.Beside = c.from, c.to
			trials = append(trials, a, b)
		}
		if got := len(build(t, recorded(t, trials...)).Differences) > 0; got != c.want {
			t.Errorf("%s: got differences %v, want %v", name, got, c.want)
		}
	}
}
