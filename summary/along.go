package summary

import "slices"

// Step is from the first value of an axis to another one, all else alike.
type Step struct {
	From, To           Cell
	FromValue, ToValue string
	// Differences, one a metric, as they were decided; none where no block holds a
	// valid trial of both.
	Differences []Difference
}

// Axes are what the setups of a run have beside their size, with their values in
// the order in which they are compared: the first is what the others are held
// against.
func (s Summary) Axes() map[string][]string {
	out := map[string][]string{}
	for _, axis := range dimensions(s.Cells) {
		for _, c := range s.Cells {
			if v := c.along(axis); !slices.Contains(out[axis], v) {
				out[axis] = append(out[axis], v)
			}
		}
	}
	return out
}

// Along are the steps of an axis, size by size.
func (s Summary) Along(axis string) []Step {
	var out []Step
	for _, p := range axisPairings(s.Cells) {
		from, to := s.Cells[p.from], s.Cells[p.to]
		if from.along(axis) == to.along(axis) {
			continue
		}
		step := Step{From: from, To: to, FromValue: from.along(axis), ToValue: to.along(axis)}
		for _, d := range s.Differences {
			if d.From == from.Cell && d.To == to.Cell {
				step.Differences = append(step.Differences, d)
			}
		}
		out = append(out, step)
	}
	return out
}

// along is the cell's value on an axis; empty where it is the default.
func (c Cell) along(axis string) string {
	switch axis {
	case byEngine:
		return c.Engine
	case byProfile:
		return c.Profile
	case byLoad:
		return c.Load
	}
	return c.Params[axis]
}
