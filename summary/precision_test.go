package summary

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/raftbench/raftbench/results"
)

// trialsOf some blocks of sizes 1, 3 and 5, whose latencies vary by a share
// within a block, and their throughputs by twice that, on a host that drifts.
func trialsOf(blocks int, noise float64) []results.Trial {
	rng := rand.New(rand.NewPCG(1, uint64(blocks))) //nolint:gosec // a test's numbers
	var out []results.Trial
	for b := range blocks {
		drift := math.Exp(0.2 * rng.NormFloat64())
		for _, nodes := range []int{1, 3, 5} {
			p50 := results.Nanos(2e6 * drift * math.Exp(noise*rng.NormFloat64()))
			out = append(out, results.Trial{
				SchemaVersion: results.SchemaVersion, Cell: "n" + string(rune('0'+nodes)), Trial: b + 1, Block: b, Kind: results.Measure,
				Nodes: nodes, Engine: "hashicorp", Profile: "none", Load: "calm+saturate", Valid: true,
				Windows: []results.Window{
					{Name: "calm", Role: results.RoleLight, Mode: results.ModeOpen, Attempted: 100, Completed: 100, Writes: 100,
						Latency: results.Latency{P50NS: p50, P90NS: p50, P99NS: p50, Count: 100}},
					{Name: "saturate", Role: results.RoleFull, Mode: results.ModeClosed, Attempted: 100, Completed: 100, Writes: 100,
						ThroughputOps: 1000 / drift * math.Exp(2*noise*rng.NormFloat64())},
				},
			})
		}
	}
	return out
}

func TestProgressTowardsAPrecision(t *testing.T) {
	for _, c := range []struct {
		name               string
		blocks             int
		noise, precision   float64
		needsMin, needsMax int
	}{
		{"nothing", 0, 0.02, 0.02, 0, 0},
		{"one block says nothing", 1, 0.02, 0.02, 0, 0},
		{"three blocks guess", 3, 0.02, 0.02, 8, 200},
		// Four questions want 8 blocks before any can be answered, however narrow.
		{"narrow at once", 6, 0.001, 0.02, 8, 8},
		{"reached", 30, 0.01, 0.02, 30, 30},
		{"far from it", 30, 0.05, 0.005, 300, 5000},
	} {
		p, err := ProgressOf(trialsOf(c.blocks, c.noise), c.precision, 0)
		if err != nil {
			t.Fatal(err)
		}
		if p.Blocks != c.blocks || p.Needs < c.needsMin || p.Needs > c.needsMax {
			t.Errorf("%s: got %+v, want %d blocks that need %d to %d", c.name, p, c.blocks, c.needsMin, c.needsMax)
		}
		if want := c.name == "reached"; p.Reached() != want {
			t.Errorf("%s: reached %v", c.name, p.Reached())
		}
	}
}

// A gate that will ask more than the run itself needs more blocks for any failure to
// stand among them all, however narrow the intervals are.
func TestProgressCountsTheQuestionsOfAGate(t *testing.T) {
	for questions, want := range map[int]int{0: 8, 4: 8, 5: 8, 40: 11} {
		p, err := ProgressOf(trialsOf(8, 0.0001), 0.02, questions)
		if err != nil || p.Needs != want || p.Reached() != (want == 8) {
			t.Errorf("%d questions: got %+v, %v, want %d blocks", questions, p, err, want)
		}
	}
}

// A trial that drops out of its block leaves fewer pairs, and more blocks are
// needed.
func TestProgressCountsWhatDroppedOut(t *testing.T) {
	trials := trialsOf(8, 0.001)
	trials[4].Valid = false
	p, err := ProgressOf(trials, 0.02, 0)
	if err != nil || p.Needs != 9 || p.Reached() {
		t.Errorf("got %+v, %v, want a ninth block", p, err)
	}
}

// The rule looks at widths alone: that two setups differ is no reason to stop.
func TestProgressIsBlindToWhereIntervalsLie(t *testing.T) {
	trials := trialsOf(12, 0.02)
	before, err := ProgressOf(trials, 0.01, 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range trials {
		if trials[i].Nodes == 5 {
			trials[i].Windows[1].ThroughputOps *= 3
		}
	}
	after, err := ProgressOf(trials, 0.01, 0)
	if err != nil || math.Abs(float64(after.Needs-before.Needs)) > 1 {
		t.Errorf("needs %d, and %d with a size three times as fast: %v", before.Needs, after.Needs, err)
	}
}

// A size without any valid trial leaves its questions open: the precision is not
// reached without it, and they count in the correction of the others.
func TestASizeWithoutValidTrialsKeepsThePrecisionOpen(t *testing.T) {
	trials := trialsOf(30, 0.001)
	for i := range trials {
		trials[i].Valid = trials[i].Valid && trials[i].Nodes != 5
	}
	p, err := ProgressOf(trials, 0.02, 0)
	if err != nil || p.Reached() || p.Needs != 0 {
		t.Errorf("got %+v, %v, want it open", p, err)
	}
	s, err := Build(&results.Run{Trials: trials})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range s.Differences {
		if d.Primary && d.Questions != 4 {
			t.Errorf("%s of %s and %s is one of %d questions, want 4 as planned", d.Metric, d.From, d.To, d.Questions)
		}
	}
}

// What was measured one after another cannot be taken apart into host and setup.
func TestExplainWantsBlocksSideBySide(t *testing.T) {
	if _, err := Explain(&results.Run{Trials: trialsOf(12, 0.01)}, 0.015); err == nil {
		t.Error("trials that ran beside nobody were taken for side by side")
	}
}

// A block that was split is explained by all of its parts: the noise of the second
// is in the answer, and its setups are counted.
func TestExplainTakesAllPartsOfASplitBlockApart(t *testing.T) {
	const blocks = 40
	quiet, loud := trialsOf(blocks, 0.01), trialsOf(blocks+1, 0.05)
	for i := range quiet {
		quiet[i].Beside = []string{"n9"}
	}
	one, err := Explain(&results.Run{Trials: quiet}, 0.015)
	if err != nil {
		t.Fatal(err)
	}
	for i := range loud {
		loud[i].Beside, loud[i].Group = []string{"n9"}, 1
		if loud[i].Cell != "n1" { // which joins the parts
			loud[i].Cell += "-b"
		}
		loud[i].Trial += blocks // a setup that is in both parts has a trial in each
	}
	both, err := Explain(&results.Run{Trials: slices.Concat(quiet, loud)}, 0.015)
	if err != nil {
		t.Fatal(err)
	}
	if one.Parts != 1 || one.Setups != 3 || both.Parts != 2 || both.Setups != 5 || both.Blocks != blocks {
		t.Errorf("got %+v of one part and %+v of both, want 3 and 5 setups in %d blocks", one, both, blocks)
	}
	// Pooled: √((0.01² + 0.05²)/2) = 0.036.
	if math.Abs(one.FreshSD-0.01) > 0.002 || math.Abs(both.FreshSD-0.036) > 0.005 {
		t.Errorf("fresh clusters vary by %.4f in one part and %.4f in both, want 0.010 and 0.036", one.FreshSD, both.FreshSD)
	}
	// A part with a single setup says nothing, and harms nothing.
	for i := range loud {
		loud[i].Valid = loud[i].Valid && loud[i].Cell == "n1"
	}
	if got, err := Explain(&results.Run{Trials: slices.Concat(quiet, loud)}, 0.015); err != nil || got != one {
		t.Errorf("got %+v, %v, want the first part's %+v", got, err, one)
	}
}
