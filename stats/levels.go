package stats

import (
	"fmt"
	"math"
	"sort"
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
// after so many blocks with so many times the operations: the interval that
// ComparePairs gives, whose few values make it wider than a normal variable's.
func (l Levels) HalfWidth(blocks int, operations float64) float64 {
	return math.Expm1(l.ratioSD(operations) * reach(blocks))
}

// ratioSD is the standard deviation of the logarithm of one block's ratio.
func (l Levels) ratioSD(operations float64) float64 {
	return math.Sqrt(2 * (l.Fresh + l.Operations/operations))
}

// BlocksFor is how many blocks bring the half-width down to so much; no fewer than
// have an interval.
func (l Levels) BlocksFor(halfWidth, operations float64) int {
	sd, half := l.ratioSD(operations), math.Log1p(halfWidth)
	most := max(2*IntervalTrials, int(math.Ceil(2*square(sd*normalReach/half))))
	return IntervalTrials + sort.Search(most-IntervalTrials, func(more int) bool { return sd*reach(IntervalTrials+more) <= half })
}

// reach is how far the interval of n pairs lies to each side of its middle, in
// standard deviations of one pair: that of n values which lie as the ranks of a normal
// variable are expected to (Blom, Statistical Estimates and Transformed
// Beta-Variables, 1958), or Student's where that is wider: such ranks are too regular
// where there are few, and fewer than six have no interval at all.
func reach(n int) float64 {
	if n > exactRanks {
		return normalReach / math.Sqrt(float64(n))
	}
	student := studentQuantile(Confidence, max(1, n-1)) / math.Sqrt(float64(n))
	if n < IntervalTrials {
		return student
	}
	scores := make([]float64, n)
	for i := range scores {
		p := (float64(i+1) - 0.375) / (float64(n) + 0.25)
		scores[i] = math.Sqrt2 * math.Erfinv(2*p-1)
	}
	interval := hodgesLehmann(scores, Confidence)
	return max(student, (interval.High-interval.Low)/2)
}

// normalReach is reach times the root of n where n is large: the signed-rank test
// needs π/3 times the values of one that knows them to be normal (Hollander, Wolfe
// and Chicken, §3.11).
var normalReach = 1.959964 * math.Sqrt(math.Pi/3)

func square(x float64) float64 { return x * x }
