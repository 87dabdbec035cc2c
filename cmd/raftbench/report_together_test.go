package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// The committed runs on one page: what each answers, and each run whole.
func TestReportTogether(t *testing.T) {
	t.Parallel()
	out := filepath.Join(t.TempDir(), "both")
	reference, other := "../../results/reference", copyRun(t)
	code, stdout, stderr := raftbench("report", reference, other, "--together", "--out", out)
	if code != exitOK || !strings.Contains(stderr, "report: "+filepath.Join(out, "index.html")) {
		t.Fatalf("got %d: %s", code, stderr)
	}
	for _, want := range []string{"2 runs beside each other", "reference: Run ", "tiny: Run 3", "run tiny"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("stdout lacks %q:\n%s", want, stdout)
		}
	}
	page := read(t, filepath.Join(out, "index.html"))
	for _, want := range []string{`id="run-1-chart-tradeoff"`, `id="run-2-chart-tradeoff"`, `id="run-1-trials-0"`, `id="run-2-again"`, "What makes the runs unlike", "Differs: host ",
		"raftbench report ../../results/reference " + other + " --together"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	seen := map[string]bool{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if seen[m[1]] {
			t.Errorf("the anchor %s stands there twice", m[1])
		}
		seen[m[1]] = true
	}
	if _, err := os.Stat(filepath.Join(other, "report")); err == nil {
		t.Error("a run's own folder was written to")
	}
	code, stdout, stderr = raftbench("report", reference, other, "--together", "--out", out, "-o", "json")
	var data struct {
		Runs []struct{ Run string } `json:"runs"`
	}
	if err := json.Unmarshal([]byte(stdout), &data); err != nil || code != exitOK || len(data.Runs) != 2 || data.Runs[0].Run != "reference" {
		t.Errorf("-o json: got %d, %+v, %v: %s", code, data, err, stderr)
	}
}

// A run that cannot be read is left out, which the page says; the others are told of, and
// the exit code is that of a folder that cannot be read.
func TestReportTogetherWithoutADamagedRun(t *testing.T) {
	t.Parallel()
	good, bad, out := copyRun(t), copyRun(t), filepath.Join(t.TempDir(), "out")
	if err := damage(filepath.Join(bad, "trials.jsonl"), `"kind"`, `"ki`); err != nil {
		t.Fatal(err)
	}
	none := filepath.Join(t.TempDir(), "none")
	code, stdout, stderr := raftbench("report", bad, good, none, "--together", "--out", out)
	if code != exitUsage || !strings.Contains(stderr, "error: 2 of 3 runs are left out") || !strings.Contains(stderr, "\nhint: ") || !strings.Contains(stdout, "run tiny") {
		t.Errorf("got %d, %s and\n%s", code, stdout, stderr)
	}
	page := read(t, filepath.Join(out, "index.html"))
	if !strings.Contains(page, "none: left out, since it cannot be read") || !strings.Contains(page, `id="run-1-answer"`) {
		t.Error("the page does not say what is left out, or lacks the run that is not")
	}
	code, stdout, stderr = raftbench("report", bad, none, "--together", "--out", filepath.Join(t.TempDir(), "x"))
	if code != exitUsage || stdout != "" || !strings.Contains(stderr, "\nhint: ") {
		t.Errorf("none that can be read: got %d, %q and\n%s", code, stdout, stderr)
	}
}

// Where one run alone can be read, nothing is said to stand beside each other, and the
// report does not tell of two.
func TestReportTogetherOfWhichOneCanBeRead(t *testing.T) {
	t.Parallel()
	none, out := filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "out")
	for _, format := range []string{"table", "markdown"} {
		code, stdout, stderr := raftbench("report", copyRun(t), none, "--together", "--out", out, "-o", format)
		if code != exitUsage || !strings.Contains(stderr, "error: 1 of 2 runs is left out, since it cannot be read: ") {
			t.Errorf("-o %s: got %d and %s", format, code, stderr)
		}
		for name, text := range map[string]string{"the output": stdout, "the page": read(t, filepath.Join(out, "index.html"))} {
			flat := strings.Join(strings.Fields(text), " ")
			for _, bad := range []string{"beside each other", "No two of the runs"} {
				if strings.Contains(flat, bad) {
					t.Errorf("-o %s: %s says %q of one run", format, name, bad)
				}
			}
			for _, want := range []string{"1 run, without 1 that cannot be read", "There is no other run to hold this one against"} {
				if !strings.Contains(flat, want) {
					t.Errorf("-o %s: %s lacks %q: %.600s", format, name, want, flat)
				}
			}
		}
	}
}

// Runs that have no figure in common are each shown, and the report says that they have
// none.
func TestReportTogetherOfUnlikeRuns(t *testing.T) {
	t.Parallel()
	other := changed(t, func(tr *results.Trial) { tr.Cell, tr.Engine = "other-"+tr.Cell, "other" })
	code, stdout, stderr := raftbench("report", copyRun(t), other, "--together", "--out", filepath.Join(t.TempDir(), "out"), "-o", "markdown")
	if code != exitOK || !strings.Contains(stdout, "The two runs have no figure in common") || strings.Count(stdout, "\n## ") < 3 {
		t.Errorf("got %d, %s and\n%s", code, stdout, stderr)
	}
}

// One run alone has the report that it has without the flag.
func TestReportTogetherOfOneRun(t *testing.T) {
	t.Parallel()
	dir := copyRun(t)
	if code, _, stderr := raftbench("report", dir, "--together"); code != exitOK {
		t.Fatalf("got %d: %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "report", "tradeoff.png")); err != nil {
		t.Error(err)
	}
}

func TestWhatTogetherCannotDo(t *testing.T) {
	t.Parallel()
	a, b, out := copyRun(t), copyRun(t), filepath.Join(t.TempDir(), "out")
	link := filepath.Join(t.TempDir(), "again")
	full := t.TempDir()
	if err := errors.Join(os.Symlink(a, link), os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	many := strings.Split(strings.Repeat(a+" ", 7), " ")[:7]
	for want, args := range map[string][]string{
		"got no --out":                  {a, b},
		"got one folder twice":          {a, link, "--out", out},
		"got 7 runs, want at most 6":    append(many, "--out", out),
		"holds notes.txt and no report": {a, b, "--out", full},
		"got --only and --together":     {a, b, "--out", out, "--only", "tradeoff"},
		"got --trace and --together":    {a, b, "--out", out, "--trace"},
		`got the output format "pdf"`:   {a, b, "--out", out, "-o", "pdf"},
		"got a title of 121 characters": {a, b, "--out", out, "--title", strings.Repeat("x", 121)},
	} {
		code, stdout, stderr := raftbench(append([]string{"report", "--together"}, args...)...)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("%q: got %d, %q and\n%s\nwant %d, %q and a hint", args, code, stdout, stderr, exitUsage, want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%q: something was written", args)
		}
	}
}
