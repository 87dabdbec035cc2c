package quorum

import (
	"math/rand/v2"
	"slices"
	"time"
)

// outcome of one outage, from the leader's death on.
type outcome struct {
	candidate, elected, committed, acknowledged time.Duration
	terms                                       int
	split, settled                              bool
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
	// missing are the last entries of the dead leader that it lacks, and own is how
	// far it holds those of its leader's term.
	missing, own int
	// learnt is when it heard of its leader.
	learnt time.Duration
}

// leadership is what a leader knows in its term. Entries count from its no-op, 1.
type leadership struct {
	// given is the last entry that it took, stored what is in its own log.
	given, stored, committed int
	// acked is what each follower holds, asked whether a call to it is under way:
	// hashicorp/raft sends one call at a time until the no-op is acknowledged.
	acked []int
	asked []bool
	// writes are those of clients, by entry.
	writes []clientWrite
}

type clientWrite struct{ entry, member int }

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
	leads  []leadership // by member, of the last term that it led
	leader int          // who dies next
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
	s := &electionSim{f: f, r: r, voters: make([]voter, n), leads: make([]leadership, n), leader: f.Leader}
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

// outage kills the leader at 0 and plays until its successor has committed, or a
// client has its answer where some write.
func (s *electionSim) outage() outcome {
	s.begin()
	for last := s.events + mostEvents(s.f.Nodes); !s.done && s.queue.len() > 0 && s.events < last; s.events++ {
		e := s.queue.pop()
		s.now = e.at
		s.handle(e)
	}
	s.out.settled = s.done
	for _, at := range []*time.Duration{&s.out.elected, &s.out.committed, &s.out.acknowledged} {
		if *at == 0 {
			*at = s.now
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
	var written time.Duration // before the death
	if s.f.Every > 0 {
		written = Between(0, s.f.Every).draw(s.r)
	}
	behind := s.f.Behind
	for _, i := range s.r.Perm(len(s.voters)) {
		v := &s.voters[i]
		if v.role == dead {
			continue
		}
		*v = voter{leader: s.leader, voted: nobody, try: v.try + 1}
		v.contact = s.lastContact(i, together)
		s.lastEntries(i, v, written)
		if behind > 0 {
			v.missing++
		}
		behind--
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
	way := s.way(s.leader, i)
	sent := together
	if !rules.Together {
		beat := rules.Heartbeat
		if rules.AwaitAnswer {
			beat = beat.plus(way + s.way(i, s.leader))
		}
		sent = beat.residual(s.r)
	}
	if rules.CommitIndex.High > 0 {
		sent = min(sent, rules.CommitIndex.residual(s.r))
	}
	return way - sent
}

// lastEntries is which of the dead leader's entries follower i has, the last of
// which was to be sent so long before the death. What was to be sent and still waited
// for a processor died with the leader. Entries count as contact once they are stored.
func (s *electionSim) lastEntries(i int, v *voter, before time.Duration) {
	if s.f.Every <= 0 {
		return
	}
	waited := draw(s.f.Late, s.r)
	for ; before < waited; before += s.f.Every {
		v.missing++
	}
	v.contact = max(v.contact, waited-before+s.way(s.leader, i)+s.write())
}

// way is how long after it is sent a message is handled.
func (s *electionSim) way(from, to int) time.Duration {
	return s.delay[from][to](s.r) + draw(s.f.Late, s.r)
}

// write is one write transaction.
func (s *electionSim) write() time.Duration { return s.f.Store + draw(s.f.Slow, s.r) }

// writes are so many, one after the other.
func (s *electionSim) writes(n int) (sum time.Duration) {
	for range n {
		sum += s.write()
	}
	return sum
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

// waits tells of the events that a member's main loop handles: it does one thing at a
// time. Answers to a leader are read by its replication, and writes are handed on by
// the server of the clients.
func (k eventKind) waits() bool {
	return k != answerEntries && k != clientWrites && k != clientIsAnswered
}

// handle one event. A member's main loop is busy while it writes.
func (s *electionSim) handle(e event) {
	v := &s.voters[e.to]
	if v.role == dead {
		return
	}
	if e.kind == answerPreVote || e.kind == answerVote || e.kind == answerEntries {
		if e.from != e.to && !e.answered {
			e.answered = true
			if s.conns[e.to][e.from] == inUse {
				s.conns[e.to][e.from] = idle
			}
		}
	}
	if s.now < v.busy && e.kind.waits() {
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
	case appendEntries:
		s.appendEntries(e, v)
	case answerEntries:
		s.appendAnswer(e, v)
	case entriesStored:
		s.stored(e, v)
	case leaderIsAsked:
		s.propose(e, v)
	case clientWrites:
		s.clientWrites(e, v)
	case clientIsAnswered:
		s.out.acknowledged, s.done = s.now, true
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
			s.timeIn(e.to, v, s.now+s.f.Rules.Timeout.draw(s.r))
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
			s.call(event{at: s.now, kind: askPreVote, from: i, to: j, term: v.term + 1})
		}
	}
}

// rearm makes every older timer and answer of i void.
func (s *electionSim) rearm(i int, v *voter, at time.Duration) {
	v.try++
	s.timeIn(i, v, at)
}

// timeIn has i's timer fire at an instant, and i see it when it runs.
func (s *electionSim) timeIn(i int, v *voter, at time.Duration) {
	s.queue.push(event{at: at + draw(s.f.Late, s.r), kind: timerFires, to: i, try: v.try})
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
	entered := s.now + s.writes(rules.TermWrites)
	v.busy = entered + s.writes(rules.VoteWrites)
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
			s.call(event{at: at, kind: askVote, from: i, to: j, term: v.term})
		}
	}
	s.queue.push(event{at: v.busy, kind: answerVote, from: i, to: i, try: v.try, granted: true, term: v.term})
}

// call sends a request at its instant. It may have to dial first.
func (s *electionSim) call(e event) {
	i, j := e.from, e.to
	e.try = s.voters[i].try
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
			if e.kind == askPreVote || e.kind == askVote {
				s.queue.push(event{at: e.at, kind: e.kind + 1, from: j, to: i, try: e.try, answered: true})
				return
			}
			e.at += s.way(i, j) + s.way(j, i)
		case idle:
		default:
			e.at += s.way(i, j) + s.way(j, i)
		}
		s.conns[i][j] = inUse
	}
	e.at += s.way(i, j)
	s.queue.push(e)
}

// answer what e asked, at an instant.
func (s *electionSim) answer(e event, v *voter, at time.Duration, granted bool) {
	s.queue.push(event{
		at: at + s.way(e.to, e.from), kind: e.kind + 1, from: e.to, to: e.from,
		try: e.try, term: v.term, index: e.index, granted: granted,
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
func (s *electionSim) shortLog(e event, v *voter) bool { return s.voters[e.from].missing > v.missing }

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
		v.term, v.own = term, 0
		v.busy = max(v.busy, s.now) + s.writes(s.f.Rules.TermWrites)
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
			at += s.writes(s.f.Rules.VoteWrites)
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

// lead takes the term's first entry and asks all whether they agree up to there.
func (s *electionSim) lead(i int, v *voter) {
	if s.out.elected == 0 {
		s.out.elected = s.now
	}
	s.won[v.term-1] = true
	v.role, v.leader = leading, i
	v.try++
	n := len(s.voters)
	s.leads[i] = leadership{acked: make([]int, n), asked: make([]bool, n)}
	s.store(i, v)
	for j := range s.voters {
		switch {
		case j == i:
		case s.f.Rules.Probe:
			s.send(i, v, event{to: j})
		default:
			s.send(i, v, event{to: j, index: 1})
		}
	}
	if s.f.Every > 0 {
		s.nextWrite(s.r.IntN(n), s.now+Between(0, s.f.Every).draw(s.r))
	}
}

// store writes the leader's next entry to its own log.
func (s *electionSim) store(i int, v *voter) {
	l := &s.leads[i]
	l.given++
	v.busy = s.now + s.write()
	s.queue.push(event{at: v.busy, kind: entriesStored, from: i, to: i, try: v.try, index: l.given})
}

// stored has the leader's entries sent to all that it is not waiting for.
func (s *electionSim) stored(e event, v *voter) {
	if v.role != leading || e.try != v.try {
		return
	}
	s.leads[e.to].stored = e.index
	for j := range s.voters {
		if j != e.to {
			s.sendRest(e.to, v, j)
		}
	}
	s.commit(e.to)
}

// sendRest sends a follower what it is not known to hold.
func (s *electionSim) sendRest(i int, v *voter, j int) {
	if l := &s.leads[i]; !l.asked[j] && l.acked[j] < l.stored {
		s.send(i, v, event{to: j, index: l.stored})
	}
}

func (s *electionSim) send(i int, v *voter, e event) {
	s.leads[i].asked[e.to] = true
	e.at, e.kind, e.from, e.term = s.now, appendEntries, i, v.term
	s.call(e)
}

// appendEntries refuses what does not follow on the follower's log. Entries that it
// has and the leader has not are deleted first, which is a write of its own.
func (s *electionSim) appendEntries(e event, v *voter) {
	if e.term < v.term {
		s.answer(e, v, s.now, false)
		return
	}
	if e.term > v.term || v.role != following {
		s.follow(e.to, v, e.term)
	}
	if v.leader != e.from {
		v.leader, v.learnt = e.from, s.now
	}
	at, leader := max(s.now, v.busy), &s.voters[e.from]
	if v.missing > leader.missing && !e.older {
		s.answer(e, v, at, false)
		return
	}
	if e.index > v.own || e.older {
		if v.missing < leader.missing {
			at += s.write()
		}
		at += s.write()
		v.missing, v.own = leader.missing, max(v.own, e.index)
	}
	v.busy, v.contact = at, at
	if s.f.Rules.RearmOnContact {
		s.rearm(e.to, v, at+s.f.Rules.Timeout.draw(s.r))
	}
	s.answer(e, v, at, true)
}

// appendAnswer goes on to what the follower still lacks: entries of earlier terms
// where it refused.
func (s *electionSim) appendAnswer(e event, v *voter) {
	if v.role != leading || e.try != v.try {
		return
	}
	if e.term > v.term {
		s.follow(e.to, v, e.term)
		v.contact = s.now
		return
	}
	l := &s.leads[e.to]
	l.asked[e.from] = false
	if !e.granted {
		s.send(e.to, v, event{to: e.from, index: e.index, older: true})
		return
	}
	l.acked[e.from] = max(l.acked[e.from], e.index)
	s.commit(e.to)
	s.sendRest(e.to, v, e.from)
}

// commit what a majority holds, and answer the clients whose writes are among it.
func (s *electionSim) commit(i int) {
	l := &s.leads[i]
	for l.committed < l.stored && s.held(l, l.committed+1) {
		l.committed++
		if s.out.committed == 0 {
			s.out.committed = s.now
		}
		s.done = s.done || s.f.Every <= 0
	}
	for _, w := range l.writes {
		if w.entry <= l.committed {
			at := s.now + draw(s.f.Late, s.r)
			if w.member != i {
				at += s.way(i, w.member)
			}
			s.queue.push(event{at: at, kind: clientIsAnswered, to: w.member})
		}
	}
	l.writes = slices.DeleteFunc(l.writes, func(w clientWrite) bool { return w.entry <= l.committed })
}

// held is whether a majority holds an entry, the leader among them.
func (s *electionSim) held(l *leadership, entry int) bool {
	n := 1
	for _, acked := range l.acked {
		if acked >= entry {
			n++
		}
	}
	return n >= s.f.Nodes.Quorum()
}

// nextWrite is that of member i's client at an instant, or of the next that lives in
// its turn: those at dead members write in vain.
func (s *electionSim) nextWrite(i int, at time.Duration) {
	for ; s.voters[i%len(s.voters)].role == dead; i++ {
		at += s.f.Every
	}
	s.queue.push(event{at: at, kind: clientWrites, to: i % len(s.voters)})
}

// clientWrites has the client of a member write there, and the next one in its turn,
// as long as anyone leads. A member that knows no leader refuses; one that has just
// learnt of it connects first.
func (s *electionSim) clientWrites(e event, v *voter) {
	if s.leading() == nobody {
		return
	}
	s.nextWrite(e.to+1, s.now+s.f.Every)
	if v.leader == nobody || s.voters[v.leader].role == dead {
		return
	}
	ask := event{at: s.now + draw(s.f.Late, s.r), kind: leaderIsAsked, from: e.to, to: v.leader}
	if v.leader != e.to {
		ask.at = max(ask.at, v.learnt+s.way(e.to, v.leader)+s.way(v.leader, e.to)) + s.way(e.to, v.leader)
	}
	s.queue.push(ask)
}

// leading is who leads, or nobody.
func (s *electionSim) leading() int {
	return slices.IndexFunc(s.voters, func(v voter) bool { return v.role == leading })
}

// propose takes a client's write.
func (s *electionSim) propose(e event, v *voter) {
	if v.role != leading {
		return
	}
	s.store(e.to, v)
	l := &s.leads[e.to]
	l.writes = append(l.writes, clientWrite{l.given, e.from})
}
