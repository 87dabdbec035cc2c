package report

import (
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
)

// lightOrFull returns the summary to be shown: as it is where any setup had a
// light load, else with the figures of the full load in the light one's place,
// and true.
func lightOrFull(s summary.Summary) (summary.Summary, bool) {
	loaded := false
	for _, c := range s.Cells {
		if _, light := c.Metrics[figures.WriteP50]; light {
			return s, false
		}
		_, there := c.Metrics[figures.FullPrefix+figures.WriteP50]
		loaded = loaded || there
	}
	if !loaded {
		return s, false
	}
	s.Cells, s.Differences = slices.Clone(s.Cells), slices.Clone(s.Differences)
	for i := range s.Cells {
		c := &s.Cells[i]
		c.Metrics = promoted(c.Metrics)
		c.Remarks = slices.Clone(c.Remarks)
		for k := range c.Remarks {
			c.Remarks[k].Bounds = promoted(c.Remarks[k].Bounds)
		}
	}
	for i := range s.Differences {
		s.Differences[i].Metric = strings.TrimPrefix(s.Differences[i].Metric, figures.FullPrefix)
	}
	return s, true
}

// promoted takes the prefix from the names that have it.
func promoted[V any](m map[string]V) map[string]V {
	out := make(map[string]V, len(m))
	for name, v := range m {
		out[strings.TrimPrefix(name, figures.FullPrefix)] = v
	}
	return out
}
