package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// A calibration sends calibrationProbes over each link, one in each interval:
// enough for a median, few enough that 42 links at once leave a host of two
// cores most of its time.
const (
	calibrationProbes = 18
	calibrationEvery  = 18 * time.Millisecond
	// calibrationPatience is what connecting takes at most, beside round trips.
	calibrationPatience = 500 * time.Millisecond
)

// way names a directed link.
type way struct{ from, to string }

// linkTruth is what a trial knows of how true its links are.
type linkTruth struct {
	// wanted are the links that must be measured: those with a delay that are
	// between members, or used by the load generator.
	wanted []way
	before map[way]results.Link
	// plain are those over which everything takes the delay that is asked.
	plain map[way]bool
	// measured are those with samples enough in some window.
	measured map[way]bool
}

// calibrate probes every link that has a delay before anything is recorded.
// It stands before the warm-up, not behind it: what it wakes, connects and
// closes again has settled when the first window begins, and the warm-up's
// pace goes on into that window without a gap.
func (t *trial) calibrate(ctx context.Context) error {
	t.links.wanted, t.links.plain = t.rig.delayed(), map[way]bool{}
	for _, w := range t.links.wanted {
		t.links.plain[w] = t.rig.plain(w)
	}
	if len(t.links.wanted) == 0 {
		return nil
	}
	t.stage("calibrating")
	before, err := t.meter(ctx)
	if err != nil {
		return err
	}
	for _, problem := range t.rig.probe(ctx, t.links.wanted) {
		t.record.Flags = append(t.record.Flags, "calibration: "+problem.Error())
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	after, err := t.meter(ctx)
	if err != nil {
		return err
	}
	t.links.keepBefore(after.since(before).links)
	t.judgeBefore()
	return nil
}

// delayed are the links to be calibrated, in the order of their names. A link
// without a delay, be it rated or lossy, has none to miss.
func (r *rig) delayed() []way {
	var out []way
	for _, from := range slices.Sorted(maps.Keys(r.setup.Links)) {
		for _, to := range slices.Sorted(maps.Keys(r.setup.Links[from])) {
			if w := (way{from, to}); r.setup.Links[from][to].Delay > 0 && r.carries(w) {
				out = append(out, w)
			}
		}
	}
	return out
}

// plain: a link without jitter, loss or rate has the same delay for all that
// crosses it, the heartbeats beside the probes too.
func (r *rig) plain(w way) bool {
	s := r.setup.Links[w.from][w.to]
	return s.Jitter == 0 && s.Loss == 0 && s.Rate == 0
}

// carries tells of links between members, and of those between them and the
// load generator on which there is load.
func (r *rig) carries(w way) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.cluster == nil: // it runs elsewhere, over links that are not ours
		return false
	case w.from == control.ClientLink:
		return r.reached[w.to]
	case w.to == control.ClientLink:
		return r.reached[w.from]
	}
	return r.cluster.Member(w.from) != nil && r.cluster.Member(w.to) != nil
}

// probe has the sender of each link probe it, all at the same time, and
// returns what could not be probed.
func (r *rig) probe(ctx context.Context, ways []way) []error {
	orders := r.orders(ways)
	bound := calibrationProbes*calibrationEvery + callBound
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	senders := slices.Sorted(maps.Keys(orders))
	errs := make([]error, len(senders))
	var all sync.WaitGroup
	for i, from := range senders {
		all.Go(func() {
			if err := r.probeFrom(ctx, from, orders[from]); err != nil {
				errs[i] = fmt.Errorf("links of %s: %w", from, err)
			}
		})
	}
	all.Wait()
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

// callBound is how long probing may take beside its probes: several attempts
// to connect over the longest link that can be asked for in earnest.
const callBound = 10 * time.Second

// orders tells each sender its links and their slots.
func (r *rig) orders(ways []way) map[string]control.Calibrate {
	patience := calibrationPatience
	for _, w := range ways {
		s := r.setup.Links[w.from][w.to]
		patience = max(patience, calibrationPatience+3*(s.Delay+4*s.Jitter))
	}
	out := map[string]control.Calibrate{}
	for slot, w := range ways {
		c, found := out[w.from]
		if !found {
			c = control.Calibrate{
				Slots: map[string]int{}, SlotCount: len(ways),
				Probes: calibrationProbes, Every: calibrationEvery, Patience: patience,
			}
		}
		c.Slots[w.to] = slot
		out[w.from] = c
	}
	return out
}

// probeFrom probes one sender's links. The load generator's go over the
// connections that its load will use, in either direction.
func (r *rig) probeFrom(ctx context.Context, from string, c control.Calibrate) error {
	if from != control.ClientLink {
		return r.cluster.Member(from).Calibrate(ctx, c)
	}
	var all errgroup.Group
	for to := range c.Slots {
		all.Go(func() error { return r.site.Calibrate(ctx, to, "", c.Link(to)) })
	}
	return all.Wait()
}

// keepBefore takes what a calibration found.
func (l *linkTruth) keepBefore(found []results.Link) {
	l.before = map[way]results.Link{}
	for _, each := range found {
		if w := (way{each.From, each.To}); slices.Contains(l.wanted, w) {
			l.before[w] = each
		}
	}
}

// keep notes which links a window measured.
func (l *linkTruth) keep(window []results.Link) {
	for _, each := range window {
		if each.Samples >= minLinkSamples {
			if l.measured == nil {
				l.measured = map[way]bool{}
			}
			l.measured[way{each.From, each.To}] = true
		}
	}
}

// withBefore adds what was found before the windows to what one of them has,
// and the links that it does not have.
func (l *linkTruth) withBefore(window []results.Link) []results.Link {
	out := slices.Clone(window)
	for _, w := range l.wanted {
		b, found := l.before[w]
		if !found {
			continue
		}
		i := slices.IndexFunc(out, func(o results.Link) bool { return o.From == w.from && o.To == w.to })
		if i < 0 {
			i = len(out)
			out = append(out, results.Link{From: w.from, To: w.to, AskedNS: b.AskedNS})
		}
		out[i].Before = &results.LinkProbe{
			Samples: b.Samples, ErrorP50NS: b.ErrorP50NS, ErrorP90NS: b.ErrorP90NS, ErrorP99NS: b.ErrorP99NS,
			RealisedP50NS: b.RealisedP50NS, RealisedP90NS: b.RealisedP90NS, RealisedP99NS: b.RealisedP99NS,
		}
	}
	return out
}

// judgeBefore holds the calibration to the rule of the windows that follow: an
// open one is not believed over links that were untrue before it began. A proof
// stands, whatever its links: what it times are elections.
func (t *trial) judgeBefore() {
	line := t.links.missedBefore()
	switch {
	case line == "":
	case t.job.Kind == results.Proof, t.job.Setup.Load == configs.ModeSaturate:
		t.record.Flags = append(t.record.Flags, line)
	default:
		t.record.InvalidReasons = append(t.record.InvalidReasons, line)
	}
}

// missedBefore is one line, whatever the number of links: the worst of them
// speaks for all.
func (l *linkTruth) missedBefore() string {
	count, worst, most := 0, "", 0.0
	for _, w := range l.wanted {
		b, by := l.before[w], l.off(w)
		if !misses(b, by) {
			continue
		}
		count++
		if share := float64(by) / float64(allowedError(b)); share > most {
			worst, most = missed(b, by), share
		}
	}
	switch count {
	case 0:
		return ""
	case 1:
		return "calibration: " + worst
	}
	return fmt.Sprintf("calibration: %d of %d links missed their delays, the worst of them: %s", count, len(l.wanted), worst)
}

// off is by how much a link's delay was missed at the median. Where all were to
// take that delay, the instant of sending is the judge, so that a wrong
// schedule shows, which a due instant would hide.
func (l *linkTruth) off(w way) int64 {
	b := l.before[w]
	if !l.plain[w] || b.RealisedP50NS == 0 {
		return b.ErrorP50NS
	}
	return max(b.ErrorP50NS, b.RealisedP50NS-b.AskedNS, b.AskedNS-b.RealisedP50NS)
}

// unmeasured is one line on the links of which nobody knows how true they
// were, before the windows or in one; empty where there is none.
func (l *linkTruth) unmeasured() string {
	var missing []way
	for _, w := range l.wanted {
		if !l.measured[w] && l.before[w].Samples < minLinkSamples {
			missing = append(missing, w)
		}
	}
	if len(missing) == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d links were not measured, such as %s→%s: fewer than %d samples before the windows and in each",
		len(missing), len(l.wanted), missing[0].from, missing[0].to, minLinkSamples)
}

// flagUnmeasured says so once a trial.
func (t *trial) flagUnmeasured() {
	if line := t.links.unmeasured(); line != "" {
		t.record.Flags = append(t.record.Flags, line)
	}
}
