package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// answers are all sentences of a report's answer.
func answers(s summary.Summary) string {
	r := reportOf(s)
	var all []string
	for _, a := range r.answers {
		all = append(append(all, a.notes...), a.advice.text)
	}
	return strings.Join(append(append(all, r.provenLines()...), r.alarms...), "\n")
}

// told changes the difference of the median write from 3 to 4 nodes.
func told(s summary.Summary, d summary.Difference) summary.Summary {
	d.Metric, d.From, d.To, d.Primary = figures.WriteP50, s.Cells[1].Cell, s.Cells[2].Cell, true
	for i, old := range s.Differences {
		if old.Metric == d.Metric && old.From == d.From && old.To == d.To {
			s.Differences[i] = d
		}
	}
	return s
}

// A difference is told as the summary decided it, whatever the intervals of
// the two sizes look like: in the step's row, and in the advice.
func TestADifferenceIsToldAsItWasDecided(t *testing.T) {
	ratio := func(ratio, low, high float64, n int, how stats.Decision) summary.Difference {
		return summary.Difference{Ratio: &ratio, CILow: &low, CIHigh: &high, Interval: true, N: n, Questions: 8, Decided: how}
	}
	bare := ratio(1.33, 0, 0, 1, stats.Undecided)
	bare.CILow, bare.CIHigh, bare.Interval = nil, nil, false
	for _, c := range []struct {
		name      string
		d         summary.Difference
		row, want string
	}{
		{"found", ratio(1.048, 1.039, 1.057, 12, stats.Found), "+4.8 ±0.9", "Never 4: +4.8 % latency, −26 % throughput, and zone a takes it down."},
		{"found on one side", ratio(1.12, 1.061, 1.21, 12, stats.Found), "+12 ±9", "Never 4: +12 % latency"},
		{"found faster", ratio(0.95, 0.93, 0.968, 12, stats.Found), "−5.0 ±2.0", "4 survives no more than 3, and zone a takes it down; it changes −5.0 % latency, −26 % throughput."},
		{"bounded", ratio(1.004, 0.988, 1.021, 12, stats.Bounded), "≤2.1", "Never 4: at most 2.1 % latency, −26 % throughput, and zone a takes it down."},
		{"undecided", ratio(1.04, 0.99, 1.09, 12, stats.Undecided), "+4.0 ±5.0?", "Never 4: latency undecided, −26 % throughput, and zone a takes it down."},
		{"clear, and yet not decided", ratio(1.3, 1.2, 1.4, 6, stats.Undecided), "+30 ±10?", "Never 4: latency undecided"},
		{"too few for any answer", ratio(1.3, 1.2, 1.4, 6, stats.Undecided), "+30 ±10?", "Too few blocks to decide, however clear: latency from 3 to 4 nodes (needs 9 blocks, had 6)."},
		{"one trial", bare, "+33?", "Never 4: latency undecided"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := told(typical(), c.d)
			if got := answers(s); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant in it\n%s", got, c.want)
			}
			if v := reportOf(s).verdict(verdictWidth, verdictLines); v.rows[1][0] != "3 → 4" || v.rows[1][2] != c.row {
				t.Errorf("got the row %q, want the latency %q", v.rows[1], c.row)
			}
		})
	}
}

// A difference on record in the other direction is turned.
func TestADifferenceCanBeTurned(t *testing.T) {
	s := typical()
	s.Differences = []summary.Difference{{
		Metric: figures.WriteP50, From: s.Cells[2].Cell, To: s.Cells[1].Cell, Ratio: p(0.8), CILow: p(0.5), CIHigh: p(1.0), Interval: true, N: 12, Decided: stats.Found,
	}}
	d, ok := reportOf(s).differenceIn(figures.WriteP50, s.Cells[1], s.Cells[2])
	if !ok || d.Ratio != 1.25 || d.Low != 1 || d.High != 2 {
		t.Errorf("got %+v, want 1.25 from 1 to 2", d)
	}
}

func TestASizeIsComparedWithTheCheapestOfTheLowerTolerance(t *testing.T) {
	var got []string
	for _, st := range reportOf(typical()).answers[0].steps {
		got = append(got, fmt.Sprint(st.from.Nodes, st.to.Nodes))
	}
	if want := []string{"1 3", "3 4", "3 5", "5 7"}; !slices.Equal(got, want) {
		t.Errorf("got the steps %v, want %v", got, want)
	}
}

func TestWhatProofsShowed(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*summary.Cell)
		want   string
	}{
		{"not measured", func(c *summary.Cell) { c.Metrics, c.ValidTrials = nil, 0 }, "4 nodes: none of 6 trials was valid, so that its cost is not known."},
		{"and why", func(c *summary.Cell) {
			c.Metrics, c.ValidTrials = nil, 0
			c.Remarks = []summary.Remark{remark(results.Remark{Code: results.CodeNothing, Severity: results.Invalid}, results.RoleLight, 6, nil)}
		}, "so that its cost is not known (light load: no operation was completed)."},
		{"messages harmed", func(c *summary.Cell) { c.Metrics, c.MessageFaults = nil, true }, "4 nodes: messages were harmed on purpose, so that latencies and rates are no result."},
		{"proof fails", func(c *summary.Cell) { c.Faults.Survived = p(0) }, "4 nodes: writes went on after no failure where theory says 1"},
		{"not seen to stop", func(c *summary.Cell) { c.Faults.BlockedAt = p(0) }, "4 nodes: not seen to stop with 2 of 4 dead, one more than it tolerates"},
		{"not watched", func(c *summary.Cell) { c.Faults.BlockedAt = nil }, "at one more a cluster of 4 was not seen to stop."},
		{"not restarted", func(c *summary.Cell) { c.Faults.Recovered = p(false) }, "stopped at one more. A restart, and an audit after it, are not proven of 4 nodes."},
		{"restarted and audited", func(*summary.Cell) {}, "then all were killed and started again, and the audit found what was acknowledged."},
		{"not proven", func(c *summary.Cell) { c.Faults = summary.Faults{} }, "Not proven in this run: 4 nodes."},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := typical()
			c.change(&s.Cells[2])
			if got := answers(s); !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant in it\n%s", got, c.want)
			}
		})
	}
}

// Where no store keeps anything, that is said of all.
func TestAStoreThatKeepsNothingProvesNoRestart(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Faults.Recovered, s.Cells[i].Durable = p(false), false
	}
	text := strings.Join(strings.Fields(table(t, s, 100)), " ")
	for _, want := range []string{"stopped at one more. A restart, and an audit after it, are not proven.", "Not durable: some of these stores keep nothing over a restart."} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// A loss is told before everything, a standstill apart from it, and both in
// every form.
func TestFindingsAreToldInEveryFormAndApart(t *testing.T) {
	r := reportOf(broken())
	for name, text := range map[string]string{"table": tableOf(t, r, Terminal{}), "page": pageText(t, r)} {
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{
			"SAFETY VIOLATED, 3 nodes: an acknowledged write is gone, 3 times (n2, key k17: got version 3, wanted 4 to 5)",
			"LIVENESS, 5 nodes: a replica did not catch up (n4: got index 812, wanted index 4102)",
		} {
			if !strings.Contains(flat, want) {
				t.Errorf("the %s lacks %q:\n%s", name, want, text)
			}
		}
	}
	if text := pageText(t, r); !strings.Contains(text, "failed to send snapshot") {
		t.Errorf("the page lacks the end of the node's log:\n%s", text)
	}
	s := typical()
	s.Cells[1].Faults.LostWrites = 2
	if got := reportOf(s).alarms; len(got) != 1 || got[0] != "SAFETY VIOLATED, 3 nodes: an acknowledged write is gone, twice" {
		t.Errorf("a loss that no finding names: got %q", got)
	}
}

// The table and the answer say at which limit a size carries what it does.
func TestCapacityIsSaidWithItsLimit(t *testing.T) {
	text := strings.Join(strings.Fields(table(t, limitedRun(), 100)), " ")
	for _, want := range []string{
		"p99 < 20ms", "at 50 % of capacity", "at 80 % of capacity", "at p99 < 20ms,",
		"4 nodes take 6,580/s at p99 < 20ms, which no fresh cluster confirmed.",
		"A capacity is what 0 to 6 fresh clusters a size carried",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	s := limitedRun()
	s.Cells[1].Limit = "p50 < 5ms"
	if got := commonLimit(s); got != anyLimit {
		t.Errorf("two limits: got %q in the title, want %q", got, anyLimit)
	}
}

// Every step of the answer's table is looked at, not neighbours alone: from 3 to 5 nodes
// is asked in the second family, which is larger and needs more blocks.
func TestAStepThatSoFewBlocksCannotDecideIsNamed(t *testing.T) {
	s := typical()
	of := s.Cells[3].Cell
	for i, d := range s.Differences {
		if d.Metric == figures.WriteP50 && d.From == s.Cells[1].Cell && d.To == of {
			s.Differences[i].Decided, s.Differences[i].N, s.Differences[i].Questions = stats.Undecided, 10, 80
		}
	}
	if got, want := answers(s), "Too few blocks to decide, however clear: latency from 3 to 5 nodes (needs 12 blocks, had 10)."; !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant in it\n%s", got, want)
	}
	if got := answers(typical()); strings.Contains(got, "Too few blocks") {
		t.Errorf("where all is decided, got\n%s", got)
	}
}
