package gate_test

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// gateBlocks are those of a gate of three minutes: sixteen of eight seconds of light
// load and some three beside it (tools/gate-study/arms.yaml; a gate has two arms, and
// four times the rate in half of the time). A gate may end earlier, once its
// intervals are narrow enough; here it does not.
const gateBlocks = 16

// asked of gates with the rule below: at least, or at most, such a share of them
// fails. A rule of 1.01x cannot fail what is truly 1 % slower.
var asked = []struct {
	pair      [2]string
	low, high float64
}{
	{[2]string{"a", "a2"}, 0, 0.08},
	{[2]string{"a2", "a"}, 0, 0.08},
	{[2]string{"a", "b2"}, 0.8, 1},
	{[2]string{"a2", "b2"}, 0.8, 1},
	{[2]string{"a", "b3"}, 0.95, 1},
	{[2]string{"a2", "b3"}, 0.95, 1},
	{[2]string{"a", "b5"}, 1, 1},
	{[2]string{"a2", "b5"}, 1, 1},
}

const studyRule = "write_latency_p50 <= 1.01x baseline"

// BenchmarkStudy replays gates over recorded blocks in which twins and slower nodes
// lived at once: GATE_STUDY names the folder that tools/gate-study/run filled. Each
// gate has consecutive blocks, as a real one has, so that a host that drifts does it
// within a gate and not between its blocks. Gates that overlap share blocks: sixty
// blocks are little more than three gates that do not.
func BenchmarkStudy(b *testing.B) {
	root := os.Getenv("GATE_STUDY")
	if root == "" {
		b.Skip("make gate-study records what this replays")
	}
	folders, err := filepath.Glob(filepath.Join(root, "*", results.TrialsFile))
	if err != nil || len(folders) == 0 {
		b.Fatalf("%v: no record under %s", err, root)
	}
	for b.Loop() {
		for _, f := range folders {
			studied(b, filepath.Dir(f))
		}
	}
}

func studied(b *testing.B, dir string) {
	b.Helper()
	run, err := results.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	run.Dir = b.TempDir() // its histograms say nothing of medians
	w := os.Stdout
	fmt.Fprintf(w, "\n%s: gates of %d blocks each, rule %s\n", filepath.Base(dir), gateBlocks, studyRule)
	fmt.Fprintf(w, "%-6s  %-6s  %-22s  %5s  %4s  %4s  %12s  %s\n", "b/a", "blocks", "in truth (all blocks)", "gates", "fail", "pass", "inconclusive", "asked to fail")
	for _, a := range asked {
		blocks := blocksOf(run, a.pair)
		truth := gated(b, run, a.pair, blocks).Summary.Arms(nil)[0].Metrics["write_latency_p50_ns"]
		if truth.Ratio == nil || truth.CILow == nil {
			b.Fatalf("%v: no interval over %d blocks", a.pair, len(blocks))
		}
		answers, gates := map[string]int{}, 0
		for first := 0; first+gateBlocks <= len(blocks); first++ {
			answers[judgedOf(b, run, a.pair, blocks[first:first+gateBlocks])]++
			gates++
		}
		failed := float64(answers[stats.Fail.String()]) / float64(max(1, gates))
		fmt.Fprintf(w, "%-6s  %6d  %+5.1f %% [%+.1f, %+.1f]  %8d  %4d  %4d  %12d  %g to %g %%\n", a.pair[1]+"/"+a.pair[0], len(blocks),
			change(*truth.Ratio), change(*truth.CILow), change(*truth.CIHigh), gates, answers[stats.Fail.String()], answers[stats.Pass.String()],
			answers[stats.Inconclusive.String()], 100*a.low, 100*a.high)
		if failed < a.low || failed > a.high {
			b.Errorf("%s, %s/%s: %.0f %% of gates fail, asked are %g to %g %%", filepath.Base(dir), a.pair[1], a.pair[0], 100*failed, 100*a.low, 100*a.high)
		}
	}
}

func change(ratio float64) float64 { return math.Round(1000*(ratio-1)) / 10 }

// blocksOf a record in which both arms are valid, in order.
func blocksOf(run *results.Run, pair [2]string) []int {
	arms := map[int]int{}
	for _, t := range run.Trials {
		if arm := t.Params[summary.ArmAxis]; t.Valid && (arm == pair[0] || arm == pair[1]) {
			arms[t.Block]++
		}
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(arms)), func(block int) bool { return arms[block] < len(pair) })
}

// gated is the run as if only these two arms, as a and b, and these blocks had
// been measured.
func gated(b *testing.B, run *results.Run, pair [2]string, blocks []int) summary.Analysis {
	b.Helper()
	as := map[string]string{pair[0]: "a", pair[1]: "b"}
	picked := *run
	picked.Trials = nil
	for _, t := range run.Trials {
		arm, wanted := as[t.Params[summary.ArmAxis]]
		if !wanted || !slices.Contains(blocks, t.Block) {
			continue
		}
		t.Params = maps.Clone(t.Params)
		t.Params[summary.ArmAxis] = arm
		picked.Trials = append(picked.Trials, t)
	}
	a, err := summary.Analyse(&picked)
	if err != nil {
		b.Fatal(err)
	}
	return a
}

func judgedOf(b *testing.B, run *results.Run, pair [2]string, blocks []int) string {
	b.Helper()
	rules, err := gate.Parse("study", []byte("rules:\n  - "+studyRule+"\n"))
	if err != nil {
		b.Fatal(err)
	}
	r, err := gate.Evaluate(rules, gate.Input{Run: gated(b, run, pair, blocks)})
	if err != nil {
		b.Fatal(err)
	}
	for _, v := range r.Verdicts {
		if v.Metric == "write_latency_p50_ns" {
			return v.Answer
		}
	}
	b.Fatalf("no verdict on the rule: %+v", r.Verdicts)
	return ""
}
