package wording

import (
	"cmp"
	"strings"
)

// Natural compares names as people order them: t25 before t100.
func Natural(a, b string) int {
	for a != "" && b != "" {
		x, restA := leading(a)
		y, restB := leading(b)
		byNumber := isDigit(x[0]) && isDigit(y[0])
		if byNumber {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if c := cmp.Compare(len(x), len(y)); c != 0 {
				return c
			}
		}
		if c := cmp.Compare(x, y); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return cmp.Compare(len(a), len(b))
}

// WithoutDigits a name are what is left without its digits.
func WithoutDigits(name string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return -1
		}
		return r
	}, name)
}

// leading are the digits that a text begins with, or else what is none.
func leading(text string) (part, rest string) {
	n := 1
	for n < len(text) && isDigit(text[n]) == isDigit(text[0]) {
		n++
	}
	return text[:n], text[n:]
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
