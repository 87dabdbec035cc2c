// Package trace writes what is on record of a trial's events for other programs: a trace for
// Perfetto's viewer, and state transitions for whoever holds a run against a specification of
// Raft. What is not on record is left out, never made up.
package trace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/perfetto"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Suffix ends the names of traces.
const Suffix = ".perfetto-trace"

// Name of an attempt at a trial, without what ends it.
func Name(t *results.Trial) string {
	name := fmt.Sprintf("trace-%s-%d", t.Cell, t.Trial)
	if t.Attempt > 1 {
		name += fmt.Sprintf("-attempt-%d", t.Attempt)
	}
	return name
}

// tracer draws one trial.
type tracer struct {
	trial *results.Trial
	out   *perfetto.Trace
	// begin and end of all that is drawn, on CLOCK_MONOTONIC.
	begin, end int64
	lanes      map[string]*lane
	order      []string
}

// lane is a node's.
type lane struct {
	track, term perfetto.Track
	state       string // that it is in, since
	since       int64
	inTerm      uint64
	highest     uint64 // term that was drawn
}

// Of draws a trial that has events.
func Of(t *results.Trial) *perfetto.Trace {
	d := &tracer{trial: t, out: &perfetto.Trace{}, lanes: map[string]*lane{}}
	d.begin, d.end = Span(t)
	root := d.out.Track(perfetto.Root, fmt.Sprintf("%s, trial %d (%s)", clean.Name(t.Cell), t.Trial, clean.Name(string(t.Kind))))
	d.load(root)
	d.outages(d.out.Track(root, "outages"))
	d.faults(root)
	d.nodes(root)
	for _, e := range t.Events {
		d.event(e)
	}
	for _, name := range d.order {
		d.enter(d.lanes[name], d.end, "", 0)
	}
	return d.out
}

// Span is from the first thing on record to the last.
func Span(t *results.Trial) (begin, end int64) {
	begin, end = t.Events[0].AtNS, t.Events[0].AtNS
	take := func(from, to int64) {
		if from > 0 {
			begin = min(begin, from)
		}
		end = max(end, from, to)
	}
	for _, e := range t.Events {
		take(e.AtNS, 0)
	}
	for _, f := range t.Faults {
		take(f.AtNS, max(f.DoneNS, f.EndNS))
		for _, p := range f.Probes {
			take(f.AtNS, f.AtNS+p.FirstAckNS)
		}
	}
	for _, w := range t.Windows {
		take(w.StartNS, w.StartNS+w.DurationNS)
	}
	return begin, end
}

// at is an instant as the trace has it.
func (d *tracer) at(ns int64) int64 { return ns - d.begin }

// load draws the windows, those that overlap below each other.
func (d *tracer) load(root perfetto.Track) {
	var stack stack
	for _, w := range d.trial.Windows {
		if w.StartNS > 0 {
			stack.slice(d, root, "load", w.StartNS, w.StartNS+w.DurationNS, clean.Name(w.Name))
		}
	}
}

// faults draws what was done, as long as it lasted; what was done in between
// stands below.
func (d *tracer) faults(root perfetto.Track) {
	var stack stack
	for _, f := range d.trial.Faults {
		name := f.Action
		if to := cmp.Or(strings.Join(f.Nodes, ", "), f.Target, facts.Groups(f.Groups)); to != "" {
			name += " " + to
		}
		var args []perfetto.Arg
		if f.Target != "" {
			args = append(args, perfetto.Arg{Name: "target", Text: clean.Name(f.Target)})
		}
		if f.Failed != "" {
			args = append(args, perfetto.Arg{Name: "failed", Text: clean.Detail(f.Failed)})
		}
		stack.slice(d, root, "faults", f.AtNS, max(f.EndNS, f.DoneNS), clean.Name(name), args...)
	}
}

// stack is the tracks of one name that things which overlap are drawn on.
type stack struct {
	tracks []perfetto.Track
	ends   []int64
}

func (s *stack) slice(d *tracer, root perfetto.Track, title string, from, to int64, name string, args ...perfetto.Arg) {
	i := slices.IndexFunc(s.ends, func(end int64) bool { return end <= from })
	if i < 0 {
		i = len(s.tracks)
		s.tracks, s.ends = append(s.tracks, d.out.Track(root, title)), append(s.ends, 0)
	}
	s.ends[i] = max(from, to)
	d.out.Slice(s.tracks[i], d.at(from), d.at(to), name, args...)
}

// outages draws how long writes were out after each fault, and in it the parts
// that are known.
func (d *tracer) outages(track perfetto.Track) {
	drawn := d.begin
	for i, o := range summary.TrialOutages(d.trial) {
		f := d.trial.Faults[i]
		from := max(f.AtNS, drawn) // two at one instant are one outage
		switch {
		case o.TotalNS != nil:
			drawn = max(drawn, f.AtNS+*o.TotalNS)
			d.out.Slice(track, d.at(from), d.at(drawn), "outage", perfetto.Arg{Name: "after", Text: clean.Name(f.Action)})
			d.parts(track, from, drawn, o)
		case slices.Contains(o.Gaps, summary.GapUndone):
			drawn = max(drawn, f.EndNS, f.AtNS+FirstAck(f))
			d.out.Slice(track, d.at(from), d.at(drawn), "no write before it was undone", perfetto.Arg{Name: "after", Text: clean.Name(f.Action)})
		case slices.Contains(o.Gaps, summary.GapUnanswered):
			drawn = max(from, d.nextFault(f.AtNS))
			d.out.Slice(track, d.at(from), d.at(drawn), "no write until here", perfetto.Arg{Name: "after", Text: clean.Name(f.Action)})
		}
	}
	if p := d.trial.Proof; p != nil && p.OutageNS > 0 && len(d.trial.Faults) == 0 {
		for _, e := range d.trial.Events {
			if e.Kind == results.EventFault && e.Node == p.Leader && e.Action == "kill" {
				d.end = max(d.end, e.AtNS+p.OutageNS)
				d.out.Slice(track, d.at(e.AtNS), d.at(e.AtNS+p.OutageNS), "outage", perfetto.Arg{Name: "after", Text: "kill"})
				return
			}
		}
	}
}

// parts of an outage, where all are known.
func (d *tracer) parts(track perfetto.Track, from, to int64, o summary.Outage) {
	parts := []struct {
		name string
		ns   *int64
	}{{"detect", o.DetectNS}, {"elect", o.ElectNS}, {"commit", o.CommitNS}, {"rediscover", o.RediscoverNS}}
	at := from
	for _, p := range parts {
		if p.ns == nil || at+*p.ns > to {
			return
		}
		d.out.Slice(track, d.at(at), d.at(at+*p.ns), p.name)
		at += *p.ns
	}
}

// FirstAck is from a fault to the first acknowledgement of a write sent after it; 0 where
// none came.
func FirstAck(f results.Fault) (ns int64) {
	for _, p := range f.Probes {
		if p.FirstAckNS > 0 && (ns == 0 || p.FirstAckNS < ns) {
			ns = p.FirstAckNS
		}
	}
	return ns
}

// loadEnd is when the last window of load ended: after it nobody wrote. Where no window
// is on record, it is the end of all.
func (d *tracer) loadEnd() (ns int64) {
	for _, w := range d.trial.Windows {
		if w.StartNS > 0 {
			ns = max(ns, w.StartNS+w.DurationNS)
		}
	}
	return cmp.Or(ns, d.end)
}

// nextFault that anything was done for after an instant, or the load's end.
func (d *tracer) nextFault(ns int64) int64 {
	next := d.loadEnd()
	for _, f := range d.trial.Faults {
		if f.AtNS > ns && (f.Failed == "" || len(f.Nodes) > 0) {
			next = min(next, f.AtNS)
		}
	}
	return next
}

// MostLanes of nodes: more than any cluster has.
const MostLanes = 200

// nodes gives each node a lane and its term a graph, n1 first.
func (d *tracer) nodes(root perfetto.Track) {
	for i := range min(d.trial.Nodes, MostLanes) {
		d.node(root, fmt.Sprintf("n%d", i+1), i)
	}
	for _, e := range d.trial.Events {
		if e.Node != "" && d.lanes[e.Node] == nil && len(d.lanes) < MostLanes {
			d.node(root, e.Node, len(d.lanes))
		}
	}
	for _, f := range d.trial.Faults {
		for _, p := range f.Probes {
			if l := d.lanes[p.Node]; l != nil && p.FirstAckNS > 0 {
				d.out.Instant(l.track, d.at(f.AtNS+p.FirstAckNS), "first acknowledgement here")
			}
		}
	}
}

// node begins as a follower, as raft has it.
func (d *tracer) node(root perfetto.Track, id string, i int) {
	name := clean.Name(id)
	if i < len(d.trial.Sites) {
		name += " (" + clean.Name(d.trial.Sites[i]) + ")"
	}
	l := &lane{track: d.out.Track(root, name), state: results.StateFollower, since: d.begin}
	l.term = d.out.Counter(l.track, "term")
	d.lanes[id], d.order = l, append(d.order, id)
}

// dead is the state of a node that does not run.
const dead = "dead"

// event draws one thing that a node told, or that was done to it.
func (d *tracer) event(e results.Event) {
	l := d.lanes[e.Node]
	if l == nil {
		return
	}
	switch e.Kind {
	case results.EventRole:
		d.enter(l, e.AtNS, clean.Name(e.State), e.Term)
	case results.EventRestart:
		d.enter(l, e.AtNS, results.StateFollower, e.Term)
	case results.EventDeath:
		d.enter(l, e.AtNS, dead, 0)
	case results.EventFault:
		if e.Action == "kill" || e.Action == "power-loss" {
			d.enter(l, e.AtNS, dead, 0)
		}
	}
	// What a pre-vote asks for is a term that nobody is in yet, and may never be.
	if e.Term > l.highest && !e.PreVote {
		l.highest = e.Term
		d.out.Value(l.term, d.at(e.AtNS), int64(min(e.Term, 1<<53)))
	}
	if name := words(e); name != "" {
		d.out.Instant(l.track, d.at(e.AtNS), clean.Name(name), args(e)...)
	}
}

// enter ends the state that a node is in and begins the next, unless it is in it;
// none ends its lane.
func (d *tracer) enter(l *lane, ns int64, state string, term uint64) {
	if state == l.state && (term == 0 || term == l.inTerm) {
		return
	}
	if l.state != "" {
		var args []perfetto.Arg
		if l.inTerm > 0 {
			args = append(args, perfetto.Arg{Name: "term", Number: l.inTerm})
		}
		if ns > l.since {
			d.out.Slice(l.track, d.at(l.since), d.at(ns), l.state, args...)
		}
	}
	l.state, l.since, l.inTerm = state, max(ns, l.since), term
}

// words say what happened; nothing of what a lane shows otherwise.
func words(e results.Event) string {
	vote := "vote"
	if e.PreVote {
		vote = "pre-vote"
	}
	switch e.Kind {
	case results.EventLeader:
		if e.Peer == "" {
			return "knows no leader"
		}
		return "follows " + e.Peer
	case results.EventVote:
		return e.Peer + " asks for its " + vote
	case results.EventBallot:
		if e.Granted {
			return vote + " of " + e.Peer
		}
		return e.Peer + " refuses its " + vote
	case results.EventSnapshot:
		return "took a snapshot"
	case results.EventInstall:
		return "installed a snapshot"
	case results.EventFault:
		return strings.TrimSpace(e.Action + " " + e.Peer)
	case results.EventRestart:
		return "restarted"
	case results.EventDeath:
		return "died unasked"
	case results.EventNoop:
		return e.Peer + " holds the term's first entry"
	case results.EventAcked:
		return "acknowledged writes"
	case results.EventWiped:
		return "data removed"
	case results.EventPaused:
		return "was paused for " + wording.Duration(float64(e.Count))
	case results.EventDropped:
		return fmt.Sprintf("%s lost", units.Plural(int(e.Count), "event"))
	case results.EventRole, results.EventTerm, results.EventOpening, results.EventProgress:
		return ""
	}
	return string(e.Kind)
}

func args(e results.Event) []perfetto.Arg {
	var out []perfetto.Arg
	if e.Term > 0 {
		out = append(out, perfetto.Arg{Name: "term", Number: e.Term})
	}
	if e.Index > 0 {
		out = append(out, perfetto.Arg{Name: "index", Number: e.Index})
	}
	return out
}

// EndsProcess tells whether a process ended with a fault.
func EndsProcess(e *results.Event) bool {
	return e.Kind == results.EventFault && slices.Contains([]string{"kill", "power-loss", "restart"}, e.Action)
}
