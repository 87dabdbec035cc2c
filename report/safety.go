package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// What safety trials say is told for each setup by itself: whether an order explains
// every answer, what was done to the cluster meanwhile, and how stale reads were that
// asked for no more than a replica's own store.

// testedCells are the setups with safety trials.
func testedCells(cells []summary.Cell) []summary.Cell {
	return slices.DeleteFunc(slices.Clone(cells), func(c summary.Cell) bool { return c.Tested == nil })
}

// onlyTested tells of a run that did nothing but safety trials.
func (r *Report) onlyTested() bool {
	return len(r.summary.Cells) > 0 && !slices.ContainsFunc(r.summary.Cells, func(c summary.Cell) bool {
		return c.Tested == nil || c.Trials+c.Proofs+c.OutageTrials > 0 || c.Watched != nil
	})
}

const safetyTitle = "Is every answer explained by one order?"

// worstFirst are the setups with safety trials: what was found stands before what was
// not decided, and that before what holds.
func (r *Report) worstFirst() []summary.Cell {
	cells := testedCells(r.summary.Cells)
	slices.SortStableFunc(cells, func(a, b summary.Cell) int {
		s, t := a.Tested, b.Tested
		return cmp.Or(cmp.Compare(t.Violated, s.Violated), cmp.Compare(t.Undecided, s.Undecided),
			cmp.Compare(min(s.Holds, 1), min(t.Holds, 1)), cmp.Compare(t.Failed, s.Failed),
			cmp.Compare(t.UnjudgedAttempts, s.UnjudgedAttempts), cmp.Compare(t.Stuck, s.Stuck))
	})
	return cells
}

// safetyLines answer, a line a setup, the worst first.
func (r *Report) safetyLines() []string {
	var out []string
	for _, c := range r.worstFirst() {
		text := safetySentence(c.Tested)
		if powerUncut(c) && c.Tested.Holds > 0 {
			text += powerUnproven
		}
		out = append(out, r.testedName(c)+": "+text)
	}
	return out
}

// safetyClosing is the worst setup's answer in one line, with every reservation; where
// each trial of every setup holds, the line is about all of them.
func (r *Report) safetyClosing() string {
	cells := r.worstFirst()
	s := *cells[0].Tested
	if s.Trials > s.Holds || s.Stuck > 0 || s.UnjudgedAttempts > 0 {
		return fitName(r.testedName(cells[0]), safetyShort(&s, powerUncut(cells[0])))
	}
	for _, c := range cells[1:] {
		s.Holds += c.Tested.Holds
		s.Trials += c.Tested.Trials
	}
	text := safetyShort(&s, slices.ContainsFunc(cells, powerUncut))
	names := r.testedNames(cells)
	if utf8.RuneCountInString(names+text) > verdictWidth && len(cells) > 1 {
		names = fmt.Sprintf("All %d setups", len(cells))
	}
	return fitName(names, text)
}

// fitName is a line whose name is cut where the line has no room for it: what is said of
// the name is not.
func fitName(name, text string) string {
	return wording.Shorten(name, verdictWidth-utf8.RuneCountInString(text)) + text
}

// testedNames are setups in one phrase: 3 and 5 nodes.
func (r *Report) testedNames(cells []summary.Cell) string {
	var names, sizes []string
	for _, c := range cells {
		names = append(names, r.testedName(c))
		sizes = append(sizes, fmt.Sprint(c.Nodes))
	}
	if plain := slices.IndexFunc(cells, func(c summary.Cell) bool { return r.testedName(c) != units.Plural(c.Nodes, "node") }) < 0; plain && len(cells) > 1 {
		return wording.List(sizes) + " nodes"
	}
	return wording.List(names)
}

// safetyShort is what follows on a setup's name where one line has to do.
func safetyShort(s *summary.Tested, powerUncut bool) string {
	trials := units.Plural(s.Trials, "trial")
	switch {
	case s.Violated > 0:
		return fmt.Sprintf(": SAFETY VIOLATED in %d of %s.", s.Violated, trials)
	case s.Undecided > 0:
		return fmt.Sprintf(": not decided in %d of %s, which is no pass.", s.Undecided, trials)
	case s.Holds == 0:
		return fmt.Sprintf(": none of %s came to be judged, which is no pass.", trials)
	}
	text := fmt.Sprintf(": safe in %d of %s", s.Holds, trials)
	if s.Failed > 0 {
		text += fmt.Sprintf("; %d not judged", s.Failed)
	}
	if n := s.UnjudgedAttempts; n > 0 {
		text += "; " + units.Plural(n, "attempt") + " not judged"
	}
	if s.Stuck > 0 {
		text += fmt.Sprintf("; %d did not go on", s.Stuck)
	}
	if powerUncut {
		text += "; power loss not proven"
	}
	return text + "."
}

// powerUncut tells of safety trials in which the power of the disks was to be cut, and
// was not.
func powerUncut(c summary.Cell) bool {
	return slices.ContainsFunc(c.Remarks, func(r summary.Remark) bool {
		return r.Code == results.CodePowerUncut && r.Kind == results.SafetyTest && !r.Replaced
	})
}

// testedName is a setup's among those that were tested.
func (r *Report) testedName(c summary.Cell) string {
	for _, g := range r.groups {
		if slices.ContainsFunc(g.cells, func(other summary.Cell) bool { return other.Cell == c.Cell }) {
			return sizeName(g, c)
		}
	}
	return units.Plural(c.Nodes, "node")
}

func safetySentence(s *summary.Tested) string {
	under := ""
	if done := s.Done(); done > 0 {
		under = " under " + units.Plural(done, "fault")
	}
	judged := fmt.Sprintf("%s operations%s", wording.Count(s.Operations), under)
	switch {
	case s.Violated > 0:
		return fmt.Sprintf("SAFETY VIOLATED in %d of %s (%s).", s.Violated, units.Plural(s.Trials, "trial"), judged)
	case s.Undecided > 0:
		hold := ""
		if s.Holds > 0 {
			hold = fmt.Sprintf("; %d hold", s.Holds)
		}
		return fmt.Sprintf("not decided in %d of %s, which is no pass%s (%s).", s.Undecided, units.Plural(s.Trials, "trial"), hold, judged)
	case s.Holds == 0:
		return fmt.Sprintf("none of %s came to be judged.", units.Plural(s.Trials, "trial"))
	}
	text := fmt.Sprintf("safe in %d of %s: one order explains all of %s", s.Holds, units.Plural(s.Trials, "trial"), judged)
	if s.Failed > 0 {
		text += fmt.Sprintf("; %d did not come to be judged", s.Failed)
	}
	if n := s.UnjudgedAttempts; n > 0 {
		text += fmt.Sprintf("; %s before %s not judged", units.Plural(n, "attempt"), wording.Were(n))
	}
	if s.Stuck > 0 {
		text += fmt.Sprintf("; in %d of them something did not go on when all was healed", s.Stuck)
	}
	return text + "."
}

// safetySheet counts, a row a setup.
func (r *Report) safetySheet() sheet {
	number := func(over, title string, keep int, of func(*summary.Tested) int) column {
		return plain(over, title, keep, func(c summary.Cell) string {
			if c.Tested == nil || of(c.Tested) == 0 {
				return units.Absent
			}
			return wording.Count(int64(of(c.Tested)))
		}).from(ofTested)
	}
	columns := []column{
		nodesColumn(),
		plain("trials", "hold", 0, func(c summary.Cell) string {
			if c.Tested == nil {
				return units.Absent
			}
			return fmt.Sprintf("%d of %d", c.Tested.Holds, c.Tested.Trials)
		}).from(ofTested),
		number("trials", "undecided", 8, func(s *summary.Tested) int { return s.Undecided }),
		number("", "operations", 9, func(s *summary.Tested) int { return int(s.Operations) }),
		number("faults", "done", 7, (*summary.Tested).Done),
		number("faults", "not done", 2, func(s *summary.Tested) int { return s.NotDone }),
		number("faults", "failed", 1, func(s *summary.Tested) int { return s.FaultsFailed }),
		number("snapshots", "taken", 6, func(s *summary.Tested) int { return s.Snapshots }),
		number("snapshots", "installed", 5, func(s *summary.Tested) int { return s.Installs }),
		number("", "restarts", 4, func(s *summary.Tested) int { return s.Restarts }),
		number("", "restored", 3, func(s *summary.Tested) int { return s.Restores }),
	}
	groups := r.groups
	if !r.onlyTested() {
		groups = nil
		for _, g := range r.groups {
			if g.cells = testedCells(g.cells); len(g.cells) > 0 {
				groups = append(groups, g)
			}
		}
	}
	return sheet{title: safetyTitle, columns: columns, groups: groups}
}

// safetyDetails are what stands below the table.
func (r *Report) safetyDetails() []string {
	var out []string
	for _, c := range testedCells(r.summary.Cells) {
		s, name := c.Tested, r.testedName(c)
		if text := faultCounts(s, powerUncut(c)); text != "" {
			out = append(out, name+": "+text)
		}
		if text := stalenessLine(s); text != "" {
			out = append(out, name+": "+text)
		}
		if n := s.Unforced; n > 0 {
			out = append(out, fmt.Sprintf("%s: in %d of %s no snapshot was taken: restarts from one, and one that is sent, were not tested there.", name, n, units.Plural(s.Trials, "trial")))
		}
		if n := s.UnjudgedAttempts; n > 0 {
			out = append(out, fmt.Sprintf("%s: %s did not come to an end, and nobody could judge what clients were told by then: RUN/%s/%s-TRIAL has it, and `raftbench judge FILE --within 5m` gives it longer.",
				name, units.Plural(n, "attempt"), results.TrialsDir, c.Cell))
		}
		out = append(out, seedLines(name, c.Cell, s)...)
	}
	if len(out) > 0 {
		out = append(out, "Every trial's seed stands in trials.jsonl; `raftbench run RUN/experiment.yaml --replay SETUP:SEED` does its faults again, by the same clients. "+r.historiesKept())
	}
	return out
}

// historiesKept says where to look for what the clients and the nodes did.
func (r *Report) historiesKept() string {
	kept, removed := false, false
	for _, t := range r.run.Trials {
		switch {
		case t.Kind != results.SafetyTest || t.Tested == nil:
		case t.Tested.History == "" && t.Valid:
			removed = true
			kept = kept || len(t.Tested.UnjudgedAttempts) > 0
		default:
			kept = true
		}
	}
	text := ""
	if kept {
		text = "Histories, their pictures and logs stand in RUN/" + results.TrialsDir + "/SETUP-TRIAL. "
	}
	if removed {
		text += "Histories and logs of trials in which nothing was found are removed, unless safety.keep is true."
	}
	return strings.TrimSpace(text)
}

// faultCounts are the faults by what was done, the most frequent first.
func faultCounts(s *summary.Tested, powerUncut bool) string {
	names := slices.SortedFunc(maps.Keys(s.Faults), func(a, b string) int {
		return cmp.Or(cmp.Compare(s.Faults[b], s.Faults[a]), cmp.Compare(a, b))
	})
	if len(names) == 0 && s.NotDone+s.FaultsFailed == 0 {
		return ""
	}
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, s.Faults[name])
	}
	text := "faults done: " + cmp.Or(strings.Join(names, ", "), "none")
	if s.NotDone > 0 {
		why := "such as where nobody led, or whom they were meant for was dead, or the load had ended"
		if powerUncut {
			why = "such as where no power could be cut"
		}
		text += fmt.Sprintf("; %d more %s not done, %s", s.NotDone, wording.Were(s.NotDone), why)
	}
	if s.FaultsFailed > 0 {
		text += fmt.Sprintf("; %d more %s begun and failed", s.FaultsFailed, wording.Were(s.FaultsFailed))
	}
	if s.NotDone+s.FaultsFailed > 0 {
		text += ": trials.jsonl says why"
	}
	return text + "."
}

// stalenessLine is how far behind reads were that a replica answered by itself.
func stalenessLine(s *summary.Tested) string {
	a := s.Staleness
	switch {
	case a == nil:
		return ""
	case a.Stale == 0:
		return fmt.Sprintf("none of %s serializable reads was stale.", wording.Count(a.Reads))
	}
	return fmt.Sprintf("%s of %s serializable reads were stale: by %s at the median of all, %d at the 99th percentile, %d at most (known for at least %s, %s and %s).",
		wording.Share(float64(a.Stale)/float64(a.Reads)), wording.Count(a.Reads), units.Plural(int(a.BehindP50), "revision"), a.BehindP99, a.BehindMax,
		wording.Duration(float64(a.AgeP50NS)), wording.Duration(float64(a.AgeP99NS)), wording.Duration(float64(a.AgeMaxNS)))
}

// seedLines name the trials that are worth playing again. One that was not judged is not
// said to have gone wrong.
func seedLines(name, cell string, s *summary.Tested) (out []string) {
	for _, of := range []struct {
		what  string
		seeds []int64
	}{{"did not hold", s.Seeds}, {"were not judged", s.UnjudgedSeeds}} {
		if len(of.seeds) > 0 {
			out = append(out, fmt.Sprintf("%s: seeds that %s, each to be played again with --replay %s:SEED: %s.", name, of.what, cell, seedList(of.seeds)))
		}
	}
	return out
}

// mostSeeds are listed.
const mostSeeds = 8

func seedList(seeds []int64) string {
	var texts []string
	for i, seed := range seeds {
		if i == mostSeeds {
			texts = append(texts, fmt.Sprintf("and %d more in %s", len(seeds)-i, summary.File))
			break
		}
		texts = append(texts, fmt.Sprint(seed))
	}
	return strings.Join(texts, ", ")
}
