package report

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// comparedTo reads two runs of one trial each from real folders and compares them.
func comparedTo(t *testing.T, changes ...func(*results.Environment, *results.Trial)) *Compared {
	t.Helper()
	var sides []summary.Side
	for i, change := range append([]func(*results.Environment, *results.Trial){func(*results.Environment, *results.Trial) {}}, changes...) {
		dir := filepath.Join(t.TempDir(), fmt.Sprint("run", i))
		env := host()
		tr := results.Trial{
			Cell: "n3-hashicorp-multi-az", Trial: 1, Attempt: 1, Kind: results.Measure, Nodes: 3, Valid: true, Engine: "hashicorp", Profile: "multi-az",
			Windows: []results.Window{{
				Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, Attempted: 300, Completed: 300, Writes: 300,
				Latency: results.Latency{P50NS: 2e6, P90NS: 3e6, P99NS: 4e6, P999NS: 5e6, MaxNS: 6e6, Count: 300},
			}},
		}
		change(&env, &tr)
		w, err := results.Create(dir, env, []byte("name: x\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Append(tr), w.Close()); err != nil {
			t.Fatal(err)
		}
		run, err := results.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		side, err := summary.SideOf(run)
		if err != nil {
			t.Fatal(err)
		}
		sides = append(sides, side)
	}
	c, err := summary.CompareAll(sides[0], sides[1:], make([]*summary.Spread, len(changes)))
	if err != nil {
		t.Fatal(err)
	}
	return NewCompared(c, sides, false)
}

// A folder's texts act on no terminal, page or spreadsheet, however it names
// things.
func TestComparedDefusesForeignTexts(t *testing.T) {
	c := comparedTo(t, func(env *results.Environment, tr *results.Trial) {
		tr.Windows[0].Latency.P50NS++
		env.CPUModel, env.Kernel = "=cmd\x1b[2J", "![](http://example.org/x.png)"
		env.Versions = map[string]string{"\u202egrpc": "<script>"}
		env.Endpoints = []string{"\u009b31m"}
		tr.Settings = map[string]string{"network.links.a→b\x1b": "delay \x1b[2J"}
	})
	var csv, text strings.Builder
	if err := errors.Join(c.CSV(&csv), c.JSON(&text)); err != nil {
		t.Fatal(err)
	}
	for name, out := range map[string]string{"text": c.Text(), "page": c.Markdown(), "csv": csv.String(), "json": text.String()} {
		if strings.ContainsAny(out, "\x1b\u009b\u202e") {
			t.Errorf("%s: holds what a terminal acts on: %q", name, out)
		}
		if name == "page" && (strings.Contains(out, "![](") || strings.Contains(out, "<script>")) {
			t.Errorf("the page is live:\n%s", out)
		}
	}
}

// Every line fits a terminal that nobody has widened, with any figures and names.
func TestComparedFitsATerminal(t *testing.T) {
	c := comparedTo(t, func(env *results.Environment, tr *results.Trial) {
		env.CPUModel = strings.Repeat("x", 300)
		l := &tr.Windows[0].Latency
		l.P50NS, l.P90NS, l.P99NS, l.P999NS, l.MaxNS, l.Failed = 4e15, results.Never, results.Never, results.Never, results.Never, 40
	}, func(_ *results.Environment, tr *results.Trial) {
		tr.Windows[0].Latency.P50NS = 1
	})
	for line := range strings.Lines(c.Text()) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > wording.Width {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// Of a copy it is said that it may be one, and no sign of a comparison is given.
func TestACopyIsCalledOne(t *testing.T) {
	same := func(*results.Environment, *results.Trial) {}
	if text := comparedTo(t, same).Text(); !strings.HasPrefix(text, "Every figure is the same in every trial of both runs: one may be a copy of the\nother.\n") || strings.Contains(text, "±") {
		t.Errorf("got\n%s", text)
	}
	if text := comparedTo(t, same, same).Text(); !strings.Contains(strings.Join(strings.Fields(text), " "), "no figure is shown.") {
		t.Errorf("got\n%s", text)
	}
}

// The first run's footnotes stand once, however many runs are held against it.
func TestTheFirstRunsFootnotesStandOnce(t *testing.T) {
	slower := func(_ *results.Environment, tr *results.Trial) { tr.Windows[0].Latency.P50NS += 1000 }
	c := comparedTo(t, slower, slower)
	c.old.sum.Cells[0].Remarks = []summary.Remark{{
		Code: results.CodeHostBusy, Severity: results.Doubtful, Role: results.RoleLight, Kind: results.Measure, Trials: 1, Of: 1,
		Worst: results.Remark{Code: results.CodeHostBusy, Got: 0.9, Want: 0.85, Unit: results.UnitShare}, Bounds: map[string]*float64{figures.WriteP50: nil},
	}}
	m := c.old.sum.Cells[0].Metrics[figures.WriteP50]
	m.Doubts = []int{0}
	c.old.sum.Cells[0].Metrics[figures.WriteP50] = m
	text := c.Text()
	if strings.Count(text, "† old: Light load") != 1 || strings.Count(text, "† old: as above.") != 1 {
		t.Errorf("got\n%s", text)
	}
}

func TestValuesAreWrittenAsBenchstatDoes(t *testing.T) {
	for _, c := range []struct {
		m    summary.Metric
		want string
	}{
		{around(1.73e6, 4), "1.73 ms ± 4 %"},
		{summary.Metric{Median: p(1e6), CILow: p(0.5e6), CIHigh: p(1.2e6), N: 6, Interval: true}, "1.00 ms ± 50 %"},
		{summary.Metric{Median: p(1e6), N: 3, Doubts: []int{0}}, "1.00 ms ± ∞†"},
		{summary.Metric{Median: p(1e6), CILow: p(0.9e6), N: 6, Interval: true}, "1.00 ms ± ∞"},
		{summary.Metric{N: 6}, "never ± ∞"},
		{summary.Metric{Median: p(0.0), CILow: p(0.0), CIHigh: p(0.0), N: 6, Interval: true}, "0 ns ± 0 %"},
		{summary.Metric{}, units.Absent},
	} {
		if got := figures.PlusMinus(figures.WriteP50, c.m); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.m, got, c.want)
		}
	}
}

// What all setups have in common is said once, and no two of them are confused.
func TestSetupsAreShortenedAlike(t *testing.T) {
	for _, c := range []struct{ names, short, pattern string }{
		{"n3-x-az n5-x-az", "n3 n5", "…-x-az"},
		{"n3-x-az-2 n3-x-az-16 n5-x-az-2", "n3-2 n3-16 n5-2", "…-x-az-…"},
		{"n3-x-az n3-x-az-2", "n3-x-az n3-x-az-2", ""},
		{"n3-x-az", "n3-x-az", ""},
	} {
		names := strings.Fields(c.names)
		short, pattern := shortSetups(names)
		var got []string
		for _, n := range names {
			got = append(got, short[n])
		}
		if strings.Join(got, " ") != c.short || pattern != c.pattern {
			t.Errorf("%s: got %v and %q, want %s and %q", c.names, got, pattern, c.short, c.pattern)
		}
	}
}

// A difference that two copies of one build show as well is not claimed.
func TestAlongAnAxisNothingBelowTheFloorIsClaimed(t *testing.T) {
	run, err := results.Open(armsFolder(t))
	if err != nil {
		t.Fatal(err)
	}
	s, err := summary.Build(run)
	if err != nil {
		t.Fatal(err)
	}
	floor := func(reach float64) *summary.Floor {
		return &summary.Floor{Metrics: map[string]summary.FloorMetric{figures.WriteP50: {Ratio: 1, CILow: 1 / (1 + reach), CIHigh: 1 + reach, N: 10}}}
	}
	for reach, want := range map[float64]string{0.2: "≈ +9.8 % [+9.7, +9.9]", 0.02: "  +9.8 % [+9.7, +9.9]"} {
		text := NewSteps(s, "arm", floor(reach), false).Text()
		if !strings.Contains(text, want) || strings.Contains(text, "does not help") != (reach < 0.1) || strings.Contains(text, "raftbench aa") != (reach > 0.1) {
			t.Errorf("a floor of %v: want %q in\n%s", reach, want, text)
		}
	}
}

// armsFolder is a run whose arm b is a tenth slower in each of ten blocks.
func armsFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "arms")
	w, err := results.Create(dir, host(), []byte("name: x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for block := range 10 {
		for arm, p50 := range map[string]results.Nanos{"a": 2_000_000, "b": 2_200_000} {
			p50 += results.Nanos(10_000 * block)
			err = errors.Join(err, w.Append(results.Trial{
				Cell: "n3-x-" + arm, Trial: block + 1, Block: block, Attempt: 1, Kind: results.Measure, Nodes: 3, Valid: true, Durable: true,
				Engine: "hashicorp", Profile: "none", Load: "calm", Params: map[string]string{"arm": arm},
				Windows: []results.Window{{
					Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, Attempted: 300, Completed: 300, Writes: 300,
					Latency: results.Latency{P50NS: p50, P90NS: 3 * p50, P99NS: 4 * p50, P999NS: 5 * p50, MaxNS: 6 * p50, Count: 300},
				}},
			}))
		}
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestContrastsNameTheirArm(t *testing.T) {
	for _, c := range []struct {
		contrast summary.Contrast
		want     string
	}{
		{summary.Contrast{What: summary.TraitArmBuild, Arm: "b", New: "devel (cafe)"}, "build of arm b raftbench's own → devel (cafe)"},
		{summary.Contrast{What: summary.TraitVersion, Name: "raft", Arm: "a", Old: "v1", New: "v2"}, "version of raft of arm a v1 → v2"},
		{summary.Contrast{What: summary.TraitVersion, Name: "raft", Old: "v1", New: "v2"}, "version of raft v1 → v2"},
	} {
		if got := facts.Contrast(c.contrast); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
