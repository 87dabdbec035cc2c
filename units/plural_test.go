package units

import "testing"

func TestPlural(t *testing.T) {
	for want, got := range map[string]string{
		"0 trials": Plural(0, "trial"), "1 trial": Plural(1, "trial"), "2 trials": Plural(2, "trial"),
		"1 query": Plural(1, "query"), "3 queries": Plural(3, "query"), "2 replays": Plural(2, "replay"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
