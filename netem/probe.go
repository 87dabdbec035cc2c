package netem

import (
	"context"
	"sync"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// maxIdleProbes bounds the probes on a connection that carries nothing else:
// where nobody reads, they would pile up.
const maxIdleProbes = 4096

// Probe sends an empty frame over each shaped outgoing link at every interval,
// so that the peer's Arrivals know the realised delay of idle links too. A
// link without an open connection is left out. stop returns when probing has
// ended; calling it again does nothing.
func (e *Endpoint) Probe(interval time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		t := time.NewTicker(interval)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				e.ProbeOnce()
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
	}
}

// ProbeOnce sends one probe over each shaped outgoing link.
func (e *Endpoint) ProbeOnce() {
	e.mu.Lock()
	all := make([]*link, 0, len(e.links))
	for _, l := range e.links {
		all = append(all, l)
	}
	e.mu.Unlock()
	for _, l := range all {
		if c := l.probeConn(); c != nil {
			c.out.probe()
		}
	}
}

// probeConn is the connection that sent last, rather one that was dialled from
// here: at its other end somebody reads.
func (l *link) probeConn() *conn {
	var best *conn
	var sent int64
	for _, c := range l.open() {
		at, ok := c.out.lastSent()
		if !ok {
			continue
		}
		if best == nil || c.dialled && !best.dialled || c.dialled == best.dialled && at > sent {
			best, sent = c, at
		}
	}
	return best
}

// lastSent is when data last went out; a connection that is closed, or not yet
// open, is no use for a probe.
func (o *outbox) lastSent() (int64, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.helloSent || o.writeErr() != nil {
		return 0, false
	}
	return o.stream.sent, true
}

// probesOnly promises that no data is sent.
func (o *outbox) probesOnly() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.stream.onlyProbes = true
}

// probe sends an empty frame, unless the connection is stuck or the link
// holds nothing.
func (o *outbox) probe() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.helloSent || o.writeErr() != nil || o.holding() || o.socket.pending() > 0 || o.c.link.load().IsZero() {
		return
	}
	if o.probes++; o.probes > maxIdleProbes {
		return
	}
	_ = o.send(kindProbe, nil, clock.Now())
}
