// Package replay makes of a trial with faults what a page plays again. It holds what is on
// record and nothing else: who was what, in which term, from when on; who was asked for a vote
// and what was answered; what was done to whom; how far logs reached; and what became of each
// write. What is not on record is not drawn, and the notes say so.
package replay

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/trace"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

const (
	// most of a run: a page holds no more.
	most = 3
	// mostReplayed steps, arrows, points and writes of one replay: some 300 kB of a page.
	// A replay ends before the instant at which it would have more.
	mostReplayed = 9000
)

// Trial is a trial as the page draws it. All instants are in ns from its beginning,
// members are numbers in the order of Nodes, and lists are in the order of their instants.
type Trial struct {
	Title  string  `json:"title"`
	Length int64   `json:"length"`
	Quorum int     `json:"quorum"`
	Nodes  []Node  `json:"nodes"`
	Faults []Fault `json:"faults"`
	// Arrows are requests for votes and their answers: sent, arrived, from, to, 1 for an
	// answer, 1 for a pre-vote, 1 for a vote granted, term.
	Arrows [][8]int64 `json:"arrows"`
	// Steps are what happened, in words.
	Steps []Step `json:"steps"`
	// Scenes are the stretches in which something happened.
	Scenes []Scene  `json:"scenes"`
	Writes *Writes  `json:"writes,omitempty"`
	Notes  []string `json:"notes"`
}

// Node is a member's lane.
type Node struct {
	ID   string `json:"id"`
	Site string `json:"site,omitempty"`
	// States: from when on, a replayRole, the term (0: not known), whom it follows (-1:
	// nobody).
	States [][4]int64 `json:"states"`
	// Log: when it told so, its last entry and the last that it knew to be committed.
	Log [][3]int64 `json:"log,omitempty"`
	// Paused: from when until when its process was stopped.
	Paused [][2]int64 `json:"paused,omitempty"`
}

// Fault is a fault: from when until when it stood.
type Fault struct {
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Text string `json:"text"`
	// Nodes are the members that it was done to, Cut the links, each from one to another.
	Nodes []int    `json:"nodes"`
	Cut   [][2]int `json:"cut,omitempty"`
}

// Step is one thing that happened: to Node, or to none (-1).
type Step struct {
	At   int64  `json:"at"`
	Node int    `json:"node"`
	Text string `json:"text"`
	// loud steps make a scene, and stand in its title where they have a headline; some
	// begin one.
	loud     bool
	begins   bool
	headline string
}

// Scene is a stretch in which something happened.
type Scene struct {
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Title string `json:"title"`
}

// Writes are what the client sent: for each write, in us, how long after the one
// before (the first: after the replay's beginning) and how long until its end; and a
// letter for what became of it, as results.Writes has it.
type Writes struct {
	Sent     []int64 `json:"sent"`
	Took     []int64 `json:"took"`
	Outcomes string  `json:"outcomes"`
}

// The roles in a replay's states. A pre-candidate asks whether it would get votes, in no
// new term yet; hashicorp/raft tells of it as a candidate.
const (
	down int64 = iota
	follower
	preCandidate
	candidate
	leader
)

// All are the replays of the most telling trials, each called as called has it, and what is
// said of the others.
func All(trials []results.Trial, called func(*results.Trial) string) (all []Trial, note string) {
	var of []*results.Trial
	for i := range trials {
		if Possible(&trials[i]) {
			of = append(of, &trials[i])
		}
	}
	if len(of) == 0 {
		return nil, ""
	}
	chosen := MostTelling(of)
	for _, t := range chosen {
		one := Of(t)
		one.Title = called(t)
		all = append(all, one)
	}
	if left := len(of) - len(chosen); left > 0 {
		note = fmt.Sprintf("Replayed are %d of %s with faults: those in which most happened, each of another setup or kind where there are as many.",
			len(chosen), units.Plural(len(of), "trial"))
	}
	return all, note
}

// Possible trials had something done to them that their events tell of.
func Possible(t *results.Trial) bool {
	return len(t.Faults) > 0 && len(t.Events) > 0 && t.Kind != results.Watch
}

// MostTelling trials: those with findings first, then those with more faults of different
// kinds and more elections; not two of one setup and kind while there are others.
func MostTelling(of []*results.Trial) []*results.Trial {
	of = slices.Clone(of)
	slices.SortStableFunc(of, func(a, b *results.Trial) int { return cmp.Compare(eventful(b), eventful(a)) })
	type kindOf struct {
		cell string
		kind results.TrialKind
	}
	seen := map[kindOf]bool{}
	var first, rest []*results.Trial
	for _, t := range of {
		if k := (kindOf{t.Cell, t.Kind}); !seen[k] {
			seen[k] = true
			first = append(first, t)
		} else {
			rest = append(rest, t)
		}
	}
	all := slices.Concat(first, rest)
	return all[:min(len(all), most)]
}

// eventful is how much there is to see in a trial.
func eventful(t *results.Trial) int {
	actions := map[string]bool{}
	for _, f := range t.Faults {
		actions[f.Action] = true
	}
	elections := 0
	for i := range t.Events {
		if e := &t.Events[i]; e.Kind == results.EventRole && e.State == results.StateLeader {
			elections++
		}
	}
	n := 10*len(actions) + min(elections, 20)
	if len(t.Findings) > 0 {
		n += 1000
	}
	return n
}

// replayer makes one trial's replay.
type replayer struct {
	trial      *results.Trial
	begin, end int64 // on CLOCK_MONOTONIC
	events     []results.Event
	numbers    map[string]int // of members
	out        Trial
}

// Of a trial that has events.
func Of(t *results.Trial) Trial {
	p := &replayer{trial: t, numbers: map[string]int{}}
	p.span()
	p.out = Trial{
		Title:  fmt.Sprintf("%s, trial %d", units.Plural(t.Nodes, "node"), t.Trial),
		Quorum: quorum.Size(t.Nodes).Quorum(), Faults: []Fault{}, Arrows: [][8]int64{}, Steps: []Step{}, Scenes: []Scene{}, Notes: []string{},
	}
	p.members()
	p.bound()
	p.out.Length = p.end - p.begin
	p.faults()
	p.states()
	p.logs()
	p.arrows()
	p.steps()
	p.scenes()
	p.writes()
	p.notes()
	return p.out
}

// span is from the first thing on record to the last, without the end of the trial
// itself, at which all nodes are shut down.
func (p *replayer) span() {
	t := p.trial
	p.begin, p.end = trace.Span(t)
	over := int64(0)
	for _, f := range t.Faults {
		over = max(over, f.DoneNS, f.EndNS)
	}
	p.events = t.Events
	for i := range t.Events {
		if e := &t.Events[i]; e.Kind == results.EventRole && e.State == stateShutdown && e.AtNS > over {
			p.end = max(over, p.lastBefore(i))
			break
		}
	}
	p.events = p.events[:p.until(p.end)]
}

// stateShutdown is raft's own word for a node that ends.
const stateShutdown = "shutdown"

// lastBefore an event, and of the load, is the last that belongs to the replay.
func (p *replayer) lastBefore(i int) int64 {
	at := p.begin
	for _, e := range p.trial.Events[:i] {
		if e.Kind != results.EventLeader || e.Peer != "" { // a node that ends knows no leader first
			at = max(at, e.AtNS)
		}
	}
	for _, w := range p.trial.Windows {
		at = max(at, min(w.StartNS+w.DurationNS, p.trial.Events[i].AtNS))
	}
	return at
}

// until is how many events there are up to an instant.
func (p *replayer) until(ns int64) int {
	n, _ := slices.BinarySearchFunc(p.events, ns+1, func(e results.Event, at int64) int { return cmp.Compare(e.AtNS, at) })
	return n
}

// members have lanes: n1 first, and whoever else is told of.
func (p *replayer) members() {
	add := func(id string) {
		if _, known := p.numbers[id]; known || id == "" || len(p.numbers) >= trace.MostLanes {
			return
		}
		i := len(p.numbers)
		p.numbers[id] = i
		n := Node{ID: clean.Name(id), States: [][4]int64{}}
		if i < len(p.trial.Sites) {
			n.Site = clean.Name(p.trial.Sites[i])
		}
		p.out.Nodes = append(p.out.Nodes, n)
	}
	for i := range min(p.trial.Nodes, trace.MostLanes) {
		add(fmt.Sprintf("n%d", i+1))
	}
	for i := range p.events {
		add(p.events[i].Node)
	}
}

// bound ends the replay where it would become too large.
func (p *replayer) bound() {
	if over := len(p.events) - mostReplayed; over > 0 {
		whole := p.end - p.begin
		p.end = p.events[mostReplayed].AtNS
		p.events = p.events[:p.until(p.end)]
		p.note("The replay ends after %s of %s: what came later would not fit on a page.", wording.Duration(float64(p.end-p.begin)), wording.Duration(float64(whole)))
	}
}

func (p *replayer) note(format string, args ...any) {
	p.out.Notes = append(p.out.Notes, fmt.Sprintf(format, args...))
}

// at is an instant as the replay has it.
func (p *replayer) at(ns int64) int64 { return min(max(ns, p.begin), p.end) - p.begin }

// number of a member, -1 where it has no lane.
func (p *replayer) number(id string) int {
	if i, known := p.numbers[id]; known {
		return i
	}
	return -1
}

// names of members, as the replay calls them.
func (p *replayer) names(of []int) (out []string) {
	for _, i := range of {
		out = append(out, p.out.Nodes[i].ID)
	}
	return out
}

// faults that were done, for as long as they stood.
func (p *replayer) faults() {
	for _, f := range p.trial.Faults {
		if f.AtNS > p.end || f.Failed != "" && len(f.Nodes) == 0 && len(f.Cut) == 0 {
			continue
		}
		to := max(f.EndNS, f.DoneNS)
		if f.EndNS == 0 {
			to = p.back(&f)
		}
		one := Fault{From: p.at(f.AtNS), To: p.at(to), Nodes: []int{}, Text: p.deed(&f)}
		for _, id := range f.Nodes {
			if i := p.number(id); i >= 0 {
				one.Nodes = append(one.Nodes, i)
			}
		}
		for _, l := range f.Cut {
			if a, b := p.number(l.From), p.number(l.To); a >= 0 && b >= 0 {
				one.Cut = append(one.Cut, [2]int{a, b})
			}
		}
		p.out.Faults = append(p.out.Faults, one)
		if f.Action == "pause" {
			for _, i := range one.Nodes {
				n := &p.out.Nodes[i]
				n.Paused = append(n.Paused, [2]int64{one.From, one.To})
			}
		}
	}
}

// back is when all run again whom a fault killed that was not undone by itself; the end
// where one of them does not.
func (p *replayer) back(f *results.Fault) int64 {
	to := f.DoneNS
	for _, id := range f.Nodes {
		i := slices.IndexFunc(p.events, func(e results.Event) bool {
			return e.Node == id && e.AtNS > f.AtNS && (e.Kind == results.EventOpening || e.Kind == results.EventRestart)
		})
		if i < 0 {
			return p.end
		}
		to = max(to, p.events[i].AtNS)
	}
	if len(f.Nodes) == 0 || f.Action != "kill" {
		return p.end
	}
	return to
}

// logs are how far each member said that its log reaches.
func (p *replayer) logs() {
	for i := range p.events {
		if e := &p.events[i]; e.Kind == results.EventProgress {
			if n := p.number(e.Node); n >= 0 {
				log := &p.out.Nodes[n].Log
				*log = append(*log, [3]int64{p.at(e.AtNS), int64(min(e.Index, 1<<53)), int64(min(e.Commit, 1<<53))})
			}
		}
	}
}

// writes of the client, within the replay.
func (p *replayer) writes() {
	w := p.trial.Writes
	if w == nil {
		return
	}
	out, before, at := &Writes{}, int64(0), w.StartNS
	for i := range w.SentUS {
		at += w.SentUS[i] * 1000
		if at < p.begin || at > p.end {
			continue
		}
		since := (at - p.begin) / 1000
		out.Sent, before = append(out.Sent, since-before), since
		out.Took = append(out.Took, w.TookUS[i])
		out.Outcomes += string(w.Outcomes[i])
	}
	if len(out.Sent) > 0 {
		p.out.Writes = out
	}
}

// notes say what a viewer might miss.
func (p *replayer) notes() {
	if !slices.ContainsFunc(p.out.Nodes, func(n Node) bool { return len(n.Log) > 0 }) {
		p.note("How far the nodes' logs reached was not recorded in this trial.")
	}
	switch w := p.trial.Writes; {
	case p.out.Writes == nil:
		p.note("The client's writes were not recorded one by one in this trial.")
	case w.Every > 1:
		p.note("Of the client's writes one of %d is drawn.", w.Every)
	}
	for _, e := range p.events {
		if e.Kind == results.EventDropped {
			p.note("%s could not tell all that happened to it: its lane has a gap.", clean.Name(e.Node))
			break
		}
	}
}
