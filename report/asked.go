package report

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Asked is what a run was to reach: blocks are added until differences are known to
// within the precision, or the budget is spent. The zero value asked for nothing.
type Asked struct {
	Precision float64 // a share
	Budget    time.Duration
	// Proofs are to follow the measuring, which is over when the first is on record.
	Proofs bool
}

// askedLine says what precision was asked for, what was reached and why no more was
// measured: a run that fell short of it must not read like one that did not.
func (r *Report) askedLine() string {
	a := r.options.Asked
	if a.Precision <= 0 {
		return ""
	}
	p, err := summary.ProgressOf(r.run.Trials, a.Precision, 0)
	if err != nil || p.Blocks == 0 {
		return ""
	}
	text := fmt.Sprintf("Asked for: differences of neighbours within ±%s in median latency and ±%s in throughput.",
		wording.Share(a.Precision), wording.Share(summary.AskedOf(figures.Throughput, a.Precision)))
	blocks := units.Plural(p.Blocks, "block")
	if p.Reached() {
		return text + " Reached after " + blocks + "."
	}
	text += " Not reached: "
	if over := slices.ContainsFunc(r.run.Trials, func(t results.Trial) bool { return t.Kind != results.Measure }); over || !a.Proofs {
		text += fmt.Sprintf("the budget of %s ended it after %s", units.About(a.Budget), blocks)
	} else {
		text += "it ended, or stands, after " + blocks
	}
	if w := p.Widest; w.Metric != "" && !math.IsInf(p.HalfWidth, 1) {
		text += fmt.Sprintf(", with %s from %s to %s known to ±%s", figures.Name(w.Metric), clean.Text(w.From), clean.Text(w.To), wording.Share(p.HalfWidth))
	}
	return text + "."
}
