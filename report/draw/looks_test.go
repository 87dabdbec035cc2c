package draw

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
)

// The pieces of a bar of nine parts have nine looks without their marks, which thin pieces have
// no room for, in colour and in grey.
func TestPiecesOfABarDiffer(t *testing.T) {
	colored, grey := map[string]int{}, map[string]int{}
	for n := range 9 {
		top := 1.0
		raster, err := Lay(chart.Chart{
			X: chart.Axis{Min: -0.5, Max: 0.5}, Y: chart.Axis{Max: 1},
			Series: []chart.Series{{Form: chart.Stacks, Look: chart.Look{Number: n}, Width: 0.5, Points: []chart.Point{{Y: &top}}}},
		}).PNG()
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(raster))
		if err != nil {
			t.Fatal(err)
		}
		var row, inGrey strings.Builder
		y := img.Bounds().Dy() / 4 // above the mark in the middle
		for x := range img.Bounds().Dx() {
			at := img.At(x, y)
			fmt.Fprint(&row, at)
			fmt.Fprint(&inGrey, color.GrayModel.Convert(at))
		}
		for i, seen := range []map[string]int{colored, grey} {
			text := []string{row.String(), inGrey.String()}[i]
			if other, ok := seen[text]; ok {
				t.Errorf("pieces %d and %d look alike, %s", other, n, []string{"in colour", "in grey"}[i])
			}
			seen[text] = n
		}
	}
}
