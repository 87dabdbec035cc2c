package summary

import (
	"math"

	"github.com/raftbench/raftbench/results"
)

// said is what makes remarks of many trials one.
type said struct {
	code     results.Code
	severity results.Severity
	place    place
	window   string // where the window has no role: calibration
	kind     results.TrialKind
	replaced bool
}

// remarks of a cell, in the order in which they were met, with what they can
// have done to its metrics.
func remarks(s *setup, metrics map[string]Metric, o observations) []Remark {
	g := &gathered{at: map[said]int{}, list: []Remark{}, value: o.valuesBy(metrics)}
	of := map[results.TrialKind]int{}
	for _, kind := range [][]*results.Trial{s.measure, s.proof, s.outages, s.watch, s.tested} {
		for _, t := range kind {
			of[t.Kind] = len(kind)
			g.trial(t, len(kind), false)
		}
	}
	for _, t := range replaced(s) {
		g.trial(t, of[t.Kind], true)
	}
	for i := range g.list {
		g.list[i].Bounds = g.moves[i].bounds(metrics, o)
	}
	return g.list
}

// replaced are the attempts that a later one stands for: a choice was made.
func replaced(s *setup) []*results.Trial {
	latest := map[int]int{}
	for _, t := range s.all {
		latest[t.Trial] = max(latest[t.Trial], t.Attempt)
	}
	var out []*results.Trial
	for _, t := range s.all {
		if t.Attempt < latest[t.Trial] {
			out = append(out, t)
		}
	}
	return out
}

type gathered struct {
	at    map[said]int
	list  []Remark
	moves []moves // beside list
	value func(t *results.Trial, metric string) float64
}

// trial adds what was said of one. Of a trial that is not valid only the
// reasons count: it has no numbers that could be doubted.
func (g *gathered) trial(t *results.Trial, of int, replaced bool) {
	seen := map[said]bool{}
	for _, r := range t.Remarks {
		if !t.Valid && r.Severity != results.Invalid {
			continue
		}
		key := said{code: r.Code, severity: r.Severity, window: r.Window, kind: t.Kind, replaced: replaced}
		w := windowNamed(t, r.Window)
		if w != nil {
			key.place, key.window = placeOf(w), ""
		}
		i, there := g.at[key]
		if !there {
			i = len(g.list)
			g.at[key] = i
			g.moves = append(g.moves, moves{})
			g.list = append(g.list, Remark{
				Code: r.Code, Severity: r.Severity, Window: r.Window, Kind: t.Kind, Of: of, Replaced: replaced, Worst: r,
				Role: key.place.role, LoadShare: float64(key.place.share) / 100,
			})
		}
		if !seen[key] {
			seen[key] = true
			g.list[i].Trials++
		}
		if r.Severity == results.Doubtful && !replaced {
			g.moves[i].add(r, t, func(metric string) float64 { return g.value(t, metric) })
		}
		if Weight(r) > Weight(g.list[i].Worst) {
			g.list[i].Worst, g.list[i].Window = r, r.Window
		}
	}
}

func windowNamed(t *results.Trial, name string) *results.Window {
	for i := range t.Windows {
		if t.Windows[i].Name == name {
			return &t.Windows[i]
		}
	}
	return nil
}

// Weight orders remarks of one code: the largest is the worst.
func Weight(r results.Remark) float64 {
	switch r.Code {
	case results.CodeIncomplete:
		return -r.Got / max(1, float64(r.Of)) // the share that was completed
	case results.CodeFsyncNotReal:
		return -r.Got // the faster, the worse
	case results.CodeLinksUnmeasured:
		return float64(r.Count)
	}
	return math.Abs(r.Got)
}
