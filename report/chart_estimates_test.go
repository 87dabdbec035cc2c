package report

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw/drawtest"
	"github.com/raftbench/raftbench/report/figures"
)

// TestAnAxisHoldsWholeIntervals: a whisker that were cut off at the axis would look as
// if the interval ended there.
func TestAnAxisHoldsWholeIntervals(t *testing.T) {
	var e estimates
	for _, f := range []figures.Figure{{Median: 2.1e6, Low: 1.8e6, High: 2.9e6, Interval: true}, {Median: 15e6, Low: 11e6, High: 37e6, Interval: true}} {
		e.point(place{}, 0, f)
	}
	if a := latencyAxis("write latency", "p50", e.span); !a.Log || a.Min > 1.8e6 || a.Max < 37e6 {
		t.Errorf("the axis goes from %g to %g, want 1.8e6 to 37e6 on it, logarithmic", a.Min, a.Max)
	}
}

// whiskersOf a picture are the areas of its intervals with their caps: of the upright strokes,
// each as wide as the level ones at its ends.
func whiskersOf(t *testing.T, c chart.Chart) [][4]float64 {
	t.Helper()
	var upright, level [][4]float64
	for _, m := range whiskerPath.FindAllStringSubmatch(string(drawtest.SVG(t, c)), -1) {
		var v [4]float64
		for i := range v {
			var err error
			if v[i], err = strconv.ParseFloat(m[i+1], 64); err != nil {
				t.Fatal(err)
			}
		}
		v = [4]float64{min(v[0], v[2]), min(v[1], v[3]), max(v[0], v[2]), max(v[1], v[3])}
		if v[0] == v[2] {
			upright = append(upright, v)
		} else {
			level = append(level, v)
		}
	}
	var out [][4]float64
	for _, u := range upright {
		caps := 0
		for _, l := range level {
			if middle := (l[0] + l[2]) / 2; middle-u[0] < 0.01 && u[0]-middle < 0.01 && (l[1] == u[1] || l[1] == u[3]) {
				u[0], u[2], caps = min(u[0], l[0]), max(u[2], l[2]), caps+1
			}
		}
		if caps > 0 { // a key's sign has none
			out = append(out, u)
		}
	}
	return out
}

var whiskerPath = regexp.MustCompile(`<path d="M([-\d.]+),([-\d.]+)L([-\d.]+),([-\d.]+)" style="[^"]*stroke-width:2\.2`)

// No whisker lies over another, be it of another size at the same place or of another
// percentile of its size.
func TestWhiskersOfNeighboursDoNotCross(t *testing.T) {
	seen := 0
	for name, s := range cases() {
		for _, c := range chartsOf(withReads(s), 0) {
			if c.Name != "tolerance" && c.Name != "reads" {
				continue
			}
			all := whiskersOf(t, c)
			seen += len(all)
			for i, a := range all {
				for _, b := range all[:i] {
					if a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3] {
						t.Errorf("%s of %s: whiskers at %.1f and %.1f lie over each other", c.Name, name, a, b)
					}
				}
			}
		}
	}
	if seen < 200 {
		t.Errorf("saw %d whiskers, want those of all charts", seen)
	}
}

// Each point says of which size it is: sizes that tolerate the same stand at one place.
func TestPointsAtOnePlaceSayTheirSize(t *testing.T) {
	c := named(t, chartsOf(typical(), 0), "tolerance")
	for _, s := range c.Series {
		var of []string
		for _, pt := range s.Points {
			of = append(of, pt.Name)
		}
		if got := strings.Join(of, ", "); got != "1 node, 3 nodes, 4 nodes, 5 nodes, 7 nodes" {
			t.Errorf("%s: points are of %s", s.Name, got)
		}
	}
}

// The title says what the reader came for.
func TestTitlesSayTheMessage(t *testing.T) {
	for _, tt := range []struct{ chart, want string }{
		{"tolerance", "Surviving 1 failure costs 1.74 ms a write, 2 cost 2.33 ms, 3 cost 2.92 ms (p50)"},
		{"reads", "A read takes 184 µs with 1 node, 1.17 ms with 7 (p50)"},
		{"latency", "One write in a hundred takes"},
		{"curve", "The highest load carried: 1 node 19,200/s, 3 nodes"},
	} {
		if got := named(t, chartsOf(withCurves(withReads(typical())), 5000), tt.chart).Title; !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: got the title %q, want %q", tt.chart, got, tt.want)
		}
	}
	faint := named(t, chartsOf(faint(), 0), "tolerance").Title
	if faint != "In theory, surviving 1 failure costs 3.00 ms a write, 2 cost 5.00 ms, 3 cost 7.00 ms, 4 cost 9.00 ms (p50)" {
		t.Errorf("without a proof: got %q", faint)
	}
}
