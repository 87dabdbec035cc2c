package netem

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"
)

func rawDial(t *testing.T, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestASilentPeerBlocksNobody: it has sent nothing when another dials.
func TestASilentPeerBlocksNobody(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	rawDial(t, p.addr)
	from, to := p.connect(t)
	send(t, from, "hello")
	receive(t, to, "hello")
}

// pipes is a listener in fake time.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, open := <-p; open {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// TestASilentDialerIsCutOff in fake time, when its time is up and not before,
// also when it falls silent in its preamble.
func TestASilentDialerIsCutOff(t *testing.T) {
	preamble := hello{From: "a", To: "b"}.payload()
	preamble = append(header{kind: kindHello, length: len(preamble)}.append(nil), preamble...)
	for name, words := range map[string][]byte{
		"at once":           nil,
		"in the header":     preamble[:headerSize-1],
		"behind the header": preamble[:headerSize],
		"in the last name":  preamble[:len(preamble)-1],
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T) {
				b, dials := NewEndpoint("b", 1), make(pipes)
				l := b.Listen(dials)
				dialer, accepted := net.Pipe()
				dials <- accepted
				begin := time.Now()
				if _, err := dialer.Write(words); err != nil {
					t.Fatal(err)
				}
				_ = dialer.SetReadDeadline(begin.Add(time.Hour))
				_, err := dialer.Read(make([]byte, 1))
				if took := time.Since(begin); !errors.Is(err, io.EOF) || took != handshakeTimeout {
					t.Errorf("the dialer was left for %v (%v), want that it is hung up on after %v", took, err, handshakeTimeout)
				}
				discard(dialer)
				discard(l)
				discard(b)
			})
		})
	}
}

func TestAPeerThatSpeaksOtherwiseIsCutOff(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	for _, words := range []string{
		"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
		string(header{kind: kindHello, length: maxFrame}.append(nil)),
		string(header{kind: kindHello, length: 4}.append(nil)) + "oops",
		string(header{kind: kindData, length: 4}.append(nil)) + "oops",
	} {
		c := rawDial(t, p.addr)
		if _, err := io.WriteString(c, words); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(9 * time.Second))
		if _, err := io.ReadAll(c); isTimeout(err) {
			t.Errorf("%.20q was not cut off", words)
		}
	}
	from, to := p.connect(t)
	send(t, from, "still alive")
	receive(t, to, "still alive")
}

// TestADialForAnotherIsRefused: a port that changed hands.
func TestADialForAnotherIsRefused(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	_, err := p.a.Dial(t.Context(), "c", p.addr)
	if err == nil || !strings.Contains(err.Error(), "this is b, the dial was for c") {
		t.Errorf("got %v", err)
	}
}

func TestDiallingWhatIsNoEndpoint(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer discard(l)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer discard(c)
		_, _ = io.WriteString(c, strings.Repeat("220 mail.example.com ESMTP\r\n", 3))
		_, _ = c.Read(make([]byte, 1000))
	}()
	e := NewEndpoint("a", 1)
	defer discard(e)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := e.Dial(ctx, "b", l.Addr().String()); !errors.Is(err, errNotFrame) {
		t.Errorf("got %v, want %v", err, errNotFrame)
	}
}

func TestAConnectionCutInsideAFrame(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	raw := from.(*conn).raw
	if _, err := raw.Write(append(header{kind: kindData, length: 100}.append(nil), "only this"...)); err != nil {
		t.Fatal(err)
	}
	_ = raw.Close()
	receive(t, to, "only this")
	if _, err := to.Read(make([]byte, 1)); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want %v", err, io.ErrUnexpectedEOF)
	}
}

// TestAnOverlongFrameEndsItsConnectionOnly, with an error behind what was said
// before; another connection of the same two ends lives.
func TestAnOverlongFrameEndsItsConnectionOnly(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	other, there := p.connect(t)
	send(t, from, "the last sense")
	if _, err := from.(*conn).raw.Write(header{kind: kindData, length: maxFrame + 1}.append(nil)); err != nil {
		t.Fatal(err)
	}
	receive(t, to, "the last sense")
	_ = to.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := to.Read(make([]byte, 1)); n != 0 || !errors.Is(err, errNotFrame) {
		t.Errorf("got %d bytes and %v, want %v", n, err, errNotFrame)
	}
	eventually(t, "writers learn of it too", func() bool {
		_, err := to.Write([]byte("x"))
		return err != nil
	})
	send(t, other, "still alive")
	receive(t, there, "still alive")
	send(t, there, "both ways")
	receive(t, other, "both ways")
}

func TestAHeaderAnnouncesNoMoreThanTheLimit(t *testing.T) {
	for k := kindData; k <= kindDialing; k++ {
		for _, length := range []int{maxFrame + 1, math.MaxUint32} {
			if _, err := parseHeader(header{kind: k, length: length}.append(nil), 0); !errors.Is(err, errNotFrame) {
				t.Errorf("%v of %d bytes: got %v, want %v", k, length, err, errNotFrame)
			}
		}
	}
}

// TestALyingLengthAllocatesNothing: the claim is within the limit, the bytes
// never come.
func TestALyingLengthAllocatesNothing(t *testing.T) {
	lie := append(header{kind: kindData, length: maxFrame}.append(nil), 'x')
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const lies = 1000
	for range lies {
		var in inbox
		in.init(nil, NewEndpoint("b", 1))
		n := copy(in.bytes.room(), lie)
		if _, err := in.put(lie[:n]); err != nil {
			t.Fatal(err)
		}
		in.close(net.ErrClosed)
		in.free()
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / lies; each > 4*smallChunk {
		t.Errorf("a lie of %d bytes allocated %d", maxFrame, each)
	}
}

func TestEveryFrameReadsAsItWasWritten(t *testing.T) {
	for k := kindData; k <= kindDialing; k++ {
		want := header{due: 1 << 40, sent: 1<<40 - 7, asked: 34_800_000, kind: k, amendable: k%2 == 0}
		if k == kindData {
			want.length = maxFrame
		}
		got, err := parseHeader(want.append(nil), 1<<40)
		if err != nil || got != want {
			t.Errorf("%v: got %+v (%v), want %+v", k, got, err, want)
		}
	}
}

func FuzzHello(f *testing.F) {
	f.Add(hello{From: "n1", To: "n2", Refusal: "no"}.payload())
	f.Add([]byte(helloMagic))
	f.Add([]byte(helloMagic + "\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHello(b)
		if err == nil && len(b) <= maxHello/2 && !bytes.Equal(h.payload(), b) {
			t.Errorf("%q reads as %+v, which is written %q", b, h, h.payload())
		}
	})
}

// FuzzFrames feeds the pump's parser whatever a peer may send, cut anywhere:
// it neither panics nor holds more than it was given.
func FuzzFrames(f *testing.F) {
	greeting := hello{From: "a", To: "b"}.payload()
	stream := header{kind: kindHello, length: len(greeting)}.append(nil)
	stream = append(stream, greeting...)
	stream = append(header{kind: kindData, length: 5}.append(stream), "hello"...)
	f.Add(stream, 7)
	f.Add(header{kind: kindFin}.append(stream), 1)
	f.Add(header{kind: kindData, length: maxFrame + 1}.append(nil), 24)
	f.Add(header{kind: kindAmend, due: 9}.append(stream), 3)
	f.Fuzz(func(t *testing.T, b []byte, step int) {
		var in inbox
		in.init(nil, NewEndpoint("b", 1))
		given := len(b)
		step = max(1, step)
		for len(b) > 0 {
			n := copy(in.bytes.room(), b[:min(step, len(b))])
			_, err := in.put(b[:n])
			if b = b[n:]; err != nil {
				break
			}
		}
		if in.bytes.size > given || len(in.frames) > given/headerSize {
			t.Fatalf("%d bytes became %d bytes in %d frames", given, in.bytes.size, len(in.frames))
		}
		in.finish(io.EOF)
		soon := func() {
			in.mu.Lock()
			for i := range in.frames {
				in.frames[i].due = 0
			}
			in.mu.Unlock()
		}
		soon()
		if _, _, err := in.hello(); err != nil {
			return
		}
		for {
			if _, err := in.read(make([]byte, 100), func(released) {}); err != nil {
				return
			}
		}
	})
}
