package trend

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// What a chart has room for; the tables have all.
const (
	maxCharts    = 100 // charts that are drawn
	maxNamed     = 24  // changes with a label
	maxNoted     = 3   // changes that are told whole
	maxNoteRunes = 420 // of one of them
)

// charts are one for each series.
func (t *Trend) charts() []chart.Chart {
	var out []chart.Chart
	names := map[string]int{}
	for i := range t.history.Series {
		if len(out) == maxCharts {
			break
		}
		c := t.chart(&t.history.Series[i])
		if names[c.Name]++; names[c.Name] > 1 {
			c.Name = fmt.Sprintf("%s-%d", c.Name, names[c.Name])
		}
		out = append(out, c)
	}
	return out
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// fileName holds nothing that a folder's names may not: trend-n3-hashicorp-multi-az-write-latency-p50.
func (t *Trend) fileName(s *summary.HistorySeries) string {
	text := "trend-" + s.Cell
	if s.Kind > 0 {
		text += fmt.Sprintf("-kind%d", s.Kind+1)
	}
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(text+"-"+summary.Name(s.Metric)), "-"), "-")
}

// The series of a trend's chart. Levels, steps and values differ in shape and
// dashes as they do in colour.
var (
	runLook    = chart.Look{Number: 0}
	doubtLook  = chart.Look{Number: 0, Hollow: true}
	changeLook = chart.Look{Number: 1, Dashed: true}
	levelLook  = chart.Look{Number: 6}
)

// crowdedRuns is from how many runs on marks would stand upon each other: then a line
// joins the runs, and their intervals are left out.
const crowdedRuns = 80

// chart of one series: each run with its interval, the level between changes, and
// an upright line at each change.
func (t *Trend) chart(s *summary.HistorySeries) chart.Chart {
	c := chart.Chart{Name: t.fileName(s), Title: t.title(s), Subtitle: t.chartSubtitle(s), Notes: t.chartNotes(s), Caption: t.caption(s)}
	low, high := t.span(s)
	c.X = t.runAxis(s)
	c.Y = closeAxis(low, high, units.Of(s.Metric))
	c.Y.Title = figureName(s.Metric) + c.Y.Title
	for _, ch := range s.Changes {
		x := float64(runNumber(s, ch.Before)+runNumber(s, ch.After)) / 2
		c.Series = append(c.Series, upright(x, c.Y))
	}
	c.Series = append(c.Series, t.levels(s)...)
	first := len(c.Series)
	c.Series = append(c.Series, t.runs(s)...)
	for i, ch := range s.Changes {
		if i < maxNamed {
			c.Labels = append(c.Labels, chart.Label{Name: signed(ch), Value: fmt.Sprintf("run %d, %s", runNumber(s, ch.After), day(t.run(s, ch.After).StartedAt)), Of: t.refTo(c.Series, first, float64(runNumber(s, ch.After)))})
		}
	}
	c.Keys = t.chartKeys(s)
	return c
}

// refTo finds the mark at a place, among the series from first on.
func (t *Trend) refTo(all []chart.Series, first int, x float64) []chart.Ref {
	for i := first; i < len(all); i++ {
		for k, p := range all[i].Points {
			if p.X == x {
				return []chart.Ref{{Series: i, Point: k}}
			}
		}
	}
	return []chart.Ref{{Series: first}}
}

// signed is the change alone: +6.1 %.
func signed(c summary.HistoryChange) string {
	switch {
	case !c.Moved:
		return "spreads differently"
	case c.Ratio == nil:
		return "from 0"
	}
	return units.Change(*c.Ratio)
}

// upright marks a change.
func upright(at float64, y chart.Axis) chart.Series {
	line := chart.Upright(at, y)
	line.Name, line.Look = "change", changeLook
	return line
}

// levels are the medians between changes.
func (t *Trend) levels(s *summary.HistorySeries) []chart.Series {
	if len(s.Changes) == 0 {
		v, known := s.Level()
		if !known || s.TooFew() {
			return nil
		}
		return []chart.Series{level(float64(runNumber(s, 0)), float64(runNumber(s, len(s.Points)-1)), v)}
	}
	var out []chart.Series
	from := runNumber(s, 0)
	for i, c := range s.Changes {
		out = append(out, level(float64(from), float64(runNumber(s, c.Before)), c.From))
		from = runNumber(s, c.After)
		if i == len(s.Changes)-1 {
			out = append(out, level(float64(from), float64(runNumber(s, len(s.Points)-1)), c.To))
		}
	}
	return out
}

// level reaches a little beyond its outer runs, so that one of few is seen.
func level(from, to, v float64) chart.Series {
	return chart.Series{Name: "median", Form: chart.Line, Look: levelLook, Points: []chart.Point{{X: from - 0.3, Y: &v, Plain: true}, {X: to + 0.3, Y: &v, Plain: true}}}
}

// runs are the marks: those that something may have moved are hollow.
func (t *Trend) runs(s *summary.HistorySeries) []chart.Series {
	sure := chart.Series{Name: "runs", Form: chart.Points, Look: runLook}
	doubted := chart.Series{Name: "doubted runs", Form: chart.Points, Look: doubtLook}
	many := len(s.Points) > crowdedRuns
	joined := chart.Series{Name: "runs", Form: chart.Line, Look: runLook}
	for k := range s.Points {
		p := chart.Point{X: float64(runNumber(s, k)), Missing: figures.NoTrial}
		if f, ok := t.figureAt(s, k); ok {
			p = figures.Point(p.X, f)
		}
		if many && p.Y != nil {
			joined.Points = append(joined.Points, chart.Point{X: p.X, Y: p.Y, Plain: true})
			p.Low, p.High = nil, nil
		}
		changes := false
		for _, c := range s.Changes {
			changes = changes || c.After == k
		}
		switch {
		case len(s.Points[k].Doubts) > 0:
			doubted.Points = append(doubted.Points, p)
		case !many || p.Y == nil || changes:
			sure.Points = append(sure.Points, p)
		}
	}
	var out []chart.Series
	for _, series := range []chart.Series{joined, sure, doubted} {
		if len(series.Points) > 0 {
			out = append(out, series)
		}
	}
	return out
}

func (t *Trend) chartKeys(s *summary.HistorySeries) []chart.Key {
	mark := "a run: median over its trials, 95 % interval"
	if len(s.Points) > crowdedRuns {
		mark = "runs: medians over trials"
	}
	keys := []chart.Key{{Text: mark, Sign: chart.SignInterval, Look: runLook}}
	missing := false
	for k, p := range s.Points {
		if len(p.Doubts) > 0 && len(keys) == 1 {
			keys = append(keys, chart.Key{Text: "hollow: something may have moved it", Sign: chart.SignInterval, Look: doubtLook})
		}
		f, ok := t.figureAt(s, k)
		missing = missing || !ok || f.Never()
	}
	if missing {
		keys = append(keys, chart.Key{Text: figures.NoTrial + ", or never answered", Sign: chart.SignStruck})
	}
	return keys
}

func (t *Trend) chartSubtitle(s *summary.HistorySeries) []string {
	first, last := t.run(s, 0), t.run(s, len(s.Points)-1)
	text := fmt.Sprintf("%s in the order in which they began, %s to %s.", units.Plural(len(s.Points), "run"), day(first.StartedAt), day(last.StartedAt))
	switch {
	case s.TooFew():
		text += fmt.Sprintf(" At least %d are wanted to look for a change.", s.Least)
	case len(s.Changes) > 0:
		text += " Level lines: medians between changes; dashed: a change."
	case s.Smallest != nil:
		text += fmt.Sprintf(" A change of %s in the middle of them would have been found.", wording.Part(*s.Smallest-1))
	}
	return []string{text}
}

// chartNotes say the changes whole, and what weakens them.
func (t *Trend) chartNotes(s *summary.HistorySeries) []string {
	var out []string
	if s.Drifts && len(s.Changes) > 0 {
		out = append(out, "Runs follow their neighbours more than steps explain: the host drifts, and a change may be a place on a slope.")
	}
	for i, c := range s.Changes {
		if i == maxNoted {
			return append(out, fmt.Sprintf("%s more: the table has all.", units.Plural(len(s.Changes)-i, "change")))
		}
		out = append(out, wording.Shorten(wording.Capital(t.changeAlone(s, c)), maxNoteRunes))
	}
	return out
}

func (t *Trend) caption(s *summary.HistorySeries) []string {
	h := t.history.Kinds[s.Kind].Host
	where := []string{}
	for _, text := range []string{clean.Name(h.CPUModel), units.Plural(h.Cores, "core"), clean.Name(h.OS) + "/" + clean.Name(h.Arch), clean.Name(h.Filesystem)} {
		if strings.Trim(text, "/") != "" {
			where = append(where, text)
		}
	}
	how := "The axis does not begin at 0. "
	return []string{how + fmt.Sprintf("Changes: E-divisive with cut distances and a permutation test, at most %s false for all %s asked together. ", wording.Share(t.history.Alpha), units.Plural(t.history.Questions, "figure")) + s.Cell, strings.Join(where, " · ")}
}

// span of all that is drawn.
func (t *Trend) span(s *summary.HistorySeries) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for k := range s.Points {
		f, ok := t.figureAt(s, k)
		if !ok {
			continue
		}
		values := []float64{f.Median}
		if f.Interval && len(s.Points) <= crowdedRuns {
			values = append(values, f.Low, f.High)
		}
		for _, v := range values {
			if units.Finite(v) {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if !units.Finite(low) {
		return 0, 1
	}
	return low, high
}

// closeAxis ends just beyond the values: changes of a few per cent would not be
// seen on one from 0.
func closeAxis(low, high float64, k units.Kind) chart.Axis {
	if room := 0.08 * (high - low); room > 0 {
		low, high = low-room, high+room
	} else {
		low, high = low-0.05*math.Abs(low), high+0.05*math.Abs(high)
	}
	if low < 0 {
		low = 0
	}
	if high <= low {
		high = low + 1
	}
	sc := k.Scale(high)
	a := chart.Axis{Title: ", " + sc.Name()}
	step := sc.By * tickStep((high-low)/5/sc.By)
	a.Min, a.Max = step*math.Floor(low/step), step*math.Ceil(high/step)
	for i := 0; a.Min+float64(i)*step <= a.Max+step/2; i++ {
		v := a.Min + float64(i)*step
		a.Ticks = append(a.Ticks, chart.Tick{At: v, Label: sc.Tick(v)})
	}
	if sc.Name() == "" {
		a.Title = ""
	}
	return a
}

// tickStep is the next of 1, 2, 5 times a power of ten.
func tickStep(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*power*1.0001 {
			return m * power
		}
	}
	return 10 * power
}

// runTicks are about as many as have room with a day under each.
const runTicks = 9

// runAxis numbers the runs of a kind, with the day on which one began.
func (t *Trend) runAxis(s *summary.HistorySeries) chart.Axis {
	n := len(s.Points)
	a := chart.Axis{Title: "run", Min: float64(runNumber(s, 0)) - 0.7, Max: float64(runNumber(s, n-1)) + 0.7}
	each := max(1, int(tickStep(float64(n)/runTicks)))
	for k := range s.Points {
		if i := runNumber(s, k); k == 0 && each < 3 || i%each == 0 {
			a.Ticks = append(a.Ticks, chart.Tick{At: float64(i), Label: fmt.Sprint(i), Under: day(t.run(s, k).StartedAt)})
		}
	}
	return a
}
