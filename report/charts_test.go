package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/summary"
)

func subjectOf(s summary.Summary) subject {
	return subject{summary: s, groups: groups(s), env: host(), options: options()}
}

func distributions(s summary.Summary, count int) []distribution {
	var out []distribution
	for gi, g := range groups(s) {
		for i, c := range g.cells {
			h := hdrhistogram.New(1, 600e9, 2)
			for _, v := range samples(uint64(i), count, c.Metrics[writeP50].Median) {
				_ = h.RecordValue(v)
			}
			out = append(out, distribution{gi, c, h})
		}
	}
	return out
}

func withCurves(s summary.Summary) summary.Summary {
	for i := range s.Cells {
		c := &s.Cells[i]
		for _, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95} {
			base, rate := c.Metrics[writeP50].Median, c.Metrics[throughput].Median*share
			done := rate
			if share > 0.92 {
				done = rate * 0.9
			}
			c.Curve = append(c.Curve, summary.CurvePoint{
				OfferedOps: rate,
				P50:        &summary.Metric{Median: base * (1 + share/(1-share)/4)},
				P99:        &summary.Metric{Median: base * (2 + 2*share/(1-share))},
				Throughput: &summary.Metric{Median: done},
			})
		}
	}
	return s
}

func withReads(s summary.Summary) summary.Summary {
	for i := range s.Cells {
		m := s.Cells[i].Metrics
		if w, ok := m[writeP50]; ok {
			m[readP50] = around(w.Median*0.4, 5)
			m[readP90] = around(w.Median*0.7, 8)
		}
	}
	return s
}

// every is all charts of a summary.
func every(sub subject, count int) []chart {
	var all []chart
	for _, f := range []func(subject) (chart, bool){tradeoff, throughputs, reads} {
		if c, ok := f(sub); ok {
			all = append(all, c)
		}
	}
	if count > 0 {
		all = append(all, latencies(sub, distributions(sub.summary, min(count, 5000)), "calm")...)
	}
	return append(all, loads(sub)...)
}

// No text of any chart overlaps another or leaves the canvas, whatever the
// summary. With CHARTS set to a folder the charts are kept there to be looked
// at.
func TestChartTextNeverOverlapsNorLeaves(t *testing.T) {
	for name, s := range cases() {
		t.Run(name, func(t *testing.T) {
			for _, c := range every(subjectOf(withCurves(withReads(s))), 6000) {
				checkTexts(t, c)
				keep(t, name, c)
			}
		})
	}
}

func checkTexts(t *testing.T, c chart) {
	t.Helper()
	canvas := rect{0, 0, c.scene.w, c.scene.h}
	for i, w := range c.scene.texts {
		if !canvas.holds(w.box()) {
			t.Errorf("%s: %q at %v leaves the canvas", c.name, w.text, w.box())
		}
		for _, o := range c.scene.texts[:i] {
			if w.box().overlaps(o.box()) {
				t.Errorf("%s: %q at %v overlaps %q at %v", c.name, w.text, w.box(), o.text, o.box())
			}
		}
	}
}

func keep(t *testing.T, name string, c chart) {
	dir := os.Getenv("CHARTS")
	if dir == "" {
		return
	}
	b, err := c.scene.png()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, c.name+"-"+name+".png"), b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// The reader must see that the fourth node buys nothing: three and four stand
// in one stretch, under one tick.
func TestThreeAndFourStandAtOnePlace(t *testing.T) {
	points, most := tradeoffPoints(subjectOf(typical()))
	at := map[int]float64{}
	for _, p := range points {
		at[p.cell.Nodes] = p.x
	}
	if at[3] == at[4] || at[3] < 0.5 || at[4] > 1.5 {
		t.Errorf("3 nodes at %g, 4 at %g: want both beside 1, apart", at[3], at[4])
	}
	for n, want := range map[int]float64{1: 0, 5: 2, 7: 3} {
		if at[n] != want {
			t.Errorf("%d nodes at %g, want %g", n, at[n], want)
		}
	}
	if most != 3 {
		t.Errorf("got %d as the most tolerated, want 3", most)
	}
}

// What was proven counts, not what theory promises.
func TestPointsStandAtWhatWasProven(t *testing.T) {
	s := typical()
	s.Cells[3].Faults = summary.Faults{Survived: p(1), BlockedAt: p(2)}
	points, _ := tradeoffPoints(subjectOf(s))
	for _, pt := range points {
		if pt.cell.Nodes == 5 && (pt.x < 0.5 || pt.x > 1.5) {
			t.Errorf("5 nodes that survived 1 stand at %g, want at 1", pt.x)
		}
	}
}

// A size that was proven, and of which no measuring trial was valid, keeps its
// place; its cost is said to be unknown and not drawn.
func TestASizeWithoutACostKeepsItsPlace(t *testing.T) {
	s := typical()
	s.Cells[2].ValidTrials, s.Cells[2].Metrics = 0, nil
	sub := subjectOf(s)
	points, _ := tradeoffPoints(sub)
	if i := slices.IndexFunc(points, func(p point) bool { return p.cell.Nodes == 4 }); i < 0 || !points[i].uncosted || points[i].x < 0.5 || points[i].x > 1.5 {
		t.Errorf("got %+v, want 4 nodes without a cost at 1 failure", points)
	}
	if low, _ := latencyRange(points); low != 0.46e6 {
		t.Errorf("the axis begins with %g, want the cheapest size's 0.46 ms", low)
	}
	c, ok := tradeoff(sub)
	for _, want := range []string{"4 nodes†", "no valid trial", "cost not known: no valid measuring trial"} {
		if !ok || !strings.Contains(texts(c), want) {
			t.Errorf("the chart lacks %q:\n%s", want, texts(c))
		}
	}
}

// What was not to be measured in calm is not missing.
func TestAClosedLoopAloneLacksNoCost(t *testing.T) {
	s := typical()
	delete(s.Cells[2].Metrics, writeP50)
	if points, _ := tradeoffPoints(subjectOf(s)); len(points) != 4 {
		t.Errorf("got %d points, want the 4 with a calm latency", len(points))
	}
}

func TestDoubtedCellsCarryADaggerInEveryChart(t *testing.T) {
	for _, c := range every(subjectOf(withCurves(withReads(noisy()))), 2000) {
		if n := strings.Count(texts(c), dagger); n < 4 {
			t.Errorf("%s: %d daggers, want at 3 and 7 nodes and in the warnings:\n%s", c.name, n, texts(c))
		}
	}
}

func TestEveryChartSaysHostDateSourceAndCoLocation(t *testing.T) {
	sub := subjectOf(withCurves(withReads(typical())))
	sub.options.Label = "quick"
	for _, c := range every(sub, 2000) {
		for _, want := range []string{"bench-1", "2026-11-23", "IBM Cloud", "share this host's 2 cores and one disk", "quick"} {
			if !strings.Contains(texts(c), want) {
				t.Errorf("%s lacks %q:\n%s", c.name, want, texts(c))
			}
		}
	}
}

func texts(c chart) string {
	var lines []string
	for _, w := range c.scene.texts {
		lines = append(lines, w.text)
	}
	return strings.Join(lines, "\n")
}

// A chart with nothing to show is not drawn.
func TestNothingToShowIsNoChart(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Metrics = nil
	}
	if all := every(subjectOf(s), 0); len(all) > 0 {
		t.Errorf("got %d charts of nothing, first %s", len(all), all[0].name)
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

// However few the samples, the axis says how far it reaches, and has enough
// places to read it by.
func TestThePercentileAxisIsLabelledToItsEnd(t *testing.T) {
	for count, want := range map[int64]string{
		4: "0 25 50", 20: "0 25 50", 29: "0 25 50 65.5", 40: "0 25 50 75", 100: "0 50 75 90", 300: "0 50 75 90 96.6",
		1000: "0 50 90 99", 5000: "0 50 90 99 99.9",
	} {
		a := percentileAxis(furthest(count))
		var labels []string
		for _, t := range a.ticks {
			labels = append(labels, t.label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%d samples: got ticks at %s, want %s", count, got, want)
		}
		if last := a.ticks[len(a.ticks)-1].at; last > a.max || a.max-last > 0.01*a.max {
			t.Errorf("%d samples: the last tick is at %g, want it at the end, %g", count, last, a.max)
		}
	}
}

func TestPicturesAreWhole(t *testing.T) {
	c, _ := tradeoff(subjectOf(typical()))
	raster, err := c.scene.png()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raster))
	if err != nil {
		t.Fatal(err)
	}
	if size := img.Bounds().Size(); size.X != 1600 || size.Y != 900 {
		t.Errorf("got a picture of %v, want 1600 by 900", size)
	}
	vector, err := c.scene.svg()
	if err != nil {
		t.Fatal(err)
	}
	if !wellFormed(vector) {
		t.Error("the SVG is not well-formed XML")
	}
	if got := bytes.Count(vector, []byte("textLength=")); got != len(c.scene.texts) {
		t.Errorf("%d texts state their length, want all %d", got, len(c.scene.texts))
	}
	for _, want := range []string{">3 nodes<", ">4 nodes<", "Arial"} {
		if !bytes.Contains(vector, []byte(want)) {
			t.Errorf("the SVG lacks %q", want)
		}
	}
}

func wellFormed(text []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(text))
	for {
		if _, err := d.Token(); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// The same run gives the same files, so that a committed report changes only
// when its run does.
func TestChartsAreReproducible(t *testing.T) {
	first, _ := tradeoff(subjectOf(matrix()))
	second, _ := tradeoff(subjectOf(matrix()))
	a, _ := first.scene.svg()
	b, _ := second.scene.svg()
	if !slices.Equal(a, b) {
		t.Error("two drawings of one summary differ")
	}
}

// Many curves are one chart a group, each with a name of its own.
func TestManyCurvesAreOneChartAGroup(t *testing.T) {
	var names []string
	for _, c := range every(subjectOf(withCurves(matrix())), 500) {
		names = append(names, c.name)
	}
	want := []string{
		"tradeoff", "throughput", "latency", "latency-2", "latency-3", "latency-4",
		"curve", "curve-2", "curve-3", "curve-4",
	}
	if !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}
