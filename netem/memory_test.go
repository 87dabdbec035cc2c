package netem

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// manyConns are connections between two ends, of which the second may hold, and the
// first hold back, no more than limit bytes over all of them.
func manyConns(t *testing.T, shape Shape, limit int64, count int) (p *pair, from, to []net.Conn) {
	t.Helper()
	a, b := NewEndpoint("a", 1), NewEndpoint("b", 2)
	a.memory.limit, b.memory.limit = limit, limit
	p = pairOf(t, a, b, shape, Shape{})
	for range count {
		a, b := p.connect(t)
		from, to = append(from, a), append(to, b)
	}
	return p, from, to
}

// most is what an endpoint may hold: each connection may have one more read
// going on, or one more frame, than it is allowed.
func most(limit int64, conns int) int64 {
	return limit + int64(conns)*(memoryAlways+bigChunk+maxFrame)
}

// numbered is a message of which no two bytes near each other are confused.
func numbered(size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i * 31 / 7)
	}
	return b
}

// TestTheConnectionsOfAnEndpointHoldNoMoreTogether than it may: nobody reads,
// each connection alone is far below its own bound, and the peers wait. Then
// all is read, and not a byte is missing.
func TestTheConnectionsOfAnEndpointHoldNoMoreTogether(t *testing.T) {
	const limit, conns = 512 << 10, 8
	p, from, to := manyConns(t, Shape{Delay: time.Millisecond, Limit: 64 << 20}, limit, conns)
	message := numbered(4 << 20)
	failed := make(chan error, conns)
	for _, c := range from {
		go func() {
			_, err := c.Write(message)
			failed <- err
		}()
	}
	eventually(t, "every pump waits for memory", func() bool {
		if held := p.b.memory.held.Load(); held > most(limit, conns) {
			t.Fatalf("the endpoint holds %d bytes, want at most %d", held, most(limit, conns))
		}
		return p.b.memory.waiters.Load() == conns
	})
	for _, c := range to {
		go func() {
			got := make([]byte, len(message))
			_, err := io.ReadFull(c, got)
			if err == nil && !bytes.Equal(got, message) {
				t.Error("the bytes are not those that were sent")
			}
			failed <- err
		}()
	}
	for range 2 * conns {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if held, waiters := p.b.memory.held.Load(), p.b.memory.waiters.Load(); held != 0 || waiters != 0 {
		t.Errorf("when all was read, %d bytes are held and %d wait, want none", held, waiters)
	}
}

// TestAConnectionThatNobodyReadsStopsNoOther, also when it has used all memory.
func TestAConnectionThatNobodyReadsStopsNoOther(t *testing.T) {
	const limit = 256 << 10
	p, from, to := manyConns(t, Shape{}, limit, 2)
	go func() { _, _ = from[0].Write(make([]byte, 8<<20)) }()
	eventually(t, "the memory is used up", func() bool { return p.b.memory.waiters.Load() == 1 })
	message := numbered(8 << 20)
	go func() { _, _ = from[1].Write(message) }()
	got := make([]byte, len(message))
	_ = to[1].SetReadDeadline(time.Now().Add(5 * time.Minute))
	if _, err := io.ReadFull(to[1], got); err != nil || !bytes.Equal(got, message) {
		t.Errorf("the other connection got something else (%v)", err)
	}
}

// TestPartitionsHoldNoMoreTogether than the endpoint may: writers wait, and all
// that was written arrives after the heal.
func TestPartitionsHoldNoMoreTogether(t *testing.T) {
	const limit, conns = 512 << 10, 4
	p, from, to := manyConns(t, Shape{Limit: 64 << 20}, limit, conns)
	p.a.Cut("b")
	message := numbered(1 << 20)
	failed := make(chan error, conns)
	for _, c := range from {
		go func() {
			_, err := c.Write(message)
			failed <- err
		}()
	}
	eventually(t, "every writer waits for memory", func() bool { return p.a.memory.waiters.Load() == conns })
	if held := p.a.memory.held.Load(); held > most(limit, conns) {
		t.Errorf("the endpoint holds %d bytes, want at most %d", held, most(limit, conns))
	}
	p.a.Heal("b", true)
	for _, c := range to {
		got := make([]byte, len(message))
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Minute))
		if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, message) {
			t.Errorf("got something else (%v)", err)
		}
	}
	for range conns {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
}

// TestAClosedConnectionGivesItsMemoryBack, and those that waited for it go on.
func TestAClosedConnectionGivesItsMemoryBack(t *testing.T) {
	const limit = 256 << 10
	p, from, to := manyConns(t, Shape{}, limit, 3)
	go func() { _, _ = from[0].Write(make([]byte, 8<<20)) }()
	eventually(t, "the memory is used up", func() bool { return p.b.memory.waiters.Load() == 1 })
	go func() { _, _ = from[1].Write(make([]byte, 160<<10)) }()
	eventually(t, "another waits too", func() bool { return p.b.memory.waiters.Load() == 2 })
	_ = to[0].Close()
	_ = from[0].Close()
	eventually(t, "the other waits no more", func() bool { return p.b.memory.waiters.Load() == 0 })
	for i := range 3 {
		_ = from[i].Close()
		_ = to[i].Close()
	}
	eventually(t, "nothing is held", func() bool { return p.a.memory.held.Load()+p.b.memory.held.Load() == 0 })
}
