package summary

import (
	"fmt"
	"math"

	"github.com/raftbench/raftbench/results"
)

// place is which load a window offered: what is measured under one load is one
// quantity, whatever the windows are called.
type place struct {
	role  results.Role
	share int // of the capacity, in per cent; of results.RoleShare only
}

func placeOf(w *results.Window) place {
	p := place{role: w.Role}
	if w.Role == results.RoleShare {
		p.share = int(math.Round(100 * w.LoadShare))
	}
	return p
}

// measured tells whether metrics are taken from such windows. The others try a
// rate, and belong to the curve, or only begin a search.
func (p place) measured() bool {
	return p.role == results.RoleLight || p.role == results.RoleFull || p.role == results.RoleShare
}

// curved tells whether a window is a point of the curve.
func (p place) curved() bool {
	return p.role == results.RoleStep || p.role == results.RoleSearch || p.role == results.RoleConfirm
}

// fullPrefix stands before the metrics of full load.
const fullPrefix = "saturate_"

// prefix of the place's metrics: none for the light load, whose figures are
// the cost of a write.
func (p place) prefix() string {
	switch p.role {
	case results.RoleFull:
		return fullPrefix
	case results.RoleShare:
		return fmt.Sprintf("capacity_at_%d_", p.share)
	}
	return ""
}

// windows are the trial's measured windows, the first of each place.
func windows(t *results.Trial) []*results.Window {
	seen := map[place]bool{}
	var out []*results.Window
	for i := range t.Windows {
		w := &t.Windows[i]
		if p := placeOf(w); p.measured() && !seen[p] {
			seen[p] = true
			out = append(out, w)
		}
	}
	return out
}
