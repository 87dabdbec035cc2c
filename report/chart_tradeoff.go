package report

import (
	"fmt"
	"math"
	"strconv"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/units"
)

// tradeoff shows what each step up costs in waiting and in carrying: in each
// panel the differences against the sizes that the steps are weighed against,
// with the intervals of the differences, which are far narrower than those of
// the sizes themselves.
func (r *Report) tradeoff() (chart.Chart, bool) {
	if len(r.groups) != 1 {
		return chart.Chart{}, false
	}
	drawn, left := onScale(r.answers[0].steps)
	c := r.base("tradeoff", r.answers[0].message)
	if c.Title == "" {
		c.Title = "What each step up costs"
	}
	for _, p := range paid {
		if panel, ok := r.stepPanel(p.metric, drawn); ok {
			c.Panels = append(c.Panels, panel)
		}
	}
	if len(c.Panels) == 0 {
		return chart.Chart{}, false
	}
	c.Subtitle = []string{"Each size against the one it is weighed against: the next smaller that survives as much, else the cheapest that survives fewer."}
	for _, s := range left {
		c.Subtitle = append(c.Subtitle, fmt.Sprintf("Not drawn: %d nodes against %d, %s.", s.to.Nodes, s.from.Nodes, r.costWords(s.from, s.to)))
	}
	c.Keys = stepKeys(c.Panels)
	return c, true
}

// onScale leaves out the step from a size that survives nothing, where there are
// others: it costs so much more that the others would not be seen.
func onScale(steps []step) (drawn, left []step) {
	for _, s := range steps {
		if s.from.Tolerates == 0 && s.to.Tolerates > 0 {
			left = append(left, s)
		} else {
			drawn = append(drawn, s)
		}
	}
	if len(drawn) == 0 {
		return left, nil
	}
	return drawn, left
}

// The series of a panel of steps.
const (
	buysMore = iota
	buysNothing
)

// stepPanel draws the steps in one currency.
func (r *Report) stepPanel(name string, steps []step) (chart.Panel, bool) {
	p := chart.Panel{X: chart.Axis{Min: -0.5, Max: float64(len(steps)) - 0.5, Places: true}}
	var low, high float64
	for i, s := range steps {
		p.X.Ticks = append(p.X.Ticks, chart.Tick{At: float64(i), Label: units.Plural(s.to.Nodes, "node"), Under: fmt.Sprintf("against %d", s.from.Nodes)})
		d, ok := r.differenceIn(name, s.from, s.to)
		if !ok {
			continue
		}
		point := chart.Point{X: float64(i), Y: change(d.Ratio), Of: differenceOrigin(name, s.from.Cell, s.to.Cell)}
		low, high = min(low, *point.Y), max(high, *point.Y)
		label := chart.Label{Name: units.Change(d.Ratio), Of: []chart.Ref{{Series: len(p.Series)}}}
		if d.Interval {
			point.Low, point.High = change(d.Low), change(d.High)
			low, high = min(low, *point.Low), max(high, *point.High)
			label.Value = d.Span()
		}
		p.Series = append(p.Series, chart.Series{
			Name: fmt.Sprintf("%d → %d", s.from.Nodes, s.to.Nodes), Form: chart.Points, Look: lookOf(s, d), Points: []chart.Point{point},
		})
		p.Labels = append(p.Labels, label)
	}
	p.Y = chart.Signed(low, high, signedTick)
	p.Y.Title, p.Y.Unit = r.panelTitle(name)+": change in %, 95 % interval of the difference", chart.Change
	return p, len(p.Series) > 0
}

// signedTick writes a round number of per cent: +5, 0, −2.5.
func signedTick(v float64) string {
	text := strconv.FormatFloat(math.Abs(v), 'f', -1, 64)
	switch {
	case v > 0:
		return "+" + text
	case v < 0:
		return "−" + text
	}
	return text
}

// change is a ratio in per cent.
func change(ratio float64) *float64 {
	v := math.Round(1e6*(ratio-1)) / 1e4
	return &v
}

func lookOf(s step, d figures.Difference) chart.Look {
	l := chart.Look{Number: buysMore, Hollow: d.Decided == stats.Undecided}
	if !worthwhile(s.to) {
		l.Number = buysNothing
	}
	return l
}

func (r *Report) panelTitle(name string) string {
	switch name {
	case figures.WriteP50:
		return r.latency("Write") + ", p50"
	case figures.ReadP50:
		return r.latency("Read") + ", p50"
	case figures.Capacity:
		return "Capacity at " + commonLimit(r.summary)
	}
	if n := clients(r.summary); n > 0 {
		return "Throughput of " + units.Plural(n, "client")
	}
	return "Throughput at full load"
}

// stepKeys explain the looks that there are.
func stepKeys(panels []chart.Panel) []chart.Key {
	has := map[chart.Look]bool{}
	for _, p := range panels {
		for _, s := range p.Series {
			has[chart.Look{Number: s.Look.Number}], has[chart.Look{Hollow: s.Look.Hollow, Number: chart.Neutral}] = true, true
		}
	}
	var keys []chart.Key
	for _, k := range []chart.Key{
		{Text: "survives more", Look: chart.Look{Number: buysMore}},
		{Text: "survives no more: buys nothing", Look: chart.Look{Number: buysNothing}},
		{Text: "hollow: undecided", Look: chart.Look{Number: chart.Neutral, Hollow: true}},
	} {
		if k.Sign = chart.SignInterval; has[k.Look] {
			keys = append(keys, k)
		}
	}
	return keys
}
