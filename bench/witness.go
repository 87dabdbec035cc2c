package bench

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// witness keeps what became of every write of a harmed load, so that it can be told
// by fault once it is known when each was really done.
type witness struct {
	mu     sync.Mutex
	writes []witnessed
}

// witnessed is one write that ended; its instants are on CLOCK_MONOTONIC.
type witnessed struct {
	node           string
	sentNS, doneNS int64
	err            error
}

func (w *witness) saw(one witnessed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writes = append(w.writes, one)
}

// all writes that ended.
func (w *witness) all() []witnessed {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.writes)
}

// lastSent is when the last write was sent; 0 where none was.
func (w *witness) lastSent() (atNS int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.writes {
		atNS = max(atNS, one.sentNS)
	}
	return atNS
}

// answers are the instants at which writes were acknowledged, in no order.
func (w *witness) answers() (atNS []int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.writes {
		if one.err == nil {
			atNS = append(atNS, one.doneNS)
		}
	}
	return atNS
}

// probes are what a client at each of the nodes saw of the writes that it sent after a
// fault, until another instant.
func (w *witness) probes(nodes []string, fault instants, untilNS int64) []results.Probe {
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortStableFunc(w.writes, func(a, b witnessed) int { return cmp.Compare(a.doneNS, b.doneNS) })
	out := make([]results.Probe, len(nodes))
	for i, node := range nodes {
		out[i].Node = node
		for _, one := range w.writes {
			if one.node == node && one.sentNS > fault.atNS && one.sentNS <= untilNS {
				one.addTo(&out[i], fault)
			}
		}
	}
	return out
}

// addTo a fault's probe.
func (one witnessed) addTo(p *results.Probe, fault instants) {
	switch {
	case errors.Is(one.err, loadgen.ErrRejected):
		p.Failed++
	case one.err != nil:
		p.Unknown++
	default:
		p.Acked++
		if p.FirstAckNS == 0 && one.sentNS > fault.effectNS {
			p.FirstAckNS = one.doneNS - fault.atNS
		}
	}
}
