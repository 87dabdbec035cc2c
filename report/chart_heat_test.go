package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw/drawtest"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/summary"
)

// networks is a run of three sizes over three networks: one setup without a valid
// trial, one whose writes were mostly never answered, and one that was not run.
func networks() summary.Summary {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "networks"}
	for _, net := range []struct {
		name string
		ms   float64
	}{{"aws-global-7", 90}, {"multi-az", 1.6}, {"none", 0.6}} {
		for _, n := range []int{3, 5, 7} {
			if net.name == "none" && n == 7 {
				continue
			}
			c := cell(n, net.ms*(1+0.1*float64(n-3)), 9000/net.ms)
			c.Cell, c.Profile = fmt.Sprintf("n%d-hashicorp-%s", n, net.name), net.name
			switch {
			case net.name == "multi-az" && n == 5:
				c.ValidTrials, c.Metrics = 0, nil
			case net.name == "none" && n == 5:
				c.Metrics[figures.WriteP50] = summary.Metric{N: 6, Interval: true, CILow: p(2e6)}
			}
			s.Cells = append(s.Cells, c)
		}
	}
	return decided(s)
}

// loaded is a run of two sizes of values at three rates.
func loaded() summary.Summary {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "loaded"}
	for i, size := range []string{"256B", "64KiB"} {
		for k, at := range []string{"50/s", "200/s", "1000/s"} {
			c := cell(3, 1.5*(1+float64(2*i))*(1+0.1*float64(k)), 5000)
			c.Cell = fmt.Sprintf("n3-hashicorp-multi-az-%d-%d", i, k)
			c.Params = map[string]string{valueSizePath: size, calmRatePath: at}
			s.Cells = append(s.Cells, c)
		}
	}
	return decided(s)
}

// Each network has a row, the slowest on top, and each size a column; what has no number
// is struck and says why.
func TestAHeatMapHasANumberOrAReasonAtEachPlace(t *testing.T) {
	c := named(t, chartsOf(networks(), 0), "heat")
	if want := "Write p50 differs up to 150 times between networks, up to 1.40 times between sizes"; c.Title != want {
		t.Errorf("got the title %q, want %q", c.Title, want)
	}
	var got []string
	for _, pt := range c.Series[0].Points {
		text := pt.Text
		if pt.Struck {
			text = pt.Missing
		}
		got = append(got, fmt.Sprintf("%s/%s %s", c.Y.Ticks[int(*pt.Y)-1].Label, c.X.Ticks[int(pt.X)].Label, text))
	}
	want := []string{
		"none/3 nodes 600 µs", "none/5 nodes never answered", "none/7 nodes not in the run",
		"multi-az/3 nodes 1.60 ms", "multi-az/5 nodes no valid trial", "multi-az/7 nodes 2.24 ms",
		"aws-global-7/3 nodes 90.0 ms", "aws-global-7/5 nodes 108 ms", "aws-global-7/7 nodes 126 ms",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	points := c.Series[0].Points
	if least, most := points[0].Shade, points[8].Shade; least != lightestTile || most != 1 {
		t.Errorf("shades go from %g to %g, want %g to 1", least, most, lightestTile)
	}
	for _, c := range chartsOf(networks(), 0) {
		drawtest.Check(t, c.Name, drawtest.SVG(t, c))
	}
	svg := string(drawtest.SVG(t, c))
	for _, want := range []string{figures.NoTrial, figures.NeverAnswered, notRun} {
		if !strings.Contains(svg, want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
}

// Values are in the order in which people count, not in that of the alphabet.
func TestAHeatMapOfTwoSettings(t *testing.T) {
	c := named(t, chartsOf(loaded(), 0), "heat")
	if want := "Write p50 differs up to 3 times with the value size, up to 1.20 times with the offered load"; c.Title != want {
		t.Errorf("got the title %q, want %q", c.Title, want)
	}
	if got := tickLabels(c.X.Ticks); got != "50/s 200/s 1000/s" {
		t.Errorf("columns are %s", got)
	}
	if got := tickLabels(c.Y.Ticks); got != "256B 64KiB" {
		t.Errorf("rows are %s", got)
	}
}

// A map of one row or one column says nothing that a curve does not, and one without
// numbers nothing at all.
func TestOneSizeOrNoNumbersMakeNoHeatMap(t *testing.T) {
	one, dead := networks(), networks()
	one.Cells = []summary.Cell{one.Cells[0], one.Cells[3]}
	for i := range dead.Cells {
		dead.Cells[i].ValidTrials, dead.Cells[i].Metrics = 0, nil
	}
	for name, s := range map[string]summary.Summary{"one size": one, "one network": typical(), "no valid trial": dead} {
		if maps := reportOf(s).heatMaps(); len(maps) > 0 {
			t.Errorf("%s: got %d maps, first %s", name, len(maps), maps[0].Title)
		}
	}
}

// Names of whatever length and letters, and more rows than there is room for, leave the
// map readable.
func TestHostileNamesLeaveAHeatMapWhole(t *testing.T) {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "<script>"}
	for i := range 20 {
		for n := 1; n <= 12; n++ {
			c := cell(n, float64(i*n+1), 1000)
			c.Profile = fmt.Sprintf("<script>alert(%d)</script>%s\x00", i, strings.Repeat("&", 90))
			c.Cell = fmt.Sprintf("n%d-%d", n, i)
			s.Cells = append(s.Cells, c)
		}
	}
	maps := reportOf(s).heatMaps()
	if len(maps) == 0 || len(maps[0].Y.Ticks) != maxHeatRows || len(maps[0].X.Ticks) != mostColumns {
		t.Fatalf("got %d maps", len(maps))
	}
	if !strings.Contains(strings.Join(maps[0].Subtitle, " "), "12 more values have no room") {
		t.Errorf("does not say what it leaves out: %q", maps[0].Subtitle)
	}
	for _, c := range maps {
		svg := drawtest.SVG(t, c)
		drawtest.Check(t, c.Name, svg)
		if strings.Contains(string(svg), "<script") {
			t.Error("a name is markup")
		}
	}
}

func tickLabels(ticks []chart.Tick) string {
	var out []string
	for _, t := range ticks {
		out = append(out, t.Label)
	}
	return strings.Join(out, " ")
}

// swept is a run of two sizes of values, each offered three loads; the highest is carried by
// small values alone.
func swept() summary.Summary {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "swept"}
	for i, size := range []string{"256B", "64KiB"} {
		c := cell(3, 1.5, 5000)
		c.Cell, c.Load, c.Params = fmt.Sprintf("n3-hashicorp-multi-az-%d", i), "sweep", map[string]string{valueSizePath: size}
		c.Metrics = map[string]summary.Metric{}
		for k, rate := range []float64{50, 200, 1000} {
			c.Curve = append(c.Curve, summary.CurvePoint{OfferedOps: rate, Held: p(i == 0 || k < 2), P50: p(around(1.5e6*float64(1+2*i)*(1+0.1*float64(k)), 3))})
		}
		s.Cells = append(s.Cells, c)
	}
	s.Cells[1].Curve = append(s.Cells[1].Curve, summary.CurvePoint{OfferedOps: 7777, P50: p(around(9e9, 3))})
	return s
}

// A sweep of several sizes of values has a map of size against offered load, of the loads
// that they share.
func TestASweepOfSizesHasAMapOfSizeAndLoad(t *testing.T) {
	c := named(t, chartsOf(swept(), 0), "heat")
	if want := "Write p50 differs up to 3 times with the value size, up to 1.20 times with the offered load"; c.Title != want {
		t.Errorf("got the title %q, want %q", c.Title, want)
	}
	if got := tickLabels(c.X.Ticks) + " by " + tickLabels(c.Y.Ticks); got != "50.0/s 200/s 1,000/s by 256B 64KiB" {
		t.Errorf("the map is of %s", got)
	}
	var got []string
	for _, pt := range c.Series[0].Points {
		got = append(got, strings.TrimSpace(pt.Text+" "+pt.Missing))
	}
	if want := "1.50 ms, 1.65 ms, 1.80 ms, 4.50 ms, 4.95 ms, 5.40 ms"; strings.Join(got, ", ") != want {
		t.Errorf("got %q, want %q", strings.Join(got, ", "), want)
	}
	if text := strings.Join(c.Subtitle, " "); !strings.Contains(text, "95 % intervals") {
		t.Errorf("does not say what stands below the values: %s", text)
	}
	for i, pt := range c.Series[0].Points {
		if (pt.Under == notCarried) != (i == 5) {
			t.Errorf("tile %d has %q under its value; only the last was not carried", i, pt.Under)
		}
	}
	for _, c := range chartsOf(swept(), 0) {
		drawtest.Check(t, c.Name, drawtest.SVG(t, c))
	}
}

// More loads than a map has columns are thinned evenly, and that is told.
func TestAMapOfManyLoadsKeepsTheLowestAndTheHighest(t *testing.T) {
	s := swept()
	for i := range s.Cells {
		s.Cells[i].Curve = nil
		for k := range 20 {
			s.Cells[i].Curve = append(s.Cells[i].Curve, summary.CurvePoint{OfferedOps: float64(100 * (k + 1)), P50: p(around(1e6*float64(i+k+1), 3))})
		}
	}
	c := named(t, chartsOf(s, 0), "heat")
	if ticks := c.X.Ticks; len(ticks) != mostColumns || ticks[0].Label != "100/s" || ticks[len(ticks)-1].Label != "2,000/s" {
		t.Errorf("got columns %s", tickLabels(ticks))
	}
	if !strings.Contains(strings.Join(c.Subtitle, " "), "12 more values have no room") {
		t.Errorf("does not say what it leaves out: %q", c.Subtitle)
	}
}
