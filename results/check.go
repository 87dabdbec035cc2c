package results

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The widest that a record's figures may be. They are far above anything that
// is measured; what lies beyond was damaged or made up, and would only exhaust
// whoever computes with it.
const (
	// MaxNodes of a cluster: beyond it one host measures itself.
	MaxNodes = 99
	// maxCount of operations, bytes and the like.
	maxCount = 1 << 53 // the integers that a float64 holds
	// maxTimeNS is ten years.
	maxTimeNS = 10 * 365 * 24 * 3600 * 1e9
	// maxList is how many windows, links, events or remarks one trial may have.
	maxList = 1 << 20
	// maxText of one name or detail, in bytes.
	maxText = 64 << 10
)

// check refuses what no writer of this schema writes.
func (t *Trial) check() error {
	switch {
	case !cellPattern.MatchString(t.Cell) || len(t.Cell) > 200:
		return fmt.Errorf("cell %.200q: want lower-case words, digits and single dashes", t.Cell)
	case !slices.Contains([]TrialKind{Measure, Proof, Outages, Watch, SafetyTest}, t.Kind):
		return fmt.Errorf("kind %.40q: want %q, %q, %q, %q or %q", t.Kind, Measure, Proof, Outages, Watch, SafetyTest)
	}
	r := &ranges{}
	r.within("trial", int64(t.Trial), 1, maxList)
	r.within("attempt", int64(t.Attempt), 1, maxList)
	r.within("nodes", int64(t.Nodes), 1, MaxNodes)
	r.within("block", int64(t.Block), 0, maxList)
	r.within("group", int64(t.Group), 0, maxList)
	r.times(t.TookNS, t.BootNS, t.EmulatedSyncNS, t.Timeouts.HeartbeatNS, t.Timeouts.ElectionNS, t.Timeouts.LeaseNS)
	r.names(t.Engine, t.Profile, t.Load, t.Limit)
	r.texts(t.Leader, t.LeaderSite, t.ClientSite)
	r.texts(t.Sites...)
	r.names(t.Dead...)
	if n := len(t.Sites); n > 0 && n != t.Nodes {
		r.fail("sites of %d members, want those of %d", n, t.Nodes)
	}
	for _, settings := range []map[string]string{t.Params, t.Settings} {
		for key, value := range settings {
			r.texts(key, value)
		}
	}
	r.lists(len(t.Faults), len(t.Windows), len(t.Remarks), len(t.Findings), len(t.Events), len(t.Links), len(t.Resources), len(t.Params), len(t.Settings))
	for i := range t.Windows {
		t.Windows[i].check(r)
	}
	t.checkRest(r)
	t.Tested.check(r)
	t.Writes.check(r)
	t.agree(r)
	return r.first
}

// checkRest looks at what stands beside the windows.
func (t *Trial) checkRest(r *ranges) {
	if p := t.Proof; p != nil {
		r.within("proof.survived", int64(p.Survived), 0, MaxNodes)
		r.within("proof.blocked_at", int64(p.BlockedAt), 0, MaxNodes)
		r.counts(p.Acked, p.Unknown, p.Lost)
		r.times(p.OutageNS, p.ElectionNS)
		r.lists(len(p.Zones))
		for i := range p.Zones {
			p.Zones[i].check(r)
		}
	}
	if a := t.Audit; a != nil {
		r.within("audit.nodes", int64(a.Nodes), 0, MaxNodes)
		r.counts(a.Keys, a.Acked, a.Unknown, a.Lost, a.Revision, int64(a.LinearizableOps))
	}
	if i := t.Idle; i != nil {
		r.within("idle.duration_ns", i.DurationNS, 1, maxTimeNS)
		r.counts(i.NetworkBytes, i.DiskBytes, i.Fsyncs)
		r.figure("cpu_seconds", i.CPUSeconds, maxTimeNS/1e9)
	}
	if t.CanaryFsyncP50NS != nil {
		r.times(*t.CanaryFsyncP50NS)
	}
	for i := range t.Events {
		r.counts(t.Events[i].Bytes, t.Events[i].Count)
	}
	for i := range t.Faults {
		t.Faults[i].check(r)
	}
	for i := range t.Links {
		l := &t.Links[i]
		r.texts(l.From, l.To)
		r.times(l.AskedNS)
		r.times(l.AskedSpreadNS...)
		r.within("asked_spread_ns, values of", int64(len(l.AskedSpreadNS)), 0, AskedQuantiles)
		r.counts(l.Frames, l.Bytes, l.Samples)
	}
	for i := range t.Resources {
		u := &t.Resources[i]
		r.counts(u.RSSBytes, u.DiskBytes, u.NetworkBytes, u.Fsyncs, u.HeldWrites)
		r.times(u.StoreTimeP50NS, u.StoreTimeP99NS, u.HeldNS)
		r.figure("cpu_seconds", u.CPUSeconds, maxTimeNS/1e9)
	}
	for i := range t.Remarks {
		m := &t.Remarks[i]
		r.texts(string(m.Code), m.Window, m.Node, m.Detail)
		r.counts(m.Count, m.Of)
	}
	for i := range t.Findings {
		f := &t.Findings[i]
		r.texts(f.Rule, f.Node, f.Key, f.Got, f.Want)
		r.counts(int64(f.Times))
		if f.Class != Safety && f.Class != Liveness {
			r.fail("a finding of class %.40q, want %q or %q", f.Class, Safety, Liveness)
		}
	}
}

func (f *Fault) check(r *ranges) {
	r.names(f.Action, f.Target, f.Leader)
	r.names(f.Nodes...)
	r.lists(len(f.Nodes), len(f.Probes), len(f.Groups), len(f.Cut))
	for _, l := range f.Cut {
		r.names(l.From, l.To)
	}
	r.within("alive", int64(f.Alive), 0, MaxNodes)
	r.counts(int64(f.Repeat))
	r.times(f.PrepareNS, f.AtNS, f.DoneNS, f.UndoNS, f.EndNS)
	r.stretches(f.SilentNS)
	r.texts(f.Failed)
	for _, l := range []*Latency{f.Before, f.During} {
		if l != nil {
			l.check(r)
		}
	}
	if f.DoneNS < f.AtNS || f.EndNS != 0 && f.EndNS < max(f.DoneNS, f.UndoNS) {
		r.fail("a fault at %d ns, done at %d and undone at %d: want them in that order", f.AtNS, f.DoneNS, f.EndNS)
	} else {
		r.stretches(f.DoneNS-f.AtNS, max(f.EndNS-f.AtNS, 0))
	}
	if f.PrepareNS > f.AtNS {
		r.fail("a fault at %d ns, prepared from %d on: want it prepared before", f.AtNS, f.PrepareNS)
	}
	for i := range f.Probes {
		p := &f.Probes[i]
		r.names(p.Node)
		r.stretches(p.FirstAckNS)
		r.counts(p.Acked, p.Failed, p.Unknown)
		if p.FirstAckNS > 0 && p.Acked == 0 {
			r.fail("a first acknowledgement after %d ns, and none counted: want at least that one", p.FirstAckNS)
		}
	}
}

func (z *ZoneResult) check(r *ranges) {
	r.within("the sites of a loss", int64(len(z.Sites)), 1, MaxNodes)
	r.within("the members of a loss", int64(len(z.Members)), 1, MaxNodes)
	r.texts(z.Sites...)
	r.texts(z.Members...)
	r.stretches(z.OutageNS)
	if z.Survived && z.Blocked {
		r.fail("the loss of sites %.200q was survived and blocked: want one of them", z.Sites)
	}
}

func (w *Window) check(r *ranges) {
	r.texts(w.Name, string(w.Role), w.Mode)
	r.times(w.DurationNS)
	r.within("clients", int64(w.Clients), 0, maxList)
	r.counts(w.Attempted, w.Completed, w.Writes, w.Reads, w.FailedWrites, w.FailedReads, w.Errors, w.Unknown, w.Dropped,
		w.RecordErrors, w.NetworkBytes, w.DiskBytes, w.Fsyncs)
	if w.Completed > w.Attempted {
		r.fail("window %.40q completed %d of %d attempted operations: want at most all", w.Name, w.Completed, w.Attempted)
	}
	if w.Completed != w.Writes+w.Reads {
		r.fail("window %.40q completed %d operations, %d writes and %d reads: want their sum", w.Name, w.Completed, w.Writes, w.Reads)
	}
	if w.Mode == ModeOpen && w.OfferedOps == 0 {
		r.fail("window %.40q, an open loop, offered 0/s: want the rate that was asked for", w.Name)
	}
	r.figure("offered_ops", w.OfferedOps, maxCount)
	r.figure("throughput_ops", w.ThroughputOps, maxCount)
	r.figure("host_busy", w.HostBusy, 1.01)
	r.figure("foreign_busy", w.ForeignBusy, 1.01)
	for _, seconds := range []float64{w.CPUSeconds, w.ClientCPUSeconds, w.PacingCPUSeconds, w.InjectionCPUSeconds} {
		r.figure("cpu_seconds", seconds, maxTimeNS/1e9)
	}
	for _, l := range []*Latency{&w.Latency, &w.Service, w.ReadLatency, w.ReadService} {
		if l != nil {
			l.check(r)
		}
	}
	w.Host.check(r)
	r.lists(len(w.Series), len(w.Parts))
	if a := w.Arrivals; a != nil {
		r.figure("a probability", a.P, 1)
		r.figure("off_share", a.OffShare, 1)
		r.counts(a.Gaps)
	}
	if s := w.Steadiness; s != nil {
		for _, p := range []float64{s.HalvesP, s.TrendP} {
			r.figure("a probability", p, 1)
		}
	}
}

func (h *HostFacts) check(r *ranges) {
	for _, share := range []*float64{h.Steal, h.RunWait, h.DiskWait, h.DiskStall} {
		if share != nil {
			r.figure("a share of the host's time", *share, 1.1)
		}
	}
	for _, figure := range []*float64{h.ForeignCores, h.NodeWaitSeconds} {
		if figure != nil {
			r.figure("a figure of the host's", *figure, maxTimeNS/1e9)
		}
	}
	for _, n := range []*int64{h.DiskBytes, h.ForeignDiskBytes, h.ForeignSyncs} {
		if n != nil {
			r.counts(*n)
		}
	}
}

func (l *Latency) check(r *ranges) {
	r.counts(l.Count, l.Failed, l.EffectiveN)
	least := Nanos(0)
	for _, v := range []Nanos{l.P50NS, l.P90NS, l.P99NS, l.P999NS, l.MaxNS} {
		if v > 0 && v < least { // 0 where it was not taken
			r.fail("a percentile of %d ns, and a lower one of %d: want them in ascending order", v, least)
		}
		least = max(least, v)
		if v == Never && l.Failed == 0 {
			r.fail("a percentile of null and no failed operation: want a time")
		} else if v != Never {
			r.times(int64(v))
		}
	}
	r.figure("mean_ns", l.MeanNS, maxTimeNS)
}

// ranges keeps the first figure that is out of its range.
type ranges struct{ first error }

func (r *ranges) fail(format string, args ...any) {
	if r.first == nil {
		r.first = fmt.Errorf(format, args...)
	}
}

func (r *ranges) within(what string, v, low, high int64) {
	if v < low || v > high {
		r.fail("%s %d: want %d to %d", what, v, low, high)
	}
}

func (r *ranges) counts(vs ...int64) {
	for _, v := range vs {
		r.within("a count of", v, 0, maxCount)
	}
}

func (r *ranges) times(vs ...int64) {
	for _, v := range vs {
		r.within("a time in nanoseconds of", v, 0, maxTimeNS)
	}
}

// stretches of a trial, which ends within days.
func (r *ranges) stretches(vs ...int64) {
	for _, v := range vs {
		r.within("a time in nanoseconds of", v, 0, longestNS)
	}
}

func (r *ranges) figure(what string, v, most float64) {
	if !(v >= 0 && v <= most) {
		r.fail("%s %v: want 0 to %v", what, v, most)
	}
}

func (r *ranges) texts(texts ...string) {
	for _, s := range texts {
		if len(s) > maxText {
			r.fail("a text of %d bytes: want at most %d", len(s), maxText)
		}
	}
}

// names are words that tables are made of. What would act on a terminal was put
// there by no experiment of ours.
func (r *ranges) names(names ...string) {
	r.texts(names...)
	for _, s := range names {
		if !utf8.ValidString(s) || strings.ContainsFunc(s, func(c rune) bool { return !unicode.IsPrint(c) }) {
			r.fail("a name of %.80q: want letters, digits and signs that can be printed", s)
		}
	}
}

func (r *ranges) lists(lengths ...int) {
	for _, n := range lengths {
		if n > maxList {
			r.fail("a list of %d: want at most %d", n, maxList)
		}
	}
}
