package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// footnotes hold for every number of the report.
func (r *Report) footnotes() []string {
	out := slices.Concat([]string{r.colocation()}, r.clientsPart(), r.unreal())
	if text := r.askedLine(); text != "" {
		out = slices.Insert(out, 0, text)
	}
	if text := pooledNote(r.summary); text != "" {
		out = append(out, text)
	}
	switch {
	case r.onlyWatched(), r.onlyTested(): // rates have intervals of their own, and safety trials measure nothing
	case r.outagesAlone() && len(r.operationGroups()) > 0:
		out = append(out, fmt.Sprintf("A range is the 95 %% interval of its median, absent where it was done fewer than %d times.", stats.IntervalTrials))
	case r.outagesAlone() && r.repeatedActions() != nil:
		out = append(out, fmt.Sprintf("A range is the 95 %% interval of its median, absent with fewer than %d faults.", stats.IntervalTrials))
	default:
		out = append(out, fmt.Sprintf("Medians over trials; a range is the 95 %% interval of its median, absent with fewer than %d trials or where it prints as its median.", stats.IntervalTrials))
	}
	for _, text := range []string{warmth(r.summary), company(r.summary), r.failuresCount(), confirmations(r.summary), r.saturationNote(), r.toleranceNote(), mixedCosts(r.summary), unpooledTrials(r.summary), r.splitNote(), r.operationNote(), r.timelineNote()} {
		if text != "" {
			out = append(out, text)
		}
	}
	out = append(out, r.outageNotes()...)
	out = append(out, r.apartNotes()...)
	out = append(out, r.electionNotes()...)
	out = append(out, r.theoryNotes()...)
	out = append(out, useNotes(r.summary)...)
	out = append(out, r.sources()...)
	if r.linkTruth != "" {
		out = append(out, r.linkTruth)
	}
	return out
}

func (r *Report) failuresCount() string {
	if anyFailed(r.summary) {
		return failureNote
	}
	return ""
}

// sources tell who published the networks' figures.
func (r *Report) sources() []string {
	var out []string
	changed := ""
	if r.changedLinks() != "" {
		changed = ", before its links were changed"
	}
	for _, p := range r.profiles() {
		if src := r.source(p); src != "" {
			out = append(out, fmt.Sprintf("Network profile %s%s: %s.", p, changed, strings.TrimSuffix(src, ".")))
		}
	}
	return out
}

// pooledNote tells of percentiles that no single trial carries; empty where
// there are none.
func pooledNote(s summary.Summary) string {
	fewest, without, unknown := int64(0), false, false
	for _, c := range s.Cells {
		m, ok := c.Metrics[figures.WriteP99]
		if !ok || !m.Pooled {
			continue
		}
		if m.Effective == 0 {
			unknown = true
			continue
		}
		without = without || !m.Interval
		if fewest == 0 || m.Effective < fewest {
			fewest = m.Effective
		}
	}
	text := "* p99 pooled over trials"
	switch {
	case !pooled(s):
		return ""
	case without && unknown:
		text += ", with no interval where writes are too few or how far they are independent is not on record"
	case without:
		text += ", with no interval where writes are too few"
	case unknown:
		text += ", with no interval where it is not on record how far writes are independent"
	}
	if fewest > 0 && fewest < stats.ThinP99 {
		return fmt.Sprintf("%s; it rests on as few as %s independent operations, where %s make it steady.", text, wording.Count(fewest), wording.Count(stats.ThinP99))
	}
	return text + "."
}

func pooled(s summary.Summary) bool {
	return slices.ContainsFunc(s.Cells, func(c summary.Cell) bool { return c.Metrics[figures.WriteP99].Pooled })
}

// confirmations is on how many fresh clusters each size's capacity rests;
// empty where no capacity was looked for.
func confirmations(s summary.Summary) string {
	fewest, most := -1, 0
	for _, c := range s.Cells {
		if _, ok := figures.Of(c, figures.Capacity); !ok {
			continue
		}
		n := c.CapacityConfirmed
		if fewest < 0 || n < fewest {
			fewest = n
		}
		most = max(most, n)
	}
	switch {
	case fewest < 0:
		return ""
	case most == 0:
		return "No fresh cluster confirmed a capacity: give at least 2 trials."
	case fewest == most:
		return "A capacity is what " + units.Plural(most, "fresh cluster") + " a size carried, after a search on another one."
	}
	return fmt.Sprintf("A capacity is what %d to %d fresh clusters a size carried, after a search on another one.", fewest, most)
}

// mixedCosts is said where reads were among what the costs are of.
func mixedCosts(s summary.Summary) string {
	if slices.ContainsFunc(s.Cells, func(c summary.Cell) bool { return c.ReadsIncluded }) {
		return "What a write uses includes what the reads beside it used."
	}
	return ""
}

// unpooledTrials is said where histograms are gone.
func unpooledTrials(s summary.Summary) string {
	n := 0
	for _, c := range s.Cells {
		n += c.Unpooled
	}
	if n == 0 {
		return ""
	}
	return units.Plural(n, "valid trial") + " without a histogram file (.hlog) that can be read: the charts of latency and pooled percentiles leave them out."
}

// warmth says at which rate a light-load latency holds, and whether the waking of
// halted cores is part of it; empty where there was no light load.
func warmth(s summary.Summary) string {
	var rates []string
	awake, trials := 0, 0
	for _, c := range s.Cells {
		m, ok := figures.Of(c, figures.Offered)
		if !ok {
			continue
		}
		trials, awake = trials+c.ValidTrials, awake+c.KeptAwake
		if rate := units.FormatRate(m.Median); !slices.Contains(rates, rate) {
			rates = append(rates, rate)
		}
	}
	if len(rates) == 0 {
		return ""
	}
	at := "its rate"
	if len(rates) == 1 {
		at += ", " + rates[0] + " a setup"
	}
	switch awake {
	case 0:
		return "A light-load latency is one at " + at + ", on a host whose cores may halt when idle: waking them is part of it, less so at a higher rate."
	case trials:
		return "A light-load latency is one at " + at + ", on a host whose cores were kept from halting meanwhile."
	}
	return fmt.Sprintf("A light-load latency is one at %s; in %d of %s the host's cores were kept from halting, in the others waking them is part of it.",
		at, awake, units.Plural(trials, "trial"))
}

// company says what measuring side by side may do to absolute figures; empty where
// every setup was measured alone. Clusters that live at once warm each other and
// share the cores: a study (docs/side-by-side.md) found shifts of up to a tenth,
// none told from zero, so that the 3 % that would pass cannot be promised.
func company(s summary.Summary) string {
	most := 0
	for _, c := range s.Cells {
		most = max(most, c.Beside)
	}
	if most == 0 {
		return ""
	}
	return fmt.Sprintf("Measured beside up to %s: absolute figures may be off by more than 3 %%, ratios are not concerned (alone: --apart).", units.Plural(most, "other setup"))
}
