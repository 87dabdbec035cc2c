package netem

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// lossy is some connections between two ends in fake time, over a link that
// loses what the patterns say of each. Nothing is lost before they are open.
func lossy(t *testing.T, s Shape, patterns ...[]bool) (from, to []*conn) {
	t.Helper()
	a, b := NewEndpoint("a", unlucky(t, s.Loss, patterns...)), NewEndpoint("b", 1)
	t.Cleanup(func() { _, _ = a.Close(), b.Close() })
	for range patterns {
		near, far, err := tunnel(t.Context(), a, b, clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		from, to = append(from, near), append(to, far)
	}
	if err := a.Shape("b", s); err != nil {
		t.Fatal(err)
	}
	return from, to
}

// heldUntil are the instants until which a receiver holds its frames of data,
// since the instant begin.
func heldUntil(c *conn, begin int64) (dues []time.Duration) {
	synctest.Wait() // until all that is sent has come in
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	for _, r := range c.in.frames {
		if r.kind == kindData {
			dues = append(dues, time.Duration(r.due-begin))
		}
	}
	return dues
}

// readable tells whether a Read would wait.
func readable(c *conn) bool {
	c.in.mu.Lock()
	defer c.in.mu.Unlock()
	return c.in.ready(0)
}

// TestOtherConnectionsDoNotStall in fake time: of two connections of one link,
// one waits for a retransmission. What the other one carries is there at once,
// also what is sent meanwhile.
func TestOtherConnectionsDoNotStall(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		from, to := lossy(t, Shape{Loss: 0.3}, []bool{true, false}, []bool{false, false})
		begin := clock.Now()
		send(t, from[0], "stalled")
		send(t, from[1], "not this")
		receive(t, to[1], "not this")
		time.Sleep(minRTO / 2)
		send(t, from[1], "nor that")
		receive(t, to[1], "nor that")
		if took := time.Duration(clock.Now() - begin); took != minRTO/2 {
			t.Errorf("the other connection took %v, want nothing beyond the %v that were slept", took, minRTO/2)
		}
		if got := heldUntil(to[0], begin); !slices.Equal(got, []time.Duration{minRTO}) {
			t.Errorf("the stalled frame is due after %v, want %v", got, minRTO)
		}
		time.Sleep(minRTO / 2)
		receive(t, to[0], "stalled")
	})
}

// TestALaterWriteRevealsALostTail in fake time, to the exact instant: the first
// write waits for the RTO, until the acknowledgement of the second, a round
// trip after that has arrived, shows what is missing.
func TestALaterWriteRevealsALostTail(t *testing.T) {
	const delay, gap = 10 * time.Millisecond, 50 * time.Millisecond
	inFakeTime(t, func(t *testing.T) {
		from, to := lossy(t, Shape{Delay: delay, Loss: 0.3}, []bool{true, false, false})
		begin, roundTrip := clock.Now(), delay // the way back takes none
		send(t, from[0], "lost, ")
		if got, want := heldUntil(to[0], begin), []time.Duration{delay + minRTO}; !slices.Equal(got, want) {
			t.Errorf("the lost tail is due after %v, want %v", got, want)
		}
		time.Sleep(gap)
		send(t, from[0], "found")
		revealed := gap + delay + roundTrip
		if got, want := heldUntil(to[0], begin), []time.Duration{revealed, revealed}; !slices.Equal(got, want) {
			t.Fatalf("both are due after %v, want %v", got, want)
		}
		time.Sleep(revealed - gap - time.Nanosecond)
		if readable(to[0]) {
			t.Error("the stream went on a nanosecond early")
		}
		time.Sleep(time.Nanosecond)
		receive(t, to[0], "lost, found")
		if took := time.Duration(clock.Now() - begin); took != revealed {
			t.Errorf("both were read after %v, want %v", took, revealed)
		}
	})
}

// TestAReaderOfALostTailIsWokenWhenItIsRevealed over a real connection, to the
// bounds that hold on any machine: what a reader waits for until the RTO is
// brought forward while it waits, and is not released before its new instant.
//
// The writes are stamped a minute ago and the way back takes a minute, so that
// the RTO is a minute away and the recovery is not.
func TestAReaderOfALostTailIsWokenWhenItIsRevealed(t *testing.T) {
	const delay, back = 10 * time.Millisecond, time.Minute
	p := newPair(t, Shape{}, Shape{})
	p.a = NewEndpoint("a", unlucky(t, 0.3, []bool{true, false, false}))
	near, far := p.connect(t)
	from, to := near.(*conn), far.(*conn)
	if err := p.b.Shape("a", Shape{Delay: back}); err != nil {
		t.Fatal(err)
	}
	send(t, to, "by which the sender learns of the way back")
	eventually(t, "the sender knows the round trip", func() bool { return from.in.asked.Load() == int64(back) })
	if err := p.a.Shape("b", Shape{Delay: delay, Loss: 0.3}); err != nil {
		t.Fatal(err)
	}
	sent := clock.Now() - int64(back)
	stamped(t, from, "lost, ", sent)
	var dues []int64
	read := make(chan string, 1)
	go func() {
		var got []byte
		for len(got) < len("lost, found") {
			b := make([]byte, 100)
			n, err := to.in.read(b, func(r released) {
				if r.kind == kindData {
					dues = append(dues, r.due)
				}
			})
			if got = append(got, b[:n]...); err != nil {
				got = append(got, err.Error()...)
			}
		}
		read <- string(got)
	}()
	eventually(t, "the reader waits for the RTO", func() bool {
		to.in.mu.Lock()
		defer to.in.mu.Unlock()
		return to.in.waiting
	})
	stamped(t, from, "found", sent+20*ms)
	select {
	case got := <-read:
		if got != "lost, found" {
			t.Errorf("got %q", got)
		}
	case <-time.After(back / 2): // the RTO is not over, even then
		t.Fatal("the reader still waits for the RTO")
	}
	revealed := sent + 20*ms + int64(delay+back+delay)
	atLeast(t, "the recovery", sent, time.Duration(revealed-sent))
	if !slices.Equal(dues, []int64{revealed, revealed}) {
		t.Errorf("released for the instants %v, want both %d", dues, revealed)
	}
}

// stamped writes a frame as if it had been sent at now.
func stamped(t *testing.T, c *conn, s string, now int64) {
	t.Helper()
	c.out.mu.Lock()
	defer c.out.mu.Unlock()
	if err := c.out.send(kindData, []byte(s), now); err != nil {
		t.Fatal(err)
	}
}

// eventually waits until done, for far longer than it takes.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in 5 minutes: %s", what)
		}
	}
}
