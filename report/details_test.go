package report

import (
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

func detailLines(r *Report) string {
	var all []string
	for _, s := range r.details() {
		all = append(all, s.title+":")
		all = append(all, s.lines...)
	}
	return strings.Join(all, "\n")
}

// Setups that are told in one line keep their own counts, and the figure is
// that of the worst, not of the first.
func TestMergedRemarksCountEachSetup(t *testing.T) {
	s := typical()
	for i, c := range []struct {
		trials int
		ns     float64
	}{{1, 120_000}, {3, 173_000}, {6, 130_000}} {
		s.Cells[i+1].Remarks = []summary.Remark{remark(late(c.ns), results.RoleLight, c.trials, nil)}
	}
	got := detailLines(reportOf(s))
	want := "Light load: emulated links came late by themselves, at worst 173 µs at the median " +
		"(n1→n3, the worst of 4 that did, of 20 links); 100 µs would be a tenth of the median operation. 3 nodes: 1 of 6 trials; 4 nodes: 3 of 6; 5 nodes: 6 of 6."
	if !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestWhatAllSetupsShareIsSaidOnce(t *testing.T) {
	s := typical()
	for i := range s.Cells {
		s.Cells[i].Remarks = []summary.Remark{remark(busy(0.9+float64(i)/100), results.RoleFull, 6, nil)}
	}
	want := "Full load: the host's CPU was at worst 94 % busy, above 85 %. All 5 setups: 6 of 6 trials."
	if got := detailLines(reportOf(s)); !strings.Contains(got, want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// What is worse is not always more.
func TestTheWorstOfAFigureThatShouldBeLarge(t *testing.T) {
	s := typical()
	for i, got := range []float64{294, 120, 200} {
		s.Cells[i].Remarks = []summary.Remark{remark(results.Remark{
			Code: results.CodeIncomplete, Severity: results.Invalid, Got: got, Want: 297, Of: 300, Unit: results.UnitCount,
		}, results.RoleLight, 1, nil)}
	}
	if got := detailLines(reportOf(s)); !strings.Contains(got, "at worst 120 of 300 operations were completed in time, at least 297 were wanted") {
		t.Errorf("got\n%s", got)
	}
}

func TestDetailsTellProofsAndRepeatedTrialsApart(t *testing.T) {
	s := typical()
	failed := results.Remark{Code: results.CodeFailed, Severity: results.Invalid, Detail: "no leader after 10s"}
	one := summary.Remark{Code: failed.Code, Severity: failed.Severity, Kind: results.Proof, Trials: 1, Of: 2, Worst: failed}
	again := remark(failed, "", 1, nil)
	again.Replaced = true
	s.Cells[1].Remarks = []summary.Remark{one, again}
	got := detailLines(reportOf(s))
	for _, want := range []string{
		"The trial did not get to its end: “no leader after 10s”. 3 nodes: 1 of 2 proof trials.",
		"The trial did not get to its end: “no leader after 10s”. 3 nodes: 1 trial, repeated since.",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

// A remark on full load taints no latency under light load, and one that moved
// a number by less than its interval shows none: the table has a mark only
// where the summary set one.
func TestMarksStandWhereTheSummarySetThem(t *testing.T) {
	s := noisy()
	text := table(t, s, 100)
	if n := strings.Count(text, figures.Dagger); n != 3 {
		t.Errorf("%d marks, want those of the two numbers of 7 nodes and one explanation:\n%s", n, text)
	}
	for _, want := range []string{"2.92 ms† ", "3.94 ms† ", "3 remarks in the details: report.md",
		"It can have moved, of 7 nodes: write p50 and write p90 by an unknown share (2 of 6 trials)."} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.TrimSpace(want)) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	for i := range s.Cells {
		for name, m := range s.Cells[i].Metrics {
			m.Doubts = nil
			s.Cells[i].Metrics[name] = m
		}
	}
	if text := table(t, s, 100); strings.Contains(text, figures.Dagger) {
		t.Errorf("a mark without a doubt:\n%s", text)
	}
}

// A bound is the most over the numbers that it is said of.
func TestADoubtSaysByHowMuch(t *testing.T) {
	s := typical()
	for i, bound := range []float64{0.048, 0.12} {
		c := &s.Cells[i+1]
		c.Remarks = []summary.Remark{remark(late(150_000), results.RoleLight, 1+2*i, map[string]*float64{figures.WriteP50: p(bound), figures.WriteP90: p(bound / 2)})}
		for _, name := range []string{figures.WriteP50, figures.WriteP90} {
			m := c.Metrics[name]
			m.Doubts = []int{0}
			c.Metrics[name] = m
		}
	}
	want := "It can have moved, of 3 nodes: write p50 and write p90 by at most 4.8 % (1 of 6 trials); 4 nodes: write p50 and write p90 by at most 12 % (3 of 6 trials)."
	text := strings.Join(strings.Fields(table(t, s, 100)), " ")
	if !strings.Contains(text, want) {
		t.Errorf("got\n%s\nwant in it\n%s", text, want)
	}
	if got := detailLines(reportOf(s)); !strings.Contains(got, "It can have moved write p50 and write p90 by at most 12 %.") {
		t.Errorf("the details lack the bound:\n%s", got)
	}
}

// A terminal shows some of many, and says where the rest is; a page shows all.
func TestATerminalShowsFewDoubtsAndThePageAll(t *testing.T) {
	s := typical()
	c := &s.Cells[1]
	m := c.Metrics[figures.WriteP50]
	for i, code := range []results.Code{
		results.CodeHostBusy, results.CodeForeignCPU, results.CodeSteal, results.CodeRunWait, results.CodeLagP50, results.CodeLagP99, results.CodeSnapshot, results.CodeHalvesDiffer,
	} {
		c.Remarks = append(c.Remarks, remark(results.Remark{Code: code, Severity: results.Doubtful, Got: 0.9, Want: 0.5, Unit: results.UnitShare}, results.RoleLight, 1, nil))
		m.Doubts = append(m.Doubts, i)
	}
	c.Metrics[figures.WriteP50] = m
	if text := table(t, s, 100); !strings.Contains(text, "3 more remarks may have moved these numbers: report.md") || strings.Contains(text, "second half's") {
		t.Errorf("got\n%s", text)
	}
	if text := pageText(t, reportOf(s)); !strings.Contains(text, "second half's") {
		t.Errorf("the page leaves some out:\n%s", text)
	}
}

// Setups of which the same is to be said share the words.
func TestADoubtNamesAlikeSetupsTogether(t *testing.T) {
	s := typical()
	for i := 1; i < 4; i++ {
		c := &s.Cells[i]
		c.Remarks = []summary.Remark{remark(busy(0.9), results.RoleLight, 1, map[string]*float64{figures.WriteP50: nil})}
		m := c.Metrics[figures.WriteP50]
		m.Doubts = []int{0}
		c.Metrics[figures.WriteP50] = m
	}
	got := reportOf(s).doubtLines([]string{figures.WriteP50}, 9, 9)
	want := "† Light load: the host's CPU was at worst 90 % busy, above 85 %. It can have moved, of 3 nodes, 4 nodes and 5 nodes: write p50 by an unknown share (1 of 6 trials)."
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// A number that stands in two columns is named once, and one without a bound does not
// take another's away.
func TestADaggerNamesEachNumberOnceWithItsBound(t *testing.T) {
	s := typical()
	c := &s.Cells[1]
	c.Remarks = []summary.Remark{remark(busy(0.9), results.RoleFull, 1, map[string]*float64{
		figures.Throughput: p(0.04), figures.FullPrefix + figures.CPUPerKwrite: nil})}
	doubted := []string{figures.Throughput, figures.Throughput, figures.FullPrefix + figures.CPUPerKwrite}
	for _, name := range doubted {
		m := c.Metrics[name]
		m.Median, m.Doubts = p(5.0), []int{0}
		c.Metrics[name] = m
	}
	got := strings.Join(reportOf(s).doubtLines(doubted, 9, 9), " ")
	if want := "of 3 nodes: throughput by at most 4 %, CPU time at full load by an unknown share (1 of 6 trials)."; !strings.Contains(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// The details name every number that a remark can have moved, as the lines at the
// tables do.
func TestDetailsNameAllThatWasMoved(t *testing.T) {
	var m moved
	m.add(map[string]*float64{figures.WriteP50: p(0.02), figures.WriteP90: p(0.05), "unseen": p(0.9), figures.Throughput: p(0.0)})
	if got, want := m.String(), "It can have moved write p50 and write p90 by at most 5 %."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	m.add(map[string]*float64{figures.WriteP99: nil})
	if got, want := m.String(), "It can have moved write p50 and write p90 by at most 5 %. By how much that moved write p99 is not known."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var none moved
	none.add(map[string]*float64{figures.WriteP50: p(0.0)})
	if got := none.String(); got != "It moved no number that is shown." {
		t.Errorf("got %q", got)
	}
}
