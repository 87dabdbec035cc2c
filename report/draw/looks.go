package draw

import (
	"image/color"

	"github.com/raftbench/raftbench/report/chart"
)

// palette is Okabe and Ito's, told apart with any common colour blindness
// (Okabe, Ito: Color Universal Design, 2008); its yellow is left out because
// it vanishes on white.
var palette = []color.Color{
	color.NRGBA{0x00, 0x72, 0xB2, 0xFF}, // blue
	color.NRGBA{0xD5, 0x5E, 0x00, 0xFF}, // vermillion
	color.NRGBA{0x00, 0x9E, 0x73, 0xFF}, // bluish green
	color.NRGBA{0xCC, 0x79, 0xA7, 0xFF}, // reddish purple
	color.NRGBA{0xE6, 0x9F, 0x00, 0xFF}, // orange
	color.NRGBA{0x56, 0xB4, 0xE9, 0xFF}, // sky blue
	color.NRGBA{0x00, 0x00, 0x00, 0xFF}, // black
}

var (
	dark  = color.NRGBA{0x22, 0x26, 0x2B, 0xFF}
	grey  = color.NRGBA{0x55, 0x5D, 0x68, 0xFF}
	pale  = color.NRGBA{0xDD, 0xE1, 0xE6, 0xFF}
	band  = color.NRGBA{0xF3, 0xF5, 0xF8, 0xFF}
	white = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
	// rust is the palette's vermillion, darkened until text in it reads.
	rust = color.NRGBA{0xA8, 0x3E, 0x00, 0xFF}
)

// hue never runs out: series beyond the palette begin again, with another
// shape beside them, and their areas are striped.
func hue(l chart.Look) color.Color {
	if l.Number < 0 {
		return grey
	}
	return palette[l.Number%len(palette)]
}

// striped tells whether the areas of a look have stripes: those of the second round through
// the palette have, of the third not, and so on.
func striped(l chart.Look) bool { return max(l.Number, 0)/len(palette)%2 == 1 }

// outline of a mark around the origin, of radius 1; nil is a circle. The
// shapes say what the colours say, for print and for those who see none.
type outline [][2]float64

var outlines = []outline{
	nil,
	{{0, 1.25}, {-1.1, -0.75}, {1.1, -0.75}},
	{{-0.88, -0.88}, {-0.88, 0.88}, {0.88, 0.88}, {0.88, -0.88}},
	{{0, 1.3}, {1.3, 0}, {0, -1.3}, {-1.3, 0}},
	{{0, -1.25}, {1.1, 0.75}, {-1.1, 0.75}},
}

// shape gives neighbours different outlines; with seven colours and five
// shapes a pair repeats after 35 series.
func shape(l chart.Look) outline { return outlines[max(l.Number, 0)%len(outlines)] }

// dashes of a line.
func dashes(l chart.Look) []float64 {
	if l.Dashed {
		return []float64{9, 6}
	}
	return nil
}
