package summary

import "github.com/raftbench/raftbench/results"

// Undisturbed returns the light load of a trial that counts for what theory says of its
// size: a valid one that measures, in which no node was harmed or died. It is nil of any
// other trial.
func Undisturbed(t *results.Trial) *results.Window {
	w := t.Window(results.RoleLight)
	if t.Kind != results.Measure || !t.Valid || w == nil || w.Harmed || len(t.Dead) > 0 {
		return nil
	}
	return w
}

// Timed returns the undisturbed light load of a trial that tells where the time of whole
// writes went: what predictions are made from. It is nil of any other trial.
func Timed(t *results.Trial) *results.Window {
	if w := Undisturbed(t); w != nil && w.Spans != nil && w.Spans.Whole > 0 {
		return w
	}
	return nil
}
