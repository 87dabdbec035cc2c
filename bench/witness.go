package bench

import (
	"errors"
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

// probes are what a client at each of the nodes saw of the writes that it sent from
// one instant until another.
func (w *witness) probes(nodes []string, fromNS, untilNS int64) []results.Probe {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := make([]results.Probe, len(nodes))
	at := map[string]*results.Probe{}
	for i, node := range nodes {
		out[i].Node = node
		at[node] = &out[i]
	}
	for _, one := range w.writes {
		if p := at[one.node]; p != nil && one.sentNS > fromNS && one.sentNS <= untilNS {
			one.addTo(p, fromNS)
		}
	}
	return out
}

// addTo a probe of the fault at an instant.
func (one witnessed) addTo(p *results.Probe, faultNS int64) {
	switch {
	case errors.Is(one.err, loadgen.ErrRejected):
		p.Failed++
	case one.err != nil:
		p.Unknown++
	default:
		p.Acked++
		if took := one.doneNS - faultNS; p.FirstAckNS == 0 || took < p.FirstAckNS {
			p.FirstAckNS = took
		}
	}
}
