package draw

import (
	"image/color"
	"testing"
)

// contrast of two colours, as WCAG 2.2 defines it: from 1 to 21.
func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// greyed is a colour as a copier or a filter shows it.
func greyed(c color.NRGBA) color.NRGBA {
	g := uint8(0.2126*float64(c.R) + 0.7152*float64(c.G) + 0.0722*float64(c.B) + 0.5)
	return color.NRGBA{g, g, g, 0xFF}
}

// The number in a tile reads on each shade, in colour and in grey.
func TestTheNumberInATileReadsOnEachShade(t *testing.T) {
	for i := range 1001 {
		of := shaded(float64(i) / 1000)
		ink, _ := inkOn(of).(color.NRGBA)
		if c, g := contrast(of, ink), contrast(greyed(of), ink); c < 4.5 || g < 4.5 {
			t.Errorf("shade %d of 1000: a contrast of %.2f, in grey %.2f, want 4.5", i, c, g)
		}
	}
}
