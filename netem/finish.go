package netem

import (
	"errors"
	"net"
	"time"
)

// cutLinger bounds how long a closed connection keeps what a partition holds.
const cutLinger = 2 * time.Minute

// close ends writes with err and sends the closing frame behind what was
// written. It does not wait: what a full socket keeps from going out goes
// out in the background.
func (o *outbox) close(k kind, err error, half bool) {
	if !o.mu.TryLock() {
		// A write is blocked on a full socket: let it go first.
		_ = o.c.raw.SetWriteDeadline(time.Unix(1, 0))
		go func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			o.finish(k, err, half)
		}()
		return
	}
	defer o.mu.Unlock()
	o.finish(k, err, half)
}

// finish is close with the lock held; half leaves the other direction open.
func (o *outbox) finish(k kind, err error, half bool) {
	if o.closed == nil || !half {
		o.closed = err
	}
	o.deadline.stop()
	if o.waiter != nil {
		o.waiter.close()
	}
	o.movable.Broadcast()
	if o.c.link == nil {
		_ = o.c.raw.Close()
		return
	}
	said := o.said
	if o.said = k; said == kindReset || said == k {
		o.endReads(half)
		return
	}
	if k == kindReset {
		o.held, o.heldSize = nil, 0
	}
	if o.holding() {
		o.hold(letter{kind: k})
	} else {
		o.sayLast(k)
	}
	o.endReads(half)
}

// endReads bounds how long this end waits for the peer's end.
func (o *outbox) endReads(half bool) {
	if half {
		return
	}
	left := max(0, time.Duration(o.stream.last-Now())) + linger
	if len(o.held) > 0 {
		left = cutLinger
	}
	_ = o.c.raw.SetReadDeadline(time.Now().Add(left))
}

// briefly is what a closing connection waits for room in its socket; the rest
// happens in the background, within linger.
const briefly = 5 * time.Millisecond

// sayLast sends the closing frame.
func (o *outbox) sayLast(k kind) {
	_ = o.c.raw.SetWriteDeadline(time.Now().Add(briefly))
	switch err := o.send(k, nil, Now()); {
	case err == nil:
	case isTimeout(err):
		go func() {
			o.mu.Lock()
			defer o.mu.Unlock()
			_ = o.c.raw.SetWriteDeadline(time.Now().Add(linger))
			if o.flush() != nil {
				_ = o.c.raw.Close()
			}
		}()
	default:
		_ = o.c.raw.Close()
	}
}

// farewell sends one more frame on a closed connection.
func (o *outbox) farewell(k kind) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.c.link == nil || o.holding() || o.refused {
		return
	}
	o.refused = true
	_ = o.c.raw.SetWriteDeadline(time.Now().Add(briefly))
	_ = o.send(k, nil, Now())
}

// shutdown tells the socket's other end that no byte follows.
func (o *outbox) shutdown() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.held) > 0 {
		return
	}
	if w, ok := o.c.raw.(interface{ CloseWrite() error }); ok {
		_ = w.CloseWrite()
		return
	}
	_ = o.c.raw.Close()
}

// interrupt wakes writers because the peer's reset is due.
func (o *outbox) interrupt() {
	_ = o.c.raw.SetWriteDeadline(time.Unix(1, 0))
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waiter != nil {
		o.waiter.setDeadline(time.Unix(1, 0))
	}
	o.movable.Broadcast()
}

func (o *outbox) setDeadline(t time.Time) {
	// A write that is blocked on the socket holds the lock; this ends it.
	_ = o.c.raw.SetWriteDeadline(t)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed != nil {
		return
	}
	_ = o.c.raw.SetWriteDeadline(t) // advance may have put the former one back
	o.deadline.change(t)
	if o.waiter != nil {
		o.waiter.setDeadline(t)
	}
}

func isTimeout(err error) bool {
	var t net.Error
	return errors.As(err, &t) && t.Timeout()
}
