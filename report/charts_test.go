package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw"
	"github.com/raftbench/raftbench/report/draw/drawtest"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// What a chart says is held against its data, without drawing it.
func TestWhatChartsSay(t *testing.T) {
	for _, name := range []string{"typical", "noisy", "harmed", "matrix"} {
		t.Run(name, func(t *testing.T) {
			charts := chartsOf(withCurves(withReads(cases()[name])), 500)
			if name == "matrix" {
				charts = charts[:2] // the others are one a group, and alike
			}
			for i := range charts {
				for k := range charts[i].Series {
					s := &charts[i].Series[k]
					s.Points = slices.DeleteFunc(s.Points, func(p chart.Point) bool { return p.Plain })
				}
			}
			text, err := json.MarshalIndent(charts, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".charts.json", append(text, '\n'))
		})
	}
}

// named finds a chart.
func named(t *testing.T, charts []chart.Chart, name string) chart.Chart {
	t.Helper()
	i := slices.IndexFunc(charts, func(c chart.Chart) bool { return c.Name == name })
	if i < 0 {
		t.Fatalf("there is no chart %s", name)
	}
	return charts[i]
}

// No text of any chart overlaps another or leaves the picture, whatever the
// summary. With CHARTS set to a folder the pictures are kept there to be
// looked at.
func TestChartTextNeverOverlapsNorLeaves(t *testing.T) {
	for name, s := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, c := range chartsOf(withCurves(withReads(s)), 5000) {
				drawtest.Check(t, c.Name, drawtest.SVG(t, c))
				if dir := os.Getenv("CHARTS"); dir != "" {
					raster, err := draw.Lay(c).PNG()
					if err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(filepath.Join(dir, c.Name+"-"+name+".png"), raster, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
}

func TestPicturesAreWhole(t *testing.T) {
	c := chartsOf(typical(), 0)[0]
	raster, err := draw.Lay(c).PNG()
	if err != nil {
		t.Fatal(err)
	}
	vector := drawtest.SVG(t, c)
	img, err := png.Decode(bytes.NewReader(raster))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 1600 || size.Y != 900 {
		t.Errorf("got a picture of %v, want 1600 by 900", size)
	}
	if n := len(drawtest.Texts(t, vector)); n < 20 {
		t.Errorf("the SVG has %d texts, want all of the chart's", n)
	}
	for _, want := range []string{">5 nodes<", ">4 nodes<", "Arial"} {
		if !bytes.Contains(vector, []byte(want)) {
			t.Errorf("the SVG lacks %q", want)
		}
	}
}

// The same run gives the same files, so that a committed report changes only
// when its run does.
func TestChartsAreReproducible(t *testing.T) {
	for i, c := range chartsOf(matrix(), 200) {
		if !bytes.Equal(drawtest.SVG(t, c), drawtest.SVG(t, chartsOf(matrix(), 200)[i])) {
			t.Errorf("two drawings of one summary's %s differ", c.Name)
		}
	}
}

// front are the p50s of a chart of points, by the name of their label.
func front(c chart.Chart) map[string]chart.Point {
	out := map[string]chart.Point{}
	for _, l := range c.Labels {
		out[l.Name] = c.Fields()[0].At(l.Of[0])
	}
	return out
}

// The trade-off is told by its title, and shown as differences with their own
// intervals, against the sizes that they are weighed against.
func TestTheTradeoffIsShownAsDifferences(t *testing.T) {
	c := named(t, chartsOf(typical(), 0), "tradeoff")
	if want := "The 4th node costs 33 % latency and 26 % throughput and buys nothing"; c.Title != want {
		t.Errorf("got the title %q, want %q", c.Title, want)
	}
	if len(c.Panels) != 2 {
		t.Fatalf("got %d panels, want p50 and throughput", len(c.Panels))
	}
	d, _ := reportOf(typical()).differenceIn(figures.WriteP50, typical().Cells[1], typical().Cells[2])
	p50 := c.Panels[0]
	if tick := p50.X.Ticks[0]; tick.Label != "4 nodes" || tick.Under != "against 3" {
		t.Errorf("got the tick %+v", tick)
	}
	if pt := p50.Series[0].Points[0]; math.Abs(*pt.Y-100*(d.Ratio-1)) > 0.01 || math.Abs(*pt.Low-100*(d.Low-1)) > 0.01 || math.Abs(*pt.High-100*(d.High-1)) > 0.01 {
		t.Errorf("got %v from %v to %v, want the difference %+v", *pt.Y, *pt.Low, *pt.High, d)
	}
	if four, five := p50.Series[0].Look, p50.Series[1].Look; four.Number == five.Number {
		t.Error("a size that buys nothing looks like one that does")
	}
	if text := strings.Join(c.Subtitle, " "); !strings.Contains(text, "Not drawn: 3 nodes against 1, +278 % latency") {
		t.Errorf("the step that is left out is not told: %s", text)
	}
	for _, p := range c.Panels {
		if p.Y.Min > 0 || p.Y.Max < 0 {
			t.Errorf("no change is off the axis: %v to %v", p.Y.Min, p.Y.Max)
		}
	}
	open := named(t, chartsOf(undecided(typical()), 0), "tradeoff")
	if !open.Panels[0].Series[0].Look.Hollow || open.Title != "The 4th node buys nothing" {
		t.Errorf("undecided: got %q, %+v", open.Title, open.Panels[0].Series[0].Look)
	}
}

// The reader must see that the fourth node buys nothing: three and four stand
// in one stretch, under one tick.
func TestThreeAndFourStandAtOnePlace(t *testing.T) {
	at := front(named(t, chartsOf(typical(), 0), "tolerance"))
	three, four := at["3 nodes"].X, at["4 nodes"].X
	if three == four || three < 0.5 || four > 1.5 || three > four {
		t.Errorf("3 nodes at %g, 4 at %g: want both at 1, apart", three, four)
	}
	for name, want := range map[string]float64{"1 node": 0, "5 nodes": 2, "7 nodes": 3} {
		if got := at[name].X; math.Round(got) != want {
			t.Errorf("%s at %g, want it at %g", name, got, want)
		}
	}
}

// What was proven counts, not what theory promises.
func TestPointsStandAtWhatWasProven(t *testing.T) {
	s := typical()
	s.Cells[3].Faults = summary.Faults{Survived: p(1), BlockedAt: p(2)}
	if x := front(named(t, chartsOf(s, 0), "tolerance"))["5 nodes"].X; x < 0.5 || x > 1.5 {
		t.Errorf("5 nodes that survived 1 stand at %g, want at 1", x)
	}
}

// A size of which no trial was valid keeps its place in every chart of sizes,
// and says so: an empty place would pass for a zero, or for nothing to measure.
func TestASizeWithoutAValidTrialSaysSo(t *testing.T) {
	s := typical()
	s.Cells[2].ValidTrials, s.Cells[2].Metrics = 0, nil
	charts := chartsOf(s, 0)
	if pt := front(named(t, charts, "tolerance"))["4 nodes"]; pt.Y != nil || pt.Missing != figures.NoTrial || pt.X < 0.5 || pt.X > 1.5 {
		t.Errorf("trade-off: got %+v, want 4 nodes without a cost at 1 failure", pt)
	}
	bars := named(t, charts, "throughput").Series[0].Points
	if len(bars) != 5 || bars[2].Y != nil || bars[2].Missing != figures.NoTrial || bars[2].Text != figures.NoTrial {
		t.Errorf("throughput: got %+v, want a gap that says why", bars)
	}
	for _, c := range []chart.Chart{named(t, charts, "tolerance"), named(t, charts, "throughput")} {
		if !slices.ContainsFunc(c.Keys, func(k chart.Key) bool { return k.Sign == chart.SignStruck }) {
			t.Errorf("%s explains no struck place: %+v", c.Name, c.Keys)
		}
		if !bytes.Contains(drawtest.SVG(t, c), []byte(figures.NoTrial)) {
			t.Errorf("the picture of %s lacks %q", c.Name, figures.NoTrial)
		}
	}
}

// What was not to be measured under light load is not missing.
func TestAClosedLoopAloneLacksNoCost(t *testing.T) {
	s := typical()
	delete(s.Cells[2].Metrics, figures.WriteP50)
	if n := len(front(named(t, chartsOf(s, 0), "tolerance"))); n != 4 {
		t.Errorf("got %d points, want the 4 with a latency", n)
	}
}

// A chart marks the numbers that something may have moved, and those alone.
func TestChartsMarkDoubtedNumbersAlone(t *testing.T) {
	for _, c := range chartsOf(withReads(noisy()), 2000) {
		text := saidBy(c)
		doubted := c.Name == "tolerance" || c.Name == "latency"
		if got := strings.Contains(text, figures.Dagger); got != doubted {
			t.Errorf("%s: a mark is there: %t, want %t:\n%s", c.Name, got, doubted, text)
		}
		if doubted && !strings.Contains(text, "the host's CPU was") {
			t.Errorf("%s does not explain its mark:\n%s", c.Name, text)
		}
		if strings.Contains(text, "links missed") {
			t.Errorf("%s tells what moved no number of it:\n%s", c.Name, text)
		}
	}
}

// saidBy is every word of a chart.
func saidBy(c chart.Chart) string {
	text, _ := json.MarshalIndent(c, "", " ")
	return string(text)
}

func TestEveryChartSaysHostDateSourceAndCoLocation(t *testing.T) {
	env := host()
	env.Label = "quick: one trial"
	r := New(&results.Run{Environment: env}, summary.Analysis{Summary: withCurves(withReads(typical()))}, Options{Source: source})
	charts := r.charts(distributions(r, 2000))
	if len(charts) != 8 {
		t.Fatalf("got %d charts, want 8", len(charts))
	}
	for _, c := range charts {
		for _, want := range []string{"bench-1", "2026-11-23", "IBM Cloud", "share this host's 2 cores and one disk", "quick: one trial"} {
			if !strings.Contains(saidBy(c), want) {
				t.Errorf("%s lacks %q:\n%s", c.Name, want, saidBy(c))
			}
		}
	}
}

// A loss stands in every chart; no remark is set as large.
func TestALossIsAnAlarmInEveryChart(t *testing.T) {
	for _, c := range chartsOf(withReads(broken()), 500) {
		if len(c.Alarms) != 2 || !strings.HasPrefix(c.Alarms[0], "SAFETY VIOLATED") || !strings.HasPrefix(c.Alarms[1], "LIVENESS") {
			t.Errorf("%s: alarms %q, want the loss and then the standstill", c.Name, c.Alarms)
		}
	}
}

// Notes are wrapped, never cut off; text of the data is larger than any of
// them.
func TestNotesAreWholeAndSmall(t *testing.T) {
	for _, c := range chartsOf(noisyMatrix(), 0)[:1] {
		vector := drawtest.SVG(t, c)
		var all strings.Builder
		for _, text := range slices.Backward(drawtest.Texts(t, vector)) { // notes are written from the foot up
			fmt.Fprint(&all, text.Text, " ")
			if strings.HasPrefix(text.Text, figures.Dagger) && text.Size(t) > 13 {
				t.Errorf("%q is of size %g: as large as the data", text.Text, text.Size(t))
			}
		}
		for _, note := range c.Notes {
			if !strings.Contains(all.String(), note) {
				t.Errorf("the note is not whole: %s", note)
			}
		}
	}
}

// A chart with nothing to show is not drawn.
func TestNothingToShowIsNoChart(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Metrics = nil
	}
	if all := chartsOf(s, 0); len(all) > 0 {
		t.Errorf("got %d charts of nothing, first %s", len(all), all[0].Name)
	}
}

// Curves end where the samples do: a percentile takes enough of them.
func TestCurvesEndWhereTheSamplesDo(t *testing.T) {
	for count, want := range map[int64]float64{10: 0.5, 100: 0.9, 999: 0.98999, 1000: 0.99, 4999: 0.99, 5000: 0.999} {
		if got := furthest(count); got < want-1e-4 || got > want+1e-4 {
			t.Errorf("furthest(%d) = %g, want %g", count, got, want)
		}
	}
}

// What failed is slower than all that was answered: a curve ends where the
// failures begin, and its percentiles are those of all operations.
func TestCurvesCountWhatFailed(t *testing.T) {
	r := reportOf(typical())
	ds := distributions(r, 6000)[:1]
	honest := named(t, r.charts(ds), "latency").Series[0].Points
	ds[0].pool.Failed = 2000
	c := named(t, r.charts(ds), "latency")
	points := c.Series[0].Points
	if last := points[len(points)-1].X; last > tail(0.7501) || last < tail(0.74) {
		t.Errorf("the curve ends at %g, want at the 75th percentile, %g", last, tail(0.75))
	}
	mid := func(ps []chart.Point) float64 {
		return *ps[slices.IndexFunc(ps, func(p chart.Point) bool { return !p.Plain })].Y
	}
	if mid(points) <= mid(honest) {
		t.Errorf("the median is %g with failures, %g without: want it higher", mid(points), mid(honest))
	}
	if !strings.Contains(strings.Join(c.Subtitle, " "), "failed") {
		t.Errorf("nothing is said of failures: %q", c.Subtitle)
	}
}

// However few the samples, the axis says how far it reaches, and has enough
// places to read it by.
func TestThePercentileAxisIsLabelledToItsEnd(t *testing.T) {
	for count, want := range map[int64]string{
		4: "0 25 50", 20: "0 25 50", 29: "0 25 50 65.5", 40: "0 25 50 75", 100: "0 50 75 90", 300: "0 50 75 90 96.6",
		1000: "0 50 90 99", 5000: "0 50 90 99 99.9",
	} {
		a := percentileAxis(furthest(count))
		var labels []string
		for _, t := range a.Ticks {
			labels = append(labels, t.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%d samples: got ticks at %s, want %s", count, got, want)
		}
		if last := a.Ticks[len(a.Ticks)-1].At; last > a.Max || a.Max-last > 0.01*a.Max {
			t.Errorf("%d samples: the last tick is at %g, want it at the end, %g", count, last, a.Max)
		}
	}
}

// Many curves are one chart a group, each with a name of its own.
func TestManyCurvesAreOneChartAGroup(t *testing.T) {
	var names []string
	for _, c := range chartsOf(withCurves(matrix()), 500) {
		names = append(names, c.Name)
	}
	want := []string{
		"tolerance", "throughput", "latency", "latency-2", "latency-3", "latency-4",
		"curve", "curve-2", "curve-3", "curve-4",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}

// A rate that the cluster did not carry is crossed out; one that nobody judged
// is not.
func TestWhatWasNotCarriedIsCrossedOut(t *testing.T) {
	c := cell(3, 1.7, 9000)
	for i, held := range []*bool{nil, p(true), p(false)} {
		c.Curve = append(c.Curve, summary.CurvePoint{OfferedOps: float64(100 * (i + 1)), P50: p(around(1e6, 2)), Held: held})
	}
	charts := chartsOf(summary.Summary{Cells: []summary.Cell{c}}, 0)
	got := charts[len(charts)-1].Series[0].Points
	for i, want := range []bool{false, false, true} {
		if got[i].Struck != want {
			t.Errorf("the rate of %g/s is crossed out: %t, want %t", got[i].X, got[i].Struck, want)
		}
	}
}
