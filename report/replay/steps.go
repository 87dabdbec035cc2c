package replay

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/trace"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// deed is what was done and to whom, in a few words.
func (p *replayer) deed(f *results.Fault) string {
	action := clean.Name(f.Action)
	var of []string
	for _, id := range f.Nodes {
		name := clean.Name(id)
		if id == f.Leader {
			name += " (leader)"
		}
		of = append(of, name)
	}
	to := strings.Join(of, ", ")
	if sides := p.sides(f); sides != "" {
		to = sides
	}
	return strings.TrimSpace(action + " " + cmp.Or(to, clean.Name(f.Target)))
}

// sides of a partition that leaves clean ones, as n1 n4 | n2 n3 n5; empty of others.
func (p *replayer) sides(f *results.Fault) string {
	if len(f.Cut) == 0 {
		return ""
	}
	joined := func(a, b int) bool {
		return !slices.ContainsFunc(f.Cut, func(l results.Ends) bool { return p.number(l.From) == a && p.number(l.To) == b })
	}
	var sides []string
	links, seen := 0, map[int]bool{}
	for i := range p.out.Nodes {
		if seen[i] {
			continue
		}
		var side []int
		for j := range p.out.Nodes {
			if i == j || joined(i, j) && joined(j, i) {
				if seen[j] {
					return ""
				}
				seen[j] = true
				side = append(side, j)
			}
		}
		links += len(side) * (len(p.out.Nodes) - len(side))
		sides = append(sides, strings.Join(p.names(side), " "))
	}
	if links != len(f.Cut) {
		return "" // some within a side, or one way only
	}
	return strings.Join(sides, " | ")
}

// steps are all that happened, in words.
func (p *replayer) steps() {
	w := &stepper{replayer: p, votes: map[memberInTerm][]string{}, holds: map[memberInTerm][]string{}, stood: map[uint64][]string{}, led: map[uint64]bool{}, follows: map[string]bool{}, opened: map[string]bool{}, state: map[string]string{}, pre: map[string]bool{}}
	for i := range p.events {
		w.step(&p.events[i], i)
	}
	w.faultSteps()
	w.catchUps()
	slices.SortStableFunc(p.out.Steps, func(a, b Step) int { return cmp.Compare(a.At, b.At) })
}

// memberInTerm is a member in a term.
type memberInTerm struct {
	node string
	term uint64
}

// stepper words events; what an event means may rest on those before it.
type stepper struct {
	*replayer
	votes, holds map[memberInTerm][]string // who granted a candidate its vote, holds a leader's first entry
	stood        map[uint64][]string       // who asked for votes in a term
	led          map[uint64]bool           // terms that had a leader
	follows      map[string]bool           // members that know a leader
	opened       map[string]bool           // whose process has told no term yet
	state        map[string]string
	pre          map[string]bool // candidates that only ask whether they would get votes
}

func (w *stepper) say(e *results.Event, loud bool, headline, format string, args ...any) {
	w.out.Steps = append(w.out.Steps, Step{At: w.at(e.AtNS), Node: w.number(e.Node), Text: fmt.Sprintf(format, args...), loud: loud, headline: headline})
}

// begins has the last step begin a scene of its own.
func (w *stepper) begins() { w.out.Steps[len(w.out.Steps)-1].begins = true }

func (w *stepper) step(e *results.Event, place int) {
	if w.number(e.Node) < 0 {
		return
	}
	node, peer := clean.Name(e.Node), clean.Name(e.Peer)
	switch e.Kind {
	case results.EventRole:
		w.role(e, node, place)
	case results.EventTerm:
		w.term(e, node)
	case results.EventVote:
		w.vote(e, node, peer)
	case results.EventBallot:
		w.ballot(e, node, peer)
	case results.EventLeader:
		w.leader(e, node, peer)
	case results.EventNoop:
		w.noop(e, node, peer)
	case results.EventOpening:
		w.opened[e.Node], w.state[e.Node] = true, results.StateFollower
		w.say(e, true, "", "%s: a process starts", node)
		w.begins()
	case results.EventRestart:
		w.say(e, true, node+" is back", "%s listens again; the log on its disk reaches entry %d", node, e.Index)
	case results.EventDeath:
		w.say(e, true, node+" died", "%s: its process ended unasked", node)
	default:
		w.rest(e, node)
	}
}

// rest are the rarer kinds.
func (w *stepper) rest(e *results.Event, node string) {
	switch e.Kind {
	case results.EventSnapshot:
		w.say(e, false, "", "%s takes a snapshot up to entry %d", node, e.Index)
	case results.EventInstall:
		w.say(e, true, node+" gets a snapshot", "%s holds the leader's snapshot up to entry %d", node, e.Index)
	case results.EventWiped:
		w.say(e, true, "", "%s: its data is removed; it comes back as a new node", node)
	case results.EventPowerLoss:
		w.say(e, true, "", "%s loses what was written and not synced: %d bytes", node, e.Bytes)
	case results.EventDropped:
		w.say(e, false, "", "%s could not tell of %d events", node, e.Count)
	}
}

func (w *stepper) role(e *results.Event, node string, place int) {
	before := w.state[e.Node]
	w.state[e.Node] = e.State
	switch {
	case e.State == results.StateCandidate && !w.stands(e.Node, place):
		w.pre[e.Node] = true
		w.say(e, true, "", "%s stands: it asks the others whether they would vote for it in the next term (pre-vote)", node)
	case e.State == results.StateCandidate:
		w.say(e, true, "", "%s stands for election", node)
	case e.State == results.StateLeader:
		w.led[e.Term] = true
		votes := append([]string{"its own"}, w.votes[memberInTerm{e.Node, e.Term}]...)
		w.say(e, true, fmt.Sprintf("%s elected in term %d", node, e.Term), "%s leads in term %d: %d of %d votes (%s)",
			node, e.Term, len(votes), len(w.out.Nodes), wording.List(votes))
	case e.State == results.StateFollower && before == results.StateLeader && e.Lease:
		w.say(e, true, node+" steps down", "%s steps down: no quorum has answered it for as long as its lease", node)
	case e.State == results.StateFollower && before == results.StateLeader:
		w.say(e, true, node+" steps down", "%s leads no more: it follows", node)
	case e.State == results.StateFollower && before == results.StateCandidate:
		w.say(e, false, "", "%s stands no more: it follows", node)
	case e.State == stateShutdown:
		w.say(e, true, "", "%s shuts down", node)
	}
}

// term that a member stores. Of one in which another stood and nobody was elected it is the end.
func (w *stepper) term(e *results.Event, node string) {
	if w.opened[e.Node] {
		delete(w.opened, e.Node)
		if e.Term > 0 {
			w.say(e, false, "", "%s finds term %d on its disk", node, e.Term)
		}
		return
	}
	if w.state[e.Node] != results.StateCandidate {
		w.say(e, false, "", "%s enters term %d", node, e.Term)
		return
	}
	w.pre[e.Node] = false
	w.say(e, true, "", "%s enters term %d, votes for itself and asks the others for their votes", node, e.Term)
	if !slices.Contains(w.stood[e.Term], e.Node) {
		w.stood[e.Term] = append(w.stood[e.Term], e.Node)
	}
	w.unelected(e, e.Term-1)
}

// unelected tells, once, of a term in which several stood and nobody was elected.
func (w *stepper) unelected(e *results.Event, term uint64) {
	if stood := w.stood[term]; len(stood) > 1 && !w.led[term] {
		w.led[term] = true // and is told no more
		var got []string
		for _, id := range stood {
			got = append(got, fmt.Sprintf("%s had %s", clean.Name(id), units.Plural(1+len(w.votes[memberInTerm{id, term}]), "vote")))
		}
		w.say(e, true, fmt.Sprintf("split vote in term %d", term), "Split vote in term %d, nobody was elected: %s, their own among them; it takes %d", term, wording.List(got), w.out.Quorum)
	}
}

func cleanNames(ids []string) (out []string) {
	for _, id := range ids {
		out = append(out, clean.Name(id))
	}
	return out
}

func (w *stepper) vote(e *results.Event, node, peer string) {
	if e.PreVote {
		if !w.pre[e.Peer] && w.state[e.Peer] == results.StateCandidate { // it was not elected, and asks again
			w.pre[e.Peer] = true
			w.unelected(e, e.Term-1)
		}
		w.say(e, true, "", "%s asks %s: would you vote for me in term %d? (pre-vote)", peer, node, e.Term)
		return
	}
	w.say(e, true, "", "%s asks %s for its vote in term %d", peer, node, e.Term)
}

func (w *stepper) ballot(e *results.Event, node, peer string) {
	switch {
	case e.PreVote && e.Granted:
		w.say(e, true, "", "%s would vote for %s in term %d (pre-vote)", peer, node, e.Term)
	case e.PreVote:
		w.say(e, true, "", "%s would not vote for %s in term %d (pre-vote)", peer, node, e.Term)
	case e.Granted:
		of := memberInTerm{e.Node, e.Term}
		w.votes[of] = append(w.votes[of], peer)
		w.say(e, true, "", "%s votes for %s in term %d: %d of %d, it takes %d", peer, node, e.Term, 1+len(w.votes[of]), len(w.out.Nodes), w.out.Quorum)
	default:
		w.say(e, true, "", "%s refuses %s its vote in term %d", peer, node, e.Term)
	}
}

func (w *stepper) leader(e *results.Event, node, peer string) {
	knew := w.follows[e.Node]
	w.follows[e.Node] = e.Peer != ""
	switch {
	case e.Peer == "" && knew:
		w.say(e, true, "", "%s knows no leader any more", node)
	case e.Peer != "" && e.Peer != e.Node:
		w.say(e, true, "", "%s follows %s in term %d", node, peer, e.Term)
	}
}

// noop is a follower's first answer that it holds an entry of the leader's term: from the
// quorum-th on, the leader's own among them, it is committed.
func (w *stepper) noop(e *results.Event, node, peer string) {
	of := memberInTerm{e.Node, e.Term}
	w.holds[of] = append(w.holds[of], peer)
	if n := 1 + len(w.holds[of]); n == w.out.Quorum {
		w.say(e, true, "", "%s holds the first entry of term %d: with %s a quorum of %d does, so it is committed",
			peer, e.Term, wording.List(append([]string{node}, w.holds[of][:len(w.holds[of])-1]...)), n)
		return
	}
	w.say(e, true, "", "%s holds the first entry of term %d", peer, e.Term)
}

// faultSteps tell of what was done, what it left, and when it was over.
func (w *stepper) faultSteps() {
	add := func(at int64, node int, headline, text string) {
		w.out.Steps = append(w.out.Steps, Step{At: at, Node: node, Text: text, loud: true, headline: headline})
	}
	for i, f := range w.trial.Faults {
		if f.AtNS > w.end || f.Failed != "" && len(f.Nodes) == 0 && len(f.Cut) == 0 {
			continue
		}
		node := -1
		if len(f.Nodes) == 1 {
			node = w.number(f.Nodes[0])
		}
		text := w.deed(&f)
		add(w.at(f.AtNS), node, text, "Fault: "+text+w.blocked(&f))
		w.begins()
		if f.EndNS > f.DoneNS && f.EndNS <= w.end && w.undone(&f) != "" {
			add(w.at(f.EndNS), node, "", w.undone(&f))
			w.begins()
		}
		w.goesOn(i, add)
	}
}

// blocked tells of a partition which side has a quorum.
func (w *stepper) blocked(f *results.Fault) string {
	sides := w.sides(f)
	if sides == "" {
		return ""
	}
	var with, without []string
	for _, side := range strings.Split(sides, " | ") {
		if n := len(strings.Fields(side)); n >= w.out.Quorum {
			with = append(with, side)
		} else {
			without = append(without, side)
		}
	}
	if len(with) == 0 {
		return fmt.Sprintf(". No side has the %d of %d members that a quorum takes", w.out.Quorum, len(w.out.Nodes))
	}
	return fmt.Sprintf(". %s can go on with a quorum of %d; %s cannot", with[0], w.out.Quorum, strings.Join(without, " | "))
}

// undone is how a fault's end is told; empty where another event tells of it.
func (w *stepper) undone(f *results.Fault) string {
	switch {
	case len(f.Cut) > 0:
		return "The network is whole again: " + w.deed(f) + " is healed"
	case f.Action == "pause":
		return wording.List(cleanNames(f.Nodes)) + " goes on: the pause is over"
	case f.Action == "kill":
		return ""
	}
	return w.deed(f) + " is over"
}

// goesOn tells when a client first had an answer to a write sent after a fault.
func (w *stepper) goesOn(i int, add func(int64, int, string, string)) {
	f := &w.trial.Faults[i]
	if first := trace.FirstAck(*f); first > 0 && f.AtNS+first <= w.end {
		add(w.at(f.AtNS+first), -1, "", fmt.Sprintf("A write sent after %s is acknowledged: %s after it", w.deed(f), wording.Duration(float64(first))))
	}
}

// catchUps tell when a member that came back knew all to be committed that anybody knew
// to be when it came.
func (w *stepper) catchUps() {
	var backs []results.Event // when, and who
	for _, f := range w.trial.Faults {
		if f.EndNS > f.DoneNS && (f.Action == "kill" || f.Action == "pause" || len(f.Cut) > 0) {
			for i := range w.out.Nodes {
				if id := w.idOf(i); slices.Contains(f.Nodes, id) || w.cutOff(&f, i) {
					backs = append(backs, results.Event{Node: id, AtNS: f.EndNS})
				}
			}
		}
	}
	for i := range backs {
		w.catchUp(&backs[i])
	}
}

// idOf a member's number.
func (p *replayer) idOf(i int) string {
	for id, n := range p.numbers {
		if n == i {
			return id
		}
	}
	return ""
}

// cutOff tells whether a fault left a member fewer than a quorum that it can talk with.
func (p *replayer) cutOff(f *results.Fault, i int) bool {
	lost := map[int]bool{}
	for _, l := range f.Cut {
		if a, b := p.number(l.From), p.number(l.To); a == i {
			lost[b] = true
		} else if b == i {
			lost[a] = true
		}
	}
	return len(p.out.Nodes)-len(lost) < p.out.Quorum
}

func (w *stepper) catchUp(back *results.Event) {
	committed, own := uint64(0), uint64(0)
	for i := range w.events {
		e := &w.events[i]
		if e.Kind != results.EventProgress {
			continue
		}
		switch {
		case e.AtNS <= back.AtNS:
			committed = max(committed, e.Commit)
			if e.Node == back.Node {
				own = e.Commit
			}
		case e.Node == back.Node && own >= committed:
			return // it lacked nothing
		case e.Node == back.Node && e.Commit >= committed && committed > 0:
			name := clean.Name(e.Node)
			w.say(e, true, name+" catches up", "%s has caught up: it knows all %d entries to be committed that were when it came back", name, committed)
			return
		}
	}
}

// apart is how long after a scene began the next fault, or process that starts, begins
// another: what is done at once belongs together.
const apart = 300e6

// scenes are stretches of loud steps with no longer pause between them than two of raft's
// election timeouts, so that what a fault brought about stands with it; another begins
// with the next fault.
func (p *replayer) scenes() {
	t := p.trial.Timeouts
	pause := max(2*max(t.HeartbeatNS, t.ElectionNS)*11/10, 200e6)
	var scene *Scene
	var titles []string
	var first string
	finish := func() {
		if scene != nil {
			scene.Title = cmp.Or(sceneTitle(titles), first)
			p.out.Scenes = append(p.out.Scenes, *scene)
		}
	}
	for _, s := range p.out.Steps {
		if !s.loud {
			continue
		}
		if scene == nil || s.At-scene.To > pause || s.begins && s.At-scene.From > apart {
			finish()
			scene, titles, first = &Scene{From: s.At}, nil, wording.Shorten(s.Text, 50)
		}
		scene.To = s.At
		if s.headline != "" && !slices.Contains(titles, s.headline) {
			titles = append(titles, s.headline)
		}
	}
	finish()
}

func sceneTitle(titles []string) string {
	const most = 4
	if len(titles) > most {
		titles = append(slices.Clone(titles[:most]), fmt.Sprintf("%d more", len(titles)-most))
	}
	return strings.Join(titles, ", ")
}
