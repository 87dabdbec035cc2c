package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// console is stderr with, on a terminal, a line at its foot that tells what
// goes on now. All that is written scrolls by above that line.
type console struct {
	mu sync.Mutex
	w  io.Writer
	// width is the terminal's, in columns, asked again for each drawing: it may
	// be resized. It is nil where there is no terminal.
	width func() int
	line  string
	drawn int // runes on the terminal of the line as it was last drawn
}

func newConsole(w io.Writer, width func() int) *console { return &console{w: w, width: width} }

// Write writes above the line. What is written ends with a newline.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	n, err := c.w.Write(p)
	c.draw()
	return n, err
}

// setLine shows another line, or none.
func (c *console) setLine(line string) {
	if c.width == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.erase()
	c.line = line
	c.draw()
}

// draw leaves the last column free: a terminal wraps after it.
func (c *console) draw() {
	if c.line == "" {
		return
	}
	line := cut(c.line, c.width()-1)
	fmt.Fprint(c.w, line)
	c.drawn = utf8.RuneCountInString(line)
}

// erase removes the line. In a terminal that became narrower meanwhile it
// stands on several rows.
func (c *console) erase() {
	if c.drawn == 0 {
		return
	}
	up := ""
	if rows := (c.drawn - 1) / c.width(); rows > 0 {
		up = fmt.Sprintf("\x1b[%dA", rows)
	}
	fmt.Fprint(c.w, "\r"+up+"\x1b[J")
	c.drawn = 0
}

// cut shortens a line to so many columns.
func cut(line string, columns int) string {
	if utf8.RuneCountInString(line) <= columns {
		return line
	}
	if columns < 1 {
		return ""
	}
	return strings.TrimRight(string([]rune(line)[:columns-1]), " ") + "…"
}

// widthOf is how a terminal is asked for its width; nil of what is none, or
// one that cannot move its cursor.
func widthOf(w io.Writer) func() int {
	if !isTerminal(w) || os.Getenv("TERM") == "dumb" {
		return nil
	}
	f := w.(*os.File)
	return func() int {
		const usual = 80
		columns, _, err := term.GetSize(int(f.Fd())) //nolint:gosec // a file descriptor is a small number
		if err != nil || columns <= 0 {
			return usual
		}
		return columns
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) //nolint:gosec // a file descriptor is a small number
}

// colorful is whether ANSI escapes may be written (https://no-color.org).
func colorful(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }
