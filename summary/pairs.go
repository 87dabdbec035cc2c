package summary

import (
	"maps"
	"math"
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// together names what lived at once: a block, or a part of one that was split.
type together struct{ block, group int }

func togetherOf(t *results.Trial) together { return together{t.Block, t.Group} }

// paired tells whether two trials of one block lived at once, as each says of the
// other, or were both measured alone.
func paired(a, b *results.Trial) bool {
	if togetherOf(a) != togetherOf(b) {
		return false
	}
	alone := len(a.Beside) == 0 && len(b.Beside) == 0
	return alone || slices.Contains(a.Beside, b.Cell) && slices.Contains(b.Beside, a.Cell)
}

// blockPair is a pair of values, and the block in which both were taken.
type blockPair struct {
	block int
	stats.Pair
}

// withinBlocks pairs the values that were taken side by side in one block.
func withinBlocks(from, to []observation) []blockPair {
	first := map[together]observation{}
	for _, o := range from {
		first[togetherOf(o.trial)] = o
	}
	counted := map[int]bool{}
	var out []blockPair
	for _, o := range to {
		other, there := first[togetherOf(o.trial)]
		if there && paired(other.trial, o.trial) && !counted[o.trial.Block] { // a block counts once
			counted[o.trial.Block] = true
			out = append(out, blockPair{o.trial.Block, stats.Pair{A: other.value, B: o.value}})
		}
	}
	return out
}

// pairsOf two cells in a metric, without their blocks.
func pairsOf(observed []observations, metric string, from, to int) (pairs []stats.Pair, through []int) {
	all, through := blockPairsOf(observed, metric, from, to)
	for _, p := range all {
		pairs = append(pairs, p.Pair)
	}
	return pairs, through
}

// blockPairsOf two cells in a metric. Where they never lived at once, since blocks were
// split, each block's ratio goes through the cells that link them: the product of
// ratios that were each taken side by side. Its interval is as wide as all of
// those vary together. The cells between are returned.
func blockPairsOf(observed []observations, metric string, from, to int) (pairs []blockPair, through []int) {
	if pairs = withinBlocks(observed[from][metric], observed[to][metric]); len(pairs) > 0 {
		return pairs, nil
	}
	path := chain(observed, metric, from, to)
	if path == nil {
		return nil, nil
	}
	product := map[int]stats.Pair{}
	for hop := range len(path) - 1 {
		a, b := observed[path[hop]][metric], observed[path[hop+1]][metric]
		ratios := ratiosByBlock(a, b)
		for block, r := range ratios {
			switch before, there := product[block]; {
			case hop == 0:
				product[block] = r
			case there:
				product[block] = stats.Pair{A: before.A * r.A, B: before.B * r.B}
			}
		}
		for block := range product {
			if _, there := ratios[block]; !there {
				delete(product, block)
			}
		}
	}
	for _, block := range slices.Sorted(maps.Keys(product)) {
		pairs = append(pairs, blockPair{block, product[block]})
	}
	return pairs, path[1 : len(path)-1]
}

// ratiosByBlock leaves out what has no finite ratio: a product could not carry it.
func ratiosByBlock(from, to []observation) map[int]stats.Pair {
	beside := map[together][]observation{} // so that time grows with the trials, not with their square
	for _, b := range to {
		beside[togetherOf(b.trial)] = append(beside[togetherOf(b.trial)], b)
	}
	out := map[int]stats.Pair{}
	for _, a := range from {
		for _, b := range beside[togetherOf(a.trial)] {
			finite := a.value > 0 && b.value > 0 && !math.IsInf(a.value, 1) && !math.IsInf(b.value, 1)
			if finite && paired(a.trial, b.trial) {
				out[a.trial.Block] = stats.Pair{A: a.value, B: b.value}
			}
		}
	}
	return out
}

// chain is the shortest way from one cell to another by steps between cells that
// lived at once; nil where there is none.
func chain(observed []observations, metric string, from, to int) []int {
	before := map[int]int{from: from}
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at == to {
			var path []int
			for ; at != from; at = before[at] {
				path = append(path, at)
			}
			path = append(path, from)
			slices.Reverse(path)
			return path
		}
		for next := range observed {
			_, seen := before[next]
			if !seen && len(ratiosByBlock(observed[at][metric], observed[next][metric])) > 0 {
				before[next] = at
				queue = append(queue, next)
			}
		}
	}
	return nil
}
