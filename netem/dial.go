package netem

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// Dial opens a stream over the link to the peer called to, at address. It
// costs exactly the link's round trip: the preamble crosses it one way, the
// answer the other. While a direction is cut it hangs until ctx ends, also
// where nobody listens. A refusal takes two of the link's delays; of the way
// back nothing is known then.
func (e *Endpoint) Dial(ctx context.Context, to, address string) (net.Conn, error) {
	raw, begin, err := e.connect(ctx, e.link(to), address)
	if err != nil {
		return nil, err
	}
	return e.open(ctx, raw, to, begin)
}

// connect connects to address, and tells when the attempt that did was begun.
// That nobody listens cannot be learnt over a cut link: the SYN is sent again
// after a second, then two, then four.
func (e *Endpoint) connect(ctx context.Context, l *link, address string) (net.Conn, int64, error) {
	var d net.Dialer
	for again := synRTO; ; again = min(2*again, synRTO<<synRetries) {
		begin := clock.Now()
		raw, err := d.DialContext(ctx, "tcp", address)
		if err == nil {
			return raw, begin, nil
		}
		wait := again
		cut := l.isCut()
		if !cut {
			wait = 2 * l.load().Delay
		}
		select {
		case <-ctx.Done():
			return nil, 0, &net.OpError{Op: "dial", Net: "netem", Err: context.Cause(ctx)}
		case <-time.After(wait):
		}
		if !cut {
			return nil, 0, err
		}
	}
}

// open introduces this end over raw, as if the dial had begun at begin.
func (e *Endpoint) open(ctx context.Context, raw net.Conn, to string, begin int64) (net.Conn, error) {
	c := newConn(e, raw)
	c.dialled = true
	e.addConn(c)
	c.join(to)
	stop := context.AfterFunc(ctx, func() { c.abort(context.Cause(ctx)) })
	answer, err := c.dialHandshake(hello{From: e.name, To: to}, begin)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err == nil && answer.Refusal != "" {
		err = fmt.Errorf("netem: %s refused the connection: %s", answer.From, answer.Refusal)
	}
	if err != nil {
		c.abort(net.ErrClosed)
		_ = raw.Close() // nobody is to linger over a connection that never was
		return nil, &net.OpError{Op: "dial", Net: "netem", Addr: raw.RemoteAddr(), Err: err}
	}
	return c, nil
}

// dialHandshake sends the preamble and waits until the answer is due.
func (c *conn) dialHandshake(h hello, begin int64) (hello, error) {
	unsent := c.out.sendHello(h, begin)
	// A peer that cannot be sent to has ended the socket, and what came from it
	// before tells more of it.
	payload, _, err := c.in.hello()
	if err = cmp.Or(err, unsent); err != nil {
		return hello{}, err
	}
	return parseHello(payload)
}

// sendHello sends a hello stamped with now, or holds it while the link is cut.
// A dialer then announces itself: the listener is to wait for as long as the
// dialer does.
func (o *outbox) sendHello(h hello, now int64) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.helloSent = true
	if !o.holding() {
		return o.send(kindHello, h.payload(), now)
	}
	o.partition.hold(heldFrame{kindHello, h.payload()})
	if !o.c.dialled {
		return nil
	}
	return o.announceDial(now)
}

// announceDial tells the listener, again and again, that a partition holds the
// hello, until it goes out or its dialer gives up.
func (o *outbox) announceDial(now int64) error {
	time.AfterFunc(dialingEvery, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if held := o.partition.held; o.closed == nil && len(held) > 0 && held[0].kind == kindHello {
			_ = o.announceDial(clock.Now())
		}
	})
	return o.send(kindDialing, nil, now)
}
