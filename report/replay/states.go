package replay

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/report/trace"
	"github.com/raftbench/raftbench/results"
)

// replayed states of one member in the making.
type state struct {
	role   int64
	term   uint64
	leader int
}

// states gives each member its states. A member is down until a process of it is told of,
// and from when it is killed until the next one begins.
func (p *replayer) states() {
	now := make([]state, len(p.out.Nodes))
	for i := range now {
		now[i].leader = -1
		if !slices.ContainsFunc(p.events, func(e results.Event) bool { return e.Kind == results.EventOpening && p.number(e.Node) == i }) {
			now[i].role = follower // nobody told of its start: an engine that does not, or an old record
		}
		p.enter(i, 0, now[i])
	}
	for i := range p.events {
		e := &p.events[i]
		// Of who asks whether it would get votes, only the question tells.
		if who := p.number(e.Peer); e.Kind == results.EventVote && e.PreVote && who >= 0 && now[who].asksAnew(e.Term) {
			now[who].role = preCandidate
			p.enter(who, p.at(e.AtNS), now[who])
		}
		n := p.number(e.Node)
		if n < 0 {
			continue
		}
		if next := p.after(now[n], e, i); next != now[n] {
			now[n] = next
			p.enter(n, p.at(e.AtNS), next)
		}
	}
}

// asksAnew tells of a candidate that asks whether it would get votes in a term after its
// own: it was not elected.
func (s state) asksAnew(term uint64) bool { return s.role == candidate && term > s.term }

// enter a state; of several at one instant the last counts.
func (p *replayer) enter(n int, at int64, s state) {
	states := &p.out.Nodes[n].States
	one := [4]int64{at, s.role, int64(min(s.term, 1<<53)), int64(s.leader)}
	if last := len(*states) - 1; last >= 0 && (*states)[last][0] == at {
		(*states)[last] = one
		return
	}
	*states = append(*states, one)
}

// after an event of its own a member is in this state.
func (p *replayer) after(s state, e *results.Event, place int) state {
	switch e.Kind {
	case results.EventOpening:
		return state{role: follower, leader: -1}
	case results.EventRestart:
		if s.role == down { // an old record, which does not tell when a process begins
			return state{role: follower, term: e.Term, leader: -1}
		}
	case results.EventDeath:
		return state{leader: -1}
	case results.EventFault:
		if trace.EndsProcess(e) {
			return state{leader: -1}
		}
		return s
	}
	if s.role == down {
		return s // what a process had told before it was killed
	}
	switch e.Kind {
	case results.EventRole:
		s.term = max(s.term, e.Term)
		return p.inRole(s, e, place)
	case results.EventTerm:
		if s.role == preCandidate && e.Term > s.term {
			s.role = candidate
		}
		s.term = max(s.term, e.Term)
	case results.EventLeader:
		s.term, s.leader = max(s.term, e.Term), p.number(e.Peer)
	case results.EventBallot:
		if e.PreVote && s.asksAnew(e.Term) {
			s.role = preCandidate
		}
	}
	return s
}

func (p *replayer) inRole(s state, e *results.Event, place int) state {
	switch e.State {
	case results.StateLeader:
		s.role = leader
	case results.StateFollower:
		s.role = follower
	case results.StateCandidate:
		s.role = preCandidate
		if p.stands(e.Node, place) {
			s.role = candidate
		}
	case stateShutdown:
		s = state{leader: -1}
	}
	return s
}

// stands tells of a member that became what raft calls a candidate whether it entered a
// term of its own next, without asking for pre-votes: it was told to by the leader that
// hands over, or pre-votes are off.
func (p *replayer) stands(id string, place int) bool {
	if p.trial.Settings["raft.pre_vote_disabled"] == "true" {
		return true
	}
	for i := range p.events[place+1:] {
		e := &p.events[place+1+i]
		own := e.Node == id
		switch {
		case own && (e.Kind == results.EventRole || trace.EndsProcess(e)):
			return false
		case own && e.Kind == results.EventTerm:
			return true
		case e.PreVote && (own && e.Kind == results.EventBallot || e.Peer == id && e.Kind == results.EventVote):
			return false
		}
	}
	return false
}

// round is one member's question to another.
type round struct {
	from, to string
	term     uint64
	pre      bool
}

// arrows of requests for votes and their answers. An answer leaves when its voter was
// asked. When a request left is not on record: it is drawn from when its sender became a
// candidate, where it is the first to that voter since and no link between the two was cut
// meanwhile; others are drawn as if they had arrived at once.
func (p *replayer) arrows() {
	asked := map[round]int64{}                          // when a voter was asked last
	pre, real := map[string]int64{}, map[string]int64{} // since when a member asks for either; not there where nobody knows
	sent := map[round]int64{}                           // since of the round's last request
	for i := range p.events {
		e := &p.events[i]
		of := round{e.Peer, e.Node, e.Term, e.PreVote}
		switch {
		case e.Kind == results.EventRole && e.State == results.StateCandidate:
			pre[e.Node] = e.AtNS
		case e.Kind == results.EventTerm: // and not elected it asks for pre-votes again, at some instant
			real[e.Node] = e.AtNS
			delete(pre, e.Node)
		case e.Kind == results.EventVote:
			left, since := e.AtNS, real
			if e.PreVote {
				since = pre
			}
			if begun := since[e.Peer]; begun > 0 && sent[of] != begun && !p.cutWithin(e.Peer, e.Node, begun, e.AtNS) {
				left, sent[of] = begun, begun
			}
			asked[of] = e.AtNS
			p.arrow(left, e, e.Peer, e.Node, 0)
		case e.Kind == results.EventBallot:
			of = round{e.Node, e.Peer, e.Term, e.PreVote}
			p.arrow(cmp.Or(asked[of], e.AtNS), e, e.Peer, e.Node, 1)
			delete(asked, of)
		}
	}
}

func (p *replayer) arrow(left int64, e *results.Event, from, to string, answer int64) {
	a, b := p.number(from), p.number(to)
	if a < 0 || b < 0 || a == b {
		return
	}
	p.out.Arrows = append(p.out.Arrows, [8]int64{
		p.at(left), p.at(e.AtNS), int64(a), int64(b), answer, bit(e.PreVote), bit(e.Granted), int64(min(e.Term, 1<<53)),
	})
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// cutWithin tells whether the link from one member to another was cut between two instants.
func (p *replayer) cutWithin(from, to string, since, until int64) bool {
	for _, f := range p.trial.Faults {
		over := f.EndNS
		if over == 0 {
			over = p.end
		}
		if f.AtNS < until && over > since && slices.Contains(f.Cut, results.Ends{From: from, To: to}) {
			return true
		}
	}
	return false
}
