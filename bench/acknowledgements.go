package bench

import (
	"context"
	"errors"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// acknowledgements counts, for instants that a proof marks, the writes that
// were *sent* after the instant and what became of them, member by member. A
// write sent before a kill may be acknowledged after it and proves nothing.
type acknowledgements struct {
	mu    sync.Mutex
	marks []*mark
}

// mark is one instant on CLOCK_MONOTONIC and what was acknowledged since.
type mark struct {
	owner   *acknowledgements
	afterNS int64
	// untilNS is when writes are no longer counted by member; 0: they are.
	untilNS int64
	n       int
	firstNS int64
	probes  map[string]*results.Probe
}

func (a *acknowledgements) mark(afterNS int64) *mark {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := &mark{owner: a, afterNS: afterNS, probes: map[string]*results.Probe{}}
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

// close ends the counting by member.
func (m *mark) close(untilNS int64) {
	m.owner.mu.Lock()
	defer m.owner.mu.Unlock()
	if m.untilNS == 0 {
		m.untilNS = untilNS
	}
}

// seen is what clients at these members saw, in their order.
func (m *mark) seen(members []Member) []results.Probe {
	m.owner.mu.Lock()
	defer m.owner.mu.Unlock()
	out := make([]results.Probe, len(members))
	for i, member := range members {
		out[i] = results.Probe{Node: member.ID()}
		if p := m.probes[member.ID()]; p != nil {
			out[i] = *p
		}
	}
	return out
}

// add counts a write to a member.
func (a *acknowledgements) add(node string, sentNS, doneNS int64, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.marks {
		if sentNS <= m.afterNS {
			continue
		}
		if err == nil {
			m.n++
			if m.firstNS == 0 {
				m.firstNS = doneNS
			}
		}
		if m.untilNS == 0 || sentNS < m.untilNS {
			m.probe(node, doneNS, err)
		}
	}
}

// probe counts a write by its member.
func (m *mark) probe(node string, doneNS int64, err error) {
	p := m.probes[node]
	if p == nil {
		p = &results.Probe{Node: node}
		m.probes[node] = p
	}
	switch {
	case errors.Is(err, loadgen.ErrRejected):
		p.Failed++
	case err != nil:
		p.Unknown++
	default:
		if p.Acked++; p.FirstAckNS == 0 {
			p.FirstAckNS = doneNS - m.afterNS
		}
	}
}

// watch counts the writes to a member.
func (a *acknowledgements) watch(node string, t loadgen.Target) loadgen.Target {
	return watched{t, node, a}
}

type watched struct {
	loadgen.Target
	node string
	acks *acknowledgements
}

// Put implements loadgen.Target.
func (w watched) Put(ctx context.Context, key string, value []byte) (int64, error) {
	sent := clock.Now()
	revision, err := w.Target.Put(ctx, key, value)
	w.acks.add(w.node, sent, clock.Now(), err)
	return revision, err
}
