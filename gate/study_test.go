package gate_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// studyGates of each kind are replayed over recorded blocks.
const studyGates = 100

// gateBlocks are those of a gate of three minutes: eight seconds of light load and
// some three beside it (tools/gate-study/arms.yaml; a gate has two arms, and four
// times the rate in half of the time).
const gateBlocks = 16

// BenchmarkStudy replays gates over recorded blocks in which twins and slower nodes
// lived at once: GATE_STUDY names the folder that tools/gate-study/run filled.
// Draws share blocks, so that the share of gates is known no better than so many
// blocks allow.
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
	blocks := blocksOf(run)
	fmt.Printf("\n%s: %d blocks; gates of %d blocks each, rule write_latency_p50 <= 1.01x baseline\n", filepath.Base(dir), len(blocks), gateBlocks)
	fmt.Printf("%-8s  %-24s %5s %5s %13s\n", "b is", "in truth (all blocks)", "fail", "pass", "inconclusive")
	for _, pair := range [][2]string{{"a", "a2"}, {"a2", "a"}, {"a", "b2"}, {"a2", "b2"}, {"a", "b3"}, {"a2", "b3"}, {"a", "b5"}, {"a2", "b5"}} {
		truth := armsOf(b, run, pair, blocks).Arms(nil)[0].Metrics["write_latency_p50_ns"]
		if truth.Ratio == nil || truth.CILow == nil {
			b.Fatalf("%v: no interval over %d blocks", pair, len(blocks))
		}
		answers := map[string]int{}
		rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a seeded study
		for range studyGates {
			picked := slices.Clone(blocks)
			rng.Shuffle(len(picked), func(i, j int) { picked[i], picked[j] = picked[j], picked[i] })
			answers[judged(b, run, pair, picked[:min(gateBlocks, len(picked))])]++
		}
		fmt.Printf("%-8s  %+.1f %% [%+.1f, %+.1f] %12d %5d %13d\n", pair[1]+"/"+pair[0], change(*truth.Ratio), change(*truth.CILow), change(*truth.CIHigh),
			answers[stats.Fail.String()], answers[stats.Pass.String()], answers[stats.Inconclusive.String()])
	}
}

func change(ratio float64) float64 { return math.Round(1000*(ratio-1)) / 10 }

// blocksOf a record, in which every arm has a trial.
func blocksOf(run *results.Run) []int {
	arms := map[int]int{}
	for _, t := range run.Trials {
		if t.Valid {
			arms[t.Block]++
		}
	}
	most := 0
	for _, n := range arms {
		most = max(most, n)
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(arms)), func(block int) bool { return arms[block] < most })
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

func armsOf(b *testing.B, run *results.Run, pair [2]string, blocks []int) summary.Summary {
	b.Helper()
	return gated(b, run, pair, blocks).Summary
}

func judged(b *testing.B, run *results.Run, pair [2]string, blocks []int) string {
	b.Helper()
	rules, err := gate.Parse("study", []byte("rules:\n  - write_latency_p50 <= 1.01x baseline\n"))
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
