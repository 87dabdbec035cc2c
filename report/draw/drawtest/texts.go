// Package drawtest holds the texts of a picture against what a reader can make out: each
// inside of it, none upon another.
package drawtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw"
)

// SVG draws a chart.
func SVG(t *testing.T, c chart.Chart) []byte {
	t.Helper()
	vector, err := draw.Lay(c).SVG()
	if err != nil {
		t.Fatal(err)
	}
	return vector
}

// Text is a line of text of a picture.
type Text struct {
	X      float64 `xml:"x,attr"`
	Y      float64 `xml:"y,attr"`
	Length float64 `xml:"textLength,attr"`
	Style  string  `xml:"style,attr"`
	Text   string  `xml:",chardata"`
}

// Size of its letters, in the picture's points.
func (s Text) Size(t *testing.T) float64 {
	_, rest, _ := strings.Cut(s.Style, "font-size:")
	size, _, _ := strings.Cut(rest, "px")
	v, err := strconv.ParseFloat(size, 64)
	if err != nil {
		t.Fatalf("%q: %v", s.Style, err)
	}
	return v
}

// box is from left to right and from the letters' top to their foot.
func (s Text) box(t *testing.T) (x0, y0, x1, y1 float64) {
	size := s.Size(t)
	return s.X, s.Y - 0.76*size, s.X + s.Length, s.Y + 0.22*size
}

// Texts are those of a picture; one that is not well-formed fails the test.
func Texts(t *testing.T, svg []byte) []Text {
	t.Helper()
	var out []Text
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("the SVG is not well-formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "text" {
			var text Text
			if err := d.DecodeElement(&text, &e); err != nil {
				t.Fatal(err)
			}
			out = append(out, text)
		}
	}
}

// Check fails the test where a text of a picture overlaps another or leaves it.
func Check(t *testing.T, name string, svg []byte) {
	t.Helper()
	var picture struct {
		ViewBox string `xml:"viewBox,attr"`
	}
	if err := xml.Unmarshal(svg, &picture); err != nil {
		t.Fatal(err)
	}
	var width, height float64
	if _, err := fmt.Sscanf(picture.ViewBox, "0 0 %f %f", &width, &height); err != nil {
		t.Fatalf("%q: %v", picture.ViewBox, err)
	}
	texts := Texts(t, svg)
	for i, a := range texts {
		ax0, ay0, ax1, ay1 := a.box(t)
		// Points of the picture, the text's y is negative upwards.
		if ax0 < 0 || ax1 > width || -ay1 < 0 || -ay0 > height {
			t.Errorf("%s: %q at %.0f..%.0f, %.0f..%.0f leaves the picture", name, a.Text, ax0, ax1, -ay1, -ay0)
		}
		for _, b := range texts[:i] {
			bx0, by0, bx1, by1 := b.box(t)
			if ax0 < bx1-0.1 && bx0 < ax1-0.1 && ay0 < by1-0.1 && by0 < ay1-0.1 {
				t.Errorf("%s: %q overlaps %q", name, a.Text, b.Text)
			}
		}
	}
}
