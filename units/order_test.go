package units

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestValuesAreInTheOrderOfTheirSize(t *testing.T) {
	limits := []string{"p99 < 1s", "p99 < 20ms", "p50 < 5ms", "p99 < 100ms"}
	slices.SortFunc(limits, Compare)
	if got := strings.Join(limits, ", "); got != "p50 < 5ms, p99 < 20ms, p99 < 100ms, p99 < 1s" {
		t.Errorf("got %s", got)
	}
	for text, want := range map[string]string{
		"1 16 2":          "1 2 16",
		"2ms 500µs real":  "real 500µs 2ms",
		"1MiB 256B 1KiB":  "256B 1KiB 1MiB",
		"1gbit 100mbit":   "100mbit 1gbit",
		"500/s 60/s":      "60/s 500/s",
		"12% 5%":          "5% 12%",
		"n16 n2 n1":       "n1 n2 n16",
		"p99<100ms p99<5": "p99<5 p99<100ms",
		"b a":             "a b",
		"0.5 0.25":        "0.25 0.5",
		"10s 2m 500ms":    "500ms 10s 2m",
	} {
		got := strings.Fields(text)
		slices.SortFunc(got, Compare)
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %v, wanted %s", text, got, want)
		}
	}
}

// Compare is an order: of any three texts no two contradict the third.
func TestCompareIsAnOrder(t *testing.T) {
	text := rapid.OneOf(rapid.StringMatching(`[a-c0-2 ]{0,5}`), rapid.StringMatching(`[ab] <? ?[0-9](ms|s)?`), rapid.StringMatching(`[0-9]{1,2}(ms|s|%|B|KiB|/s|bit)?`))
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := text.Draw(t, "a"), text.Draw(t, "b"), text.Draw(t, "c")
		if Compare(a, b) != -Compare(b, a) || (Compare(a, b) == 0) != (a == b) {
			t.Fatalf("%q and %q: %d and %d", a, b, Compare(a, b), Compare(b, a))
		}
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("%q ≤ %q ≤ %q < %[1]q", a, b, c)
		}
	})
}
