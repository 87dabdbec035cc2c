package advice

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// DowntimeText words what to expect of several sizes in a year, beside what a write
// costs: which size first, then the table, then what it rests on.
func DowntimeText(w io.Writer, d summary.Downtimes) error {
	var b strings.Builder
	say := func(text, hang string) {
		for i, line := range wording.Wrap(text, wording.Width, hang) {
			if i > 0 {
				line = hang + line
			}
			b.WriteString(line + "\n")
		}
	}
	for _, text := range downtimeAnswer(d) {
		say(text, "")
	}
	b.WriteString("\n")
	say(downtimeLegend, "")
	b.WriteString("\n" + alignedRows(downtimeRows(d), alignRight) + "\n")
	for _, note := range downtimeNotes(d) {
		say(note, "  ")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// downtimeLegend stands above the table.
const downtimeLegend = "A year's minutes down, and of them those without a quorum and those of elections; repairs are all nodes' in a year."

// DowntimeMarkdown is the same for a page.
func DowntimeMarkdown(w io.Writer, d summary.Downtimes) error {
	var b strings.Builder
	b.WriteString(strings.Join(downtimeAnswer(d), " ") + "\n\n" + downtimeLegend + "\n\n")
	rows := downtimeRows(d)
	markdown.Line(&b, rows[0])
	markdown.Line(&b, slices.Repeat([]string{"---"}, len(rows[0])))
	for _, row := range rows[1:] {
		markdown.Line(&b, row)
	}
	b.WriteString("\n")
	markdown.Bullets(&b, downtimeNotes(d))
	_, err := io.WriteString(w, b.String())
	return err
}

// downtimeAnswer says which size is enough, and what the others would change.
func downtimeAnswer(d summary.Downtimes) []string {
	at := slices.IndexFunc(d.Sizes, func(s summary.SizeDowntime) bool { return s.Nodes == d.Advised })
	best := d.Sizes[at]
	text := fmt.Sprintf("Run %d: expect %s a year without writes (%s available), %s.",
		best.Nodes, minutesOf(best.Minutes), availableShare(best), downtimeParts(best))
	if larger := largerThan(d, best.Nodes); len(larger) > 0 {
		text += fmt.Sprintf(" No larger size here halves that: %s.", wording.List(larger))
	}
	if at > 0 {
		before := d.Sizes[at-1]
		text += fmt.Sprintf(" With %d it is %s.", before.Nodes, minutesOf(before.Minutes))
	}
	out := []string{text}
	if worse := WorseThanSmaller(d, minutesOf); len(worse) > 0 {
		out = append(out, strings.Join(worse, " "))
	}
	return out
}

func downtimeParts(s summary.SizeDowntime) string {
	if s.Minutes == 0 {
		return "as nothing ever fails"
	}
	return fmt.Sprintf("%s without a quorum and %s in elections", minutesOf(s.NoQuorumMinutes), minutesOf(s.ElectingMinutes))
}

// largerThan tells of each larger size what it buys and what it costs.
func largerThan(d summary.Downtimes, nodes int) []string {
	var out []string
	for _, s := range d.Sizes {
		if s.Nodes > nodes && s.Nodes%2 == 1 {
			text := fmt.Sprintf("%d has %s", s.Nodes, minutesOf(s.Minutes))
			if r, ok := writeRatioOf(s); ok && s.Against == nodes {
				text += fmt.Sprintf(" at %s per write", units.Change(r.Ratio))
			}
			out = append(out, text)
		}
	}
	return out
}

// WorseThanSmaller names the sizes that are out longer than one with a node fewer,
// or the next smaller one here, as far as the figures tell. words write a year's minutes
// as all else beside the sentence does.
func WorseThanSmaller(d summary.Downtimes, words func(minutes float64) string) []string {
	var out []string
	for i, s := range d.Sizes {
		if i == 0 || s.NoQuorumMinutes <= d.Sizes[i-1].NoQuorumMinutes {
			continue
		}
		before := d.Sizes[i-1]
		more, less := words(s.NoQuorumMinutes), words(before.NoQuorumMinutes)
		if more != less {
			out = append(out, fmt.Sprintf("%d is without a quorum for longer than %d, %s against %s a year: %s.", s.Nodes, before.Nodes, more, less, whyWorse(d, s, before)))
		}
	}
	return out
}

// whyWorse is why a size is without a quorum for longer than a smaller one.
func whyWorse(d summary.Downtimes, s, before summary.SizeDowntime) string {
	switch {
	case zonesThatStop(s) > zonesThatStop(before) && zonesThatStop(s) == 1:
		return "the loss of one zone is enough to stop it"
	case zonesThatStop(s) > zonesThatStop(before):
		return "the loss of either zone is enough to stop it"
	case s.Tolerates == before.Tolerates && !d.Lives.Zoned():
		return "no failure more is tolerated, and one node more can fail"
	}
	return "more of it can fail, or fails more often"
}

// zonesThatStop are how many zones hold so many of the nodes that the loss of that one
// leaves no quorum: at most two, which hold half of them each.
func zonesThatStop(s summary.SizeDowntime) int {
	n := 0
	for _, site := range (summary.Cell{Sites: s.Sites}).Places() {
		if s.Nodes-site.Members < s.Quorum {
			n++
		}
	}
	return n
}

// minutesOf a year: 0.492 min, 2,590 min.
func minutesOf(m float64) string { return minutesAlone(m) + " min" }

// shortestMinutes are shown: a second in a hundred years is nobody's concern, and
// no model of lives holds so far.
const shortestMinutes = 0.001

func minutesAlone(m float64) string {
	if m > 0 && m < shortestMinutes {
		return "<" + fmt.Sprint(shortestMinutes)
	}
	return units.Count.Show(m)
}

func availableShare(s summary.SizeDowntime) string { return wording.Share(1 - s.Unavailable()) }

// downtimeRows are the table, its head first.
func downtimeRows(d summary.Downtimes) [][]string {
	has := func(f func(summary.SizeDowntime) bool) bool { return slices.ContainsFunc(d.Sizes, f) }
	columns := []struct {
		title string
		cell  func(summary.SizeDowntime) string
		shown bool
	}{
		{"nodes", func(s summary.SizeDowntime) string { return fmt.Sprint(s.Nodes) }, true},
		{"tolerates", toleratesWords, true},
		{"down", func(s summary.SizeDowntime) string { return minutesAlone(s.Minutes) }, true},
		{"no quorum", func(s summary.SizeDowntime) string { return minutesAlone(s.NoQuorumMinutes) }, true},
		{"electing", func(s summary.SizeDowntime) string { return minutesAlone(s.ElectingMinutes) }, true},
		{"nines", ninesOf, true},
		{"repairs", func(s summary.SizeDowntime) string { return units.Count.Show(s.Repairs) }, true},
		{"write p50", writeOf, has(func(s summary.SizeDowntime) bool { return s.Write != nil })},
		{"over " + againstOf(d), writeRatioWords, has(func(s summary.SizeDowntime) bool { return s.WriteRatio != nil })},
	}
	rows := make([][]string, 1+len(d.Sizes))
	for _, c := range columns {
		if !c.shown {
			continue
		}
		rows[0] = append(rows[0], c.title)
		for i, s := range d.Sizes {
			rows[i+1] = append(rows[i+1], c.cell(s))
		}
	}
	return rows
}

func toleratesWords(s summary.SizeDowntime) string {
	text := fmt.Sprint(s.Tolerates)
	if s.ToleratesSites != nil {
		text += ", " + units.Plural(*s.ToleratesSites, "zone")
	}
	return text
}

func ninesOf(s summary.SizeDowntime) string {
	if !units.Finite(s.Nines) {
		return units.Absent
	}
	return fmt.Sprintf("%.1f", s.Nines)
}

func writeOf(s summary.SizeDowntime) string {
	if s.Write == nil {
		return units.Absent
	}
	f, ok := figures.Read(figures.WriteP50, *s.Write)
	if !ok {
		return units.Absent
	}
	if f.Never() {
		return wording.Never
	}
	return wording.Duration(f.Median)
}

func againstOf(d summary.Downtimes) string {
	for _, s := range d.Sizes {
		if s.Against > 0 {
			return fmt.Sprint(s.Against)
		}
	}
	return ""
}

func writeRatioOf(s summary.SizeDowntime) (figures.Difference, bool) {
	if s.WriteRatio == nil {
		return figures.Difference{}, false
	}
	return figures.RatioOf(*s.WriteRatio)
}

func writeRatioWords(s summary.SizeDowntime) string {
	if r, ok := writeRatioOf(s); ok {
		return units.Change(r.Ratio)
	}
	return units.Absent
}

// downtimeNotes say what the figures rest on.
func downtimeNotes(d summary.Downtimes) []string {
	out := []string{LivesWords(d.Lives), outageBasisWords(d)}
	if d.Lives.Zoned() {
		out = append(out, placementWords(d))
	}
	if text := onlyTestedWords(d); text != "" {
		out = append([]string{text}, out...)
	}
	if slices.ContainsFunc(d.Sizes, func(s summary.SizeDowntime) bool { return s.WriteFloor }) {
		out = append(out, "A write's time is its floor by theory, of round trips and jitter alone: name a run's folder for what was measured.")
	}
	return append(out, CommonCauses(d))
}

// CommonCauses is what no figure of downtime holds: what takes down several at once.
func CommonCauses(d summary.Downtimes) string {
	return "Nodes" + zonesToo(d) + " fail on their own here. What takes several down at once (an update, a full log volume, a mistake) is in none of these figures, and more nodes do not help against it."
}

// onlyTestedWords say what a run of safety trials has to do with this, and how to get what
// it lacks; empty for any other.
func onlyTestedWords(d summary.Downtimes) string {
	trials, holds := 0, 0
	var sizes []string
	for _, s := range d.Sizes {
		if s.Write != nil || s.OutageBasis != summary.OutagePredicted {
			return ""
		}
		trials, holds = trials+s.SafetyTrials, holds+s.SafetyHolds
		sizes = append(sizes, fmt.Sprint(s.Nodes))
	}
	if trials == 0 {
		return ""
	}
	profile := ""
	if p := d.Sizes[0].Profile; p != "" && p == clean.Text(p) && !strings.ContainsFunc(p, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
		profile = " --profile " + p
	}
	return fmt.Sprintf("The run made safety trials alone, of which %d of %d hold: they prove what its clients were told under faults, and measure neither what a write costs nor how long it is out. Both are measured by: raftbench run --nodes %s%s --set outages.repeat=30.",
		holds, trials, strings.Join(sizes, ","), profile)
}

func zonesToo(d summary.Downtimes) string {
	if d.Lives.Zoned() {
		return " and zones"
	}
	return ""
}

// LivesWords say how long nodes and zones run and are away.
func LivesWords(l summary.Lives) string {
	var each []string
	for i, life := range l.Nodes {
		who := "A node"
		if len(l.Nodes) > 1 {
			who = fmt.Sprintf("n%d", i+1)
			if i == len(l.Nodes)-1 {
				who += " and every later one"
			}
		}
		each = append(each, who+" "+lifeWords(life))
	}
	text := strings.Join(each, "; ") + "."
	if l.Zoned() {
		text += " A zone " + lifeWords(l.Zone) + "."
	}
	return text
}

func lifeWords(l quorum.Life) string {
	return fmt.Sprintf("fails every %s and is back after %s, on average", units.About(l.MTBF), units.About(l.MTTR))
}

// outageBasisWords say how long an election takes, and who says so.
func outageBasisWords(d summary.Downtimes) string {
	var measured, predicted []string
	low, high := 0.0, 0.0
	for _, s := range d.Sizes {
		name := fmt.Sprint(s.Nodes)
		if s.OutageBasis != summary.OutagePredicted {
			measured = append(measured, fmt.Sprintf("%s (%s)", name, wording.Times(s.Outages)))
		} else {
			predicted = append(predicted, name)
		}
		if low == 0 || float64(s.OutageNS) < low {
			low = float64(s.OutageNS)
		}
		high = max(high, float64(s.OutageNS))
	}
	text := fmt.Sprintf("Without a leader writes are out for %s", units.Duration.Span(low, high))
	switch {
	case len(measured) == 0:
		text += ": a prediction, simulated from raft's timeouts."
		if onlyTestedWords(d) == "" {
			text += " To measure both it and the costs: raftbench run --set outages.repeat=30."
		}
		return text
	case len(predicted) == 0:
		return text + ": measured, by size and how often, " + wording.List(measured) + "."
	}
	return text + fmt.Sprintf(": measured for %s; predicted from raft's timeouts for %s, where too few leaders were killed.", wording.List(measured), wording.List(predicted))
}

// placementWords tell where the nodes of each size stand.
func placementWords(d summary.Downtimes) string {
	var each []string
	for _, s := range d.Sizes {
		var places []string
		for _, site := range (summary.Cell{Sites: s.Sites}).Places() {
			places = append(places, fmt.Sprintf("%s %d", clean.Name(site.Name), site.Members))
		}
		each = append(each, fmt.Sprintf("%d (%s)", s.Nodes, strings.Join(places, ", ")))
	}
	return "Nodes by zone: " + strings.Join(each, "; ") + "."
}
