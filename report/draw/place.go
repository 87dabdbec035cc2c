package draw

import (
	"cmp"
	"math"
	"slices"
)

// wish is a label that wants a place beside its mark.
type wish struct {
	mark rect // what it names
	// whole is the mark with its interval, above or below which a label can stand.
	whole rect
	w, h  float64
	// sides in the order of liking; none means any.
	sides []side
	// home is the stretch of the mark's own place, which a label leaves only where there
	// is no room in it.
	home rect
}

// side of a mark at which a label can stand, as steps to the right and up.
type side struct{ dx, dy float64 }

var (
	east      = side{1, 0}
	west      = side{-1, 0}
	north     = side{0, 1}
	south     = side{0, -1}
	northeast = side{1, 1}
	northwest = side{-1, 1}
	southeast = side{1, -1}
	southwest = side{-1, -1}

	anySide = []side{east, west, north, south, northeast, southeast, northwest, southwest}
)

// labelGap is kept free around a label, in points.
const labelGap = 3

// placeLabels gives each label a place inside the canvas that overlaps neither
// what is taken nor another label, as near to its mark as can be; ok is false
// for a label for which there is no such place. Earlier wishes go first.
func placeLabels(canvas rect, taken []rect, wishes []wish) (places []rect, ok []bool) {
	taken = append([]rect{}, taken...)
	places, ok = make([]rect, len(wishes)), make([]bool, len(wishes))
	for i, w := range wishes {
		places[i], ok[i] = placeLabel(canvas, taken, w)
		if ok[i] {
			taken = append(taken, places[i].grown(labelGap))
		}
	}
	return places, ok
}

// reach is how far a label may stand from its mark, in points, before a
// reader would no longer see that they belong together.
const reach = 160

// near is how far a label moves from its mark to stay at home.
const near = 40

func placeLabel(canvas rect, taken []rect, w wish) (rect, bool) {
	if r, ok := placeWithin(w.home, taken, w, near); ok && canvas.holds(r) {
		return r, true
	}
	return placeWithin(canvas, taken, w, reach)
}

func placeWithin(room rect, taken []rect, w wish, most float64) (rect, bool) {
	for away := 4.0; away < most; away += 8 {
		for _, s := range append(append([]side{}, w.sides...), anySide...) {
			if r := beside(w, s, away); room.holds(r) && free(r, taken) {
				return r, true
			}
		}
	}
	return rect{}, false
}

// beside is the label's area at a side of its mark, that far away.
func beside(w wish, s side, away float64) rect {
	cx, cy := (w.mark.x0+w.mark.x1)/2, (w.mark.y0+w.mark.y1)/2
	if s.dx != 0 && s.dy != 0 {
		away /= math.Sqrt2
	}
	x := cx + s.dx*(w.mark.width()/2+away+w.w/2)
	y := cy + s.dy*(w.mark.height()/2+away+w.h/2)
	if s.dx == 0 { // above or below all of it
		y += max(w.whole.y1-w.mark.y1, 0)*max(s.dy, 0) - max(w.mark.y0-w.whole.y0, 0)*max(-s.dy, 0)
	}
	return rect{x - w.w/2, y - w.h/2, x + w.w/2, y + w.h/2}
}

func free(r rect, taken []rect) bool {
	for _, t := range taken {
		if r.overlaps(t) {
			return false
		}
	}
	return true
}

// stack moves labels of one column apart: each keeps as near as it can to
// where it wants its centre, at least height from its neighbours, all within
// low and high. The answer is by index.
func stack(centres []float64, height, low, high float64) []float64 {
	order := sortedIndex(centres)
	out := append([]float64{}, centres...)
	// Up from below, then down from above where the top pushed past the end.
	floor := low + height/2
	for _, i := range order {
		out[i] = max(out[i], floor)
		floor = out[i] + height
	}
	ceiling := high - height/2
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		out[i] = min(out[i], ceiling)
		ceiling = out[i] - height
	}
	return out
}

func sortedIndex(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	return order
}
