package main

import (
	"fmt"
	"math"
	"time"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// outlookOf tells a run how far it is from the precision that its plan asks for, and
// from the blocks that so many questions of a gate need.
func outlookOf(plan configs.Plan, questions int) func([]results.Trial) (bench.Outlook, error) {
	return func(trials []results.Trial) (bench.Outlook, error) {
		p, err := summary.ProgressOf(trials, plan.Precision, questions)
		w := p.Widest
		return bench.Outlook{
			Blocks: p.Blocks, Needs: p.Needs, Reached: p.Reached(),
			Metric: w.Metric, From: w.From, To: w.To, HalfWidth: p.HalfWidth,
		}, err
	}
}

// firstOutlook is the number of blocks after which one can say how many more
// there will be: of two, the spread is anything.
const firstOutlook = 3

// outlookText says after a block how many more there will be; empty where it has
// been said.
func outlookText(o *bench.Outlook) string {
	asked := fmt.Sprintf("±%s in latency and ±%s in throughput",
		units.Share.Show(o.Precision), units.Share.Show(summary.AskedOf("throughput_ops", o.Precision)))
	more := o.Needs - o.Blocks
	much := fmt.Sprintf("about %s (%s)", units.Plural(more, "more block"), units.About(o.Takes*time.Duration(more)))
	spent := o.Fits <= o.Blocks
	switch {
	case o.Reached:
		return fmt.Sprintf("precision reached after %s: %s", units.Plural(o.Blocks, "block"), asked)
	case spent && o.Needs == 0:
		return fmt.Sprintf("the budget of %s is spent after %s", units.About(o.Budget), units.Plural(o.Blocks, "block"))
	case spent:
		return fmt.Sprintf("the budget of %s is spent after %s: %s would be needed for %s%s",
			units.About(o.Budget), units.Plural(o.Blocks, "block"), much, asked, widestText(o))
	case o.Blocks != firstOutlook:
		return ""
	case o.Needs == 0:
		return "a difference has too few pairs of valid trials to tell how many more blocks are needed: the budget decides"
	case o.Needs > o.Fits:
		return fmt.Sprintf("%s needs %s, and the budget of %s has room for %d: a longer --budget or a wider --precision helps",
			asked, much, units.About(o.Budget), o.Fits-o.Blocks)
	}
	return fmt.Sprintf("%s needs %s", asked, much)
}

// widestText names the difference that needs most; empty where it has no interval.
func widestText(o *bench.Outlook) string {
	if o.Metric == "" || math.IsInf(o.HalfWidth, 1) {
		return ""
	}
	return fmt.Sprintf(" (widest: %s from %s to %s, ±%s)", figures.Name(o.Metric), o.From, o.To, units.Share.Show(o.HalfWidth))
}
