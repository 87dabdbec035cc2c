package draw

import (
	"testing"

	"pgregory.net/rapid"
)

// The promise of placeLabels: what has a place is inside the canvas and
// overlaps neither what was taken nor another label.
func TestPlacedLabelsNeverOverlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		canvas := rect{0, 0, 800, 450}
		spot := func(name string, w, h float64) rect {
			x := rapid.Float64Range(0, canvas.x1-w).Draw(t, name+"x")
			y := rapid.Float64Range(0, canvas.y1-h).Draw(t, name+"y")
			return rect{x, y, x + w, y + h}
		}
		var taken []rect
		var wishes []wish
		for range rapid.IntRange(0, 25).Draw(t, "marks") {
			m := spot("mark", 14, 14)
			taken = append(taken, m)
			wishes = append(wishes, wish{mark: m, whole: m, w: rapid.Float64Range(20, 260).Draw(t, "w"), h: 36, sides: []side{east}})
		}
		places, ok := placeLabels(canvas, taken, wishes)
		for i, r := range places {
			if !ok[i] {
				continue
			}
			if !canvas.holds(r) {
				t.Fatalf("label %d at %v leaves the canvas", i, r)
			}
			if !free(r, taken) {
				t.Fatalf("label %d at %v covers a mark", i, r)
			}
			for k := range i {
				if ok[k] && r.overlaps(places[k]) {
					t.Fatalf("labels %d and %d overlap: %v %v", k, i, places[k], r)
				}
			}
		}
	})
}

func TestLabelsPreferTheSideTheyAskFor(t *testing.T) {
	m := rect{100, 100, 114, 114}
	places, ok := placeLabels(rect{0, 0, 400, 400}, []rect{m}, []wish{{mark: m, whole: m, w: 60, h: 20, sides: []side{west}}})
	if !ok[0] || places[0].x1 > m.x0 {
		t.Errorf("got %v (%t), want left of the mark %v", places[0], ok[0], m)
	}
}

func TestNoRoomMeansNoLabel(t *testing.T) {
	m := rect{0, 0, 100, 100}
	if places, ok := placeLabels(m, []rect{m}, []wish{{mark: m, whole: m, w: 10, h: 10}}); ok[0] {
		t.Errorf("got a label at %v, want none: all is taken", places[0])
	}
}

// Names at the ends of curves keep their distance and their order.
func TestStackedLabelsKeepApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		centres := rapid.SliceOfN(rapid.Float64Range(-50, 450), 0, 16).Draw(t, "centres")
		const height, low, high = 22.0, 0.0, 400.0
		got := stack(centres, height, low, high)
		order := sortedIndex(centres)
		for k, i := range order {
			if got[i] < low+height/2-1e-6 || got[i] > high-height/2+1e-6 {
				t.Fatalf("label %d at %g leaves [%g, %g]", i, got[i], low, high)
			}
			if k > 0 && got[i]-got[order[k-1]] < height-1e-6 {
				t.Fatalf("labels %d and %d at %g and %g are closer than %g", order[k-1], i, got[order[k-1]], got[i], height)
			}
		}
	})
}

func TestStackLeavesAloneWhatHasRoom(t *testing.T) {
	centres := []float64{300, 50, 170}
	for i, got := range stack(centres, 20, 0, 400) {
		if got != centres[i] {
			t.Errorf("label %d moved from %g to %g", i, centres[i], got)
		}
	}
}
