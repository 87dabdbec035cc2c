package summary

import (
	"cmp"
	"slices"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Watched is how often a healthy leader lost its place: over the trials of a cell
// that left it alone. Each loss is counted, by whatever cause; those in which
// this host held a process up are told apart.
type Watched struct {
	// Trials that watched, and those that count, over which all below is summed.
	Trials      int `json:"trials"`
	ValidTrials int `json:"valid_trials"`
	// WatchedNS is for how long, OfferedOps under which load, a second.
	WatchedNS  int64   `json:"watched_ns"`
	OfferedOps float64 `json:"offered_ops"`

	Losses
	// PerHour is the rate of those losses that cannot be laid at this host's door:
	// Elections − Host. Low is the lower end of its exact 95 % interval from those
	// that are certainly not the host's, High the upper one from all. Where no loss
	// was seen PerHour is 0, and High what that proves.
	PerHour float64 `json:"per_hour"`
	Low     float64 `json:"low"`
	High    float64 `json:"high"`

	Attempted int64 `json:"attempted"`
	Completed int64 `json:"completed"`
	// HeldWrites are those of all nodes' logs that met a stall of their disk.
	HeldWrites int64 `json:"held_writes,omitempty"`
}

// Losses of a healthy leader, as its members' events tell of them.
type Losses struct {
	// Elections are the times that a leader lost its place: LeaseLost by giving it
	// up, since it had not heard a quorum for its lease's time; VotedOut since
	// another member stood and raised the term while it led.
	Elections int `json:"elections"`
	LeaseLost int `json:"lease_lost"`
	VotedOut  int `json:"voted_out"`
	// Host: shortly before so many of them some member's process was held up for
	// at least half of what a follower waits for; Unclear: of so many others for
	// at least a tenth, so that it cannot be told what did it.
	Host    int `json:"host"`
	Unclear int `json:"unclear"`
	// Suspicions are the times that a follower took its leader for dead and asked
	// for pre-votes, and was refused: the others still heard it.
	Suspicions int `json:"suspicions"`
	// HeldNS is the longest time for which the host, or itself, held a process up.
	HeldNS int64 `json:"held_ns"`
	// Untold are the events that members could not tell of, since nobody read them in
	// time. Each may have been one more leader that lost its place: they are in the
	// upper end of the rate alone.
	Untold int64 `json:"untold,omitempty"`
}

func (e *Losses) add(o Losses) {
	e.Elections += o.Elections
	e.LeaseLost += o.LeaseLost
	e.VotedOut += o.VotedOut
	e.Host += o.Host
	e.Unclear += o.Unclear
	e.Suspicions += o.Suspicions
	e.HeldNS = max(e.HeldNS, o.HeldNS)
	e.Untold += o.Untold
}

// FalseElections is the metric of a watch. Its interval is that of a Poisson count:
// each leader that lost its place is an observation, so that one watch has one, too.
const FalseElections = "false_elections_per_hour"

// watched is what a cell's watches saw; nil where there was none.
func watched(trials []*results.Trial) *Watched {
	if len(trials) == 0 {
		return nil
	}
	w := &Watched{Trials: len(trials)}
	for _, t := range valid(trials) {
		window := t.Window(results.RoleWatch)
		if window == nil || window.DurationNS == 0 {
			continue
		}
		w.ValidTrials++
		w.WatchedNS += window.DurationNS
		w.OfferedOps = window.OfferedOps
		w.Attempted += window.Attempted
		w.Completed += window.Completed
		w.add(LossesIn(t, window.StartNS, window.StartNS+window.DurationNS))
		for _, r := range t.Resources {
			w.HeldWrites += r.HeldWrites
		}
	}
	if hours := float64(w.WatchedNS) / float64(time.Hour); hours > 0 {
		_, high := stats.EventsInterval(w.most(), stats.Confidence)
		low, _ := stats.EventsInterval(w.least(), stats.Confidence)
		w.PerHour, w.Low, w.High = float64(w.Elections-w.Host)/hours, low/hours, high/hours
	}
	return w
}

// least are the losses that are certainly not this host's, most all that there may
// have been.
func (e Losses) least() int { return e.Elections - e.Host - e.Unclear }
func (e Losses) most() int  { return e.Elections + int(min(e.Untold, mostUntold)) }

// mostUntold bounds what is computed with: beyond it nothing is known anyway.
const mostUntold = 1_000_000

// Against is the probability of a count so far from a rate an hour, or farther, if
// that were the true rate: at most 5 % where the interval leaves the rate out.
func (w *Watched) Against(perHour float64) float64 {
	mean := perHour * float64(w.WatchedNS) / float64(time.Hour)
	if w.PerHour < perHour {
		return stats.EventsAtMost(w.most(), mean)
	}
	return stats.EventsAtLeast(w.least(), mean)
}

// metric of a watch that counts.
func (w *Watched) metric() (Metric, bool) {
	if w == nil || w.ValidTrials == 0 {
		return Metric{}, false
	}
	return Metric{Median: &w.PerHour, CILow: &w.Low, CIHigh: &w.High, N: w.ValidTrials, Interval: true}, true
}

// LossesIn is what a trial's events tell of a stretch of time, in which nobody
// did anything to the cluster.
func LossesIn(t *results.Trial, from, to int64) Losses { return follow(t, from, to).seen }

// follow goes through a trial's events.
func follow(t *results.Trial, from, to int64) *reigns {
	s := &reigns{trial: t, from: from, to: to, standing: map[string]bool{}, held: heldBy(t.Events)}
	for i := range t.Events {
		s.next(&t.Events[i])
	}
	s.seen.Untold = untoldIn(t.Events, from, to)
	s.seen.HeldNS = s.held.longest(from, to)
	return s
}

// reigns follows who led by a trial's events.
//
// hashicorp/raft counts as it does because of its code: a follower stands when it
// heard nothing for a heartbeat timeout (runFollower in raft.go); first it asks for
// pre-votes, which whoever still hears the leader refuses, so that a lone
// suspicion raises no term (requestPreVote). A leader gives up when a quorum did
// not answer for the lease's time (checkLeaderLease), whatever the others think.
// Heartbeats are answered past the log and the state machine (processHeartbeat):
// a disk that stalls keeps writes waiting and no heartbeat.
type reigns struct {
	trial    *results.Trial
	from, to int64
	seen     Losses

	leader string // empty where none leads
	term   uint64 // its own
	// challenged is when another member first entered a later term; 0: none did.
	challenged int64
	// standing are those who took a leader for dead while it led.
	standing map[string]bool
	held     holds
	// lost are the instants of the losses that count, changes those at which
	// somebody began to lead and ceased to, in turn.
	lost    []lostAt
	changes []int64
}

// lostAt is the loss of a leader's place; host: while this host may have held a process up.
type lostAt struct {
	at   int64
	host bool
}

// untoldIn counts the events that members did not tell of in a stretch: from the first
// of them until the member's next event.
func untoldIn(events []results.Event, from, to int64) (n int64) {
	next := map[string]int64{} // of each member, seen from the end
	for i := len(events) - 1; i >= 0; i-- {
		e := &events[i]
		if e.Kind != results.EventDropped {
			next[e.Node] = e.AtNS
			continue
		}
		if until, told := next[e.Node]; e.AtNS < to && (!told || until >= from) {
			n += e.Count
		}
	}
	return n
}

// holds are the times that each member was held up, in order: those of one process
// do not overlap, so that they are in the order of their beginnings, too.
type holds struct {
	of map[string][]results.Event
	// looked counts the holds that longest looked at.
	looked int
}

// heldBy takes the holds out of a trial's events. A process that was paused tells,
// when it wakes, that it was held up: what of it was the pause is not the host's.
func heldBy(events []results.Event) holds {
	h, paused := holds{of: map[string][]results.Event{}}, holds{of: map[string][]results.Event{}}
	for i := range events {
		if e := events[i]; e.Kind == results.EventPaused {
			paused.of[e.Node] = append(paused.of[e.Node], e)
		}
	}
	for i := range events {
		if e := events[i]; e.Kind == results.EventHeld {
			if e.Count -= paused.during(e); e.Count > 0 {
				h.of[e.Node] = append(h.of[e.Node], e)
			}
		}
	}
	return h
}

// during a hold of a member, for how long these stood.
func (h *holds) during(hold results.Event) (sum int64) {
	all, begin := h.of[hold.Node], hold.AtNS-hold.Count
	first, _ := slices.BinarySearchFunc(all, begin, func(e results.Event, at int64) int { return cmp.Compare(e.AtNS, at) })
	for _, e := range all[first:] {
		if e.AtNS-e.Count >= hold.AtNS {
			break
		}
		sum += min(e.AtNS, hold.AtNS) - max(e.AtNS-e.Count, begin)
	}
	return sum
}

// longest of those that ended since an instant and began before another.
func (h *holds) longest(since, until int64) (longest int64) {
	for _, all := range h.of {
		first, _ := slices.BinarySearchFunc(all, since, func(e results.Event, at int64) int { return cmp.Compare(e.AtNS, at) })
		for i := first; i < len(all); i++ {
			h.looked++
			if all[i].AtNS-all[i].Count > until {
				break
			}
			longest = max(longest, all[i].Count)
		}
	}
	return longest
}

func (s *reigns) next(e *results.Event) {
	switch {
	case e.Kind == results.EventTerm && s.leader != "" && e.Term > s.term && s.challenged == 0:
		s.challenged = e.AtNS
	case e.Kind != results.EventRole:
	case e.State == results.StateLeader:
		if s.standing[e.Node] {
			delete(s.standing, e.Node)
			s.count(e.AtNS, func() { s.seen.Suspicions-- }) // it was elected
		}
		s.lose(e.AtNS)
		s.leader, s.term, s.challenged = e.Node, e.Term, 0
		s.changes = append(s.changes, e.AtNS)
	case e.State == results.StateCandidate && s.leader != "" && e.Node != s.leader:
		s.standing[e.Node] = true
		s.count(e.AtNS, func() { s.seen.Suspicions++ })
	case e.State == results.StateFollower && e.Node == s.leader:
		s.lose(e.AtNS)
	case e.State == results.StateFollower:
		delete(s.standing, e.Node)
	}
}

// count does so for what happened in the stretch.
func (s *reigns) count(at int64, do func()) {
	if at >= s.from && at < s.to {
		do()
	}
}

// lose ends the reign of who leads, if anybody does.
func (s *reigns) lose(at int64) {
	if s.leader == "" {
		return
	}
	lease := s.challenged == 0
	if !lease {
		at = s.challenged
	}
	s.leader = ""
	s.changes = append(s.changes, at)
	s.count(at, func() {
		s.seen.Elections++
		if lease {
			s.seen.LeaseLost++
		} else {
			s.seen.VotedOut++
		}
		held := s.heldBefore(at)
		switch {
		case held >= s.trial.Timeouts.HeartbeatNS/hostsShare:
			s.seen.Host++
		case held >= s.trial.Timeouts.HeartbeatNS/unclearShare:
			s.seen.Unclear++
		}
		s.lost = append(s.lost, lostAt{at, held >= s.trial.Timeouts.HeartbeatNS/unclearShare})
	})
}

// A process that was held up for half of the time that a follower waits leaves
// raft's own heartbeats, up to a fifth of it apart, and the network less than the
// other half. Below a tenth, the least spread of heartbeats, it is no cause.
const (
	hostsShare   = 2
	unclearShare = 10
)

// heldBefore is the longest time for which some member was held up before a leader
// lost its place. The silence that cost it its place began at most this long ago: a
// follower hears nothing for a heartbeat timeout, looks at it after another one at
// most, and may wait out an election timeout until a second one looks.
func (s *reigns) heldBefore(at int64) int64 {
	t := s.trial.Timeouts
	return s.held.longest(at-2*t.HeartbeatNS-t.ElectionNS, at)
}
