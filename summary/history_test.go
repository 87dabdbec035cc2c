package summary

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

var historyMetrics = []string{"write_latency_p50_ns", "write_latency_p99_ns"}

// pastRun records a run of three nodes that began so many days after the first.
func pastRun(t *testing.T, name string, days int, change func(*results.Environment, *results.Trial)) Past {
	t.Helper()
	env := results.Environment{RunID: name, StartedAt: time.Date(2026, 1, 1+days, 0, 0, 0, 0, time.UTC), Hostname: "h", OS: "linux", Arch: "amd64", CPUModel: "EPYC", Cores: 2, Filesystem: "ext4"}
	var trials []results.Trial
	for i := range 6 {
		tr := trial(i+1, 2*time.Millisecond, 2000)
		if change != nil {
			change(&env, &tr)
		}
		trials = append(trials, tr)
	}
	dir := filepath.Join(t.TempDir(), name)
	w, err := results.Create(dir, env, []byte("name: made-up\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range trials {
		err = errors.Join(err, w.Append(tr))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Remember(run, historyMetrics)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func options() HistoryOptions {
	return HistoryOptions{Metrics: historyMetrics, Last: 200, LeastChange: 1}
}

// Runs stand in the order in which they began, whatever their folders' names.
func TestHistoryIsInTheOrderOfTime(t *testing.T) {
	h := newHistory(t, []Past{pastRun(t, "a", 5, nil), pastRun(t, "b", 1, nil), pastRun(t, "c", 3, nil)}, options())
	got := ""
	for _, r := range h.Runs {
		got += r.RunID
	}
	if got != "bca" {
		t.Errorf("got the order %s, want bca", got)
	}
	if s := h.Series[0]; !s.TooFew() || s.Least != 9 || len(s.Points) != 3 || s.Smallest != nil {
		t.Errorf("got %+v", s)
	}
}

// A profile of one name may ask other delays of its links in another build: such
// runs measured other things.
func TestHistoryKeepsOtherNetworksApart(t *testing.T) {
	asking := func(ns int64) func(*results.Environment, *results.Trial) {
		return func(_ *results.Environment, tr *results.Trial) {
			tr.Links = []results.Link{{From: "n1", To: "n2", AskedNS: ns}}
		}
	}
	lost := func(_ *results.Environment, tr *results.Trial) { tr.Valid = false }
	h := newHistory(t, []Past{
		pastRun(t, "a", 0, asking(500_000)), pastRun(t, "b", 1, asking(500_000)), pastRun(t, "c", 2, asking(900_000)), pastRun(t, "d", 3, lost),
	}, options())
	if len(h.Kinds) != 2 || h.Kinds[0].Runs != 3 || h.Kinds[1].Runs != 1 || h.Runs[2].Kind != 1 || h.Runs[3].Kind != 0 {
		t.Fatalf("got kinds %+v of runs %+v", h.Kinds, h.Runs)
	}
	// The latest of the first kind has no valid trial to tell its delays by: they are
	// told all the same by the runs that have.
	if h.Series[0].Points[2].Metric != nil || h.Series[0].Points[0].Metric == nil {
		t.Errorf("got %+v", h.Series[0].Points)
	}
	h = newHistory(t, []Past{pastRun(t, "a", 0, asking(500_000)), pastRun(t, "b", 1, asking(500_000)), pastRun(t, "c", 2, asking(900_000))}, options())
	if u := h.Kinds[1].Unlike; len(u) != 1 || u[0].What != TraitDelay || u[0].Old != "500000" || u[0].New != "900000" {
		t.Errorf("got %+v, want the delay named", u)
	}
}

// What the runs of a change differ in stands with it.
func TestHistoryTellsWhatElseChanged(t *testing.T) {
	var past []Past
	for i := range 16 {
		past = append(past, pastRun(t, "r", i, func(env *results.Environment, tr *results.Trial) {
			env.Commit, env.Kernel, env.Versions = "aaa", "6.1", map[string]string{"raft": "1.7.1"}
			if i >= 8 {
				env.Commit, env.Kernel, env.Versions = "bbb", "6.8", map[string]string{"raft": "1.7.3"}
				tr.Windows[0].Latency = latency(2200*time.Microsecond, 2000)
			}
		}))
	}
	h := newHistory(t, past, options())
	c := h.Series[0].Changes
	if len(c) != 1 || c[0].Before != 7 || c[0].After != 8 || *c[0].Ratio < 1.09 || *c[0].Ratio > 1.11 || h.Questions != 2 {
		t.Fatalf("got %+v", c)
	}
	got := map[Trait]string{}
	for _, u := range c[0].Unlike {
		got[u.What] = u.Old + "→" + u.New
	}
	if len(got) != 3 || got[TraitRaftbench] != "aaa→bbb" || got[TraitKernel] != "6.1→6.8" || got[TraitVersion] != "1.7.1→1.7.3" {
		t.Errorf("got %v", got)
	}
	if v, known := h.Series[0].Level(); !known || v != 2.2e6 {
		t.Errorf("got the level %g, want that since the change", v)
	}
}

func TestNamed(t *testing.T) {
	for text, want := range map[string]bool{"write_latency_p50": true, "write_latency_p50_ns": true, "Write_Latency_P50": true, "write_latency": false} {
		if Named("write_latency_p50_ns", text) != want {
			t.Errorf("%s: want %v", text, want)
		}
	}
}

func newHistory(t *testing.T, past []Past, o HistoryOptions) History {
	t.Helper()
	h, err := NewHistory(past, o)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A search of hours is refused before it begins.
func TestASearchOfHoursIsRefused(t *testing.T) {
	past := slices.Repeat([]Past{pastRun(t, "a", 0, nil)}, stats.MostValues)
	_, err := NewHistory(past, HistoryOptions{Metrics: slices.Repeat(options().Metrics[:1], 60), Last: stats.MostValues, LeastChange: 1})
	var long *TooLong
	if !errors.As(err, &long) || long.Series != 60 || long.Times < 2 {
		t.Errorf("got %v, want it refused", err)
	}
}
