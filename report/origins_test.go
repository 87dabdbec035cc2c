package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// numbersOf are the cells of a page that lead to what they were made of.
func numbersOf(r *Report) []tables.Cell {
	var all []tables.Table
	for _, sh := range r.sheets() {
		all = append(all, r.sheetTable(sh))
	}
	for _, g := range r.listings() {
		all = append(all, r.listingTable(g))
	}
	all = append(append(all, r.pathTables()...), r.differenceTable())
	var out []tables.Cell
	for _, t := range all {
		for _, row := range t.Rows {
			for _, c := range row.Cells {
				if c.Figure != nil {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// The trials behind a number are those that its median is taken over, each with its own
// value; and one that is invalid, or was repeated, is not among them.
func TestANumberIsMadeOfTheTrialsThatCount(t *testing.T) {
	for _, dir := range []string{"../results/reference", tiny(t)} {
		r := open(t, dir)
		made := numbersOf(r)
		if len(made) < 40*len(r.summary.Cells) {
			t.Fatalf("%s: got %d numbers that tell what they were made of, want about all", dir, len(made))
		}
		for _, c := range r.summary.Cells {
			for name, m := range c.Metrics {
				f := r.figure(chart.Origin{Setup: c.Cell, Name: name})
				if f == nil {
					t.Errorf("%s: nothing tells what %s was made of", c.Cell, name)
					continue
				}
				for _, v := range f.Values {
					of := r.listed[c.Cell][v.Row]
					if !of.Valid || !r.latest[attemptOf(of)] || of.Kind != c.Source(name) {
						t.Errorf("%s: %s counts trial %d (%s, valid: %v, latest: %v)", c.Cell, name, of.Trial, of.Kind, of.Valid, r.latest[attemptOf(of)])
					}
				}
				values := r.analysis.TrialValues(c.Cell, name)
				if len(values) == 0 {
					continue // of all trials together
				}
				var all stats.Sample
				for _, v := range values {
					all = append(all, v.Value)
				}
				if got, want := all.Median().Center, m.Estimate().Center; got != want {
					t.Errorf("%s: the trials' values of %s have the median %v, and %v is printed", c.Cell, name, got, want)
				}
			}
		}
	}
}

// A trial that is made invalid, and far slower than all others, is listed and moves
// nothing; its number says that it was left out.
func TestAnInvalidTrialIsInNoNumber(t *testing.T) {
	run, err := results.Open("../results/reference")
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.IndexFunc(run.Trials, func(t results.Trial) bool { return t.Kind == results.Measure && t.Nodes == 3 && t.Valid })
	run.Trials[bad].Windows = slices.Clone(run.Trials[bad].Windows)
	run.Trials[bad].Window(results.RoleLight).Latency.P50NS = 77e9
	counted := func(valid bool) (*tables.Figure, string) {
		run.Trials[bad].Valid = valid
		a, err := summary.Analyse(run)
		if err != nil {
			t.Fatal(err)
		}
		r := New(run, a, Options{})
		f := r.figure(chart.Origin{Setup: run.Trials[bad].Cell, Name: figures.WriteP50})
		var words []string
		for _, v := range f.Values {
			words = append(words, v.Text)
		}
		return f, strings.Join(words, ", ")
	}
	whole, all := counted(true)
	f, words := counted(false)
	if !strings.Contains(all, "77.0 s") || strings.Contains(words, "77.0 s") || len(f.Values) != len(whole.Values)-1 {
		t.Errorf("got %q of all trials and %q without the invalid one; want 77.0 s in the first alone", all, words)
	}
	for _, want := range []string{"Write p50 of 3 nodes: the median over 11 trials.", "1 invalid"} {
		if !strings.Contains(f.Text, want) {
			t.Errorf("got %q, want %q in it", f.Text, want)
		}
	}
}

// A percentile of all trials' operations together is no median of theirs, and says so;
// beside each trial stands its own.
func TestAPooledNumberSaysSo(t *testing.T) {
	r := open(t, tiny(t))
	found := false
	for _, c := range r.summary.Cells {
		if m, ok := c.Metrics[figures.WriteP99]; ok && m.Pooled {
			found = true
			f := r.figure(chart.Origin{Setup: c.Cell, Name: figures.WriteP99})
			if f == nil || !strings.Contains(f.Text, "taken together") || len(f.Values) != m.N || f.Values[0].Text == "" {
				t.Errorf("%s: got %+v, want %d trials taken together, each with its own p99", c.Cell, f, m.N)
			}
		}
	}
	if !found {
		t.Fatal("no percentile of the run is pooled: this test shows nothing")
	}
}

// A difference is made of two trials a block, which stand side by side.
func TestADifferenceIsMadeOfBlocks(t *testing.T) {
	r := open(t, "../results/reference")
	for _, d := range r.summary.Differences {
		f := r.figure(differenceOrigin(d.Metric, d.From, d.To))
		if f == nil || len(f.Values) != d.N {
			t.Errorf("%s of %s against %s: got %+v, want %d blocks", d.Metric, d.To, d.From, f, d.N)
			continue
		}
		for _, v := range f.Values {
			if !strings.Contains(v.Text, " to ") {
				t.Errorf("%s: got %q, want both values", d.Metric, v.Text)
			}
		}
	}
}

// Each kind of fault's number leads to the trials in which it was done, fault by fault.
func TestNumbersOfFaultsLeadToTheirTrials(t *testing.T) {
	r := failover(t)
	c := r.summary.Cells[0]
	f := r.figure(chart.Origin{Setup: c.Cell, Name: figures.Outage})
	if f == nil || len(f.Values) != 1 || strings.Count(f.Values[0].Text, ",") != 29 {
		t.Errorf("got %+v, want one trial with 30 outages", f)
	}
	for _, name := range []string{figures.OutageMax, ofFaults, ofTrial + fmt.Sprint(1), ofLoss + string(summary.LostLeader)} {
		if f := r.figure(chart.Origin{Setup: c.Cell, Name: name}); f == nil || len(f.Values) != 1 {
			t.Errorf("%s: got %+v, want the one trial", name, f)
		}
	}
}

// What is predicted of a size is made of other sizes' trials: it leads to those, and not
// to trials of its own, which it never saw.
func TestAPredictionLeadsToWhatItRestsOn(t *testing.T) {
	r := open(t, "../results/reference")
	found := 0
	for _, sh := range r.theorySheets() {
		for _, row := range r.sheetTable(sh).Rows {
			for i, c := range row.Cells {
				if sh.columns[i].over != "predicted" || c.Main == units.Absent {
					continue
				}
				found++
				if c.Figure == nil || c.To != r.trialsAnchor("n3-hashicorp-multi-az") || !strings.Contains(c.Figure.Text, "larger sizes are predicted") {
					t.Errorf("%s: got %s and %+v, want the trials of 3 nodes", c.Main, c.To, c.Figure)
				}
			}
		}
	}
	if found < len(r.summary.Cells) {
		t.Errorf("got %d predicted numbers, want some of each size", found)
	}
}
