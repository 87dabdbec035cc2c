package report

import (
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// A run that fell short of the precision asked for says so, with what it reached;
// one that did not says that, and one that was asked for none says nothing.
func TestAReportSaysWhatWasAskedForAndWhatWasReached(t *testing.T) {
	run, err := results.Open("../results/reference")
	if err != nil {
		t.Fatal(err)
	}
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	blocks := units.Plural(results.BlocksOf(run.Trials), "block")
	for _, c := range []struct {
		precision float64
		want      []string
	}{
		{0.001, []string{"within ±0.1 % in median latency and ±0.2 % in throughput", "Not reached: the budget of 4 min ended it after " + blocks, " known to ±"}},
		{0.2, []string{"Reached after " + blocks + "."}},
		{0, nil},
	} {
		got := strings.Join(New(run, a, Options{Asked: Asked{Precision: c.precision, Budget: 4 * time.Minute, Proofs: true}}).footnotes(), "\n")
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("±%g: got no %q in\n%s", c.precision, want, got)
			}
		}
		if said := strings.Contains(got, "Asked for"); said != (c.precision > 0) {
			t.Errorf("±%g: said %v", c.precision, said)
		}
	}
}

// A step of which nothing is known says why.
func TestAStepThatWasNeverMeasuredSideBySideIsSaid(t *testing.T) {
	const want = "From 3 to 5 nodes no difference is told"
	s := sizes([]string{"a", "b", "c"}, 3, 5)
	if got := strings.Join(reportOf(s).footnotes(), "\n"); strings.Contains(got, want) {
		t.Errorf("a known step: got %s", got)
	}
	s.Differences = nil
	if got := strings.Join(reportOf(s).footnotes(), "\n"); !strings.Contains(got, want) {
		t.Errorf("got no %q in %s", want, got)
	}
}
