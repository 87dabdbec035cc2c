package units

import (
	"cmp"
	"strconv"
	"strings"
)

// Compare orders values as people count: 2 before 16, 500µs before 2ms, 1KiB
// before 1MiB. Words come first, in the order of the alphabet, n2 before n16;
// what ends in a number goes by that last: p99 < 20ms before p99 < 1s.
func Compare(a, b string) int {
	ka, va := literal(a)
	kb, vb := literal(b)
	if c := cmp.Or(cmp.Compare(ka, kb), cmp.Compare(va, vb)); c != 0 || ka != noKind {
		return cmp.Or(c, strings.Compare(a, b))
	}
	headA, tailA := lastField(a)
	headB, tailB := lastField(b)
	c := compareWords(headA, headB)
	if c == 0 && headA != "" && headB != "" {
		c = Compare(tailA, tailB)
	}
	return cmp.Or(c, compareWords(a, b), strings.Compare(a, b))
}

// lastField cuts a text at its last space; without one all of it is the tail.
func lastField(s string) (head, tail string) {
	i := strings.LastIndexByte(s, ' ')
	return s[:max(i, 0)], s[i+1:]
}

// noKind is the kind of what is no number.
const noKind Kind = -1

// literal reads a number whatever its unit.
func literal(s string) (Kind, float64) {
	for _, k := range []Kind{Count, Duration, Rate, Bitrate, Size, Share} {
		if v, err := k.Parse(s); err == nil {
			return k, v
		}
	}
	return noKind, 0
}

// compareWords goes through both texts, number by number and text by text.
func compareWords(a, b string) int {
	for a != "" && b != "" {
		x, y := leading(a), leading(b)
		m, err := strconv.ParseFloat(x, 64)
		n, other := strconv.ParseFloat(y, 64)
		c := strings.Compare(x, y)
		if err == nil && other == nil {
			c = cmp.Compare(m, n)
		}
		if c != 0 {
			return c
		}
		a, b = a[len(x):], b[len(y):]
	}
	return cmp.Compare(len(a), len(b))
}

// leading is the run of digits, or of anything else, that a text begins with.
func leading(s string) string {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	end := 1
	for end < len(s) && digit(s[end]) == digit(s[0]) {
		end++
	}
	return s[:end]
}
