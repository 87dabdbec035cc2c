package units

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// after a number and a space, these are its unit.
var after = []string{"%", "ns", "µs", "ms", "s", "min", "h", "B", "KiB", "MiB", "GiB", "TiB"}

// NoBreak is the space that keeps a number and its unit in one line.
const NoBreak = "\u00a0"

// Together binds each number in a text to its unit with a no-break space, so that whoever
// breaks the text into lines does not part them: 22 %, 1.83 s.
func Together(text string) string {
	var out strings.Builder
	from := 0
	for i := 1; i < len(text); i++ {
		if text[i] == ' ' && text[i-1] >= '0' && text[i-1] <= '9' && beginsWithUnit(text[i+1:]) {
			out.WriteString(text[from:i] + NoBreak)
			from = i + 1
		}
	}
	if from == 0 {
		return text
	}
	return out.String() + text[from:]
}

// beginsWithUnit tells a unit from a word that begins as one: s from seconds.
func beginsWithUnit(text string) bool {
	for _, unit := range after {
		if rest, ok := strings.CutPrefix(text, unit); ok {
			next, _ := utf8.DecodeRuneInString(rest)
			if rest == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next) {
				return true
			}
		}
	}
	return false
}
