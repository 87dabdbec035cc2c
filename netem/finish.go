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
	o.full = o.full || !half
	o.deadline.stop()
	if o.waiter != nil {
		o.waiter.Close()
	}
	o.movable.Broadcast()
	if o.c.link == nil {
		_ = o.c.raw.Close()
		return
	}
	o.say(k)
	o.settle()
}

// say sends the closing frame, once; a reset may follow a fin.
func (o *outbox) say(k kind) {
	if o.said == kindReset || o.said == k {
		return
	}
	o.said = k
	if k == kindReset {
		o.partition.drop()
	}
	if o.holding() {
		o.partition.hold(letter{kind: k})
		return
	}
	_ = o.send(k, nil, clock.Now())
}

// farewell tells a peer that sends to a closed end, once, as TCP does.
func (o *outbox) farewell() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.link == nil || o.holding() || o.refused {
		return
	}
	o.refused = true
	_ = o.send(kindReset, nil, clock.Now())
}

// settle bounds how long a closed end waits for the peer's end, and tells the
// peer's socket that no byte follows once both have said their last.
func (o *outbox) settle() {
	if !o.full {
		return
	}
	if o.owes() {
		wait := orphaned
		if p := o.partition; p.released > 0 {
			wait += max(0, time.Duration(p.released-clock.Now()))
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

// owes tells of bytes that were accepted and are not out.
func (o *outbox) owes() bool { return len(o.partition.held) > 0 || o.socket.pending() > 0 }

// peerDone follows the peer's last word.
func (o *outbox) peerDone() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.link != nil {
		o.settle()
	}
}

// abandon closes the raw connection for good. Bytes that are still owed are
// lost then, and the peer is told by a reset, not by an orderly end; so is one
// that speaks otherwise.
func (o *outbox) abandon(hard bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if t, ok := o.c.raw.(*net.TCPConn); ok && (hard || o.owes()) {
		_ = t.SetLinger(0)
	}
	_ = o.c.raw.Close()
	o.partition.drop()
	o.partition.memory.close()
}

// hungUp follows the end of the peer's socket: writers that wait for room would
// wait for ever. What a partition hides from them is hidden until it heals.
func (o *outbox) hungUp() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.link != nil && !o.holding() && o.said == 0 {
		o.fail(net.ErrClosed)
	}
}

// idle waits until no goroutine hands on bytes; the raw connection is closed.
func (o *outbox) idle() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.socket.pushing {
		o.movable.Wait()
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
