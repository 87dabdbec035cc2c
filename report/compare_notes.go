package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// notes are what a reader of one run's changes should know: the daggers; what the
// answers rest on; and what else differs, key by key.
func (c *Compared) notes(b *comparedBlock, name func(setup string) string) [][]string {
	last := b.contrasts(name)
	if b.same > 0 {
		last = append(last, units.Plural(b.same, "figure")+" the same in every trial of both runs left out; --all shows them.")
	}
	return [][]string{c.daggers(b), {b.basis()}, last}
}

// daggers explain those of both runs' numbers; the first run's stand once.
func (c *Compared) daggers(b *comparedBlock) []string {
	old, first := c.old.daggers("old", b), &c.later[0]
	if b != first && len(old) > 0 && slices.Equal(old, c.old.daggers("old", first)) {
		old = []string{figures.Dagger + " old: as above."}
	}
	return append(old, b.run.daggers("new", b)...)
}

func (r comparedRun) daggers(label string, b *comparedBlock) []string {
	var metrics, out []string
	for _, f := range b.figures {
		metrics = append(metrics, f.metric)
	}
	for _, line := range doubtsOf(r.sum, metrics) {
		out = append(out, figures.Dagger+" "+label+": "+strings.TrimPrefix(line, figures.Dagger+" "))
	}
	return out
}

// maxFootnoteSetups are how many setups a footnote names.
const maxFootnoteSetups = 3

func doubtsOf(s summary.Summary, metrics []string) []string {
	r := &Report{summary: s, groups: groups(s)}
	r.remarks = remarks(r.groups)
	return r.doubtLines(metrics, everything, maxFootnoteSetups)
}

// basis says what the answers rest on, or how to come by it.
func (b *comparedBlock) basis() string {
	if n := len(b.barred()); n > 0 && n == len(cellsOf(b.shown())) {
		return "To compare builds or settings, run the same experiment on the same class of host, best of all side by side in one run."
	}
	if b.Spread == nil {
		return "To know how far two runs of one build lie apart on such a host, repeat " + b.called[0] + "'s experiment: raftbench run --repeat 6. " +
			"To compare builds or settings finely, measure them side by side in one run."
	}
	text := fmt.Sprintf("Not side by side: the ranges hold what %s of one build, begun over %s, lay apart.", units.Plural(b.Spread.Runs, "run"), units.About(b.Spread.Over))
	if b.Spread.Apart > 2*b.Spread.Over {
		text += fmt.Sprintf(" These two were begun %s apart: what drifts more slowly than the repeats lasted is not in it.", units.About(b.Spread.Apart))
	}
	return text
}

// maxOneSided and maxDelays are how many settings of one run alone, and how many
// links with other delays, are named.
const (
	maxOneSided = 12
	maxDelays   = 3
)

// profileSetting is the path of the setting that names the network.
const profileSetting = "network.profile"

// contrasts say what differs beside the figures, and in one line what does not.
func (b *comparedBlock) contrasts(name func(setup string) string) []string {
	var out, onlyOld, onlyNew []string
	otherProfile := slices.ContainsFunc(b.Unlike, func(u summary.Contrast) bool { return u.What == summary.TraitProfile })
	delays := 0
	for _, u := range b.Unlike {
		if u.What == summary.TraitDelay {
			delays++
		}
		switch {
		case u.Name == profileSetting && otherProfile: // said already, of the setups that it is of
		case u.What == summary.TraitDelay && delays > maxDelays:
			more := fmt.Sprintf("Differs: the delays asked of %s more.", units.Plural(delays-maxDelays, "link"))
			if delays > maxDelays+1 {
				out = out[:len(out)-1]
			}
			out = append(out, more)
		case u.What == summary.TraitSetting && u.Old == "":
			onlyNew = append(onlyNew, settingText(u.Name, u.New))
		case u.What == summary.TraitSetting && u.New == "":
			onlyOld = append(onlyOld, settingText(u.Name, u.Old))
		default:
			out = append(out, "Differs: "+facts.Contrast(u)+b.whereText(u, name)+".")
		}
	}
	for i, only := range [][]string{onlyOld, onlyNew} {
		if len(only) > 0 {
			out = append(out, fmt.Sprintf("Set in %s's experiment only: %s.", b.called[i], wording.Some(only, maxOneSided)))
		}
	}
	if len(out) == 0 {
		out = append(out, "Nothing on record differs beside the figures.")
	}
	out = append(out, b.sameText())
	for i, only := range [][]string{b.OnlyOld, b.OnlyNew} {
		if len(only) > 0 {
			out = append(out, fmt.Sprintf("In %s only: %s.", b.called[i], wording.Some(namedBy(fullName, only), 6)))
		}
	}
	return slices.DeleteFunc(out, func(text string) bool { return text == "" })
}

func settingText(path, value string) string { return clean.Name(path) + " " + clean.Name(value) }

// whereText names the setups that a contrast bars, where these are not all.
func (b *comparedBlock) whereText(u summary.Contrast, name func(setup string) string) string {
	if n := len(u.Cells); n == 0 || n == len(cellsOf(b.Changes)) {
		return ""
	}
	return " (" + wording.Some(namedBy(name, u.Cells), 3) + ")"
}

// sameText is what does not differ, in one sentence.
func (b *comparedBlock) sameText() string {
	var parts []string
	for _, t := range b.Same.Traits {
		parts = append(parts, facts.TraitWords[t])
	}
	if n := b.Same.Versions; n > 0 {
		parts = append(parts, units.Plural(n, "version")+" of modules")
	}
	if n := b.Same.Settings; n > 0 {
		parts = append(parts, units.Plural(n, "setting"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "Same in both: " + wording.List(parts) + "."
}

// changes are all that stand in the tables.
func (c *Compared) changes() []summary.Change {
	var out []summary.Change
	for i := range c.later {
		out = append(out, c.later[i].shown()...)
	}
	return out
}

// legend says what the signs mean that stand in any of the tables.
func (c *Compared) legend() []string {
	changes := c.changes()
	means, without := false, false
	for i := range c.later {
		for _, f := range c.later[i].figures {
			means = means || f.mean != nil
			without = without || f.mean == nil && len(f.changes) > 1
		}
	}
	if len(changes) == 0 {
		return nil
	}
	out := append([]string{"±: the farther end of a median's 95 % interval" + noInterval(changes) + "."}, c.signs(changes)...)
	out = append(out, "n: trials behind the figure, old + new.")
	if means {
		out = append(out, "geomean: the geometric mean over the setups that both runs have; its change is not tested, and says nothing of any one setup"+noMean(without)+".")
	} else if without {
		out = append(out, "No geometric mean: figures are not comparable, shares, or one of them is 0 or never came back.")
	}
	if slices.ContainsFunc(changes, func(ch summary.Change) bool { return ch.Untested == summary.NotRepeated }) {
		out = append(out, "Some figures are not in all of the repeats that tell the spread, and are not tested.")
	}
	return out
}

// signs are those that changes carry, explained.
func (c *Compared) signs(changes []summary.Change) []string {
	var out []string
	has := func(is func(summary.Change) bool) bool { return slices.ContainsFunc(changes, is) }
	if has(func(ch summary.Change) bool { return ch.Decided == stats.Undecided && ch.Untested == "" }) {
		out = append(out, comparedUndecided+": no difference can be shown, which is no proof that there is none; the range says how large it may be.")
	}
	if has(func(ch summary.Change) bool {
		return ch.Untested == summary.SpreadUnknown || ch.Untested == summary.NotRepeated
	}) {
		out = append(out, comparedUndecided+" ( ): the change of the figures as they are; nobody knows how much of it is the host's.")
	}
	if has(func(ch summary.Change) bool { return ch.Decided == stats.Bounded }) {
		out = append(out, fmt.Sprintf("%s: alike, the whole range lies within ±%.0f %%.", comparedBounded, 100*stats.Precision))
	}
	if has(func(ch summary.Change) bool { return ch.Interval }) {
		out = append(out, "[ ]: the change lies in this range, in %, with 95 % confidence.")
	}
	if has(func(ch summary.Change) bool { return c.ofProofs(figureKey{ch.Metric, ch.Cell}) }) {
		out = append(out, "Outage: of the leader's kill in each proof alone; a run's table of what a size survives has the median of all kills of a leader.")
	}
	if has(func(ch summary.Change) bool { return ch.P != nil }) {
		out = append(out, "p: how probable so large a difference is between two runs of one build, corrected (Holm) for all that is asked at once"+c.overRuns()+": "+
			"median latencies, throughput and capacity of all setups are asked together, each other figure by itself. Found is what has p ≤ .05.")
	}
	return out
}

func noMean(without bool) string {
	if !without {
		return ""
	}
	return ". There is none where a figure is a share, 0 or never came back, or is not comparable"
}

func noInterval(changes []summary.Change) string {
	if slices.ContainsFunc(changes, func(ch summary.Change) bool {
		return ch.Old.N > 0 && figures.Deviation(ch.Old) == "∞" || ch.New.N > 0 && figures.Deviation(ch.New) == "∞"
	}) {
		return fmt.Sprintf("; ∞ where it has none: fewer than %d trials, too few operations for a tail, or operations that failed", stats.IntervalTrials)
	}
	return ""
}

func (c *Compared) overRuns() string {
	if len(c.later) > 1 {
		return ", over all runs"
	}
	return ""
}
