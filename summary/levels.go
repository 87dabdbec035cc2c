package summary

import (
	"fmt"
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Levels say where the variance of the light load's median write latency comes
// from, as standard deviations of its logarithm, and what would narrow the ratio
// of two setups.
type Levels struct {
	Setups     int   `json:"setups"`
	Blocks     int   `json:"blocks"`
	Operations int64 `json:"operations"` // of a window, the fewest
	// Standard deviations, as shares.
	OperationSD float64 `json:"operation_sd"`
	FreshSD     float64 `json:"fresh_sd"`
	BlockSD     float64 `json:"block_sd"`
	// HalfWidth of the ratio of two setups' medians now, and the one wanted.
	HalfWidth float64 `json:"half_width"`
	Wanted    float64 `json:"wanted"`
	// Blocks that give the wanted one, with as many operations and with four times
	// as many.
	BlocksNeeded         int `json:"blocks_needed"`
	BlocksNeededLonger   int `json:"blocks_needed_longer"`
	OperationsFactorMore int `json:"operations_factor_more"`
}

// longer is the factor of operations whose effect is told.
const longer = 4

// Explain takes a run's light windows apart: those that were side by side, of the
// first part where blocks were split. Only blocks in which every setup has
// a valid trial count.
func Explain(run *results.Run, wanted float64) (Levels, error) {
	byBlock := map[int]map[string]*results.Window{}
	cells := map[string]bool{}
	trials := run.Latest()
	for i := range trials {
		t := &trials[i]
		w := t.Window(results.RoleLight)
		if !t.Valid || t.Kind != results.Measure || w == nil || w.Harmed || w.Latency.P50NS == results.Never || w.Latency.P50NS <= 0 {
			continue
		}
		if len(t.Beside) == 0 || t.Group > 0 {
			continue // what did not live with the others shares no host with them
		}
		cells[t.Cell] = true
		if byBlock[t.Block] == nil {
			byBlock[t.Block] = map[string]*results.Window{}
		}
		byBlock[t.Block][t.Cell] = w
	}
	var names []string
	for c := range cells {
		names = append(names, c)
	}
	slices.Sort(names)
	logs, own := make([][]float64, len(names)), make([][]float64, len(names))
	fewest := int64(math.MaxInt64)
	for _, windows := range byBlock {
		if len(windows) < len(names) {
			continue
		}
		var together []*results.Window
		for _, c := range names {
			together = append(together, windows[c])
		}
		variance := ownVariance(together)
		for i, w := range together {
			logs[i] = append(logs[i], math.Log(float64(w.Latency.P50NS)))
			own[i] = append(own[i], variance)
			fewest = min(fewest, w.Completed)
		}
	}
	if len(names) == 0 {
		return Levels{}, fmt.Errorf("no valid trial of a light window was measured side by side")
	}
	l, err := stats.SplitLevels(logs, own)
	if err != nil {
		return Levels{}, err
	}
	return Levels{
		Setups: l.Setups, Blocks: l.Blocks, Operations: fewest,
		OperationSD: math.Sqrt(l.Operations), FreshSD: math.Sqrt(l.Fresh), BlockSD: math.Sqrt(l.Block),
		HalfWidth: l.HalfWidth(l.Blocks, 1), Wanted: wanted,
		BlocksNeeded: l.BlocksFor(wanted, 1), BlocksNeededLonger: l.BlocksFor(wanted, longer), OperationsFactorMore: longer,
	}, nil
}

// ownVariance of the logarithm of one window's median, from how far its parts'
// medians lie apart once what the host did to all setups of the block at that time
// is taken off: operations that follow one another are in one part, so that their
// likeness counts (the method of batch means).
func ownVariance(windows []*results.Window) float64 {
	n := len(windows[0].Parts)
	for _, w := range windows {
		n = min(n, len(w.Parts))
	}
	var parts [][]float64 // by part, then by setup
	for j := range n {
		var logs []float64
		for _, w := range windows {
			if p50 := w.Parts[j].P50NS; p50 > 0 {
				logs = append(logs, math.Log(float64(p50)))
			}
		}
		if len(logs) == len(windows) {
			parts = append(parts, logs)
		}
	}
	if len(parts) < 2 || len(windows) < 2 {
		return 0
	}
	// What two-way analysis leaves of setups and parts.
	own := make([][]float64, len(parts))
	for j := range own {
		own[j] = make([]float64, len(windows))
	}
	l, err := stats.SplitLevels(parts, own)
	if err != nil {
		return 0
	}
	return l.Fresh / float64(len(parts))
}
