package ci

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func of(v float64) *float64 { return &v }

func measured(median, low, high float64) summary.Metric {
	return summary.Metric{Median: &median, CILow: &low, CIHigh: &high, N: 8, Interval: true}
}

// never is a time that lies among operations that failed.
func never() summary.Metric { return summary.Metric{N: 8, Interval: true, CILow: of(2e6)} }

func setup(arm string) summary.Cell {
	return summary.Cell{
		Cell: "n3-hashicorp-multi-az-" + arm, Nodes: 3, Quorum: 2, Tolerates: 1, Engine: "hashicorp", Profile: "multi-az", Load: "calm+saturate",
		Params: map[string]string{"arm": arm, "raft.max_rpcs_in_flight": "2"}, Durable: true, Trials: 9, ValidTrials: 8,
		Metrics: map[string]summary.Metric{
			"write_latency_p50_ns": measured(1.73e6, 1.66e6, 1.85e6), "write_latency_p99_ns": never(), "throughput_ops": measured(9300, 9100, 9500),
			"availability": measured(0.99997, 0.9999, 1), "fsyncs_per_write": {Median: of(4.2), N: 1}, "network_bytes_per_write": measured(1410, 1400, 1420),
			"cpu_seconds_per_kwrite": measured(1.7, 1.6, 1.8), "rss_bytes": measured(5e7, 4e7, 6e7), "host_busy_share": measured(0.4, 0.3, 0.5),
		},
		Remarks: []summary.Remark{},
	}
}

func difference(metric string, ratio, low, high float64, decided stats.Decision) summary.Difference {
	return summary.Difference{
		Metric: metric, From: "n3-hashicorp-multi-az-a", To: "n3-hashicorp-multi-az-b", Ratio: &ratio, CILow: &low, CIHigh: &high, Interval: true,
		P: 0.01, Questions: 4, N: 8, Primary: metric == "write_latency_p50_ns", Decided: decided,
	}
}

// judged is a run with two arms, in which everything happened that a writer has
// to cope with.
func judged() Judged {
	base, tried := setup("a"), setup("b")
	tried.Metrics["write_latency_p50_ns"] = measured(1.84e6, 1.79e6, 1.9e6)
	lost := results.Finding{Class: results.Safety, Rule: results.RuleLost, Node: "n2", Key: "k17", Got: "nothing", Want: "version 3", Log: []string{"n2: opened", "n2: <closed> & gone"}}
	tried.Faults.LostWrites, tried.Faults.Safety = 2, []summary.Findings{{Rule: results.RuleLost, Count: 2, First: lost}}
	p50 := tried.Metrics["write_latency_p50_ns"]
	p99 := never()
	relative := &gate.Ratio{From: base.Cell, To: tried.Cell, Ratio: of(1.064), CILow: of(1.051), CIHigh: of(1.078), Interval: true, N: 8}
	open := &gate.Ratio{From: base.Cell, To: tried.Cell, N: 8}
	j := Judged{
		Run: &results.Run{Environment: results.Environment{
			RunID: "run-7", StartedAt: time.Date(2026, 11, 27, 8, 30, 0, 0, time.UTC), Hostname: "ci-1", OS: "linux", Arch: "amd64", CPUModel: "Xeon", Cores: 2, Version: "v1.2.0", Commit: "abc1234",
		}},
		Summary: summary.Summary{RunID: "run-7", Cells: []summary.Cell{base, tried}, Precision: 0.02, Differences: []summary.Difference{
			difference("write_latency_p50_ns", 1.064, 1.051, 1.078, stats.Found),
			difference("throughput_ops", 0.995, 0.985, 1.006, stats.Bounded),
			{Metric: "write_latency_p99_ns", From: base.Cell, To: tried.Cell, N: 8, Decided: stats.Undecided},
			{Metric: "write_latency_p90_ns", From: base.Cell, To: tried.Cell, Ratio: of(1.3), CILow: of(0.4), Interval: true, N: 8, Decided: stats.Undecided},
		}},
		Rules: []gate.Rule{{Text: "write_latency_p50 <= 1.05x baseline", File: "perf/rules.yaml", Line: 3}},
	}
	j.Report = gate.Report{RunID: "run-7", Answer: "fail", Unsafe: true, Verdicts: []gate.Verdict{
		{Rule: "throughput > 5000/s", Kind: gate.Absolute, Cell: tried.Cell, Answer: "pass", Metric: "throughput_ops", Measured: ptr(tried.Metrics["throughput_ops"]), Op: ">", Limit: of(5000)},
		{Rule: "write_latency_p50 <= 1.05x baseline", Kind: gate.Relative, Cell: tried.Cell, Answer: "fail", Metric: "write_latency_p50_ns", Measured: &p50, Op: "<=", Limit: of(1.05), Ratio: relative},
		{Rule: "write_latency_p99 <= 1.05x baseline", Kind: gate.Relative, Cell: tried.Cell, Answer: "inconclusive", Metric: "write_latency_p99_ns", Measured: &p99, Op: "<=", Limit: of(1.05), Ratio: open, Reasons: []gate.Reason{{Code: gate.NoRatio}}},
		{Rule: "survived == tolerates", Kind: gate.Absolute, Cell: tried.Cell, Answer: "fail", Fact: of(0), Op: "==", Limit: of(1)},
	}}
	j.Report.Findings = []gate.Finding{{Cell: tried.Cell, Class: results.Safety, Findings: tried.Faults.Safety[0]}}
	return j
}

func ptr[T any](v T) *T { return &v }

// hostile is a run of which every name does what it can.
func hostile() Judged {
	const evil = "=x\"'`|<script>\n::error::%0A,:\\ ```\n# EOF {a=\"b\"} \x1b[31m\x00\u202e [y](http://z) @all &"
	j := judged()
	j.Summary.RunID, j.Run.Environment.RunID = evil, evil
	e := &j.Run.Environment
	e.Hostname, e.CPUModel, e.Version, e.Commit = evil, evil, evil, evil
	for i := range j.Summary.Cells {
		c := &j.Summary.Cells[i]
		c.Cell, c.Engine, c.Profile, c.Load, c.Params = c.Cell+evil, evil, evil, evil, map[string]string{"arm": c.Params["arm"], evil: evil, "a.b": "1", "a-b": "2"}
		c.Metrics[evil+"_ns"] = measured(1, 1, 1)
	}
	for i := range j.Summary.Differences {
		d := &j.Summary.Differences[i]
		d.From, d.To = d.From+evil, d.To+evil
	}
	for i := range j.Report.Verdicts {
		v := &j.Report.Verdicts[i]
		v.Rule, v.Cell = evil+v.Rule, j.Summary.Cells[1].Cell
		v.Reasons = append(v.Reasons, gate.Reason{Code: gate.Doubtful, Worst: &results.Remark{Code: results.CodeFailed, Detail: evil}})
	}
	f := &j.Report.Findings[0]
	f.Cell, f.Rule, f.First = j.Summary.Cells[1].Cell, evil, results.Finding{Rule: evil, Node: evil, Key: evil, Got: evil, Want: evil, Log: []string{evil}}
	j.Rules[0].Text, j.Rules[0].File = j.Report.Verdicts[1].Rule, evil
	return j
}

// nothing is a run of which no trial finished.
func nothing() Judged {
	return Judged{Run: &results.Run{}, Report: gate.Report{Answer: "inconclusive"}}
}

// text is what a writer writes.
func text(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}
