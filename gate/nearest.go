package gate

import (
	"cmp"
	"slices"
	"strings"
)

// nearest returns n words: those that hold word first, then those that are
// fewest edits away.
func nearest(word string, words []string, n int) []string {
	far := func(w string) int {
		if strings.Contains(w, word) {
			return 0
		}
		return edits(word, w)
	}
	sorted := slices.Clone(words)
	slices.SortStableFunc(sorted, func(a, b string) int { return cmp.Compare(far(a), far(b)) })
	return sorted[:min(n, len(sorted))]
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
