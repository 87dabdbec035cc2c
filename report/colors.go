package report

// colors paints text for a terminal, or leaves it plain.
type colors bool

// ANSI styles that read on light and dark grounds alike.
const (
	normal = ""
	bold   = "\x1b[1m"
	dim    = "\x1b[2m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[33m"
	reset  = "\x1b[0m"
)

func (on colors) paint(style, text string) string {
	if !bool(on) || style == normal || text == "" {
		return text
	}
	return style + text + reset
}
