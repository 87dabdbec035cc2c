package summary

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Levels say where the variance of the light load's median write latency comes
// from, as standard deviations of its logarithm, and what would narrow the ratio
// of two setups.
type Levels struct {
	Setups int `json:"setups"`
	// Parts of a block that lived at once and were taken apart, each by itself.
	Parts int `json:"parts"`
	// Blocks of the part that has fewest.
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

// Explain takes a run's light windows apart: those that were side by side. Where
// blocks were split, each part is taken apart by itself, since its setups met
// another hour of the host than those of the other parts, and what is found is
// pooled.
func Explain(run *results.Run, wanted float64) (Levels, error) {
	parts := map[int]*part{}
	trials := run.Latest()
	for i := range trials {
		if t := &trials[i]; explains(t) {
			if parts[t.Group] == nil {
				parts[t.Group] = &part{cells: map[string]bool{}, blocks: map[int]map[string]*results.Window{}}
			}
			parts[t.Group].add(t)
		}
	}
	if len(parts) == 0 {
		return Levels{}, fmt.Errorf("no valid trial of a light window was measured side by side")
	}
	var levels []stats.Levels
	var none error
	cells, fewest := map[string]bool{}, int64(math.MaxInt64)
	for _, group := range slices.Sorted(maps.Keys(parts)) {
		l, operations, err := parts[group].split()
		if err != nil {
			none = err
			continue
		}
		levels, fewest = append(levels, l), min(fewest, operations)
		maps.Copy(cells, parts[group].cells)
	}
	if len(levels) == 0 {
		return Levels{}, none
	}
	l := stats.PoolLevels(levels)
	return Levels{
		Setups: len(cells), Parts: len(levels), Blocks: l.Blocks, Operations: fewest,
		OperationSD: math.Sqrt(l.Operations), FreshSD: math.Sqrt(l.Fresh), BlockSD: math.Sqrt(l.Block),
		HalfWidth: l.HalfWidth(l.Blocks, 1), Wanted: wanted,
		BlocksNeeded: l.BlocksFor(wanted, 1), BlocksNeededLonger: l.BlocksFor(wanted, longer), OperationsFactorMore: longer,
	}, nil
}

// explains tells whether a trial's light window can be taken apart: what did not
// live with others shares no host with them.
func explains(t *results.Trial) bool {
	w := t.Window(results.RoleLight)
	return t.Valid && t.Kind == results.Measure && len(t.Beside) > 0 &&
		w != nil && !w.Harmed && w.Latency.P50NS != results.Never && w.Latency.P50NS > 0
}

// part is the light windows of those setups of a run that lived at once.
type part struct {
	cells  map[string]bool
	blocks map[int]map[string]*results.Window // by block, then by cell
}

func (p *part) add(t *results.Trial) {
	p.cells[t.Cell] = true
	if p.blocks[t.Block] == nil {
		p.blocks[t.Block] = map[string]*results.Window{}
	}
	p.blocks[t.Block][t.Cell] = t.Window(results.RoleLight)
}

// split takes a part apart, by the blocks in which each of its setups has a valid
// trial; operations are those of the window that has fewest.
func (p *part) split() (l stats.Levels, operations int64, err error) {
	names := slices.Sorted(maps.Keys(p.cells))
	logs, own := make([][]float64, len(names)), make([][]float64, len(names))
	operations = math.MaxInt64
	for _, block := range slices.Sorted(maps.Keys(p.blocks)) {
		windows := p.blocks[block]
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
			operations = min(operations, w.Completed)
		}
	}
	l, err = stats.SplitLevels(logs, own)
	return l, operations, err
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
