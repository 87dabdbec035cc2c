package page

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/tables"
)

// What the scripts get: only what is drawn, in short names, since 500 trials make
// charts of many points.

type chartData struct {
	Name    string      `json:"n"`
	Title   string      `json:"t"`
	Sub     []string    `json:"s,omitempty"`
	Caption []string    `json:"c,omitempty"`
	Keys    []keyData   `json:"k,omitempty"`
	Stacked bool        `json:"d,omitempty"`
	Panels  []panelData `json:"p"`
}

type keyData struct {
	Text string   `json:"t"`
	Sign string   `json:"s"`
	Look lookData `json:"l"`
}

// lookData is the number of a look, and whether it is hollow and dashed: 0 or 1.
type lookData [3]int

type panelData struct {
	X      axisData     `json:"x"`
	Y      axisData     `json:"y"`
	Series []seriesData `json:"s"`
	Labels []labelData  `json:"l,omitempty"`
}

type axisData struct {
	Title  string  `json:"t"`
	Min    float64 `json:"a"`
	Max    float64 `json:"z"`
	Log    bool    `json:"log,omitempty"`
	Places bool    `json:"places,omitempty"`
	// Ticks are their values, labels, and second lines.
	Ticks [][3]any `json:"k"`
	// Scale by which labels are multiples of their values; 0 where they are none, so
	// that there are no labels between them.
	Scale float64 `json:"m,omitempty"`
}

type seriesData struct {
	Name   string      `json:"n"`
	Form   chart.Form  `json:"f"`
	Look   lookData    `json:"l"`
	Named  bool        `json:"e,omitempty"`
	Width  float64     `json:"w,omitempty"`
	Points []pointData `json:"p"`
}

// pointData is x, y, low, high (null where there is none), the flags, and words: where
// it stands, what its value and interval are; of bars and tiles also what is written
// there, of tiles their shade, of a stack's pieces their feet, and of bands where they begin.
type pointData [10]any

// The flags of a point.
const (
	flagOpen = 1 << iota
	flagBeyond
	flagPlain
	flagStruck
)

type labelData struct {
	Name  string   `json:"n"`
	Value string   `json:"v,omitempty"`
	Of    [][2]int `json:"o"`
}

func dataOf(c *chart.Chart) chartData {
	// Below a picture that is saved stands what does below one that is drawn.
	out := chartData{Name: c.Name, Title: c.Title, Sub: c.Subtitle, Caption: slices.Concat(c.Alarms, c.Notes, c.Caption), Stacked: c.Stacked}
	for _, k := range c.Keys {
		out.Keys = append(out.Keys, keyData{k.Text, string(k.Sign), lookOf(k.Look)})
	}
	for _, p := range c.Fields() {
		d := panelData{X: axisOf(p.X), Y: axisOf(p.Y)}
		for _, s := range p.Series {
			d.Series = append(d.Series, seriesOf(p.X, p.Y, s))
		}
		for _, l := range p.Labels {
			label := labelData{Name: l.Name, Value: l.Value}
			for _, r := range l.Of {
				label.Of = append(label.Of, [2]int{r.Series, r.Point})
			}
			d.Labels = append(d.Labels, label)
		}
		out.Panels = append(out.Panels, d)
	}
	return out
}

func lookOf(l chart.Look) lookData { return lookData{l.Number, bit(l.Hollow), bit(l.Dashed)} }

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

func axisOf(a chart.Axis) axisData {
	d := axisData{Title: a.Title, Min: a.Min, Max: a.Max, Log: a.Log, Places: a.Places}
	for _, t := range a.Ticks {
		d.Ticks = append(d.Ticks, [3]any{number(t.At), t.Label, t.Under})
	}
	if s := tickScale(a); s != 1 || numbered(a) {
		d.Scale = s
	}
	return d
}

// numbered tells whether an axis's labels are its values.
func numbered(a chart.Axis) bool {
	for _, t := range a.Ticks {
		if v := value(chart.Axis{}, t.At); v != t.Label {
			return false
		}
	}
	return len(a.Ticks) > 0 && !a.Places
}

func seriesOf(x, y chart.Axis, s chart.Series) seriesData {
	d := seriesData{Name: s.Name, Form: s.Form, Look: lookOf(s.Look), Named: s.Named, Width: s.Width}
	for _, p := range s.Points {
		d.Points = append(d.Points, pointOf(x, y, p, s.Form))
	}
	return d
}

func pointOf(x, y chart.Axis, p chart.Point, form chart.Form) pointData {
	flags := bit(p.Open)*flagOpen | bit(p.Beyond)*flagBeyond | bit(p.Plain)*flagPlain | bit(p.Struck)*flagStruck
	main, interval := said(y, p)
	where := stretch(x, form, p)
	switch {
	case p.Name != "":
		where = p.Name
	case form == chart.Tiles && p.Y != nil:
		where += "; " + place(y, *p.Y)
	}
	last := p.Shade
	if p.From != 0 {
		last = p.From
	}
	return pointData{number(p.X), maybe(p.Y), maybe(p.Low), maybe(p.High), flags, where, main, interval, p.Text, number(last)}
}

// maybe is null where there is no number, or none that JSON knows.
func maybe(v *float64) any {
	if v == nil {
		return nil
	}
	return number(*v)
}

// number in at most seven digits: no screen shows more.
func number(v float64) any {
	if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
		if v == 0 {
			return 0
		}
		return nil
	}
	power := math.Pow(10, 6-math.Floor(math.Log10(math.Abs(v))))
	if rounded := math.Round(v*power) / power; !math.IsNaN(rounded) && !math.IsInf(rounded, 0) {
		return rounded
	}
	return v
}

// figureData is what a number was made of: its title, how, and the rows that say
// something of it, each with its words.
type figureData struct {
	Title string   `json:"t"`
	Text  string   `json:"h"`
	Rows  []int    `json:"r"`
	Words []string `json:"w,omitempty"`
}

func figureOf(f *tables.Figure) figureData {
	out := figureData{Title: f.Title, Text: f.Text}
	own := false
	for _, v := range f.Values {
		out.Rows, out.Words = append(out.Rows, v.Row), append(out.Words, v.Text)
		own = own || v.Text != ""
	}
	if !own {
		out.Words = nil
	}
	return out
}

// pageData is what the scripts need, packed: what they draw, and what numbers were made
// of, which is unpacked only once somebody asks.
type pageData struct{ drawn, figures string }

func (b *builder) data() (pageData, error) {
	drawn, err := b.drawn()
	if err != nil {
		return pageData{}, err
	}
	figures := make([]figureData, len(b.figures))
	for i, f := range b.figures {
		figures[i] = figureOf(f)
	}
	text, err := json.Marshal(figures)
	if err != nil {
		return pageData{}, fmt.Errorf("write what the numbers were made of: %w", err)
	}
	made, err := packed(text)
	return pageData{drawn, made}, err
}

// drawn is everything that the scripts draw, packed.
func (b *builder) drawn() (string, error) {
	if b.charts == nil {
		b.charts = []chartData{}
	}
	text, err := json.Marshal(struct {
		Charts  []chartData       `json:"charts"`
		Replays []json.RawMessage `json:"replays,omitempty"`
	}{b.charts, b.replays})
	if err != nil {
		return "", fmt.Errorf("write the page's data: %w", err)
	}
	return packed(text)
}
