// Package chart holds what a chart says, before anything of it has a place:
// series with their intervals, labels, axes and notes. A chart is data first:
// it is built once, held against what it should say without drawing anything,
// and whoever draws it (package draw, a page) adds no word and no number.
package chart

// Chart is everything that a chart says.
type Chart struct {
	// Name of its files, without an ending.
	Name string `json:"name"`
	// Title is the message; Subtitle says what is shown.
	Title    string   `json:"title"`
	Subtitle []string `json:"subtitle,omitempty"`

	X      Axis     `json:"x"`
	Y      Axis     `json:"y"`
	Keys   []Key    `json:"keys,omitempty"`
	Series []Series `json:"series"`
	Labels []Label  `json:"labels,omitempty"`

	// Panels stand side by side, in place of axes, series and labels of the
	// chart's own; stacked ones stand one above the other, on the x axis of the
	// last, which all of them have.
	Panels  []Panel `json:"panels,omitempty"`
	Stacked bool    `json:"stacked,omitempty"`

	// Alarms are what nobody may overlook: acknowledged writes that are gone.
	Alarms []string `json:"alarms,omitempty"`
	// Notes are what weakens the numbers that carry a mark.
	Notes []string `json:"notes,omitempty"`
	// Caption tells where and when, and what holds of every number.
	Caption []string `json:"caption,omitempty"`
	// Whole are alarms, notes and caption with nothing left out, for a page, which
	// has room for them; null where the chart's own leave nothing out.
	Whole *Words `json:"-"`
}

// Words are what a chart says besides its data.
type Words struct{ Alarms, Notes, Caption []string }

// Words are the chart's, with nothing left out.
func (c *Chart) Words() Words {
	if c.Whole != nil {
		return *c.Whole
	}
	return Words{c.Alarms, c.Notes, c.Caption}
}

// Panel is one of several fields of data under one title.
type Panel struct {
	X      Axis     `json:"x"`
	Y      Axis     `json:"y"`
	Series []Series `json:"series"`
	Labels []Label  `json:"labels,omitempty"`
}

// Fields are the panels, or the chart's own data as the only one.
func (c *Chart) Fields() []Panel {
	if len(c.Panels) > 0 {
		return c.Panels
	}
	return []Panel{{c.X, c.Y, c.Series, c.Labels}}
}

// Form is how a series is drawn.
type Form string

// The forms.
const (
	Points Form = "points"
	Bars   Form = "bars"
	Line   Form = "line"
	Dots   Form = "dots" // small marks, of many single values
	// Stacks are pieces of bars that stand on one another.
	Stacks Form = "stacks"
	// Tiles fill the place of 1 by 1 around each point, in its shade.
	Tiles Form = "tiles"
	// Bands are stretches of the x axis, from each point's From to its X, over all of
	// the field: what lasted. Their Y is the height at which labels name them.
	Bands Form = "bands"
)

// Series is the values of one thing.
type Series struct {
	Name string `json:"name"`
	Form Form   `json:"form"`
	Look Look   `json:"look"`
	// Named: the name stands at the end of the line.
	Named bool `json:"named,omitempty"`
	// Width of a bar, in units of the x axis.
	Width  float64 `json:"width,omitempty"`
	Points []Point `json:"points"`
}

// Point is one value, or the place of one that is not known.
type Point struct {
	X float64 `json:"x"`
	// Name is whose value it is, where its place on the x axis does not say it.
	Name string `json:"name,omitempty"`
	// Y is null where there is no value; Missing says why. Beyond tells one that
	// is above every number from one that is not known.
	Y       *float64 `json:"y"`
	Missing string   `json:"missing,omitempty"`
	Beyond  bool     `json:"beyond,omitempty"`
	// From is the foot of a stack's piece, whose top is Y, or where a band begins; Text is
	// what a piece is worth, and Under the interval of that.
	From float64 `json:"from,omitempty"`
	// Low and High are the ends of the interval; null where there is none. A
	// High beyond every number is null beside a Low, and Open is set.
	Low  *float64 `json:"low,omitempty"`
	High *float64 `json:"high,omitempty"`
	Open bool     `json:"open,omitempty"`
	// Text is the value in words, written at a bar or in a tile.
	Text string `json:"text,omitempty"`
	// Under is a second line of a tile; Shade is how dark it is, from 0 to 1.
	Under string  `json:"under,omitempty"`
	Shade float64 `json:"shade,omitempty"`
	// Plain points of a line carry no mark; a struck one is crossed out, and a struck tile
	// is hatched: it has no value, and Missing says why.
	Plain  bool `json:"plain,omitempty"`
	Struck bool `json:"struck,omitempty"`
	// Of is what the value was made of: a page leads from it there.
	Of Origin `json:"-"`
}

// Origin names a value by the setup that it is of and what it is of it: a metric's name.
// Empty where nothing is told of that.
type Origin struct{ Setup, Name string }

// Look tells series apart. Whoever draws gives each number a colour and a
// shape of its own, so that neither colour nor shape alone carries a meaning.
type Look struct {
	// Number of the series, from 0; Neutral for what is of all series.
	Number int  `json:"number"`
	Hollow bool `json:"hollow,omitempty"`
	Dashed bool `json:"dashed,omitempty"`
}

// Neutral is the number of a look that stands for every series.
const Neutral = -1

// Sign is what a key shows beside its text.
type Sign string

// The signs.
const (
	SignInterval Sign = "interval" // a mark with its interval
	SignLine     Sign = "line"
	SignDot      Sign = "dot"
	SignBar      Sign = "bar"
	SignStruck   Sign = "struck"
	SignBand     Sign = "band"
)

// Key explains a look.
type Key struct {
	Text string `json:"text"`
	Sign Sign   `json:"sign"`
	Look Look   `json:"look"`
	// Plain lines carry no mark.
	Plain bool `json:"plain,omitempty"`
}

// Label names marks, and gives their value under the name or none.
type Label struct {
	Name  string `json:"name"`
	Value string `json:"value,omitempty"`
	Of    []Ref  `json:"of"`
}

// Ref is a point of a series, by their indexes.
type Ref struct {
	Series int `json:"series"`
	Point  int `json:"point"`
}

// At is the point that a reference means.
func (c *Panel) At(r Ref) Point { return c.Series[r.Series].Points[r.Point] }

// Known are those of some points that have a value; all, where none has.
func (c *Panel) Known(refs []Ref) []Ref {
	var out []Ref
	for _, r := range refs {
		if c.At(r).Y != nil {
			out = append(out, r)
		}
	}
	if len(out) == 0 {
		return refs
	}
	return out
}
