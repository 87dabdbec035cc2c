package stats

import (
	"fmt"
	"math"
)

// Levels split the variance of a figure's logarithm among what it comes from:
// medians of several setups that were measured in the same blocks.
type Levels struct {
	Setups, Blocks int
	// Operations is the variance that one window's median has since its operations
	// are few; Fresh what each fresh system of a setup adds, in each block anew;
	// Block what the host does to all setups of a block alike, which no ratio of two
	// setups within blocks holds.
	Operations, Fresh, Block float64
}

// SplitLevels is the two-way analysis of variance with random blocks (Montgomery,
// Design and Analysis of Experiments, chapters 4 and 13). logs[s][b] is setup s in
// block b; own[s][b] the variance of that very value, estimated from its
// operations.
func SplitLevels(logs, own [][]float64) (Levels, error) {
	setups := len(logs)
	if setups < 2 || len(logs[0]) < 2 {
		return Levels{}, fmt.Errorf("want at least 2 setups that were measured together in at least 2 blocks")
	}
	blocks := len(logs[0])
	grand, bySetup, byBlock, errors := 0.0, make([]float64, setups), make([]float64, blocks), 0.0
	for s := range logs {
		for b, y := range logs[s] {
			grand += y / float64(setups*blocks)
			bySetup[s] += y / float64(blocks)
			byBlock[b] += y / float64(setups)
			errors += own[s][b] / float64(setups*blocks)
		}
	}
	between, left := 0.0, 0.0
	for b := range blocks {
		between += float64(setups) * square(byBlock[b]-grand) / float64(blocks-1)
		for s := range logs {
			left += square(logs[s][b]-bySetup[s]-byBlock[b]+grand) / float64((setups-1)*(blocks-1))
		}
	}
	// What is left of a ratio bounds what its operations can be the cause of.
	operations := min(errors, left)
	return Levels{
		Setups: setups, Blocks: blocks, Operations: operations, Fresh: left - operations,
		Block: max(0, (between-left)/float64(setups)),
	}, nil
}

// PoolLevels is what several parts say together, whose setups were measured with
// those of the same part alone: each variance the mean of the parts', weighted by
// their degrees of freedom, and the blocks of the part that has fewest.
func PoolLevels(parts []Levels) Levels {
	out := Levels{Blocks: math.MaxInt}
	ratios, blocks := 0.0, 0.0 // degrees of freedom
	for _, l := range parts {
		ofBlocks := float64(l.Blocks - 1)
		ofRatios := float64(l.Setups-1) * ofBlocks
		out.Setups, out.Blocks = out.Setups+l.Setups, min(out.Blocks, l.Blocks)
		out.Operations, out.Fresh, out.Block = out.Operations+ofRatios*l.Operations, out.Fresh+ofRatios*l.Fresh, out.Block+ofBlocks*l.Block
		ratios, blocks = ratios+ofRatios, blocks+ofBlocks
	}
	out.Operations, out.Fresh, out.Block = out.Operations/ratios, out.Fresh/ratios, out.Block/blocks
	return out
}

// HalfWidth is that of the 95 % interval of the ratio of two setups, as a share,
// after so many blocks with so many times the operations: of a normal variable, so
// that few blocks are a little worse than it says.
func (l Levels) HalfWidth(blocks int, operations float64) float64 {
	variance := 2 * (l.Fresh + l.Operations/operations) / float64(blocks)
	return math.Expm1(normal95 * math.Sqrt(variance))
}

// BlocksFor is how many blocks bring the half-width down to so much.
func (l Levels) BlocksFor(halfWidth, operations float64) int {
	variance := 2 * (l.Fresh + l.Operations/operations)
	return max(2, int(math.Ceil(variance*square(normal95/math.Log1p(halfWidth)))))
}

// normal95 standard deviations to each side hold 95 % of a normal variable.
const normal95 = 1.959964

func square(x float64) float64 { return x * x }
