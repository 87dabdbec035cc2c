package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// nightly is a folder of runs of three nodes, one a day, as `run` writes them.
type nightly struct {
	t    *testing.T
	dir  string
	rng  *rand.Rand
	runs int
}

func newNightly(t *testing.T) *nightly {
	return &nightly{t: t, dir: filepath.Join(t.TempDir(), "nightly"), rng: rand.New(rand.NewPCG(1, 2))}
}

// add makes so many runs whose writes take so long at the median and whose noise
// from run to run is 1.5 %. change may be nil.
func (n *nightly) add(runs int, p50 time.Duration, change func(env *results.Environment, trials []results.Trial)) {
	n.t.Helper()
	for range runs {
		n.runs++
		env := results.Environment{
			RunID: fmt.Sprintf("night-%03d", n.runs), StartedAt: time.Date(2026, 3, n.runs, 4, 0, 0, 0, time.UTC), Hostname: "bench1",
			OS: "linux", Arch: "amd64", CPUModel: "AMD EPYC", Cores: 2, Filesystem: "ext4", Version: "1.0.0", Commit: "aaaaaaa",
		}
		host := math.Exp(0.015 * n.rng.NormFloat64())
		trials := make([]results.Trial, 6)
		for k := range trials {
			trials[k] = nightlyTrial(k, time.Duration(float64(p50)*host*math.Exp(0.01*n.rng.NormFloat64())), 2000*math.Exp(0.01*n.rng.NormFloat64()))
		}
		if change != nil {
			change(&env, trials)
		}
		n.write(filepath.Join(n.dir, env.RunID), env, "name: nightly\nnodes: 3\n", trials)
	}
}

func (n *nightly) write(dir string, env results.Environment, experiment string, trials []results.Trial) {
	n.t.Helper()
	w, err := results.Create(dir, env, []byte(experiment))
	if err != nil {
		n.t.Fatal(err)
	}
	for _, tr := range trials {
		err = errors.Join(err, w.Append(tr))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		n.t.Fatal(err)
	}
}

func nightlyTrial(number int, p50 time.Duration, perSecond float64) results.Trial {
	latency := func(p50 time.Duration, count int64) results.Latency {
		return results.Latency{
			P50NS: results.Nanos(p50), P90NS: results.Nanos(3 * p50 / 2), P99NS: results.Nanos(2 * p50), P999NS: results.Nanos(3 * p50), MaxNS: results.Nanos(4 * p50), Count: count,
		}
	}
	light, full := latency(p50, 300), latency(8*p50, int64(perSecond))
	return results.Trial{
		Cell: "n3-hashicorp-multi-az", Trial: number + 1, Block: number, Attempt: 1, Kind: results.Measure, Nodes: 3, Engine: "hashicorp", Profile: "multi-az", Valid: true, Durable: true,
		Windows: []results.Window{
			{Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, Attempted: 300, Completed: 300, Writes: 300, Latency: light, Service: light},
			{Name: results.WindowSaturate, Role: results.RoleFull, Mode: results.ModeClosed, Clients: 64, DurationNS: 1e9,
				Attempted: int64(perSecond), Completed: int64(perSecond), Writes: int64(perSecond), ThroughputOps: perSecond, Latency: full},
		},
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// A step of 6 % is told first, at its run, with what changed there; the chart
// says the same.
func TestTrendTellsWhatChangedAndWhen(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(13, 2*time.Millisecond, nil)
	n.add(13, 2120*time.Microsecond, func(env *results.Environment, _ []results.Trial) { env.Commit = "bbbbbbb" })
	charts := filepath.Join(t.TempDir(), "charts")
	code, stdout, stderr := command(t, "trend", n.dir, "--out", charts)
	if code != exitOK {
		t.Fatalf("got %d: %s", code, stderr)
	}
	text := oneLine(stdout)
	for _, want := range []string{
		"1 change was found, in 1 of 2 figures.", "Write latency p50 of 3 nodes rose by ", "between run 13 (", "night-013, 2026-03-13 04:00 UTC) and run 14 (",
		"p = ", "aaaaaaa", "bbbbbbb", "No change was found in throughput of 3 nodes over 26 runs; one of ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, stdout)
		}
	}
	fits(t, stdout)
	for _, name := range []string{"trend-n3-hashicorp-multi-az-write-latency-p50", "trend-n3-hashicorp-multi-az-throughput"} {
		f, err := os.Open(filepath.Join(charts, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(f); err != nil || img.Bounds().Dx() != 1600 {
			t.Errorf("%s: %v", name, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	svg, err := os.ReadFile(filepath.Join(charts, "trend-n3-hashicorp-multi-az-write-latency-p50.svg"))
	if err != nil || !strings.Contains(string(svg), ">Write latency p50 of 3 nodes rose by ") || !strings.Contains(string(svg), " at run 14 (2026-03-14)<") {
		t.Errorf("the chart's title does not say what changed: %v", err)
	}
	if dir := os.Getenv("CHARTS"); dir != "" {
		command(t, "trend", n.dir, "--out", dir)
	}
}

func historyOf(t *testing.T, args ...string) summary.History {
	t.Helper()
	code, stdout, stderr := command(t, append([]string{"trend", "-o", "json"}, args...)...)
	if code != exitOK {
		t.Fatalf("got %d: %s", code, stderr)
	}
	var h summary.History
	if err := json.Unmarshal([]byte(stdout), &h); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestTrendForPrograms(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(12, 2*time.Millisecond, nil)
	n.add(12, 1800*time.Microsecond, nil)
	h := historyOf(t, n.dir, "--metric", "write_latency_p50", "--setup", "n3-hashicorp-multi-az")
	if len(h.Runs) != 24 || len(h.Kinds) != 1 || len(h.Series) != 1 || h.Questions != 1 {
		t.Fatalf("got %+v", h)
	}
	s := h.Series[0]
	if len(s.Points) != 24 || s.Judged != 24 || len(s.Changes) != 1 || s.Smallest != nil {
		t.Fatalf("got %+v", s)
	}
	c := s.Changes[0]
	if c.Before != 11 || c.After != 12 || *c.Ratio > 0.92 || *c.Ratio < 0.88 || *c.CILow > *c.Ratio || *c.CIHigh < *c.Ratio || *c.CIHigh > 0.93 || !c.Moved || c.P > 0.01 || len(c.Unlike) != 0 {
		t.Errorf("got %+v, want a fall by a tenth", c)
	}
	if m := s.Points[0].Metric; m == nil || m.N != 6 || !m.Interval {
		t.Errorf("got %+v, want the run's median with its interval", m)
	}
	_, stdout, _ := command(t, "trend", "-o", "csv", n.dir)
	lines, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(lines) != 1+2*24 || lines[13][15] == "" || lines[12][15] != "" {
		t.Errorf("got %d lines, %v:\n%s", len(lines), err, stdout)
	}
	_, page, _ := command(t, "trend", "-o", "markdown", n.dir)
	if !strings.Contains(page, "| setup | figure |") || !strings.Contains(page, "fell by 1") || !strings.Contains(page, "night-024") {
		t.Errorf("got\n%s", page)
	}
	// What is smaller than the least is not told.
	if h := historyOf(t, n.dir, "--least", "20%"); len(h.Series[0].Changes) != 0 {
		t.Errorf("--least 20%%: got %+v", h.Series[0].Changes)
	}
	h = historyOf(t, n.dir, "--last", "10")
	if s := h.Series[0]; len(s.Points) != 10 || s.Earlier != 14 || s.Points[0].Run != 14 || len(s.Changes) != 0 {
		t.Errorf("--last 10: got %d points after %d, changes %+v", len(s.Points), s.Earlier, s.Changes)
	}
}

// Too few runs is an answer, and says how many are wanted.
func TestTrendOfTooFewRuns(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(4, 2*time.Millisecond, nil)
	n.add(4, 4*time.Millisecond, nil)
	code, stdout, stderr := command(t, "trend", n.dir)
	if text := oneLine(stdout); code != exitOK || !strings.HasPrefix(text, "Too few runs to tell") || !strings.Contains(text, "have 8 runs, and at least 9 are wanted") {
		t.Errorf("got %d: %s\n%s", code, stderr, stdout)
	}
	// Asked for one figure alone, eight are enough.
	if h := historyOf(t, n.dir, "--metric", "write_latency_p50"); len(h.Series[0].Changes) != 1 {
		t.Errorf("got %+v", h.Series[0])
	}
	charts := t.TempDir()
	if code, _, stderr := command(t, "trend", n.dir, "--out", charts); code != exitOK || !strings.Contains(stderr, "charts: ") {
		t.Errorf("got %d: %s", code, stderr)
	}
}

// Runs of another host or experiment are kept apart, and what differs is said.
func TestTrendKeepsKindsApart(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(12, 2*time.Millisecond, nil)
	n.add(5, 3*time.Millisecond, func(env *results.Environment, _ []results.Trial) { env.CPUModel, env.Cores = "Xeon", 64 })
	h := historyOf(t, n.dir)
	if len(h.Kinds) != 2 || h.Kinds[0].Runs != 12 || h.Kinds[1].Runs != 5 || len(h.Series) != 4 || len(h.Series[0].Points) != 12 || len(h.Series[0].Changes) != 0 {
		t.Errorf("got kinds %+v, series %d", h.Kinds, len(h.Series))
	}
	_, stdout, _ := command(t, "trend", n.dir)
	if text := oneLine(stdout); !strings.Contains(text, "Kept apart as kind 2") || !strings.Contains(text, "5 runs (") || !strings.Contains(text, "Xeon") || !strings.Contains(text, "64") {
		t.Errorf("got\n%s", stdout)
	}
	fits(t, stdout)
	other := newNightly(t)
	other.runs = 20
	trial := nightlyTrial(0, 5*time.Millisecond, 900)
	env := results.Environment{RunID: "other", StartedAt: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), Hostname: "bench1", OS: "linux", Arch: "amd64", CPUModel: "AMD EPYC", Cores: 2, Filesystem: "ext4"}
	other.write(filepath.Join(n.dir, "deeper", "other"), env, "name: nightly\nnodes: 3\nworkload:\n  value_size: 4KiB\n", []results.Trial{trial})
	_, stdout, _ = command(t, "trend", n.dir)
	if text := oneLine(stdout); !strings.Contains(text, "Kept apart as kind 3") || !strings.Contains(text, "workload.value_size") || !strings.Contains(text, "4KiB") {
		t.Errorf("got\n%s", stdout)
	}
}

// A doubted number is marked, one that never came back is not judged, and a run
// without a valid trial is named.
func TestTrendMarksWhatWeakensANumber(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(10, 2*time.Millisecond, nil)
	n.add(1, 2*time.Millisecond, func(_ *results.Environment, trials []results.Trial) {
		for i := range trials {
			trials[i].Remarks = []results.Remark{{Code: results.CodeHostBusy, Severity: results.Doubtful, Window: results.WindowCalm, Got: 0.99, Want: 0.85, Unit: results.UnitShare}}
		}
	})
	n.add(1, 2*time.Millisecond, func(_ *results.Environment, trials []results.Trial) {
		for i := range trials {
			l := &trials[i].Windows[0].Latency
			l.P50NS, l.P90NS, l.P99NS, l.P999NS, l.MaxNS, l.Failed = results.Never, results.Never, results.Never, results.Never, results.Never, 1
		}
	})
	n.add(1, 2*time.Millisecond, func(_ *results.Environment, trials []results.Trial) {
		for i := range trials {
			trials[i].Valid = false
			trials[i].Remarks = []results.Remark{{Code: results.CodeNothing, Severity: results.Invalid, Window: results.WindowCalm}}
		}
	})
	code, stdout, stderr := command(t, "trend", n.dir)
	text := oneLine(stdout)
	for _, want := range []string{"something may have moved the number of run 11 (in run 11: light load: the host's CPU was 99 % busy, above 85 %).", "is above every number: run 12.", "Without a valid trial of write latency p50 of 3 nodes: run 13."} {
		if code != exitOK || !strings.Contains(text, want) {
			t.Errorf("got %d, lacks %q:\n%s%s", code, want, stdout, stderr)
		}
	}
	_, page, _ := command(t, "trend", "-o", "markdown", n.dir)
	if !strings.Contains(page, "†") || !strings.Contains(page, "never") || !strings.Contains(page, "no valid trial") {
		t.Errorf("got\n%s", page)
	}
	if dir := os.Getenv("CHARTS"); dir != "" {
		command(t, "trend", n.dir, "--out", filepath.Join(dir, "weak"))
	}
}

// Nothing is left out unnoticed.
func TestTrendMistakes(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(3, 2*time.Millisecond, nil)
	damaged := newNightly(t)
	damaged.add(3, 2*time.Millisecond, nil)
	appendTo(t, filepath.Join(damaged.dir, "night-002", results.TrialsFile), "what is this?\n")
	half := newNightly(t)
	half.add(3, 2*time.Millisecond, nil)
	if err := os.Remove(filepath.Join(half.dir, "night-003", results.ExperimentFile)); err != nil {
		t.Fatal(err)
	}
	undated := newNightly(t)
	undated.add(1, 2*time.Millisecond, func(env *results.Environment, _ []results.Trial) { env.StartedAt = time.Time{} })
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no folder":      {[]string{}, "got no argument, want at least 1"},
		"empty":          {[]string{t.TempDir()}, "holds no run"},
		"absent":         {[]string{filepath.Join(t.TempDir(), "nowhere")}, "there is no folder of that name"},
		"a file":         {[]string{"trend.go"}, "is a file"},
		"damaged":        {[]string{damaged.dir}, "night-002"},
		"half a run":     {[]string{half.dir}, "night-003"},
		"undated":        {[]string{undated.dir}, "no time at which it began"},
		"unknown metric": {[]string{n.dir, "--metric", "write_latency_p5"}, "did you mean write_latency_p50"},
		"metric unheld":  {[]string{n.dir, "--metric", "capacity"}, "none of 3 runs has it"},
		"unknown setup":  {[]string{n.dir, "--setup", "n3-hashicorp-multi-a"}, "did you mean n3-hashicorp-multi-az"},
		"bad format":     {[]string{n.dir, "-o", "xml"}, "output format"},
		"bad least":      {[]string{n.dir, "--least", "2 apples"}, "--least"},
		"bad last":       {[]string{n.dir, "--last", "100000"}, "want 1 to 2000 runs"},
		"unwritable":     {[]string{n.dir, "--out", filepath.Join("trend.go", "x")}, "draw the charts"},
	} {
		code, _, stderr := command(t, append([]string{"trend"}, c.args...)...)
		want := exitUsage
		if name == "unwritable" {
			want = exitFailed
		}
		if code != want || !strings.Contains(stderr, c.want) || !strings.Contains("\n"+stderr, "\nerror: ") || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("%s: got %d: %s, want %d and %q", name, code, stderr, want, c.want)
		}
	}
	// A folder given twice, and a copy, count once.
	if err := os.CopyFS(filepath.Join(n.dir, "copy"), os.DirFS(filepath.Join(n.dir, "night-001"))); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := command(t, "trend", "-o", "json", n.dir, n.dir, filepath.Join(n.dir, "night-002"))
	if code != exitOK || strings.Count(stdout, `"run_id"`) != 3 || !strings.Contains(stderr, "is a copy of") {
		t.Errorf("got %d: %s\n%s", code, stderr, stdout)
	}
}

// A foreign folder's texts act neither on a terminal nor on a page.
func TestTrendDefusesForeignTexts(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(12, 2*time.Millisecond, nil)
	n.add(12, 3*time.Millisecond, func(env *results.Environment, _ []results.Trial) {
		env.Commit, env.RunID = "\x1b[31mred\a ![](http://example.org/x.png)\u202e", fmt.Sprintf("=cmd-%d", n.runs)
	})
	for _, format := range []string{"table", "markdown", "csv", "json"} {
		code, stdout, stderr := command(t, "trend", "-o", format, n.dir)
		if code != exitOK || strings.ContainsAny(stdout, "\x1b\a\u202e") || format == "markdown" && strings.Contains(stdout, "![](") || format == "csv" && strings.Contains(stdout, ",=cmd") {
			t.Errorf("%s: got %d, %s\n%.3000q", format, code, stderr, stdout)
		}
	}
}

// A folder's name may come with an archive that somebody else packed: one that would
// write lines of its own, or act on a terminal, is refused and told in quotation marks.
func TestTrendRefusesFoldersWhoseNamesActOnATerminal(t *testing.T) {
	t.Parallel()
	n := newNightly(t)
	n.add(2, 2*time.Millisecond, nil)
	for _, name := range []string{"night\nerror: all is lost", "\x1b[2Jnight", "\u202ethgin"} {
		dir := filepath.Join(n.dir, name)
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(n.dir, "night-001"))); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{n.dir}, {dir}} {
			code, stdout, stderr := command(t, append([]string{"trend"}, args...)...)
			if code != exitUsage || stdout != "" || strings.Count(stderr, "\n") != 2 || strings.ContainsAny(stderr, "\x1b\u202e") || !strings.HasPrefix(stderr, "error: got the folder \"") {
				t.Errorf("got %d and %q, want %d and a refusal in two lines", code, stderr, exitUsage)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
}

// A search that takes minutes ends when it is told to.
func TestTrendIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := history(ctx, nil, summary.HistoryOptions{}); codeOf(err) != exitInterrupted {
		t.Errorf("got %v, want it interrupted", err)
	}
}
