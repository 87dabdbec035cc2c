package netem

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// listening is an end that accepts over pipes in fake time.
func listening(t *testing.T) (b *Endpoint, dials pipes, l net.Listener) {
	t.Helper()
	b, dials = NewEndpoint("b", 1), make(pipes)
	l = b.Listen(dials)
	t.Cleanup(func() {
		discard(l)
		discard(b)
	})
	return b, dials, l
}

// greeted is a dialer that has said hello and heard the answer, and what its
// connection was accepted as.
func greeted(t *testing.T, dials pipes, l net.Listener) (dialer, accepted net.Conn) {
	t.Helper()
	dialer, raw := net.Pipe()
	dials <- raw
	names := hello{From: "a", To: "b"}.payload()
	if _, err := dialer.Write(append(header{kind: kindHello, length: len(names)}.append(nil), names...)); err != nil {
		t.Fatal(err)
	}
	answer := hello{From: "b", To: "a"}.payload()
	if _, err := io.ReadFull(dialer, make([]byte, headerSize+len(answer))); err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return dialer, accepted
}

// TestAConnectionThatNobodyUsesIsClosed in fake time, when its time is up and
// not before: its dialer said hello and nothing more.
func TestAConnectionThatNobodyUsesIsClosed(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		b, dials, l := listening(t)
		dialer, accepted := greeted(t, dials, l)
		begin := time.Now()
		_, err := accepted.Read(make([]byte, 1))
		if took := time.Since(begin); !errors.Is(err, syscall.ETIMEDOUT) || took != unusedFor {
			t.Errorf("the connection ended after %v (%v), want %v after %v", took, err, syscall.ETIMEDOUT, unusedFor)
		}
		if _, err := io.Copy(io.Discard, dialer); err != nil {
			t.Errorf("the dialer got %v, want that it is hung up on", err)
		}
		if took := time.Since(begin); took > unusedFor+linger {
			t.Errorf("the dialer was hung up on after %v, want %v at most", took, unusedFor+linger)
		}
		synctest.Wait() // for what is cleared away after the connection has ended
		b.mu.Lock()
		defer b.mu.Unlock()
		if len(b.conns) != 0 {
			t.Errorf("the endpoint keeps %d connections, want none", len(b.conns))
		}
	})
}

// TestAConnectionOnceUsedStaysOpen in fake time, whoever used it.
func TestAConnectionOnceUsedStaysOpen(t *testing.T) {
	for name, use := range map[string]func(dialer, accepted net.Conn) error{
		"the dialer sends": func(dialer, accepted net.Conn) error {
			go func() { _, _ = dialer.Write(append(header{kind: kindData, length: 1}.append(nil), 'x')) }()
			_, err := accepted.Read(make([]byte, 1))
			return err
		},
		"the dialer probes": func(dialer, _ net.Conn) error {
			_, err := dialer.Write(header{kind: kindProbe}.append(nil))
			return err
		},
		"the server speaks first": func(dialer, accepted net.Conn) error {
			go func() { _, _ = io.Copy(io.Discard, dialer) }()
			_, err := accepted.Write([]byte("220 ready"))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T) {
				_, dials, l := listening(t)
				dialer, accepted := greeted(t, dials, l)
				defer discard(dialer)
				if err := use(dialer, accepted); err != nil {
					t.Fatal(err)
				}
				_ = accepted.SetReadDeadline(time.Now().Add(10 * unusedFor))
				if _, err := accepted.Read(make([]byte, 1)); !isTimeout(err) || errors.Is(err, syscall.ETIMEDOUT) {
					t.Errorf("got %v, want that it stays open", err)
				}
			})
		})
	}
}

// TestADialerThatNeverSaysHelloIsCutOff in fake time: each dialing frame gives it
// more time, the last one no more than that.
func TestADialerThatNeverSaysHelloIsCutOff(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		_, dials, _ := listening(t)
		dialer, raw := net.Pipe()
		dials <- raw
		begin := time.Now()
		for range 3 {
			if _, err := dialer.Write(header{kind: kindDialing}.append(nil)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(dialingTimeout - time.Second)
		}
		_, err := dialer.Read(make([]byte, 1))
		want := 2*(dialingTimeout-time.Second) + dialingTimeout
		if took := time.Since(begin); !errors.Is(err, io.EOF) || took != want {
			t.Errorf("the dialer was left for %v (%v), want that it is hung up on after %v", took, err, want)
		}
	})
}

// TestAListenerWaitsForADialThatAPartitionHolds in fake time, for as long as
// its dialer does.
func TestAListenerWaitsForADialThatAPartitionHolds(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		_, dials, l := listening(t)
		a := NewEndpoint("a", 1)
		defer discard(a)
		a.Cut("b")
		time.AfterFunc(time.Hour, func() { a.Heal("b", true) })
		near, raw := net.Pipe()
		dials <- raw
		if _, err := a.open(t.Context(), near, "b", clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Accept(); err != nil {
			t.Fatal(err)
		}
	})
}
