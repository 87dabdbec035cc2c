package gate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearest returns at most n words: those that hold word first, then those that
// are fewest edits away; none where all of them would be another word.
func nearest(word string, words []string, n int) []string {
	far := func(w string) int {
		if strings.Contains(w, word) {
			return 0
		}
		return levenshtein.ComputeDistance(word, w)
	}
	near := slices.DeleteFunc(slices.Clone(words), func(w string) bool { return far(w) > len(word)/2 })
	slices.SortStableFunc(near, func(a, b string) int { return cmp.Compare(far(a), far(b)) })
	return near[:min(n, len(near))]
}
