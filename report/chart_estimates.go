package report

import (
	"cmp"
	"math"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/units"
)

// estimates are the p50s and p90s of setups as points with intervals: two
// series for each group, the p90s behind.
type estimates struct {
	r        *Report
	p50, p90 string
	places   []place
	series   []chart.Series
	of       []chart.Ref // the p50 of each place
	span     span
}

// estimate builds the series. A setup's p50 stands left of its place and its p90 right
// of it, column apart.
func (r *Report) estimate(places []place, column float64, p50, p90 string) *estimates {
	e := &estimates{r: r, p50: p50, p90: p90, places: places, of: make([]chart.Ref, len(places))}
	for gi, g := range r.drawn() {
		back := chart.Series{Name: seriesName(g, "p90"), Form: chart.Points, Look: e.look(gi, true)}
		front := chart.Series{Name: seriesName(g, "p50"), Form: chart.Points, Look: e.look(gi, false)}
		for i, p := range places {
			if p.group != gi {
				continue
			}
			if f, ok := figures.Of(p.cell, p90); ok {
				back.Points = append(back.Points, e.point(p, column/2, f))
			}
			e.of[i] = chart.Ref{Series: len(e.series) + 1, Point: len(front.Points)}
			front.Points = append(front.Points, e.front(p, -column/2))
		}
		e.series = append(e.series, back, front)
	}
	return e
}

func seriesName(g group, percentile string) string {
	if g.name == "" {
		return percentile
	}
	return g.name + ", " + percentile
}

func (e *estimates) point(p place, beside float64, f figures.Figure) chart.Point {
	e.span.add(f.Median)
	e.span.add(f.Upper())
	if f.Interval { // a whisker that ended at the axis would look like its end
		e.span.add(f.Low)
	}
	return ofSize(p, beside, figures.Point(0, f))
}

func (e *estimates) front(p place, beside float64) chart.Point {
	if f, ok := figures.Of(p.cell, e.p50); ok {
		return e.point(p, beside, f)
	}
	return ofSize(p, beside, chart.Point{Missing: figures.NoTrial})
}

// ofSize sets a point beside its place, and says of which size it is.
func ofSize(p place, beside float64, pt chart.Point) chart.Point {
	pt.X, pt.Name = math.Round(1e6*(p.x+beside))/1e6, units.Plural(p.cell.Nodes, "node")
	return pt
}

// look tells the percentiles apart by colour and shape where there is one
// series, and by filling where colour and shape tell the series.
func (e *estimates) look(group int, p90 bool) chart.Look {
	if len(e.r.drawn()) > 1 {
		return chart.Look{Number: group, Hollow: p90}
	}
	if p90 {
		return chart.Look{Number: 1, Hollow: true}
	}
	return chart.Look{}
}

func (e *estimates) keys(what string) []chart.Key {
	var keys []chart.Key
	if len(e.r.drawn()) == 1 {
		keys = []chart.Key{
			{Text: "p50: half of the " + what + " are faster", Sign: chart.SignInterval, Look: e.look(0, false)},
			{Text: "p90: nine of ten are faster", Sign: chart.SignInterval, Look: e.look(0, true)},
		}
	} else {
		keys = append(e.r.groupKeys(chart.SignInterval),
			chart.Key{Text: "filled: p50", Sign: chart.SignInterval, Look: chart.Look{Number: chart.Neutral}},
			chart.Key{Text: "hollow: p90", Sign: chart.SignInterval, Look: chart.Look{Number: chart.Neutral, Hollow: true}})
	}
	return append(keys, struckKeys(e.series)...)
}

// groupKeys explain which group has which colour and shape.
func (r *Report) groupKeys(s chart.Sign) []chart.Key {
	var keys []chart.Key
	for i, g := range r.drawn() {
		keys = append(keys, chart.Key{Text: g.name, Sign: s, Look: chart.Look{Number: i}})
	}
	return keys
}

// value is a place's p50 in words, with its mark.
func (e *estimates) value(p place) string {
	f, ok := figures.Of(p.cell, e.p50)
	if !ok {
		return figures.NoTrial
	}
	return wording.Duration(f.Median) + f.Mark()
}

// maxLabels are how many points have room for their labels; of more, every
// second is named, or third.
const maxLabels = 24

// labels name and value each point, or name the points of all series that
// share a place and a size.
func (e *estimates) labels(name func(places ...place) string) []chart.Label {
	var out []chart.Label
	if len(e.r.drawn()) == 1 {
		each := 1 + len(e.places)/maxLabels
		for i, p := range e.places {
			if i%each == 0 {
				out = append(out, chart.Label{Name: name(p), Value: e.value(p), Of: []chart.Ref{e.of[i]}})
			}
		}
		return out
	}
	for _, members := range e.clusters() {
		l := chart.Label{}
		var places []place
		for _, i := range members {
			places, l.Of = append(places, e.places[i]), append(l.Of, e.of[i])
		}
		l.Name = name(places...)
		for _, p := range places {
			if mark := doubtedAny(p.cell, e.p50, e.p90); mark != "" {
				l.Name += mark
				break
			}
		}
		out = append(out, l)
	}
	return out
}

// clusters are the places of one size that stand side by side, from left to
// right.
func (e *estimates) clusters() [][]int {
	order := make([]int, len(e.places))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(e.places[a].x, e.places[b].x) })
	var out [][]int
	for _, i := range order {
		n := len(out)
		if n > 0 && e.places[out[n-1][0]].cell.Nodes == e.places[i].cell.Nodes {
			out[n-1] = append(out[n-1], i)
		} else {
			out = append(out, []int{i})
		}
	}
	return out
}
