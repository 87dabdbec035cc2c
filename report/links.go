package report

import (
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// minLinkSamples is what a link's median rests on at least.
const minLinkSamples = 5

// linkTruth tells how far the emulated links that carried load were from the
// delays asked of them, over the valid measuring trials; empty where nothing was
// emulated.
func linkTruth(trials []results.Trial) string {
	var asked, p50, p99 []float64
	of, idle := 0, 0
	for i := range trials {
		t := &trials[i]
		if !t.Valid || t.Kind != results.Measure {
			continue
		}
		before := len(asked)
		leaders := t.Leaders()
		for k := range t.Links {
			l := &t.Links[k]
			if l.AskedNS > 0 && !l.Loaded(leaders...) {
				idle++
			} else if e, ok := judgedBy(l); ok {
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
	delays := units.Duration.Span(slices.Min(asked), slices.Max(asked))
	return fmt.Sprintf("The emulated one-way delays of %s came %s late at the median and %s at p99 on the %s of %s that carried load (the middle of all; %s at the worst one's median); %s more carried none.",
		delays, duration(middle(p50)), duration(middle(p99)), units.Plural(len(asked), "link"), units.Plural(of, "trial"),
		duration(slices.Max(p50)), count(int64(idle)))
}

// middle is the median of values, the upper of two.
func middle(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// judgedBy is what tells of a link: its window where that has samples enough,
// else the probes before it.
func judgedBy(l *results.Link) (*results.LinkTruth, bool) {
	switch {
	case l.AskedNS <= 0:
		return nil, false
	case l.Samples >= minLinkSamples:
		return &l.LinkTruth, true
	case l.Before != nil && l.Before.Samples >= minLinkSamples:
		return l.Before, true
	}
	return nil, false
}
