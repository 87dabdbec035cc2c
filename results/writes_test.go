package results

import (
	"strings"
	"testing"
)

// Writes that contradict themselves are refused before anybody draws them.
func TestWritesAreChecked(t *testing.T) {
	good := func() *Writes {
		return &Writes{StartNS: 1, Every: 1, SentUS: []int64{0, 5}, TookUS: []int64{1, 2}, Outcomes: "au"}
	}
	for want, spoil := range map[string]func(*Writes){
		"":               func(*Writes) {},
		"writes.every":   func(w *Writes) { w.Every = 0 },
		"one of each":    func(w *Writes) { w.TookUS = w.TookUS[:1] },
		"outcome":        func(w *Writes) { w.Outcomes = "ax" },
		"writes.sent_us": func(w *Writes) { w.SentUS[1] = -1 },
		"writes.took_us": func(w *Writes) { w.TookUS[1] = maxTimeNS },
		"sent over":      func(w *Writes) { w.SentUS = []int64{maxTimeNS / 1000, maxTimeNS / 1000} },
	} {
		w, r := good(), &ranges{}
		spoil(w)
		w.check(r)
		if got := r.first; (got == nil) != (want == "") || got != nil && !strings.Contains(got.Error(), want) {
			t.Errorf("got %v, want an error with %q", got, want)
		}
	}
}
