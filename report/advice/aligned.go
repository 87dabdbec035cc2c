package advice

import (
	"strings"
	"unicode/utf8"
)

// alignment is to which side the first column of a plain table stands: names to the
// left, numbers to the right.
type alignment int

const (
	alignRight alignment = iota
	alignLeft
)

// alignedRows lays the rows of a plain table out, their head first; all columns but
// the first are numbers, to the right.
func alignedRows(rows [][]string, first alignment) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, text := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(text))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, text := range row {
			if i > 0 {
				b.WriteString("  ")
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i == 0 && first == alignLeft {
				text, pad = pad, text
			}
			b.WriteString(pad + text)
		}
		b.WriteString("\n")
	}
	return b.String()
}
