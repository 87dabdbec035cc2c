package draw

import (
	"image/color"
	"sort"
	"strings"
	"sync"

	xfont "golang.org/x/image/font"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"

	"github.com/raftbench/raftbench/units"
)

// pen is how text looks.
type pen struct {
	size  float64 // points
	bold  bool
	color color.Color
}

// Of Liberation Sans, as shares of the size: how far letters reach above and
// below the line they stand on, and the distance of lines.
const (
	ascent  = 0.76
	descent = 0.22
	leading = 1.22
)

var fonts = font.NewCache(liberation.Collection())

func (p pen) face() font.Face {
	f := font.Font{Typeface: "Liberation", Variant: "Sans", Size: font.Length(p.size)}
	if p.bold {
		f.Weight = xfont.WeightBold
	}
	return fonts.Lookup(f, f.Size)
}

// widths remembers what was measured: kerning is slow, and layout asks for
// the same words again and again. A report's words are few.
var widths sync.Map

type extent struct {
	size float64
	bold bool
	text string
}

func (p pen) width(text string) float64 {
	// By size and weight alone: the widths are those of letters.
	k := extent{p.size, p.bold, text}
	if w, ok := widths.Load(k); ok {
		return w.(float64)
	}
	face := p.face()
	w := float64(face.Width(text))
	widths.Store(k, w)
	return w
}

// wrap breaks text at spaces into lines of at most room points, never between a number and
// its unit; a word that is wider is cut.
func (p pen) wrap(text string, room float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Split(units.Together(strings.Join(strings.Fields(text), " ")), " ") {
		word = strings.ReplaceAll(word, units.NoBreak, " ")
		if line != "" && p.width(line+" "+word) > room {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+p.shorten(word, room), " ")
	}
	if line == "" {
		return lines
	}
	return append(lines, line)
}

// shorten cuts text to so many points.
func (p pen) shorten(text string, room float64) string {
	if p.width(text) <= room {
		return text
	}
	r := []rune(text)
	// The longest beginning that fits, never less than one letter.
	n := sort.Search(len(r), func(n int) bool { return p.width(string(r[:n+1])+"…") > room })
	return strings.TrimSpace(string(r[:max(n, 1)])) + "…"
}

// widest is the width of the longest of some lines.
func (p pen) widest(lines ...string) float64 {
	w := 0.0
	for _, l := range lines {
		w = max(w, p.width(l))
	}
	return w
}
