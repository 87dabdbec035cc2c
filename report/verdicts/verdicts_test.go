package verdicts

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// reasonCodes are all that a verdict may give as its reason.
func reasonCodes(t *testing.T) []gate.ReasonCode {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../../gate/report.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []gate.ReasonCode
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if of, named := spec.Type.(*ast.Ident); named && of.Name == "ReasonCode" {
			code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, gate.ReasonCode(code))
		}
		return true
	})
	if len(out) == 0 {
		t.Fatal("no ReasonCode in gate/report.go: has the file moved?")
	}
	return out
}

// A code that nobody found words for would be shown as a code.
func TestEveryReasonOfAVerdictHasWords(t *testing.T) {
	p := 0.03
	full := gate.Verdict{P: &p, PCorrected: &p, Questions: 4, Ratio: &gate.Ratio{Floor: &p}}
	for _, code := range reasonCodes(t) {
		if reasonWords[code] == nil {
			t.Errorf("%q has no words in reasons.go", code)
			continue
		}
		reason := gate.Reason{Code: code, Got: 2, Want: 6, By: &p, Worst: &results.Remark{Code: results.CodeSteal, Got: 0.1}, Old: "a", New: "b"}
		for _, v := range []gate.Verdict{full, {}} {
			v.Reasons = []gate.Reason{reason, {Code: code}}
			for _, text := range Reasons(v) {
				if text == "" || strings.Contains(text, "%!") || strings.HasSuffix(text, ".") || text == string(code) {
					t.Errorf("%q is worded %q", code, text)
				}
			}
		}
	}
}

// Faults are of many kinds, and what is said of them is in their words: not in those of
// kills, of operations that failed or of messages.
func TestVerdictsOnFaultsSpeakOfFaults(t *testing.T) {
	v := gate.Verdict{Metric: figures.OutageMax}
	for _, code := range []gate.ReasonCode{gate.OneTrial, gate.ByMedian, gate.FewFaults, gate.ByCount, gate.LongestSeen, gate.NeverAnswered, gate.NoRatio} {
		v.Reasons = append(v.Reasons, gate.Reason{Code: code, Got: 4, Want: 6})
	}
	v.Reasons = append(v.Reasons, gate.Reason{Code: gate.OtherNetwork, Contrast: &summary.Contrast{What: summary.TraitFaults, Old: "kill leader"}})
	got := strings.Join(Reasons(v), "\n")
	for _, other := range []string{"kills", "operations", "messages"} {
		if strings.Contains(got, other) {
			t.Errorf("speaks of %s:\n%s", other, got)
		}
	}
	for _, want := range []string{
		"from one fault", "the median of 4 faults", "few faults: 4",
		"never: writes did not go on before the fault was undone, or the next was done",
		"other faults were done in the baseline: faults done under load kill leader → none",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in:\n%s", want, got)
		}
	}
}

// What failed and what is open stands in full, what passed in a line; and a rule about
// a ratio says from where on it would fail.
func TestVerdictsAnswerFirst(t *testing.T) {
	n := func(v float64) *float64 { return &v }
	ratio := func(of, low, high, sees float64) *gate.Ratio {
		return &gate.Ratio{From: "n3-a", To: "n3-b", Ratio: n(of), CILow: n(low), CIHigh: n(high), Interval: true, N: 12, SeesFrom: n(sees)}
	}
	r := gate.Report{Answer: "fail", Verdicts: []gate.Verdict{
		{Rule: "throughput >= 0.95x baseline", Kind: gate.Relative, Cell: "n3-b", Answer: "pass", Op: ">=", Limit: n(0.95), Ratio: ratio(0.99, 0.98, 1, 0.06)},
		{Rule: "write_latency_p50 <= 1.01x baseline", Kind: gate.Relative, Cell: "n3-b", Answer: "fail", Op: "<=", Limit: n(1.01), Ratio: ratio(1.05, 1.04, 1.06, 0.02)},
		{Rule: "lost_writes == 0", Kind: gate.Always, Cell: "n3-b", Answer: "pass", Fact: n(0), Limit: n(0), Op: "=="},
		{Rule: "write_latency_p90 <= 1.01x baseline", Kind: gate.Relative, Cell: "n3-b", Answer: "inconclusive", Op: "<=", P: n(0.03), PCorrected: n(0.09), Questions: 3,
			Limit: n(1.01), Ratio: ratio(1.05, 1.02, 1.08, 0.04), Reasons: []gate.Reason{{Code: gate.NotCorrected, Got: 6, Want: 7}}},
	}}
	var text strings.Builder
	Write(&text, r, false)
	want := `gate: fail (1 fail, 1 inconclusive, 2 pass)

FAIL: write_latency_p50 <= 1.01x baseline
  n3-b against n3-a: +5.0 % [+4.0, +6.0] in 12 blocks, sees about +2.0 % and
    more

inconclusive: write_latency_p90 <= 1.01x baseline
  n3-b against n3-a: +5.0 % [+2.0, +8.0] in 12 blocks, sees about +4.0 % and
    more; it exceeds the limit, but one of so many questions may by chance (p
    0.03 alone, 0.09 among 3): 6 are too few for that, 7 can decide it

pass: 2 verdicts on 2 rules (--all shows each)
  throughput >= 0.95x baseline sees about −6.0 % and less
`
	if text.String() != want {
		t.Errorf("got\n%s\nwant\n%s", text.String(), want)
	}
	text.Reset()
	Write(&text, r, true)
	if !strings.Contains(text.String(), "pass: throughput >= 0.95x baseline\n  n3-b against n3-a: −1.0 % [") {
		t.Errorf("--all: got\n%s", text.String())
	}
	if got := Value(gate.Verdict{Metric: "write_latency_p50_ns", Measured: &summary.Metric{Median: n(2e6), N: 3}}); got != "2.00 ms" {
		t.Errorf("got %q", got)
	}
}
