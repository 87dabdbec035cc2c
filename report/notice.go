package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// dagger marks a cell that something weakens, in every table and chart.
const dagger = "†"

// unproven stands where a tolerance is theory only.
const unproven = "not proven"

// doubts lists what weakens a cell, its own warnings last.
func doubts(c summary.Cell) []string {
	var out []string
	if f := c.Faults; f.LostWrites > 0 || f.Violations > 0 {
		out = append(out, fmt.Sprintf("SAFETY VIOLATED: %s lost, %s",
			plural(int(f.LostWrites), "acknowledged write"), plural(f.Violations, "finding")+" of the audits"))
	}
	switch bad := c.Trials - c.ValidTrials; {
	case c.ValidTrials <= 0 && c.Trials > 0:
		out = append(out, "no valid measuring trial: no number is printed")
	case bad > 0 && !reasoned(c):
		out = append(out, fmt.Sprintf("%d of %s invalid and left out", bad, plural(c.Trials, "trial")))
	}
	if s := c.Faults.Survived; s != nil && *s != c.Tolerates {
		out = append(out, fmt.Sprintf("seen to go on after %s, theory says %d", failures(*s), c.Tolerates))
	}
	if b := c.Faults.BlockedAt; b != nil && *b != c.Tolerates+1 {
		out = append(out, unstopped(c))
	}
	for _, w := range c.Warnings {
		if !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// reasoned tells whether the summary already says which trials were invalid.
func reasoned(c summary.Cell) bool {
	return slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "invalid") })
}

func doubted(c summary.Cell) bool { return len(doubts(c)) > 0 }

// mark is the dagger for a doubted cell, nothing otherwise.
func mark(c summary.Cell) string {
	if doubted(c) {
		return dagger
	}
	return ""
}

// doubt is one thing that weakens cells, as it was first said.
type doubt struct {
	text   string
	varies bool     // its figures differ from cell to cell
	who    []string // the cells' names
}

// notices gathers the doubts of all cells, the gravest first, one line for
// each kind: "† 3 and 4 nodes: …".
func notices(s summary.Summary) []string {
	gs := groups(s)
	var order []*doubt
	byKind := map[string]*doubt{}
	for _, g := range gs {
		for _, c := range g.cells {
			for _, text := range doubts(c) {
				d := byKind[kindOf(text)]
				if d == nil {
					d = &doubt{text: text}
					byKind[kindOf(text)] = d
					order = append(order, d)
				}
				d.varies = d.varies || text != d.text
				if trialsSaid(text) >= trialsSaid(d.text) {
					d.text = text // the worst speaks for all, the largest of equals
				}
				if name := cellName(g, c); !slices.Contains(d.who, name) {
					d.who = append(d.who, name)
				}
			}
		}
	}
	slices.SortStableFunc(order, func(a, b *doubt) int { return gravity(b.text) - gravity(a.text) })
	out := make([]string, len(order))
	for i, d := range order {
		out[i] = dagger + " " + whom(d.who, len(s.Cells), len(gs)) + ": " + d.said()
	}
	return out
}

const andAlike = " (and alike)"

// trialsSaid is of how many trials a doubt was said: "3 of 6 trials: …".
func trialsSaid(text string) int {
	n := 0
	_, _ = fmt.Sscanf(text, "%d of ", &n)
	return n
}

func (d *doubt) said() string {
	if d.varies && !strings.HasSuffix(d.text, andAlike) {
		return d.text + andAlike
	}
	return d.text
}

// gravity ranks doubts: what was promised and is not so, what is missing, and
// what only weakens a number.
func gravity(text string) int {
	for i, marks := range [][]string{
		{"SAFETY", "audits object", "audit objects", "theory says", "not seen to stop"},
		{"no valid measuring trial", "invalid", "failed", "not confirmed"},
	} {
		for _, m := range marks {
			if strings.Contains(text, m) {
				return 2 - i
			}
		}
	}
	return 0
}

// figures differ where the thing said is the same.
var figures = regexp.MustCompile(`[-+−]?[0-9]+([.,][0-9]+)*(ns|µs|ms|s)?`)

// inWindow is where a doubt names its window, its figures taken out: a busy
// host is one thing, in however many windows.
var inWindow = regexp.MustCompile(`: (calm|saturate|sweep#|capacity-guess|capacity-(probe|confirm|at)#): `)

// kindOf tells what texts are said in one line. Of the gravest each stands
// for itself.
func kindOf(text string) string {
	if gravity(text) == 2 {
		return text
	}
	kind := strings.TrimSuffix(figures.ReplaceAllString(text, "#"), andAlike)
	return inWindow.ReplaceAllString(kind, ": ")
}

var nodesWord = regexp.MustCompile(` nodes?`)

// whom names the cells that a doubt is of, out of so many in so many groups.
func whom(who []string, cells, groups int) string {
	names := list(who)
	switch {
	case len(who) == cells && cells > 1 && groups > 1:
		return "everywhere"
	case len(who) == cells && cells > 1:
		return "all sizes"
	case groups == 1 && len(who) > 1:
		// 3 nodes and 4 nodes are 3 and 4 nodes.
		return nodesWord.ReplaceAllString(names, "") + " nodes"
	}
	return names
}

// maxNotices are what a terminal shows.
const maxNotices = 8

// fewer cuts notices for a terminal; the page has all.
func fewer(all []string) []string {
	if len(all) <= maxNotices {
		return all
	}
	return append(slices.Clone(all[:maxNotices-1]), fmt.Sprintf("%d more: see report.md", len(all)-maxNotices+1))
}

// cellName is "3 nodes", with the group's name where there are several.
func cellName(g group, c summary.Cell) string {
	name := plural(c.Nodes, "node")
	if g.name != "" {
		name += " (" + g.name + ")"
	}
	return name
}

// footnotes hold for every number of the report.
func footnotes(s summary.Summary, env results.Environment, o Options) []string {
	out := []string{colocation(env)}
	if pooled(s) {
		out = append(out, "* p99 pooled over trials, no interval.")
	}
	out = append(out, "Medians over trials; a range is the 95 % interval of its median, absent with fewer than 6 trials or where it prints as its median.")
	if text := confirmations(s); text != "" {
		out = append(out, text)
	}
	if n, ok := fewestProofs(s); ok {
		out = append(out, "The pause when the leader dies is from "+plural(n, "proof trial")+" a size: election timeouts are random, so it varies.")
	}
	for _, p := range profiles(s) {
		if src := o.source(p); src != "" {
			out = append(out, fmt.Sprintf("Network profile %s: %s.", p, strings.TrimSuffix(src, ".")))
		}
	}
	if o.Links != "" {
		out = append(out, o.Links)
	}
	return append(out, o.Emulated...)
}

// colocation is said with every result: what grows with N on one host is
// partly the host.
func colocation(env results.Environment) string {
	cores := "cores"
	if env.Cores > 0 {
		cores = plural(env.Cores, "core")
	}
	return "All N nodes share this host's " + cores + " and one disk: part of what grows with N is the host, not Raft."
}

func pooled(s summary.Summary) bool {
	for _, c := range s.Cells {
		if m, ok := metric(c, writeP99); ok && m.Pooled {
			return true
		}
	}
	return false
}

// confirmations is on how many fresh clusters each size's capacity rests;
// empty where no capacity was looked for.
func confirmations(s summary.Summary) string {
	fewest, most := -1, 0
	for _, c := range s.Cells {
		if _, ok := metric(c, capacity); !ok {
			continue
		}
		n := c.CapacityConfirmed
		if fewest < 0 || n < fewest {
			fewest = n
		}
		most = max(most, n)
	}
	switch {
	case most == 0:
		return "" // each such cell is warned of
	case fewest == most:
		return "A capacity is what " + plural(most, "fresh cluster") + " a size carried, after a search on another one."
	}
	return fmt.Sprintf("A capacity is what %d to %d fresh clusters a size carried, after a search on another one.", fewest, most)
}

// fewestProofs is on how few trials a size's pause rests.
func fewestProofs(s summary.Summary) (fewest int, ok bool) {
	for _, c := range s.Cells {
		if m, there := metric(c, unavailability); there && (!ok || m.N < fewest) {
			fewest, ok = m.N, true
		}
	}
	return fewest, ok
}

func profiles(s summary.Summary) []string {
	var out []string
	for _, c := range s.Cells {
		if c.Profile != "" && !slices.Contains(out, c.Profile) {
			out = append(out, c.Profile)
		}
	}
	return out
}

// labelLine is where the label stands in the heading.
const labelLine = 2

// heading names the run, its host and its day; last comes its label.
func heading(s summary.Summary, env results.Environment, o Options) []string {
	first := []string{"run " + s.RunID}
	if !env.StartedAt.IsZero() {
		first = append(first, env.StartedAt.UTC().Format("2006-01-02 15:04 UTC"))
	}
	out := []string{strings.Join(first, " · "), strings.Join(hostWords(s, env), " · ")}
	if o.Label != "" {
		out = append(out, o.Label)
	}
	return out
}

func hostWords(s summary.Summary, env results.Environment) []string {
	var out []string
	add := func(ok bool, text string) {
		if ok {
			out = append(out, text)
		}
	}
	add(env.Hostname != "", "host "+shorten(env.Hostname, 24))
	add(env.Cores > 0, plural(env.Cores, "core"))
	add(env.OS != "", strings.TrimSpace(env.OS+"/"+env.Arch))
	add(env.Filesystem != "", env.Filesystem)
	add(env.FsyncP50NS > 0, "fsync "+duration(float64(env.FsyncP50NS)))
	if p := profiles(s); len(p) > 0 {
		add(true, "network "+strings.Join(p, ", "))
	}
	return out
}
