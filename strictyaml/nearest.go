package strictyaml

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// longestWord that is held against others: the time for two words is the
// product of their lengths.
const longestWord = 64

// Nearest returns at most n of the words that an unknown one may be meant for,
// the likeliest first: those that are fewest edits away or hold it; none where
// all of them would be another word.
func Nearest(word string, words []string, n int) []string {
	return within(len(word)/2, word, words, n)
}

// NearestName is Nearest for names of one's own choice, which are seldom a slip
// of another: one edit in four letters at most.
func NearestName(word string, words []string, n int) []string {
	return within(max(1, len(word)/4), word, words, n)
}

func within(edits int, word string, words []string, n int) []string {
	if len(word) > longestWord {
		return nil
	}
	type near struct {
		word string
		far  int
	}
	var all []near
	for _, w := range words {
		if d := distance(word, w); d <= edits || holds(w, word) {
			all = append(all, near{w, d})
		}
	}
	slices.SortStableFunc(all, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.far, b.far), cmp.Compare(apart(word, a.word), apart(word, b.word)))
	})
	var out []string
	for _, a := range all[:min(n, len(all))] {
		out = append(out, a.word)
	}
	return out
}

// apart is by how many letters the lengths of two words differ: of many that hold
// a word, the shortest is the likeliest.
func apart(a, b string) int { return max(len(a), len(b)) - min(len(a), len(b)) }

// distance is in edits. A word that holds the unknown one is no farther than
// two: what is left out at its ends is seldom a slip.
func distance(word, w string) int {
	edits := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(w))
	if holds(w, word) {
		return min(edits, 2)
	}
	return edits
}

// holds tells whether a word has the unknown one within it; two letters are
// within almost any.
func holds(w, word string) bool { return len(word) > 2 && strings.Contains(w, word) }

// Meant asks for the word that the unknown one resembles: "did you mean
// nodes?". Where there is none it is otherwise.
func Meant(word string, words []string, otherwise string) string {
	return ask(Nearest(word, words, 1), otherwise)
}

// MeantName is Meant for names of one's own choice.
func MeantName(word string, words []string, otherwise string) string {
	return ask(NearestName(word, words, 1), otherwise)
}

func ask(near []string, otherwise string) string {
	if len(near) == 0 {
		return otherwise
	}
	return "did you mean " + near[0] + "?"
}
