package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// tiny is a copy of the made-up run that the results package keeps.
func tiny(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.CopyFS(dir, os.DirFS("../results/testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// open reads a run and gathers its report, as the command does.
func open(t *testing.T, dir string) *Report {
	t.Helper()
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	return New(run, a, Options{Source: source})
}

// tinyFiles are those of the tiny run's report, drawn once: charts take a second,
// and ten times that under the race detector. Tests of where files go put these.
var tinyFiles = sync.OnceValues(func() ([]file, error) {
	run, err := results.Open("../results/testdata/tiny")
	if err != nil {
		return nil, err
	}
	a, err := summary.Analyse(run)
	if err != nil {
		return nil, err
	}
	return New(run, a, Options{Source: source}).files()
})

// put writes the tiny run's report into dir, a copy of that run, as Write does.
func put(t *testing.T, dir string) error {
	t.Helper()
	files, err := tinyFiles()
	if err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = (&Report{run: run}).put(t.Context(), "", files)
	return err
}

func TestWriteMakesTheWholeReport(t *testing.T) {
	dir := tiny(t)
	paths, err := open(t, dir).Write(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range paths {
		if filepath.Base(filepath.Dir(p)) != Dir {
			t.Errorf("%s is not in the run's report folder", p)
		}
		names = append(names, filepath.Base(p))
	}
	want := []string{
		PageFile, "report.md", "report.txt", "report.csv", toleranceFile, "tradeoff.png", "tradeoff.svg",
		"tolerance.png", "tolerance.svg",
		"throughput.png", "throughput.svg", "resources.png", "resources.svg", "downtime.png", "downtime.svg", "latency.png", "latency.svg",
		"trials.csv", "trials.bench",
	}
	for _, n := range []string{"n1", "n3", "n4", "n5", "n7"} {
		want = append(want, n+"-hashicorp-multi-az.hgrm")
	}
	if want = append(want, manifestFile); !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	page := read(t, filepath.Join(dir, Dir, pageFile))
	for _, want := range []string{"](tradeoff.png)", "](throughput.png)", "](latency.png)", "64 clients", "the leader or the term changed"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	// Written again it leaves nothing but its files, and the same.
	before := contents(t, filepath.Join(dir, Dir))
	if _, err := open(t, dir).Write(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	after := contents(t, filepath.Join(dir, Dir))
	if len(after) != len(paths) {
		t.Errorf("%d files stand there, want the %d of the report", len(after), len(paths))
	}
	for name, text := range after {
		if !bytes.Equal(text, before[name]) {
			t.Errorf("%s differs the second time", name)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, e := range entries {
		out[e.Name()] = []byte(read(t, filepath.Join(dir, e.Name())))
	}
	return out
}

// A report without its histograms has no latency chart, and leaves none of the
// one before; what the user put there stays, whatever it is called.
func TestWriteLeavesNothingOfAnEarlierReport(t *testing.T) {
	dir := tiny(t)
	if err := put(t, dir); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, Dir, name) }
	own := []string{"latency-2.png", "mine.png", "curve.svg", "n9-hashicorp-multi-az.hgrm", "notes.md"}
	for _, name := range own {
		if err := os.WriteFile(in(name), []byte("the user's"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	logs, _ := filepath.Glob(filepath.Join(dir, "trials", "*.hlog"))
	for _, path := range logs {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	paths, err := open(t, dir).Write(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"latency.png", "latency.svg", "n3-hashicorp-multi-az.hgrm"} {
		if _, err := os.Stat(in(name)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is of the earlier report: got %v, want it gone", name, err)
		}
	}
	if n := len(contents(t, in(""))); n != len(paths)+len(own) {
		t.Errorf("%d files stand there, want %d of the report and %d of the user", n, len(paths), len(own))
	}
	if !strings.Contains(read(t, in(pageFile)), "without a histogram file (.hlog) that can be read") {
		t.Error("the page does not say that the histograms are gone")
	}
}

// A list of files may come from anybody: it can name what a report writes, and
// nothing else.
func TestAForeignListRemovesNothingOfTheUsers(t *testing.T) {
	dir := tiny(t)
	if err := os.MkdirAll(filepath.Join(dir, Dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	names := []string{"../environment.json", "../trials.jsonl", "notes.md", "sub/latency.png", "/etc/hostname", "..", ".", "", "latency.png/..", "sub"}
	for _, name := range []string{"notes.md", "sub/latency.png"} {
		if err := os.WriteFile(filepath.Join(dir, Dir, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	list, err := json.Marshal(manifest{names})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{
		"names": list, "no JSON": []byte("{"), "another shape": []byte(`{"files": {"a": 1}}`), "huge": bytes.Repeat([]byte(" "), maxManifest+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, Dir, manifestFile), text, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := put(t, dir); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, path := range []string{"environment.json", "trials.jsonl", "report/notes.md", "report/sub/latency.png"} {
			if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// Where a file cannot be put, what stood there stays and no temporary file is
// left.
func TestWriteThatFailsLeavesNothing(t *testing.T) {
	dir := tiny(t)
	blocked := filepath.Join(dir, Dir, PageFile)
	if err := os.MkdirAll(filepath.Join(blocked, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := put(t, dir); err == nil {
		t.Fatal("no error, want one: a folder is in the way")
	}
	for name := range dirNames(t, filepath.Join(dir, Dir)) {
		if name != PageFile && name != manifestFile {
			t.Errorf("%s is left", name)
		}
	}
}

func dirNames(t *testing.T, dir string) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, e := range entries {
		out[e.Name()] = true
	}
	return out
}

func TestWriteSaysWhereItCannot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := reportOf(summary.Summary{}).Write(t.Context(), filepath.Join(file, "report"))
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "make the report's folder") {
		t.Errorf("got %v, want an error that names what was tried", err)
	}
}

// Curves rest on valid measuring trials alone: the latest attempt of each.
func TestCurvesLeaveOutInvalidTrials(t *testing.T) {
	r := open(t, tiny(t))
	ds := r.distributions()
	if len(ds) != len(r.summary.Cells) {
		t.Fatalf("got %d distributions, want %d", len(ds), len(r.summary.Cells))
	}
	for _, d := range ds {
		want := int64(0)
		for _, tr := range r.run.Latest() {
			if tr.Cell == d.cell.Cell && tr.Valid && tr.Kind == results.Measure {
				want += tr.Windows[0].Latency.Count
			}
		}
		if got := d.pool.Histogram.TotalCount(); got != want {
			t.Errorf("%s: got %d samples, want the %d of its valid trials", d.cell.Cell, got, want)
		}
	}
}

// Where no window had a light load, the full load's figures stand in, and are
// called so.
func TestFullLoadAloneIsCalledSo(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		for _, name := range []string{figures.WriteP50, figures.WriteP90, figures.WriteP99} {
			s.Cells[i].Metrics[figures.FullPrefix+name] = s.Cells[i].Metrics[name]
			delete(s.Cells[i].Metrics, name)
		}
	}
	for i := range s.Differences {
		if s.Differences[i].Metric == figures.WriteP50 {
			s.Differences[i].Metric = figures.FullPrefix + figures.WriteP50
		}
	}
	text := strings.Join(strings.Fields(table(t, s, 100)), " ")
	for _, want := range []string{"write latency, full load", "1.74 ms", "use: a write at full load"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// A report may remove every file that an earlier one wrote: none of its charts, tables or
// lists is unknown to the next report.
func TestEveryFileIsAReportsOwn(t *testing.T) {
	names := []string{safetyFile, faultsFile, toleranceFile, "writepath.png", "writepath-2.svg"}
	files, err := tinyFiles()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.name)
	}
	sources, err := filepath.Glob("chart*.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("got %d sources of charts and %v", len(sources), err)
	}
	named := regexp.MustCompile(`(?:r\.base|numbered|eachDrawn)\("([a-z]+)"`)
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllSubmatch(source, -1) {
			names = append(names, string(m[1])+".png", string(m[1])+"-2.svg")
		}
	}
	for _, name := range names {
		if !ownNames.MatchString(name) {
			t.Errorf("%s would be left behind by the next report", name)
		}
	}
}
