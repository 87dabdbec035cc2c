package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// stoppedWrites are those of a trial of 10 s, a write each 20 ms, whose leader dies at 4 s and has a
// successor 1.5 s later: what is sent between is not acknowledged.
func stoppedWrites() results.Trial {
	t := underLoad(results.Fault{Action: "kill", Nodes: []string{"n1<script>"}, Leader: "n1", AtNS: 5e9, DoneNS: 5e9 + 1e6, SilentNS: 15e8})
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
	lines := c.Panels[0].Series[:2]
	if at := lines[0].Points[0].X; at != 4 || lines[0].Name != "fault" {
		t.Errorf("the %s stands at %g, want the fault at 4", lines[0].Name, at)
	}
	if at := lines[1].Points[0].X; at != 5.5 || c.Panels[0].Labels[1].Value != "n2 leads" {
		t.Errorf("%q stands at %g, want n2 at 5.5", c.Panels[0].Labels[1].Value, at)
	}
	for _, pt := range c.Panels[1].Series[3].Points {
		if stood := pt.X > 4.2 && pt.X < 5.4; stood != (*pt.Y == 0) {
			t.Errorf("at %g s there were %g writes a second", pt.X, *pt.Y)
		}
	}
	for _, pt := range c.Panels[0].Series[3].Points {
		if pt.X > 4.2 && pt.X < 5.4 {
			t.Errorf("a latency at %g s, where nothing was acknowledged", pt.X)
		}
	}
	svg := svgOf(t, c)
	for _, want := range []string{"n2 leads", "kill n1"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the picture lacks %q", want)
		}
	}
	checkTexts(t, c.Name, svg)
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
