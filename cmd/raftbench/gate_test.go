package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
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
	run, err := results.Open(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, run.Environment, run.Experiment)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range run.Trials {
		change(&trial)
		err = errors.Join(err, w.Append(trial))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func rulesFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rules.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGateExitCodes(t *testing.T) {
	lossy := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 4 && tr.Kind == results.Proof {
			tr.Audit.Lost, tr.Audit.Findings = 1, []string{"key k7: lost"}
		}
	})
	fragile := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 5 && tr.Kind == results.Proof {
			tr.Proof.Survived = 0
		}
	})
	torn := changed(t, func(*results.Trial) {})
	appendTo(t, filepath.Join(torn, results.TrialsFile), `{"schema_version":1,"ce`)
	damaged := changed(t, func(*results.Trial) {})
	appendTo(t, filepath.Join(damaged, results.TrialsFile), "what is this?\n")
	newer := changed(t, func(*results.Trial) {})
	appendTo(t, filepath.Join(newer, results.TrialsFile), `{"schema_version":7}`+"\n")
	for name, c := range map[string]struct {
		dir, rules string
		code       int
		want       string // in either stream
	}{
		"all well":                {tinyRun, "", exitOK, "gate: pass (20 pass)"},
		"a rule fails":            {tinyRun, "rules: [write_latency_p50 < 1ms]", exitGate, "error: the gate failed: 1 pass, 3 fail, 1 inconclusive"},
		"the limit is too near":   {tinyRun, "rules: [{rule: write_latency_p50 < 2ms, where: {nodes: 4}}]", exitInconclusive, "the limit lies within the interval"},
		"a write was lost":        {lossy, "", exitSafety, "error: safety violated"},
		"a loss outweighs a fail": {lossy, "rules: [write_latency_p50 < 1ns]", exitSafety, "key k7: lost"},
		"a size did not survive":  {fragile, "", exitGate, "want == 2"},
		"a torn last line":        {torn, "", exitOK, "warning: "},
		"a damaged line":          {damaged, "", exitUsage, "trials.jsonl:37: cannot be read"},
		"a newer schema":          {newer, "", exitUsage, "schema_version 7: this build reads up to 1"},
		"no run":                  {t.TempDir(), "", exitUsage, "not a run's folder"},
		"an unknown metric":       {tinyRun, "rules:\n  - write_latncy_p50 < 1ms", exitUsage, "hint: did you mean write_latency_p50"},
		"no such cell":            {tinyRun, "rules: [{rule: lost_writes == 0, where: {nodes: 9}}]", exitUsage, "matches no cell"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"gate", c.dir}
			if c.rules != "" {
				args = append(args, "--rules", rulesFile(t, c.rules))
			}
			code, stdout, stderr := command(t, args...)
			if code != c.code || !strings.Contains(stdout+stderr, c.want) {
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

func TestAnUnfinishedRunIsInconclusive(t *testing.T) {
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

// A run cut off after its measuring trials has proven nothing.
func TestARunWithoutItsProofsIsInconclusive(t *testing.T) {
	run, err := results.Open(tinyRun)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, run.Environment, run.Experiment)
	if err != nil {
		t.Fatal(err)
	}
	for _, trial := range run.Trials {
		if trial.Kind == results.Measure {
			err = errors.Join(err, w.Append(trial))
		}
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ := command(t, "gate", dir, "--rules", rulesFile(t, "rules: [lost_writes == 0]"))
	if code != exitInconclusive || strings.Count(stdout, "0 of 1 planned proofs") != 5 {
		t.Errorf("got %d:\n%s", code, stdout)
	}
}

// full is a disk that takes nothing any more.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left on device") }

func TestOutputThatCannotBeWrittenIsNoUsageError(t *testing.T) {
	for _, args := range [][]string{
		{"compare", tinyRun, tinyRun, "-o", "json"}, {"compare", tinyRun, tinyRun, "-o", "csv"},
		{"compare", tinyRun, tinyRun}, {"compare", tinyRun, tinyRun, "-o", "markdown"},
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
	code, stdout, _ := command(t, "gate", tinyRun, "-o", "json")
	var r gate.Report
	if err := json.Unmarshal([]byte(stdout), &r); code != exitOK || err != nil || r.Answer != "pass" || len(r.Verdicts) != 20 {
		t.Errorf("json: got %d, %v:\n%s", code, err, stdout)
	}
	if code, stdout, _ := command(t, "gate", tinyRun, "-o", "markdown"); code != exitOK || !strings.HasPrefix(stdout, "| VERDICT | RULE |") {
		t.Errorf("markdown: got %d:\n%s", code, stdout)
	}
	if code, _, stderr := command(t, "gate", tinyRun, "-o", "xml"); code != exitUsage || !strings.Contains(stderr, "xml") {
		t.Errorf("xml: got %d: %s", code, stderr)
	}
}

func TestCompare(t *testing.T) {
	slower := changed(t, func(tr *results.Trial) {
		if tr.Nodes == 3 && tr.Kind == results.Measure {
			tr.Windows[0].Latency.P50NS = tr.Windows[0].Latency.P50NS * 6 / 5
		}
	})
	code, stdout, _ := command(t, "compare", tinyRun, slower)
	if code != exitOK || strings.Count(stdout, "+20.0 %") != 1 || !strings.Contains(stdout, " ~ ") {
		t.Errorf("table: got %d:\n%s", code, stdout)
	}
	cell := ""
	for _, line := range strings.Split(stdout, "\n") {
		if strings.HasPrefix(line, "n") && !strings.Contains(line, " ") {
			cell = line
		}
		if strings.Contains(line, "+20.0 %") && (cell != "n3-hashicorp-multi-az" || !strings.HasPrefix(line, "  write_latency_p50 ")) {
			t.Errorf("the change stands at the wrong place, under %s: %s", cell, line)
		}
	}
	if !strings.Contains(stdout, "figures the same in every trial of both runs left out; --all shows them") || strings.Contains(stdout, "fsyncs_per_write") {
		t.Errorf("what is the same in every trial is not left out:\n%s", stdout)
	}
	if _, all, _ := command(t, "compare", "--all", tinyRun, slower); !strings.Contains(all, "fsyncs_per_write") || strings.Contains(all, "left out") {
		t.Errorf("--all leaves something out:\n%s", all)
	}
	code, stdout, _ = command(t, "compare", "-o", "json", tinyRun, slower)
	var c summary.Comparison
	if err := json.Unmarshal([]byte(stdout), &c); code != exitOK || err != nil || len(c.Changes) == 0 {
		t.Errorf("json: got %d, %v", code, err)
	}
	code, stdout, _ = command(t, "compare", "-o", "csv", tinyRun, slower)
	rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != exitOK || err != nil || len(rows) != len(c.Changes)+1 {
		t.Errorf("csv: got %d, %v, %d rows for %d changes", code, err, len(rows), len(c.Changes))
	}
	if code, stdout, _ := command(t, "compare", "-o", "markdown", tinyRun, slower); code != exitOK || !strings.HasPrefix(stdout, "| CELL |") {
		t.Errorf("markdown: got %d:\n%s", code, stdout)
	}
}

func TestCompareMistakes(t *testing.T) {
	for _, args := range [][]string{{"compare", tinyRun}, {"compare", tinyRun, t.TempDir()}, {"compare", "-o", "xml", tinyRun, tinyRun}} {
		if code, _, stderr := command(t, args...); code != exitUsage || !strings.HasPrefix(stderr, "error: ") {
			t.Errorf("%q: got %d: %s", args, code, stderr)
		}
	}
}
