package check

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/results"
)

const (
	// Stalled is how long replicas that are behind may come no nearer before
	// they are given up. Raft tries again within seconds: a follower that was
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
	err      error
}

// catchUp waits until the replicas agree and returns those that are to be read:
// all, or those that had caught up when the others were given up.
func (a *audit) catchUp(ctx context.Context, replicas []Replica) ([]Replica, error) {
	if len(replicas) == 0 {
		return nil, errors.New("audit: no replicas to ask")
	}
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	p := newProgress(len(replicas))
	for {
		answers := ask(ctx, replicas)
		if ctx.Err() != nil {
			return nil, fmt.Errorf("audit: given up while replicas caught up: %w", ctx.Err())
		}
		if a.agree(replicas, answers) {
			return replicas, nil
		}
		if p.stalled(answers) {
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
func (p *progress) stalled(answers []answer) bool {
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
	return now.Sub(p.moved) >= Stalled || now.Sub(p.began) >= Longest
}

// ask all replicas at once.
func ask(ctx context.Context, replicas []Replica) []answer {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	answers := make([]answer, len(replicas))
	var wg sync.WaitGroup
	for i, r := range replicas {
		wg.Go(func() { answers[i] = askOne(ctx, r.Client) })
	}
	wg.Wait()
	return answers
}

func askOne(ctx context.Context, r Reader) answer {
	status, err := r.Status(ctx)
	if err != nil {
		return answer{err: err}
	}
	hash, at, err := r.HashKV(ctx, 0)
	return answer{applied: status.Applied, hash: hash, revision: at, err: err}
}

// agree tells that waiting is over: every replica has applied as much as the
// furthest and stands at one revision. Then hashes must be equal too: two
// replicas that differ at one revision will differ for ever.
func (a *audit) agree(replicas []Replica, answers []answer) bool {
	first := answers[0]
	for _, w := range answers {
		if w.err != nil || w.applied != first.applied || w.revision != first.revision {
			return false
		}
	}
	a.revision = first.revision
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
	return true
}

// laggards objects to the replicas that are behind and returns the others.
// That a replica is behind, or does not answer, is no loss: what it lacks may
// still come. Where nobody answers nothing is known, and that is an error.
func (a *audit) laggards(replicas []Replica, p *progress) ([]Replica, error) {
	var furthest answer
	for _, w := range p.last {
		furthest.applied = max(furthest.applied, w.applied)
		furthest.revision = max(furthest.revision, w.revision)
	}
	waited := time.Since(p.began).Round(time.Millisecond)
	var failed []error
	var ready []Replica
	behind := func(replica Replica, got string) {
		a.findings.add(Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: replica.ID, Got: got,
			Want: sprintf("index %d at revision %d, as the furthest replica has", furthest.applied, furthest.revision)})
	}
	for i, w := range p.last {
		switch {
		case w.err != nil:
			failed = append(failed, fmt.Errorf("%s does not answer: %w", replicas[i].ID, w.err))
			behind(replicas[i], sprintf("no answer after %v: %v", waited, w.err))
		case w.applied < furthest.applied || w.revision < furthest.revision:
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
