package report

import (
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// RemarkText says one remark in plain English, for a line of progress.
func RemarkText(r results.Remark) string {
	r = cleanRemark(summary.Remark{Worst: r}).Worst
	text := sayRemark(worst{Remark: r})
	if when := whenWords(roleOf(r.Window), r.Window); when != "" {
		text = when + ": " + text
	}
	return text
}

// FindingText says one finding in plain English, with its values.
func FindingText(f results.Finding) string {
	f = cleanFindings([]summary.Findings{{Rule: f.Rule, First: f}})[0].First
	text := sayRule(f.Rule)
	if values := findingValues(f); values != "" {
		text += " (" + values + ")"
	}
	return text
}

// FindingName says a finding without its values: what happened, to what key or where.
func FindingName(f results.Finding) string {
	f = cleanFindings([]summary.Findings{{Rule: f.Rule, First: f}})[0].First
	text := sayRule(f.Rule)
	switch {
	case f.Key != "":
		text += ", key " + f.Key
	case f.Node != "":
		text += ", " + f.Node
	}
	return text
}

// roleOf a window that every measuring trial has, by its name.
func roleOf(window string) results.Role {
	switch window {
	case results.WindowCalm:
		return results.RoleLight
	case results.WindowSaturate:
		return results.RoleFull
	}
	return ""
}

// Escape keeps a text from being read as Markdown or HTML; see escape.
func Escape(text string) string { return escape(text) }

// Defuse keeps a spreadsheet from taking a name for a formula; see defuse.
func Defuse(name string) string { return defuse(name) }

// FoundText is what trials saw that Raft does not allow, with its setup and how
// often.
func FoundText(f gate.Finding) string { return foundText(f) }

// VerdictPlace is what was judged: a setup, or one setup against another.
func VerdictPlace(v gate.Verdict) string { return verdictPlace(v) }

// DifferenceText is what was decided of a difference: its change, the 95 %
// interval of that, and the decision.
func DifferenceText(d summary.Difference) (change, interval, decided string) {
	words := decidedWords(d)
	return words[0], words[1], words[2]
}
