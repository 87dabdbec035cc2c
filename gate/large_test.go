package gate

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// large writes a run of so many trials, each like one of the tiny run's with
// its histograms.
func large(tb testing.TB, trials int) string {
	tb.Helper()
	tiny, err := results.Open("../results/testdata/tiny")
	if err != nil {
		tb.Fatal(err)
	}
	dir := filepath.Join(tb.TempDir(), "run")
	w, err := results.Create(dir, tiny.Environment, tiny.Experiment)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	var valid []results.Trial
	for _, t := range tiny.Latest() {
		if t.Valid && t.Kind == results.Measure {
			valid = append(valid, t)
		}
	}
	hs := map[string][]results.NamedHistogram{}
	for i := range trials {
		t := valid[i%len(valid)]
		if hs[t.Cell] == nil {
			if hs[t.Cell], err = tiny.Histograms(t.Cell, t.Trial); err != nil {
				tb.Fatal(err)
			}
		}
		t.Trial, t.Block = 10+i, i/5
		if err := errors.Join(w.WriteHistograms(t.Cell, t.Trial, hs[t.Cell]), w.Append(t)); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// A gate reads the whole folder: lines, histograms, differences.
func BenchmarkGateOf5000Trials(b *testing.B) {
	dir := large(b, 5000)
	rules, err := Load(Safety)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		run, err := results.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		s, err := summary.Build(run)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: s}}); err != nil {
			b.Fatal(err)
		}
	}
}
