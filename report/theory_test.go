package report

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/draw"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
)

// partsAt made-up parts of a size in microseconds, so much later on the network.
func partsAt(nodes int, late float64) summary.Parts {
	p := summary.Parts{summary.TermClient: 400e3, summary.TermQueue: 50e3, summary.TermLeaderLog: 600e3, summary.TermApply: 90e3}
	if nodes > 1 {
		p[summary.TermNetwork], p[summary.TermHandOver], p[summary.TermFollowerLog] = 700e3+late*1e3, 300e3, 600e3+50e3*float64(nodes)
	}
	return p
}

// theorised is a report whose five nodes have later links than they were said to have.
func theorised(t *testing.T) *Report {
	t.Helper()
	s := typical()
	r := reportOf(s)
	r.theories = map[string]summary.Theory{}
	for i := range r.summary.Cells {
		c := &r.summary.Cells[i]
		late := map[int]float64{5: 800}[c.Nodes]
		parts, predicted := partsAt(c.Nodes, late), partsAt(c.Nodes, 0)
		c.Metrics[figures.WriteP50] = around(parts.Sum(), 2)
		sum, own := predicted.Sum(), predicted.Sum()-100e3
		th := summary.Theory{
			Cell: c.Cell, Nodes: c.Nodes, Measured: c.Metrics[figures.WriteP50], Parts: parts, Predicted: predicted, Fitted: c.Nodes == 1 || c.Nodes == 3,
			PredictedNS: &sum, OwnMachines: &own, Error: p(sum/parts.Sum() - 1),
			FloorAlone:  &summary.Floored{NS: 1.5e6, Efficiency: p(0.42), CILow: p(0.40), CIHigh: p(0.44)},
			FloorShared: &summary.Floored{NS: 9e9},
		}
		if math.Abs(*th.Error) > 0.05 {
			th.Off = summary.TermNetwork
		}
		r.theories[c.Cell] = th
	}
	return r
}

// Measured, predicted and floor stand beside each other; a floor above what was
// measured has no share, and the term that is off is named with both its figures.
func TestTheoryStandsBesideTheMeasurement(t *testing.T) {
	text := strings.Join(strings.Fields(tableOf(t, theorised(t), Terminal{Width: 100})), " ")
	for _, want := range []string{
		"What a write takes, what theory predicts, and the floor below it",
		"own machines", "40 %–44 %", "fitted", "hand-over quorum-th follower's log",
		"a prediction that nobody has measured",
		"5 nodes: the prediction is 21.1 % below what was measured. Most of that is the links: 700 µs predicted, 1.50 ms measured.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "the prediction is "); n != 1 {
		t.Errorf("%d sizes are said to be off, want 1", n)
	}
	for _, c := range theorised(t).theorySheets()[0].columns {
		if c.over == "floor over measured" && c.title == sharedDisk {
			t.Error("a floor above what was measured has a share")
		}
	}
}

// Without a prediction the floor stands alone, and what a prediction takes is said; a
// run that tells of no floor either says nothing.
func TestAFloorWithoutAPrediction(t *testing.T) {
	r := theorised(t)
	for cell, th := range r.theories {
		r.theories[cell] = summary.Theory{Cell: th.Cell, Nodes: th.Nodes, FloorAlone: th.FloorAlone}
	}
	text := strings.Join(strings.Fields(tableOf(t, r, Terminal{Width: 100})), " ")
	if !strings.Contains(text, "Nothing is predicted here") || strings.Contains(text, "hand-over") || len(r.theoryCharts()) > 0 {
		t.Errorf("got\n%s", text)
	}
	r.theories = nil
	if r.theorySheets() != nil || r.theoryNotes() != nil {
		t.Error("theory is told of where there is none")
	}
}

// The chart's title is its message: the size that is missed most, and by what.
func TestTheChartOfTheory(t *testing.T) {
	r := theorised(t)
	c := r.theoryCharts()[0]
	if want := "Theory from 1 and 3 nodes misses 5 nodes by 21 %: the links"; c.Title != want {
		t.Errorf("got the title %q, want %q", c.Title, want)
	}
	at := map[string]float64{}
	for _, s := range c.Series {
		at[s.Name] = *s.Points[1].Y
	}
	three := partsAt(3, 0).Sum()
	for name, want := range map[string]float64{"measured": three, "predicted here": three, "predicted on own machines": three - 100e3, "floor, own disks": 1.5e6} {
		if at[name] != want {
			t.Errorf("%s at 3 nodes: got %v, want %v", name, at[name], want)
		}
	}
	if _, err := draw.Lay(c).SVG(); err != nil {
		t.Error(err)
	}
	for cell, th := range r.theories {
		th.Off, th.Error = "", p(0.01)
		r.theories[cell] = th
	}
	if got, want := r.theoryCharts()[0].Title, "Theory from 1 and 3 nodes comes within 1 % of the larger sizes"; got != want {
		t.Errorf("got the title %q, want %q", got, want)
	}
}

// The costs in the advice are this host's, which all nodes share: right below it stands
// what is predicted where they do not, on every page.
func TestTheAdviceSaysWhereItsCostsHold(t *testing.T) {
	const here = "On this host, whose 2 cores and disk all nodes share."
	r := theorised(t)
	r.env.Cores, r.env.Endpoints = 2, nil
	if got := r.verdict(verdictWidth, verdictLines).holds; got != here+" On machines of your own, predicted and not measured: "+ownOf(r)+"." {
		t.Errorf("got %q", got)
	}
	same := 4.35e6
	for cell, th := range r.theories {
		th.OwnMachines = &same
		r.theories[cell] = th
	}
	want := here + " On machines of your own, predicted and not measured: 4.35 ms for 3 to 7 nodes."
	v := r.verdict(verdictWidth, verdictLines)
	if v.holds != want {
		t.Errorf("got %q, want %q", v.holds, want)
	}
	var page strings.Builder
	markdownVerdict(&page, r)
	for form, text := range map[string]string{"terminal": tableOf(t, r, Terminal{Width: 100}), "markdown": page.String()} {
		if words := strings.Join(strings.Fields(strings.ReplaceAll(text, "*", "")), " "); !strings.Contains(words, v.advice[0]+" "+want) {
			t.Errorf("%s: want below the advice %q; got\n%s", form, want, words)
		}
	}
	if notes := r.pageAnswer(nil).Notes; len(notes) == 0 || notes[0] != want {
		t.Errorf("the page: got %q", notes)
	}
	r.theories = nil
	if got := r.verdict(verdictWidth, verdictLines).holds; got != here {
		t.Errorf("without a prediction: got %q, want %q", got, here)
	}
	r.env.Endpoints = []string{"a:1"}
	if got := r.verdict(verdictWidth, verdictLines).holds; got != "" {
		t.Errorf("of a cluster that ran already: got %q", got)
	}
}

// ownOf are the predictions of the sizes that survive a failure, one by one.
func ownOf(r *Report) string {
	var out []string
	for _, c := range r.summary.Cells {
		if c.Tolerates > 0 {
			nodes := ""
			if len(out) == 0 {
				nodes = " nodes"
			}
			out = append(out, fmt.Sprintf("%s for %d%s", wording.Duration(*r.theories[c.Cell].OwnMachines), c.Nodes, nodes))
		}
	}
	return strings.Join(out, ", ")
}
