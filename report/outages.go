package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// An outage is a time in which operations fail; what failed is said before any
// latency, since percentiles alone would hide it.

// availability is the share of operations that were answered.
func availability(o summary.Operations) float64 {
	return float64(o.Completed) / float64(max(o.Attempted, 1))
}

// failed counts a setup's operations that were not answered, be it that they failed or
// that nobody knows: 525 of 1,200.
func failed(c summary.Cell) string {
	if c.Operations.Failed == 0 {
		return units.Absent
	}
	return wording.Count(c.Operations.Failed) + " of " + wording.Count(c.Operations.Attempted)
}

func available(c summary.Cell) string {
	if c.Operations.Failed == 0 {
		return units.Absent
	}
	return wording.Share(availability(c.Operations))
}

// outageLines tell what failed, size by size.
func outageLines(g group) []string {
	var out []string
	for _, c := range g.cells {
		o := c.Operations
		if f, ok := figures.Of(c, figures.FullPrefix+figures.ErrorRatio); ok && f.Median > 0 {
			out = append(out, fmt.Sprintf("%s: %s of the operations under full load failed.", units.Plural(c.Nodes, "node"), wording.Share(f.Median)))
		}
		if o.Failed == 0 {
			continue
		}
		line := fmt.Sprintf("%s: %s operations failed or are unknown (availability %s)", units.Plural(c.Nodes, "node"), failed(c), wording.Share(availability(o)))
		if o.Harmed {
			line += ", at all members, also those that faults were done to"
		}
		out = append(out, line+".")
	}
	return out
}

// failedLines are those of all groups.
func (r *Report) failedLines() []string {
	var out []string
	for _, g := range r.groups {
		for _, line := range outageLines(g) {
			if g.name != "" {
				line = g.name + ", " + line
			}
			out = append(out, line)
		}
	}
	return out
}

func anyFailed(s summary.Summary) bool {
	return slices.ContainsFunc(s.Cells, func(c summary.Cell) bool { return c.Operations.Failed > 0 })
}

// failureNote explains how failures count.
const failureNote = "An operation that failed, or of which nobody knows, counts as one that takes for ever; where a percentile lies among those that failed it is “never”."

func timeoutWords(t results.Timeouts) string {
	var parts []string
	for _, p := range []struct {
		name string
		ns   int64
	}{{"heartbeat", t.HeartbeatNS}, {"election", t.ElectionNS}, {"leader lease", t.LeaseNS}} {
		if p.ns > 0 {
			parts = append(parts, p.name+" "+wording.Setting(p.ns))
		}
	}
	return strings.Join(parts, ", ")
}
