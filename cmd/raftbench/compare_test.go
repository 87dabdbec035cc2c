package main

import (
	"bytes"
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
	t.Parallel()
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
			"Different: write_latency_p50 of n3-hashicorp-multi-az +20 %. Of 15 figures 1 differs, 1 alike to within 5 %, 13 undecided.",
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
	t.Parallel()
	dir := slower(t)
	path := withSpread(t, dir, 0, 0.01, -0.01)
	elsewhere := changedRun(t, func(run *results.Run) { run.Environment.Cores = 64 })
	if code, _, stderr := command(t, "compare", "--spread", path, tinyRun, elsewhere); code != exitUsage || !strings.Contains(stderr, "another experiment or class of host") {
		t.Errorf("got %d: %s", code, stderr)
	}
	if code, stdout, _ := command(t, "compare", dir, elsewhere); code != exitOK || !strings.HasPrefix(stdout, "Not comparable: cores 2 → 64.") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
	if code, stdout, _ := command(t, "compare", "--spread", path, tinyRun, changedRun(t, func(*results.Run) {})); code != exitOK || !strings.HasPrefix(stdout, "No difference was found") {
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

// A figure has a table, in which a change stands in its setup's row.
func TestCompareHasATableAFigure(t *testing.T) {
	t.Parallel()
	dir := slower(t)
	withSpread(t, dir, 0, 0.01, -0.01, 0.005, -0.005, 0)
	_, stdout, _ := command(t, "compare", tinyRun, dir)
	_, table, _ := strings.Cut(stdout, "\nwrite_latency_p50\n")
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	want := []string{"setup old new change [95 %]", "n1 ", "n3 1.73 ms ± 7 % 2.07 ms ± 7 % +20 % [+10, +31] (p=.03 n=6+6)", "n4 ", "n5 ", "n7 2.32 ms ± ∞ ", "geomean 1.49 ms 1.55 ms (+3.7 %)"}
	if len(rows) != len(want) {
		t.Fatalf("got %d rows, want %d:\n%s", len(rows), len(want), stdout)
	}
	for i, row := range rows {
		if got := strings.Join(strings.Fields(row), " "); !strings.HasPrefix(got, want[i]) {
			t.Errorf("got the row %q, want %q", got, want[i])
		}
	}
	for _, want := range []string{"setups: …-hashicorp-multi-az\n", " = [", "\n=: alike", "\np: how probable", "\nn: trials behind", "\ngeomean: ", "\n±: "} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing:\n%s", want, stdout)
		}
	}
	fits(t, stdout)
}

// A remark stays on the number that it weakens, in whichever run, and is worded
// below.
func TestCompareKeepsRemarksOnTheNumbers(t *testing.T) {
	t.Parallel()
	dir := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 3 && tr.Kind == results.Measure {
			tr.Remarks = append(tr.Remarks, results.Remark{
				Code: results.CodeHalvesDiffer, Severity: results.Doubtful, Window: results.WindowCalm, Got: 0.5, Want: 0.05, Unit: results.UnitShare,
			})
		}
	})
	_, stdout, _ := command(t, "compare", tinyRun, dir)
	flat := strings.Join(strings.Fields(stdout), " ")
	for _, want := range []string{"n3 1.73 ms ± 7 % 1.73 ms ± 7 %† ~", "† new: Light load: the second half's median latency was at worst 50 % above the first half's. It can have moved, of 3 nodes: write p50 and write p90 by at most 50 %"} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing:\n%s", want, stdout)
		}
	}
	_, stdout, _ = command(t, "compare", "-o", "csv", tinyRun, dir)
	rows := csvRows(t, stdout)
	for _, row := range rows {
		if row["setup"] == "n3-hashicorp-multi-az" && row["metric"] == "write_latency_p50_ns" && (row["new_doubts"] != string(results.CodeHalvesDiffer) || row["old_doubts"] != "") {
			t.Errorf("csv: got %v", row)
		}
	}
}

// csvRows are the rows of a CSV by their columns' names.
func csvRows(t *testing.T, text string) []map[string]string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(all) == 0 {
		t.Fatalf("csv: %v\n%s", err, text)
	}
	var out []map[string]string
	for _, row := range all[1:] {
		named := map[string]string{}
		for i, name := range all[0] {
			named[name] = row[i]
		}
		out = append(out, named)
	}
	return out
}

// Each later run is held against the first, below each other on a terminal; all
// questions about all of them are one family.
func TestCompareTakesManyRuns(t *testing.T) {
	t.Parallel()
	slow, alike := slower(t), changedRun(t, func(run *results.Run) { run.Environment.RunID = "alike" })
	elsewhere := changedRun(t, func(run *results.Run) { run.Environment.Cores = 64 })
	off := []float64{0, 0.01, -0.01, 0.005, -0.005, 0, 0.01, -0.01, 0.005, -0.005}
	withSpread(t, slow, off...)
	spread := withSpread(t, alike, off...)
	code, stdout, stderr := command(t, "compare", "--spread", spread, tinyRun, slow, alike, elsewhere)
	if code != exitOK {
		t.Fatalf("got %d: %s", code, stderr)
	}
	flat := strings.Join(strings.Fields(stdout), " ")
	for _, want := range []string{
		"3 runs against " + tinyRun + ": in " + slow + " 1 of 15 figures differs; in " + alike + " 0 of 15 figures differ; not comparable: " + elsewhere + ".",
		"new, 1 of 3: " + slow, "new, 2 of 3: " + alike, "new, 3 of 3: " + elsewhere, "Not comparable: cores 2 → 64.", "over all runs",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing:\n%s", want, stdout)
		}
	}
	fits(t, stdout)
	_, stdout, _ = command(t, "compare", "--spread", spread, "-o", "json", tinyRun, slow, alike, elsewhere)
	var c summary.Comparison
	if err := json.Unmarshal([]byte(stdout), &c); err != nil || len(c.More) != 2 || c.NewDir != slow || c.More[1].NewDir != elsewhere {
		t.Fatalf("json: got %v, %d more", err, len(c.More))
	}
	for _, one := range c.Each() {
		for _, ch := range one.Changes {
			asked := ch.Metric == "write_latency_p50_ns" && one.NewDir != elsewhere
			if asked && ch.Questions != 20 { // medians and throughputs of five sizes of two runs
				t.Errorf("got %d questions in %s, want 20", ch.Questions, one.NewDir)
			}
			if barred := one.NewDir == elsewhere; barred != (ch.Verdict == summary.Incomparable) || barred && ch.P != nil {
				t.Errorf("%s: got %+v", one.NewDir, ch)
			}
		}
	}
	_, stdout, _ = command(t, "compare", "--spread", spread, "-o", "csv", tinyRun, slow, alike, elsewhere)
	rows, runs := csvRows(t, stdout), map[string]int{}
	for _, row := range rows {
		runs[row["new_run"]]++
	}
	if len(runs) != 3 || runs[slow] != runs[alike] {
		t.Errorf("csv: got rows of %v", runs)
	}
	if _, page, _ := command(t, "compare", "-o", "markdown", tinyRun, slow, alike); strings.Count(page, "| figure | setup |") != 2 {
		t.Errorf("markdown: want a table a run:\n%s", page)
	}
}

// What was measured elsewhere, over another network or beside harmed messages is
// shown and never called different, however clear.
func TestCompareCallsNothingDifferentThatIsNotComparable(t *testing.T) {
	t.Parallel()
	double := func(tr *results.Trial) {
		for i := range tr.Windows {
			l := &tr.Windows[i].Latency
			for _, v := range []*results.Nanos{&l.P50NS, &l.P90NS, &l.P99NS, &l.P999NS, &l.MaxNS} {
				*v *= 2
			}
		}
	}
	each := func(change func(*results.Trial)) func(*results.Run) {
		return func(run *results.Run) {
			for i := range run.Trials {
				double(&run.Trials[i])
				change(&run.Trials[i])
			}
		}
	}
	for name, c := range map[string]struct {
		change func(*results.Run)
		want   string
		setups int // that are not comparable
	}{
		"another class of host": {func(run *results.Run) {
			each(func(*results.Trial) {})(run)
			run.Environment.CPUModel = "another"
		}, "Not comparable: CPU model Example CPU @ 2.50GHz → another. Such figures", 5},
		"another profile": {each(func(tr *results.Trial) {
			tr.Profile, tr.Cell = "wan", strings.Replace(tr.Cell, "multi-az", "wan", 1)
		}), "Not comparable: network profile multi-az → wan. Such figures", 5},
		"a link was changed": {each(func(tr *results.Trial) {
			if tr.Nodes == 3 {
				tr.Settings = map[string]string{"network.links.a→b": "delay 20ms"}
			}
		}), "Not comparable in n3: link a→b as the profile has it → delay 20ms. Such figures", 1},
		"other delays were asked": {each(func(tr *results.Trial) {
			for i := range tr.Links {
				if tr.Nodes == 3 {
					tr.Links[i].AskedNS *= 2
				}
			}
		}), "Not comparable in n3: delay asked of link n1→n2 345 µs → 690 µs and of 3 links more. Such figures", 1},
		"messages were harmed": {each(func(tr *results.Trial) { tr.MessageFaults = tr.Nodes == 3 }), "Not comparable in n3: messages harmed on purpose no → yes. Such figures", 1},
	} {
		t.Run(name, func(t *testing.T) {
			dir := changedRun(t, c.change)
			withSpread(t, dir, 0, 0.01, -0.01, 0.005, -0.005, 0)
			code, stdout, stderr := command(t, "compare", tinyRun, dir)
			if code != exitOK || !strings.HasPrefix(strings.Join(strings.Fields(stdout), " "), c.want) {
				t.Errorf("got %d: want it to begin with %q:\n%s%s", code, c.want, stdout, stderr)
			}
			fits(t, stdout)
			_, stdout, _ = command(t, "compare", "-o", "csv", tinyRun, dir)
			barred := map[string]bool{}
			for _, row := range csvRows(t, stdout) {
				if row["verdict"] == string(summary.Incomparable) {
					barred[row["setup"]] = true
					if row["p"] != "" || row["decided"] == string(stats.Found) {
						t.Errorf("got %v", row)
					}
				}
			}
			if len(barred) != c.setups {
				t.Errorf("got %v not comparable, want %d setups", barred, c.setups)
			}
		})
	}
}

// throughMine is the tiny run, its network from a profile file of its own, which has
// such a round trip.
func throughMine(t *testing.T, rtt string) string {
	t.Helper()
	dir := changedRun(t, func(run *results.Run) {
		run.Experiment = []byte(strings.Replace(string(run.Experiment), "profile: multi-az", "profile: networks/mine.yaml", 1))
		for i := range run.Trials {
			tr := &run.Trials[i]
			tr.Profile, tr.Cell = "mine", strings.Replace(tr.Cell, "multi-az", "mine", 1)
		}
	})
	err := errors.Join(os.MkdirAll(filepath.Join(dir, "networks"), 0o755),
		os.WriteFile(filepath.Join(dir, "networks", "mine.yaml"), []byte("source: "+rtt+"\nsites: [a, b]\nrtt:\n  a: {b: "+rtt+"}\n"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// The copies of a profile file that both runs hold are compared key by key.
func TestCompareReadsTheProfilesOfTheRuns(t *testing.T) {
	t.Parallel()
	old := throughMine(t, "5ms")
	if _, stdout, _ := command(t, "compare", old, throughMine(t, "8ms")); !strings.HasPrefix(stdout, "Not comparable: networks/mine.yaml: rtt.a.b 5ms → 8ms. Such") {
		t.Errorf("got\n%s", stdout)
	}
	if _, stdout, _ := command(t, "compare", old, throughMine(t, "5ms")); !strings.HasPrefix(stdout, "Not side by side") {
		t.Errorf("the same profile: got\n%s", stdout)
	}
}

func TestCompareLeavesOutWhatIsTheSame(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
		if want := map[stats.Decision]summary.ArmVerdict{stats.Found: summary.Worse, stats.Bounded: summary.Alike, stats.Undecided: summary.Undecided}[ch.Decided]; ch.Verdict != want || *ch.A != *ch.Old.Median || *ch.B != *ch.New.Median {
			t.Errorf("got %+v", ch)
		}
	}
	code, stdout, _ = command(t, "compare", "-o", "csv", tinyRun, dir)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != exitOK || err != nil || len(rows) != len(c.Changes)+1 || strings.Count(stdout, ","+string(stats.Found)+",,"+string(summary.Worse)+",") != found {
		t.Errorf("csv: got %d, %v, %d rows for %d changes, %d found", code, err, len(rows), len(c.Changes), found)
	}
	if code, stdout, _ := command(t, "compare", "-o", "markdown", tinyRun, dir); code != exitOK || !strings.Contains(stdout, "\n| figure | setup |") || !strings.HasPrefix(stdout, "Different: ") {
		t.Errorf("markdown: got %d:\n%s", code, stdout)
	}
}

// The runs' own texts act neither on a terminal nor on a page, and what makes
// the runs unlike is said.
func TestCompareSaysWhatMakesRunsUnlike(t *testing.T) {
	t.Parallel()
	dir := changedRun(t, func(run *results.Run) {
		run.Environment.Hostname = "\x1b[31m![](http://example.org/x.png)"
		run.Environment.FsyncP50NS, run.Environment.Kernel = 3_000_000, ""
		run.Environment.Versions["github.com/hashicorp/raft"] = "v9"
		run.Experiment = append(bytes.Replace(run.Experiment, []byte("100/s"), []byte("80/s"), 1), "raft: {max_rpcs_in_flight: 16} # changed\n"...)
		run.Trials = slices.DeleteFunc(run.Trials, func(tr results.Trial) bool { return tr.Nodes == 7 })
	})
	_, text, _ := command(t, "compare", tinyRun, dir)
	flat := strings.ReplaceAll(text, "\n  ", " ")
	for _, want := range []string{
		"Differs: host example → �[31m![](http://example.org/x.png).", "Differs: kernel 6.12.0 → not on record.",
		"Differs: median of the fsync probe 290 µs → 3.00 ms.", "Differs: version of github.com/hashicorp/raft v1.8.0 → v9.",
		"Differs: workload.calm.rate 100/s → 80/s.", "Set in the new run's experiment only: raft.max_rpcs_in_flight 16.",
		"Same in both: operating system, architecture, CPU model, cores, file system, whether fsync is real, build of raftbench, Go version, network profile, 1 version of modules and 10 settings.",
		"In the old run only: n7-hashicorp-multi-az.",
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
	t.Parallel()
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

// What cannot be compared is refused with what to do about it.
func TestCompareMistakes(t *testing.T) {
	t.Parallel()
	invalid := changed(t, func(tr *results.Trial) { tr.Valid = false })
	newer := changed(t, func(*results.Trial) {})
	appendTo(t, filepath.Join(newer, results.TrialsFile), `{"schema_version":7}`+"\n")
	harmed := func() string { return changed(t, func(tr *results.Trial) { tr.MessageFaults = true }) }
	tested := func() string {
		return changed(t, func(tr *results.Trial) {
			tr.Kind, tr.Windows, tr.Idle, tr.Proof = results.SafetyTest, nil, nil, nil
			tr.Tested = &results.Tested{Answer: results.Holds, Operations: []results.OperationCount{{Kind: "put", OK: 1}}}
		})
	}
	larger := changed(t, func(tr *results.Trial) { tr.Nodes, tr.Cell = tr.Nodes+10, "larger-"+tr.Cell })
	link := filepath.Join(t.TempDir(), "again")
	if err := os.Symlink(invalid, link); err != nil {
		t.Fatal(err)
	}
	copied := changed(t, func(*results.Trial) {})
	for want, args := range map[string][]string{
		"got 1 folder and --by":                                {tinyRun},
		"holds no environment.json":                            {tinyRun, t.TempDir()},
		"there is none of that name":                           {tinyRun, filepath.Join(t.TempDir(), "gone")},
		"got the output format":                                {"-o", "xml", tinyRun, copied},
		"got one folder twice":                                 {tinyRun, tinyRun + "/"},
		"got one folder twice, " + invalid + " and " + link:    {tinyRun, invalid, link},
		"holds 35 trials and none is valid, want at least one": {tinyRun, invalid},
		"schema_version 7":                                     {tinyRun, copied, newer},
		"such runs have no figures to compare":                 {harmed(), harmed()},
		"safety trials have none to compare":                   {tested(), tested()},
		"got two runs without a figure in common: " + tinyRun:  {tinyRun, copied, larger},
		"got no argument, want at least 1":                     {},
	} {
		code, stdout, stderr := command(t, append([]string{"compare"}, args...)...)
		if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "error: ") && !strings.Contains(stderr, "\nerror: ") || !strings.Contains(stderr, want) || !strings.Contains(stderr, "\nhint: ") {
			t.Errorf("compare %q: got %d, want %d and %q: %s", args, code, exitUsage, want, stderr)
		}
	}
}

// Whoever reads the help learns of every difference after which nothing is compared.
func TestTheHelpOfCompareNamesWhatIsNotComparable(t *testing.T) {
	t.Parallel()
	_, text, _ := command(t, "compare", "--help")
	for _, want := range []string{"hosts of two classes", "two networks", "other faults", "harmed on"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// A percentile that one run has of each trial may be pooled over all trials in another,
// which has more operations or fewer: the two stand beside each other.
func TestAPooledFigureBesideThatOfEachTrial(t *testing.T) {
	t.Parallel()
	for _, runs := range [][]string{{"../../results/reference", tinyRun}, {tinyRun, "../../results/reference"}} {
		code, stdout, stderr := raftbench("compare", runs[0], runs[1], "--all")
		if code != exitOK || !strings.Contains(stdout, "saturate_write_latency_p99") {
			t.Errorf("%q: got %d, %s and\n%s", runs, code, stdout, stderr)
		}
	}
}
