package bench

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/raftbench/raftbench/results"
)

// A calibration sends calibrationProbes over each link, one in each interval:
// enough for a median, few enough that the 80 links of a block's five sizes, which
// are probed at once, keep a host of two cores for no longer than a third of a
// second.
const (
	calibrationProbes = 18
	calibrationEvery  = 18 * time.Millisecond
	// calibrationPatience is what connecting takes at most, beside round trips.
	calibrationPatience = 500 * time.Millisecond
	// callBound is how long probing may take beside its probes: several attempts
	// to connect over the longest link that can be asked for in earnest.
	callBound = 10 * time.Second
)

// linkTruth is what a trial knows of how true its links are.
type linkTruth struct {
	// wanted are the links that must be measured.
	wanted []link
	before map[results.Ends]results.Link
	// measured are those with samples enough in some window, loaded those that
	// carried load in one.
	measured, loaded map[results.Ends]bool
}

// calibrate probes every link that has a delay before anything is recorded. It
// stands before the warm-up, not behind it: what it wakes, connects and closes
// again has settled when the first window begins, and the warm-up's pace goes on
// into that window without a gap. What it found is judged at the end (doubts).
func (l *linkTruth) calibrate(ctx context.Context, s System, rec *record) error {
	l.wanted, l.measured, l.loaded = s.Links(), map[results.Ends]bool{}, map[results.Ends]bool{}
	if len(l.wanted) == 0 {
		return nil
	}
	before, err := read(ctx, s)
	if err != nil {
		return err
	}
	failed := s.Probe(ctx, l.wanted)
	for _, from := range slices.Sorted(maps.Keys(failed)) {
		rec.remark(results.Remark{Code: results.CodeProbesFailed, Severity: results.Doubtful, Window: results.Calibration,
			Node: from, Detail: failed[from].Error()})
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	after, err := read(ctx, s)
	if err != nil {
		return err
	}
	l.keepBefore(after.since(before).truth())
	return nil
}

// keepBefore takes what a calibration found.
func (l *linkTruth) keepBefore(found []results.Link) {
	l.before = map[results.Ends]results.Link{}
	for _, each := range found {
		if l.wants(ends(each)) {
			l.before[ends(each)] = each
		}
	}
}

func (l *linkTruth) wants(e results.Ends) bool {
	return slices.ContainsFunc(l.wanted, func(w link) bool { return w.Ends == e })
}

func ends(l results.Link) results.Ends { return results.Ends{From: l.From, To: l.To} }

// keep notes which of a window's loaded links it measured.
func (l *linkTruth) keep(loaded []results.Link) {
	if l.measured == nil {
		return // nothing is emulated, or nothing was calibrated
	}
	for _, each := range loaded {
		l.loaded[ends(each)] = true
		if each.Samples >= results.MinLinkSamples {
			l.measured[ends(each)] = true
		}
	}
}

// doubts about the links before a trial's windows, at its end, when it is known
// over which of them the load went: of those that were late, and of those that
// nothing measured. Whether the numbers can stand is judged by the windows that
// they are of.
func (l *linkTruth) doubts(t *results.Trial) []results.Remark {
	return append(l.missedBefore(medianOf(t), t.Crossings()), l.unmeasured()...)
}

// medianOf a trial's first open window, in ns; in a proof the outage is the
// number. 0 where there is neither.
func medianOf(t *results.Trial) float64 {
	for i := range t.Windows {
		if w := &t.Windows[i]; w.Mode == results.ModeOpen {
			return float64(w.Median())
		}
	}
	if t.Proof != nil {
		return float64(t.Proof.OutageNS)
	}
	return 0
}

// judgedLinks are the wanted ones over which load went; in a proof all: votes
// cross each of them.
func (l *linkTruth) judgedLinks() []link {
	if len(l.loaded) == 0 {
		return l.wanted
	}
	return slices.DeleteFunc(slices.Clone(l.wanted), func(w link) bool { return !l.loaded[w.Ends] })
}

// withBefore adds what was found before the windows, and how delays were to vary, to
// what one of them has, and the links that it does not have.
func (l *linkTruth) withBefore(window []results.Link) []results.Link {
	out := slices.Clone(window)
	for _, w := range l.wanted {
		i := slices.IndexFunc(out, func(o results.Link) bool { return ends(o) == w.Ends })
		if i >= 0 {
			out[i].AskedSpreadNS = w.spread
		}
		b, found := l.before[w.Ends]
		if !found {
			continue
		}
		if i < 0 {
			i = len(out)
			out = append(out, results.Link{From: w.From, To: w.To, AskedNS: b.AskedNS, AskedSpreadNS: w.spread})
		}
		truth := b.LinkTruth
		out[i].Before = &truth
	}
	return out
}

// missedBefore is one remark, whatever the number of links that missed their
// delays: the worst of them speaks for all. It is held against a number of ns;
// without one there is nothing that it could spoil.
func (l *linkTruth) missedBefore(number float64, crossings int) []results.Remark {
	if number <= 0 {
		return nil
	}
	var judged []lateLink
	for _, w := range l.judgedLinks() {
		if b := l.before[w.Ends]; b.Samples >= results.MinLinkSamples {
			judged = append(judged, lateLink{b, off(b, w.plain, l.measured[w.Ends])})
		}
	}
	return late(judged, results.Calibration, number, crossings)
}

// off is by how much a link's delay was missed at the median: by its own fault,
// where no window tells that better, or by its schedule, where all were to take
// the delay: the instant of sending shows what a due instant would hide.
func off(b results.Link, plain, measured bool) int64 {
	var by int64
	if !measured {
		by = b.OwnErrorP50NS
	}
	if missed := b.RealisedP50NS - b.AskedNS; plain {
		by = max(by, missed-b.ErrorP50NS, -missed)
	}
	return by
}

// unmeasured is one remark on the loaded links of which nobody knows how true
// they were, before the windows or in one; none where there is none.
func (l *linkTruth) unmeasured() []results.Remark {
	var missing []results.Ends
	judged := l.judgedLinks()
	for _, w := range judged {
		if !l.measured[w.Ends] && l.before[w.Ends].Samples < results.MinLinkSamples {
			missing = append(missing, w.Ends)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []results.Remark{{
		Code: results.CodeLinksUnmeasured, Severity: results.Doubtful, Link: &missing[0],
		Want: results.MinLinkSamples, Unit: results.UnitCount, Count: int64(len(missing)), Of: int64(len(judged)),
	}}
}
