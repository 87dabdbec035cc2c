package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
)

// factor changes every write latency of a run.
func factor(by float64) func(*results.Run) {
	return func(run *results.Run) {
		for i := range run.Trials {
			for k := range run.Trials[i].Windows {
				l := &run.Trials[i].Windows[k].Latency
				for _, v := range []*results.Nanos{&l.P50NS, &l.P90NS, &l.P99NS, &l.P999NS, &l.MaxNS} {
					*v = results.Nanos(float64(*v) * by)
				}
			}
		}
	}
}

// A stored baseline decides by the spread between runs, and nothing without it or
// where it is of another kind.
func TestGateAgainstAStoredRun(t *testing.T) {
	t.Parallel()
	same := changedRun(t, func(*results.Run) {})
	spread := withSpread(t, same, 0, 0.01, -0.01, 0.005, -0.005, 0)
	elsewhere := changedRun(t, func(run *results.Run) { run.Environment.CPUModel = "Another CPU" })
	otherwise := changedRun(t, func(run *results.Run) {
		run.Experiment = []byte(strings.Replace(string(run.Experiment), "256B", "512B", 1))
	})
	renamed := func(from, to string) string {
		return changedRun(t, func(run *results.Run) {
			for i := range run.Trials {
				tr := &run.Trials[i]
				tr.Cell = strings.Replace(tr.Cell, from, to, 1)
				if from == "multi-az" {
					tr.Profile = to
				}
			}
		})
	}
	lossy := changed(t, func(tr *results.Trial) { loseOne(tr) })
	short := changedRun(t, func(run *results.Run) {
		run.Trials = slices.DeleteFunc(run.Trials, func(tr results.Trial) bool { return tr.Kind == results.Proof })
	})
	harmed := changed(t, func(tr *results.Trial) { tr.MessageFaults = true })
	invalid := changed(t, func(tr *results.Trial) { tr.Valid = false })
	for name, c := range map[string]struct {
		run, baseline, spread, rule string
		code                        int
		want                        string
	}{
		"as fast":                {changedRun(t, factor(1)), same, spread, "write_latency_p50[n=3] <= 1.2x baseline", exitOK, "gate: pass"},
		"slower":                 {changedRun(t, factor(1.5)), same, spread, "write_latency_p50 <= 1.2x baseline", exitGate, "+50 % ["},
		"near the limit":         {changedRun(t, factor(1.2)), same, spread, "write_latency_p50 <= 1.2x baseline", exitInconclusive, "the interval holds the limit"},
		"no spread":              {changedRun(t, factor(3)), changedRun(t, factor(1)), "", "write_latency_p50 <= 1.2x baseline", exitInconclusive, "how far two runs of one build lie apart on such a host is unknown"},
		"another host":           {changedRun(t, factor(3)), elsewhere, "", "write_latency_p50 <= 1.2x baseline", exitInconclusive, "the baseline is of another class of hosts: linux/amd64, Another CPU, 2 cores, ext4"},
		"another experiment":     {changedRun(t, factor(1)), otherwise, spread, "write_latency_p50 <= 1.2x baseline", exitInconclusive, "the baseline measured something else"},
		"another profile":        {changedRun(t, factor(1)), renamed("multi-az", "wan"), spread, "write_latency_p50 <= 1.2x baseline", exitInconclusive, "the baseline has this setup with profile wan, not multi-az"},
		"an unsafe baseline":     {changedRun(t, factor(1)), lossy, spread, "write_latency_p50[n=3] <= 1.2x baseline", exitInconclusive, "the baseline itself did what Raft does not allow"},
		"an unfinished baseline": {changedRun(t, factor(1)), short, spread, "write_latency_p50[n=3] <= 1.2x baseline", exitInconclusive, "the baseline is unfinished"},
		"harmed messages":        {changedRun(t, factor(1)), harmed, spread, "write_latency_p50[n=3] <= 1.2x baseline", exitInconclusive, "messages harmed on purpose yes → no"},
		"another profile's file": {throughMine(t, "5ms"), throughMine(t, "8ms"), "", "write_latency_p50[n=3] <= 1.2x baseline", exitInconclusive, "messages travelled otherwise in the baseline: networks/mine.yaml: rtt.a.b 8ms → 5ms"},
		"itself":                 {same, same, spread, "write_latency_p50[n=3] <= 1.2x baseline", exitUsage, "got one folder twice"},
		"no such setup":          {changedRun(t, factor(1)), renamed("n3-", "big-"), spread, "write_latency_p50[n=3] <= 1.2x baseline", exitInconclusive, "the baseline has no such setup"},
		"an empty baseline":      {changedRun(t, factor(1)), invalid, spread, "write_latency_p50[n=3] <= 1.2x baseline", exitInconclusive, "none of the baseline's 6 trials is valid"},
		"an empty run":           {invalid, same, spread, "write_latency_p50[n=3] <= 1.2x baseline", exitInconclusive, "none of 6 trials is valid"},
		"no baseline":            {changedRun(t, factor(1)), t.TempDir(), "", "write_latency_p50 <= 1.2x baseline", exitUsage, "not a run's folder"},
		"a spread elsewhere":     {changedRun(t, factor(1)), elsewhere, spread, "write_latency_p50 <= 1.2x baseline", exitUsage, "another experiment or class of host"},
		"none was named":         {changedRun(t, factor(1)), "", "", "write_latency_p50 <= 1.2x baseline", exitUsage, "hint: measure two variants side by side with `raftbench ab`"},
		"a spread of nothing":    {changedRun(t, factor(1)), "", spread, "nodes > 0", exitUsage, "got --spread without --baseline"},
		"not repeated":           {changedRun(t, factor(1)), same, spread, "outage_p50[n=3] <= 1.2x baseline", exitInconclusive, "from one fault"},
		"safety all the same":    {changed(t, func(tr *results.Trial) { loseOne(tr) }), t.TempDir(), "", "write_latency_p50 <= 1.2x baseline", exitSafety, "not a run's folder"},
		"and with a bad rule":    {changed(t, func(tr *results.Trial) { loseOne(tr) }), "", "", "write_latncy_p50 < 1ms", exitSafety, "unknown metric"},
		"and with another rule":  {changed(t, func(tr *results.Trial) { loseOne(tr) }), "", "", "nodes > 0", exitSafety, "FAIL: lost_writes == 0"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"gate", c.run, "--rules", rulesFile(t, "rules: ['"+c.rule+"']")}
			if c.baseline != "" {
				args = append(args, "--baseline", c.baseline)
			}
			if c.spread != "" {
				args = append(args, "--spread", c.spread)
			}
			code, stdout, stderr := command(t, args...)
			if said := strings.Join(strings.Fields(stdout+stderr), " "); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("got %d, want %d with %q:\n%s%s", code, c.code, c.want, stdout, stderr)
			}
			fits(t, stdout)
		})
	}
	slow := changedRun(t, factor(1.5))
	_, stdout, _ := command(t, "gate", slow, "--rules", rulesFile(t, "rules: ['write_latency_p50[n=3] <= 1.2x baseline']"), "--baseline", same, "--spread", spread, "-o", "json")
	var r gate.Report
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatal(err)
	}
	v := r.Verdicts[0]
	if r.Baseline == "" || v.Ratio == nil || v.Baseline != r.Baseline || *v.Ratio.Ratio < 1.49 || *v.Ratio.Ratio > 1.51 || v.CILow == nil || v.P == nil || v.PCorrected == nil || v.Questions != 1 {
		t.Errorf("got %s", stdout)
	}
	for _, field := range []string{`"ratio"`, `"ci_low"`, `"ci_high"`, `"p"`, `"p_corrected"`, `"questions"`, `"n"`, `"from"`, `"to"`, `"kind": "relative"`} {
		if !strings.Contains(stdout, field) {
			t.Errorf("the JSON has no %s:\n%s", field, stdout)
		}
	}
}

func loseOne(tr *results.Trial) {
	if tr.Audit != nil && tr.Nodes == 3 {
		tr.Audit.Lost = 1
	}
}

// Shapes of a stored run, through the command.
func TestGateOnAShape(t *testing.T) {
	t.Parallel()
	for rule, want := range map[string]int{
		"write_latency_p50[n=5] <= 2x write_latency_p50[n=3]":    exitOK,
		"write_latency_p50[n=5] <= 1.01x write_latency_p50[n=3]": exitGate,
		"write_latency_p50[n=9] <= 2x write_latency_p50[n=3]":    exitUsage,
	} {
		code, stdout, stderr := command(t, "gate", tinyRun, "--rules", rulesFile(t, "rules: ['"+rule+"']"))
		if code != want || want == exitOK && !strings.Contains(strings.Join(strings.Fields(stdout), " "), "% and more") {
			t.Errorf("%s: got %d, want %d:\n%s%s", rule, code, want, stdout, stderr)
		}
	}
	_, stdout, _ := command(t, "gate", tinyRun, "-o", "markdown", "--rules", rulesFile(t, "rules: ['write_latency_p50[n=5] <= 2x write_latency_p50[n=3]']"))
	if !strings.Contains(stdout, "n5-hashicorp-multi-az against n3-hashicorp-multi-az") {
		t.Errorf("got:\n%s", stdout)
	}
}
