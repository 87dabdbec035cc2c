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
	all   witness
}

// mark is one instant on CLOCK_MONOTONIC and what was acknowledged since. That of a kill
// is known only when it was done, and so is when the killed were dead: until then what
// ends is kept.
type mark struct {
	owner *acknowledgements
	at    instants
	open  bool // at is not known yet
	kept  []witnessed
	// untilNS is when writes are no longer counted by member; 0: they are.
	untilNS int64
	n       int
	firstNS int64
	probes  map[string]*results.Probe
}

func (a *acknowledgements) mark(afterNS int64) *mark {
	m := a.begin()
	m.settle(instants{afterNS, afterNS})
	return m
}

// begin a mark of what is about to be done.
func (a *acknowledgements) begin() *mark {
	a.mu.Lock()
	defer a.mu.Unlock()
	m := &mark{owner: a, open: true, probes: map[string]*results.Probe{}}
	a.marks = append(a.marks, m)
	return m
}

// settle says when it was done.
func (m *mark) settle(at instants) {
	m.owner.mu.Lock()
	defer m.owner.mu.Unlock()
	m.at, m.open = at, false
	for _, w := range m.kept {
		m.add(w)
	}
	m.kept = nil
}

// count of the acknowledged writes that were sent after the mark took effect.
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
func (a *acknowledgements) add(w witnessed) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, m := range a.marks {
		if m.open {
			m.kept = append(m.kept, w)
		} else {
			m.add(w)
		}
	}
}

func (m *mark) add(w witnessed) {
	if w.sentNS <= m.at.atNS {
		return
	}
	if w.err == nil && w.sentNS > m.at.effectNS {
		m.n++
		if m.firstNS == 0 || w.doneNS < m.firstNS {
			m.firstNS = w.doneNS
		}
	}
	if m.untilNS == 0 || w.sentNS < m.untilNS {
		m.probe(w)
	}
}

// probe counts a write by its member.
func (m *mark) probe(w witnessed) {
	p := m.probes[w.node]
	if p == nil {
		p = &results.Probe{Node: w.node}
		m.probes[w.node] = p
	}
	switch {
	case errors.Is(w.err, loadgen.ErrRejected):
		p.Failed++
	case w.err != nil:
		p.Unknown++
	default:
		p.Acked++
		if took := w.doneNS - m.at.atNS; w.sentNS > m.at.effectNS && (p.FirstAckNS == 0 || took < p.FirstAckNS) {
			p.FirstAckNS = took
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
	one := witnessed{w.node, sent, clock.Now(), err}
	w.acks.add(one)
	w.acks.all.saw(one)
	return revision, err
}
