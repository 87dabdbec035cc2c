package netem

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// echoServer answers with what it gets, and ends when its client does.
func echoServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer discard(c)
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return l.Addr().String()
}

// ends makes endpoints by their names, and closes them after all else.
func ends(t *testing.T, names ...string) map[string]*Endpoint {
	t.Helper()
	all := map[string]*Endpoint{}
	for i, name := range names {
		e := NewEndpoint(name, int64(i))
		all[name] = e
		t.Cleanup(func() { _ = e.Close() })
	}
	return all
}

// serve runs a proxy between ends until the test's end or until stop, which
// waits for it.
func serve(t *testing.T, p *Proxy, ends map[string]*Endpoint) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.End = func(name string) *Endpoint { return ends[name] }
	served := make(chan error, 1)
	go func() { served <- p.Serve(l) }()
	stop = sync.OnceFunc(func() {
		_ = l.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return l.Addr().String(), stop
}

func proxied(t *testing.T, there, back Shape) (a, b *Endpoint, addr string) {
	t.Helper()
	e := ends(t, "a", "b")
	a, b = e["a"], e["b"]
	if err := a.Shape("b", there); err != nil {
		t.Fatal(err)
	}
	if err := b.Shape("a", back); err != nil {
		t.Fatal(err)
	}
	addr, _ = serve(t, &Proxy{To: "b", Target: echoServer(t), Classify: From("a")}, e)
	return a, b, addr
}

func TestAProxyCarriesPlainTCPOverTheLinks(t *testing.T) {
	there, back := 8*time.Millisecond, 4*time.Millisecond
	a, b, addr := proxied(t, Shape{Delay: there}, Shape{Delay: back})
	c := rawDial(t, addr)
	begin := clock.Now()
	send(t, c, "hello")
	receive(t, c, "hello")
	atLeast(t, "echo", begin, there+back)
	big := bytes.Repeat([]byte("raft"), 300_000)
	go func() {
		_, _ = c.Write(big)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, big) {
		t.Errorf("got %d bytes (%v), want %d", len(got), err, len(big))
	}
	if in := b.Arrivals(); len(in) != 1 || in[0].Bytes != int64(len(big)+5) {
		t.Errorf("b saw %+v", in)
	}
	if in := a.Arrivals(); len(in) != 1 || in[0].Bytes != int64(len(big)+5) {
		t.Errorf("a saw %+v", in)
	}
}

func TestAProxyIsCutAndReset(t *testing.T) {
	a, _, addr := proxied(t, Shape{}, Shape{})
	c := rawDial(t, addr)
	send(t, c, "one")
	receive(t, c, "one")
	a.Cut("b")
	send(t, c, "two")
	nothingArrives(t, c, 30*time.Millisecond)
	a.Heal("b", true)
	receive(t, c, "two")
	a.Reset("b")
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || isTimeout(err) {
		t.Errorf("got %v, want the end of the connection", err)
	}
}

// nowhere is an address where nobody listens.
func nowhere(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}

// TestWhatDoesNotReachTheServerIsResetAndSaid: as after a refused connection,
// the dialer sees a reset, and the owner of the proxy learns why.
func TestWhatDoesNotReachTheServerIsResetAndSaid(t *testing.T) {
	mute := errors.New("no idea")
	for name, test := range map[string]struct {
		proxy Proxy
		want  string
	}{
		"nobody listens":   {Proxy{To: "b", Target: nowhere(t), Classify: From("a")}, "connection refused"},
		"unknown address":  {Proxy{To: "b", Classify: FromAddress(nil)}, "got a connection from 127.0.0.1, wanted one from none"},
		"its classifier":   {Proxy{To: "b", Classify: func(net.Conn) (string, net.Conn, error) { return "", nil, mute }}, mute.Error()},
		"no such dialer":   {Proxy{To: "b", Classify: From("z")}, `no endpoint stands for its dialer "z"`},
		"no such server":   {Proxy{To: "z", Classify: From("a")}, `no endpoint stands for the server "z"`},
		"no hook is no-op": {Proxy{To: "z", Classify: From("a")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			said := make(chan error, 1)
			if test.want != "" {
				test.proxy.Failed = func(err error) { said <- err }
			}
			addr, _ := serve(t, &test.proxy, ends(t, "a", "b"))
			isReset(t, addr)
			if test.want == "" {
				return
			}
			prefix := "netem: proxy to " + test.proxy.To + ": connection from 127.0.0.1:"
			if err := <-said; !strings.HasPrefix(err.Error(), prefix) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s… %s", err, prefix, test.want)
			}
		})
	}
}

// isReset dials and wants a reset, which may be quicker than the dial's return.
func isReset(t *testing.T, addr string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err == nil {
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		_, err = c.Read(make([]byte, 1))
		_ = c.Close()
	}
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want %v", err, syscall.ECONNRESET)
	}
}

func TestAProxyNeedsItsFunctions(t *testing.T) {
	if err := (&Proxy{To: "n2"}).Serve(nil); err == nil || !strings.Contains(err.Error(), "the proxy to n2 has no Classify or no End") {
		t.Errorf("got %v", err)
	}
}

// request is the head that tells a dialer's name.
func request(name string) string { return "GET / HTTP/1.1\r\nX-Name: " + name + "\r\n\r\n" }

// byName knows n1 and n2 by request.
var byName = FromHeader("X-Name", map[string]string{"n1": "n1", "n2": "n2"})

// TestEachDialerCrossesItsOwnLink: two dialers of one proxy, told apart by what
// they send. One link is slower, is counted apart, and is cut alone.
func TestEachDialerCrossesItsOwnLink(t *testing.T) {
	e := ends(t, "n1", "n2", "n3")
	there, back := 9*time.Millisecond, 6*time.Millisecond
	if err := errors.Join(e["n1"].Shape("n3", Shape{Delay: there}), e["n3"].Shape("n1", Shape{Delay: back})); err != nil {
		t.Fatal(err)
	}
	addr, _ := serve(t, &Proxy{To: "n3", Target: echoServer(t), Classify: byName}, e)
	rawDial(t, addr) // says nothing, and holds nobody up
	begin := clock.Now()
	far, near := rawDial(t, addr), rawDial(t, addr)
	send(t, far, request("n1"))
	receive(t, far, request("n1"))
	atLeast(t, "the first echo", begin, 2*there+back)
	send(t, near, request("n2"))
	receive(t, near, request("n2"))
	send(t, near, "more")
	receive(t, near, "more")
	e["n1"].Cut("n3")
	send(t, far, "held")
	send(t, near, "open")
	receive(t, near, "open")
	nothingArrives(t, far, 30*time.Millisecond)
	one, two := int64(len(request("n1"))), int64(len(request("n2")+"more"+"open"))
	for _, in := range e["n3"].Arrivals() {
		if want := map[string]int64{"n1": one, "n2": two}[in.From]; in.Bytes != want {
			t.Errorf("n3 got %d bytes from %s, want %d", in.Bytes, in.From, want)
		}
	}
	e["n1"].Heal("n3", true)
	receive(t, far, "held")
}

// TestDialersAreToldApartByAddress needs no word of theirs.
func TestDialersAreToldApartByAddress(t *testing.T) {
	e := ends(t, "n1", "n2", "n3")
	addr, _ := serve(t, &Proxy{To: "n3", Target: echoServer(t), Classify: FromAddress(map[netip.Addr]string{
		netip.MustParseAddr("127.0.0.11"): "n1",
		netip.MustParseAddr("127.0.0.12"): "n2",
	})}, e)
	for name, ip := range map[string]string{"n1": "127.0.0.11", "n2": "127.0.0.12"} {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(ip)}}
		c, err := d.Dial("tcp", addr)
		if errors.Is(err, syscall.EADDRNOTAVAIL) {
			t.Skipf("this host has no address %s", ip)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer discard(c)
		send(t, c, name)
		receive(t, c, name)
	}
	if in := e["n3"].Arrivals(); len(in) != 2 || in[0].From != "n1" || in[1].From != "n2" || in[0].Bytes != 2 || in[1].Bytes != 2 {
		t.Errorf("n3 saw %+v", in)
	}
}

func TestADialThatAPartitionHoldsIsMadeUp(t *testing.T) {
	e := ends(t, "a", "b")
	addr, _ := serve(t, &Proxy{To: "b", Target: echoServer(t), Classify: From("a")}, e)
	for _, direction := range [][2]string{{"a", "b"}, {"b", "a"}} {
		e[direction[0]].Cut(direction[1])
		c := rawDial(t, addr)
		send(t, c, "hello")
		nothingArrives(t, c, 30*time.Millisecond)
		e[direction[0]].Heal(direction[1], true)
		receive(t, c, "hello")
	}
}

func TestAHeldDialDoesNotOutliveItsProxy(t *testing.T) {
	e := ends(t, "a", "b")
	told := func(err error) { t.Errorf("nothing failed but the proxy ended: %v", err) }
	addr, stop := serve(t, &Proxy{To: "b", Target: echoServer(t), Classify: From("a"), Failed: told}, e)
	e["a"].Cut("b")
	rawDial(t, addr)
	for e["a"].conned() == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
}

// TestAGivenUpTunnelLeavesNothing, whatever a partition would have it keep.
func TestAGivenUpTunnelLeavesNothing(t *testing.T) {
	for _, cut := range [][2]string{{"a", "b"}, {"b", "a"}} {
		inFakeTime(t, func(t *testing.T) {
			e := ends(t, "a", "b")
			shaped := Shape{SlowClose: time.Nanosecond} // it delays nothing else
			if err := errors.Join(e["a"].Shape("b", shaped), e["b"].Shape("a", shaped)); err != nil {
				t.Fatal(err)
			}
			e[cut[0]].Cut(cut[1])
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			begin := time.Now()
			if _, _, err := tunnel(ctx, e["a"], e["b"], clock.Now()); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want %v", err, context.DeadlineExceeded)
			}
			synctest.Wait()
			if took, left := time.Since(begin), e["a"].conned()+e["b"].conned(); took != time.Second || left != 0 {
				t.Errorf("after %v %d connections are left, want none after 1s", took, left)
			}
		})
	}
}

// conned counts the connections that an end remembers.
func (e *Endpoint) conned() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.conns)
}

// TestAKeptConnectionCarriesEachRequest: the first one tells who dials, and the
// bytes of all get through as they were sent, bodies in the same segment too.
func TestAKeptConnectionCarriesEachRequest(t *testing.T) {
	var mu sync.Mutex
	conns := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		conns[r.RemoteAddr] = true
		mu.Unlock()
		h := sha256.New()
		_, _ = io.Copy(h, r.Body)
		_, _ = w.Write(h.Sum(nil))
	}))
	defer server.Close()
	e := ends(t, "n1", "n2", "n3")
	addr, _ := serve(t, &Proxy{To: "n3", Target: server.Listener.Addr().String(), Classify: byName}, e)
	transport := &http.Transport{MaxConnsPerHost: 1}
	defer transport.CloseIdleConnections()
	for i, size := range []int{0, 10, 1 << 20, 3000} {
		body := bytes.Repeat([]byte{byte(i), '\r', '\n', 0xff}, size)
		r, err := http.NewRequest(http.MethodPost, "http://"+addr, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Name", "n1")
		answer, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if want := sha256.Sum256(body); err != nil || !bytes.Equal(got, want[:]) {
			t.Errorf("request %d: the hash is %x (%v), want %x", i, got, err, want)
		}
	}
	if len(conns) != 1 {
		t.Errorf("the server saw %d connections, want 1", len(conns))
	}
}

// oneServer accepts one connection.
func oneServer(t *testing.T, handle func(*net.TCPConn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		done.Wait()
	})
	done.Go(func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer discard(c)
		handle(c.(*net.TCPConn))
	})
	return l.Addr().String()
}

// TestEndsByHalvesCrossTheProxy also where the classifier's connection has no
// CloseWrite of its own.
func TestEndsByHalvesCrossTheProxy(t *testing.T) {
	words := make(chan string, 1)
	target := oneServer(t, func(c *net.TCPConn) {
		_, _ = io.WriteString(c, "bye")
		_ = c.CloseWrite()
		all, err := io.ReadAll(c)
		words <- fmt.Sprint(string(all), err)
	})
	addr, _ := serve(t, &Proxy{To: "n3", Target: target, Classify: byName}, ends(t, "n1", "n3"))
	c := rawDial(t, addr)
	send(t, c, request("n1"))
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got, err := io.ReadAll(c); err != nil || string(got) != "bye" {
		t.Fatalf("got %q (%v), want bye and the end", got, err)
	}
	send(t, c, "I am still here")
	_ = c.(*net.TCPConn).CloseWrite()
	if got, want := <-words, fmt.Sprint(request("n1")+"I am still here", nil); got != want {
		t.Errorf("the server read %q, want %q", got, want)
	}
}

// lastWord tells when it is closed.
type lastWord struct {
	net.Conn
	closed chan struct{}
}

func (c *lastWord) Close() error {
	err := c.Conn.Close()
	close(c.closed)
	return err
}

// TestALastWordOutlastsTheProxysPart: the proxy has closed before the dialer
// reads, with more on the way than the dialer's window takes unread.
func TestALastWordOutlastsTheProxysPart(t *testing.T) {
	const size = 200_000
	target := oneServer(t, func(c *net.TCPConn) {
		_, _ = io.Copy(io.Discard, c)
		_, _ = c.Write(make([]byte, size))
	})
	closed := make(chan struct{})
	classify := func(c net.Conn) (string, net.Conn, error) {
		_ = c.(*net.TCPConn).SetWriteBuffer(1 << 20)
		return "n1", &lastWord{c, closed}, nil
	}
	addr, _ := serve(t, &Proxy{To: "n3", Target: target, Classify: classify}, ends(t, "n1", "n3"))
	c := rawDial(t, addr)
	_ = c.(*net.TCPConn).CloseWrite()
	select {
	case <-closed:
	case <-time.After(5 * time.Second): // this kernel takes less; it is right anyway
	}
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got, err := io.Copy(io.Discard, c); err != nil || got != size {
		t.Errorf("got %d bytes (%v), want %d", got, err, size)
	}
}

// TestResetsCrossTheProxy in both directions, and are no orderly ends.
func TestResetsCrossTheProxy(t *testing.T) {
	reset := func(c net.Conn) {
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	}
	t.Run("by the dialer", func(t *testing.T) {
		ended := make(chan error, 1)
		target := oneServer(t, func(c *net.TCPConn) {
			_, err := io.Copy(c, c)
			ended <- err
		})
		addr, _ := serve(t, &Proxy{To: "n3", Target: target, Classify: byName}, ends(t, "n1", "n3"))
		c := rawDial(t, addr)
		send(t, c, request("n1"))
		receive(t, c, request("n1"))
		reset(c)
		if err := <-ended; !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the server got %v, want %v", err, syscall.ECONNRESET)
		}
	})
	t.Run("by the server", func(t *testing.T) {
		target := oneServer(t, func(c *net.TCPConn) {
			_, _ = io.ReadFull(c, make([]byte, len(request("n1"))))
			reset(c)
		})
		addr, _ := serve(t, &Proxy{To: "n3", Target: target, Classify: byName}, ends(t, "n1", "n3"))
		c := rawDial(t, addr)
		send(t, c, request("n1"))
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the dialer got %v, want %v", err, syscall.ECONNRESET)
		}
	})
}

// TestAProxyThatEndsResetsWhatIsOpen: an orderly end would say that all the
// bytes have come.
func TestAProxyThatEndsResetsWhatIsOpen(t *testing.T) {
	addr, stop := serve(t, &Proxy{To: "n3", Target: echoServer(t), Classify: byName}, ends(t, "n1", "n3"))
	c := rawDial(t, addr)
	send(t, c, request("n1"))
	receive(t, c, request("n1"))
	stop()
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want %v", err, syscall.ECONNRESET)
	}
}

// scripted is a listener that answers what it is told, then waits to be closed.
type scripted struct {
	net.Listener
	answers []any // net.Conn or error
	closed  chan struct{}
}

func (l *scripted) Accept() (net.Conn, error) {
	if len(l.answers) == 0 {
		<-l.closed
		return nil, &net.OpError{Op: "accept", Err: net.ErrClosed}
	}
	next := l.answers[0]
	l.answers = l.answers[1:]
	if err, failed := next.(error); failed {
		return nil, err
	}
	return next.(net.Conn), nil
}

func noEnd(string) *Endpoint { return nil }

func TestTooManyOpenFilesPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
		here, there := net.Pipe()
		defer discard(there)
		l := &scripted{closed: make(chan struct{})}
		for range 9 {
			l.answers = append(l.answers, full)
		}
		broken := errors.New("the listener broke")
		l.answers = append(l.answers, here, full, broken)
		said := make(chan error, 20)
		p := &Proxy{To: "b", Classify: From("a"), End: noEnd, Failed: func(err error) { said <- err }}
		begin := time.Now()
		if err := p.Serve(l); !errors.Is(err, broken) {
			t.Errorf("got %v, want %v", err, broken)
		}
		// 5, 10, … 640 ms, a second as the most, and 5 ms anew after success.
		if took, want := time.Since(begin), 1275*time.Millisecond+time.Second+5*time.Millisecond; took != want {
			t.Errorf("took %v, want %v", took, want)
		}
		if want := "netem: proxy to b: accept tcp: accept4: too many open files; the next try is in 5ms"; (<-said).Error() != want {
			t.Errorf("wanted %q first", want)
		}
	})
}

// TestAnExpiredListenerEndsServe: a deadline that has passed does not pass.
func TestAnExpiredListenerEndsServe(t *testing.T) {
	l := &scripted{answers: []any{os.ErrDeadlineExceeded}}
	p := &Proxy{To: "b", Classify: From("a"), End: noEnd}
	if err := p.Serve(l); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

// TestASilentDialerIsGivenUp after ten seconds, also when it sends byte after
// byte; and it does not keep a proxy from ending.
func TestASilentDialerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer discard(there)
		var dripping sync.WaitGroup
		defer dripping.Wait()
		dripping.Go(func() {
			for err := error(nil); err == nil; time.Sleep(time.Second) {
				_, err = io.WriteString(there, "x")
			}
		})
		late, other := net.Pipe()
		defer discard(other)
		l := &scripted{answers: []any{here, late}, closed: make(chan struct{})}
		said := make(chan error, 2)
		p := &Proxy{To: "b", Classify: byName, End: noEnd, Failed: func(err error) { said <- err }}
		begin := time.Now()
		served := make(chan error)
		go func() { served <- p.Serve(l) }()
		if _, err := other.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want %v", err, io.EOF)
		}
		if took := time.Since(begin); took != handshakeTimeout {
			t.Errorf("took %v, want %v", took, handshakeTimeout)
		}
		for range 2 {
			if err := <-said; !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
			}
		}
		close(l.closed)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func TestASilentDialerDoesNotHoldTheEndUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := net.Pipe()
		defer discard(there)
		l := &scripted{answers: []any{here}, closed: make(chan struct{})}
		p := &Proxy{To: "b", Classify: byName, End: noEnd, Failed: func(err error) { t.Error(err) }}
		begin := time.Now()
		time.AfterFunc(time.Second, func() { close(l.closed) })
		if err := p.Serve(l); err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took != time.Second {
			t.Errorf("took %v, want %v", took, time.Second)
		}
	})
}
