// Package wording is how reports write: numbers, lists, counts and names in a sentence, and
// the order of names. A number has one spelling everywhere: package units writes it, and here
// is what only a report needs, what lies beyond every number, and changes. It knows nothing
// that was measured.
package wording

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/raftbench/raftbench/units"
)

// Times counts: once, twice, 3 times.
func Times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%s times", Count(int64(n)))
}

// Ordinal is a place in an order: 4th, 2nd, 21st.
func Ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return strconv.Itoa(n) + suffix
}

// List joins in English: 3, 4 and 5.
func List(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

// Failures counts: no failure, 1 failure, 2 failures.
func Failures(n int) string {
	if n == 0 {
		return "no failure"
	}
	return units.Plural(n, "failure")
}

// Verb agrees with a number: 1 differs, 2 differ.
func Verb(n int, v string) string {
	if n == 1 {
		return v + "s"
	}
	return v
}

// Were agrees with a number: 1 was, 2 were.
func Were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// Capital begins a sentence.
func Capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if r < 'a' || r > 'z' {
		return text
	}
	return strings.ToUpper(text[:size]) + text[size:]
}

// Shorten cuts text to a number of runes, in its middle, where names differ
// least.
func Shorten(text string, limit int) string {
	r := []rune(text)
	if len(r) <= limit || limit < 3 {
		return text
	}
	head := (limit - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(limit-1-head):])
}

// Wrap breaks a paragraph at spaces into lines of at most width runes, never between a number
// and its unit; a word that is wider is broken too. Lines after the first leave room for hang.
func Wrap(paragraph string, width int, hang string) []string {
	var lines []string
	line := ""
	room := func() int {
		if len(lines) == 0 {
			return max(width, 20)
		}
		return max(width-utf8.RuneCountInString(hang), 20)
	}
	for _, word := range Words(paragraph) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > room() {
			lines, line = append(lines, line), ""
		}
		for line == "" && utf8.RuneCountInString(word) > room() {
			r := []rune(word)
			n := room()
			lines, word = append(lines, string(r[:n])), string(r[n:])
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// Words are the pieces at which a paragraph may be broken; a number and its unit are one.
func Words(paragraph string) []string {
	words := strings.FieldsFunc(units.Together(paragraph), func(r rune) bool { return unicode.IsSpace(r) && string(r) != units.NoBreak })
	for i, w := range words {
		words[i] = strings.ReplaceAll(w, units.NoBreak, " ")
	}
	return words
}

// Some names the first few of many: a, b, c and 4 more.
func Some(names []string, most int) string {
	if len(names) <= most {
		return List(names)
	}
	return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
}

// Width is what every line of a comparison keeps to: the width of a
// terminal that nobody has widened.
const Width = 80
