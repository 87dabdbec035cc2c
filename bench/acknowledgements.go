package bench

import (
	"context"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/loadgen"
)

// acknowledgements counts, for instants that a proof marks, the writes that
// were *sent* after the instant and acknowledged. A write sent before a kill
// may be acknowledged after it and proves nothing.
type acknowledgements struct {
	mu    sync.Mutex
	marks []*mark
}

// mark is one instant on CLOCK_MONOTONIC and what was acknowledged since.
type mark struct {
	owner   *acknowledgements
	afterNS int64
	n       int
	firstNS int64
}

func (a *acknowledgements) mark(afterNS int64) *mark {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := &mark{owner: a, afterNS: afterNS}
	a.marks = append(a.marks, m)
	return m
}

// count of the acknowledged writes that were sent after the mark.
func (m *mark) count() int {
	m.owner.mu.Lock()
	defer m.owner.mu.Unlock()
	return m.n
}

// first is when the first of them was acknowledged; 0 when none was.
func (m *mark) first() int64 {
	m.owner.mu.Lock()
	defer m.owner.mu.Unlock()
	return m.firstNS
}

func (a *acknowledgements) acknowledged(sentNS, doneNS int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.marks {
		if sentNS <= m.afterNS {
			continue
		}
		if m.n++; m.firstNS == 0 {
			m.firstNS = doneNS
		}
	}
}

// watch counts the acknowledgements of a target.
func (a *acknowledgements) watch(t loadgen.Target) loadgen.Target { return watched{a, t} }

type watched struct {
	acks *acknowledgements
	loadgen.Target
}

// Put implements loadgen.Target.
func (w watched) Put(ctx context.Context, key string, value []byte) (int64, error) {
	sent := clock.Now()
	revision, err := w.Target.Put(ctx, key, value)
	if err == nil {
		w.acks.acknowledged(sent, clock.Now())
	}
	return revision, err
}
