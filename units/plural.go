package units

import (
	"strconv"
	"strings"
)

// Plural is a number of things in words: 1 trial, 3 trials, 2 replicas.
// Nouns in -y after a consonant make -ies.
func Plural(n int, noun string) string {
	if n != 1 {
		noun = plural(noun)
	}
	return strconv.Itoa(n) + " " + noun
}

func plural(noun string) string {
	stem, inY := strings.CutSuffix(noun, "y")
	if inY && !strings.ContainsAny(stem[max(len(stem)-1, 0):], "aeiou") {
		return stem + "ies"
	}
	return noun + "s"
}
