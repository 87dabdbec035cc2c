package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// timeline lists the faults that were done while load was measured.
func (r *Report) timeline() listing {
	g := listing{
		title: "What was done while the load ran", head: []string{"setup", "what was done", "trial", "at", "for", "writes stopped", "failed", "unknown"},
		first: []string{"trial", "setup", "at", "for"}, text: "what was done",
	}
	for _, gr := range r.groups {
		for _, c := range gr.cells {
			all := timelineOf(c)
			for _, o := range all {
				lasted := units.Absent
				if o.LastedNS > 0 {
					lasted = wording.Duration(float64(o.LastedNS))
				}
				g.rows = append(g.rows, []string{
					sizeName(gr, c), deed(o), fmt.Sprint(o.Trial),
					wording.Duration(float64(o.SinceNS)), lasted, silent(o, all), wording.Count(o.Failed), wording.Count(o.Unknown),
				})
				g.of = append(g.of, chart.Origin{Setup: c.Cell, Name: ofTrial + fmt.Sprint(o.Trial)})
			}
		}
	}
	return g
}

// deed is what was done and to whom: kill n1 (leader); the target as the experiment
// has it, or a partition's groups, where no member was hit; and why where it was not
// done, or was begun and not finished.
func deed(o summary.Outage) string {
	to := wording.List(o.Nodes) + inRole(o.Hit)
	switch {
	case len(o.Groups) > 0:
		to = facts.Groups(o.Groups)
	case len(o.Nodes) == 0:
		to = clean.Name(o.Target)
	}
	text := strings.TrimSpace(o.Action + " " + to)
	if o.NotDone != "" {
		how := "not finished"
		if len(o.Nodes) == 0 {
			how = "not done"
		}
		text += ", " + how + ": " + wording.Shorten(clean.Detail(o.NotDone), 60)
	}
	return text
}

// silent is for how long no client had an answer to a fault's writes; all are its setup's.
func silent(o summary.Outage, all []summary.Outage) string {
	if o.SilentNS > 0 && o.TotalNS != nil {
		return wording.Duration(float64(o.SilentNS))
	}
	followed := slices.ContainsFunc(all, func(next summary.Outage) bool { return next.Trial == o.Trial && next.SinceNS > o.SinceNS })
	return stopped(o, !followed)
}

// timelineNote says what the columns of the faults done under load are; empty where
// there were none.
func (r *Report) timelineNote() string {
	if !slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool { return len(timelineOf(c)) > 0 }) {
		return ""
	}
	return "Writes stopped: the longest stretch from a fault until the next in which no client had an answer, known to the writes' interval: a fault that stopped none shows about that interval. Where no write sent after it was acknowledged, they stopped until the next fault, or until the load ended; until undone: they went on only once it was undone, so that how long it would have stopped them is not known. " +
		"Failed and unknown are writes of that time at members that the fault was not done to: one that is unknown may have been committed or not."
}

// timelineOf a setup's measuring trials, trial by trial.
func timelineOf(c summary.Cell) []summary.Outage {
	var out []summary.Outage
	for _, o := range c.Outages {
		if o.Kind == results.Measure {
			out = append(out, o.Each...)
		}
	}
	slices.SortStableFunc(out, func(a, b summary.Outage) int {
		if a.Trial != b.Trial {
			return a.Trial - b.Trial
		}
		return int(a.SinceNS - b.SinceNS)
	})
	return out
}
