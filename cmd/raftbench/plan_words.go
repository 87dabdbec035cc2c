package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/units"
)

func printPlan(w io.Writer, p plannedFor, output string) error {
	switch output {
	case "json":
		return writeJSON(w, p)
	case "csv":
		return p.figures().csv(w)
	case "markdown":
		fmt.Fprintf(w, "%s\n\n", strings.Join(p.answer(), " "))
		p.whole().markdown(w)
		fmt.Fprintln(w)
		for _, note := range p.notes() {
			fmt.Fprintf(w, "- %s\n", note)
		}
		return nil
	}
	for _, text := range p.answer() {
		paragraph(w, "", text)
	}
	fmt.Fprintln(w)
	p.short().text(w)
	fmt.Fprintln(w, "\nwhere they stand, the leader's site first (as --sites of a run takes it):")
	for i, o := range p.Others {
		for j, line := range brokenAt(o.sites, textWidth-6) {
			mark := strings.Repeat(" ", 4)
			if j == 0 {
				mark = fmt.Sprintf("%3d ", i+1)
			}
			fmt.Fprintf(w, "%s %s\n", mark, line)
		}
	}
	fmt.Fprintln(w)
	for _, note := range p.notes() {
		paragraph(w, "- ", note)
	}
	return nil
}

// brokenAt commas, so that no line is longer than the width where it can be helped.
func brokenAt(text string, width int) (lines []string) {
	line := ""
	for i, part := range strings.Split(text, ",") {
		if i > 0 {
			line += ","
		}
		if line != "" && len(line)+len(part) > width {
			lines, line = append(lines, line), ""
		}
		line += part
	}
	return append(lines, line)
}

// answer first, in words.
func (p plannedFor) answer() []string {
	a := p.Answer
	var out []string
	if !p.Meets {
		out = append(out, fmt.Sprintf("No placement meets %s. The nearest misses %s.", strings.Join(p.Basis.Limits, " and "), a.misses()))
	}
	out = append(out, fmt.Sprintf("Run %s: %s. A write takes %s at p50 and %s at p99 for %s. It outlives the loss of any %s.",
		units.Plural(a.Nodes, "node"), a.places(), shown(a.Write.P50), shown(a.Write.P99), p.clients(), a.outlives()))
	if a.Downtime != nil {
		out = append(out, fmt.Sprintf("Expect %s a year without writes (%s of elections).", aboutTime(a.Down), aboutTime(quorum.PerYear(a.Downtime.Electing))))
	}
	return append(out, p.alternative()...)
}

// places in words: 2 at us-east-1, where the leader stands, and 1 at tokyo.
func (p placed) places() string {
	out := []string{fmt.Sprintf("%d at %s with the leader", p.Members[p.Leader], p.Leader)}
	if p.Nodes == p.Members[p.Leader] {
		return "all at " + p.Leader
	}
	for _, site := range slices.Sorted(maps.Keys(p.Members)) {
		if site != p.Leader {
			out = append(out, fmt.Sprintf("%d at %s", p.Members[site], site))
		}
	}
	return strings.Join(out, ", ")
}

// outlives is what may be lost, and what may not.
func (p placed) outlives() string {
	nodes := units.Plural(p.planTolerates.Nodes, "node")
	if p.Sites > 0 {
		return nodes + ", or of any " + wholeSites(p.Sites)
	}
	return nodes + ", but not that of " + strings.Join(p.needs(), " or of ")
}

func wholeSites(n int) string {
	if n == 1 {
		return "whole site"
	}
	return units.Plural(n, "whole site")
}

// needs are the sites without which there is no majority.
func (p placed) needs() []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.Members)), func(site string) bool {
		return !quorum.Size(p.Nodes).NeedsSite(p.Members[site])
	})
}

// misses says which limits are missed, and by how much.
func (p placed) misses() string {
	var out []string
	for _, text := range slices.Sorted(maps.Keys(p.Missed)) {
		out = append(out, text+" "+byHowMuch(p.Missed[text]))
	}
	return strings.Join(out, " and ")
}

// byHowMuch a limit is missed: far beyond it as a multiple, which people can picture.
func byHowMuch(share float64) string {
	switch {
	case share >= 1e6:
		return "(more than a million times as long)"
	case share >= 9:
		return fmt.Sprintf("(%.0f times as long)", 1+share)
	}
	return fmt.Sprintf("by %.0f %%", 100*share)
}

// alternative tells what one site more to lose would cost, or that none is to spare.
func (p plannedFor) alternative() []string {
	a := p.Answer
	var best *placed
	for i, o := range p.Others {
		if o.Sites > a.Sites && (best == nil || o.Write.P50 < best.Write.P50) {
			best = &p.Others[i]
		}
	}
	if best == nil {
		return nil
	}
	return []string{fmt.Sprintf("To outlive any %s, a write takes %s at p50: %s, %s.",
		wholeSites(best.Sites), shown(best.Write.P50), units.Plural(best.Nodes, "node"), best.places())}
}

func (p plannedFor) clients() string {
	if len(p.Basis.Clients) == 0 {
		return "clients at all sites alike"
	}
	var out []string
	for _, site := range slices.Sorted(maps.Keys(p.Basis.Clients)) {
		text := site
		if len(p.Basis.Clients) > 1 {
			text += fmt.Sprintf(" (weight %g)", p.Basis.Clients[site])
		}
		out = append(out, text)
	}
	return "clients at " + strings.Join(out, ", ")
}

func shown(d time.Duration) string { return units.Duration.Show(float64(d)) }

// aboutTime of a year: minutes, hours or days.
func aboutTime(d time.Duration) string {
	if d < time.Second {
		return "under a second"
	}
	return units.About(d)
}

func (p plannedFor) mark(o placed) string {
	if o.sites == p.Answer.sites {
		return "*"
	}
	return ""
}

// short fits a terminal; whole has the places in each row.
func (p plannedFor) short() *table {
	t := &table{header: []string{"no", "nodes", "may lose", "p50", "p99", "at leader", "at most", "outage", "down a year"}}
	for i, o := range p.Others {
		t.add(append([]string{fmt.Sprintf("%d%s", i+1, p.mark(o)), fmt.Sprint(o.Nodes), o.tolerates()}, o.costs()...)...)
	}
	return t
}

func (p plannedFor) whole() *table {
	t := &table{header: []string{"nodes", "members, the leader's site first", "may lose", "p50", "p99", "at the leader", "writes/s at most", "outage", "down a year"}}
	for _, o := range p.Others {
		t.add(append([]string{fmt.Sprintf("%d%s", o.Nodes, p.mark(o)), strings.ReplaceAll(o.sites, ",", ", "), o.tolerates()}, o.costs()...)...)
	}
	return t
}

// tolerates nodes / sites.
func (p placed) tolerates() string { return fmt.Sprintf("%d / %d", p.planTolerates.Nodes, p.Sites) }

func (p placed) costs() []string {
	most, outage, down := "no bound", "–", "–"
	if len(p.Bounds) > 0 {
		most = units.Rate.Show(p.Bounds[0].Ops)
	}
	if p.Outage != nil {
		outage = shown(p.Outage.P50)
	}
	if p.Downtime != nil {
		down = aboutTime(p.Down)
	}
	return []string{shown(p.Write.P50), shown(p.Write.P99), shown(p.Commit.P50), most, outage, down}
}

// figures are for programs; what is not known is empty.
func (p plannedFor) figures() *table {
	t := &table{header: []string{
		"answer", "nodes", "leader", "sites", "tolerates", "tolerates_sites", "write_latency_p50_ns", "write_latency_p90_ns", "write_latency_p99_ns",
		"commit_latency_p50_ns", "commit_latency_p99_ns", "bound", "bound_ops", "copies_sent_per_write", "outage_p50_ns", "downtime_per_year_ns", "meets_limits",
	}}
	ns := func(d time.Duration) string { return fmt.Sprint(d.Nanoseconds()) }
	for _, o := range p.Others {
		bound, ops, outage, down := "", "", "", ""
		if len(o.Bounds) > 0 {
			bound, ops = string(o.Bounds[0].Resource), fmt.Sprintf("%.0f", o.Bounds[0].Ops)
		}
		if o.Outage != nil {
			outage = ns(o.Outage.P50)
		}
		if o.Downtime != nil {
			down = ns(o.Down)
		}
		t.add(fmt.Sprint(o.sites == p.Answer.sites), fmt.Sprint(o.Nodes), o.Leader, o.sites, fmt.Sprint(o.planTolerates.Nodes), fmt.Sprint(o.Sites),
			ns(o.Write.P50), ns(o.Write.P90), ns(o.Write.P99), ns(o.Commit.P50), ns(o.Commit.P99), bound, ops, fmt.Sprint(o.Copies), outage, down, fmt.Sprint(len(o.Missed) == 0))
	}
	return t
}

// notes are what the figures rest on.
func (p plannedFor) notes() []string {
	b := p.Basis
	out := []string{
		p.basis(),
		fmt.Sprintf("Engine %s, %s for a sync, two a write to the log; round trips of %s: %s.", b.Engine, shown(b.Sync), p.Profile, orNone(b.Source)),
		fmt.Sprintf("May lose: so many nodes, or so many whole sites. p50 and p99: %s, their way to the leader included. At leader: a client beside it, p50. At most: the writes a second that the tightest of pipeline and disk lets through, without processors. Outage: from the leader's death to its successor's first commit, p50, with raft's default timeouts, simulated.", p.clients()),
		fmt.Sprintf("Down: a node fails every %s and is away for %s, a whole site every %s and for %s, at the mean: change them with --mtbf, --mttr, --zone-mtbf, --zone-mttr.",
			meanTime(b.Node.MTBF), meanTime(b.Node.MTTR), meanTime(b.Site.MTBF), meanTime(b.Site.MTTR)),
		"Each member stores every write, and the leader sends one copy to each other: more nodes carry no more writes.",
	}
	if b.FullLoad > 0 {
		out = append(out, fmt.Sprintf("One node of %s did %s at full load, processors and all: on machines like its host expect no more, whatever the bound.", b.From, units.Rate.Show(b.FullLoad)))
	}
	if b.SiteByDefault {
		out = append(out, "Any one site may be lost, as is asked by default of a map of three or more: --tolerate-zones 0 also compares placements that one site takes down.")
	}
	return append(out, p.searched())
}

// basis says what is in the figures.
func (p plannedFor) basis() string {
	if p.Basis.From == "" {
		return "A prediction for machines of their own, and nothing was run: round trips and syncs are in it, processors and queues are not. Measured latencies are higher and rates lower."
	}
	return fmt.Sprintf("A prediction for machines of their own, each like the host of %s, and nothing was run: round trips, and what code (%s) and logs took there for one write under light load. Only the round trips vary in p99. Rates are bounds, and measured ones lower.",
		p.Basis.From, shown(p.Basis.Code))
}

func orNone(source string) string {
	if source == "" {
		return "their source is not given"
	}
	return source
}

// searched says how far the search went.
func (p plannedFor) searched() string {
	text := fmt.Sprintf("All %s placements of members and leader were compared", grouped(p.Search.Tried))
	if !p.Search.Exact {
		text = fmt.Sprintf("Not all placements were compared, but %s: all over the %s nearest to the leader, and over all %d sites those with a majority as near to it as can be", grouped(p.Search.Tried), units.Plural(p.Search.Nearest, "site"), p.Search.Sites)
	}
	if p.Search.Redone > 0 {
		text += fmt.Sprintf(", by median round trips; the best %d of each size and tolerance were then calculated with their jitter", p.Search.Redone)
	}
	return text + ". The best of each size, and of each number of sites that it outlives, is shown; * is the answer."
}

// grouped is a count in thousands: 12,345.
func grouped(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
