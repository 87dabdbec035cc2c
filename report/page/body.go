package page

import (
	"encoding/json"
	"fmt"
	"html"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/units"
)

// builder writes a page's body, and gathers what its scripts need.
type builder struct {
	strings.Builder
	// page is what is being written: the whole, or one of its runs.
	page *Page
	// prefix stands before each anchor: empty outside of runs.
	prefix string
	// level of the chapters' titles: 2 for h2, one more within a run.
	level   int
	charts  []chartData
	replays []json.RawMessage
	figures []*tables.Figure
	numbers map[*tables.Figure]int // their places among the figures
}

// escape is the one way by which a text gets into the page.
func escape(text string) string { return html.EscapeString(text) }

// unbroken keeps a number and its unit in one line.
func unbroken(text string) string { return units.Together(text) }

// put writes HTML of the page's own, with texts escaped in place of each %s.
func (b *builder) put(format string, texts ...string) {
	escaped := make([]any, len(texts))
	for i, t := range texts {
		escaped[i] = escape(unbroken(t))
	}
	fmt.Fprintf(b, format, escaped...)
}

func (b *builder) body() {
	b.header("Chapters")
	b.WriteString("<main>\n")
	b.answer()
	b.chapters()
	for i := range b.page.Runs {
		b.run(&b.page.Runs[i])
	}
	b.WriteString("</main>\n")
}

func (b *builder) chapters() {
	for _, c := range b.page.Chapters {
		b.chapter(c)
	}
}

// runTitle is the anchor of a run's title, after which its chapters are named too.
const runTitle = "title"

// run writes one of several: as a page of its own would be, its titles one level lower.
func (b *builder) run(r *Run) {
	whole := b.page
	b.page, b.prefix, b.level = &r.Page, r.AnchorOf(""), b.level+1
	b.put("<article class=\"run\" id=\"%s\" aria-labelledby=\"%s\">\n", r.ID, r.AnchorOf(runTitle))
	b.header("Chapters of " + r.Title)
	b.answer()
	b.chapters()
	b.WriteString("</article>\n")
	b.page, b.prefix, b.level = whole, "", b.level-1
}

// title writes one, so many levels below those of chapters. It has an anchor where it
// names the element around it.
func (b *builder) title(below int, anchor, text string) {
	id := ""
	if anchor != "" {
		id = " id=\"" + escape(b.prefix+anchor) + "\""
	}
	fmt.Fprintf(b, "<h%d%s>%s</h%[1]d>\n", b.level+below, id, escape(unbroken(text)))
}

// section begins one under its title. Where several runs have the same chapters its
// name begins with the run's.
func (b *builder) section(id, title string) {
	named := b.prefix + id + "-title"
	if b.prefix != "" {
		named = b.prefix + runTitle + " " + named
	}
	b.put("<section id=\"%s\" aria-labelledby=\"%s\">\n", b.prefix+id, named)
	b.title(0, id+"-title", title)
}

// header has the page's title and what it was made of, and leads to its chapters, which
// nav names.
func (b *builder) header(nav string) {
	p := b.page
	b.WriteString("<header>\n")
	if b.prefix == "" {
		b.title(-1, "", p.Title)
	} else {
		b.title(-1, runTitle, p.Title)
	}
	for _, l := range p.Heading {
		b.put("<p>%s</p>\n", l)
	}
	if p.Label != "" {
		b.put("<p class=\"label\">%s</p>\n", p.Label)
	}
	for _, a := range p.Alarms {
		b.put("<p class=\"alarm\" role=\"alert\">%s</p>\n", a)
	}
	b.put("<nav aria-label=\"%s\"><ul>\n", nav)
	for _, c := range p.Chapters {
		if len(c.Parts) > 0 {
			b.put("<li><a href=\"#%s\">%s</a></li>\n", b.prefix+c.ID, c.Title)
		}
	}
	for _, r := range p.Runs {
		b.put("<li><a href=\"#%s\">%s</a></li>\n", r.ID, r.Title)
	}
	b.WriteString("</ul></nav>\n</header>\n")
}

func (b *builder) answer() {
	a := b.page.Answer
	b.section("answer", "The answer")
	for _, text := range a.Advice {
		b.put("<p class=\"advice\">%s</p>\n", text)
	}
	for _, text := range a.Notes {
		b.put("<p>%s</p>\n", text)
	}
	if a.Lead != nil {
		b.chart(a.Lead, a.Origin)
	}
	if a.Table != nil && len(a.Table.Rows) > 0 {
		b.table(a.Table, "What each step up buys and costs")
		b.put("<p class=\"legend\">%s</p>\n", a.Legend)
	}
	b.WriteString("</section>\n")
}

func (b *builder) chapter(c Chapter) {
	if len(c.Parts) == 0 {
		return
	}
	b.section(c.ID, c.Title)
	for _, p := range c.Parts {
		b.part(p)
	}
	b.WriteString("</section>\n")
}

// part shows each of its fields that there is.
func (b *builder) part(p Part) {
	anchor := ""
	if p.Anchor != "" {
		anchor = " id=\"" + escape(b.prefix+p.Anchor) + "\""
	}
	switch {
	case p.Folded:
		b.WriteString("<details class=\"part\"" + anchor + "><summary>")
		b.title(1, "", p.Title)
		b.WriteString("</summary>\n")
	default:
		b.WriteString("<div class=\"part\"" + anchor + ">\n")
		if p.Title != "" {
			b.title(1, "", p.Title)
		}
	}
	b.lines(p.Lines)
	if p.Text != "" {
		b.WriteString("<pre tabindex=\"0\">" + escape(p.Text) + "</pre>\n")
	}
	if p.Table != nil {
		b.table(p.Table, p.Title)
	}
	if p.Chart != nil {
		b.chart(p.Chart, p.Origin)
	}
	if p.Replay != nil {
		fmt.Fprintf(b, "<div class=\"replay\" data-replay=\"%d\"><p>%s</p></div>\n", len(b.replays), escape(p.Replay.Title))
		b.replays = append(b.replays, p.Replay.Data)
	}
	if p.Folded {
		b.WriteString("</details>\n")
	} else {
		b.WriteString("</div>\n")
	}
}

func (b *builder) lines(ls []Line) {
	if len(ls) == 0 {
		return
	}
	b.WriteString("<ul>\n")
	for _, l := range ls {
		if l.Anchor != "" {
			b.put("<li id=\"%s\">%s</li>\n", b.prefix+l.Anchor, l.Text)
		} else {
			b.put("<li>%s</li>\n", l.Text)
		}
	}
	b.WriteString("</ul>\n")
}

// table writes one that scrolls by itself where it is wider than the page. Title is
// for those who hear the page, where the table has none of its own.
func (b *builder) table(t *tables.Table, title string) {
	if t.Title != "" {
		title = t.Title
	}
	b.put("<div class=\"table\" role=\"group\" tabindex=\"0\" aria-label=\"%s\"><table>\n", title)
	if t.Title != "" {
		b.put("<caption>%s</caption>\n", t.Title)
	}
	b.heads(t.Heads)
	b.WriteString("<tbody>\n")
	for _, r := range t.Rows {
		b.row(t.Heads, r)
	}
	b.WriteString("</tbody></table></div>\n")
}

// heads are one line, or two where neighbours share an upper title.
func (b *builder) heads(hs []tables.Head) {
	two := false
	for _, h := range hs {
		two = two || h.Over != ""
	}
	b.WriteString("<thead>")
	if two {
		b.WriteString("<tr>")
		for i := 0; i < len(hs); {
			end := i + 1
			for end < len(hs) && hs[i].Over != "" && hs[end].Over == hs[i].Over {
				end++
			}
			switch {
			case hs[i].Over == "":
				b.put("<th scope=\"col\" rowspan=\"2\""+class(hs[i])+">%s</th>", hs[i].Title)
			case end-i == 1:
				b.put("<th scope=\"col\" rowspan=\"2\""+class(hs[i])+">%s</th>", hs[i].Line())
			default:
				b.put(fmt.Sprintf("<th scope=\"colgroup\" colspan=\"%d\" class=\"over\">", end-i)+"%s</th>", hs[i].Over)
			}
			i = end
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("<tr>")
	for i, h := range hs {
		shared := h.Over != "" && (i > 0 && hs[i-1].Over == h.Over || i+1 < len(hs) && hs[i+1].Over == h.Over)
		switch {
		case two && !shared: // told in the line above
		case h.Line() == "":
			b.WriteString("<td></td>")
		default:
			b.put("<th scope=\"col\""+class(h)+">%s</th>", h.Title)
		}
	}
	b.WriteString("</tr></thead>\n")
}

func class(h tables.Head) string {
	if h.Words {
		return " class=\"words\""
	}
	return ""
}

func (b *builder) row(hs []tables.Head, r tables.Row) {
	if r.Anchor != "" {
		b.put("<tr id=\"%s\">", b.prefix+r.Anchor)
	} else {
		b.WriteString("<tr>")
	}
	for i, c := range r.Cells {
		tag, rest := "td", ""
		if i < len(hs) {
			rest = class(hs[i])
		}
		if i == 0 {
			tag, rest = "th", rest+" scope=\"row\""
		}
		b.WriteString("<" + tag + rest + ">")
		b.cell(c)
		b.WriteString("</" + tag + ">")
	}
	b.WriteString("</tr>\n")
}

// cell is a number that leads to where it is from, its mark, and its interval.
func (b *builder) cell(c tables.Cell) {
	if c.Figure != nil {
		b.figure(c)
	} else {
		b.linked(c.To, c.Main)
	}
	if c.Mark != "" {
		b.linked(c.MarkTo, c.Mark)
	}
	if c.Interval != "" {
		b.put(" <span class=\"interval\">%s</span>", c.Interval)
	}
	for _, n := range c.Notes {
		b.WriteString("<div>")
		b.linked(n.To, n.Text)
		b.WriteString("</div>")
	}
}

// figure is a number with the place of what it was made of, which a script shows where
// the link leads; without a script the link leads to all of the setup's trials.
func (b *builder) figure(c tables.Cell) {
	n, known := b.numbers[c.Figure]
	if !known {
		if b.numbers == nil {
			b.numbers = map[*tables.Figure]int{}
		}
		n = len(b.figures)
		b.numbers[c.Figure], b.figures = n, append(b.figures, c.Figure)
	}
	b.put(fmt.Sprintf("<a href=\"#%%s\" data-figure=\"%d\">%%s</a>", n), b.prefix+c.To, c.Main)
}

func (b *builder) linked(to, text string) {
	if to == "" {
		b.WriteString(escape(text))
		return
	}
	b.put("<a href=\"#%s\">%s</a>", b.prefix+to, text)
}

// chart writes a figure: its title, the place where it is drawn, what weakens it, and
// its table, which needs no script.
func (b *builder) chart(c *chart.Chart, origin Origin) {
	n := len(b.charts)
	data := dataOf(c)
	data.Name = b.prefix + c.Name
	b.charts = append(b.charts, data)
	b.put("<figure class=\"chart\" id=\"%s\" aria-labelledby=\"%[1]s-title\">\n", b.prefix+"chart-"+c.Name)
	b.title(1, "chart-"+c.Name+"-title", c.Title)
	for _, s := range c.Subtitle {
		b.put("<p class=\"subtitle\">%s</p>\n", s)
	}
	b.open("alarm", c.Words().Alarms)
	b.keys(c)
	fields, class := c.Fields(), "panels"
	if c.Stacked {
		class += " stacked"
	}
	b.WriteString("<div class=\"" + class + "\">\n")
	for i, p := range fields {
		b.put("<div class=\"panel\"><p class=\"axis\">%s</p>", p.Y.Title)
		fmt.Fprintf(b, "<div class=\"plot\" data-chart=\"%d\" data-panel=\"%d\" role=\"img\" aria-label=\"%s\"></div>",
			n, i, escape(strings.TrimSpace(c.Title+". "+p.Y.Title)+": the values stand in the table below."))
		if !c.Stacked || i == len(fields)-1 {
			b.put("<p class=\"axis across\">%s</p>", p.X.Title)
		}
		b.WriteString("</div>\n")
	}
	b.WriteString("</div>\n<div class=\"tools\" hidden></div>\n<noscript><p>The chart needs a script; its table does not.</p></noscript>\n")
	b.WriteString("<details><summary>The values as a table</summary>\n")
	for _, t := range tablesOf(c, origin) {
		b.table(&t, c.Title)
	}
	if to := b.page.Trials; to != "" {
		b.put("<p><a href=\"#%s\">The trials behind these values</a></p>\n", b.prefix+to)
	}
	b.WriteString("</details>\n")
	b.caption(c)
	b.WriteString("</figure>\n")
}

func (b *builder) caption(c *chart.Chart) {
	words := c.Words()
	if len(words.Notes)+len(words.Caption) == 0 {
		return
	}
	b.WriteString("<figcaption>\n")
	b.open("", words.Notes)
	b.open("", words.Caption)
	b.WriteString("</figcaption>\n")
}

// mostOpen lines stand open below a chart; more open on demand.
const mostOpen = 3

// open writes lines, and folds those that are too many.
func (b *builder) open(class string, lines []string) {
	line := "<p>%s</p>\n"
	if class != "" {
		line = "<p class=\"" + class + "\">%s</p>\n"
	}
	shown := lines[:min(len(lines), mostOpen)]
	for _, l := range shown {
		b.put(line, l)
	}
	if rest := lines[len(shown):]; len(rest) > 0 {
		fmt.Fprintf(b, "<details><summary>%d more</summary>\n", len(rest))
		for _, l := range rest {
			b.put(line, l)
		}
		b.WriteString("</details>\n")
	}
}
