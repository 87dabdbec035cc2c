package quorum

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Failover is the death of a leader and what follows until its successor has
// committed an entry and a client has its answer, simulated event by event: timers,
// pre-votes, votes with their writes to disk, split votes. Nothing is lost on the
// way, and processors take no time unless Late says so; they only add.
type Failover struct {
	Nodes Size
	// Dead is how many members are dead, the old leader among them.
	Dead int
	// Leader is the member that dies, in the order of the configuration, from 0.
	// The others that are dead are the last of the rest.
	Leader int
	// Repeat kills whoever was elected, after the member that died before has
	// come back, and so on: draws are the successive outages of one cluster. It
	// differs from fresh clusters in the connections that are kept.
	Repeat bool
	Rules  Rules
	// RTT between any two members, half of it each way, unless OneWay tells the
	// delay from one to another.
	RTT    time.Duration
	OneWay func(from, to int) Draw
	// Store is one write transaction of the stable store or the log.
	Store time.Duration
	// Slow is how much longer than Store a transaction takes, and Late how long
	// whoever has something to do waits for a processor: what fires, arrives or is to
	// be sent. Nil is no time. Both are to be measured on the host.
	Slow, Late Draw
	// Every is the time between two writes of all clients. There is one at each
	// member, they write in turn, and none is told who leads. Zero: nobody writes.
	Every time.Duration
	// Behind is how many survivors have too short a log to be elected, beside those
	// that the leader had not yet sent its last entries to.
	Behind int
}

// Election is how long after the leader's death things happen.
type Election struct {
	// Candidate is when the first follower stands, Elected when one has first won,
	// Committed when the first entry of a new term is.
	Candidate Prediction `json:"candidate"`
	Elected   Prediction `json:"elected"`
	Committed Prediction `json:"committed"`
	// Acknowledged is when the first client has its answer; as Committed where
	// nobody writes.
	Acknowledged Prediction `json:"acknowledged"`
	// Terms are how many terms were begun, in the mean.
	Terms float64 `json:"terms"`
	// SplitShare is the share of outages with a split vote: a term in which two or
	// more asked for votes, and nobody won.
	SplitShare float64 `json:"split_vote_share"`
	// Unsettled are the draws that were given up after very many events, so few
	// that no percentile is one of them. They count as long as they lasted until then.
	Unsettled int `json:"unsettled,omitempty"`
}

// ErrNotElected says that elections under these timeouts do not end, or too seldom
// to tell how long they take.
var ErrNotElected = errors.New("no leader is elected under these timeouts")

// What a prediction may cost: this many events are about a second, and a large
// cluster is given fewer draws for it. Elections that do not end are given up
// sooner.
const (
	mostEventsOfAll = 4_000_000
	mostUnsettled   = 20
	// fewestDraws have a 99th percentile.
	fewestDraws = 100
)

// Predict simulates elections, fewer of them than draws where they take very many
// events. Too many dead for a quorum is an error; where no leader is elected it is
// ErrNotElected. The same seed gives the same prediction.
func (f Failover) Predict(draws int, seed int64) (Election, error) {
	if err := f.check(draws); err != nil {
		return Election{}, err
	}
	return f.predict(newElectionSim(f, rand.New(rand.NewPCG(uint64(seed), 1))), draws)
}

func (f Failover) predict(s *electionSim, draws int) (Election, error) {
	var candidate, elected, committed, acknowledged []time.Duration
	var e Election
	splits, terms, played := 0, 0, 0
	for ; played < draws && s.events < mostEventsOfAll && e.Unsettled < mostUnsettled; played++ {
		o := s.outage()
		candidate, elected = append(candidate, o.candidate), append(elected, o.elected)
		committed, acknowledged = append(committed, o.committed), append(acknowledged, o.acknowledged)
		terms += o.terms
		if o.split {
			splits++
		}
		if !o.settled {
			e.Unsettled++
		}
	}
	if 100*e.Unsettled > played || e.Unsettled >= mostUnsettled || played < min(draws, fewestDraws) {
		return Election{}, fmt.Errorf("%w: heartbeat %s and election %s, with %s for a write to the store",
			ErrNotElected, f.Rules.Timeout.Low, f.Rules.Retry.Low, f.Store)
	}
	e.Terms, e.SplitShare = float64(terms)/float64(played), float64(splits)/float64(played)
	e.Candidate, e.Elected = summarise(candidate), summarise(elected)
	e.Committed, e.Acknowledged = summarise(committed), summarise(acknowledged)
	return e, nil
}

// MaxMembers bounds what one simulation keeps of each pair of members.
const MaxMembers = 64

func (f Failover) check(draws int) error {
	live := int(f.Nodes) - f.Dead
	switch {
	case f.Nodes < 1 || f.Nodes > MaxMembers:
		return fmt.Errorf("got %d members, want 1 to %d", f.Nodes, MaxMembers)
	case f.Dead < 1:
		return fmt.Errorf("got %d dead members, want at least the leader", f.Dead)
	case live < f.Nodes.Quorum():
		return fmt.Errorf("%d of %d members are no quorum: got %d dead, want at most %d",
			live, f.Nodes, f.Dead, f.Nodes.Tolerates())
	case f.Leader < 0 || f.Leader >= int(f.Nodes):
		return fmt.Errorf("got member %d as the leader, want 0 to %d", f.Leader, f.Nodes-1)
	case f.Behind < 0 || f.Behind >= live:
		return fmt.Errorf("got %d survivors with short logs, want 0 to %d", f.Behind, live-1)
	case draws < 1 || draws > MaxDraws:
		return fmt.Errorf("got %d draws, want 1 to %d", draws, MaxDraws)
	case f.Rules.Timeout.Low <= 0 || f.Rules.Retry.Low <= 0:
		return fmt.Errorf("got timeouts of %s and %s, want more than 0", f.Rules.Timeout.Low, f.Rules.Retry.Low)
	}
	return nil
}

// residual is how long after a random instant the next event comes, when
// events are a span apart. An instant falls into a long interval more
// likely than into a short one, in proportion to its length.
func (s Span) residual(r *rand.Rand) time.Duration {
	for {
		interval := s.draw(r)
		if interval <= 0 || r.Float64()*float64(max(s.High, interval)) < float64(interval) {
			return time.Duration(r.Float64() * float64(interval))
		}
	}
}

// draw is uniform in [Low, High).
func (s Span) draw(r *rand.Rand) time.Duration {
	return s.Low + time.Duration(r.Float64()*float64(s.High-s.Low))
}

// plus shifts a span.
func (s Span) plus(d time.Duration) Span { return Span{s.Low + d, s.High + d} }
