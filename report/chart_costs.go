package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/advice"
	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// What follows draws the trade-off in what is not paid by those who write: what each
// step up takes of the machines, and what it saves of a year's time without writes.

// resources are what a write takes of all members together.
var resources = []struct{ metric, title string }{
	{figures.CPUPerKwrite, "Processor time a write"}, {figures.NetworkPer, "Network bytes a write"}, {figures.DiskPer, "Disk bytes a write"},
}

// byResources shows what each step up takes of the machines, as the trade-off does of
// time.
func (r *Report) byResources() (chart.Chart, bool) {
	if len(r.groups) != 1 {
		return chart.Chart{}, false
	}
	drawn, left := onScale(r.answers[0].steps)
	c := r.base("resources", "What each step up takes of the machines", figures.CPUPerKwrite, figures.NetworkPer, figures.DiskPer)
	for _, of := range resources {
		if panel, ok := r.stepPanel(of.metric, drawn); ok {
			panel.Y.Title = of.title + ", %"
			c.Panels = append(c.Panels, panel)
		}
	}
	if len(c.Panels) == 0 {
		return chart.Chart{}, false
	}
	if at, d, ok := r.dearest(drawn); ok {
		c.Title = fmt.Sprintf("%s take %s more processor time a write than %d", units.Plural(at.to.Nodes, "node"), wording.Part(d.Ratio-1), at.from.Nodes)
	}
	c.Subtitle = []string{"All nodes together, against the size that each is weighed against: change with its 95 % interval."}
	for _, s := range left {
		c.Subtitle = append(c.Subtitle, fmt.Sprintf("Not drawn: %d nodes against %d.", s.to.Nodes, s.from.Nodes))
	}
	c.Keys = stepKeys(c.Panels)
	return c, true
}

// dearest is the step that certainly takes most processor time.
func (r *Report) dearest(steps []step) (most step, d figures.Difference, ok bool) {
	for _, s := range steps {
		if one, known := r.differenceIn(figures.CPUPerKwrite, s.from, s.to); known && one.Decided == stats.Found && one.Ratio > max(1, d.Ratio) {
			most, d, ok = s, one, true
		}
	}
	return most, d, ok
}

// usualLives are taken where nobody said how often nodes fail: the same that `plan`
// takes, and zones, where the run has some, of the same.
func usualLives(zoned bool) summary.Lives {
	const day = 24 * time.Hour
	l := summary.Lives{Nodes: []quorum.Life{{MTBF: 30 * day, MTTR: 10 * time.Minute}}}
	if zoned {
		l.Zone, l.Zones = quorum.Life{MTBF: 365 * day, MTTR: time.Hour}, 3
	}
	return l
}

// mostSizes have room for their names on an axis; elections of many and large sizes also
// take long to simulate (64 nodes 0.7 s). `advise size` has them in a table.
const mostSizes = 12

// byDowntime shows how long writes stop when a leader dies, and for how much of a year,
// by size; of a run that has one setup of each size.
func (r *Report) byDowntime() (chart.Chart, bool) {
	if len(r.groups) != 1 || len(r.groups[0].cells) < 2 || len(r.groups[0].cells) > mostSizes {
		return chart.Chart{}, false
	}
	measured := func(c summary.Cell) bool {
		_, light := figures.Of(c, figures.WriteP50)
		_, out := figures.Of(c, figures.Outage)
		return light || out
	}
	if !slices.ContainsFunc(r.groups[0].cells, measured) {
		return chart.Chart{}, false // nothing but a prediction would be left
	}
	sizes, err := summary.SizesOf(r.summary, "")
	if err != nil {
		return chart.Chart{}, false // `advise size` tells what is missing
	}
	lives := usualLives(len(sizes[0].Sites) > 0)
	d, err := summary.ExpectDowntime(sizes, lives)
	if err != nil {
		return chart.Chart{}, false
	}
	c := r.base("downtime", downtimeTitle(d), figures.Outage)
	c.Subtitle = append(advice.WorseThanSmaller(d, yearWords), "Assumed, as nobody said (raftbench advise size takes times of your own): "+advice.LivesWords(lives))
	c.Notes = append(c.Notes, advice.CommonCauses(d))
	if c.Whole != nil {
		c.Whole.Notes = append(c.Whole.Notes, advice.CommonCauses(d))
	}
	stops := sizesPanel(d, "Writes stop when a leader dies", outageBasis(d), func(s summary.SizeDowntime) sizeValue {
		if s.Tolerates == 0 {
			return sizeValue{} // nobody else can lead
		}
		return sizeValue{float64(s.OutageNS), wording.Duration(float64(s.OutageNS)), s.OutageBasis == summary.OutagePredicted}
	})
	year := sizesPanel(d, "Time without writes in a year", "predicted", func(s summary.SizeDowntime) sizeValue {
		return sizeValue{s.Minutes * float64(time.Minute), yearWords(s.Minutes), true}
	})
	c.Panels = []chart.Panel{stops, year}
	c.Keys = basisKeys(c.Panels)
	return c, true
}

// sizeValue is what is drawn of a size: in ns, 0 where there is nothing, and in words.
type sizeValue struct {
	ns        float64
	text      string
	predicted bool
}

// The looks of what was measured, and of what nobody has: hollow.
var (
	measuredLook  = chart.Look{}
	predictedLook = chart.Look{Hollow: true}
)

// sizesPanel has a point for each size that has a value, those that are predicted in a
// series of their own.
func sizesPanel(d summary.Downtimes, title, how string, of func(summary.SizeDowntime) sizeValue) chart.Panel {
	p := chart.Panel{X: chart.Axis{Min: -0.5, Max: float64(len(d.Sizes)) - 0.5, Places: true}}
	var all span
	for i, s := range d.Sizes {
		p.X.Ticks = append(p.X.Ticks, chart.Tick{At: float64(i), Label: units.Plural(s.Nodes, "node"), Under: fmt.Sprintf("tolerates %d", s.Tolerates)})
		v := of(s)
		if !(v.ns > 0) {
			continue
		}
		all.add(v.ns)
		series := basisSeries(&p, title, v.predicted)
		one := &p.Series[series]
		p.Labels = append(p.Labels, chart.Label{Name: v.text, Of: []chart.Ref{{Series: series, Point: len(one.Points)}}})
		one.Points = append(one.Points, chart.Point{X: float64(i), Y: &v.ns})
	}
	p.Y = latencyAxis(title, how, all)
	return p
}

// basisSeries is the place of a panel's series of measured or of predicted values, which is
// added where there is none.
func basisSeries(p *chart.Panel, title string, predicted bool) int {
	look, basis := measuredLook, "measured"
	if predicted {
		look, basis = predictedLook, "predicted"
	}
	i := slices.IndexFunc(p.Series, func(s chart.Series) bool { return s.Look == look })
	if i < 0 {
		i, p.Series = len(p.Series), append(p.Series, chart.Series{Name: title + ", " + basis, Form: chart.Points, Look: look})
	}
	return i
}

// basisKeys explain the looks that there are.
func basisKeys(panels []chart.Panel) []chart.Key {
	var keys []chart.Key
	for _, k := range []chart.Key{
		{Text: "filled: measured", Sign: chart.SignDot, Look: measuredLook}, {Text: "hollow: predicted", Sign: chart.SignDot, Look: predictedLook},
	} {
		if slices.ContainsFunc(panels, func(p chart.Panel) bool {
			return slices.ContainsFunc(p.Series, func(s chart.Series) bool { return s.Look == k.Look })
		}) {
			keys = append(keys, k)
		}
	}
	return keys
}

// outageBasis of all sizes, in a word.
func outageBasis(d summary.Downtimes) string {
	var measured, predicted bool
	for _, s := range d.Sizes {
		if s.Tolerates > 0 {
			measured, predicted = measured || s.OutageBasis != summary.OutagePredicted, predicted || s.OutageBasis == summary.OutagePredicted
		}
	}
	switch {
	case measured && predicted:
		return "measured, or predicted where too few died"
	case measured:
		return "measured"
	}
	return "predicted"
}

// yearWords are some minutes of a year without writes.
func yearWords(minutes float64) string {
	d := time.Duration(minutes * float64(time.Minute))
	if d < time.Second {
		return "under 1 s"
	}
	return units.About(d)
}

// downtimeTitle is what a year's time without writes says of the sizes.
func downtimeTitle(d summary.Downtimes) string {
	i := slices.IndexFunc(d.Sizes, func(s summary.SizeDowntime) bool { return s.Nodes == d.Advised })
	best := d.Sizes[i]
	if i+1 < len(d.Sizes) {
		return fmt.Sprintf("%s: expect %s a year without writes, and no larger size halves that", units.Plural(best.Nodes, "node"), yearWords(best.Minutes))
	}
	return fmt.Sprintf("%s: expect %s a year without writes, against %s with %d", units.Plural(best.Nodes, "node"), yearWords(best.Minutes), yearWords(d.Sizes[i-1].Minutes), d.Sizes[i-1].Nodes)
}
