package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// slower is the tiny run with three nodes a fifth slower.
func slower(t *testing.T) string {
	t.Helper()
	return changed(t, func(tr *results.Trial) {
		if tr.Nodes == 3 && tr.Kind == results.Measure {
			tr.Windows[0].Latency.P50NS = tr.Windows[0].Latency.P50NS * 6 / 5
		}
	})
}

// withSpread measures the spread of runs of the tiny experiment whose figures
// are off by these shares, and keeps it beside a run's folder.
func withSpread(t *testing.T, dir string, off ...float64) string {
	t.Helper()
	var runs []*results.Run
	for _, share := range off {
		run, err := results.Open(changed(t, func(tr *results.Trial) {
			for i := range tr.Windows {
				l := &tr.Windows[i].Latency
				for _, v := range []*results.Nanos{&l.P50NS, &l.P90NS, &l.P99NS, &l.P999NS, &l.MaxNS} {
					*v += results.Nanos(share * float64(*v))
				}
				tr.Windows[i].ThroughputOps *= 1 + share
			}
		}))
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	s, err := summary.SpreadOf(runs)
	if err != nil {
		t.Fatal(err)
	}
	path, err := s.Write(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func firstLine(text string) string {
	first, _, _ := strings.Cut(text, "\n\n")
	return strings.ReplaceAll(first, "\n", " ")
}

// What two stored runs differ by is told apart from what the host did between
// them only by repeats: without any, nothing is called different.
func TestCompareKnowsTheSpreadOrSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		off         []float64
		first, also string
	}{
		"unknown": {
			nil, "Not side by side, spread unknown: nothing is called different. What the host did between the two runs may be all that the changes show.",
			"raftbench run --repeat 6",
		},
		"narrow": {
			[]float64{0, 0.01, -0.01, 0.005, -0.005, 0},
			"Different: write_latency_p50 of n3-hashicorp-multi-az +20 %. Of 15 figures 1 differs, 14 alike to within 5 %, 0 undecided.",
			"Not side by side: the ranges hold what 6 runs of one build",
		},
		"wide": {
			[]float64{0, 0.1, -0.1, 0.05, -0.05, 0},
			"No difference was found. Of 15 figures 0 differ, 0 alike to within 5 %, 15 undecided.",
			"~ [",
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := slower(t)
			if c.off != nil {
				withSpread(t, dir, c.off...)
			}
			code, stdout, stderr := command(t, "compare", tinyRun, dir)
			if code != exitOK || firstLine(stdout) != c.first || !strings.Contains(strings.ReplaceAll(stdout, "\n  ", " "), c.also) {
				t.Errorf("got %d: %q, want %q, and %q in\n%s%s", code, firstLine(stdout), c.first, c.also, stdout, stderr)
			}
			fits(t, stdout)
		})
	}
}

// A spread of another experiment or host is not taken; named, it is refused. A
// damaged one is warned of.
func TestCompareTakesNoOtherSpread(t *testing.T) {
	dir := slower(t)
	path := withSpread(t, dir, 0, 0.01, -0.01)
	elsewhere := changedRun(t, func(run *results.Run) { run.Environment.Cores = 64 })
	if code, _, stderr := command(t, "compare", "--spread", path, tinyRun, elsewhere); code != exitUsage || !strings.Contains(stderr, "another experiment or class of host") {
		t.Errorf("got %d: %s", code, stderr)
	}
	if code, stdout, _ := command(t, "compare", dir, elsewhere); code != exitOK || !strings.Contains(stdout, "spread unknown") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
	if code, stdout, _ := command(t, "compare", "--spread", path, tinyRun, tinyRun); code != exitOK || !strings.HasPrefix(stdout, "No difference was found") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := command(t, "compare", tinyRun, dir); code != exitOK || !strings.Contains(stdout, "spread unknown") || !strings.Contains(stderr, "warning: "+path) {
		t.Errorf("damaged: got %d: %s\n%s", code, stderr, stdout)
	}
	if code, _, stderr := command(t, "compare", "--spread", path, tinyRun, dir); code != exitUsage || !strings.Contains(stderr, "\nhint: ") {
		t.Errorf("damaged and named: got %d: %s", code, stderr)
	}
}

func TestCompareAnswersFirst(t *testing.T) {
	dir := slower(t)
	withSpread(t, dir, 0, 0.01, -0.01, 0.005, -0.005, 0)
	_, stdout, _ := command(t, "compare", tinyRun, dir)
	setup := ""
	for _, line := range strings.Split(stdout, "\n") {
		if strings.HasPrefix(line, "n") && !strings.Contains(line, " ") {
			setup = line
		}
		if strings.Contains(line, "+20 % [") && (setup != "n3-hashicorp-multi-az" || !strings.HasPrefix(line, "  write_latency_p50 ")) {
			t.Errorf("the change stands at the wrong place, under %s: %s", setup, line)
		}
	}
	for _, want := range []string{"\n  figure ", "[95 %]", " = [", "\n=: alike", "\np: how probable", "\nn: trials behind", "6+6"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing:\n%s", want, stdout)
		}
	}
	fits(t, stdout)
}

func TestCompareLeavesOutWhatIsTheSame(t *testing.T) {
	dir := slower(t)
	_, stdout, _ := command(t, "compare", tinyRun, dir)
	if !strings.Contains(strings.ReplaceAll(stdout, "\n  ", " "), "figures the same in every trial of both runs left out; --all shows them") || strings.Contains(stdout, "fsyncs_per_write") {
		t.Errorf("what is the same in every trial is not left out:\n%s", stdout)
	}
	_, all, _ := command(t, "compare", "--all", tinyRun, dir)
	if !strings.Contains(all, "saturate_client_cpu_seconds_per_kwrite\n") || strings.Contains(all, "left out") {
		t.Errorf("--all leaves something out, or a long name has no line of its own:\n%s", all)
	}
	fits(t, all)
}

// What people read, what programs read and the page hold one decision.
func TestCompareFormatsAgree(t *testing.T) {
	dir := slower(t)
	withSpread(t, dir, 0, 0.01, -0.01, 0.005, -0.005, 0)
	code, stdout, _ := command(t, "compare", "-o", "json", tinyRun, dir)
	var c summary.Comparison
	if err := json.Unmarshal([]byte(stdout), &c); code != exitOK || err != nil || len(c.Changes) == 0 {
		t.Fatalf("json: got %d, %v", code, err)
	}
	found := 0
	for _, ch := range c.Changes {
		if ch.Decided == stats.Found {
			found++
		}
	}
	code, stdout, _ = command(t, "compare", "-o", "csv", tinyRun, dir)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != exitOK || err != nil || len(rows) != len(c.Changes)+1 || strings.Count(stdout, ","+string(stats.Found)+",") != found {
		t.Errorf("csv: got %d, %v, %d rows for %d changes, %d found", code, err, len(rows), len(c.Changes), found)
	}
	if code, stdout, _ := command(t, "compare", "-o", "markdown", tinyRun, dir); code != exitOK || !strings.Contains(stdout, "\n| setup | figure |") || !strings.HasPrefix(stdout, "Different: ") {
		t.Errorf("markdown: got %d:\n%s", code, stdout)
	}
}

// The runs' own texts act neither on a terminal nor on a page, and what makes
// the runs unlike is said.
func TestCompareSaysWhatMakesRunsUnlike(t *testing.T) {
	dir := changedRun(t, func(run *results.Run) {
		run.Environment.Hostname = "\x1b[31m![](http://example.org/x.png)"
		run.Environment.FsyncP50NS, run.Environment.Kernel = 3_000_000, ""
		run.Environment.Versions["github.com/hashicorp/raft"] = "v9"
		run.Experiment = append(run.Experiment, "# changed\n"...)
		run.Trials = slices.DeleteFunc(run.Trials, func(tr results.Trial) bool { return tr.Nodes == 7 })
	})
	_, text, _ := command(t, "compare", tinyRun, dir)
	flat := strings.ReplaceAll(text, "\n  ", " ")
	for _, want := range []string{
		"Unlike: the hosts, example and now �[31m![](http://example.org/x.png).", "Unlike: the kernels, 6.12.0 and now not on record.",
		"Unlike: the medians of the fsync probe, 290 µs and now 3.00 ms.", "Unlike: the versions of github.com/hashicorp/raft, v1.8.0 and now v9.",
		"The experiments differ", "In the old run only: n7-hashicorp-multi-az.",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	fits(t, text)
	if _, page, _ := command(t, "compare", "-o", "markdown", tinyRun, dir); strings.Contains(page, "![](") || strings.Contains(page+text, "\x1b") {
		t.Errorf("a live image or an escape:\n%s", page)
	}
}

// Figures that are off by orders of magnitude, or that never came back, are
// shown like all others.
func TestCompareOfWhatIsFarApart(t *testing.T) {
	far := changed(t, func(tr *results.Trial) {
		if tr.Kind != results.Measure {
			return
		}
		l := &tr.Windows[0].Latency
		l.P50NS *= 1_000_000
		l.P90NS, l.P99NS, l.P999NS, l.MaxNS, l.Failed = results.Never, results.Never, results.Never, results.Never, 1
		tr.Windows[1].ThroughputOps /= 1_000_000
		tr.Windows[0].NetworkBytes = 0
	})
	code, stdout, _ := command(t, "compare", tinyRun, far)
	if code != exitOK || !strings.Contains(stdout, "+100,000,000 %") && !strings.Contains(stdout, "+99,999,900 %") || !strings.Contains(stdout, " never ") || !strings.Contains(stdout, "+∞") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
}

// changedRun copies the tiny run, changed.
func changedRun(t *testing.T, change func(*results.Run)) string {
	t.Helper()
	run, err := results.Open(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	change(run)
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, run.Environment, run.Experiment)
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range run.Trials {
		err = errors.Join(err, w.Append(tr))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestCompareMistakes(t *testing.T) {
	for _, args := range [][]string{{"compare", tinyRun}, {"compare", tinyRun, t.TempDir()}, {"compare", "-o", "xml", tinyRun, tinyRun}} {
		if code, _, stderr := command(t, args...); code != exitUsage || !strings.HasPrefix(stderr, "error: ") {
			t.Errorf("%q: got %d: %s", args, code, stderr)
		}
	}
}
