package strictyaml

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

const (
	// mostMarks bounds brackets, commas, colons, quotes and lines, which
	// separate values. The parser takes up to a second and some hundred
	// megabytes for as many; no one writes a tenth of it.
	mostMarks = 20_000
	// mostNesting is of sections and lists in one another. The parser's time
	// is quadratic in it. An experiment needs five.
	mostNesting = 16
	// longestKey in bytes. The parser writes down the path of every value, which
	// repeats all keys above it.
	longestKey = 128
)

// marks separate values.
const marks = "[]{},:?&*!|>'\"#%@`\n"

// bounded refuses what would take the parser long, by one look at each byte.
// More marks than values are counted, never fewer.
func (f *File) bounded(text string) *Error {
	n := 0
	for i, line := range strings.Split(text, "\n") {
		n++
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue // a comment, or within a text: neither is values
		}
		for j := range len(line) {
			// A dash is a list's only where a space follows.
			dash := line[j] == '-' && (j+1 == len(line) || line[j+1] == ' ' || line[j+1] == '\t')
			if dash || strings.IndexByte(marks, line[j]) >= 0 {
				n++
			}
		}
		if n > mostMarks {
			return f.mistake(place{i + 1, 1}, "", f.advice, fmt.Sprintf("more than %d values and lines, which no person writes", mostMarks))
		}
	}
	return nil
}

// unreadable finds the first character of a line that no text has: it would
// harm a terminal.
func unreadable(line string) (column int, why string) {
	column = 1
	for i, r := range line {
		if r == utf8.RuneError && !strings.HasPrefix(line[i:], "\ufffd") {
			return column, "got bytes that are no text, want YAML in UTF-8"
		}
		if unicode.IsControl(r) && r != '\t' {
			return column, fmt.Sprintf("got the control character %U, want text", r)
		}
		column++
	}
	return 0, ""
}

// beyond are the parts of YAML that are refused, and what to do instead.
var beyond = map[token.Type][2]string{
	token.AnchorType:     {"an anchor", "write the value itself in each place"},
	token.AliasType:      {"an alias", "write the value itself in each place; quote a text that begins with *"},
	token.TagType:        {"a tag", "write the value alone; quote a text that begins with !"},
	token.MergeKeyType:   {"a merge key", "write the keys themselves in each place"},
	token.MappingKeyType: {"an explicit key", "write it like key: value; quote a text that begins with ?"},
	token.DirectiveType:  {"a directive", "leave it out; quote a text that begins with %"},
}

// plain refuses what is beyond plain YAML, nests too deep, or is a second
// document.
func (f *File) plain(tokens token.Tokens) *Error {
	var depth depth
	content := false
	for _, t := range tokens {
		if t.Type == token.CommentType {
			continue
		}
		if refused, any := beyond[t.Type]; any {
			return f.mistake(at(t), "", refused[1], "got "+refused[0]+", which is not read here")
		}
		if t.Type == token.DocumentHeaderType && content {
			return f.mistake(at(t), "", "keep each in a file of its own", "got a second document, want one")
		}
		content = true
		if t.Type == token.MappingValueType && t.Prev != nil && len(t.Prev.Value) > longestKey {
			return f.mistake(at(t.Prev), "", f.advice, fmt.Sprintf("got a key of %d bytes, want at most %d", len(t.Prev.Value), longestKey))
		}
		if depth.enter(t); depth.now() > mostNesting {
			return f.mistake(at(t), "", f.advice, fmt.Sprintf("more than %d lists and sections in one another", mostNesting))
		}
	}
	return nil
}

// depth of nesting at a token.
type depth struct {
	// blocks are the columns of the sections and lists that indentation opens,
	// ascending.
	blocks []int
	// flow counts brackets that are open; inside them indentation says nothing.
	flow int
}

func (d *depth) now() int { return len(d.blocks) + d.flow }

func (d *depth) enter(t *token.Token) {
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		d.flow++
	case token.SequenceEndType, token.MappingEndType:
		d.flow = max(0, d.flow-1)
	case token.SequenceEntryType:
		d.block(t)
	case token.MappingValueType:
		d.block(t.Prev) // the key
	}
}

func (d *depth) block(t *token.Token) {
	if d.flow > 0 || t == nil {
		return
	}
	column := t.Position.Column
	for len(d.blocks) > 0 && d.blocks[len(d.blocks)-1] >= column {
		d.blocks = d.blocks[:len(d.blocks)-1]
	}
	d.blocks = append(d.blocks, column)
}
