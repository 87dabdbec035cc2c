package netem

import (
	"errors"
	"net"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// How long what is left of a closed connection is kept.
const (
	// linger is for the other end to close too, beyond the link's delay.
	linger = 5 * time.Second
	// orphaned is for bytes that a partition, or a peer that does not read,
	// keeps from going out: Linux gives up on an orphan after some 100 s
	// without progress (tcp_orphan_retries).
	orphaned = 2 * time.Minute
)

// close ends writes with err and sends the closing frame behind what was
// written; half leaves the other direction open. It does not wait.
func (o *outbox) close(k kind, err error, half bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed == nil || !half {
		o.closed = err
	}
	o.bothClosed = o.bothClosed || !half
	o.deadline.stop()
	if o.waiter != nil {
		o.waiter.Close()
	}
	o.writable.Broadcast()
	if o.c.link == nil {
		_ = o.c.raw.Close()
		return
	}
	o.sendClosing(k)
	o.continueClose()
}

// sendClosing sends the closing frame, once; a reset may follow a fin.
func (o *outbox) sendClosing(k kind) {
	if o.closing == kindReset || o.closing == k {
		return
	}
	o.closing = k
	if k == kindReset {
		o.partition.drop()
	}
	if o.holding() {
		o.partition.hold(heldFrame{kind: k})
		return
	}
	_ = o.send(k, nil, clock.Now())
}

// rejectData answers a peer that sends to a closed end with a reset, once, as
// TCP does.
func (o *outbox) rejectData() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.link == nil || o.holding() || o.resetSent {
		return
	}
	o.resetSent = true
	_ = o.send(kindReset, nil, clock.Now())
}

// continueClose takes a closed end on towards closed-sending and gone: it bounds
// how long the end waits for the peer to close too, and shuts the socket down for
// writing once both have sent their closing frame.
func (o *outbox) continueClose() {
	if !o.bothClosed {
		return
	}
	if o.hasUnsent() {
		wait := orphaned
		if p := o.partition; p.resumeAt > 0 {
			wait += max(0, time.Duration(p.resumeAt-clock.Now()))
		}
		_ = o.c.raw.SetReadDeadline(time.Now().Add(wait))
		return
	}
	wait := max(0, time.Duration(o.stream.last-clock.Now())) + linger
	_ = o.c.raw.SetReadDeadline(time.Now().Add(wait))
	if !o.c.peerDone.Load() {
		return
	}
	if w, ok := o.c.raw.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
		return
	}
	_ = o.c.raw.Close()
}

// hasUnsent says that bytes which were accepted have not gone to the kernel.
func (o *outbox) hasUnsent() bool { return len(o.partition.held) > 0 || o.socket.pending() > 0 }

// peerEnded acts on the peer's closing frame.
func (o *outbox) peerEnded() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.link != nil {
		o.continueClose()
	}
}

// closeRaw closes the raw connection for good. What was not sent is lost
// then, and the peer gets a reset, not an orderly end; so does, with hard, one
// that does not speak frames.
func (o *outbox) closeRaw(hard bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t, ok := o.c.raw.(*net.TCPConn); ok && (hard || o.hasUnsent()) {
		_ = t.SetLinger(0)
	}
	_ = o.c.raw.Close()
	o.partition.drop()
	o.partition.memory.close()
}

// hungUp acts on the end of the peer's socket: writers that wait for room would
// wait for ever. What a partition hides from them is hidden until it heals.
func (o *outbox) hungUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.link != nil && !o.holding() && o.closing == 0 {
		o.fail(net.ErrClosed)
	}
}

// idle waits until no goroutine hands on bytes; the raw connection is closed.
func (o *outbox) idle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.socket.pushing {
		o.writable.Wait()
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
