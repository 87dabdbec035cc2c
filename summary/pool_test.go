package summary

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/results"
)

func TestFarPercentilesArePooledOrLeftOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, results.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// One trial of 600 fast writes, one of 600 of which 15 are slow: 1.25 % of all.
	for n, slow := range []int64{0, 15} {
		h := histogram(t, map[time.Duration]int64{time.Millisecond: 600 - slow, time.Second: slow})
		tr := trial(n+1, time.Millisecond, 600)
		if n == 1 { // stalls made them alike
			tr.Windows[0].Latency.EffectiveN = 60
		}
		err = errors.Join(err, w.WriteHistograms("n3-x", n+1, []results.NamedHistogram{{Name: "calm.latency", Histogram: h}}), w.Append(tr))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := build(t, run).Cells[0].Metrics
	p99 := m["write_latency_p99_ns"]
	if !p99.Pooled || p99.Interval || p99.N != 2 || p99.Samples != 1200 || p99.Effective > 660 || *p99.Median < 0.99e9 {
		t.Errorf("p99: got %+v, want 1 s pooled over two trials, worth at most 600 and 60 operations", p99)
	}
	if p999, ok := m["write_latency_p999_ns"]; ok {
		t.Errorf("p99.9 of 1,200 writes: got %+v, want none", p999)
	}
}

// What was pooled of fewer trials says so, and does not pass for all of them.
func TestMissingHistogramsAreToldOf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.CopyFS(dir, os.DirFS("../results/testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 5} {
		if err := os.Remove(filepath.Join(dir, "trials", fmt.Sprintf("n3-hashicorp-multi-az-%d.hlog", n))); err != nil {
			t.Fatal(err)
		}
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if build(t, run); len(run.Warnings) != 1 || !strings.Contains(run.Warnings[0], "n3-hashicorp-multi-az-2.hlog and 1 more: missing") {
		t.Errorf("got the warnings %q, want the missing files", run.Warnings)
	}
	for _, c := range build(t, run).Cells {
		want := map[bool]int{true: 2, false: 0}[c.Nodes == 3]
		if c.Unpooled != want {
			t.Errorf("%s: got %d trials without histograms, want %d", c.Cell, c.Unpooled, want)
		}
		if n := c.Metrics["write_latency_p99_ns"].N; c.Nodes == 3 && n != 4 {
			t.Errorf("p99 of 3 nodes: got n = %d, want the 4 trials that it was pooled of", n)
		}
	}
}

func TestPercentilesOfLongTrialsHaveIntervals(t *testing.T) {
	var trials []results.Trial
	for n := 1; n <= 6; n++ {
		trials = append(trials, trial(n, time.Duration(n)*time.Millisecond, 1000))
	}
	if m := cellOf(t, trials...).Metrics["write_latency_p99_ns"]; m.Pooled || !m.Interval || *m.Median != 7e6 {
		t.Errorf("got %+v, want the median of the trials' p99", m)
	}
	trials[2].Windows[0].Latency.EffectiveN = 999
	if m, ok := cellOf(t, trials...).Metrics["write_latency_p99_ns"]; ok {
		t.Errorf("with a trial that is worth 999: got %+v, want none of its own", m)
	}
	trials[2].Windows[0].Latency.EffectiveN = 0
	if m, ok := cellOf(t, trials...).Metrics["write_latency_p99_ns"]; ok {
		t.Errorf("with a trial of which nobody knows what it is worth: got %+v, want none of its own", m)
	}
}

// Operations of which nobody knows how many independent ones they are worth do not
// pass for independent: what is pooled with them has no interval.
func TestWithoutAnEffectiveSizeAPercentileHasNoInterval(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, results.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 6; n++ {
		h := histogram(t, map[time.Duration]int64{time.Millisecond: 1950, time.Second: 50})
		tr := trial(n, time.Millisecond, 2000)
		if n == 4 {
			tr.Windows[0].Latency.EffectiveN = 0
		}
		err = errors.Join(err, w.WriteHistograms("n3-x", n, []results.NamedHistogram{{Name: "calm.latency", Histogram: h}}), w.Append(tr))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	p99 := build(t, run).Cells[0].Metrics["write_latency_p99_ns"]
	if !p99.Pooled || p99.Interval || p99.CILow != nil || p99.Samples != 12_000 || p99.Effective != 0 {
		t.Errorf("got %+v, want it pooled of 12,000 operations, worth nobody knows how many, and without an interval", p99)
	}
}

// TestBucketsAreThoseOfTheLibrary: the short way to a histogram's buckets gives what the
// library's own walk over them gives, whatever the histogram's range and precision.
func TestBucketsAreThoseOfTheLibrary(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, lowest := range []int64{1, 2, 3, 1000, 1024} {
		for figures := 1; figures <= 5; figures++ {
			h := hdrhistogram.New(lowest, int64(time.Hour), figures)
			for range 300 {
				if err := h.RecordValue(rnd.Int64N(int64(1) << (1 + rnd.IntN(40)))); err != nil {
					t.Fatal(err)
				}
			}
			got := countsOf(h, 7)
			want := counts{failed: 7}
			for _, bar := range h.Distribution() {
				if bar.Count > 0 {
					want.from, want.n = append(want.from, bar.From), append(want.n, bar.Count)
				}
			}
			if got.failed != 7 || !slices.Equal(got.from, want.from) || !slices.Equal(got.n, want.n) {
				t.Fatalf("from %d at %d figures: got %v, want %v", lowest, figures, got, want)
			}
		}
	}
	if got := countsOf(hdrhistogram.New(1, int64(time.Hour), 3), 0); len(got.from) != 0 {
		t.Errorf("of nothing: got %v", got)
	}
}
