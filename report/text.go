package report

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/units"
)

// times counts: once, twice, 3 times.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%s times", count(int64(n)))
}

// ordinal: 4th, 2nd, 21st.
func ordinal(n int) string {
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

// list joins in English: 3, 4 and 5.
func list(items []string) string {
	if len(items) < 2 {
		return strings.Join(items, "")
	}
	return strings.Join(items[:len(items)-1], ", ") + " and " + items[len(items)-1]
}

func failures(n int) string {
	if n == 0 {
		return "no failure"
	}
	return units.Plural(n, "failure")
}

func verb(n int, v string) string {
	if n == 1 {
		return v + "s"
	}
	return v
}

// were agrees with a number: 1 was, 2 were.
func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// capital begins a sentence.
func capital(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if r < 'a' || r > 'z' {
		return text
	}
	return strings.ToUpper(text[:size]) + text[size:]
}

// shorten cuts text to a number of runes, in its middle, where names differ
// least.
func shorten(text string, limit int) string {
	r := []rune(text)
	if len(r) <= limit || limit < 3 {
		return text
	}
	head := (limit - 1) / 2
	return string(r[:head]) + "…" + string(r[len(r)-(limit-1-head):])
}

// wrapText breaks a paragraph at spaces into lines of at most width runes; a
// word that is wider is broken too. Lines after the first leave room for hang.
func wrapText(paragraph string, width int, hang string) []string {
	var lines []string
	line := ""
	room := func() int {
		if len(lines) == 0 {
			return max(width, 20)
		}
		return max(width-utf8.RuneCountInString(hang), 20)
	}
	for _, word := range strings.Fields(paragraph) {
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
