package chart

// Upright is a line at a place, from the foot of an upright axis to its top; who draws
// it names it and says how it looks.
func Upright(at float64, y Axis) Series {
	bottom, top := y.Min, y.Max
	return Series{Form: Line, Points: []Point{{X: at, Y: &bottom, Plain: true}, {X: at, Y: &top, Plain: true}}}
}
