package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

const (
	// maxHeatMaps of one pair of axes and one metric: where a run varies more than these
	// two, each combination of the rest has a map of its own.
	maxHeatMaps = 3
	// maxHeatRows and mostColumns are what can be read of a map; up to heatIntervals
	// rows have room for intervals too.
	maxHeatRows   = 12
	heatIntervals = 7
)

// Why a tile has no number, beside noTrial and neverAnswered.
const (
	notRun     = "not in the run"
	noMeasured = "not measured"
	notOffered = "not offered"
)

// notCarried stands at a load with which a cluster did not keep up.
const notCarried = "not carried"

// heatAxis is one of the two things that a heat map varies.
type heatAxis struct {
	dimension string // nodes, profile, or a parameter's path
	title     string
	values    []string // from left to right, or from the bottom up
}

const (
	nodesDimension = "nodes"
	valueSizePath  = "workload.value_size"
	calmRatePath   = "workload.calm.rate"
)

// of tells where on the axis a setup stands.
func (a heatAxis) of(c summary.Cell) string {
	if a.dimension == nodesDimension {
		return units.Plural(c.Nodes, "node")
	}
	if v := trait(c, a.dimension); v != "" {
		return v
	}
	return "default"
}

// heatMaps show a metric over two things that a run varies: how much each of them
// matters is seen at once.
func (r *Report) heatMaps() []chart.Chart {
	var out []chart.Chart
	draw := func(across, up heatAxis, metrics ...string) {
		if len(across.values) < 2 || len(up.values) < 2 {
			return
		}
		for _, name := range metrics {
			for i, cells := range r.alikeBut(across.dimension, up.dimension) {
				if i == maxHeatMaps {
					break
				}
				if c, ok := r.heatMap(numbered("heat", len(out)), name, across, up, cells); ok {
					out = append(out, c)
				}
			}
		}
	}
	draw(r.heatAxis(nodesDimension), r.heatAxis("profile"), figures.WriteP50, figures.Throughput)
	if across, up, ok := r.twoSettings(); ok {
		draw(r.heatAxis(across), r.heatAxis(up), figures.WriteP50, figures.WriteP99)
	}
	return append(out, r.sweptMaps(len(out))...)
}

// twoSettings are the parameters that make a map: the rate and the size of values where
// both vary, or else the only two that vary.
func (r *Report) twoSettings() (across, up string, ok bool) {
	var vary []string
	for _, d := range dimensions(r.summary.Cells) {
		if d != "engine" && d != "profile" && d != "load" && varies(r.summary.Cells, d) {
			vary = append(vary, d)
		}
	}
	if slices.Contains(vary, calmRatePath) && slices.Contains(vary, valueSizePath) {
		return calmRatePath, valueSizePath, true
	}
	if len(vary) != 2 {
		return "", "", false
	}
	return vary[0], vary[1], true
}

// heatAxis gathers the values of a dimension, as people count.
func (r *Report) heatAxis(dimension string) heatAxis {
	a := heatAxis{dimension: dimension, title: strings.ReplaceAll(shortPath(dimension), "_", " ")}
	switch dimension {
	case nodesDimension:
		a.title = "cluster size"
	case "profile":
		a.title = "network profile"
	case calmRatePath:
		a.title = "offered load"
	}
	seen := map[string]summary.Cell{}
	for _, c := range r.summary.Cells {
		seen[a.of(c)] = c
	}
	a.values = slices.SortedFunc(maps.Keys(seen), func(x, y string) int {
		if dimension == nodesDimension {
			return cmp.Compare(seen[x].Nodes, seen[y].Nodes)
		}
		return units.Compare(x, y)
	})
	return a
}

// alikeBut splits the setups so that those of one part differ in these two things alone.
func (r *Report) alikeBut(across, up string) [][]summary.Cell {
	var rest []string
	for _, d := range append(dimensions(r.summary.Cells), nodesDimension) {
		if d != across && d != up {
			rest = append(rest, d)
		}
	}
	var order []string
	parts := map[string][]summary.Cell{}
	for _, c := range r.summary.Cells {
		var key []string
		for _, d := range rest {
			key = append(key, heatAxis{dimension: d}.of(c))
		}
		k := strings.Join(key, "\x00")
		if parts[k] == nil {
			order = append(order, k)
		}
		parts[k] = append(parts[k], c)
	}
	var out [][]summary.Cell
	for _, k := range order {
		out = append(out, parts[k])
	}
	return out
}

// heatMap of one metric; false where fewer than two of its places have a number.
func (r *Report) heatMap(name, metricName string, across, up heatAxis, cells []summary.Cell) (chart.Chart, bool) {
	h := newHeat(metricName, across, up)
	for _, c := range cells {
		at := [2]string{across.of(c), up.of(c)}
		h.setups[at] = c
		if f, ok := figures.Of(c, metricName); ok {
			h.add(at, f)
		}
	}
	return r.heatChart(name, h, cells)
}

// heatChart draws a map of some setups.
func (r *Report) heatChart(name string, h *heat, cells []summary.Cell) (chart.Chart, bool) {
	if known := len(h.figures); known < 2 || h.span.high == 0 {
		return chart.Chart{}, false
	}
	h.order()
	c := r.base(name, h.message(), h.metric)
	r.showsAll(&c)
	c.Subtitle = linesOf(r.restOf(cells, h.across, h.up), h.subtitle())
	c.X = placesAxis(h.across, -0.5)
	c.Y = placesAxis(h.up, 0.5)
	c.Series = []chart.Series{h.tiles()}
	return c, true
}

// restOf says in what else the setups of a map differ from those of the run's other maps.
func (r *Report) restOf(cells []summary.Cell, across, up heatAxis) string {
	var apart []string
	for _, d := range dimensions(r.summary.Cells) {
		if d != across.dimension && d != up.dimension && varies(r.summary.Cells, d) {
			apart = append(apart, d)
		}
	}
	var parts []string
	if across.dimension != nodesDimension && len(r.sizes()) > 1 {
		parts = append(parts, units.Plural(cells[0].Nodes, "node"))
	}
	if text := groupName(cells[0], apart); text != "" {
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// placesAxis has a place of 1 for each value, the first around first+0.5.
func placesAxis(a heatAxis, first float64) chart.Axis {
	out := chart.Axis{Title: a.title, Min: first, Max: first + float64(len(a.values))}
	for i, v := range a.values {
		out.Ticks = append(out.Ticks, chart.Tick{At: first + 0.5 + float64(i), Label: wording.Shorten(v, traitLimit)})
	}
	return out
}

// heat is a map to be: what is known at each place, by its value across and up.
type heat struct {
	across, up heatAxis
	metric     string
	setups     map[[2]string]summary.Cell
	figures    map[[2]string]figures.Figure
	span       span
	left       int // rows and columns that have no room
	// lacking says why a place has no setup, and short which places did not carry their load.
	lacking string
	short   map[[2]string]bool
}

func newHeat(metric string, across, up heatAxis) *heat {
	return &heat{across: across, up: up, metric: metric, lacking: notRun,
		figures: map[[2]string]figures.Figure{}, setups: map[[2]string]summary.Cell{}, short: map[[2]string]bool{}}
}

func (h *heat) add(at [2]string, f figures.Figure) {
	h.figures[at] = f
	h.span.add(f.Median)
}

// order keeps the rows and columns that this map has setups of, as many as can be read;
// networks stand by how slow they are, so that the shades rise in one direction.
func (h *heat) order() {
	has := func(i int) func(string) bool {
		return func(v string) bool {
			for at := range h.setups {
				if at[i] == v {
					return false
				}
			}
			return true
		}
	}
	h.across.values = slices.DeleteFunc(slices.Clone(h.across.values), has(0))
	h.up.values = slices.DeleteFunc(slices.Clone(h.up.values), has(1))
	if h.up.dimension == "profile" {
		slices.SortStableFunc(h.up.values, func(a, b string) int { return cmp.Compare(h.level(a), h.level(b)) })
		if units.Of(h.metric) == units.Rate {
			slices.Reverse(h.up.values)
		}
	}
	h.left += max(len(h.across.values)-mostColumns, 0) + max(len(h.up.values)-maxHeatRows, 0)
	h.across.values = h.across.values[:min(len(h.across.values), mostColumns)]
	h.up.values = h.up.values[:min(len(h.up.values), maxHeatRows)]
}

// level of a row: the middle of the logarithms of its numbers.
func (h *heat) level(row string) float64 {
	var logs []float64
	for at, f := range h.figures {
		if at[1] == row && f.Median > 0 && units.Finite(f.Median) {
			logs = append(logs, math.Log(f.Median))
		}
	}
	if len(logs) == 0 {
		return math.Inf(1)
	}
	slices.Sort(logs)
	return logs[len(logs)/2]
}

// tiles are all places of the map, those without a number with the reason.
func (h *heat) tiles() chart.Series {
	s := chart.Series{Name: figures.Name(h.metric), Form: chart.Tiles, Look: chart.Look{Number: 0}}
	for y, up := range h.up.values {
		for x, across := range h.across.values {
			s.Points = append(s.Points, h.tile(float64(x), float64(y+1), [2]string{across, up}))
		}
	}
	return s
}

func (h *heat) tile(x, y float64, at [2]string) chart.Point {
	p := chart.Point{X: x, Y: ptrTo(y)}
	f, known := h.figures[at]
	if !known || f.Never() {
		p.Missing, p.Struck = h.why(at), true
		return p
	}
	p.Of = f.Of
	kind := units.Of(h.metric)
	p.Text, p.Shade = wording.Show(kind, f.Median)+f.Mark(), h.shade(f.Median)
	if len(h.up.values) <= heatIntervals {
		p.Under = figures.Between(kind, f)
	}
	if h.short[at] {
		p.Under = notCarried
	}
	return p
}

// why a place has no number.
func (h *heat) why(at [2]string) string {
	c, ran := h.setups[at]
	_, known := h.figures[at]
	switch {
	case !ran:
		return h.lacking
	case known:
		return figures.NeverAnswered
	case costless(c):
		return figures.NoTrial
	}
	return noMeasured
}

// shade is that of a value's logarithm among all of the map.
func (h *heat) shade(v float64) float64 {
	if !(v > 0) {
		return 0
	}
	if !(h.span.high > h.span.low) {
		return lightestTile
	}
	return lightestTile + (1-lightestTile)*math.Log(v/h.span.low)/math.Log(h.span.high/h.span.low)
}

func (h *heat) subtitle() string {
	darker := "the darker the slower"
	if units.Of(h.metric) == units.Rate {
		darker = "the darker the more"
	}
	text := wording.Capital(figures.Name(h.metric)) + ", " + h.intervals() + "; " + darker + "."
	if slices.ContainsFunc(h.tiles().Points, func(p chart.Point) bool { return p.Struck }) {
		text += " Hatched: no number, and why."
	}
	if len(h.short) > 0 {
		text += " " + wording.Capital(notCarried) + ": the cluster did not keep up with the load."
	}
	if h.left > 0 {
		text += fmt.Sprintf(" %d more values have no room; the tables have all.", h.left)
	}
	return text
}

// intervals says what the numbers below the values are, or that there are none.
func (h *heat) intervals() string {
	words := "medians over trials, too few for intervals"
	for _, f := range h.figures {
		if f.Pooled {
			return "pooled over trials"
		}
		if f.Interval {
			words = "medians over trials, 95 % intervals"
		}
	}
	return words
}

// message is what each of the two makes of the metric, the greater first: how often the
// lowest goes into the highest where the other stays.
func (h *heat) message() string {
	a, b := h.most(h.across, 0), h.most(h.up, 1)
	byA, byB := h.by(h.across), h.by(h.up)
	if b > a {
		a, b, byA, byB = b, a, byB, byA
	}
	name := wording.Capital(figures.Name(h.metric))
	switch {
	case a < 1.005:
		return name + " is the same everywhere"
	case b == 0:
		return fmt.Sprintf("%s differs %s %s", name, manyTimes(a), byA)
	}
	return fmt.Sprintf("%s differs %s %s, %s %s", name, manyTimes(a), byA, manyTimes(b), byB)
}

// by names what a difference is one of.
func (h *heat) by(a heatAxis) string {
	switch a.dimension {
	case nodesDimension:
		return "between sizes"
	case "profile":
		return "between networks"
	}
	return "with the " + a.title
}

func manyTimes(ratio float64) string {
	if ratio < 1.005 {
		return "not at all"
	}
	return "up to " + units.Count.Show(ratio) + " times"
}

// most is the largest ratio of two numbers that differ in one of the two things alone; 0
// where no two do.
func (h *heat) most(a heatAxis, i int) (most float64) {
	other := map[string]*span{}
	counts := map[string]int{}
	for at, f := range h.figures {
		if !slices.Contains(a.values, at[i]) || !(f.Median > 0) || !units.Finite(f.Median) {
			continue
		}
		k := at[1-i]
		if other[k] == nil {
			other[k] = &span{}
		}
		other[k].add(f.Median)
		counts[k]++
	}
	for k, s := range other {
		if counts[k] > 1 {
			most = max(most, s.high/s.low)
		}
	}
	return most
}
