package report

import (
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw/drawtest"
	"github.com/raftbench/raftbench/results"
)

// stoppedWrites are those of a trial of 10 s, a write each 20 ms, whose leader dies at 4 s and has a
// successor 1.5 s later: what is sent between is not acknowledged.
func stoppedWrites() results.Trial {
	t := underLoad(results.Fault{Action: "kill", Nodes: []string{"n1<script>"}, Leader: "n1", AtNS: 5e9, DoneNS: 5e9 + 1e6, EndNS: 8e9, SilentNS: 15e8})
	t.Events = []results.Event{{AtNS: 65e8, Node: "n2", Kind: results.EventRole, State: results.StateLeader, Term: 3}}
	t.Writes = &results.Writes{StartNS: 1e9, Every: 1}
	for i := range 500 {
		outcome := "a"
		if i >= 200 && i < 275 {
			outcome = "f"
		}
		t.Writes.SentUS, t.Writes.TookUS = append(t.Writes.SentUS, 20_000), append(t.Writes.TookUS, 2_000)
		t.Writes.Outcomes += outcome
	}
	return t
}

func TestLatencyAndThroughputOverTimeShowTheFaultAndTheElection(t *testing.T) {
	r := outageRun(t, stoppedWrites())
	c := named(t, r.charts(nil), "timeline")
	if !strings.HasPrefix(c.Title, "Kill n1") || !strings.HasSuffix(c.Title, "no client had an answer for 1.50 s") {
		t.Errorf("got the title %q", c.Title)
	}
	if !c.Stacked || len(c.Panels) != 2 || c.Panels[0].X.Max != c.Panels[1].X.Max {
		t.Errorf("latency and throughput do not stand one above the other on one axis: %t, %+v", c.Stacked, c.Panels)
	}
	if x := c.Panels[0].X; x.Max < 9.9 || x.Max > 10.1 || x.Ticks[len(x.Ticks)-1].At > x.Max {
		t.Errorf("the axis goes to %g, with ticks at %+v; want it to end with the load", x.Max, x.Ticks)
	}
	for _, p := range c.Panels {
		if s := p.Series[0]; s.Form != chart.Bands || len(s.Points) != 1 || s.Points[0].From != 4 || s.Points[0].X != 7 {
			t.Errorf("got %+v, want the fault as a band from 4 to 7", s)
		}
		if s := p.Series[1]; s.Form != chart.Line || s.Points[0].X != 5.5 || s.Points[1].X != 5.5 {
			t.Errorf("got %+v, want the election as a line at 5.5", s)
		}
	}
	if got := c.Panels[0].Labels[1].Value; got != "n2 leads" {
		t.Errorf("the election is called %q", got)
	}
	if got := c.Panels[0].Series[0].Points[0].Text; !strings.HasSuffix(got, ", for 3.00 s") {
		t.Errorf("under the pointer the fault says %q", got)
	}
	for _, pt := range c.Panels[1].Series[2].Points {
		if stood := pt.X > 4.2 && pt.X < 5.4; stood != (*pt.Y == 0) {
			t.Errorf("at %g s there were %g writes a second", pt.X, *pt.Y)
		}
	}
	for _, pt := range slices.Concat(c.Panels[0].Series[2].Points, c.Panels[0].Series[3].Points) {
		if pt.X > 4.2 && pt.X < 5.4 {
			t.Errorf("a latency at %g s, where nothing was acknowledged", pt.X)
		}
	}
	svg := drawtest.SVG(t, c)
	for _, want := range []string{"n2 leads", "kill n1"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	drawtest.Check(t, c.Name, svg)
	if strings.Contains(string(svg), "<script") {
		t.Error("a name is markup")
	}
}

func TestWithoutWritesThereIsNoChartOverTime(t *testing.T) {
	none, failed := stoppedWrites(), stoppedWrites()
	none.Writes = nil
	failed.Writes.Outcomes = strings.Repeat("f", 500)
	for _, trial := range []results.Trial{none, failed} {
		if all := outageRun(t, trial).timelines(); len(all) > 0 {
			t.Errorf("got %q", all[0].Title)
		}
	}
}

// What is over at once is a line; what lasts is a band: until it was undone, until all whom
// it killed were back, or to the end where that is not on record. What was not done is
// neither.
func TestAFaultThatLastsIsABand(t *testing.T) {
	restarted := func(node string, at int64) results.Event {
		return results.Event{AtNS: at, Node: node, Kind: results.EventRestart}
	}
	for _, tt := range []struct {
		name     string
		fault    results.Fault
		events   []results.Event
		form     chart.Form
		from, to float64
		said     string
	}{
		{"a transfer", results.Fault{Action: "transfer", AtNS: 3e9, DoneNS: 3e9 + 5e7, EndNS: 3e9 + 5e7}, nil, chart.Line, 2, 2, "transfer n1"},
		{"a pause", results.Fault{Action: "pause", AtNS: 3e9, DoneNS: 3e9 + 1e6, UndoNS: 5e9, EndNS: 5e9}, nil, chart.Bands, 2, 4, "pause n1, for 2.00 s"},
		{"a restart", results.Fault{Action: "kill", AtNS: 3e9, DoneNS: 3e9 + 1e6}, []results.Event{restarted("n2", 35e8), restarted("n1", 6e9)}, chart.Bands, 2, 5, "kill n1, for 3.00 s"},
		{"a restart before it", results.Fault{Action: "kill", AtNS: 3e9, DoneNS: 3e9 + 1e6}, []results.Event{restarted("n1", 2e9)}, chart.Bands, 2, 9.98, "kill n1, until the end"},
		{"an end after the load's", results.Fault{Action: "isolate", AtNS: 9e9, DoneNS: 9e9 + 1e6, EndNS: 30e9}, nil, chart.Bands, 8, 9.98, "isolate n1, for 21.0 s"},
		{"one from before the load", results.Fault{Action: "isolate", AtNS: 5e8, DoneNS: 5e8 + 1e6, EndNS: 2e9}, nil, chart.Bands, 0, 1, "isolate n1, for 1.50 s"},
		{"one that was not done", results.Fault{Action: "kill", AtNS: 3e9, DoneNS: 3e9, EndNS: 3e9, Failed: "n1 does not run"}, nil, "", 0, 0, ""},
	} {
		trial := stoppedWrites()
		if tt.fault.Failed == "" {
			tt.fault.Nodes = []string{"n1"}
		}
		trial.Faults, trial.Events = []results.Fault{tt.fault}, tt.events
		series, _ := happened(&trial, chart.Axis{Max: 1}, 9.98)
		if tt.form == "" {
			if len(series) > 0 {
				t.Errorf("%s: got %+v", tt.name, series)
			}
			continue
		}
		if len(series) != 1 {
			t.Fatalf("%s: got %d series", tt.name, len(series))
		}
		from, to := series[0].Points[0].From, series[0].Points[0].X
		if tt.form == chart.Line {
			from = to
		}
		if s := series[0]; s.Form != tt.form || from != tt.from || to != tt.to || s.Points[0].Text != tt.said {
			t.Errorf("%s: got %q as %s from %g to %g, want %q as %s from %g to %g", tt.name, s.Points[0].Text, s.Form, from, to, tt.said, tt.form, tt.from, tt.to)
		}
	}
}
