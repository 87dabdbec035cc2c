package strictyaml

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MostMistakes are told at once: more than that nobody reads.
const MostMistakes = 20

// Error is one mistake: where it stands, what was got and wanted, what to do.
type Error struct {
	// File is the file's name; of a value that came from a flag, the flag.
	File string
	// Line and Column count from 1; they are 0 where no single place is meant.
	Line, Column int
	// Key is the path of the value, workload.calm.rate, or empty.
	Key     string
	Message string
	// Excerpt shows the source at the place.
	Excerpt string
	// Advice says what to do.
	Advice string
	// Cause is set for a file that cannot be read.
	Cause error
}

// Error is one line, followed by the excerpt where there is one.
func (e *Error) Error() string {
	text := e.OneLine()
	if e.Excerpt != "" {
		text += "\n" + e.Excerpt
	}
	return text
}

// longestMessage is shown whole, in bytes.
const longestMessage = 1000

// OneLine is place and message, without the excerpt.
func (e *Error) OneLine() string {
	text := printable(e.Place() + e.Message)
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + "…"
	}
	return text
}

// Hint says what to do.
func (e *Error) Hint() string { return printable(e.Advice) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Place is what stands before the message: my.yaml:3:7: workload.calm.rate: .
func (e *Error) Place() string {
	place := e.File
	if e.Line > 0 {
		place = fmt.Sprintf("%s:%d:%d", e.File, e.Line, e.Column)
	}
	if place != "" {
		place += ": "
	}
	if e.Key != "" {
		place += e.Key + ": "
	}
	return place
}

// Errors are mistakes.
type Errors []*Error

// Told is the mistakes in the order of each file, each once, and at most
// MostMistakes of them; of the others their number.
func (es Errors) Told() Errors {
	seen := map[string]bool{}
	kept := slices.DeleteFunc(slices.Clone(es), func(e *Error) bool {
		again := seen[e.OneLine()]
		seen[e.OneLine()] = true
		return again
	})
	files := map[string]int{}
	for _, e := range kept {
		if _, known := files[e.File]; !known {
			files[e.File] = len(files)
		}
	}
	slices.SortStableFunc(kept, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(files[a.File], files[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	if more := len(kept) - MostMistakes; more > 0 {
		kept = append(kept[:MostMistakes], &Error{Message: fmt.Sprintf("and %d more", more), Advice: kept[MostMistakes-1].Advice})
	}
	return kept
}

// Error is each mistake on lines of its own. What to do stands behind it,
// unless the next mistake or Hint says the same.
func (es Errors) Error() string {
	var lines []string
	for i, e := range es {
		lines = append(lines, e.Error())
		if i < len(es)-1 && e.Advice != "" && e.Advice != es[i+1].Advice {
			lines = append(lines, "hint: "+e.Hint())
		}
	}
	return strings.Join(lines, "\n")
}

// Hint is the last mistake's; the others' stand with them.
func (es Errors) Hint() string {
	if len(es) == 0 {
		return ""
	}
	return es[len(es)-1].Hint()
}

// widest part of a line that is shown, in characters.
const widest = 100

// excerpt is the line, and a mark under the column.
func excerpt(lines []string, p place) string {
	if p.line < 1 || p.line > len(lines) {
		return ""
	}
	// A tab is as wide as a terminal likes: the mark would miss.
	line := []rune(strings.ReplaceAll(strings.TrimRight(lines[p.line-1], " \t"), "\t", " "))
	column := min(max(p.column-1, 0), len(line))
	before, after := "", ""
	if from := column - widest/2; len(line) > widest && from > 0 {
		line, column, before = line[from:], widest/2, "…"
	}
	if len(line) > widest {
		line, after = line[:widest], "…"
	}
	left := fmt.Sprintf("%4d | %s", p.line, before+printable(string(line[:column])))
	return left + printable(string(line[column:])) + after + "\n" + strings.Repeat(" ", utf8.RuneCountInString(left)) + "^"
}

// printable writes characters that steer a terminal, or hide what is written,
// as escapes: names and files are others' work.
func printable(text string) string {
	harmful := func(r rune) bool { return r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) }
	if !strings.ContainsFunc(text, harmful) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if harmful(r) {
			fmt.Fprintf(&b, "\\u%04x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}
