package report

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// MostTogether are the runs of one report: each is whole in it, some 310 KB of a page
// that is to stay below 3 MB, and nobody reads a table of more columns. Over more
// runs a figure is told by a Trend.
const MostTogether = 6

// Together is one report of several runs: first what each of them answers, their figures
// beside each other and what makes them unlike; then the report of each run, whole.
type Together struct {
	options TogetherOptions
	runs    []oneRun
	// beside holds the runs that have figures against the first of these; nil where there
	// are fewer than two. of are their places among the runs.
	beside *Compared
	whole  *summary.Comparison
	of     []int
	// apart says of the others why they are not among these.
	apart []string
}

// oneRun is a run of several.
type oneRun struct {
	*Report
	id   string // begins its anchors on the page, and the names of its pictures
	name string // no two are called alike
}

// TogetherOptions of a report of several runs.
type TogetherOptions struct {
	// Title of the report, as CleanTitle gives it; empty for how many runs it is of.
	Title string
	// Spread is how far repeated runs of one build lie apart, where that fits two runs;
	// nil where it is not known, and then nothing is called different.
	Spread func(before, after *results.Run) *summary.Spread
	// Unreadable are the runs that were asked for and are left out.
	Unreadable []Unreadable
}

// Unreadable is a folder that holds no run, or a damaged one.
type Unreadable struct {
	Folder string `json:"folder"`
	Reason string `json:"error"`
}

// NewTogether gathers what several runs say, each of another folder. Its error is that of
// holding them against each other.
func NewTogether(reports []*Report, o TogetherOptions) (*Together, error) {
	t := &Together{options: o}
	var dirs []string
	for _, r := range reports {
		dirs = append(dirs, r.run.Dir)
	}
	for i, name := range runNames(dirs) {
		t.runs = append(t.runs, oneRun{reports[i], fmt.Sprintf("run-%d", i+1), name})
	}
	return t, t.compare()
}

// runNames are what runs are called: each by its folder, with as much of the path before
// it as tells it from the others, and by its place where that is not enough.
func runNames(dirs []string) []string {
	parts := make([][]string, len(dirs))
	for i, dir := range dirs {
		if full, err := filepath.Abs(dir); err == nil {
			dir = full
		}
		parts[i] = strings.Split(strings.Trim(filepath.ToSlash(dir), "/"), "/")
	}
	names := make([]string, len(dirs))
	for i, own := range parts {
		n := 1
		for n < len(own) && slices.ContainsFunc(parts, func(other []string) bool {
			return !slices.Equal(other, own) && slices.Equal(lastOf(other, n), lastOf(own, n))
		}) {
			n++
		}
		names[i] = clean.Name(strings.Join(lastOf(own, n), "/"))
	}
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			names[i] = strings.TrimSpace(fmt.Sprintf("%s (run %d)", name, i+1))
		}
	}
	return names
}

func lastOf(parts []string, n int) []string { return parts[max(0, len(parts)-n):] }

// compare holds the runs that have figures against the first of them.
func (t *Together) compare() error {
	var sides []summary.Side
	for i, r := range t.runs {
		if why := r.withoutFigures(); why != "" {
			t.apart = append(t.apart, r.name+": "+why)
			continue
		}
		sides, t.of = append(sides, summary.Side{Run: r.run, Analysis: r.analysis}), append(t.of, i)
	}
	if len(sides) < 2 {
		return nil
	}
	spreads := make([]*summary.Spread, len(sides)-1)
	for i, side := range sides[1:] {
		if t.options.Spread != nil {
			spreads[i] = t.options.Spread(sides[0].Run, side.Run)
		}
	}
	whole, err := summary.CompareAll(sides[0], sides[1:], spreads)
	if err != nil {
		return fmt.Errorf("hold the runs against each other: %w", err)
	}
	t.whole, t.beside = &whole, NewCompared(whole, sides, false)
	t.beside.old.name = t.runs[t.of[0]].name
	for i := range t.beside.later {
		b := &t.beside.later[i]
		b.run.name = t.runs[t.of[i+1]].name
		b.called = [2]string{t.beside.old.name, b.run.name}
	}
	return nil
}

// withoutFigures says why a run has no figures that could be held against another's;
// empty where it has some.
func (r *Report) withoutFigures() string {
	switch how := r.env.Broken(); {
	case how != "":
		return "its nodes were broken on purpose (" + clean.Name(how) + "), so that none of its figures is a result."
	case !slices.ContainsFunc(r.run.Latest(), func(t results.Trial) bool { return t.Valid }):
		return "none of its trials is valid, so that it has no figure to be compared."
	}
	return ""
}

// title of the whole report.
func (t *Together) title() string {
	if t.options.Title != "" {
		return t.options.Title
	}
	if len(t.runs) > 1 {
		return units.Plural(len(t.runs), "run") + " beside each other"
	}
	if left := len(t.options.Unreadable); left > 0 {
		return fmt.Sprintf("1 run, without %d that cannot be read", left)
	}
	return "1 run"
}

// heading names the runs.
func (t *Together) heading() []string {
	var names []string
	for _, r := range t.runs {
		names = append(names, r.name)
	}
	return []string{wording.List(names)}
}

// alarms are those of all runs, and the runs that are missing.
func (t *Together) alarms() []string {
	var out []string
	for _, u := range t.options.Unreadable {
		out = append(out, clean.Name(filepath.Base(filepath.Clean(u.Folder)))+": left out, since it cannot be read: "+clean.Detail(withoutFolders(u.Reason, u.Folder)))
	}
	for _, r := range t.runs {
		for _, a := range r.alarms {
			out = append(out, r.name+": "+a)
		}
	}
	return out
}

// withoutFolders leaves out of a reason where the folder stood: that is nothing for the
// readers of a report.
func withoutFolders(reason, folder string) string {
	reason = strings.ReplaceAll(reason, folder+string(os.PathSeparator), "")
	return strings.TrimPrefix(strings.TrimPrefix(reason, folder), ": ")
}

// verdicts are what each run answers, in a line; those that answer the same share it.
func (t *Together) verdicts() []string {
	var order []string
	names := map[string][]string{}
	for _, r := range t.runs {
		text := r.shortVerdict()
		if names[text] == nil {
			order = append(order, text)
		}
		names[text] = append(names[text], r.name)
	}
	for i, text := range order {
		order[i] = wording.List(names[text]) + ": " + text
	}
	return order
}

func (r *Report) shortVerdict() string {
	text := r.Closing()
	switch {
	case len(r.summary.Cells) == 0:
		return noTrialYet
	case strings.HasPrefix(text, r.manyVerdicts()):
		return r.manyVerdicts() + "."
	}
	return text
}

// notes say what the figures beside each other come to.
func (t *Together) notes() []string {
	if len(t.runs) == 1 {
		return append(slices.Clone(t.apart), "There is no other run to hold this one against; what it says stands below.")
	}
	if t.beside == nil {
		return append(slices.Clone(t.apart), "No two of the runs have figures to be held against each other; what each says stands below.")
	}
	out := []string{t.beside.overview()}
	if len(t.beside.later) == 1 {
		out = t.beside.later[0].answer(fullName)
	}
	return append(out, t.apart...)
}

// unlike are what makes each later run unlike the first, in the order of the compared
// runs.
func (t *Together) unlike() [][]string {
	if t.beside == nil {
		return nil
	}
	var out [][]string
	for i := range t.beside.later {
		b := &t.beside.later[i]
		var lines []string
		if len(t.beside.later) > 1 { // of one the answer stands on top
			lines = b.answer(fullName)
		}
		if len(b.Changes) > 0 {
			lines = append(lines, b.basis())
		}
		out = append(out, append(lines, b.contrasts(fullName)...))
	}
	return out
}
