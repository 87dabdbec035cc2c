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
)

const (
	// settleDefault bounds the wait for agreement where ctx has no deadline.
	settleDefault = 20 * time.Second
	// settleEvery is the pause between two questions.
	settleEvery = 20 * time.Millisecond
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

// settle waits until the replicas agree and returns those that are to be read:
// all, or on time-out those that had caught up.
func (a *audit) settle(ctx context.Context, replicas []Replica) ([]Replica, error) {
	if len(replicas) == 0 {
		return nil, errors.New("audit: no replicas to ask")
	}
	limit := settleDefault
	if deadline, ok := ctx.Deadline(); ok {
		limit = time.Until(deadline) * 2 / 3
	}
	wait, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	var last []answer
	for {
		answers := ask(wait, replicas)
		if wait.Err() == nil || last == nil {
			last = answers
		}
		if a.agree(replicas, last) {
			return replicas, nil
		}
		select {
		case <-tick.C:
		case <-wait.Done():
			if ctx.Err() != nil {
				return nil, fmt.Errorf("audit: given up while replicas caught up: %w", ctx.Err())
			}
			return a.laggards(replicas, last, limit)
		}
	}
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
			a.findings.add(Finding{Rule: RuleHash, Node: replicas[i].ID,
				Got:  sprintf("hash %08x at revision %d", w.hash, w.revision),
				Want: sprintf("%08x as %s has", first.hash, replicas[0].ID)})
		}
	}
	if a.disagree {
		a.reference = make(map[string]uint64)
	}
	return true
}

// laggards objects to the replicas that are behind and returns the others.
func (a *audit) laggards(replicas []Replica, answers []answer, limit time.Duration) ([]Replica, error) {
	var furthest answer
	var failed []error
	for i, w := range answers {
		if w.err != nil {
			failed = append(failed, fmt.Errorf("%s does not answer: %w", replicas[i].ID, w.err))
			continue
		}
		furthest.applied = max(furthest.applied, w.applied)
		furthest.revision = max(furthest.revision, w.revision)
	}
	var ready []Replica
	for i, w := range answers {
		switch {
		case w.err != nil:
		case w.applied < furthest.applied || w.revision < furthest.revision:
			a.findings.add(Finding{Rule: RuleApplied, Node: replicas[i].ID,
				Got:  sprintf("index %d at revision %d after %v", w.applied, w.revision, limit.Round(time.Millisecond)),
				Want: sprintf("index %d at revision %d, as the furthest replica has", furthest.applied, furthest.revision)})
		default:
			ready = append(ready, replicas[i])
		}
	}
	if len(failed) > 0 {
		return ready, fmt.Errorf("audit: within %v: %w", limit.Round(time.Millisecond), errors.Join(failed...))
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
