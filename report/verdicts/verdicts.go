// Package verdicts words what a gate judged: the answer first, then what was found, what
// failed and what is open with each reason for it; what passed is a line.
package verdicts

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// verdictLineWidth is what the lines of a gate's verdicts keep to: the width of a
// terminal that nobody has widened.
const verdictLineWidth = 80

// Write writes a gate's verdicts for a terminal: what came out in a line, then
// what was found, what failed and what is inconclusive. What passed is one line,
// or where all are wanted one for each verdict.
func Write(w io.Writer, r gate.Report, all bool) {
	wrapTo(w, Line(r), "", "  ")
	for _, f := range r.Findings {
		fmt.Fprintln(w)
		wrapTo(w, Found(f), "", "  ")
	}
	for _, a := range []stats.Answer{stats.Fail, stats.Inconclusive} {
		verdictsOf(w, r, a)
	}
	if all {
		verdictsOf(w, r, stats.Pass)
	} else if text := folded(r); text != "" {
		fmt.Fprintln(w)
		wrapTo(w, text, "", "      ")
		for _, rule := range ByRule(r.Verdicts, stats.Pass) {
			if text := sightOf(rule); text != "" {
				wrapTo(w, text, "  ", "    ")
			}
		}
	}
}

// verdictsOf writes those with one answer, rule by rule.
func verdictsOf(w io.Writer, r gate.Report, a stats.Answer) {
	for _, rule := range ByRule(r.Verdicts, a) {
		fmt.Fprintln(w)
		wrapTo(w, answerWords[a]+": "+clean.Text(rule[0].Rule), "", "  ")
		for _, same := range bySame(rule) {
			var places []string
			for _, v := range same {
				places = append(places, Place(v))
			}
			wrapTo(w, wording.List(places)+": "+Text(same[0]), "  ", "    ")
		}
	}
}

// bySame collects verdicts of which the same is said.
func bySame(verdicts []gate.Verdict) [][]gate.Verdict {
	var out [][]gate.Verdict
	at := map[string]int{}
	for _, v := range verdicts {
		i, there := at[Text(v)]
		if !there {
			i = len(out)
			at[Text(v)] = i
			out = append(out, nil)
		}
		out[i] = append(out[i], v)
	}
	return out
}

// wrapTo writes a paragraph, its first line and the others indented.
func wrapTo(w io.Writer, text, first, others string) {
	for i, line := range wording.Wrap(text, verdictLineWidth-len(first), others[len(first):]) {
		indent := others
		if i == 0 {
			indent = first
		}
		fmt.Fprintln(w, indent+line)
	}
}

// Markdown is the same for a page, a row for each verdict.
func Markdown(w io.Writer, r gate.Report) {
	fmt.Fprintf(w, "%s\n\n", Line(r))
	for _, f := range r.Findings {
		fmt.Fprintf(w, "- %s\n", markdown.Escape(Found(f)))
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(w)
	}
	rows := [][]string{{"verdict", "rule", "setup", "value [95 %]", "why"}, slices.Repeat([]string{"---"}, 5)}
	for _, a := range []stats.Answer{stats.Fail, stats.Inconclusive, stats.Pass} {
		for _, rule := range ByRule(r.Verdicts, a) {
			for _, v := range rule {
				rows = append(rows, []string{v.Answer, markdown.Escape(clean.Text(v.Rule)), markdown.Escape(Place(v)), markdown.Escape(Value(v)), markdown.Escape(strings.Join(Reasons(v), "; "))})
			}
		}
	}
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
}

// answerWords begin a line.
var answerWords = map[stats.Answer]string{stats.Fail: "FAIL", stats.Inconclusive: "inconclusive", stats.Pass: "pass"}

// Line is what came out: gate: fail (1 fail, 29 pass).
func Line(r gate.Report) string {
	text := "gate: " + Word(r)
	if tally := Tally(r); tally != "" {
		text += " (" + tally + ")"
	}
	if r.Looks > 1 {
		text += fmt.Sprintf(", look %d at this run", r.Looks)
	}
	switch {
	case r.Unsafe:
		return text + ": safety is violated, which no rule lets pass"
	case r.Stuck:
		return text + ": something did not happen that should have, which no rule lets pass"
	}
	return text
}

// Word is what came out in a word: unsafe, stuck, pass, fail or
// inconclusive.
func Word(r gate.Report) string {
	switch {
	case r.Unsafe:
		return "unsafe"
	case r.Stuck:
		return "stuck"
	}
	return r.Answer
}

// Tally is how many verdicts there are of each kind, failures first: 1
// fail, 19 pass.
func Tally(r gate.Report) string {
	var parts []string
	for _, a := range []stats.Answer{stats.Fail, stats.Inconclusive, stats.Pass} {
		if n := r.Count(a); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, a))
		}
	}
	return strings.Join(parts, ", ")
}

// ByRule collects the verdicts of an answer by their rule, in order.
func ByRule(verdicts []gate.Verdict, a stats.Answer) [][]gate.Verdict {
	var out [][]gate.Verdict
	for _, v := range verdicts {
		if v.Answer != a.String() {
			continue
		}
		i := slices.IndexFunc(out, func(vs []gate.Verdict) bool { return vs[0].Rule == v.Rule })
		if i < 0 {
			i = len(out)
			out = append(out, nil)
		}
		out[i] = append(out[i], v)
	}
	return out
}

// folded is what passed, in one line; empty where nothing did. What weakens a
// pass is counted: it is told where all are shown.
func folded(r gate.Report) string {
	rules := ByRule(r.Verdicts, stats.Pass)
	if len(rules) == 0 {
		return ""
	}
	weakened := 0
	for _, v := range slices.Concat(rules...) {
		if len(v.Reasons) > 0 {
			weakened++
		}
	}
	text := fmt.Sprintf("pass: %s on %s", units.Plural(r.Count(stats.Pass), "verdict"), units.Plural(len(rules), "rule"))
	if weakened > 0 {
		text += fmt.Sprintf(", %d of them with a reservation", weakened)
	}
	return text + " (--all shows each)"
}

// Place is what was judged: a setup, or one setup against another.
func Place(v gate.Verdict) string {
	switch {
	case v.Ratio == nil:
		return clean.Name(v.Cell)
	case v.Baseline != "":
		return clean.Name(v.Cell) + " against " + clean.Name(v.Baseline)
	}
	return clean.Name(v.To) + " against " + clean.Name(v.From)
}

// Text is a verdict's value and the reasons for its answer, without its
// rule and setup.
func Text(v gate.Verdict) string {
	var parts []string
	if value := Value(v); value != "" {
		parts = append(parts, value)
	}
	if v.Fact != nil && v.Answer == stats.Fail.String() {
		parts[0] = "got " + parts[0] + ", want " + v.Op + " " + units.Count.Show(*v.Limit)
	}
	parts = append(parts, Reasons(v)...)
	if len(parts) == 0 {
		return v.Answer
	}
	return strings.Join(parts, "; ")
}

// Value is what was held against the rule; empty where nothing was.
func Value(v gate.Verdict) string {
	switch {
	case v.Fact != nil:
		return strconv.FormatFloat(*v.Fact, 'f', -1, 64)
	case v.Ratio != nil:
		return ratioValue(v)
	case v.Measured != nil:
		return measuredValue(v.Metric, *v.Measured)
	}
	return ""
}

// measuredValue is a metric with its interval: 1.73 ms [1.66, 1.85].
func measuredValue(metric string, m summary.Metric) string {
	e, kind := m.Estimate(), units.Of(metric)
	text := wording.Show(kind, e.Center)
	switch {
	case !m.Interval:
	case math.IsInf(e.High, 1):
		text += " [" + wording.Show(kind, e.Low) + ", " + wording.Never + "]"
	default:
		text = kind.Interval(e.Center, e.Low, e.High)
	}
	if m.Pooled {
		text += " (pooled)"
	}
	return text
}

// ratioValue is a change with its interval, and what tells how sure it is: +4.1 %
// [+3.6, +4.5], p 0.001 of 4 questions, sees +2 %.
func ratioValue(v gate.Verdict) string {
	r := v.Ratio
	if r.N == 0 {
		return ""
	}
	text := wording.Points(boundless(r.Ratio), true) + " %"
	if !r.Interval {
		return text
	}
	text += fmt.Sprintf(" [%s, %s]", wording.Points(boundless(r.CILow), true), wording.Points(boundless(r.CIHigh), true))
	if r.Baseline == "" {
		text += " in " + units.Plural(r.N, "block")
	}
	if r.SeesFrom != nil {
		text += ", " + seesText(v.Op, *r.SeesFrom)
	}
	return text
}

// seesText is from where on a rule about a ratio fails, as far as its interval is
// wide: sees about +7 % and more.
func seesText(op string, from float64) string {
	if strings.HasPrefix(op, ">") {
		return "sees about " + wording.Points(1-from, true) + " % and less"
	}
	return "sees about " + wording.Points(1+from, true) + " % and more"
}

// sightOf is what a rule that passed could have seen, of the setup where it sees
// least; empty of a rule about no ratio.
func sightOf(rule []gate.Verdict) string {
	var worst *gate.Verdict
	for i, v := range rule {
		if v.Ratio != nil && v.SeesFrom != nil && (worst == nil || *v.SeesFrom > *worst.SeesFrom) {
			worst = &rule[i]
		}
	}
	if worst == nil {
		return ""
	}
	return clean.Text(worst.Rule) + " " + seesText(worst.Op, *worst.SeesFrom)
}

// Sight is what a rule about a ratio can see, said before anything is measured.
func Sight(s gate.Sight) string {
	return clean.Text(s.Rule) + " " + seesText(s.Op, s.From) + ", if the precision is reached"
}

// boundless reads a ratio: null is above every number.
func boundless(v *float64) float64 {
	if v == nil {
		return math.Inf(1)
	}
	return *v
}

// Found words what trials saw that Raft does not allow.
func Found(f gate.Finding) string {
	text := strings.ToUpper(clean.Text(string(f.Class))) + ": " + clean.Name(f.Cell) + ": "
	if f.Count > 1 {
		text += fmt.Sprintf("%d times, such as ", f.Count)
	}
	return text + facts.Finding(f.First)
}
