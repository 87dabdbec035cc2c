package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// charts are those that the run has something to say for.
func (r *Report) charts(ds []distribution) []chart.Chart {
	out := append(r.outageCharts(), r.timelines()...)
	for _, build := range []func() (chart.Chart, bool){r.tradeoff, r.byTolerance, r.throughputs, r.byResources, r.byDowntime} {
		if c, ok := build(); ok {
			out = append(out, c)
		}
	}
	out = append(out, r.heatMaps()...)
	out = append(out, r.spreads(ds)...)
	out = append(out, r.writePaths()...)
	if c, ok := r.reads(); ok {
		out = append(out, c)
	}
	out = append(out, r.theoryCharts()...)
	return append(append(out, r.loads()...), r.electionMaps()...)
}

// What a chart has room for; the page has everything.
const (
	maxAlarms      = 3
	maxChartNotes  = 3
	maxChartSetups = 3
	maxChartRunes  = 420 // of an alarm or a note
	maxSources     = 3
	// crowd is how many curves one chart holds before it is one chart a group,
	// and maxCurves how many it holds at all.
	crowd     = 8
	maxCurves = 16
	// maxGroups is how many groups of setups are drawn, in one chart or in one
	// each: nobody reads more.
	maxGroups = 12
)

// drawn are the groups that charts show; the tables have all.
func (r *Report) drawn() []group { return r.groups[:min(len(r.groups), maxGroups)] }

// undrawn says how many groups charts leave out.
func (r *Report) undrawn() []string {
	if n := len(r.groups); n > maxGroups {
		return []string{fmt.Sprintf("The first %d of %d groups of setups are drawn; the tables have all.", maxGroups, n)}
	}
	return nil
}

// base starts what all charts say: what is broken, what may have moved the
// numbers that it shows, and where these are from.
func (r *Report) base(name, title string, metrics ...string) chart.Chart {
	c := chart.Chart{Name: name, Title: title, Caption: few(r.caption(maxSources), everything), Alarms: few(r.alarms, maxAlarms)}
	c.Notes = r.chartNotes(few(r.failedLines(), maxChartNotes), few(r.doubtLines(metrics, maxChartNotes, maxChartSetups), maxChartNotes))
	whole := chart.Words{
		Alarms: r.alarms, Caption: r.caption(everything),
		Notes: r.chartNotes(r.failedLines(), r.doubtLines(metrics, everything, everything)),
	}
	if !slices.Equal(whole.Alarms, c.Alarms) || !slices.Equal(whole.Notes, c.Notes) || !slices.Equal(whole.Caption, c.Caption) {
		c.Whole = &whole
	}
	return c
}

func (r *Report) chartNotes(failed, doubts []string) []string {
	return slices.Concat(linesOf(r.env.Label), failed, doubts, r.undrawn())
}

// showsAll takes back that a chart leaves groups out.
func (r *Report) showsAll(c *chart.Chart) {
	left := func(note string) bool { return slices.Contains(r.undrawn(), note) }
	c.Notes = slices.DeleteFunc(c.Notes, left)
	if c.Whole != nil {
		c.Whole.Notes = slices.DeleteFunc(c.Whole.Notes, left)
	}
}

// few are the first lines of many, none of them longer than a chart has room
// for; the page has all, and whole.
func few(lines []string, most int) []string {
	out := slices.Clone(lines[:min(len(lines), most)])
	for i, l := range out {
		if r := []rune(l); len(r) > maxChartRunes {
			out[i] = string(r[:maxChartRunes]) + "… (whole: " + pageFile + ")"
		}
	}
	if n := len(lines) - most; n > 0 {
		out = append(out, fmt.Sprintf("and %d more: %s", n, pageFile))
	}
	return out
}

// caption tells of so many sources.
func (r *Report) caption(sources int) []string {
	where := r.host()
	if !r.env.StartedAt.IsZero() {
		where = append([]string{r.env.StartedAt.UTC().Format("2006-01-02")}, where...)
	}
	if r.options.Title != "" {
		where = append([]string{r.options.Title}, where...)
	}
	out := append([]string{r.colocation()}, r.unreal()...)
	out = append(out, strings.Join(append(where, r.changed()...), " · "))
	if sources == everything {
		return append(out, r.sources()...)
	}
	return append(out, few(r.sources(), sources)...)
}

// intervals says what the bars at a mark are, or that there are none.
func (r *Report) intervals(name string) string {
	for _, c := range r.summary.Cells {
		switch f, ok := figures.Of(c, name); {
		case ok && f.Pooled:
			return "pooled over trials"
		case ok && f.Interval:
			return "medians over trials, 95 % intervals"
		}
	}
	return "medians over trials, too few for intervals"
}

// struckKeys explain the struck places of some series.
func struckKeys(series []chart.Series) []chart.Key {
	var keys []chart.Key
	for _, why := range []string{figures.NoTrial, figures.NeverAnswered} {
		if slices.ContainsFunc(series, func(s chart.Series) bool {
			return slices.ContainsFunc(s.Points, func(p chart.Point) bool { return p.Missing == why })
		}) {
			keys = append(keys, chart.Key{Text: why, Sign: chart.SignStruck})
		}
	}
	return keys
}

// place is where a setup stands in a chart.
type place struct {
	group int
	cell  summary.Cell
	x     float64
}

// Where setups share a place, each has two columns in it, one for each of its
// percentiles, so that no whisker lies over another. Columns are this far apart at most,
// in places; setups of one size, and sizes, further.
const (
	widestColumn  = 0.13
	ofFewPlaces   = 0.033 // times the places: where there are few, each is wide
	columnsInAll  = 0.84
	betweenSetups = 1
	betweenSizes  = 2.2
)

// dodge spreads the setups of each place over the middle of its stretch, by size. It
// returns how far apart the columns of a setup are.
func dodge(places []place) (column float64) {
	at := map[float64][]int{}
	for i, p := range places {
		at[p.x] = append(at[p.x], i)
	}
	offsets, widths := make([]float64, len(places)), map[float64]float64{}
	column = min(widestColumn, ofFewPlaces*float64(len(at)))
	for x, members := range at {
		slices.SortStableFunc(members, func(a, b int) int { return cmp.Compare(places[a].cell.Nodes, places[b].cell.Nodes) })
		for k, i := range members[1:] {
			apart := 1.0 + betweenSetups
			if before := members[k]; places[i].cell.Nodes != places[before].cell.Nodes {
				apart = 1 + betweenSizes
			}
			offsets[i] = offsets[members[k]] + apart
		}
		widths[x] = offsets[members[len(members)-1]]
		column = min(column, columnsInAll/(widths[x]+2))
	}
	for x, members := range at {
		for _, i := range members {
			places[i].x = x + column*(offsets[i]-widths[x]/2)
		}
	}
	return column
}

// span is from where to where values go.
type span struct{ low, high float64 }

func (s *span) add(v float64) {
	if !(v > 0) || !units.Finite(v) {
		return
	}
	if s.high == 0 || v < s.low {
		s.low = v
	}
	s.high = max(s.high, v)
}

// latencyAxis is linear from zero, or logarithmic where the values span too
// much; its unit suits the highest, or the middle of a logarithmic axis, and
// stands in its title.
func latencyAxis(what, how string, s span) chart.Axis {
	logs := chart.IsWide(s.low, s.high)
	sc := units.Duration.Scale(s.high)
	if logs {
		sc = units.Duration.Scale(math.Sqrt(s.low * s.high))
		how = "logarithmic; " + how
	}
	var a chart.Axis
	if logs {
		a = chart.Logarithmic(s.low, s.high, sc.Tick)
	} else {
		a = chart.Linear(s.high*1.05, sc.Tick) // room for the mark of the highest
	}
	a.Title, a.Unit = what+", "+sc.Name()+" ("+how+")", chart.Nanoseconds
	return a
}

// numbered names the first chart of a kind plainly and counts the others.
func numbered(name string, before int) string {
	if before == 0 {
		return name
	}
	return fmt.Sprintf("%s-%d", name, before+1)
}

// byGroup makes one chart of few things, and one for each group of many.
func byGroup[T any](r *Report, name string, all []T, group func(T) int, build func(name, group string, own []T) chart.Chart) []chart.Chart {
	if len(all) == 0 {
		return nil
	}
	if len(all) <= crowd {
		return []chart.Chart{build(name, "", all)}
	}
	var out []chart.Chart
	for gi, g := range r.drawn() {
		var own []T
		for _, x := range all {
			if group(x) == gi {
				own = append(own, x)
			}
		}
		if len(own) > 0 {
			c := build(numbered(name, len(out)), g.name, own[:min(len(own), maxCurves)])
			if n := len(own); n > maxCurves {
				c.Subtitle = append(c.Subtitle, fmt.Sprintf("The first %d of %d sizes are drawn; the tables have all.", maxCurves, n))
			}
			out = append(out, c)
		}
	}
	return out
}

// eachDrawn makes a chart of each group that is drawn and has something to say.
func (r *Report) eachDrawn(name string, build func(name string, g group) (chart.Chart, bool)) []chart.Chart {
	var out []chart.Chart
	for _, g := range r.drawn() {
		if c, ok := build(numbered(name, len(out)), g); ok {
			out = append(out, c)
		}
	}
	return out
}

// curveName names a setup's curve, with its group where the chart has several.
func (r *Report) curveName(gi int, c summary.Cell, alone bool) string {
	if alone || len(r.groups) == 1 {
		return units.Plural(c.Nodes, "node")
	}
	return sizeName(r.groups[gi], c)
}

func doubtedAny(c summary.Cell, metrics ...string) string {
	for _, name := range metrics {
		if f, ok := figures.Of(c, name); ok && f.Mark() != "" {
			return figures.Dagger
		}
	}
	return ""
}
