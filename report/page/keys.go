package page

import (
	"fmt"

	"github.com/raftbench/raftbench/report/chart"
)

// shapes of marks in a box of 20 by 20, by the number of a look; page.js has the same.
// A look has a shape as it has a colour, for print and for those who see none.
var shapes = []string{
	`<circle cx="10" cy="10" r="6"/>`,
	`<path d="M10 2.5 16.6 14.5H3.4Z"/>`,
	`<path d="M4.7 4.7H15.3V15.3H4.7Z"/>`,
	`<path d="M10 2.2 17.8 10 10 17.8 2.2 10Z"/>`,
	`<path d="M10 17.5 3.4 5.5H16.6Z"/>`,
}

// colors are how many colours page.css has for looks.
const colors = 7

// keys explain looks. Lines that carry their names need none where the page is wide
// enough to write these beside them.
func (b *builder) keys(c *chart.Chart) {
	keys, named := c.Keys, false
	if len(keys) == 0 {
		keys, named = namedLines(c), true
	}
	if len(keys) == 0 {
		return
	}
	class := "keys"
	if named {
		class += " named"
	}
	b.WriteString("<ul class=\"" + class + "\">\n")
	for _, k := range keys {
		b.WriteString("<li>" + sign(k))
		b.put("%s</li>\n", k.Text)
	}
	b.WriteString("</ul>\n")
}

func namedLines(c *chart.Chart) []chart.Key {
	var out []chart.Key
	for _, p := range c.Fields() {
		for _, s := range p.Series {
			if s.Named {
				out = append(out, chart.Key{Text: s.Name, Sign: chart.SignLine, Look: s.Look})
			}
		}
	}
	return out
}

// stripes of an area's look: the second round through the colours has them, as in package
// draw and page.js.
func stripes(l chart.Look) string {
	if max(l.Number, 0)/colors%2 == 0 {
		return ""
	}
	return `<path class="stripes" d="M1 7 7 1M1 13 13 1M1 19 19 1M7 19 19 7M13 19 19 13"/>`
}

// sign is a small picture of a look.
func sign(k chart.Key) string {
	color, shape := "of-all", shapes[0]
	if n := k.Look.Number; n >= 0 {
		color, shape = fmt.Sprintf("of-%d", n%colors), shapes[n%len(shapes)]
	}
	class := color
	if k.Look.Hollow {
		class += " hollow"
	}
	inside := shape
	switch k.Sign {
	case chart.SignInterval:
		inside = `<path class="stroke" d="M10 0V20M6 0H14M6 20H14"/>` + shape
	case chart.SignLine:
		dash := ""
		if k.Look.Dashed {
			dash = ` stroke-dasharray="4 3"`
		}
		inside = `<path class="stroke" d="M0 10H20"` + dash + `/>`
		if !k.Plain {
			inside += shape
		}
	case chart.SignBar:
		inside = `<path d="M1 1H19V19H1Z"/>` + stripes(k.Look) + `<g class="mark">` + shape + `</g>` // as it stands in the bar
	case chart.SignBand:
		inside = `<path fill-opacity="0.15" d="M3 1H17V19H3Z"/><path class="stroke" d="M3 1V19M17 1V19"/>`
	case chart.SignStruck:
		inside = `<path class="stroke" d="M4 4 16 16M16 4 4 16"/>`
	}
	return `<svg class="sign ` + class + `" viewBox="0 0 20 20" aria-hidden="true">` + inside + `</svg>`
}
