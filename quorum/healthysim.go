package quorum

import (
	"math/rand/v2"
	"slices"
	"time"
)

// stretch of time, from one instant to before another.
type stretch struct{ from, to time.Duration }

// healthySim plays the moments around a few interruptions: who hears whom when,
// and whether somebody gives somebody up.
type healthySim struct {
	h Healthy
	r *rand.Rand
	// felt are the sources that can silence anybody.
	felt []source
	// quiet is the longest silence without an interruption.
	quiet   time.Duration
	silence []time.Duration

	// What interrupts the processes, disks and links of a play, in order of time.
	process, disk, link [][]stretch
	// contacts are when a follower hears its leader, answers when the leader hears
	// that follower.
	contacts, answers [][]time.Duration
	dropped           []stretch // without a leader, of all followers
	merged, under     []time.Duration
	begin, end        time.Duration
}

func newHealthySim(h Healthy, r *rand.Rand) *healthySim {
	n := int(h.Nodes)
	p := &healthySim{
		h: h, r: r, silence: make([]time.Duration, n),
		process: make([][]stretch, n), disk: make([][]stretch, n), link: make([][]stretch, n),
		contacts: make([][]time.Duration, n), answers: make([][]time.Duration, n),
	}
	for i := range n {
		if i != h.Leader {
			rtt := h.Farthest(h.Leader, i) + h.Farthest(i, h.Leader)
			apart := h.Rules.Heartbeat.High
			if h.Rules.CommitIndex.High > 0 && !p.loses(i) && len(h.Stalls) == 0 {
				apart = min(apart, h.Rules.CommitIndex.High)
			}
			p.quiet = max(p.quiet, apart+rtt+smallestInterval)
		}
	}
	for _, s := range h.sources() {
		// A follower's disk silences nobody; the leader's where its heartbeats wait
		// for it.
		if s.where != ofDisk || h.Rules.StallsStopHeartbeats && s.member == h.Leader {
			p.felt = append(p.felt, s)
		}
	}
	return p
}

// takesAll plays these interruptions, the first at 0 and the others within the
// window, and says whether it takes all of them to cost the leader its place: what
// fewer do is counted where fewer come together.
func (p *healthySim) takesAll(tuple []source) (lost, byLease bool) {
	window := p.window(tuple)
	at := make([]time.Duration, len(tuple))
	for i := 1; i < len(at); i++ {
		at[i] = time.Duration(p.r.Float64() * float64(window))
	}
	seed := p.r.Uint64()
	if lost, byLease = p.play(tuple, at, -1, seed); !lost || len(tuple) == 1 {
		return lost, byLease
	}
	for without := range tuple {
		if fewer, _ := p.play(tuple, at, without, seed); fewer {
			return false, false
		}
	}
	return lost, byLease
}

// play interruptions at these instants, one of them left out (-1: none).
func (p *healthySim) play(tuple []source, at []time.Duration, without int, seed uint64) (lost, byLease bool) {
	keep := p.r
	defer func() { p.r = keep }()
	p.r = rand.New(rand.NewPCG(seed, 4))
	p.clear()
	var last time.Duration
	for i, s := range tuple {
		if i != without {
			p.interrupt(s, at[i])
			last = max(last, at[i]) + s.length // two of one process may lie end to end
		}
	}
	return p.run(-2*p.h.Rules.Timeout.Low, last+p.h.Rules.Timeout.High)
}

func (p *healthySim) clear() {
	for i := range p.process {
		p.process[i], p.disk[i], p.link[i] = p.process[i][:0], p.disk[i][:0], p.link[i][:0]
	}
}

func (p *healthySim) interrupt(s source, at time.Duration) {
	list := &p.process[s.member]
	switch s.where {
	case ofDisk:
		list = &p.disk[s.member]
	case ofLink:
		list = &p.link[s.member]
	}
	*list = append(*list, stretch{at, at + s.length})
	slices.SortFunc(*list, func(a, b stretch) int { return int(a.from - b.from) })
}

// run from one instant to another, and say whether the leader lost its place, and
// whether by its lease.
func (p *healthySim) run(begin, end time.Duration) (lost, byLease bool) {
	lapse, vote := p.ends(begin, end)
	return lapse < never || vote < never, lapse < never && lapse <= vote
}

// ends is when the leader's lease runs out, and when it is voted out; never where it
// is not between two instants.
func (p *healthySim) ends(begin, end time.Duration) (lapse, vote time.Duration) {
	p.begin, p.end = begin, end
	p.dropped = p.dropped[:0]
	for i := range p.process {
		if i != p.h.Leader {
			p.beat(i)
		}
	}
	lapse = p.leaseLapse()
	for i := range p.process {
		if i != p.h.Leader {
			p.drops(i)
		}
	}
	return lapse, p.votedOut()
}

const never = time.Duration(1<<63 - 1)

// through is when what is due at an instant is done by what is interrupted: at
// once, or at the end.
func through(list []stretch, at time.Duration) time.Duration {
	for _, s := range list {
		if s.from <= at && at < s.to {
			at = s.to
		}
	}
	return at
}

// beat sends heartbeats to follower i, and where nothing is lost on the way the
// messages that carry the commit index.
func (p *healthySim) beat(i int) {
	rules := &p.h.Rules
	contacts, answers := p.contacts[i][:0], p.answers[i][:0]
	there, back := p.h.OneWay(p.h.Leader, i), p.h.OneWay(i, p.h.Leader)
	exchange := func(at time.Duration) (heard, answered time.Duration) {
		heard = through(p.process[i], through(p.link[i], at+there(p.r)))
		return heard, through(p.process[p.h.Leader], through(p.link[i], heard+back(p.r)))
	}
	send := func(at time.Duration) time.Duration {
		at = through(p.process[p.h.Leader], at)
		if rules.StallsStopHeartbeats {
			at = through(p.disk[p.h.Leader], at)
		}
		return at
	}
	for at := p.begin + rules.Heartbeat.residual(p.r); at < p.end; {
		at = send(at)
		heard, answered := exchange(at)
		contacts, answers = append(contacts, heard), append(answers, answered)
		if rules.AwaitAnswer {
			at = answered
		}
		at += rules.Heartbeat.draw(p.r)
	}
	beats := len(contacts)
	if rules.CommitIndex.High > 0 && !p.loses(i) {
		under := p.under[:0] // when each so far was answered, in their order
		for at := p.begin + rules.CommitIndex.residual(p.r); at < p.end; at += rules.CommitIndex.draw(p.r) {
			if k := len(under) - rules.InFlight; rules.InFlight > 0 && k >= 0 {
				at = max(at, under[k])
			}
			at = send(at) // none is sent while the leader does not run
			// The follower's main loop reads these, which waits for its disk.
			heard, answered := exchange(at)
			if held := through(p.disk[i], heard); held == heard {
				answered = through(p.process[p.h.Leader], heard+back(p.r))
				contacts, answers = append(contacts, heard), append(answers, answered)
			} else {
				answered += held - heard
			}
			if n := len(under); n > 0 {
				answered = max(answered, under[n-1])
			}
			under = append(under, answered)
		}
		p.under = under
	}
	p.contacts[i], p.answers[i] = p.inOrder(contacts, beats), p.inOrder(answers, beats)
}

// inOrder merges two connections' instants, each of which is in order but for
// delays that vary, and TCP keeps the order of those.
func (p *healthySim) inOrder(all []time.Duration, beats int) []time.Duration {
	for k := 1; k < len(all); k++ {
		if k != beats {
			all[k] = max(all[k], all[k-1])
		}
	}
	p.merged = p.merged[:0]
	a, b := all[:beats], all[beats:]
	for len(a) > 0 && len(b) > 0 {
		if a[0] <= b[0] {
			p.merged, a = append(p.merged, a[0]), a[1:]
		} else {
			p.merged, b = append(p.merged, b[0]), b[1:]
		}
	}
	p.merged = append(append(p.merged, a...), b...)
	return append(all[:0], p.merged...)
}

func (p *healthySim) loses(i int) bool {
	return p.h.Loss != nil && p.h.Loss(p.h.Leader, i)+p.h.Loss(i, p.h.Leader) > 0
}

// before is the last of sorted instants before at. What comes at the very instant
// at which a process wakes is read too late: its timers are served first.
func before(sorted []time.Duration, at time.Duration) (last, next time.Duration) {
	k, _ := slices.BinarySearch(sorted, at)
	last, next = -never, never
	if k > 0 {
		last = sorted[k-1]
	}
	if k < len(sorted) {
		next = sorted[k]
	}
	return last, next
}

// leaseLapse is when the leader steps down (checkLeaderLease in raft.go), or never.
func (p *healthySim) leaseLapse() time.Duration {
	if p.h.Rules.TickedLease {
		return p.tickedLapse()
	}
	for due := p.begin + 3*p.h.Lease/2; due < p.end; {
		at := through(p.disk[p.h.Leader], through(p.process[p.h.Leader], due))
		var oldest time.Duration
		silent := 0
		for i := range p.answers {
			if i == p.h.Leader {
				continue
			}
			last, _ := before(p.answers[i], at)
			if ago := at - last; last == -never || ago > p.h.Lease {
				silent++
			} else {
				oldest = max(oldest, ago)
			}
		}
		if silent >= p.toLapse() {
			return at
		}
		due = at + max(smallestInterval, p.h.Lease-oldest)
	}
	return never
}

// tickedLapse is etcd's: once a timeout the leader looks who answered since the
// last look. Its clock stands still while it is paused.
func (p *healthySim) tickedLapse() time.Duration {
	last := p.begin + p.h.Rules.Timeout.Low
	for at := last; at < p.end; {
		at += p.h.Rules.Timeout.Low
		for _, s := range slices.Concat(p.process[p.h.Leader], p.disk[p.h.Leader]) {
			if s.from >= last && s.from < at {
				at += s.to - s.from
			}
		}
		silent := 0
		for i := range p.answers {
			if answered, _ := before(p.answers[i], at); i != p.h.Leader && answered < last {
				silent++
			}
		}
		if silent >= p.toLapse() {
			return at
		}
		last = at
	}
	return never
}

// drops are when follower i gives its leader up, until it hears it again.
func (p *healthySim) drops(i int) {
	if p.h.Rules.RearmOnContact {
		p.rearmedDrops(i)
		return
	}
	timeout := p.h.Rules.Timeout
	for due := p.begin + timeout.Low + timeout.residual(p.r); due < p.end; {
		at := through(p.disk[i], through(p.process[i], due))
		last, next := before(p.contacts[i], at)
		if at-last < timeout.Low {
			due = at + timeout.draw(p.r)
			continue
		}
		p.dropped = append(p.dropped, stretch{at, next})
		if next == never {
			return
		}
		due = next + timeout.draw(p.r)
	}
}

// rearmedDrops are those of a timer that starts anew at each heartbeat.
func (p *healthySim) rearmedDrops(i int) {
	for k := 1; k < len(p.contacts[i]); k++ {
		last, next := p.contacts[i][k-1], p.contacts[i][k]
		if next-last < p.h.Rules.Timeout.Low {
			continue
		}
		if at := through(p.process[i], last+p.h.Rules.Timeout.draw(p.r)); at <= next {
			p.dropped = append(p.dropped, stretch{at, next})
		}
	}
}

// votedOut is when as many followers are without a leader as a new one needs. The
// one that completes them is elected.
func (p *healthySim) votedOut() time.Duration {
	first := never
	for _, d := range p.dropped {
		without := 0
		if p.h.Rules.RearmOnContact {
			without = p.longSilent(d.from)
		} else {
			for _, o := range p.dropped {
				if o.from <= d.from && d.from < o.to {
					without++
				}
			}
			without = max(without, 1) // at the very instant at which it wakes, and hears
		}
		if without >= p.toVote() {
			first = min(first, d.from)
		}
	}
	return first
}

// longSilent is how many followers have heard nothing for the least timeout: etcd's
// voters refuse until then.
func (p *healthySim) longSilent(at time.Duration) int {
	n := 0
	for i := range p.contacts {
		if i == p.h.Leader {
			continue
		}
		if last, _ := before(p.contacts[i], at); at-last >= p.h.Rules.Timeout.Low {
			n++
		}
	}
	return n
}
