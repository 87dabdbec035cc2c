package main

import (
	"encoding/csv"
	"encoding/json"
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

func TestCompareAnswersFirst(t *testing.T) {
	code, stdout, _ := command(t, "compare", tinyRun, slower(t))
	first, _, _ := strings.Cut(stdout, "\n\n")
	first = strings.ReplaceAll(first, "\n", " ")
	if code != exitOK || first != "Different: write_latency_p50 of n3-hashicorp-multi-az +20 %. Of 15 figures 1 differs, 4 alike to within 5 %, 10 undecided (2 of these could not be tested)." {
		t.Errorf("got %d: %q", code, first)
	}
	setup := ""
	for _, line := range strings.Split(stdout, "\n") {
		if strings.HasPrefix(line, "n") && !strings.Contains(line, " ") {
			setup = line
		}
		if strings.Contains(line, "+20 % [") && (setup != "n3-hashicorp-multi-az" || !strings.HasPrefix(line, "  write_latency_p50 ")) {
			t.Errorf("the change stands at the wrong place, under %s: %s", setup, line)
		}
	}
	for _, want := range []string{"\n  figure ", "[95 %]", " ~ [", " = [", "\n~: no difference can be shown", "\n=: alike", "\np: how probable", "\nn: trials behind", "6+6"} {
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
	run, err := results.Open(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	run.Environment.Hostname = "\x1b[31m![](http://example.org/x.png)"
	run.Environment.FsyncP50NS, run.Environment.Kernel = 3_000_000, ""
	run.Environment.Versions["github.com/hashicorp/raft"] = "v9"
	dir := t.TempDir()
	w, err := results.Create(dir, run.Environment, append(run.Experiment, "# changed\n"...))
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range run.Trials {
		if tr.Nodes != 7 {
			if err := w.Append(tr); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
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
		tr.Windows[0].Latency.P50NS *= 1_000_000
		tr.Windows[0].Latency.P90NS, tr.Windows[0].Latency.Failed = results.Never, 1
		tr.Windows[1].ThroughputOps /= 1_000_000
		tr.Windows[0].NetworkBytes = 0
	})
	code, stdout, _ := command(t, "compare", tinyRun, far)
	if code != exitOK || !strings.Contains(stdout, "+100,000,000 %") && !strings.Contains(stdout, "+99,999,900 %") || !strings.Contains(stdout, " never ") || !strings.Contains(stdout, "+∞") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
}

func TestCompareMistakes(t *testing.T) {
	for _, args := range [][]string{{"compare", tinyRun}, {"compare", tinyRun, t.TempDir()}, {"compare", "-o", "xml", tinyRun, tinyRun}} {
		if code, _, stderr := command(t, args...); code != exitUsage || !strings.HasPrefix(stderr, "error: ") {
			t.Errorf("%q: got %d: %s", args, code, stderr)
		}
	}
}
