package bench

import (
	"context"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// The study behind measuring side by side (docs/side-by-side.md): are the ratios
// those of clusters alone, are twins twins, and is a slower node found?

// studied are the figures that blocks are held to.
var studied = []struct {
	name string
	of   func(*results.Trial) float64
}{
	{"p50", func(t *results.Trial) float64 { return float64(t.Window(results.RoleLight).Latency.P50NS) }},
	{"throughput", func(t *results.Trial) float64 { return t.Window(results.RoleFull).ThroughputOps }},
}

// studyBlocks runs blocks of setups and gives, by block, each setup's trial.
func studyBlocks(b *testing.B, runner *Runner, plan configs.Plan, blocks int) []map[string]*results.Trial {
	b.Helper()
	var out []map[string]*results.Trial
	plan.Trials, plan.Proofs = blocks, 0
	runner.Plan, runner.Done = plan, nil
	have := map[int]map[string]*results.Trial{}
	runner.Progress = func(p Progress) {
		if t := p.Finished; t != nil && t.Valid {
			if have[t.Block] == nil {
				have[t.Block] = map[string]*results.Trial{}
			}
			have[t.Block][t.Cell] = t
		}
	}
	if _, err := runner.Run(context.Background()); err != nil {
		b.Fatal(err)
	}
	for _, block := range slices.Sorted(maps.Keys(have)) {
		out = append(out, have[block])
	}
	return out
}

// pairsOf two cells in one figure.
func pairsOf(blocks []map[string]*results.Trial, from, to string, of func(*results.Trial) float64) (pairs []stats.Pair) {
	for _, block := range blocks {
		if a, b := block[from], block[to]; a != nil && b != nil {
			pairs = append(pairs, stats.Pair{A: of(a), B: of(b)})
		}
	}
	return pairs
}

func ratioText(b *testing.B, pairs []stats.Pair) string {
	b.Helper()
	p, err := stats.ComparePairs(pairs, stats.Confidence)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%+6.1f %% [%+5.1f, %+5.1f] of %d", 100*(p.Ratio.Center-1), 100*(p.Ratio.Low-1), 100*(p.Ratio.High-1), len(pairs))
}

const studyWorkload = `
proofs: 0
workload:
  warmup: 200ms
  calm: {rate: 20/s, duration: 3s}
  saturate: {clients: 64, duration: 500ms}
`

func studyPlan(b *testing.B, text string) configs.Plan {
	b.Helper()
	e, err := configs.Parse([]byte(text + studyWorkload))
	if err != nil {
		b.Fatal(err)
	}
	plan, err := e.Plan()
	if err != nil {
		b.Fatal(err)
	}
	return plan
}

// BenchmarkTogetherAgainstAlone measures sizes side by side and, between two such
// blocks, each alone, kept awake and not. It prints the ratios of sizes in each
// way, and what together does to the figures themselves.
func BenchmarkTogetherAgainstAlone(b *testing.B) {
	const blocks = 12
	ways := []struct{ name, text string }{
		{"together", "nodes: [3, 4, 5]\ntrials: 1"},
		{"alone", "nodes: [3, 4, 5]\ntrials: 1\napart: true\nhost: {awake: off}"},
		{"alone, kept awake", "nodes: [3, 4, 5]\ntrials: 1\napart: true\nhost: {awake: on}"},
	}
	for b.Loop() {
		found := make([][]map[string]*results.Trial, len(ways))
		plans := make([]configs.Plan, len(ways))
		for i, w := range ways {
			plans[i] = studyPlan(b, w.text)
		}
		for block := range blocks {
			for i := range ways {
				way := (i + block) % len(ways)
				plan := plans[way]
				plan.Seed = int64(block)
				found[way] = append(found[way], studyBlocks(b, testRunner(b, ways[way].text, nil), plan, 1)...)
			}
		}
		cells := []string{plans[0].Setups[0].Cell, plans[0].Setups[1].Cell, plans[0].Setups[2].Cell}
		for _, f := range studied {
			for i := range 2 {
				for way, w := range ways {
					b.Logf("%-10s %s → %s %-18s %s", f.name, cells[i], cells[i+1], w.name, ratioText(b, pairsOf(found[way], cells[i], cells[i+1], f.of)))
				}
			}
			for way, w := range ways[1:] {
				for _, cell := range cells {
					var pairs []stats.Pair
					for block := range min(len(found[0]), len(found[way+1])) {
						if t, a := found[0][block][cell], found[way+1][block][cell]; t != nil && a != nil {
							pairs = append(pairs, stats.Pair{A: f.of(a), B: f.of(t)})
						}
					}
					b.Logf("%-10s %s together against %-18s %s", f.name, cell, w.name, ratioText(b, pairs))
				}
			}
		}
	}
}

// BenchmarkTwinsAndASlowerNode measures two clusters of 3 and two of which each
// state machine takes 2 % of a write's median longer, side by side. Twins must not
// differ, and the slower ones must be found.
func BenchmarkTwinsAndASlowerNode(b *testing.B) {
	const blocks = 36
	for b.Loop() {
		// What 2 % are is known from a few blocks.
		first := studyPlan(b, "nodes: 3\nstorage: {apply_delay: [0s, 1us]}\ntrials: 3")
		var medians []float64
		for _, block := range studyBlocks(b, testRunner(b, "nodes: 3", nil), first, 3) {
			for _, t := range block {
				medians = append(medians, studied[0].of(t))
			}
		}
		slices.Sort(medians)
		p50 := time.Duration(medians[len(medians)/2])
		slower := (p50 / 50).Round(time.Microsecond)

		// A write cache of 512 and 513 entries is the same cluster twice.
		text := fmt.Sprintf("nodes: 3\nstorage: {apply_delay: [0s, %s], log_cache: [512, 513]}\ntrials: 1", slower)
		plan := studyPlan(b, text)
		began := time.Now()
		found := studyBlocks(b, testRunner(b, text, nil), plan, blocks)
		b.Logf("p50 is about %v; slower by %v in the state machine; %d blocks of 4 clusters in %v", p50, slower, len(found), time.Since(began).Round(time.Second))
		cell := func(delay, cache string) string {
			for _, s := range plan.Setups {
				if s.Params["storage.apply_delay"] == delay && s.Params["storage.log_cache"] == cache {
					return s.Cell
				}
			}
			b.Fatalf("no setup of %s and %s", delay, cache)
			return ""
		}
		late, _ := configs.Duration(slower).MarshalText()
		twins := [][2]string{{cell("0s", "512"), cell("0s", "513")}, {cell(string(late), "512"), cell(string(late), "513")}}
		slow := [][2]string{{twins[0][0], twins[1][0]}, {twins[0][0], twins[1][1]}, {twins[0][1], twins[1][0]}, {twins[0][1], twins[1][1]}}
		for _, f := range studied {
			for _, t := range twins {
				b.Logf("%-10s twins   %s", f.name, ratioText(b, pairsOf(found, t[0], t[1], f.of)))
			}
			for _, t := range slow {
				b.Logf("%-10s slower  %s", f.name, ratioText(b, pairsOf(found, t[0], t[1], f.of)))
			}
		}
		replay(b, found, twins, slow, time.Since(began)/blocks)
	}
}

// replay draws runs of three minutes from the blocks, and tells how often each
// kind of pair is called different.
func replay(b *testing.B, found []map[string]*results.Trial, twins, slow [][2]string, takes time.Duration) {
	b.Helper()
	const runs = 200
	blocks := max(6, int(3*time.Minute/takes))
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a study's draws
	alarms, corrected, asked, hits, tried := 0, 0, 0, 0, 0
	for range runs {
		// Half of the blocks, none twice: what is drawn twice would look surer than
		// it is. A run of three minutes that has more blocks finds more.
		drawn := rng.Perm(len(found))[:min(blocks, len(found)/2)]
		var run []map[string]*results.Trial
		for _, i := range drawn {
			run = append(run, found[i])
		}
		var ps []float64
		twin := twins[rng.IntN(len(twins))]
		for _, f := range studied {
			p, err := stats.ComparePairs(pairsOf(run, twin[0], twin[1], f.of), stats.Confidence)
			if err != nil {
				b.Fatal(err)
			}
			ps = append(ps, p.P)
		}
		f := rng.IntN(len(ps))
		if asked++; ps[f] <= stats.Alpha {
			alarms++
		}
		if slices.Min(stats.Holm(ps)) <= stats.Alpha {
			corrected++
		}
		pair := slow[rng.IntN(len(slow))]
		p, err := stats.ComparePairs(pairsOf(run, pair[0], pair[1], studied[0].of), stats.Confidence)
		if err != nil {
			b.Fatal(err)
		}
		if tried++; p.P <= stats.Alpha && p.Ratio.Center > 1 {
			hits++
		}
	}
	b.Logf("twins called different in %d of %d comparisons, %d of %d pairs of them after Holm; the slower found in %.0f %% of %d runs of %d blocks (some %v)",
		alarms, asked, corrected, asked, 100*float64(hits)/float64(tried), tried, min(blocks, len(found)/2),
		time.Duration(math.Round(float64(min(blocks, len(found)/2))*takes.Seconds()))*time.Second)
}
