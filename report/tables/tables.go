// Package tables holds what tables say before they have any form: heads, rows,
// numbers with their marks and intervals. They are built once; Markdown and the page
// show the same, and add no word and no number.
package tables

// Table is rows under heads. Every row has a cell for each head.
type Table struct {
	Title string
	Heads []Head
	Rows  []Row
}

// Head is a column's title. Neighbours with the same Over share that line.
type Head struct {
	Over, Title string
	// Words are set to the left, numbers to the right.
	Words bool
}

// Line is the title in one line, for formats that have one.
func (h Head) Line() string {
	if h.Over == "" || h.Title == "" {
		return h.Over + h.Title
	}
	return h.Over + " " + h.Title
}

// Row of a table.
type Row struct {
	// Anchor names the row, so that links lead to it; empty where none does.
	Anchor string
	Cells  []Cell
}

// Cell is a text or a number.
type Cell struct {
	Main string
	// Mark stands at a number that something may have moved.
	Mark string
	// Interval is both ends of the number's interval; empty where there is none.
	Interval string
	// To is the anchor of where the number comes from, and MarkTo of what its mark
	// means; empty where nothing is told of that.
	To, MarkTo string
	// Figure is what the number was made of; nil where nothing is told of that. Its list
	// is where To leads.
	Figure *Figure
	// Notes are what is to be said of it, one a line.
	Notes []Note
}

// Figure is what a number was made of: some rows of a list of trials.
type Figure struct {
	// Anchor of the list.
	Anchor string
	// Title is what the number is, Text how it was made of the rows.
	Title, Text string
	Values      []Value
}

// Value is what a row of the list says of a figure.
type Value struct {
	Row  int    // in the list's table, from 0
	Text string // empty where it says nothing of its own
}

// From makes a cell lead to what its number was made of; of nil it leads nowhere.
func (c *Cell) From(f *Figure) {
	if f != nil {
		c.To, c.Figure = f.Anchor, f
	}
}

// Note is a line of words.
type Note struct {
	Text string
	To   string // the anchor of where more is said of it; empty where nothing is
}

// Texts is a row of nothing but words.
func Texts(texts ...string) Row {
	var r Row
	for _, t := range texts {
		r.Cells = append(r.Cells, Cell{Main: t})
	}
	return r
}
