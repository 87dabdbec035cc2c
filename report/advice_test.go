package report

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// sizes are the cells of a run of these sizes, over these zones.
func sizes(zones []string, nodes ...int) summary.Summary {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "sizes"}
	for _, n := range nodes {
		s.Cells = append(s.Cells, standing(cell(n, 0.4+0.3*float64(n), 20000/float64(n)), zones...))
	}
	return decided(s)
}

// none of the differences of a run are decided.
func undecided(s summary.Summary) summary.Summary {
	for i := range s.Differences {
		s.Differences[i].Decided = stats.Undecided
	}
	return s
}

// Advice is derived, so each of its grounds can be taken away.
func TestAdvice(t *testing.T) {
	three := []string{"a", "b", "c"}
	change := func(s summary.Summary, i int, f func(c *summary.Cell)) summary.Summary {
		f(&s.Cells[i])
		return s
	}
	dead := func(c *summary.Cell) { c.ValidTrials, c.Metrics = 0, nil }
	for _, c := range []struct {
		name string
		s    summary.Summary
		want string
		not  string
	}{
		{"the default sizes", sizes(three, 1, 3, 4, 5, 7),
			"Run 3, or 5 if two may fail at once: +46 % latency, −40 % throughput. Never 4: +23 % latency, −25 % throughput, and zone a takes it down.", ""},
		{"no zones", sizes(nil, 3, 4, 5), "Never 4: +23 % latency, −25 % throughput, and it survives no more.", "zone"},
		{"four zones", sizes([]string{"a", "b", "c", "d"}, 3, 4, 5), "Never 4: +23 % latency, −25 % throughput, and it survives no more.", "zone"},
		{"two zones", sizes([]string{"a", "b"}, 3, 5), "Zone a takes it down: spread over more zones to survive one.", "Never"},
		{"one zone", sizes([]string{"a"}, 3, 5), "All nodes stand in one zone.", "Never"},
		{"six zones make four nodes no better", sizes([]string{"a", "b", "c", "d", "e", "f"}, 3, 4), "Run 3: it goes on without 1 node, any zone. Never 4", ""},
		{"undecided", undecided(sizes(three, 3, 4, 5)), "Run 3, or 5 if two may fail at once: what that costs is undecided. Never 4: what that costs is undecided, and zone a takes it down.", ""},
		{"undecided without zones", undecided(sizes(nil, 3, 4)), "Not 4: it survives no more than 3 (what that costs is undecided).", "Never"},
		{"one size", sizes(three, 3), "No advice: one size was measured", "Run"},
		{"sizes 1 and 2", sizes(three, 1, 2), "None of these sizes survives a failure: that takes 3 nodes. Never 2:", "Run"},
		{"size 1 with nothing to compare", change(sizes(three, 1, 2), 1, dead), "None of these sizes survives a failure: that takes 3 nodes.", "Never"},
		{"1 and 4", sizes(three, 1, 4), "No advice: 3 nodes survive as much as 4, and were not measured.", "Run"},
		{"4 and 5", sizes(three, 4, 5), "Run 5: it goes on without 2 nodes, any zone, at +19 % latency, −20 % throughput against 4, which survives one.", "Run 4"},
		{"no valid trial of any", change(sizes(three, 3), 0, dead), "No advice: no size has a valid trial.", "Run"},
		{"no valid trial of 3", change(sizes(three, 1, 3, 4, 5), 1, dead), "No advice: of 3 nodes, the fewest here that survive a failure, no trial was valid.", "Run"},
		{"no valid trial of 4", change(sizes(three, 3, 4, 5), 1, dead), "Run 3, or 5 if two may fail at once", "ever 4"},
		{"no valid trial of 5", change(sizes(three, 3, 4, 5), 2, dead), "Run 3: it goes on without 1 node, any zone.", "or 5"},
		{"the proof failed", change(sizes(three, 3, 5), 0, func(c *summary.Cell) { c.Faults.Survived = p(0) }), "No advice: a proof contradicts what its size should tolerate.", "Run"},
		{"not proven", change(sizes(three, 3, 5), 0, func(c *summary.Cell) { c.Faults = summary.Faults{} }), "Run 3 (not proven here), or 5", ""},
		{"not restarted", change(sizes(three, 3, 5), 0, func(c *summary.Cell) { c.Faults.Recovered = p(false) }), "Run 3 (not proven here), or 5 if two", ""},
		{"no restart on record", change(sizes(three, 3, 5), 0, func(c *summary.Cell) { c.Faults.Recovered = nil }), "Run 3 (not proven here), or 5 if two", ""},
		{"a store without promise", change(sizes(three, 3, 5), 0, func(c *summary.Cell) { c.Durable, c.Faults.Recovered = false, p(false) }), "Run 3, or 5 if two", ""},
		{"not safe", change(sizes(three, 3, 5), 1, func(c *summary.Cell) {
			c.Faults.Safety = []summary.Findings{{Rule: results.RuleLost, Count: 1}}
		}), "No advice: safety was violated", "Run"},
		{"a write lost that no finding names", change(sizes(three, 3, 5), 1, func(c *summary.Cell) { c.Faults.LostWrites = 1 }), "No advice: safety was violated", "Run"},
		{"not alive", change(sizes(three, 3, 5), 1, func(c *summary.Cell) {
			c.Faults.Liveness = []summary.Findings{{Rule: results.RuleApplied, Count: 1}}
		}), "No advice: a cluster stood still", "Run"},
		{"faults were done", change(sizes(three, 3, 5), 1, func(c *summary.Cell) { c.Operations.Harmed = true }), "No advice: operations failed", "Run"},
		{"messages were harmed", change(sizes(three, 3, 5), 1, func(c *summary.Cell) { c.MessageFaults = true }), "No advice: messages were harmed", "Run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := reportOf(c.s).answers[0].advice.text
			if !strings.Contains(got, c.want) {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if c.not != "" && strings.Contains(strings.ReplaceAll(got, c.want, ""), c.not) {
				t.Errorf("got  %s\nwhich should not say %q", got, c.not)
			}
		})
	}
}

// A fourth node that was found to be faster is not called one that never pays.
func TestAdviceTellsWhatSpeaksForASize(t *testing.T) {
	s := sizes(nil, 3, 4)
	for i := range s.Differences {
		if s.Differences[i].Metric == figures.Throughput {
			s.Differences[i].Ratio, s.Differences[i].CILow, s.Differences[i].CIHigh = p(1.1), p(1.05), p(1.15)
		}
	}
	if got, want := reportOf(s).answers[0].advice.text, "4 survives no more than 3; it changes +23 % latency, +10 % throughput."; !strings.Contains(got, want) {
		t.Errorf("got %s\nwant in it %s", got, want)
	}
}

// Where setups differ in more than their size, each kind has its own advice.
func TestAdviceForEachValueOfAnAxis(t *testing.T) {
	s := matrix()
	for i := range s.Cells {
		if c := &s.Cells[i]; c.Engine == "etcd" && c.Nodes == 3 {
			c.Metrics, c.ValidTrials = nil, 0
		}
	}
	if got, want := reportOf(cases()["sweep"]).verdict(verdictWidth, verdictLines).advice[0], "raftbench compare RUN --by raft.max_rpcs_in_flight"; !strings.Contains(got, want) {
		t.Errorf("one size: got %s, want in it %s", got, want)
	}
	lines := strings.Join(reportOf(s).verdict(verdictWidth, verdictLines).advice, "\n")
	for _, want := range []string{"hashicorp, max_rpcs_in_flight 2: Run 3, or 5", "etcd, max_rpcs_in_flight 2: No advice: of 3 nodes"} {
		if !strings.Contains(lines, want) {
			t.Errorf("got\n%s\nwant in it %s", lines, want)
		}
	}
}

// The verdict stands before every table, in at most eight lines of 80 columns.
func TestTheVerdictIsShort(t *testing.T) {
	for name, s := range cases() {
		if len(s.Cells) == 0 {
			continue
		}
		text := table(t, s, 100)
		_, rest, found := strings.Cut(text, "\n\n")
		if len(reportOf(s).alarms) > 0 {
			_, rest, found = strings.Cut(rest, "\n\n")
		}
		lead, _, there := strings.Cut(rest, "\n\nWhat each size buys")
		if !found || !there {
			t.Errorf("%s: no verdict before the tables:\n%s", name, text)
			continue
		}
		lines := strings.Split(lead, "\n")
		if len(lines) > verdictLines+1 { // and where its costs hold
			t.Errorf("%s: %d lines:\n%s", name, len(lines), lead)
		}
		for _, l := range lines {
			if utf8.RuneCountInString(l) > verdictWidth {
				t.Errorf("%s: %d columns: %s", name, utf8.RuneCountInString(l), l)
			}
		}
	}
}

// Each step has its change in every currency, with its interval.
func TestAStepIsPricedInEveryCurrency(t *testing.T) {
	v := reportOf(typical()).verdict(verdictWidth, verdictLines)
	want := "[3 → 4 1 node, not zone a +33 ±3 −26 ±3 +33 ±4 +50 ±2 +33 ±2]"
	if got := fmt.Sprint(v.rows[1]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := strings.Join(v.head, " "); got != "step survives losing latency throughput CPU network disk" {
		t.Errorf("got the titles %s", got)
	}
}

// The line that closes a run fits a terminal, whatever the setups are called.
func TestTheClosingLineIsALine(t *testing.T) {
	for name, s := range cases() {
		if line := reportOf(s).Closing(); utf8.RuneCountInString(line) > verdictWidth || strings.Contains(line, "\n") || len(s.Cells) > 0 && line == "" {
			t.Errorf("%s: %q", name, line)
		}
	}
	if got, want := reportOf(typical()).Closing(), "Run 3, or 5 if two may fail at once: +34 % latency, −37 % throughput; never 4."; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A change that is undecided though its interval leaves 0 out is explained.
func TestTheLegendExplainsAnUndecidedChangeWithoutZero(t *testing.T) {
	for cell, want := range map[string]bool{"+29 ±8?": true, "−29 ±8?": true, "+5 ±8?": false, "+29 ±8": false, "+4?": false, "≤2.1": false} {
		got := (&Report{}).legend([]string{"step", "survives losing", "latency"}, [][]string{{"1 → 3", "1 node", cell}})
		if strings.Contains(got, "all that is asked at once is corrected for") != want {
			t.Errorf("%s: got %q, want the correction told: %v", cell, got, want)
		}
	}
}
