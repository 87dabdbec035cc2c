package summary

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// runOf makes a run of one cell from its trials' medians.
func runOf(t *testing.T, medians ...time.Duration) *results.Run {
	t.Helper()
	run := &results.Run{Dir: t.TempDir()}
	for i, p50 := range medians {
		run.Trials = append(run.Trials, trial(i+1, p50, 2000))
	}
	return run
}

func p50Change(t *testing.T, before, after *results.Run) Change {
	t.Helper()
	c, err := Compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Changes, func(c Change) bool { return c.Metric == "write_latency_p50_ns" })
	if i < 0 {
		t.Fatalf("no change of write_latency_p50_ns in %+v", c)
	}
	return c.Changes[i]
}

func TestCompareShowsWhatIsThere(t *testing.T) {
	c := p50Change(t, runOf(t, 100, 101, 102, 103, 104, 105), runOf(t, 120, 121, 122, 123, 124, 125))
	if !c.Different || *c.P > 0.01 || c.Text() != "+19.5 %" || c.Note != "" {
		t.Errorf("got %+v, p %v, %s", c, *c.P, c.Text())
	}
}

func TestCompareShowsNothingInNoise(t *testing.T) {
	c := p50Change(t, runOf(t, 100, 102, 104, 106, 108, 110), runOf(t, 101, 103, 105, 107, 109, 111))
	if c.Different || c.Text() != "~" {
		t.Errorf("got %+v: %s, want ~", c, c.Text())
	}
}

func TestCompareSaysWhenTrialsAreTooFew(t *testing.T) {
	c := p50Change(t, runOf(t, 100, 101, 102), runOf(t, 200, 201, 202))
	if c.Different || !strings.HasPrefix(c.Note, "need ≥ 4 trials") {
		t.Errorf("got %+v, want a note", c)
	}
}

func TestCompareOfPooledMakesNoTest(t *testing.T) {
	c, err := Compare(tiny(t), tiny(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range c.Changes {
		if ch.Different {
			t.Errorf("a run differs from itself: %+v", ch)
		}
		if ch.Metric == "write_latency_p99_ns" && (ch.P != nil || !strings.HasPrefix(ch.Note, "pooled")) {
			t.Errorf("pooled: got %+v", ch)
		}
	}
	if len(c.Notes) > 0 {
		t.Errorf("notes on a run against itself: %q", c.Notes)
	}
	if c.Changes[0].Metric != "write_latency_p50_ns" {
		t.Errorf("first metric: got %s", c.Changes[0].Metric)
	}
}

// What cannot be tested has no p, and what never varies is no finding.
func TestWhatIsTheSameIsTold(t *testing.T) {
	same := p50Change(t, runOf(t, 100, 100, 100, 100), runOf(t, 100, 100, 100, 100))
	varies := p50Change(t, runOf(t, 100, 100, 100, 100), runOf(t, 100, 101, 100, 100))
	few := p50Change(t, runOf(t, 100), runOf(t, 101))
	if !same.Same() || same.Tested() {
		t.Errorf("one value in all trials: got same %v, tested %v", same.Same(), same.Tested())
	}
	if varies.Same() || !varies.Tested() {
		t.Errorf("two values: got same %v, tested %v", varies.Same(), varies.Tested())
	}
	if few.Same() || few.Tested() {
		t.Errorf("one trial a side: got same %v, tested %v", few.Same(), few.Tested())
	}
}

func TestCompareNotesWhatMakesRunsUnlike(t *testing.T) {
	before, after := runOf(t, 1), runOf(t, 1)
	before.Environment = results.Environment{Hostname: "a", FsyncP50NS: 100_000, Versions: map[string]string{"raft": "v1", "grpc": "v3"}}
	after.Environment = results.Environment{Hostname: "b", FsyncP50NS: 300_000, Versions: map[string]string{"raft": "v2"}}
	after.Experiment = []byte("x")
	after.Trials[0].Cell = "n9"
	c, err := Compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(c.Notes, "\n")
	for _, want := range []string{"the hosts differ: a, now b", "fsync median: 100 µs, now 300 µs", "raft: v1, now v2", "grpc: v3, now not on record", "the experiments differ", "n3-x is in the old run only", "n9 is in the new run only"} {
		if !strings.Contains(all, want) {
			t.Errorf("notes lack %q:\n%s", want, all)
		}
	}
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		metric string
		v      float64
		want   string
	}{
		{"write_latency_p50_ns", 1_728_511, "1.73 ms"},
		{"write_latency_p50_ns", 999, "999 ns"},
		{"write_latency_p50_ns", 12_345_678_901, "12.3 s"},
		{"throughput_ops", 9297.4, "9297/s"},
		{"disk_bytes_per_write", 27000, "26.4 KiB"},
		{"disk_bytes_per_write", 0, "0 B"},
		{"cpu_seconds_per_kwrite", 0.3404, "0.340 s"},
		{"fsyncs_per_write", 6, "6.00"},
	} {
		if got := Text(c.metric, c.v); got != c.want {
			t.Errorf("%s of %v: got %q, want %q", c.metric, c.v, got, c.want)
		}
	}
	m := Metric{Median: 1.73e6, CILow: ptr(1.66e6), CIHigh: ptr(1.85e6), N: 6}
	if got, want := m.Text("x_ns"), "1.73 ms [1.66, 1.85]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := (Metric{Median: 2, CILow: ptr(2.0), CIHigh: ptr(2.001), N: 6}).Text("fsyncs_per_write"); got != "2.00" {
		t.Errorf("got %q, want no interval that prints as the median", got)
	}
	m.CILow = ptr(0.99e6)
	if got, want := m.Text("x_ns"), "1.73 ms [990 µs, 1.85 ms]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
