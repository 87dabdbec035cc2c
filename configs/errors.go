package configs

import (
	"fmt"
	"strings"
	"time"
)

// Error is one mistake in an experiment: where it stands, what was got and
// wanted, and what to do.
type Error struct {
	// File, Line and Column (from 1) say where it was written; Line is 0 where
	// the value came from a flag or a default.
	File         string
	Line, Column int
	// Flag is set where the value came from a flag: --nodes.
	Flag string
	// Key is the YAML path, workload.calm.rate; empty for a syntax error.
	Key     string
	Message string
	// Excerpt shows the source around the place.
	Excerpt string
	// Advice says what to do, or is empty.
	Advice string

	// nodes is the size of the cell that it was found in, 0 where it is not a
	// single cell's; rank is how much that cell asks for.
	nodes int
	rank  time.Duration
	cause error
}

// Unwrap returns the cause, for a file that cannot be read.
func (e *Error) Unwrap() error { return e.cause }

// Error is one line, followed by the excerpt where there is one.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.place())
	b.WriteString(e.Message)
	if e.Excerpt != "" {
		b.WriteString("\n" + strings.TrimRight(e.Excerpt, "\n"))
	}
	return b.String()
}

// Hint says what to do.
func (e *Error) Hint() string { return e.Advice }

func (e *Error) place() string {
	switch {
	case e.Flag != "":
		return e.Flag + ": "
	case e.Line > 0 && e.Key != "":
		return fmt.Sprintf("%s:%d:%d: %s: ", e.File, e.Line, e.Column, e.Key)
	case e.Line > 0:
		return fmt.Sprintf("%s:%d:%d: ", e.File, e.Line, e.Column)
	case e.Key != "":
		return e.Key + ": "
	}
	return ""
}

// Errors holds every mistake found, in the order of the file.
type Errors []*Error

// Error is each mistake on lines of its own.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
		if e.Advice != "" && i < len(es)-1 {
			lines[i] += "\nhint: " + e.Advice
		}
	}
	return strings.Join(lines, "\n")
}

// Hint is the last mistake's; the others' stand with them.
func (es Errors) Hint() string { return es[len(es)-1].Advice }
