package units

import (
	"strings"
	"testing"
)

func TestANumberStaysWithItsUnit(t *testing.T) {
	for text, want := range map[string]string{
		"Never 4: +22 % latency":      "Never 4: +22_% latency",
		"20 %–30.9 %":                 "20_%–30.9_%",
		"1.83 s of 2 (2.01 ms†), 5 B": "1.83_s of 2 (2.01_ms†), 5_B",
		"4 nodes, 3 steps, 12 blocks": "4 nodes, 3 steps, 12 blocks",
		"by % and s":                  "by % and s",
		"":                            "",
		"291 µs":                      "291_µs",
		"7 ":                          "7 ",
	} {
		if got := strings.ReplaceAll(Together(text), NoBreak, "_"); got != want {
			t.Errorf("got %q of %q, want %q", got, text, want)
		}
	}
}
