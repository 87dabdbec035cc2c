package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/units"
)

// verdictsText is the verdict for a terminal: what came out in a line, then
// what was found, what failed and what is inconclusive; what passed is one line a rule.
func verdictsText(w io.Writer, r gate.Report) {
	fmt.Fprintln(w, wrapped(verdictLine(r), "", "  "))
	for _, f := range r.Findings {
		fmt.Fprintf(w, "\n%s\n", wrapped(findingText(f, plain), "", "  "))
	}
	for _, a := range []stats.Answer{stats.Fail, stats.Inconclusive} {
		for _, rule := range byRule(r.Verdicts, a) {
			fmt.Fprintf(w, "\n%s\n", wrapped(answerWords[a]+": "+plain(rule[0].Rule), "", "  "))
			for _, v := range rule {
				fmt.Fprintln(w, wrapped(v.Cell+": "+strings.Join(verdictParts(v), "; "), "  ", "    "))
			}
		}
	}
	if rules := byRule(r.Verdicts, stats.Pass); len(rules) > 0 {
		fmt.Fprintln(w)
		for _, rule := range rules {
			fmt.Fprintln(w, wrapped(passed(rule), "", "      "))
		}
	}
}

// verdictsPage is the same for a page, a row for each verdict.
func verdictsPage(w io.Writer, r gate.Report) {
	fmt.Fprintf(w, "%s\n\n", verdictLine(r))
	for _, f := range r.Findings {
		fmt.Fprintf(w, "- %s\n", findingText(f, plainMarkdown))
	}
	if len(r.Findings) > 0 {
		fmt.Fprintln(w)
	}
	t := &table{header: []string{"verdict", "rule", "setup", "value [95 %]", "why"}}
	for _, a := range []stats.Answer{stats.Fail, stats.Inconclusive, stats.Pass} {
		for _, rule := range byRule(r.Verdicts, a) {
			for _, v := range rule {
				t.add(v.Answer, plainMarkdown(v.Rule), v.Cell, valueOf(v), strings.Join(reasons(v), "; "))
			}
		}
	}
	t.markdown(w)
}

// answerWords begin a line.
var answerWords = map[stats.Answer]string{stats.Fail: "FAIL", stats.Inconclusive: "inconclusive"}

// verdictLine is what came out.
func verdictLine(r gate.Report) string {
	text := "gate: " + answerOf(r) + " (" + tally(r) + ")"
	switch {
	case r.Unsafe:
		return text + ": safety is violated, which no rule lets pass"
	case r.Stuck:
		return text + ": something did not happen that should have, which no rule lets pass"
	}
	return text
}

// answerOf is the verdict in a word.
func answerOf(r gate.Report) string {
	switch {
	case r.Unsafe:
		return "unsafe"
	case r.Stuck:
		return "stuck"
	}
	return r.Answer
}

// tally is how many verdicts there are of each kind, failures first: 1 fail, 19
// pass.
func tally(r gate.Report) string {
	var parts []string
	for _, a := range []stats.Answer{stats.Fail, stats.Inconclusive, stats.Pass} {
		if n := r.Count(a); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, a))
		}
	}
	return strings.Join(parts, ", ")
}

// byRule collects the verdicts of an answer by their rule, in order.
func byRule(verdicts []gate.Verdict, a stats.Answer) [][]gate.Verdict {
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

// passed is a rule that holds: on which setups, and what should be known of it.
func passed(rule []gate.Verdict) string {
	var setups, why []string
	for _, v := range rule {
		setups = append(setups, v.Cell)
		why = append(why, reasons(v)...)
	}
	text := "pass: " + plain(rule[0].Rule) + " (" + someSetups(setups) + ")"
	if len(why) > 0 {
		text += ": " + strings.Join(unique(why), "; ")
	}
	return text
}

func someSetups(names []string) string {
	if len(names) == 1 {
		return names[0]
	}
	return units.Plural(len(names), "setup")
}

// verdictParts are a verdict's value and reasons.
func verdictParts(v gate.Verdict) []string {
	var out []string
	if value := valueOf(v); value != "" {
		out = append(out, value)
	}
	if v.Fact != nil && v.Answer == stats.Fail.String() {
		out[0] = "got " + out[0] + ", want " + v.Op + " " + units.Count.Show(*v.Limit)
	}
	return append(out, reasons(v)...)
}

// valueOf is what was held against the rule.
func valueOf(v gate.Verdict) string {
	switch {
	case v.Fact != nil:
		return strconv.FormatFloat(*v.Fact, 'f', -1, 64)
	case v.Measured != nil:
		return showMetric(v.Metric, *v.Measured)
	}
	return ""
}

func reasons(v gate.Verdict) []string {
	var out []string
	for _, r := range v.Reasons {
		out = append(out, reasonText(r))
	}
	return out
}

// reasonText words why a verdict is what it is.
func reasonText(r gate.Reason) string {
	if words, known := reasonWords[r.Code]; known {
		return words(r)
	}
	return string(r.Code)
}

var reasonWords = map[gate.ReasonCode]func(gate.Reason) string{
	gate.WithinInterval: func(gate.Reason) string { return "the interval holds the limit" },
	gate.OneTrial:       func(gate.Reason) string { return "from one trial, which says nothing of the next" },
	gate.FewValid: func(r gate.Reason) string {
		return fmt.Sprintf("too few valid trials: %d of %d", r.Got, r.Want)
	},
	gate.NoneValid: func(r gate.Reason) string { return "none of " + units.Plural(r.Want, "trial") + " is valid" },
	gate.NotMeasured: func(gate.Reason) string {
		return "not measured"
	},
	gate.FewOperations: func(gate.Reason) string { return "measured by too few operations for this percentile" },
	gate.ByMedian: func(r gate.Reason) string {
		return "no interval: judged by the median of " + units.Plural(r.Got, "trial")
	},
	gate.ByPool: func(r gate.Reason) string {
		return "the operations of " + units.Plural(r.Got, "trial") + " are too few for an interval"
	},
	gate.NeverAnswered: func(gate.Reason) string { return "never: it lies among operations that failed" },
	gate.Doubtful:      func(r gate.Reason) string { return remarkText(r) + ", which may have moved it " + movedBy(r) },
	gate.Shaken: func(r gate.Reason) string {
		return "not decided, since " + remarkText(r) + ", which may have moved it " + movedBy(r)
	},
	gate.NotProven:  func(gate.Reason) string { return "not proven: no proof trial came so far" },
	gate.NotAudited: func(gate.Reason) string { return "no trial was audited" },
	gate.UnfinishedTrials: func(r gate.Reason) string {
		return fmt.Sprintf("the run is unfinished: %d of %d planned trials", r.Got, r.Want)
	},
	gate.UnfinishedProofs: func(r gate.Reason) string {
		return fmt.Sprintf("the run is unfinished: %d of %d planned proofs", r.Got, r.Want)
	},
}

// remarkText is what was remarked, in the report's words.
func remarkText(r gate.Reason) string {
	if r.Worst == nil {
		return fmt.Sprintf("a remark (%s)", plain(string(r.Remark)))
	}
	return report.RemarkText(*r.Worst)
}

func movedBy(r gate.Reason) string {
	if r.By == nil {
		return "by nobody knows how much"
	}
	return "by up to " + units.Share.Show(*r.By)
}

// findingText words what trials saw that Raft does not allow.
func findingText(f gate.Finding, safe func(string) string) string {
	text := strings.ToUpper(string(f.Class)) + ": " + f.Cell + ": "
	if f.Count > 1 {
		text += fmt.Sprintf("%d times, such as ", f.Count)
	}
	return text + safe(report.FindingText(f.First))
}
