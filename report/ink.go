package report

// ink paints text for a terminal, or leaves it plain.
type ink bool

// ANSI styles that read on light and dark grounds alike.
const (
	plainInk = ""
	bold     = "\x1b[1m"
	dim      = "\x1b[2m"
	yellow   = "\x1b[33m"
	reset    = "\x1b[0m"
)

func (i ink) paint(style, text string) string {
	if !bool(i) || style == plainInk || text == "" {
		return text
	}
	return style + text + reset
}

func (i ink) pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
