package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"
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

// A difference is made of two trials a block, which stand side by side: first that of the
// size that is weighed against, so that the change beside them is that from the one to the
// other.
func TestADifferenceIsMadeOfBlocks(t *testing.T) {
	r := open(t, "../results/reference")
	for _, d := range r.summary.Differences {
		f := r.figure(differenceOrigin(d.Metric, d.From, d.To))
		if f == nil || len(f.Values) != d.N {
			t.Errorf("%s of %s against %s: got %+v, want %d blocks", d.Metric, d.To, d.From, f, d.N)
			continue
		}
		for _, v := range f.Values {
			if base, _, _ := strings.Cut(v.Text, " "); base == "0" {
				continue // of nothing there is no share
			}
			from, to, change := blockOf(t, v.Text)
			if got := to/from - 1; math.Abs(got-change) > 0.02*(1+math.Abs(change)) {
				t.Errorf("%s: %q has a change of %.3f from its first value to its second, and says %.3f", d.Metric, v.Text, got, change)
			}
		}
	}
}

// blockOf reads what a block says: 3.46 ms to 4.12 ms: +19 %. Values are in the least of
// their units.
func blockOf(t *testing.T, text string) (from, to, change float64) {
	t.Helper()
	scales := map[string]float64{"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9, "B": 1, "KB": 1e3, "MB": 1e6, "KiB": 1024, "MiB": 1 << 20}
	number := func(text string) float64 {
		digits, unit, _ := strings.Cut(strings.NewReplacer(",", "", "−", "-", "/s", "").Replace(text), " ")
		v, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if scale, known := scales[unit]; known {
			return v * scale
		}
		return v
	}
	values, said, ok := strings.Cut(text, ": ")
	first, second, both := strings.Cut(values, " to ")
	if !ok || !both {
		t.Fatalf("got %q, want both values and the change", text)
	}
	return number(first), number(second), number(said) / 100
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
				of, says := "n3-hashicorp-multi-az", "larger sizes are predicted"
				if row.Cells[0].Main == "1" { // which no follower's time is in
					of, says = "n1-hashicorp-multi-az", "predict 1 node alone"
				}
				if c.Figure == nil || c.To != r.trialsAnchor(of) || !strings.Contains(c.Figure.Text, says) {
					t.Errorf("%s of %s: got %s and %+v, want the trials of %s", c.Main, row.Cells[0].Main, c.To, c.Figure, of)
				}
			}
		}
	}
	if found < len(r.summary.Cells) {
		t.Errorf("got %d predicted numbers, want some of each size", found)
	}
}

// A trial that the summary's prediction is not made of is not shown as what it was made
// of: one without a whole write on record, one in which a node was harmed, or died. That
// some are missing is told below the table, and why beside the number.
func TestAPredictionIsMadeOfTrialsThatTell(t *testing.T) {
	run, err := results.Open("../results/reference")
	if err != nil {
		t.Fatal(err)
	}
	const cell = "n3-hashicorp-multi-az"
	var left []int // trials that tell nothing
	for i := range run.Trials {
		tr := &run.Trials[i]
		if tr.Cell != cell || tr.Kind != results.Measure || len(left) == 4 {
			continue
		}
		tr.Windows = slices.Clone(tr.Windows)
		w := tr.Window(results.RoleLight)
		spans := *w.Spans
		switch len(left) {
		case 0:
			w.Spans = nil
		case 1:
			spans.Whole, w.Spans = 0, &spans
		case 2:
			w.Harmed = true
		case 3:
			tr.Dead = append(tr.Dead, "n2")
		}
		left = append(left, tr.Trial)
	}
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	r := New(run, a, Options{})
	for _, c := range []struct {
		name, says string
		out        []int
	}{
		{ofPrediction, "medians over 8 trials", left},
		{ofTheory, "computed from 8 trials", left},
		{ofFloor, "computed from the links of 10 trials", left[2:]},
	} {
		f := r.figure(chart.Origin{Setup: cell, Name: c.name})
		if f == nil {
			t.Fatalf("%s: nothing tells what it was made of", c.name)
		}
		for _, v := range f.Values {
			if of := r.listed[cell][v.Row]; slices.Contains(c.out, of.Trial) || of.Kind != results.Measure {
				t.Errorf("%s is made of trial %d (%s)", c.name, of.Trial, of.Kind)
			}
		}
		if want := fmt.Sprint(len(c.out), " without an undisturbed "); !strings.Contains(f.Text, c.says) || !strings.Contains(f.Text, want) {
			t.Errorf("%s: got %q, want %q and %q in it", c.name, f.Text, c.says, want)
		}
	}
	notes := strings.Join(r.theoryNotes(), " ")
	if want := "3 nodes: predictions rest on 8 of its 12 valid trials"; !strings.Contains(notes, want) || strings.Contains(notes, "1 node: predictions") {
		t.Errorf("got the notes %q, want %q in them and nothing of 1 node", notes, want)
	}
	if notes := strings.Join(open(t, "../results/reference").theoryNotes(), " "); strings.Contains(notes, "predictions rest on") {
		t.Errorf("all trials tell, and the notes are %q", notes)
	}
}
