package summary

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// runOf makes a run of one cell from its trials' medians.
func runOf(t *testing.T, medians ...time.Duration) *results.Run {
	t.Helper()
	var trials []results.Trial
	for i, p50 := range medians {
		trials = append(trials, trial(i+1, p50, 2000))
	}
	return recorded(t, trials...)
}

func changeOf(t *testing.T, metric string, before, after *results.Run) Change {
	t.Helper()
	c, err := Compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Changes, func(c Change) bool { return c.Metric == metric })
	if i < 0 {
		t.Fatalf("no change of %s in %+v", metric, c)
	}
	return c.Changes[i]
}

const p50 = "write_latency_p50_ns"

func TestCompareShowsWhatIsThere(t *testing.T) {
	c := changeOf(t, p50, runOf(t, 100, 101, 102, 103, 104, 105), runOf(t, 120, 121, 122, 123, 124, 125))
	if c.Decided != stats.Found || *c.P > 0.01 || *c.Ratio < 1.19 || *c.Ratio > 1.2 || *c.CILow < 1.15 || *c.CIHigh > 1.25 || c.Untested != "" {
		t.Errorf("got %+v, ratio %v, p %v", c, *c.Ratio, *c.P)
	}
}

func TestCompareShowsNothingInNoise(t *testing.T) {
	c := changeOf(t, p50, runOf(t, 100, 110, 120, 130, 140, 150), runOf(t, 101, 111, 121, 131, 141, 151))
	if c.Decided != stats.Undecided || !c.Interval {
		t.Errorf("got %+v, want it undecided", c)
	}
	c = changeOf(t, p50, runOf(t, 100, 101, 102, 103, 104, 105), runOf(t, 100, 102, 103, 103, 104, 104))
	if c.Decided != stats.Bounded {
		t.Errorf("got %+v, want it bounded", c)
	}
}

func TestCompareSaysWhenTrialsAreTooFew(t *testing.T) {
	c := changeOf(t, p50, runOf(t, 100, 101, 102), runOf(t, 200, 201, 202))
	if c.Decided != stats.Undecided || c.Untested != TooFew || c.P != nil || *c.Ratio < 1.9 {
		t.Errorf("got %+v, want too few trials", c)
	}
}

// Questions of one family are corrected for: five trials a side answer six, and
// not ten.
func TestCompareCorrectsForItsQuestions(t *testing.T) {
	for sizes, want := range map[int]Untested{3: "", 5: TooFew} {
		var before, after []results.Trial
		for size := range sizes {
			for block := range 5 {
				wobble := time.Duration(block) * time.Microsecond
				before = append(before, sized(size+1, block, time.Millisecond+wobble, 1000+float64(block)))
				after = append(after, sized(size+1, block, 2*time.Millisecond+wobble, 2000+float64(block)))
			}
		}
		c := changeOf(t, p50, recorded(t, before...), recorded(t, after...))
		if c.Questions != 2*sizes || c.Untested != want || (c.Decided == stats.Found) != (want == "") {
			t.Errorf("%d sizes: got %+v, want %d questions and %q", sizes, c, 2*sizes, want)
		}
	}
}

func TestCompareOfARunWithItself(t *testing.T) {
	c, err := Compare(openTiny(t), openTiny(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range c.Changes {
		if ch.Decided == stats.Found {
			t.Errorf("a run differs from itself: %+v", ch)
		}
		if ch.Metric == "write_latency_p99_ns" && (ch.P != nil || ch.Untested != PooledOnly) {
			t.Errorf("pooled: got %+v", ch)
		}
	}
	if len(c.Unlike)+len(c.OnlyOld)+len(c.OnlyNew) > 0 {
		t.Errorf("a run is unlike itself: %+v", c)
	}
	if c.Changes[0].Metric != p50 {
		t.Errorf("first metric: got %s", c.Changes[0].Metric)
	}
}

func TestWhatIsTheSameIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		before, after []time.Duration
		want          bool
	}{
		"one value in all trials": {[]time.Duration{100, 100, 100, 100}, []time.Duration{100, 100, 100, 100}, true},
		"two values":              {[]time.Duration{100, 100, 100, 100}, []time.Duration{100, 101, 100, 100}, false},
		"one trial a side":        {[]time.Duration{100}, []time.Duration{101}, false},
	} {
		got := changeOf(t, p50, runOf(t, c.before...), runOf(t, c.after...))
		if got.Same != c.want || got.Decided == stats.Found {
			t.Errorf("%s: got %+v, want same %v", name, got, c.want)
		}
	}
}

func TestCompareSaysWhatMakesRunsUnlike(t *testing.T) {
	before, after := runOf(t, 1), runOf(t, 1)
	before.Environment = results.Environment{RunID: "a", Hostname: "a", FsyncP50NS: 100_000, Versions: map[string]string{"raft": "v1", "grpc": "v3"}}
	after.Environment = results.Environment{RunID: "b", Hostname: "b", FsyncP50NS: 300_000, Versions: map[string]string{"raft": "v2"}}
	after.Experiment = []byte("x")
	after.Trials[0].Cell = "n9"
	c, err := Compare(before, after)
	if err != nil {
		t.Fatal(err)
	}
	want := Comparison{
		Old: "a", New: "b", Changes: []Change{}, OnlyOld: []string{"n3-x"}, OnlyNew: []string{"n9"},
		Unlike: []Contrast{
			{TraitHost, "", "a", "b"}, {TraitFsync, "", "100000", "300000"}, {TraitVersion, "grpc", "v3", ""},
			{TraitVersion, "raft", "v1", "v2"}, {What: TraitExperiment},
		},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}
