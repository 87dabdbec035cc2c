package netem

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// Classifier tells who dialled an accepted connection. It may read from it;
// then it returns a connection that gives back what it read.
type Classifier func(net.Conn) (from string, c net.Conn, err error)

// From is the classifier of a proxy that only one peer dials.
func From(name string) Classifier {
	return func(c net.Conn) (string, net.Conn, error) { return name, c, nil }
}

// Proxy carries plain TCP over emulated links, for servers that do not speak
// frames: one listener stands for one server, and each accepted connection
// crosses the two links between its dialer and that server.
type Proxy struct {
	// To is the server's name, Target its address.
	To, Target string
	// Classify names the dialer of each connection.
	Classify Classifier
	// End returns the endpoint that stands for a name; its outgoing shapes,
	// cuts and resets are what a connection meets.
	End func(name string) *Endpoint
}

// Serve accepts from l until it is closed, then ends what is open and returns
// when all of it is gone.
func (p *Proxy) Serve(l net.Listener) error {
	ctx, cancel := context.WithCancel(context.Background())
	var open sync.WaitGroup
	defer open.Wait()
	defer cancel()
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			return err
		}
		open.Go(func() {
			defer discard(c)
			_ = p.carry(ctx, c)
		})
	}
}

// carry takes one connection over the links and waits for its end.
func (p *Proxy) carry(ctx context.Context, c net.Conn) error {
	begin := Now()
	_ = c.SetReadDeadline(time.Now().Add(handshakeTimeout))
	from, c, err := p.Classify(c)
	if err != nil {
		return err
	}
	_ = c.SetReadDeadline(time.Time{})
	near, far, err := tunnel(ctx, p.End(from), p.End(p.To), begin)
	if err != nil {
		return err
	}
	defer discard(near)
	defer discard(far)
	var d net.Dialer
	server, err := d.DialContext(ctx, "tcp", p.Target)
	if err != nil {
		far.abort(syscall.ECONNRESET)
		splice(ctx, nil, c, near)
		return err
	}
	defer discard(server)
	splice(ctx, [][2]net.Conn{{c, near}, {far, server}, {server, far}}, c, near)
	return nil
}

// tunnel connects two ends of this process with each other.
func tunnel(ctx context.Context, a, b *Endpoint, begin int64) (near, far *conn, err error) {
	left, right := net.Pipe()
	far = newConn(b, right)
	b.remember(far)
	failed := make(chan error, 1)
	go func() { failed <- far.welcome() }()
	c, err := a.open(ctx, left, b.name, begin)
	if err != nil {
		far.abort(err)
		return nil, nil, errors.Join(err, <-failed)
	}
	if err := <-failed; err != nil {
		far.abort(err)
		_ = c.Close()
		return nil, nil, err
	}
	return c.(*conn), far, nil
}

// splice copies from the first of each pair to the second, and back from near
// to c, until all are through or ctx ends.
func splice(ctx context.Context, pairs [][2]net.Conn, c, near net.Conn) {
	var copies sync.WaitGroup
	pairs = append(pairs, [2]net.Conn{near, c})
	stop := context.AfterFunc(ctx, func() {
		for _, p := range pairs {
			_ = p[0].Close()
			_ = p[1].Close()
		}
	})
	defer stop()
	for _, p := range pairs {
		copies.Go(func() { pour(p[0], p[1]) })
	}
	copies.Wait()
}

// pour passes bytes on, then the way in which they ended.
func pour(from, to net.Conn) {
	_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, make([]byte, usualFrame))
	if err == nil {
		if w, ok := to.(interface{ CloseWrite() error }); ok {
			_ = w.CloseWrite()
			return
		}
		_ = to.Close()
		return
	}
	hardClose(from)
	hardClose(to)
}

// hardClose resets a connection.
func hardClose(c net.Conn) {
	switch c := c.(type) {
	case *conn:
		c.abort(syscall.ECONNRESET)
	case *net.TCPConn:
		_ = c.SetLinger(0)
		_ = c.Close()
	default:
		_ = c.Close()
	}
}

// discard closes what has nothing more to tell.
func discard(c io.Closer) { _ = c.Close() }
