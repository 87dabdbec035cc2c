package netem

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// ProfileError is a mistake in a profile's file.
type ProfileError struct {
	File         string
	Line, Column int // from 1
	Message      string
	// Excerpt shows the lines around the place.
	Excerpt string
	// Advice says what to do.
	Advice string
}

// Error is the place and the message, followed by the excerpt.
func (e *ProfileError) Error() string {
	return strings.TrimRight(e.Told()+"\n"+e.Excerpt, "\n")
}

// Told is the place and the message, on one line.
func (e *ProfileError) Told() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Hint says what to do.
func (e *ProfileError) Hint() string { return e.Advice }

// mistake that was noted; only the first in the file is told.
type mistake struct {
	token      *token.Token
	text, hint string
}

// recovered makes an error of a panic: goccy/go-yaml panics on some malformed
// tags, and such a file is a mistake like any other.
func (m *matrix) recovered(err *error) {
	if r := recover(); r != nil {
		*err = &ProfileError{File: m.name, Line: 1, Column: 1, Message: fmt.Sprintf("the YAML cannot be read: %v", r), Advice: startHint}
	}
}

func (m *matrix) syntax(err error) error {
	var theirs yaml.Error
	if errors.As(err, &theirs) && theirs.GetToken() != nil {
		return m.at(theirs.GetToken(), startHint, "%s", theirs.GetMessage())
	}
	return &ProfileError{File: m.name, Line: 1, Column: 1, Message: err.Error(), Advice: startHint}
}

func (m *matrix) at(t *token.Token, hint, format string, args ...any) *ProfileError {
	if hint == "" {
		hint = startHint
	}
	e := &ProfileError{File: m.name, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...), Advice: hint}
	if t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
		e.Excerpt = m.excerpt(e.Line, e.Column)
	}
	return e
}

// longestLine that helps whoever reads it.
const longestLine = 400

// excerpt is of the file as it is: the YAML library's has nulls that nobody
// wrote.
func (m *matrix) excerpt(line, column int) string {
	if line > len(m.lines) || len(m.lines[line-1]) > longestLine {
		return ""
	}
	var b strings.Builder
	for i := max(0, line-3); i < line; i++ {
		mark := " "
		if i+1 == line {
			mark = ">"
		}
		fmt.Fprintf(&b, "%s%3d | %s\n", mark, i+1, m.lines[i])
	}
	fmt.Fprintf(&b, "%*s\n", len("> 12 | ")+column, "^")
	return b.String()
}

// wrong notes a mistake at a node.
func (m *matrix) wrong(n ast.Node, hint, format string, args ...any) {
	m.mistakes = append(m.mistakes, mistake{start(n), fmt.Sprintf(format, args...), hint})
}

// start of a node; a block's own token is the colon after its first key.
func start(n ast.Node) *token.Token {
	if block, ok := n.(*ast.MappingNode); ok && !block.IsFlowStyle && len(block.Values) > 0 {
		return block.Values[0].Key.GetToken()
	}
	return n.GetToken()
}

// first mistake in the order of the file.
func (m *matrix) first() error {
	if len(m.mistakes) == 0 {
		return nil
	}
	first := slices.MinFunc(m.mistakes, func(a, b mistake) int {
		p, q := a.token.Position, b.token.Position
		return cmp.Or(p.Line-q.Line, p.Column-q.Column)
	})
	return m.at(first.token, first.hint, "%s", first.text)
}

// unfit says that a value is of another kind than want.
func (m *matrix) unfit(e entry, want, hint string) {
	switch n := m.plain(e.value).(type) {
	case *ast.NullNode:
		m.wrong(e.at, hint, "got no value, want %s", want)
	case *ast.TagNode:
		m.wrong(n, hint, "got the tag %s, want %s", n.Start.Value, want)
	case *ast.AliasNode:
		m.wrong(n, hint, "got the alias *%s, which stands for nothing, want %s", n.Value.GetToken().Value, want)
	case *ast.MappingNode:
		m.wrong(e.value, hint, "got a section, want %s", want)
	case *ast.SequenceNode:
		m.wrong(e.value, hint, "got a list, want %s", want)
	default:
		m.wrong(e.value, hint, "got %.60q, want %s", n.GetToken().Value, want)
	}
}

// unknown key: most likely another's, or a guess at the format.
func (m *matrix) unknown(e entry, known []string) {
	hint := formatHint
	if slices.Contains([]string{"name", "nodes", "network", "workload", "raft", "storage", "trials", "engine", "faults"}, e.key) {
		hint = "this is a key of an experiment, which names its matrix under network.profile: `raftbench validate` checks one"
	} else if near := nearestKey(e.key, known); near != "" {
		hint = "did you mean " + near + "?"
	}
	m.wrong(e.at, hint, "no key is called %q here, want one of %s", e.key, strings.Join(known, ", "))
}

func nearestKey(unknown string, known []string) string {
	best, least := "", 0
	for _, key := range known {
		d := levenshtein.ComputeDistance(strings.ToLower(unknown), key)
		if d <= max(1, len(key)/2) && (best == "" || d < least) {
			best, least = key, d
		}
	}
	return best
}
