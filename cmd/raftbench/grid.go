package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// grid is rows of text under a head, for a terminal, a page or a spreadsheet.
type grid struct {
	head []string
	rows [][]string
}

func (g *grid) add(row ...string) { g.rows = append(g.rows, row) }

// table aligns the columns; two spaces part them.
func (g *grid) table(w io.Writer) {
	widths := make([]int, len(g.head))
	all := append([][]string{g.head}, g.rows...)
	for _, row := range all {
		for i, text := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	for _, row := range all {
		var line strings.Builder
		for i, text := range row {
			line.WriteString(text + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text)+2))
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

func (g *grid) markdown(w io.Writer) {
	rule := slices.Repeat([]string{"---"}, len(g.head))
	for _, row := range append([][]string{g.head, rule}, g.rows...) {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = strings.ReplaceAll(text, "|", `\|`)
		}
		fmt.Fprintf(w, "| %s |\n", strings.Join(cells, " | "))
	}
}

func (g *grid) csv(w io.Writer) error {
	c := csv.NewWriter(w)
	if err := c.Write(g.head); err != nil {
		return err
	}
	return c.WriteAll(g.rows)
}

// checkFormat refuses an -o that a command does not know.
func checkFormat(got string, want ...string) error {
	if slices.Contains(want, got) {
		return nil
	}
	return usage(fmt.Errorf("got the output format %q, want one of %s", got, strings.Join(want, ", ")), "write it like -o "+want[0])
}
