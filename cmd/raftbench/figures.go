package main

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/clean"
)

// lineWidth is what every line of a table keeps to: the width of a terminal
// that nobody has widened.
const lineWidth = 80

// plain takes from a text of a foreign folder what could act on a terminal. It
// leaves a sign that something was there.
func plain(text string) string { return clean.Text(text) }

// wrapped breaks a text into lines of lineWidth, the first and the others
// indented; a word that is wider is broken too.
func wrapped(text, first, others string) string {
	var lines []string
	line, empty := first, true
	next := func() {
		lines = append(lines, line)
		line, empty = others, true
	}
	for _, word := range strings.Fields(text) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > lineWidth {
			next()
		}
		if !empty {
			line += " "
		}
		line, empty = line+word, false
		for r := []rune(line); len(r) > lineWidth; r = []rune(line) {
			line = string(r[:lineWidth])
			next()
			line, empty = line+string(r[lineWidth:]), false
		}
	}
	return strings.Join(append(lines, line), "\n")
}

// someOf names the first few of many: a, b, c and 4 more.
func someOf(names []string, most int) string {
	if len(names) <= most {
		return listed(names)
	}
	return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
}

// listed joins names as people do: a, b and c.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// unique names, in the order in which they first come.
func unique(names []string) []string {
	var out []string
	for _, n := range names {
		if !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
