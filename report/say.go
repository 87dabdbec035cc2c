package report

import (
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
