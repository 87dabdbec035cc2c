package quorum

import (
	"math/rand/v2"
	"time"
)

// Span is a range [Low, High) that a time is drawn from, uniformly.
type Span struct{ Low, High time.Duration }

// Between is a span; Twice is [d, 2d), hashicorp/raft's randomTimeout.
func Between(low, high time.Duration) Span { return Span{low, high} }

// Twice is [d, 2d), what hashicorp/raft draws its timers from (randomTimeout).
func Twice(d time.Duration) Span { return Span{d, 2 * d} }

// Timeouts are those of hashicorp/raft that decide who leads.
type Timeouts struct {
	Heartbeat time.Duration `json:"heartbeat_timeout_ns"`
	Election  time.Duration `json:"election_timeout_ns"`
	Lease     time.Duration `json:"leader_lease_timeout_ns"`
}

// Refusal is when a voter that could vote does not.
type Refusal int

// What implementations do with a vote that is asked for while a leader is known.
const (
	// RefuseNever: the Raft paper's voter looks at term and log alone.
	RefuseNever Refusal = iota
	// RefuseWhileLed: hashicorp/raft's voter refuses until its own timer has had it
	// drop its leader (requestVote and requestPreVote in raft.go).
	RefuseWhileLed
	// RefuseWithinTimeout: etcd's voter refuses for the least election timeout
	// after it last heard its leader (Step in raft.go: inLease).
	RefuseWithinTimeout
)

// Rules are where implementations of Raft differ in how a leader is lost and
// found. Each can be switched alone, so that what it costs is told apart.
type Rules struct {
	// Timeout is a follower's timer, Retry a candidate's.
	Timeout, Retry Span
	// RearmOnContact starts a follower's timer anew whenever its leader is heard.
	// Without it the timer is drawn anew only when it fires, and then the follower
	// stands if nothing was heard for Timeout.Low (runFollower in raft.go).
	RearmOnContact bool
	// Heartbeat is the time between two heartbeats; AwaitAnswer adds a round trip,
	// since the next interval begins when the last one was answered (heartbeat in
	// replication.go).
	Heartbeat   Span
	AwaitAnswer bool
	// CommitIndex is the time between two messages that carry the commit index to
	// an idle follower (CommitTimeout in replication.go); they count as contact.
	CommitIndex Span
	// InFlight is how many of these may be unanswered: the next waits for the answer
	// to the one so many before (MaxRPCsInFlight, AppendEntries in net_transport.go);
	// 0 is no limit.
	InFlight int
	// Together has the last heartbeat before the leader's death sent to all
	// followers at one instant, the worst for split votes.
	Together bool
	// Refuse is when a voter refuses although it could vote.
	Refuse Refusal
	// PreVote asks whether one would be elected before a term is begun.
	PreVote bool
	// VoteRearms starts a voter's timer anew.
	VoteRearms bool
	// TermWrites and VoteWrites are how many write transactions of the stable
	// store it takes to enter a term, and to vote.
	TermWrites, VoteWrites int
	// VoteBetween has a candidate ask those before it in the configuration, write
	// its own vote, and then ask the others (electSelf in raft.go). Without it all
	// are asked once its vote is written.
	VoteBetween bool
	// Probe has a new leader hear from a follower once before it sends its first
	// entry (replicate in replication.go).
	Probe bool
	// Dial has the first call to a member cost a round trip more, and the first
	// call after that member restarted fail: the connection that was kept is dead
	// (getConn in net_transport.go).
	Dial bool
	// StallsStopHeartbeats has the leader's heartbeats wait while its disk stalls.
	StallsStopHeartbeats bool
	// TickedLease has the leader look once a timeout who answered since the last
	// look, on a clock that stands still while it does not run. Without it a leader
	// steps down once a lease has passed without the answers of a majority.
	TickedLease bool
}

// commitTimeout is hashicorp/raft's default.
const commitTimeout = 50 * time.Millisecond

// inFlight is hashicorp/raft's default of MaxRPCsInFlight.
const inFlight = 2

// HashiCorp are hashicorp/raft's rules, with pre-vote and the default commit
// timeout.
func HashiCorp(t Timeouts) Rules {
	return Rules{
		Timeout: Twice(t.Heartbeat), Retry: Twice(t.Election),
		Heartbeat: Twice(t.Heartbeat / 10), AwaitAnswer: true,
		CommitIndex: Twice(commitTimeout), InFlight: inFlight,
		Refuse: RefuseWhileLed, PreVote: true,
		// setCurrentTerm is one transaction, persistVote two.
		TermWrites: 1, VoteWrites: 2, VoteBetween: true,
		Probe: true, Dial: true,
	}
}

// Paper are the rules of the Raft paper as its Figure 16 measured them: timers
// start anew at each heartbeat, a heartbeat each half of the least timeout, the
// last of them sent to all at once, no pre-vote, and nobody refuses because it
// still has a leader (Ongaro, dissertation, §9.3).
func Paper(low, high time.Duration) Rules {
	return Rules{
		Timeout: Between(low, high), Retry: Between(low, high), RearmOnContact: true,
		Heartbeat: Between(low/2, low/2), Together: true,
		VoteRearms: true, VoteWrites: 1,
	}
}

// Etcd are etcd's rules: timers start anew at each heartbeat, of [T, 2T) in
// ticks of a heartbeat's interval, with pre-vote (the default since 3.5) and
// voters that refuse for T after they heard their leader (CheckQuorum).
func Etcd(heartbeat, election time.Duration) Rules {
	return Rules{
		Timeout: Twice(election), Retry: Twice(election), RearmOnContact: true,
		Heartbeat: Between(heartbeat, heartbeat), Together: true,
		Refuse: RefuseWithinTimeout, PreVote: true, VoteRearms: true, VoteWrites: 1,
		StallsStopHeartbeats: true, TickedLease: true,
	}
}

// answerScale makes the slowest of four answers take 15 ms in the mean, where an
// answer takes two exponential times of this mean, one each way: it is 3.55 of
// them (simulated).
const answerScale = 4225 * time.Microsecond

// PaperFailover is the experiment of the Raft paper's Figure 16 with timeouts in
// [low, high]: five servers, two of the four survivors with logs too short to be
// elected, and a broadcast time of about 15 ms, which is the time until all four
// have answered (Ongaro and Ousterhout, §5.6 and §9.3). How an answer's time is
// distributed was not published; it is drawn with a long tail, so that the votes
// of a majority come sooner than the last.
func PaperFailover(low, high time.Duration) Failover {
	exponential := func(r *rand.Rand) time.Duration { return time.Duration(r.ExpFloat64() * float64(answerScale)) }
	return Failover{
		Nodes: 5, Dead: 1, Behind: 2, Rules: Paper(low, high),
		OneWay: func(int, int) Draw { return exponential },
	}
}
