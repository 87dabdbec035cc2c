package report

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// tiny is a copy of the made-up run that the results package keeps, with its
// summary.
func tiny(t *testing.T) (*results.Run, summary.Summary) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.CopyFS(dir, os.DirFS("../results/testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	s, err := summary.Build(run)
	if err != nil {
		t.Fatal(err)
	}
	return run, s
}

func TestWriteMakesTheWholeReport(t *testing.T) {
	run, s := tiny(t)
	paths, err := Write("", run, s)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		if filepath.Dir(p) != filepath.Join(run.Dir, Dir) {
			t.Errorf("%s is not in the run's report folder", p)
		}
		names = append(names, filepath.Base(p))
	}
	want := []string{
		"report.md", "report.txt", "report.csv", "tradeoff.png", "tradeoff.svg",
		"throughput.png", "throughput.svg", "latency.png", "latency.svg",
		"trials.csv", "trials.bench",
	}
	for _, n := range []string{"n1", "n3", "n4", "n5", "n7"} {
		want = append(want, n+"-hashicorp-multi-az.hgrm")
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	page, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"](tradeoff.png)", "](throughput.png)", "](latency.png)", "64 clients", "† 7 nodes"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}

	// Written again it leaves nothing but its files, and the same.
	before := contents(t, paths)
	second, err := Write("", run, s)
	if err != nil {
		t.Fatal(err)
	}
	for path, text := range contents(t, second) {
		if !bytes.Equal(text, before[path]) {
			t.Errorf("%s differs the second time", path)
		}
	}
	entries, err := os.ReadDir(filepath.Join(run.Dir, Dir))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(second) {
		t.Errorf("%d files stand there, want the %d of the report", len(entries), len(second))
	}
}

// A report without its histograms has no latency chart, and leaves none of the
// one before; what the user put there stays.
func TestWriteLeavesNoChartOfAnEarlierReport(t *testing.T) {
	run, s := tiny(t)
	if _, err := Write("", run, s); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(run.Dir, Dir, name) }
	own := []string{"latency-2.png", "mine.png", "curve.svg", "n9-hashicorp-multi-az.hgrm", "notes.md"}
	for _, name := range own {
		if err := os.WriteFile(in(name), []byte("the user's"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	logs, _ := filepath.Glob(filepath.Join(run.Dir, "trials", "*.hlog"))
	for _, path := range logs {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := Write("", run, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"latency.png", "latency.svg", "n3-hashicorp-multi-az.hgrm"} {
		if _, err := os.Stat(in(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is of the earlier report: got %v, want it gone", name, err)
		}
	}
	entries, err := os.ReadDir(in(""))
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(paths)+len(own) {
		t.Errorf("%d files stand there, want %d of the report and %d of the user", len(entries), len(paths), len(own))
	}
}

// A folder that holds no report keeps everything, by whatever name.
func TestWriteTakesNoFilesOfAFolderWithoutAReport(t *testing.T) {
	run, s := tiny(t)
	dir := t.TempDir()
	for name, text := range map[string]string{"curve.png": "x", "report.md": "# Mine\n![c](curve.png)\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Write(dir, run, s); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "curve.png")); err != nil {
		t.Error(err)
	}
}

func contents(t *testing.T, paths []string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		out[p] = b
	}
	return out
}

// Where a file cannot be put, what stood there stays and no temporary file is
// left.
func TestReplaceThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	blocked := filepath.Join(dir, "report.md")
	if err := os.MkdirAll(filepath.Join(blocked, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := replace(blocked, []byte("new")); err == nil {
		t.Fatal("no error, want one: a folder is in the way")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 1 {
		t.Errorf("%d entries are left, want the one that was there", len(entries))
	}
}

func TestWriteSaysWhereItCannot(t *testing.T) {
	run, s := tiny(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s.Cells = nil // nothing to draw: only the way is of interest
	_, err := Write(filepath.Join(file, "report"), run, s)
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "make the report's folder") {
		t.Errorf("got %v, want an error that names what was tried", err)
	}
}

// A damaged histogram is an error of the folder, with what to do.
func TestDamagedHistogramIsAnErrorOfTheFolder(t *testing.T) {
	run, s := tiny(t)
	path := filepath.Join(run.Dir, "trials", "n3-hashicorp-multi-az-1.hlog")
	if err := os.WriteFile(path, []byte("Tag=calm.latency,0,1,2,damage\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Write("", run, s)
	var damaged *results.Error
	if !errors.As(err, &damaged) || damaged.Path != path || damaged.Do == "" {
		t.Errorf("got %v, want a *results.Error of %s with a hint", err, path)
	}
	if _, err := os.Stat(filepath.Join(run.Dir, Dir)); err == nil {
		t.Error("a report was begun, want none")
	}
}

func TestOptionsComeFromTheRun(t *testing.T) {
	run, _ := tiny(t)
	run.Experiment = []byte("name: x\nlabel: \"quick: one trial\"\nunknown_to_us: [1, 2]\n")
	if o := OptionsFor(run); o.Label != "quick: one trial" || o.Clients != 64 {
		t.Errorf("got %+v, want the label and 64 clients", o)
	}
	run.Experiment = []byte(":\n  - not yaml [")
	if o := OptionsFor(run); o.Label != "" {
		t.Errorf("got label %q of what cannot be read, want none", o.Label)
	}
}

// Curves rest on valid measuring trials alone: the latest attempt of each.
func TestPoolLeavesOutInvalidTrials(t *testing.T) {
	run, s := tiny(t)
	ds, window, err := pool(run, groups(s))
	if err != nil {
		t.Fatal(err)
	}
	if window != results.WindowCalm || len(ds) != len(s.Cells) {
		t.Fatalf("got %d distributions of the window %q, want %d of the calm one", len(ds), window, len(s.Cells))
	}
	for _, d := range ds {
		want := int64(0)
		for _, tr := range run.Latest() {
			if tr.Cell == d.cell.Cell && tr.Valid && tr.Kind == results.Measure {
				want += tr.Windows[0].Latency.Count
			}
		}
		if got := d.h.TotalCount(); got != want {
			t.Errorf("%s: got %d samples, want the %d of its valid trials", d.cell.Cell, got, want)
		}
	}
}

// What was not real is said in every table and chart.
func TestWhatWasNotRealIsSaid(t *testing.T) {
	run, s := tiny(t)
	run.Experiment = []byte("storage: {sync: [real, 2ms]}\nnetwork: {message_faults: {drop: 1%}}\n")
	run.Trials[0].Durable = false
	o := OptionsFor(run)
	for _, want := range []string{"Emulated disk", "Message faults", "Not durable"} {
		if text := table(t, s, o); !strings.Contains(text, want) {
			t.Errorf("the table lacks %q:\n%s", want, text)
		}
		sub := subjectOf(s)
		sub.options = o
		if c, _ := tradeoff(sub); !strings.Contains(texts(c), want) {
			t.Errorf("the chart lacks %q:\n%s", want, texts(c))
		}
	}
	run, _ = tiny(t)
	run.Experiment = []byte("storage: {sync: real}\nnetwork: {message_faults: {drop: 0%, max_delay: 5ms}}\n")
	if o := OptionsFor(run); len(o.Emulated) > 0 {
		t.Errorf("got %q of a real disk, want nothing", o.Emulated)
	}
}
