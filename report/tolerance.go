package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// What a size survives is one table: what arithmetic has and what was seen, of nodes
// and of whole zones, and for how long writes were out.

// toleranceFile is the same table for other programs.
const toleranceFile = "tolerance.csv"

const (
	toleranceName = "What each size survives"
	outageOver    = "median outage on losing (max of N)"
)

// toleranceSheet has a row a size.
func (r *Report) toleranceSheet() sheet {
	out := sheet{title: toleranceName, groups: r.wholeGroups(), columns: []column{
		nodesColumn(),
		plain("", "quorum", 1, func(c summary.Cell) string { return fmt.Sprint(c.Quorum) }),
		plain("failures", "survived", 0, func(c summary.Cell) string { return seenOf(c.Faults.Survived, &c.Tolerates) }).from(ofSurvived),
		plain("failures", "stop at", 2, stopsAt).from(ofBlocked),
		column{over: "zones", title: "survived", keep: 8, value: zonesEntry}.from(ofZones),
	}}
	for _, l := range []struct {
		title string
		of    summary.Lost
		keep  int
	}{{"a follower", summary.LostFollower, 5}, {"the leader", summary.LostLeader, 9}, {"its zone", summary.LostZone, 6}} {
		col := column{over: outageOver, title: l.title, keep: l.keep, value: func(c summary.Cell) entry { return lossEntry(c, l.of) }}
		if l.of == summary.LostLeader {
			col.metric = figures.Outage
		}
		out.columns = append(out.columns, col.from(ofLoss+string(l.of)))
	}
	return out
}

// proves tells of a run that is, among other things, about what its sizes survive.
func (r *Report) proves() bool {
	return slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool { return c.Proofs > 0 || c.Faults.Survived != nil })
}

// seenOf is what was seen of what arithmetic has: 1 of 1; – of 1 where it was not.
func seenOf(seen, theory *int) string {
	if theory == nil {
		return units.Absent
	}
	text := units.Absent
	if seen != nil {
		text = fmt.Sprint(*seen)
	}
	return fmt.Sprintf("%s of %d", text, *theory)
}

// stopsAt is how many dead were seen to stop writes.
func stopsAt(c summary.Cell) string {
	switch b := c.Faults.BlockedAt; {
	case b == nil:
		return units.Absent
	case *b == 0:
		return "not seen"
	default:
		return fmt.Sprint(*b)
	}
}

// zonesEntry is the zones that may die, whichever they are, above the members that
// stand in each.
func zonesEntry(c summary.Cell) entry {
	places := c.Places()
	if len(places) == 0 {
		return entry{main: units.Absent}
	}
	return entry{main: seenOf(c.Faults.ZonesSurvived, c.ToleratesSites), interval: perZone(places)}
}

// lossEntry is a median above the longest, and of how many kills: 2.80 s of 30.
func lossEntry(c summary.Cell, of summary.Lost) entry {
	l := c.Loss(of)
	if l == nil {
		return entry{main: units.Absent}
	}
	e := entry{main: lastsFor(l.P50NS), interval: "1 kill"}
	if l.N > 1 {
		e.interval = fmt.Sprintf("%s of %d", lastsFor(l.MaxNS), l.N)
	}
	if f, ok := figures.Of(c, figures.Outage); ok && of == summary.LostLeader {
		e.mark = f.Mark()
	}
	return e
}

func lastsFor(ns *float64) string {
	if ns == nil {
		return wording.Never
	}
	return wording.Duration(*ns)
}

// toleranceLines say in words what the table shows: what an even size gains, and
// what is left after a zone is lost.
func (r *Report) toleranceLines() []string {
	if !r.proves() {
		return nil
	}
	var out []string
	groups := r.wholeGroups()
	for i, g := range groups {
		lines := append(evenLines(g.cells), spareLine(g.cells)...)
		switch {
		case !sayTheSame(groups):
			for k := range lines {
				lines[k] = g.name + ": " + lines[k]
			}
		case i > 0:
			continue
		}
		out = append(out, lines...)
	}
	return out
}

// sayTheSame tells that all groups have the same lines, which are then said once.
func sayTheSame(groups []group) bool {
	first := append(evenLines(groups[0].cells), spareLine(groups[0].cells)...)
	return !slices.ContainsFunc(groups, func(g group) bool {
		return !slices.Equal(first, append(evenLines(g.cells), spareLine(g.cells)...))
	})
}

// mostEven sizes are weighed against the odd ones below.
const mostEven = 2

// evenLines tell of even sizes beside the odd ones below them.
func evenLines(cells []summary.Cell) []string {
	var out []string
	for i, c := range cells {
		if i == 0 || c.Nodes%2 != 0 || cells[i-1].Nodes != c.Nodes-1 || len(out) == mostEven {
			continue
		}
		odd := cells[i-1]
		line := fmt.Sprintf("The %s node tolerates no more: %d nodes go on with %s dead, as %d do", wording.Ordinal(c.Nodes), c.Nodes, number(c.Tolerates), odd.Nodes)
		if a, b := odd.ToleratesSites, c.ToleratesSites; a != nil && b != nil && *b < *a {
			line += fmt.Sprintf(", and they die%s, where %d %s", diesWith(c), odd.Nodes, goesOnWithout(*a))
		}
		out = append(out, line+".")
	}
	return out
}

// diesWith is what takes a size down: with zone a; (by arithmetic) where that was not
// seen.
func diesWith(c summary.Cell) string {
	text := " with zone " + wording.Shorten(strings.Join(neededZones(c.Places()), " or "), 24)
	if len(neededZones(c.Places())) == 0 {
		text = fmt.Sprintf(" with %s zones", number(*c.ToleratesSites+1))
	}
	if c.Faults.ZonesSurvived == nil {
		text += " (by arithmetic)"
	}
	return text
}

func goesOnWithout(zones int) string {
	if zones == 1 {
		return "go on without any one"
	}
	return fmt.Sprintf("go on without any %d", zones)
}

// spareLine tells how many more nodes may die after the fullest zone; said where a
// size survives one.
func spareLine(cells []summary.Cell) []string {
	var order []int
	sizes := map[int][]string{}
	for _, c := range cells {
		if c.SpareAfterZone == nil || c.ToleratesSites == nil || *c.ToleratesSites == 0 {
			continue
		}
		if n := *c.SpareAfterZone; sizes[n] == nil {
			order = append(order, n)
		}
		sizes[*c.SpareAfterZone] = append(sizes[*c.SpareAfterZone], fmt.Sprint(c.Nodes))
	}
	slices.Sort(order)
	var parts []string
	for _, n := range order {
		parts = append(parts, fmt.Sprintf("%s have %s to spare", nodesOf(sizes[n]), number(n)))
	}
	if len(parts) == 0 {
		return nil
	}
	return []string{"With their fullest zone lost, " + strings.Join(parts, ", ") + " (by arithmetic)."}
}

// toleranceNote says what the table's figures rest on; empty where there is none.
func (r *Report) toleranceNote() string {
	var seen []summary.Loss
	partly, again := false, false
	for _, c := range r.summary.Cells {
		for _, l := range c.Losses {
			seen = append(seen, l)
			partly = partly || !l.Full
		}
		again = again || c.OutageTrials > 0
	}
	if !r.proves() {
		return ""
	}
	text := "Survived is what was seen, of what arithmetic has: of zones, how many may die whichever they are, above the members by zone."
	if len(seen) == 0 {
		return text
	}
	text += " An outage is from a kill to the first acknowledged write sent after it: the median, and below it the longest of how many kills"
	if again {
		text += ", where kills were repeated of these alone"
	}
	if slices.ContainsFunc(seen, func(l summary.Loss) bool { return l.Of == summary.LostZone }) {
		text += "; a zone's is of those that held the leader"
	}
	if partly {
		text += "; where a proof's only leader died last, after tolerance − 1 followers, it is of that"
	}
	text += "."
	if slices.ContainsFunc(seen, func(l summary.Loss) bool { return l.N < fewKills }) {
		text += " Outages differ from kill to kill, and so few are no distribution."
	}
	if timeouts := r.allTimeouts(); len(timeouts) > 0 {
		text += " Raft's timeouts decide them: " + strings.Join(timeouts, "; or ") + "."
	}
	return text
}

// fewKills are too few for the median's interval (stats.Sample.Median).
const fewKills = 6

// allTimeouts are raft's of the setups with outages.
func (r *Report) allTimeouts() []string {
	var out []string
	for _, c := range r.summary.Cells {
		if text := timeoutWords(c.Timeouts); text != "" && len(c.Losses) > 0 && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// maxPlacements are the placements that a heading lists, maxStanding the members of
// a zone that it names.
const (
	maxPlacements = 3
	maxStanding   = 9
)

// placements tell where the members stand: a→n1, n4; b→n2; c→n3. Where each size has
// the first members of the largest, that one says it.
func (r *Report) placements() string {
	var all [][]string // the sites of members, by placement
	for _, c := range r.summary.Cells {
		if len(c.Sites) > 0 && !slices.ContainsFunc(all, func(s []string) bool { return slices.Equal(s, c.Sites) }) {
			all = append(all, c.Sites)
		}
	}
	var whole [][]string
	for _, sites := range all {
		part := slices.ContainsFunc(all, func(s []string) bool { return len(s) > len(sites) && slices.Equal(s[:len(sites)], sites) })
		if !part {
			whole = append(whole, sites)
		}
	}
	var texts []string
	for i, sites := range whole {
		if i == maxPlacements {
			texts = append(texts, fmt.Sprintf("%d more", len(whole)-i))
			break
		}
		texts = append(texts, placedAt(sites))
	}
	return strings.Join(texts, " · or ")
}

func placedAt(sites []string) string {
	var order []string
	at := map[string][]string{}
	for i, site := range sites {
		if at[site] == nil {
			order = append(order, site)
		}
		at[site] = append(at[site], fmt.Sprintf("n%d", i+1))
	}
	for i, site := range order {
		members := at[site]
		if n := len(members) - maxStanding; n > 0 {
			members = append(members[:maxStanding:maxStanding], fmt.Sprintf("%d more", n))
		}
		order[i] = wording.Shorten(site, 24) + "→" + strings.Join(members, ", ")
	}
	return strings.Join(order, "; ")
}

// toleranceCSV is the table with a row a setup; what is not known is empty.
func (r *Report) toleranceCSV() ([]byte, error) {
	head := []string{"run_id", "cell", "nodes", "quorum", "tolerates", "survived", "blocked_at", "members_by_zone", "zones_tolerated", "zones_survived", "spare_after_zone"}
	kinds := []summary.Lost{summary.LostFollower, summary.LostLeader, summary.LostZone}
	for _, of := range kinds {
		for _, what := range []string{"p50_ns", "max_ns", "kills"} {
			head = append(head, fmt.Sprintf("losing_%s_%s", of, what))
		}
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	rows := [][]string{head}
	for _, c := range r.summary.Cells {
		var members []string
		for _, p := range c.Places() {
			members = append(members, fmt.Sprintf("%s=%d", p.Name, p.Members))
		}
		row := []string{
			clean.Defuse(r.summary.RunID), clean.Defuse(c.Cell), strconv.Itoa(c.Nodes), strconv.Itoa(c.Quorum), strconv.Itoa(c.Tolerates),
			export.Int(c.Faults.Survived), export.Int(c.Faults.BlockedAt), clean.Defuse(strings.Join(members, ",")),
			export.Int(c.ToleratesSites), export.Int(c.Faults.ZonesSurvived), export.Int(c.SpareAfterZone),
		}
		for _, of := range kinds {
			if l := c.Loss(of); l != nil {
				row = append(row, export.Float(l.P50NS), export.Float(l.MaxNS), strconv.Itoa(l.N))
			} else {
				row = append(row, "", "", "")
			}
		}
		rows = append(rows, row)
	}
	err := out.WriteAll(rows)
	return b.Bytes(), err
}
