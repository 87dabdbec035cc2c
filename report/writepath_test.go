package report

import (
	"math"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/summary"
)

// pathed gives a setup a write path of so many milliseconds a part, in their order.
func pathed(c summary.Cell, ms ...float64) summary.Cell {
	w := &summary.WritePath{Trials: 6, Chosen: 60, Joined: 60, Whole: 60, UnattributedShare: around(0.02, 5)}
	total := 0.0
	for i, v := range ms {
		if v > 0 {
			w.Parts = append(w.Parts, summary.PathPart{Name: partNames[i], NS: around(v*1e6, 5)})
		}
		total += v * 1e6
	}
	w.TotalNS = around(total/0.98, 3)
	for i := range 6 {
		w.Steps = append(w.Steps, summary.PathStep{Number: i + 1, NS: around(float64(i+1)*1e5, 5)})
	}
	c.WritePath = w
	return c
}

// The bars' pieces stand on one another without gaps, each as high as its part, and the
// title names the largest of the largest size.
func TestWritePathBars(t *testing.T) {
	three := pathed(cell(3, 4, 500), 0.8, 0.04, 1.5, 0.2, 0.9, 1.4, 0, 0.07, 0.01)
	r := reportOf(summary.Summary{Cells: []summary.Cell{pathed(cell(1, 2, 900), 0.8, 0.04, 1.2, 0, 0, 0, 0, 0.07, 0.01), three}})
	cs := r.writePaths()
	if len(cs) != 1 || cs[0].Name != "writepath" {
		t.Fatalf("got %d charts", len(cs))
	}
	c := cs[0]
	if want := "The largest part of a write to 3 nodes is the leader's log: 1.50 ms of 5.02 ms"; c.Title != want {
		t.Errorf("title %q, want %q", c.Title, want)
	}
	tops := map[float64]float64{}
	for _, s := range c.Series {
		if s.Form != chart.Stacks {
			t.Errorf("%s is of form %s", s.Name, s.Form)
		}
		for _, p := range s.Points {
			if p.From != tops[p.X] || *p.Y <= p.From || p.Text == "" {
				t.Errorf("%s at %v: a piece from %v to %v, %q, on one that ends at %v", s.Name, p.X, p.From, *p.Y, p.Text, tops[p.X])
			}
			tops[p.X] = *p.Y
		}
	}
	for i, cell := range []summary.Cell{r.groups[0].cells[0], r.groups[0].cells[1]} {
		if all := value(cell.WritePath.TotalNS); math.Abs(tops[float64(i)]-all) > 1 {
			t.Errorf("%d nodes: the bar ends at %v, want the whole, %v", cell.Nodes, tops[float64(i)], all)
		}
	}
	if last := c.Series[len(c.Series)-1]; last.Name != "unattributed" || last.Look.Number != chart.Neutral {
		t.Errorf("the last piece is %q, want what is nobody's", last.Name)
	}
	if c.Y.Max < tops[1] {
		t.Errorf("the axis ends at %v, below the bar", c.Y.Max)
	}
}

// The page has the parts, the steps and what is to be known of them; of setups that do
// not tell it says so, and nothing at all where none does.
func TestWritePathOnThePage(t *testing.T) {
	c := pathed(cell(3, 4, 500), 0.8, 0.04, 1.5, 0.2, 10.9, 1.4, 0, 0.07, 0.01)
	c.WritePath.Parts[4].AskedNS = 10e6
	c.WritePath.Joined, c.WritePath.Forwarded, c.WritePath.Lost = 40, 40, 12
	text := reportOf(summary.Summary{Cells: []summary.Cell{c, cell(5, 5, 400)}}).markdown(nil)
	for _, want := range []string{
		"## Where a write's time goes", "## The six steps of a write",
		"| 3 nodes | 15.2 ms (14.8–15.7) | 800 µs (760–840) |",
		"only 40 of 60 such writes were found in the nodes' records, which lost 12 records",
		"40 of 40 writes came through a follower",
		"10.0 ms of the network and waits are the delay asked",
		"Not on record: 5 nodes",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not have %q:\n%s", want, text)
		}
	}
	r := reportOf(summary.Summary{Cells: []summary.Cell{cell(3, 4, 500)}})
	if text := r.markdown(nil); strings.Contains(text, "write's time goes") || len(r.writePaths()) != 0 {
		t.Error("a run that tells nothing has a section on it")
	}
}

// A column of nothing but 0 % is a line of words instead; what follows after the steps is
// explained where it is told.
func TestWritePathTellsOfNothingInALine(t *testing.T) {
	c := pathed(cell(3, 4, 500), 0.8, 0.04, 1.5, 0.2, 0.9, 1.4, 0, 0.07, 0.01)
	learned := around(47e6, 5)
	c.WritePath.UnattributedShare, c.WritePath.LearnedNS = around(0, 0), &learned
	text := reportOf(summary.Summary{Cells: []summary.Cell{c}}).markdown(nil)
	if strings.Contains(text, "| unattributed") || !strings.Contains(text, "No time is unattributed.") {
		t.Errorf("a column of nothing stands there, or no words say so:\n%s", text)
	}
	if !strings.Contains(text, "Later, followers apply it: so long after the commit") {
		t.Error("what followers do later is told and not explained")
	}
	c.WritePath.UnattributedShare = around(0.02, 5)
	if text := reportOf(summary.Summary{Cells: []summary.Cell{c}}).markdown(nil); !strings.Contains(text, "unattributed |") || strings.Contains(text, "No time is unattributed.") {
		t.Errorf("time that is nobody's is not told:\n%s", text)
	}
}
