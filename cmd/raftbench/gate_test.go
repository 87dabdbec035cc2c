package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
)

const tinyRun = "../../results/testdata/tiny"

// command runs a command line in this process.
func command(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Main(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

// changed copies the tiny run, its trials changed.
func changed(t *testing.T, change func(*results.Trial)) string {
	t.Helper()
	return changedRun(t, func(run *results.Run) {
		for i := range run.Trials {
			change(&run.Trials[i])
		}
	})
}

func rulesFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A run that was made without proofs is not said to be still on its way to one.
func TestGateOnARunWithoutProofs(t *testing.T) {
	t.Parallel()
	dir := changedRun(t, func(run *results.Run) {
		run.Experiment = append(run.Experiment, "proofs: 0\n"...)
		run.Trials = slices.DeleteFunc(run.Trials, func(tr results.Trial) bool { return tr.Kind == results.Proof })
	})
	code, stdout, stderr := command(t, "gate", dir, "--rules", rulesFile(t, "rules: [survived == tolerates, recovered == durable]"))
	said := strings.Join(strings.Fields(stdout), " ")
	if code != exitInconclusive || strings.Contains(said, "so far") || strings.Contains(said, "unfinished") ||
		!strings.Contains(said, "not proven: the run has no proof trial, and with proofs: 0 makes none; --proofs 1 asks a new run for one") {
		t.Errorf("got %d and\n%s%s", code, stdout, stderr)
	}
}

func TestGateExitCodes(t *testing.T) {
	t.Parallel()
	lossy := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 4 && tr.Kind == results.Proof {
			tr.Audit.Lost, tr.Valid = 1, false
			tr.Findings = []results.Finding{{Class: results.Safety, Rule: results.RuleLost, Key: "k7", Got: "nothing", Want: "version 3"}}
		}
	})
	behind := results.Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: "n3", Got: "index 120", Want: "index 900"}
	slow := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 3 && tr.Trial == 2 {
			tr.Valid, tr.Findings = false, []results.Finding{behind}
		}
	})
	slowAndLossy := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 3 && tr.Trial == 2 {
			tr.Valid, tr.Findings = false, []results.Finding{behind, {Class: results.Safety, Rule: results.RuleHash, Node: "n2"}}
		}
	})
	fragile := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 5 && tr.Kind == results.Proof {
			tr.Proof.Survived = 0
		}
	})
	torn := changed(t, func(*results.Trial) {})
	appendTo(t, filepath.Join(torn, results.TrialsFile), `{"schema_version":2,"ce`)
	damaged := changed(t, func(*results.Trial) {})
	appendTo(t, filepath.Join(damaged, results.TrialsFile), "what is this?\n")
	newer := changed(t, func(*results.Trial) {})
	appendTo(t, filepath.Join(newer, results.TrialsFile), `{"schema_version":7}`+"\n")
	for name, c := range map[string]struct {
		dir, rules string
		code       int
		want       string // in either stream
	}{
		"all well":                {tinyRun, "", exitOK, "gate: pass (30 pass)"},
		"a rule fails":            {tinyRun, "rules: [write_latency_p50 < 1ms]", exitGate, "error: the gate failed: 3 fail, 1 inconclusive, 16 pass"},
		"the limit is too near":   {tinyRun, "rules: [{rule: write_latency_p50 < 2ms, where: {nodes: 4}}]", exitInconclusive, "the interval holds the limit"},
		"a write was lost":        {lossy, "", exitSafety, "error: safety is violated"},
		"a loss outweighs a fail": {lossy, "rules: [write_latency_p50 < 1ns]", exitSafety, "SAFETY: n4-hashicorp-multi-az: an acknowledged write is gone (key k7: got nothing, wanted version 3)"},
		"a replica is behind":     {slow, "rules: [nodes > 0]", exitLiveness, "LIVENESS: n3-hashicorp-multi-az: a replica did not catch up (n3: got index 120, wanted index 900)"},
		"stuck outweighs a fail":  {slow, "rules: [write_latency_p50 < 1ns]", exitLiveness, "gate: stuck"},
		"a loss outweighs it":     {slowAndLossy, "rules: [nodes > 0]", exitSafety, "SAFETY: n3-hashicorp-multi-az: replicas differ at one revision (n2)"},
		"a size did not survive":  {fragile, "", exitGate, "n5-hashicorp-multi-az: got 0, want == 2"},
		"a torn last line":        {torn, "", exitOK, "warning: "},
		"a damaged line":          {damaged, "", exitUsage, "trials.jsonl:37: cannot be read"},
		"a newer schema":          {newer, "", exitUsage, "schema_version 7: this build reads 2"},
		"no run":                  {t.TempDir(), "", exitUsage, "not a run's folder"},
		"an unknown metric":       {tinyRun, "rules:\n  - write_latncy_p50 < 1ms", exitUsage, "hint: did you mean write_latency_p50"},
		"no such setup":           {tinyRun, "rules: [{rule: lost_writes == 0, where: {nodes: 9}}]", exitUsage, "matches no setup"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"gate", c.dir}
			if c.rules != "" {
				args = append(args, "--rules", rulesFile(t, c.rules))
			}
			code, stdout, stderr := command(t, args...)
			if code != c.code || !strings.Contains(strings.ReplaceAll(stdout+stderr, "\n  ", " "), c.want) {
				t.Errorf("got %d, want %d with %q:\n%s%s", code, c.code, c.want, stdout, stderr)
			}
		})
	}
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(text)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// A p99 that no trial carries alone is bounded by all operations and by how far
// the trials lie apart: near the limit nothing is decided.
func TestGateOnAPooledPercentile(t *testing.T) {
	t.Parallel()
	rule := func(limit string) string {
		return rulesFile(t, "rules: [{rule: write_latency_p99 < "+limit+", where: {nodes: 3}}]")
	}
	for limit, want := range map[string]struct {
		code int
		said string
	}{
		"10ms": {exitOK, "gate: pass (16 pass)"}, "1ms": {exitGate, "n3-hashicorp-multi-az: 2.71 ms [2.57, 3.17] (pooled)"},
		"2.75ms": {exitInconclusive, "(pooled); the interval holds the limit"},
	} {
		code, stdout, stderr := command(t, "gate", tinyRun, "--rules", rule(limit))
		if code != want.code || !strings.Contains(strings.Join(strings.Fields(stdout), " "), want.said) {
			t.Errorf("%s: got %d, want %d with %q:\n%s%s", limit, code, want.code, want.said, stdout, stderr)
		}
	}
}

// What other processes did to the host is no fault of the cluster's: a rule that
// they may have broken is open; one that is kept beside them would be without them. What was lost is lost.
func TestARemarkMakesAGateInconclusive(t *testing.T) {
	t.Parallel()
	busy := func(share float64, lost int64) string {
		return changed(t, func(tr *results.Trial) {
			if tr.Nodes == 3 && tr.Kind == results.Measure {
				tr.Remarks = append(tr.Remarks, results.Remark{
					Code: results.CodeForeignCPU, Severity: results.Doubtful, Window: results.WindowCalm, Got: share, Want: 0.05, Unit: results.UnitShare,
				})
			}
			if tr.Nodes == 3 && tr.Audit != nil {
				tr.Audit.Lost = lost
			}
		})
	}
	for name, c := range map[string]struct {
		dir, rule, want string
		code            int
	}{
		"half of the CPU, failing": {busy(0.5, 0), "write_latency_p50 < 1ms", "not decided, since light load: processes that are none of ours used 50 %", exitInconclusive},
		"half of the CPU, passing": {busy(0.5, 0), "write_latency_p50 < 2ms", "pass: 16 verdicts on 4 rules", exitOK},
		"little of it":             {busy(0.06, 0), "write_latency_p50 < 1ms", "FAIL: write_latency_p50 < 1ms", exitGate},
		"of no weight at 20 ms":    {busy(0.5, 0), "write_latency_p50 < 20ms", "pass: 16 verdicts on 4 rules", exitOK},
		"lost all the same":        {busy(0.5, 3), "write_latency_p50 < 1ms", "gate: unsafe", exitSafety},
	} {
		code, stdout, stderr := command(t, "gate", c.dir, "--rules", rulesFile(t, "rules: [{rule: "+c.rule+", where: {nodes: 3}}]"))
		if code != c.code || !strings.Contains(strings.Join(strings.Fields(stdout), " "), c.want) {
			t.Errorf("%s: got %d, want %d with %q:\n%s%s", name, code, c.code, c.want, stdout, stderr)
		}
		fits(t, stdout)
	}
}

func TestAnUnfinishedRunIsInconclusive(t *testing.T) {
	t.Parallel()
	run, err := results.Open(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, run.Environment, run.Experiment)
	if err == nil {
		err = errors.Join(w.Append(run.Trials[0]), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	code, stdout, _ := command(t, "gate", dir, "--rules", rulesFile(t, "rules: [lost_writes == 0]"))
	if code != exitInconclusive || !strings.Contains(stdout, "the run is unfinished: 0 of 6 planned trials") || !strings.Contains(stdout, "1 of 6 planned trials") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
}

// keeping copies those trials of a run, and returns the copy's folder.
func keeping(t *testing.T, run string, keep func(results.Trial) bool) string {
	t.Helper()
	from, err := results.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, from.Environment, from.Experiment)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range from.Trials {
		if keep(trial) {
			err = errors.Join(err, w.Append(trial))
		}
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A run that measured until a precision was reached has as many blocks of each setup:
// one that lacks them was cut off, or somebody took them out.
func TestASetupThatLacksBlocksIsInconclusive(t *testing.T) {
	t.Parallel()
	const reference = "../../results/reference"
	run, err := results.Open(reference)
	if err != nil {
		t.Fatal(err)
	}
	of := fmt.Sprintf("of %d planned trials", results.BlocksOf(run.Trials))
	for name, c := range map[string]struct {
		keep func(results.Trial) bool
		want string
	}{
		"none of one": {func(t results.Trial) bool { return t.Nodes != 4 || t.Kind == results.Proof }, "0 " + of},
		"half of one": {func(t results.Trial) bool { return t.Nodes != 4 || t.Kind == results.Proof || t.Block < 7 }, "7 " + of},
		"half of all": {func(t results.Trial) bool { return t.Kind == results.Proof || t.Block < 7 }, "7 " + of},
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := command(t, "gate", keeping(t, reference, c.keep), "--rules", rulesFile(t, "rules: [lost_writes == 0]"))
			if code != exitInconclusive || !strings.Contains(strings.Join(strings.Fields(stdout), " "), c.want) {
				t.Errorf("got %d, want %q:\n%s%s", code, c.want, stdout, stderr)
			}
		})
	}
}

// That nothing was lost is said only where every trial was looked at.
func TestTrialsWithoutAnAuditAreNotTakenForWhole(t *testing.T) {
	t.Parallel()
	dir := changed(t, func(tr *results.Trial) {
		if tr.Kind == results.Measure {
			tr.Audit = nil
		}
	})
	code, stdout, stderr := command(t, "gate", dir, "--rules", rulesFile(t, "rules: [lost_writes == 0]"))
	if code != exitInconclusive || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "some valid trials were not audited") {
		t.Errorf("got %d:\n%s%s", code, stdout, stderr)
	}
}

// A run cut off after its measuring trials has proven nothing.
func TestARunWithoutItsProofsIsInconclusive(t *testing.T) {
	t.Parallel()
	dir := keeping(t, tinyRun, func(trial results.Trial) bool { return trial.Kind == results.Measure })
	code, stdout, _ := command(t, "gate", dir, "--rules", rulesFile(t, "rules: [lost_writes == 0]"))
	if code != exitInconclusive || !strings.Contains(strings.Join(strings.Fields(stdout), " "), "and n7-hashicorp-multi-az: the run is unfinished: 0 of 1 planned proofs") {
		t.Errorf("got %d:\n%s", code, stdout)
	}
}

// full is a disk that takes nothing any more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputThatCannotBeWrittenIsNoUsageError(t *testing.T) {
	t.Parallel()
	again := changed(t, func(*results.Trial) {})
	for _, args := range [][]string{
		{"compare", tinyRun, again, "-o", "json"}, {"compare", tinyRun, again, "-o", "csv"},
		{"compare", tinyRun, again}, {"compare", tinyRun, again, "-o", "markdown"},
		{"gate", tinyRun, "-o", "json"}, {"gate", tinyRun}, {"gate", tinyRun, "-o", "markdown"},
	} {
		var stderr bytes.Buffer
		code := Main(t.Context(), args, full{}, &stderr)
		if code != exitFailed || !strings.Contains(stderr.String(), "no space left") || strings.Contains(stderr.String(), "--help") {
			t.Errorf("%q: got %d: %s", args, code, stderr.String())
		}
	}
}

func TestGateFormats(t *testing.T) {
	t.Parallel()
	code, stdout, _ := command(t, "gate", tinyRun, "-o", "json")
	var r gate.Report
	if err := json.Unmarshal([]byte(stdout), &r); code != exitOK || err != nil || r.Answer != "pass" || len(r.Verdicts) != 30 {
		t.Errorf("json: got %d, %v:\n%s", code, err, stdout)
	}
	if code, stdout, _ := command(t, "gate", tinyRun, "-o", "markdown"); code != exitOK || !strings.HasPrefix(stdout, "gate: pass (30 pass)\n\n| verdict | rule | setup |") {
		t.Errorf("markdown: got %d:\n%s", code, stdout)
	}
	if code, _, stderr := command(t, "gate", tinyRun, "-o", "xml"); code != exitUsage || !strings.Contains(stderr, "xml") {
		t.Errorf("xml: got %d: %s", code, stderr)
	}
}

// What failed stands first, under its rule; what passed is one line unless all is
// asked for; and no line is wider than a terminal.
func TestGateTellsFailuresFirst(t *testing.T) {
	t.Parallel()
	_, stdout, _ := command(t, "gate", tinyRun, "--rules", rulesFile(t, "rules: [lost_writes == 0, write_latency_p50 < 1.8ms, outage_p50 < 1h]"))
	lines := strings.Split(stdout, "\n")
	if !strings.HasPrefix(lines[0], "gate: fail (") {
		t.Errorf("the first line is no answer: %q", lines[0])
	}
	at := -1
	for _, want := range []string{
		"\nFAIL: write_latency_p50 < 1.8ms\n", "  n5-hashicorp-multi-az: 2.00 ms [", "\ninconclusive: write_latency_p50 < 1.8ms\n", "the interval holds the limit",
		"\ninconclusive: outage_p50 < 1h\n", "from one fault, which says nothing of the next", "\npass: 16 verdicts on 4 rules (--all shows each)\n",
	} {
		i := strings.Index(stdout, want)
		if i <= at {
			t.Errorf("%q stands at %d, want it behind %d:\n%s", want, i, at, stdout)
		}
		at = max(at, i)
	}
	fits(t, stdout)
	_, all, _ := command(t, "gate", tinyRun, "--all")
	if n := strings.Count(all, "n3-hashicorp-multi-az"); n != 6 || !strings.Contains(all, "\npass: survived == tolerates\n") {
		t.Errorf("--all: got %d verdicts on one setup, want 6:\n%s", n, all)
	}
}

// fits wants every line to be as wide as a terminal at most.
func fits(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > lineWidth {
			t.Errorf("a line of %d columns, want at most %d: %s", n, lineWidth, line)
		}
	}
}

// A foreign folder's texts act neither on a terminal nor on a page.
func TestGateDefusesForeignTexts(t *testing.T) {
	t.Parallel()
	dir := changed(t, func(tr *results.Trial) {
		tr.Valid = false
		tr.Findings = []results.Finding{{Class: results.Safety, Rule: results.RuleLost, Key: "\x1b[31mred\x1b]0;owned\a", Got: "![](http://example.org/x.png)\u202e", Want: strings.Repeat("long ", 2000)}}
	})
	_, text, _ := command(t, "gate", dir)
	_, page, _ := command(t, "gate", "-o", "markdown", dir)
	for name, out := range map[string]string{"table": text, "markdown": page} {
		if strings.ContainsAny(out, "\x1b\a\u202e") || len(out) > 64<<10 {
			t.Errorf("%s: raw escapes, or %d bytes: %.300q", name, len(out), out)
		}
	}
	if strings.Contains(page, "![](") {
		t.Errorf("markdown: a live image: %.300q", page)
	}
	fits(t, text)
}
