package quorum

import (
	"math/rand/v2"
	"time"
)

// outcome of one outage, from the leader's death on.
type outcome struct {
	candidate, elected, committed time.Duration
	terms                         int
	split, settled                bool
}

// mostEvents ends a draw that elects nobody. A round in which everybody stands is
// some six events for each pair of members, so this is more than a hundred rounds
// of votes: a cluster that is not done by then is down, whatever comes after.
func mostEvents(n Size) int { return 1000 * int(n) * int(n) }

type role uint8

const (
	following role = iota
	asking         // whether it would be elected: the pre-vote
	standing       // for election, in a term of its own
	leading
	dead
)

// nobody leads, or was voted for.
const nobody = -1

// voter is one member. Its main loop does one thing at a time: what arrives
// while it writes to disk waits until busy.
type voter struct {
	role    role
	term    int
	leader  int // whom it follows, or nobody
	contact time.Duration
	busy    time.Duration
	// voted is the term of its last vote.
	voted int
	// try numbers its timers and candidacies: an event of an older one is void.
	try    int
	grants int
	behind bool
	// noop is when the first entry of the term it leads is in its own log.
	noop time.Duration
	acks int
}

// connection is what a caller has kept of its calls to a member.
type connection uint8

const (
	noConnection connection = iota
	idle
	inUse
	stale // kept, but the member has restarted since
)

// electionSim plays the outages of one cluster.
type electionSim struct {
	f      Failover
	r      *rand.Rand
	delay  [][]Draw
	voters []voter
	conns  [][]connection
	leader int // who dies next
	queue  eventQueue
	stood  []int // how many asked for votes, by term
	won    []bool
	out    outcome
	done   bool
	now    time.Duration
	events int // that were handled, in all outages
}

func newElectionSim(f Failover, r *rand.Rand) *electionSim {
	n := int(f.Nodes)
	s := &electionSim{f: f, r: r, voters: make([]voter, n), leader: f.Leader}
	for i := range n {
		s.conns = append(s.conns, make([]connection, n))
		s.delay = append(s.delay, make([]Draw, n))
		for j := range n {
			if s.delay[i][j] = Fixed(f.RTT / 2); f.OneWay != nil {
				s.delay[i][j] = f.OneWay(i, j)
			}
		}
	}
	return s
}

// outage kills the leader at 0 and plays until its successor has committed.
func (s *electionSim) outage() outcome {
	s.begin()
	for last := s.events + mostEvents(s.f.Nodes); !s.done && s.queue.len() > 0 && s.events < last; s.events++ {
		e := s.queue.pop()
		s.now = e.at
		s.handle(e)
	}
	s.out.settled = s.done
	if !s.done {
		s.out.committed = s.now
		if s.out.elected == 0 {
			s.out.elected = s.now
		}
	}
	for term, stood := range s.stood {
		s.out.split = s.out.split || stood > 1 && !s.won[term]
	}
	s.out.terms = len(s.stood)
	s.end()
	return s.out
}

// begin is the state at the instant of the death, which is anywhere between two
// heartbeats.
func (s *electionSim) begin() {
	s.queue.clear()
	s.stood, s.won, s.out, s.done, s.now = s.stood[:0], s.won[:0], outcome{}, false, 0
	s.bury()
	together, rules := s.f.Rules.Heartbeat.residual(s.r), &s.f.Rules
	behind := s.f.Behind
	for _, i := range s.r.Perm(len(s.voters)) {
		v := &s.voters[i]
		if v.role == dead {
			continue
		}
		*v = voter{leader: s.leader, voted: nobody, try: v.try + 1, behind: behind > 0}
		behind--
		v.contact = s.lastContact(i, together)
		first := rules.Timeout.residual(s.r)
		if rules.RearmOnContact {
			first = v.contact + rules.Timeout.draw(s.r)
		}
		s.queue.push(event{at: first, kind: timerFires, to: i, try: v.try})
	}
}

// bury marks the dead: the leader, and the last of the others.
func (s *electionSim) bury() {
	for i := range s.voters {
		s.voters[i].role = following
	}
	s.voters[s.leader].role = dead
	for i, left := len(s.voters)-1, s.f.Dead-1; left > 0; i-- {
		if s.voters[i].role != dead {
			s.voters[i].role = dead
			left--
		}
	}
}

// lastContact is when follower i hears the dead leader for the last time. What
// was sent before the death still arrives.
func (s *electionSim) lastContact(i int, together time.Duration) time.Duration {
	rules := &s.f.Rules
	way := s.delay[s.leader][i](s.r)
	sent := together
	if !rules.Together {
		beat := rules.Heartbeat
		if rules.AwaitAnswer {
			beat = beat.plus(way + s.delay[i][s.leader](s.r))
		}
		sent = beat.residual(s.r)
	}
	if rules.CommitIndex.High > 0 {
		sent = min(sent, rules.CommitIndex.residual(s.r))
	}
	if s.f.Contact > 0 {
		sent = min(sent, Between(0, s.f.Contact).draw(s.r))
	}
	return way - sent
}

// end lets the dead leader come back, and names who dies next.
func (s *electionSim) end() {
	next := s.leader
	for i := range s.voters {
		if s.voters[i].role == leading {
			next = i
		}
	}
	for i := range s.conns {
		for j := range s.conns[i] {
			c := &s.conns[i][j]
			switch {
			case !s.f.Repeat || i == s.leader || i == next:
				*c = noConnection
			case j == next && *c != noConnection:
				*c = stale
			case *c == inUse:
				*c = idle
			}
		}
	}
	if s.f.Repeat {
		s.leader = next
	}
}

// handle one event. A member's main loop is busy while it writes; answers that
// its replication reads for itself do not wait for it.
func (s *electionSim) handle(e event) {
	v := &s.voters[e.to]
	if v.role == dead {
		return
	}
	if e.kind == answerPreVote || e.kind == answerVote || e.kind == answerProbe || e.kind == answerNoop {
		if e.from != e.to && !e.answered {
			e.answered = true
			if s.conns[e.to][e.from] == inUse {
				s.conns[e.to][e.from] = idle
			}
		}
	}
	if s.now < v.busy && e.kind != answerProbe && e.kind != answerNoop {
		e.at = v.busy
		s.queue.push(e)
		return
	}
	switch e.kind {
	case timerFires:
		s.timer(e, v)
	case askPreVote:
		s.preVote(e, v)
	case answerPreVote:
		s.preVoteAnswer(e, v)
	case askVote:
		s.vote(e, v)
	case answerVote:
		s.voteAnswer(e, v)
	case appendProbe, appendNoop:
		s.appendEntries(e, v)
	case answerProbe, answerNoop:
		s.appendAnswer(e, v)
	}
}

func (s *electionSim) timer(e event, v *voter) {
	if e.try != v.try {
		return
	}
	switch v.role {
	case leading:
	case following:
		if !s.f.Rules.RearmOnContact {
			s.queue.push(event{at: s.now + s.f.Rules.Timeout.draw(s.r), kind: timerFires, to: e.to, try: v.try})
			if s.now-v.contact < s.f.Rules.Timeout.Low {
				return
			}
		}
		s.stand(e.to, v)
	default:
		s.stand(e.to, v)
	}
}

// stand is runCandidate: the pre-vote first, where there is one.
func (s *electionSim) stand(i int, v *voter) {
	if s.out.candidate == 0 {
		s.out.candidate = s.now
	}
	v.leader = nobody
	if !s.f.Rules.PreVote {
		s.electSelf(i, v)
		return
	}
	v.role, v.grants = asking, 1
	s.rearm(i, v, s.now+s.f.Rules.Retry.draw(s.r))
	if v.grants >= s.f.Nodes.Quorum() {
		s.electSelf(i, v)
		return
	}
	for j := range s.voters {
		if j != i {
			s.call(askPreVote, i, j, s.now, v.term+1)
		}
	}
}

// rearm makes every older timer and answer of i void.
func (s *electionSim) rearm(i int, v *voter, at time.Duration) {
	v.try++
	s.queue.push(event{at: at, kind: timerFires, to: i, try: v.try})
}

// electSelf begins a term. Term and vote are written before anything else is
// read.
func (s *electionSim) electSelf(i int, v *voter) {
	rules := &s.f.Rules
	v.role, v.grants = standing, 0
	v.term++
	v.voted = v.term
	for len(s.stood) < v.term {
		s.stood, s.won = append(s.stood, 0), append(s.won, false)
	}
	s.stood[v.term-1]++
	entered := s.now + time.Duration(rules.TermWrites)*s.f.Store
	v.busy = entered + time.Duration(rules.VoteWrites)*s.f.Store
	start := v.busy
	if rules.PreVote {
		start = s.now
	}
	s.rearm(i, v, start+rules.Retry.draw(s.r))
	for j := range s.voters {
		at := v.busy
		if rules.VoteBetween && j < i {
			at = entered
		}
		if j != i {
			s.call(askVote, i, j, at, v.term)
		}
	}
	s.queue.push(event{at: v.busy, kind: answerVote, from: i, to: i, try: v.try, granted: true, term: v.term})
}

// call sends a request from i to j at an instant. It may have to dial first.
func (s *electionSim) call(k eventKind, i, j int, at time.Duration, term int) {
	if s.voters[j].role == dead {
		if s.conns[i][j] == stale {
			s.conns[i][j] = noConnection
		}
		return
	}
	if s.f.Rules.Dial {
		switch s.conns[i][j] {
		case stale:
			s.conns[i][j] = noConnection
			if k == askPreVote || k == askVote {
				s.queue.push(event{at: at, kind: k + 1, from: j, to: i, try: s.voters[i].try, answered: true})
				return
			}
			at += s.delay[i][j](s.r) + s.delay[j][i](s.r)
		case idle:
		default:
			at += s.delay[i][j](s.r) + s.delay[j][i](s.r)
		}
		s.conns[i][j] = inUse
	}
	s.queue.push(event{at: at + s.delay[i][j](s.r), kind: k, from: i, to: j, try: s.voters[i].try, term: term})
}

// answer what e asked, at an instant.
func (s *electionSim) answer(e event, v *voter, at time.Duration, granted bool) {
	s.queue.push(event{
		at: at + s.delay[e.to][e.from](s.r), kind: e.kind + 1, from: e.to, to: e.from,
		try: e.try, term: v.term, granted: granted,
	})
}

// led is whether the voter refuses because it has a leader, who is not the one
// that asks.
func (s *electionSim) led(e event, v *voter) bool {
	if v.leader == nobody || v.leader == e.from {
		return false
	}
	switch s.f.Rules.Refuse {
	case RefuseWhileLed:
		return true
	case RefuseWithinTimeout:
		return v.role == leading || s.now-v.contact < s.f.Rules.Timeout.Low
	}
	return false
}

// shortLog is whether the one that asks has too short a log for this voter.
func (s *electionSim) shortLog(e event, v *voter) bool { return s.voters[e.from].behind && !v.behind }

func (s *electionSim) preVote(e event, v *voter) {
	s.answer(e, v, s.now, !s.led(e, v) && e.term >= v.term && !s.shortLog(e, v))
}

func (s *electionSim) preVoteAnswer(e event, v *voter) {
	if v.role != asking || e.try != v.try {
		return
	}
	if e.term > v.term+1 {
		s.follow(e.to, v, e.term)
		return
	}
	if e.granted {
		v.grants++
	}
	if v.grants >= s.f.Nodes.Quorum() {
		s.electSelf(e.to, v)
	}
}

// follow has a member enter a term as a follower; one that was none starts a
// follower's timer.
func (s *electionSim) follow(i int, v *voter, term int) {
	v.leader = nobody
	if v.role != following {
		wasLeading := v.role == leading
		v.role = following
		switch {
		case !s.f.Rules.RearmOnContact || wasLeading:
			s.rearm(i, v, s.now+s.f.Rules.Timeout.draw(s.r))
		default: // the candidate's timer goes on (LogCabin's stepDown)
		}
	}
	if term > v.term {
		v.term = term
		v.busy = max(v.busy, s.now) + time.Duration(s.f.Rules.TermWrites)*s.f.Store
	}
}

func (s *electionSim) vote(e event, v *voter) {
	at := s.now
	granted := false
	if !s.led(e, v) && e.term >= v.term {
		if e.term > v.term {
			s.follow(e.to, v, e.term)
			at = max(at, v.busy)
		}
		if granted = v.voted != e.term && !s.shortLog(e, v); granted {
			v.voted = e.term
			at += time.Duration(s.f.Rules.VoteWrites) * s.f.Store
			v.busy, v.contact = at, at
			if s.f.Rules.VoteRearms {
				s.rearm(e.to, v, at+s.f.Rules.Timeout.draw(s.r))
			}
		}
	}
	s.answer(e, v, at, granted)
}

func (s *electionSim) voteAnswer(e event, v *voter) {
	if v.role != standing || e.try != v.try {
		return
	}
	if e.term > v.term {
		s.follow(e.to, v, e.term)
		return
	}
	if e.granted {
		v.grants++
	}
	if v.grants >= s.f.Nodes.Quorum() {
		s.lead(e.to, v)
	}
}

// lead writes the term's first entry and sends it to all.
func (s *electionSim) lead(i int, v *voter) {
	if s.out.elected == 0 {
		s.out.elected = s.now
	}
	s.won[v.term-1] = true
	v.role, v.leader, v.acks = leading, i, 1
	v.try++
	v.noop = s.now + s.f.Store
	v.busy = v.noop
	if v.acks >= s.f.Nodes.Quorum() {
		s.commit(v.noop)
	}
	for j := range s.voters {
		switch {
		case j == i:
		case s.f.Rules.Probe:
			s.call(appendProbe, i, j, s.now, v.term)
		default:
			s.call(appendNoop, i, j, s.now, v.term)
		}
	}
}

func (s *electionSim) appendEntries(e event, v *voter) {
	if e.term < v.term {
		s.answer(e, v, s.now, false)
		return
	}
	if e.term > v.term || v.role != following {
		s.follow(e.to, v, e.term)
	}
	at := max(s.now, v.busy)
	if e.kind == appendNoop {
		at += s.f.Store
	}
	v.busy, v.contact, v.leader = at, at, e.from
	if s.f.Rules.RearmOnContact {
		s.rearm(e.to, v, at+s.f.Rules.Timeout.draw(s.r))
	}
	s.answer(e, v, at, true)
}

func (s *electionSim) appendAnswer(e event, v *voter) {
	if v.role != leading || e.try != v.try {
		return
	}
	if e.term > v.term {
		s.follow(e.to, v, e.term)
		v.contact = s.now
		return
	}
	if e.kind == answerProbe {
		s.call(appendNoop, e.to, e.from, max(s.now, v.noop), v.term)
		return
	}
	if v.acks++; v.acks >= s.f.Nodes.Quorum() {
		s.commit(max(s.now, v.noop))
	}
}

func (s *electionSim) commit(at time.Duration) { s.out.committed, s.done = at, true }
