package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// copyRun copies the made-up run of the results package.
func copyRun(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.CopyFS(dir, os.DirFS("../../results/testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func raftbench(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = Main(context.Background(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// A run ends with its verdict in one line, right before where its files are; a
// report of a run that is long over does not.
func TestARunClosesWithItsVerdict(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	var stdout bytes.Buffer
	if err := printResults(t.Context(), &stdout, io.Discard, dir, "table"); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(stdout.String(), "\n\n"); !strings.HasPrefix(lines[len(lines)-2], "Run 3, or 5 if two may fail at once") ||
		strings.Contains(lines[len(lines)-2], "\n") || !strings.HasPrefix(lines[len(lines)-1], "report: ") {
		t.Errorf("got\n%s\nwant at its end the verdict in a line, and the folder", stdout.String())
	}
	if _, stdout, _ := raftbench("report", dir); strings.Count(stdout, "Run 3, or 5") != 1 {
		t.Errorf("report: got\n%s", stdout)
	}
	stdout.Reset()
	if err := printResults(t.Context(), &stdout, io.Discard, dir, "json"); err != nil || strings.Contains(stdout.String(), "Run 3") {
		t.Errorf("json: %v: got the verdict among it", err)
	}
}

func TestReportRebuildsFromTheFolderAlone(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	code, stdout, stderr := raftbench("report", dir)
	if code != exitOK {
		t.Fatalf("got exit code %d, want 0: %s", code, stderr)
	}
	for _, want := range []string{"survives losing", "write latency", "Network profile multi-az"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
	for _, name := range []string{"summary.json", "report/report.md", "report/tradeoff.png", "report/latency.svg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestReportFormats(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	for format, begins := range map[string]string{"json": "{", "csv": "run_id,", "markdown": "# ", "table": "run tiny"} {
		code, stdout, stderr := raftbench("report", dir, "-o", format)
		if code != exitOK || !strings.HasPrefix(stdout, begins) {
			t.Errorf("-o %s: exit code %d, begins %.20q, want 0 and %q (%s)", format, code, stdout, begins, stderr)
		}
		if format == "json" && !json.Valid([]byte(stdout)) {
			t.Error("-o json prints what is no JSON")
		}
	}
}

func TestReportOfSeveralRuns(t *testing.T) {
	t.Parallel()
	first, second, out := copyRun(t), copyRun(t), t.TempDir()
	code, stdout, stderr := raftbench("report", first, second, "--out", out, "-o", "csv")
	if code != exitOK {
		t.Fatalf("got exit code %d, want 0: %s", code, stderr)
	}
	if n := strings.Count(stdout, "run_id,"); n != 1 {
		t.Errorf("got %d headers, want one over all runs", n)
	}
	for _, name := range []string{"tiny/report.md", "tiny-2/report.md"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(filepath.Join(first, "report")); err == nil {
		t.Error("--out was given, and yet the run's folder was written to")
	}
}

// What is wrong with a folder is usage: exit code 2, what was wanted, a hint,
// nothing printed and nothing written.
func TestReportOfDamagedFolders(t *testing.T) {
	t.Parallel()
	cases := map[string]func(dir string) error{
		"no run": func(dir string) error { return os.Remove(filepath.Join(dir, "trials.jsonl")) },
		"torn":   func(dir string) error { return damage(filepath.Join(dir, "trials.jsonl"), `"kind"`, `"ki`) },
		"newer": func(dir string) error {
			return damage(filepath.Join(dir, "trials.jsonl"), `"schema_version":2`, `"schema_version":99`)
		},
		"no host": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "environment.json"), []byte("{"), 0o644)
		},
		"a host before its time": func(dir string) error {
			return damage(filepath.Join(dir, "environment.json"), `"fsync_p50_ns": `, `"fsync_p50_ns": -`)
		},
		"a host of a billion cores": func(dir string) error {
			return damage(filepath.Join(dir, "environment.json"), `"cores": `, `"cores": 10000000`)
		},
		"no trial":      func(dir string) error { return os.Truncate(filepath.Join(dir, "trials.jsonl"), 0) },
		"no YAML":       func(dir string) error { return harmExperiment(dir, "nodes: [3") },
		"no experiment": func(dir string) error { return harmExperiment(dir, "") },
		"text":          func(dir string) error { return harmExperiment(dir, "garbage\n") },
		"not there":     os.RemoveAll,
	}
	for name, harm := range cases {
		t.Run(name, func(t *testing.T) {
			good, bad := copyRun(t), copyRun(t)
			if err := harm(bad); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := raftbench("report", good, bad)
			if code != exitUsage {
				t.Errorf("got exit code %d, want %d: %s", code, exitUsage, stderr)
			}
			if stdout != "" {
				t.Errorf("got %q on stdout, want nothing", stdout)
			}
			if !strings.Contains(stderr, "error: ") || !strings.Contains(stderr, "hint: ") || strings.Contains(stderr, "goroutine") {
				t.Errorf("got %q, want an error and a hint", stderr)
			}
			if _, err := os.Stat(filepath.Join(good, "report")); err == nil {
				t.Error("a report of the other run was written")
			}
		})
	}
}

func harmExperiment(dir, text string) error {
	return os.WriteFile(filepath.Join(dir, "experiment.yaml"), []byte(text), 0o644)
}

// What cannot be told of cannot be judged or compared either.
func TestEveryReaderRefusesADamagedFolder(t *testing.T) {
	t.Parallel()
	empty, broken := copyRun(t), copyRun(t)
	err := errors.Join(os.Truncate(filepath.Join(empty, "trials.jsonl"), 0), harmExperiment(broken, "name: x\nnodes: [3"))
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"report"}, {"gate"}, {"compare", copyRun(t)}} {
		for dir, want := range map[string]string{
			empty:  "trials.jsonl: holds no finished trial, want at least one",
			broken: "experiment.yaml:2:8: ",
		} {
			code, stdout, stderr := raftbench(append(args, dir)...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "\nhint: ") {
				t.Errorf("%s: got %d, %q and %q, want %d and %q", args[0], code, stdout, stderr, exitUsage, want)
			}
		}
	}
}

// An experiment in words that this build does not know is another build's: its
// trials are told of, but whether the run is whole cannot be judged.
func TestAnExperimentOfAnotherBuild(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	if err := harmExperiment(dir, "name: x\nflux_capacitor: 3\n"); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := raftbench("report", dir); code != exitOK || !strings.Contains(stderr, "warning: ") ||
		!strings.Contains(stderr, "flux_capacitor") || !strings.Contains(stdout, "survives losing") {
		t.Errorf("report: got %d and %q", code, stderr)
	}
	if code, _, stderr := raftbench("gate", dir); code != exitUsage || !strings.Contains(stderr, "flux_capacitor") {
		t.Errorf("gate: got %d and %q, want %d", code, stderr, exitUsage)
	}
}

func damage(path, from, to string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, bytes.Replace(text, []byte(from), []byte(to), 1), 0o644)
}

func TestReportRefusesWhatItCannotDo(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"report"}, exitUsage},
		{[]string{"report", dir, "-o", "pdf"}, exitUsage},
		{[]string{"report", dir, "--out", filepath.Join(blocked, "x")}, exitUsage},
	} {
		if code, _, stderr := raftbench(c.args...); code != c.code || !strings.Contains(stderr, "hint: ") {
			t.Errorf("%v: got exit code %d and %q, want %d and a hint", c.args, code, stderr, c.code)
		}
	}
}

// A report replaces files only where an earlier one stands.
func TestAReportWantsAFolderOfItsOwn(t *testing.T) {
	t.Parallel()
	dir, out := copyRun(t), t.TempDir()
	mine := filepath.Join(out, "report.md")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := command(t, "report", dir, "--out", out)
	if code != exitUsage || !strings.Contains(stderr, out+": holds report.md and no report; a report wants a folder of its own\nhint: name a new or empty folder with --out") {
		t.Errorf("got %d: %s", code, stderr)
	}
	if text, err := os.ReadFile(mine); string(text) != "mine" {
		t.Errorf("the user's file is %q, %v", text, err)
	}
	own := filepath.Join(t.TempDir(), "own")
	for _, what := range []string{"a new folder", "an earlier report's"} {
		if code, _, stderr := command(t, "report", dir, "--out", own); code != exitOK {
			t.Errorf("%s: got %d: %s", what, code, stderr)
		}
	}
}

// A link in a run's folder leads a report nowhere else, and says so.
func TestALinkedReportFolderIsRefused(t *testing.T) {
	t.Parallel()
	dir, outside := copyRun(t), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "report")); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := command(t, "report", dir)
	if code != exitUsage || !strings.Contains(stderr, "report: is a link to outside of the run's folder") || !strings.Contains(stderr, "\nhint: remove the link, or name the folder that you mean with --out") {
		t.Errorf("got %d: %s", code, stderr)
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("something was written outside: %v, %v", left, err)
	}
	if code, _, stderr := command(t, "report", dir, "--out", outside); code != exitOK {
		t.Errorf("a folder that was named: got %d: %s", code, stderr)
	}
}

// Where the reports of several runs go is looked at before the first is written: half of
// them would be taken for all. No two of them go into one folder, whatever the runs are
// called.
func TestFoldersOfSeveralReportsAreCheckedFirst(t *testing.T) {
	t.Parallel()
	named := func(name string) string {
		dir := filepath.Join(t.TempDir(), name)
		if err := os.Rename(copyRun(t), dir); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	runs := []string{"report", named("a"), named("a"), named("a-2")}
	for name, spoil := range map[string]func(path string) error{
		"holds notes.txt and no report": func(path string) error {
			return errors.Join(os.Mkdir(path, 0o755), os.WriteFile(filepath.Join(path, "notes.txt"), []byte("mine"), 0o600))
		},
		"is a file, want a folder": func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		out := t.TempDir()
		if err := spoil(filepath.Join(out, "a-2")); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := raftbench(append(runs, "--out", out)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, filepath.Join(out, "a-2")+": "+name) || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("%s: got %d, %q and\n%s", name, code, stdout, stderr)
		}
		if _, err := os.Stat(filepath.Join(out, "a")); err == nil {
			t.Errorf("%s: the first report was written before the second was refused", name)
		}
	}
	out := t.TempDir()
	if code, _, stderr := raftbench(append(runs, "--out", out)...); code != exitOK {
		t.Fatalf("got %d and\n%s", code, stderr)
	}
	pages, err := filepath.Glob(filepath.Join(out, "*", "report.md"))
	if err != nil || len(pages) != 3 {
		t.Errorf("got the pages %v, %v, want one of each run", pages, err)
	}
}
