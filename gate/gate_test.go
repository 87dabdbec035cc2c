package gate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
)

// cell of three nodes that is well in every way.
func cell() summary.Cell {
	p := func(v float64) *float64 { return &v }
	n := func(v int) *int { return &v }
	return summary.Cell{
		Cell: "n3-hashicorp-none", Nodes: 3, Quorum: 2, Tolerates: 1, Engine: "hashicorp", Profile: "none", Load: "calm",
		Params: map[string]string{"raft.max_rpcs_in_flight": "16"}, Trials: 6, ValidTrials: 6, Proofs: 6, ValidProofs: 6, Durable: true,
		Metrics: map[string]summary.Metric{
			"write_latency_p50_ns":  {Median: p(10e6), CILow: p(9e6), CIHigh: p(11e6), N: 6, Interval: true},
			"write_latency_p99_ns":  {Median: p(30e6), CILow: p(29.5e6), CIHigh: p(30.5e6), N: 6, Interval: true, Pooled: true},
			"write_latency_p999_ns": {Median: p(90e6), N: 6, Pooled: true},
			"throughput_ops":        {Median: p(9000), CILow: p(8000), CIHigh: p(10000), N: 6, Interval: true},
			"disk_bytes_per_write":  {Median: p(4096), CILow: p(4096), CIHigh: p(4096), N: 6, Interval: true},
			"host_busy_share":       {Median: p(0.5), CILow: p(0.4), CIHigh: p(0.6), N: 6, Interval: true},
			"outage_p50_ns":         {Median: p(2e9), N: 1},
			"error_ratio":           {Median: p(0), CILow: p(0), CIHigh: p(0.01), N: 6, Interval: true},
		},
		Faults: summary.Faults{Survived: n(1), BlockedAt: n(2), Audited: 7},
	}
}

// judge parses one rule and holds it against one cell.
func judge(t *testing.T, text string, c summary.Cell) Verdict {
	t.Helper()
	return judgeRun(t, text, summary.Analysis{Summary: summary.Summary{Cells: []summary.Cell{c}}})
}

// judgeRun holds one rule against a run, of whose verdicts the first is returned.
func judgeRun(t *testing.T, text string, run summary.Analysis) Verdict {
	t.Helper()
	rules, err := Parse("t.yaml", fmt.Appendf(nil, "rules:\n  - %q\n", text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(rules, Input{Run: run})
	if err != nil {
		t.Fatal(err)
	}
	return r.Verdicts[0]
}

// alwaysJudged is how many verdicts there are on each cell whatever the rules ask.
const alwaysJudged = 3

// ofRules are the verdicts on the rules alone.
func ofRules(r Report) []Verdict {
	return slices.DeleteFunc(slices.Clone(r.Verdicts), func(v Verdict) bool { return v.Kind == Always || v.Kind == Finished })
}

func TestRulesOnACell(t *testing.T) {
	for text, want := range map[string]stats.Answer{
		// The interval is 9 to 11 ms.
		"write_latency_p50 < 12ms":             stats.Pass,
		"write_latency_p50_ns < 12ms":          stats.Pass,
		"write_latency_p50 <= 11 ms":           stats.Pass,
		"write_latency_p50 < 11ms":             stats.Inconclusive,
		"write_latency_p50 < 10ms":             stats.Inconclusive,
		"write_latency_p50 < 9ms":              stats.Fail,
		"write_latency_p50 < 8999us":           stats.Fail,
		"write_latency_p50 > 8ms":              stats.Pass,
		"write_latency_p50 > 0.012s":           stats.Fail,
		"write_latency_p50 > 0":                stats.Pass,
		"write_latency_p99 < 31ms":             stats.Pass,
		"write_latency_p99 < 29ms":             stats.Fail,
		"write_latency_p99 < 30ms":             stats.Inconclusive,
		"write_latency_p999 < 1h":              stats.Inconclusive, // there is no interval
		"throughput >= 8000/s":                 stats.Pass,
		"throughput >= 8000":                   stats.Pass,
		"throughput > 9000/s":                  stats.Inconclusive,
		"disk_bytes_per_write <= 4KiB":         stats.Pass,
		"disk_bytes_per_write < 4KB":           stats.Fail, // 4000
		"disk_bytes_per_write > 4.095KB":       stats.Pass,
		"disk_bytes_per_write > 4.097KB":       stats.Fail,
		"disk_bytes_per_write > 4.001KiB":      stats.Fail,
		"cpu_seconds_per_kwrite < 200ms":       stats.Inconclusive,
		"host_busy_share < 61%":                stats.Pass,
		"read_latency_p50 < 1ms":               stats.Inconclusive,
		"host_busy_share < 39%":                stats.Fail,
		"lost_writes == 0":                     stats.Pass,
		"violations == 0":                      stats.Pass,
		"survived == tolerates":                stats.Pass,
		"survived >= 2":                        stats.Fail,
		"blocked_at == tolerates + 1":          stats.Pass,
		"blocked_at==tolerates":                stats.Fail,
		"quorum != 3":                          stats.Pass,
		"valid_trials >= 6":                    stats.Pass,
		"survived == quorum - 1":               stats.Pass,
		"  write_latency_p50   <   12ms  ":     stats.Pass,
		"valid_trials == trials":               stats.Pass,
		"host_busy_share < 0.5":                stats.Inconclusive,
		"write_latency_p50 < 1h":               stats.Pass,
		"cpu_seconds_per_kwrite < 1":           stats.Inconclusive,
		"saturate_write_latency_p999 < 1s":     stats.Inconclusive,
		"outage_p50 < 5s":                      stats.Inconclusive, // from one fault
		"outage_p50 > 1h":                      stats.Inconclusive,
		"error_ratio <= 1%":                    stats.Pass,
		"liveness == 0":                        stats.Pass,
		"durable == 1":                         stats.Pass,
		"recovered == durable":                 stats.Inconclusive,
		"write_latency_p50 < 999999999999.5ms": stats.Pass,
	} {
		if v := judge(t, text, cell()); v.Answer != want.String() {
			t.Errorf("%s: got %+v, want %s", text, v, want)
		}
	}
}

func TestWhatThePlanWantsAndTheRunLacksIsInconclusive(t *testing.T) {
	rules, err := Parse("t", []byte("rules: [nodes == 3]"))
	if err != nil {
		t.Fatal(err)
	}
	done := cell()
	done.Proofs = 1
	for name, c := range map[string]struct {
		planned map[string]Planned
		want    string
		reason  Reason
	}{
		"all there":            {map[string]Planned{done.Cell: {Trials: 6, Proofs: 1}}, "pass", Reason{}},
		"a trial is missing":   {map[string]Planned{done.Cell: {Trials: 7, Proofs: 1}}, "inconclusive", Reason{Code: UnfinishedTrials, Got: 6, Want: 7}},
		"a proof is missing":   {map[string]Planned{done.Cell: {Trials: 6, Proofs: 2}}, "inconclusive", Reason{Code: UnfinishedProofs, Got: 1, Want: 2}},
		"an outage is missing": {map[string]Planned{done.Cell: {Trials: 6, Proofs: 1, Outages: 30}}, "inconclusive", Reason{Code: UnfinishedOutages, Want: 30}},
		"a watch is missing":   {map[string]Planned{done.Cell: {Trials: 6, Proofs: 1, Watches: 1}}, "inconclusive", Reason{Code: UnfinishedWatches, Want: 1}},
		"proofs alone":         {map[string]Planned{done.Cell: {Trials: 0, Proofs: 3}}, "inconclusive", Reason{Code: UnfinishedProofs, Got: 1, Want: 3}},
		"a cell is missing":    {map[string]Planned{done.Cell: {Trials: 6, Proofs: 1}, "n5": {Trials: 6, Proofs: 0}}, "inconclusive", Reason{Code: UnfinishedTrials, Want: 6}},
		"a proof-only cell is": {map[string]Planned{done.Cell: {Trials: 6, Proofs: 1}, "n5": {Trials: 0, Proofs: 1}}, "inconclusive", Reason{Code: UnfinishedProofs, Want: 1}},
	} {
		r, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: summary.Summary{Cells: []summary.Cell{done}}}})
		if err != nil {
			t.Fatal(err)
		}
		r.Expect(summary.Summary{Cells: []summary.Cell{done}}, c.planned)
		last := r.Verdicts[len(r.Verdicts)-1]
		if r.Answer != c.want || c.reason != (Reason{}) && (len(last.Reasons) != 1 || last.Reasons[0] != c.reason) {
			t.Errorf("%s: got %s: %+v", name, r.Answer, last)
		}
	}
}

func TestFailOutweighsInconclusive(t *testing.T) {
	rules, err := Parse("t", []byte("rules: [nodes == 3, nodes == 4, read_latency_p50 < 1s]"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: summary.Summary{Cells: []summary.Cell{cell()}}}})
	if err != nil || r.Answer != "fail" || r.Count(stats.Fail) != 1 || r.Count(stats.Pass) != 1+alwaysJudged {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: summary.Summary{}}}); err != nil || r.Answer != "inconclusive" {
		t.Errorf("no cell: got %+v, %v", r, err)
	}
}

func TestWhere(t *testing.T) {
	three, five := cell(), cell()
	five.Cell, five.Nodes = "n5-hashicorp-none", 5
	s := summary.Summary{Cells: []summary.Cell{three, five}}
	for where, want := range map[string]int{
		"{nodes: 3}": 1, "{engine: hashicorp}": 2, "{nodes: 5, profile: none}": 1,
		"{raft.max_rpcs_in_flight: 16}": 2, "{cell: n5-hashicorp-none}": 1, "{setup: n5-hashicorp-none}": 1,
	} {
		rules, err := Parse("t", []byte("rules:\n  - {rule: lost_writes == 0, where: "+where+"}"))
		if err != nil {
			t.Fatal(err)
		}
		if r, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: s}}); err != nil || len(ofRules(r)) != want {
			t.Errorf("%s: got %+v, %v: want %d verdicts", where, r.Verdicts, err, want)
		}
	}
	rules, err := Parse("t.yaml", []byte("rules:\n  - {rule: lost_writes == 0, where: {nodes: 9}}"))
	if err != nil {
		t.Fatal(err)
	}
	var typed *strictyaml.Error
	if _, err = Evaluate(rules, Input{Run: summary.Analysis{Summary: s}}); !errors.As(err, &typed) || typed.Line != 2 || !strings.Contains(typed.Advice, "n5-hashicorp-none") {
		t.Errorf("no such cell: got %v", err)
	}
}

func TestBadFilesSayWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                                                                 "t.yaml: got no value, want a section with a list of rules",
		"rules":                                                            `got "rules", want a section with a list of rules`,
		"rules: []":                                                        "1:8: rules: got an empty list, want a list of at least one rule",
		"rules: nodes":                                                     `1:8: rules: got "nodes", want a list of at least one rule`,
		"rules: [a: b":                                                     "1:",
		"rulez: [nodes == 3]":                                              `1:1: no key is called "rulez" here, want one of rules`,
		"rules: [nodes == 3]\nrules: [a == 3]":                             "t.yaml:2:1",
		"rules:\n  - write_latncy_p50 < 1ms":                               `2:5: rules[0]: unknown metric "write_latncy_p50"`,
		"rules:\n  - \"write_latncy_p50 < 1\"":                             `2:6: rules[0]: unknown metric "write_latncy_p50"`,
		"rules:\n  - write_latency_p50 < 20":                               `2:25: rules[0]: write_latency_p50: got "20", want a duration such as 5ms`,
		"rules:\n  - write_latency_p50 == 1ms":                             "2:23: rules[0]: got == on write_latency_p50, which is measured",
		"rules:\n  - nodes = 3":                                            "2:11: rules[0]: got =, want ==",
		"rules:\n  - nodes":                                                "2:5: rules[0]: got \"nodes\", want METRIC OP LIMIT",
		"rules:\n  - nodes == banana":                                      `2:14: rules[0]: got "banana", want a number or one of blocked_at`,
		"rules:\n  - nodes == 3ms":                                         `2:14: rules[0]: nodes: got "3ms", want a plain number`,
		"rules:\n  - throughput > 5 apples":                                `2:18: rules[0]: throughput: got "5 apples", want a rate such as 500/s`,
		"rules:\n  - throughput > nodes":                                   "throughput is measured",
		"rules:\n  - write_latency_p50 <= 1.05x baselin":                   `2:32: rules[0]: got "baselin", want baseline or write_latency_p50 with a selector`,
		"rules:\n  - write_latency_p50 <= baseline":                        `2:26: rules[0]: got no factor before "baseline", want one such as 1.05x`,
		"rules:\n  - write_latency_p50 <= 5% baseline":                     `2:26: rules[0]: got the factor "5%", want a number above 0`,
		"rules:\n  - write_latency_p50 <= -1x baseline":                    `got the factor "-1", want a number above 0`,
		"rules:\n  - write_latency_p50 <= 0x baseline":                     `got the factor "0", want a number above 0`,
		"rules:\n  - write_latency_p50 <= 1e9x baseline":                   `got the factor "1e9", want a number above 0 and at most 1000`,
		"rules:\n  - write_latency_p50 <= baseline + 5%":                   `got "baseline + 5%", want a factor of the baseline`,
		"rules:\n  - write_latency_p50 == 1.05x baseline":                  "got == on write_latency_p50, which is measured",
		"rules:\n  - lost_writes <= 1.1x baseline":                         "lost_writes is a fact, which no factor allows for",
		"rules:\n  - 'write_latency_p50 < 2x baseline[n=3]'":               "got a selector of the baseline",
		"rules:\n  - 'write_latency_p50[n=5] < 2x write_latency_p90[n=3]'": `got write_latency_p50 against write_latency_p90, want one metric on both sides`,
		"rules:\n  - 'write_latency_p50[n=5] < 2x write_latncy_p50[n=3]'":  `2:34: rules[0]: unknown metric "write_latncy_p50"`,
		"rules:\n  - 'write_latency_p50[n=5] < 2x write_latency_p50'":      "on both sides without a selector on each",
		"rules:\n  - write_latency_p50 < write_latency_p90":                "got write_latency_p50 against write_latency_p90",
		"rules:\n  - 'write_latency_p50[n=5 < 3ms'":                        `got "[n=5 ", want a closing ]`,
		"rules:\n  - 'write_latency_p50[n5] < 3ms'":                        `2:24: rules[0]: got the selector "n5", want KEY=VALUE`,
		"rules:\n  - 'write_latency_p50[] < 3ms'":                          `got the selector "", want KEY=VALUE`,
		"rules:\n  - 'write_latency_p50[n=5, nodes=3] < 3ms'":              "got nodes twice in a selector",
		"rules:\n  - 7":                                                    `2:5: rules[0]: got "7", want METRIC OP LIMIT`,
		"rules:\n  - {rul: nodes == 3}":                                    `2:6: rules[0]: no key is called "rul" here, want one of rule, where`,
		"rules:\n  - {where: {nodes: 3}}":                                  "2:5: rules[0]: got a section without `rule`, want one",
		"rules:\n  - {rule: nodes == 3, where: {nodes: [3, 5]}}":           "rules[0].where.nodes: got a list, want one value",
		"rules: [nodes == 3]\n---\nrules: []":                              "t.yaml:2:1: got a second document, want one",
	} {
		_, err := Parse("t.yaml", []byte(text))
		var typed strictyaml.Errors
		if !errors.As(err, &typed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestAnUnknownMetricNamesItsNeighbours(t *testing.T) {
	_, err := Parse("t", []byte("rules: [write_latncy_p50 < 1ms]"))
	var typed strictyaml.Errors
	if !errors.As(err, &typed) || !strings.HasPrefix(typed.Hint(), "did you mean write_latency_p50,") {
		t.Errorf("got %v", err)
	}
	for text, want := range map[string]string{"lost": "lost_writes", "survive": "survived", "thruput": "throughput"} {
		if got := strictyaml.Nearest(text, names(summary.MetricNames()), 3); !strings.Contains(strings.Join(got, " "), want) {
			t.Errorf("%s: got %v, want %s among them", text, got, want)
		}
	}
}

// Every mistake of a file is told at once, and none is followed by what it
// would bring about.
func TestEveryMistakeIsTold(t *testing.T) {
	_, err := Parse("t.yaml", []byte("rules:\n  - nodes = 3\n  - {rule: lost_writes == 0, wher: {nodes: 3}}\n  - write_latency_p50 < 4k\n  - disk_bytes_per_write < 4k\nrule: []\n"))
	var es strictyaml.Errors
	if !errors.As(err, &es) || len(es) != 5 {
		t.Fatalf("got %v, want five mistakes", err)
	}
	for i, want := range []string{"did you mean where?", "write 4KB (powers of 1000) or 4KiB (powers of 1024)", "did you mean rules?"} {
		if got := es[[]int{1, 3, 4}[i]]; got.Hint() != want {
			t.Errorf("%v: got the hint %q, want %q", got, got.Hint(), want)
		}
	}
}

// A file of brackets took gigabytes, a pipe hung and a device never ended.
func TestRulesAreBoundedBeforeTheyAreRead(t *testing.T) {
	if _, err := Parse("t", []byte(strings.Repeat("[", 50_000))); err == nil || !strings.Contains(err.Error(), "more than 20000 values") {
		t.Errorf("brackets: got %.200v", err)
	}
	if _, err := Load("/dev/zero"); err == nil || !strings.Contains(err.Error(), "want a regular file") {
		t.Errorf("a device: got %v", err)
	}
}

func TestTheExcerptMarksThePlace(t *testing.T) {
	_, err := Parse("t", []byte("rules:\n  - write_latency_p50 < 20\n"))
	want := "   2 |   - write_latency_p50 < 20\n                               ^"
	if err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("got\n%v\nwant at the end\n%s", err, want)
	}
}

func TestSafetyRulesOnTheTinyRun(t *testing.T) {
	run, err := results.Open("../results/testdata/tiny")
	if err != nil {
		t.Fatal(err)
	}
	s, err := summary.Build(run)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := Load(Safety)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: s}})
	if err != nil || r.Answer != "pass" || r.Unsafe || r.Stuck || len(r.Verdicts) != 30 {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	var typed *strictyaml.Error
	if _, err := Load(path); !errors.As(err, &typed) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("no file: got %v", err)
	}
	if err := os.WriteFile(path, []byte("rules: [\"lost_writes == 0\", \"survived == tolerates\", \"write_latency_p50 < 20ms\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if rules, err := Load(path); err != nil || len(rules) != 3 {
		t.Errorf("got %v, %v", rules, err)
	}
}

// Whatever the text, the parser answers with rules or with a typed error.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		string(safety), "rules: [a < 1ms]", "rules: [write_latency_p50 <= 1.05x baseline]", "rules: ['write_latency_p50[n=3,x = y ] >= 2 × write_latency_p50[n=3]']",
		"rules: ['throughput[n=3] >= 1e3xthroughput[']", "rules:\n  - {rule: nodes == 3, where: {nodes: 3}}", "rules: &a [*a]", "? rules\n: - 1", "rules:\n- |\n  nodes == 3",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		rules, err := Parse("f", text)
		var typed strictyaml.Errors
		if err != nil && !errors.As(err, &typed) {
			t.Fatalf("untyped error %v", err)
		}
		if err == nil && len(rules) == 0 {
			t.Fatal("no rules and no error")
		}
		if err == nil {
			var typed *strictyaml.Error
			if _, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: summary.Summary{Cells: []summary.Cell{cell()}}}}); err != nil && !errors.As(err, &typed) {
				t.Fatalf("untyped error %v", err)
			}
		}
	})
}
