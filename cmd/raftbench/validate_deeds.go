package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/units"
)

// deedsOf says, a line each, what a plan does beside measuring: the outages that it
// times, how long it watches, and its faults.
func deedsOf(p configs.Plan) (lines []string) {
	var timed []string
	for _, s := range p.Setups {
		if done := strings.TrimSpace(s.Outage.Action + " " + s.Outage.Target); p.OutagesOf(s) > 0 && !slices.Contains(timed, done) {
			timed = append(timed, done)
		}
	}
	if len(timed) > 0 {
		lines = append(lines, fmt.Sprintf("%s a setup (%s)", units.Plural(p.Outages, "outage"), strings.Join(timed, ", ")))
	}
	if p.Watch > 0 {
		lines = append(lines, fmt.Sprintf("watched for %s a setup", units.FormatDuration(p.Watch)))
	}
	if p.Safety > 0 && len(p.Setups) > 0 && len(p.Setups[0].Nemesis.Actions) > 0 {
		n := p.Setups[0].Nemesis
		lines = append(lines, strings.TrimSuffix(wrapped(fmt.Sprintf("nemesis: a fault about every %s, of %s", units.FormatDuration(n.Every), strings.Join(n.Actions, ", ")), "", "  "), "\n"))
	}
	// All setups of an experiment have the same faults.
	if len(p.Setups) > 0 && len(p.Setups[0].Faults) > 0 {
		lines = append(lines, timelineOf(p.Setups[0].Faults))
	}
	return lines
}

// timelineOf is a timeline of faults as it is done, in lines that fit most screens.
func timelineOf(faults []configs.TimedFault) string {
	const width = 80
	text, column := "faults:", len("faults:")
	for i, f := range faults {
		deed := " " + strings.TrimSpace(fmt.Sprintf("%s %s %s", units.FormatDuration(f.At), f.Action, f.Target)) + lasting(f.For)
		if i+1 < len(faults) {
			deed += ";"
		}
		if column+len(deed) > width {
			text, column = text+"\n ", 1
		}
		text, column = text+deed, column+len(deed)
	}
	return text
}

func lasting(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return " for " + units.FormatDuration(d)
}
