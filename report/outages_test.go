package report

import (
	"strings"
	"testing"
)

// What failed is counted before any latency, and a percentile that lies among
// the failures is no number.
func TestAnOutageIsToldBeforeLatencies(t *testing.T) {
	r := reportOf(harmed())
	text := tableOf(t, r, Terminal{})
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"3 nodes: 525 of 1,200 operations failed or are unknown (availability 56.2 %), at all members, also those that faults were done to.",
		"never", "No advice: operations failed, so that these are not the plain costs of a write.",
		"An operation that failed, or of which nobody knows, counts as one that takes for ever; where a percentile lies among those that failed it is “never”.",
		"2.40 ms–never",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if failed, latency := strings.Index(text, "525 of"), strings.Index(text, "latency"); failed > latency {
		t.Errorf("the failures stand behind the latencies:\n%s", text)
	}
	for _, want := range []string{"operations failed", "availability", "525 of 1,200", "56.2 %"} {
		if !strings.Contains(pageText(t, r), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, c := range r.charts(nil) {
		if !strings.Contains(strings.Join(c.Notes, " "), "525 of 1,200 operations failed") {
			t.Errorf("the chart %s hides what failed: %q", c.Name, c.Notes)
		}
	}
	if text := table(t, typical(), 100); strings.Contains(text, "operations") || strings.Contains(text, "never") {
		t.Errorf("nothing failed, and yet it is told:\n%s", text)
	}
}

// The one kill that an outage is from is no distribution; the timeouts that
// decide it stand beside it.
func TestAnOutageIsToldWithItsTimeoutsAndKills(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Timeouts.ElectionNS = 2e9
	}
	text := strings.Join(strings.Fields(table(t, s, 100)), " ")
	for _, want := range []string{
		"outage on losing", "the leader", "1 kill", "after tolerance − 1 followers", "no distribution",
		"heartbeat 1s, election 2s, leader lease 500ms",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}
