package report

import (
	"fmt"
	"math"
	"slices"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// links are those that carried load, over the valid measuring trials: the delays
// asked of them, by how much they missed these at the median and at the 99th
// percentile by themselves, and for how long their readers waited for a core; each
// of these also as a share of the median operation, on all its crossings.
type links struct {
	asked, own, ownP99, waited, ownShare, waitedShare []float64

	trials, idle int
}

// linkTruth tells how true the emulated links were that carried load; empty where
// nothing was emulated.
func linkTruth(trials []results.Trial) string {
	var all links
	for i := range trials {
		if t := &trials[i]; t.Valid && t.Kind == results.Measure {
			all.add(t)
		}
	}
	if len(all.asked) == 0 {
		return ""
	}
	delays := units.Duration.Span(slices.Min(all.asked), slices.Max(all.asked))
	return fmt.Sprintf("The emulated one-way delays of %s came late by themselves by %s at the median%s and %s at p99, on the %s of %s that carried load (the middle of all; %s at the worst one's median); "+
		"their readers waited another %s for a core at the median%s, as those of real packets do on a host as full. %s carried none.",
		delays, wording.Duration(middle(all.own)), atMost(all.ownShare), wording.Duration(middle(all.ownP99)),
		units.Plural(len(all.asked), "link"), units.Plural(all.trials, "trial"), wording.Duration(slices.Max(all.own)),
		wording.Duration(middle(all.waited)), atMost(all.waitedShare), units.Plural(all.idle, "other link"))
}

func (a *links) add(t *results.Trial) {
	before, leaders, window := len(a.asked), t.Leaders(), t.LinksOf()
	for i := range t.Links {
		l := &t.Links[i]
		if l.AskedNS > 0 && !l.Loaded(leaders...) {
			a.idle++
			continue
		}
		e, ok := judgedBy(l)
		if !ok || e.Undivided() {
			continue // how much of its lateness was its own, nobody knows
		}
		own, waited := float64(e.OwnErrorP50NS), float64(e.CoreWaitP50NS)
		a.asked, a.own, a.waited = append(a.asked, float64(l.AskedNS)), append(a.own, own), append(a.waited, waited)
		a.ownP99 = append(a.ownP99, float64(e.OwnErrorP99NS))
		if window != nil && window.Median() > 0 {
			a.ownShare = append(a.ownShare, window.Effect(t.Crossings(), own))
			a.waitedShare = append(a.waitedShare, window.Effect(t.Crossings(), waited))
		}
	}
	if len(a.asked) > before {
		a.trials++
	}
}

// atMost bounds what the middle link did to the median operation; empty where no
// operation is known.
func atMost(shares []float64) string {
	if len(shares) == 0 {
		return ""
	}
	if by := middle(shares); !math.IsNaN(by) {
		return fmt.Sprintf(" (at most %s of the median operation)", wording.Share(by))
	}
	return ""
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
	case l.Samples >= results.MinLinkSamples:
		return &l.LinkTruth, true
	case l.Before != nil && l.Before.Samples >= results.MinLinkSamples:
		return l.Before, true
	}
	return nil, false
}
