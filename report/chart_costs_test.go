package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

func oneChart(t *testing.T, s summary.Summary, name string) (chart.Chart, bool) {
	t.Helper()
	r := New(&results.Run{Environment: host()}, summary.Analysis{Summary: s}, Options{Source: source})
	for _, c := range r.charts(nil) {
		if c.Name == name {
			return c, true
		}
	}
	return chart.Chart{}, false
}

// Of a year without writes the size that is advised stands in the title, and that four
// nodes over three zones are worse than three is said first. A size that tolerates
// nothing has nobody who could lead in the leader's place.
func TestDowntimeIsDrawnBySize(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Sites = []string{"a", "b", "c", "a", "b", "c", "a"}[:s.Cells[i].Nodes]
	}
	c, ok := oneChart(t, s, "downtime")
	if !ok || len(c.Panels) != 2 || !strings.HasPrefix(c.Title, "3 nodes: ") || !strings.HasPrefix(c.Subtitle[0], "4 is without a quorum for longer than 3") {
		t.Fatalf("got %+v", c)
	}
	stops, year := c.Panels[0].Series[0].Points, c.Panels[1].Series[0].Points
	if len(stops) != len(year)-1 || stops[0].X != 1 {
		t.Errorf("got %d outages after a leader's death and %d years, want none of one node", len(stops), len(year))
	}
	if three, four := *year[1].Y, *year[2].Y; four < 10*three {
		t.Errorf("got %v and %v of a year for 3 and 4 nodes over three zones", three, four)
	}
	for i := range s.Cells {
		s.Cells[i].Sites = nil
	}
	without, _ := oneChart(t, s, "downtime")
	if strings.Contains(strings.Join(without.Subtitle, " "), "zone") {
		t.Errorf("a network without sites has zones: %q", without.Subtitle)
	}
	for i := range s.Cells {
		s.Cells[i].Metrics, s.Cells[i].Faults.Survived = nil, nil
	}
	if _, ok := oneChart(t, s, "downtime"); ok {
		t.Error("a run of which nothing is known has a chart of its downtime")
	}
}

// A year is always predicted, an outage where too few leaders died: such points are hollow,
// which a key says. The title is an expectation, in the subtitle's units, and what takes
// several nodes down at once is said to be in no figure.
func TestWhatIsPredictedOfDowntimeIsHollow(t *testing.T) {
	s := typical()
	const three = 1
	s.Cells[three].Metrics[figures.Outage] = around(2.1e9, 5)
	c, ok := oneChart(t, s, "downtime")
	if !ok || len(c.Panels) != 2 {
		t.Fatalf("got %+v", c)
	}
	for i, p := range c.Panels {
		measured := 0
		for at, series := range p.Series {
			for _, pt := range series.Points {
				if isThree := pt.X == three; series.Look.Hollow == (i == 0 && isThree) {
					t.Errorf("%s: the point at %v is hollow: %v", series.Name, pt.X, series.Look.Hollow)
				}
			}
			if !series.Look.Hollow {
				measured += len(series.Points)
			}
			for _, l := range p.Labels {
				if l.Of[0].Series == at && l.Of[0].Point >= len(series.Points) {
					t.Errorf("%s: the label %s is of no point", series.Name, l.Name)
				}
			}
		}
		if want := 1 - i; measured != want {
			t.Errorf("panel %d has %d measured points, want %d", i, measured, want)
		}
	}
	if len(c.Keys) != 2 || c.Keys[0].Text != "filled: measured" || !c.Keys[1].Look.Hollow || c.Keys[1].Text != "hollow: predicted" {
		t.Errorf("got the keys %+v", c.Keys)
	}
	said := c.Title + " " + strings.Join(c.Subtitle, " ")
	if !strings.HasPrefix(c.Title, "3 nodes: expect ") || !strings.Contains(said, " s a year") || strings.Contains(said, "0.") {
		t.Errorf("got %q, want an expectation in seconds and whole minutes", said)
	}
	for _, notes := range [][]string{c.Notes, c.Words().Notes} {
		if n := strings.Count(strings.Join(notes, " "), "is in none of these figures"); n != 1 {
			t.Errorf("failures with a common cause are told of %d times in %q", n, notes)
		}
	}
}

// What machines give is drawn as differences; without them it is no chart.
func TestResourcesAreDrawnAsDifferences(t *testing.T) {
	c, ok := oneChart(t, typical(), "resources")
	if !ok || len(c.Panels) == 0 {
		t.Fatalf("got %+v", c)
	}
	for _, p := range c.Panels {
		for _, s := range p.Series {
			if s.Points[0].Y == nil || *s.Points[0].Y <= 0 {
				t.Errorf("%s: %s takes %v", p.Y.Title, s.Name, s.Points[0].Y)
			}
		}
	}
	bare := typical()
	bare.Differences = nil
	for i := range bare.Cells {
		for _, of := range resources {
			delete(bare.Cells[i].Metrics, of.metric)
		}
	}
	if c, ok := oneChart(t, bare, "resources"); ok {
		t.Errorf("got %+v of nothing", c)
	}
}
