// Package page makes one HTML file of a report: everything is in it, so that it
// opens from disk, with no network, on any machine. The answer stands first, then
// chapters; each chart has its values under the pointer, its table, and a picture to
// be saved.
//
// Its stance: a page may be made of a run that came from anybody. Every text is
// escaped, the page's policy forbids the browser to load anything, and runs no script
// but the page's own, named by their hashes.
//
// A page draws the data of package chart, as package draw does, and shows the tables
// of package tables, as Markdown does. It adds no number, and no words but those of its
// own buttons.
package page

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/tables"
)

// Page is what a page says, from top to bottom.
type Page struct {
	Title string
	// Heading names the run, its host and what was set.
	Heading []string
	// Label is a warning of the experiment's own.
	Label string
	// Alarms are what nobody may overlook.
	Alarms []string
	// Answer, with Lead as its chart and Table below it.
	Answer   Answer
	Chapters []Chapter
	// Trials is the anchor of where the trials are listed from which every value comes.
	Trials string
	// Runs are the pages of several runs, below what is said of all of them.
	Runs []Run
}

// Run is one run's page within that of several. It may have the anchors of any other:
// each is written with the run's ID and a hyphen before it, as is its charts' names.
type Run struct {
	// ID is lower-case letters, digits and hyphens.
	ID string
	Page
}

// AnchorOf is where a run's own anchor stands in the page of several.
func (r *Run) AnchorOf(anchor string) string { return r.ID + "-" + anchor }

// Answer is what a reader came for.
type Answer struct {
	Advice []string
	Notes  []string
	Lead   *chart.Chart
	Table  *tables.Table
	Legend string
	// Origin tells what the chart's values were made of.
	Origin Origin
}

// Origin finds what a chart's value was made of; nil where nothing is told of that.
type Origin func(chart.Origin) *tables.Figure

// Chapter of a page; one without parts is left out.
type Chapter struct {
	// ID is the anchor: lower-case letters and hyphens.
	ID, Title string
	Parts     []Part
}

// Part of a chapter: any of its fields, shown in this order.
type Part struct {
	// Anchor names the part, so that links lead to it; empty where none does.
	Anchor string
	Title  string
	// Folded parts open on demand; their title stays.
	Folded bool
	Lines  []Line
	Text   string // as it stands, line by line
	Table  *tables.Table
	Chart  *chart.Chart
	Origin Origin // of the chart's values
	Replay *Replay
}

// Line of a list.
type Line struct {
	Anchor string
	Text   string
}

// Lines are some without anchors.
func Lines(texts ...string) []Line {
	out := make([]Line, len(texts))
	for i, t := range texts {
		out[i].Text = t
	}
	return out
}

// Replay is a trial that is played again: data for replay.js, which shows it in the
// place that it is given.
type Replay struct {
	Title string
	Data  json.RawMessage
}

// Write writes the page as one file. It fails where w does, or where a replay's data
// are no JSON.
func Write(w io.Writer, p *Page) error {
	b := &builder{page: p, level: 2}
	b.body()
	data, err := b.data()
	if err != nil {
		return err
	}
	out := bytes.NewBuffer(make([]byte, 0, b.Len()+len(data.drawn)+len(data.figures)+1<<19))
	if err := shell(out, p.Title, b.String(), data, len(b.replays) > 0); err != nil {
		return err
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}
