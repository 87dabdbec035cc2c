package clean

import (
	"fmt"
	"unicode/utf8"
)

// Title is a title that is safe to show on terminals, pages and pictures. It
// fails for one of nothing but spaces, and for one of more than 120 characters, which
// no chart has room for.
func Title(text string) (string, error) {
	title := Text(text)
	switch n := utf8.RuneCountInString(title); {
	case n == 0:
		return "", fmt.Errorf("got a title without a letter, want 1 to %d characters", MaxName)
	case n > MaxName:
		return "", fmt.Errorf("got a title of %d characters, want at most %d", n, MaxName)
	}
	return title, nil
}
