package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"slices"
	"sync"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/results"
)

const (
	// Stalled is the least time for which replicas that are behind may come no nearer
	// before they are given up. Raft tries again within seconds: a follower that was
	// unreachable is tried after at most 51 s in theory (hashicorp/raft backs off
	// 10 ms · 2^(n−2), n ≤ 12), but the links are whole when an audit begins, and
	// each heartbeat that gets through resets it.
	Stalled = 15 * time.Second
	// Longest is the wait in all, however much progress is made: a minute's load
	// on a cluster whose slowest link carries a fifth of it.
	Longest = 5 * time.Minute
	// askEvery is the pause between two questions.
	askEvery = 20 * time.Millisecond
	// askFor bounds one question, so that one dead node does not take the time
	// in which the others would be asked again.
	askFor = 2 * time.Second
)

// answer of one replica.
type answer struct {
	applied  uint64
	hash     uint32
	revision int64
	// exhausted: it has applied every entry that it holds. It is asked for only of a
	// replica that is below what was acknowledged.
	exhausted bool
	err       error
}

// catchUp waits until the replicas agree on a state that has all that was acknowledged
// and returns those that are to be read: all, or those that had caught up when the
// others were given up.
//
// That replicas agree is not enough. When all were started anew, none has applied
// anything before the first entry of a new term is committed (Raft, 5.4.2): they agree
// on nothing, and nothing is lost. Only where no log holds an entry that is still to be
// applied is what is missing gone for good.
func (a *audit) catchUp(ctx context.Context, replicas []Replica) ([]Replica, error) {
	if len(replicas) == 0 {
		return nil, errors.New("audit: no replicas to ask")
	}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	p := newProgress(len(replicas))
	for {
		answers := a.ask(ctx, replicas)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("audit: given up while replicas caught up: %w", ctx.Err())
		}
		if alike(answers) && (a.reached(answers[0]) || allExhausted(replicas, answers)) {
			a.agree(replicas, answers)
			return replicas, nil
		}
		if p.stalled(answers, a.patience) {
			return a.laggards(replicas, p)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// progress tells whether replicas that are behind still come nearer.
type progress struct {
	began, moved time.Time
	last         []answer // the last that each gave, an error only where it never answered
}

func newProgress(replicas int) *progress {
	now := time.Now()
	return &progress{began: now, moved: now, last: make([]answer, replicas)}
}

// stalled takes the replicas' newest answers and tells whether to give up.
func (p *progress) stalled(answers []answer, patience time.Duration) bool {
	now := time.Now()
	for i, w := range answers {
		last := &p.last[i]
		if w.err == nil && (w.applied > last.applied || w.revision > last.revision) {
			p.moved = now
		}
		if w.err == nil || last.applied == 0 && last.revision == 0 {
			*last = w
		} else {
			last.err = w.err
		}
	}
	return now.Sub(p.moved) >= patience || now.Sub(p.began) >= Longest
}

// ask all replicas at once.
func (a *audit) ask(ctx context.Context, replicas []Replica) []answer {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answers := make([]answer, len(replicas))
	var wg sync.WaitGroup
	for i, r := range replicas {
		wg.Go(func() { answers[i] = a.askOne(ctx, r) })
	}
	wg.Wait()
	return answers
}

func (a *audit) askOne(ctx context.Context, r Replica) answer {
	status, err := r.Client.Status(ctx)
	if err != nil {
		return answer{err: err}
	}
	w := answer{applied: status.Applied}
	if w.hash, w.revision, w.err = r.Client.HashKV(ctx, 0); w.err == nil && !a.reached(w) {
		w.exhausted = exhausted(ctx, r, status)
	}
	return w
}

// exhausted tells that a replica has applied every entry of its log; of one whose log
// cannot be asked for, that it follows a leader and has applied what it knows to be
// committed.
func exhausted(ctx context.Context, r Replica, status client.Status) bool {
	if r.Last == nil {
		return status.Leader != 0 && status.Applied >= status.Index
	}
	last, err := r.Last(ctx)
	return err == nil && status.Applied >= last
}

// allExhausted tells that no log holds anything that is still to be applied.
func allExhausted(replicas []Replica, answers []answer) bool {
	return !slices.ContainsFunc(replicas, func(r Replica) bool { return r.Last == nil }) &&
		all(answers, func(w answer) bool { return w.exhausted })
}

// reached tells that a replica stands where every acknowledged write can be there.
func (a *audit) reached(w answer) bool { return w.revision >= a.acknowledged }

// alike tells that every replica has applied as much as the furthest and stands at one
// revision.
func alike(answers []answer) bool {
	return all(answers, func(w answer) bool {
		return w.err == nil && w.applied == answers[0].applied && w.revision == answers[0].revision
	})
}

func all(answers []answer, is func(answer) bool) bool {
	return !slices.ContainsFunc(answers, func(w answer) bool { return !is(w) })
}

// agree holds the hashes of replicas that are alike against each other: two that differ
// at one revision will differ for ever.
func (a *audit) agree(replicas []Replica, answers []answer) {
	first := answers[0]
	a.revision, a.furthest = first.revision, first
	for i, w := range answers {
		if w.hash != first.hash {
			a.disagree, a.revision = true, 0
			a.findings.add(broken(results.RuleHash, replicas[i].ID, "", sprintf("hash %08x at revision %d", w.hash, w.revision),
				sprintf("%08x as %s has", first.hash, replicas[0].ID)))
		}
	}
	if a.disagree {
		a.reference = make(map[string]uint64)
	}
}

// laggards objects to the replicas that are behind and returns the others.
// That a replica is behind, or does not answer, is no loss: what it lacks may
// still come. Where nobody answers nothing is known, and that is an error.
func (a *audit) laggards(replicas []Replica, p *progress) ([]Replica, error) {
	for _, w := range p.last {
		a.furthest.applied = max(a.furthest.applied, w.applied)
		a.furthest.revision = max(a.furthest.revision, w.revision)
	}
	waited := time.Since(p.began).Round(time.Millisecond)
	want := sprintf("index %d at revision %d, as the furthest replica has", a.furthest.applied, a.furthest.revision)
	pending := !a.reached(a.furthest) && !exhaustedMajority(p.last)
	if pending {
		want = sprintf("revision %d, which was acknowledged", a.acknowledged)
	}
	var failed []error
	var ready []Replica
	behind := func(replica Replica, got string) {
		a.findings.add(Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: replica.ID, Got: got, Want: want})
	}
	for i, w := range p.last {
		switch {
		case w.err != nil:
			failed = append(failed, fmt.Errorf("%s does not answer: %w", replicas[i].ID, w.err))
			behind(replicas[i], sprintf("no answer after %v: %v", waited, w.err))
		case pending || w.applied < a.furthest.applied || w.revision < a.furthest.revision:
			behind(replicas[i], sprintf("index %d at revision %d after %v", w.applied, w.revision, waited))
		default:
			ready = append(ready, replicas[i])
		}
	}
	if len(failed) == len(replicas) {
		return nil, fmt.Errorf("audit: within %v: %w", waited, errors.Join(failed...))
	}
	return ready, nil
}

// exhaustedMajority tells that no replica that answers holds an entry that it has not
// applied, and that a majority does answer: an acknowledged write is in the logs of a
// majority, so that what none of these has applied is in none.
func exhaustedMajority(last []answer) bool {
	answered := 0
	for _, w := range last {
		if w.err != nil {
			continue
		}
		if !w.exhausted {
			return false
		}
		answered++
	}
	return answered > len(last)/2
}

// digest of a stored key, to tell which keys make two hashes differ.
func digest(kv client.KeyValue) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	var n [24]byte
	binary.BigEndian.PutUint64(n[0:], uint64(kv.CreateRevision))
	binary.BigEndian.PutUint64(n[8:], uint64(kv.ModRevision))
	binary.BigEndian.PutUint64(n[16:], uint64(kv.Version))
	_, _ = h.Write(n[:])
	_, _ = h.Write(kv.Value)
	return h.Sum64()
}
