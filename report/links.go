package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// minLinkSamples is what a link's median rests on at least.
const minLinkSamples = 5

// linkTruth tells how far the emulated links were from the delays asked of
// them, over the valid measuring trials; empty where nothing was emulated.
func linkTruth(trials []results.Trial) string {
	var asked, p50, p99 stats.Sample
	of := 0
	for _, t := range trials {
		if !t.Valid || t.Kind != results.Measure {
			continue
		}
		before := len(asked)
		for _, l := range t.Links {
			if e, ok := judgedBy(l); ok {
				asked, p50, p99 = append(asked, float64(l.AskedNS)), append(p50, float64(e.ErrorP50NS)), append(p99, float64(e.ErrorP99NS))
			}
		}
		if len(asked) > before {
			of++
		}
	}
	if len(asked) == 0 {
		return ""
	}
	delays := duration(slices.Min(asked))
	if most := duration(slices.Max(asked)); most != delays {
		delays += " to " + most
	}
	return fmt.Sprintf("The emulated one-way delays of %s came %s late at the median and %s at p99 (the middle of all links of %s; %s at the worst link's median).",
		delays, duration(p50.Median().Center), duration(p99.Median().Center), plural(of, "trial"), duration(slices.Max(p50)))
}

// judgedBy is what tells of a link: its window where that has samples enough,
// else the probes before it.
func judgedBy(l results.Link) (results.LinkProbe, bool) {
	samples := l.Samples
	if samples == 0 && l.Before == nil {
		samples = l.Frames // the record is older than the count of samples
	}
	switch {
	case l.AskedNS <= 0:
		return results.LinkProbe{}, false
	case samples >= minLinkSamples:
		return results.LinkProbe{ErrorP50NS: l.ErrorP50NS, ErrorP99NS: l.ErrorP99NS}, true
	case l.Before != nil && l.Before.Samples >= minLinkSamples:
		return *l.Before, true
	}
	return results.LinkProbe{}, false
}
