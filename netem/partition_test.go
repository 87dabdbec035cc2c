package netem

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// nothingArrives asserts that nothing arrives for a while; it can only fail when
// something did.
func nothingArrives(t *testing.T, c interface {
	SetReadDeadline(time.Time) error
	Read([]byte) (int, error)
}, d time.Duration) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(d))
	if n, err := c.Read(make([]byte, 1)); n != 0 || !isTimeout(err) {
		t.Errorf("got %d bytes (%v) over a cut link", n, err)
	}
	_ = c.SetReadDeadline(time.Time{})
}

func TestAPartitionOfOneDirection(t *testing.T) {
	p := newPair(t, Shape{Delay: time.Millisecond}, Shape{Delay: time.Millisecond})
	from, to := p.connect(t)
	p.a.Cut("b")
	send(t, from, "held")
	nothingArrives(t, to, 30*time.Millisecond)
	send(t, to, "the other way is open")
	receive(t, from, "the other way is open")
	p.a.Heal("b", true)
	receive(t, to, "held")
}

func TestAHealWaitsForTheNextRetransmission(t *testing.T) {
	p := newPair(t, Shape{Delay: 5 * time.Millisecond}, Shape{})
	from, to := p.connect(t)
	p.a.Cut("b")
	begin := clock.Now()
	send(t, from, "held, ")
	p.a.Heal("b", false)
	send(t, from, "and behind it")
	receive(t, to, "held, and behind it")
	atLeast(t, "the first retransmission", begin, 205*time.Millisecond)
}

// TestAPartitionThatComesBackKeepsHolding: healed and cut again before TCP
// would have tried again.
func TestAPartitionThatComesBackKeepsHolding(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		a, _, from, to := tunnelled(t)
		a.Cut("b")
		send(t, from, "held")
		a.Heal("b", false)
		a.Cut("b")
		nothingArrives(t, to, time.Minute)
		a.Heal("b", true)
		receive(t, to, "held")
	})
}

func TestAFullLossIsAPartition(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	if err := p.a.Shape("b", Shape{Loss: 1}); err != nil {
		t.Fatal(err)
	}
	send(t, from, "held")
	nothingArrives(t, to, 20*time.Millisecond)
	if err := p.a.Shape("b", Shape{}); err != nil {
		t.Fatal(err)
	}
	receive(t, to, "held")
}

func TestAPartitionHoldsNoMoreThanTheLimit(t *testing.T) {
	p := newPair(t, Shape{Limit: 10_000}, Shape{})
	from, to := p.connect(t)
	p.a.Cut("b")
	_ = from.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	n, err := from.Write(make([]byte, 500_000))
	if !isTimeout(err) || n > 10_000 {
		t.Errorf("a cut link took %d bytes (%v), its limit is 10,000", n, err)
	}
	p.a.Heal("b", true)
	_ = from.SetWriteDeadline(time.Time{})
	receive(t, to, string(make([]byte, n)))
}

func TestADialOverACutLinkEndsWithItsContext(t *testing.T) {
	for _, direction := range []string{"there", "back"} {
		t.Run(direction, func(t *testing.T) {
			p := newPair(t, Shape{}, Shape{})
			if direction == "there" {
				p.a.Cut("b")
			} else {
				p.b.Cut("a")
			}
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if _, err := p.a.Dial(ctx, "b", p.addr); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, want the context's end", err)
			}
		})
	}
}

func TestADialGoesOnWhenTheLinkHeals(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	p.a.Cut("b")
	go func() {
		for p.a.heldBack("b") == 0 {
			time.Sleep(time.Millisecond)
		}
		p.a.Heal("b", false)
	}()
	begin := clock.Now()
	from, to := p.connect(t)
	atLeast(t, "a SYN that is sent again", begin, time.Second)
	send(t, from, "hello")
	receive(t, to, "hello")
}

// heldBack counts the frames that a partition of the link to a peer holds.
func (e *Endpoint) heldBack(to string) int {
	n := 0
	for _, c := range e.link(to).open() {
		c.out.mu.Lock()
		n += len(c.out.partition.held)
		c.out.mu.Unlock()
	}
	return n
}

// TestADialWaitsForAHeal in fake time: for far longer than a listener waits
// for a dialer that says nothing.
func TestADialWaitsForAHeal(t *testing.T) {
	for name, cut := range map[string]func(a, b *Endpoint) (heal func()){
		"there": func(a, _ *Endpoint) func() { a.Cut("b"); return func() { a.Heal("b", true) } },
		"back":  func(_, b *Endpoint) func() { b.Cut("a"); return func() { b.Heal("a", true) } },
	} {
		t.Run(name, func(t *testing.T) {
			inFakeTime(t, func(t *testing.T) {
				a, b := NewEndpoint("a", 1), NewEndpoint("b", 1)
				t.Cleanup(func() { _, _ = a.Close(), b.Close() })
				begin := time.Now()
				time.AfterFunc(time.Hour, cut(a, b))
				if _, _, err := tunnel(t.Context(), a, b, clock.Now()); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begin); took < time.Hour {
					t.Errorf("the dial got through a partition of an hour after %v", took)
				}
			})
		})
	}
}

// TestAHelloIsHeldForAsLongAsItsLinkAsks: the listener's timeout is for bytes
// that do not come.
func TestAHelloIsHeldForAsLongAsItsLinkAsks(t *testing.T) {
	var in inbox
	in.init(nil, NewEndpoint("b", 1))
	payload := hello{From: "a", To: "b"}.payload()
	due := clock.Now() + int64(20*time.Millisecond)
	n := copy(in.bytes.room(), append(header{due: due, length: len(payload), kind: kindHello}.append(nil), payload...))
	if _, err := in.put(in.bytes.room()[:n]); err != nil {
		t.Fatal(err)
	}
	in.setDeadline(time.Now().Add(-time.Second))
	if _, got, err := in.hello(); err != nil || got != due || clock.Now() < due {
		t.Errorf("got a hello due at %d after %v (%v), want it after 20ms", got, time.Duration(clock.Now()-due), err)
	}
	in.close(net.ErrClosed)
}

func TestTheEndOfAStreamIsHeldToo(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	p.a.Cut("b")
	send(t, from, "held")
	_ = from.Close()
	nothingArrives(t, to, 20*time.Millisecond)
	p.a.Heal("b", true)
	receive(t, to, "held")
	if _, err := to.Read(make([]byte, 1)); err == nil {
		t.Error("the end got lost")
	}
}

// What was written into a partition under a deadline, and then closed, still
// arrives when the partition heals: TCP goes on without its writer.
func TestHeldBytesOutliveTheirWritersDeadline(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	p.a.Cut("b")
	_ = from.SetDeadline(time.Now().Add(20 * time.Millisecond))
	if _, err := from.Write([]byte("held")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // the deadline is past, at the least
	if err := from.Close(); err != nil {
		t.Fatal(err)
	}
	p.a.Heal("b", true)
	_ = to.SetReadDeadline(time.Now().Add(10 * time.Second))
	got, err := io.ReadAll(to)
	if err != nil || string(got) != "held" {
		t.Errorf("got %q, %v; want what was held", got, err)
	}
}

// TestAnEarlierHealsTimerDoesNothing in fake time: it was overtaken by another.
func TestAnEarlierHealsTimerDoesNothing(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		a, _, from, to := tunnelled(t)
		a.Cut("b")
		send(t, from, "one")
		a.Heal("b", false) // in 0.2 s
		a.Cut("b")
		a.Heal("b", true)
		receive(t, to, "one")
		time.Sleep(100 * time.Millisecond)
		a.Cut("b")
		send(t, from, "two")
		a.Heal("b", false)
		nothingArrives(t, to, 190*time.Millisecond)
		time.Sleep(20 * time.Millisecond)
		receive(t, to, "two")
	})
}

// TestAPartitionHidesThatNobodyListens: a refusal does not cross it.
func TestAPartitionHidesThatNobodyListens(t *testing.T) {
	p := newPair(t, Shape{Delay: 10 * time.Millisecond}, Shape{})
	_ = p.listener.Close()
	begin := clock.Now()
	if _, err := p.a.Dial(t.Context(), "b", p.addr); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("got %v, want that it is refused", err)
	}
	atLeast(t, "a refusal", begin, 20*time.Millisecond)
	p.a.Cut("b")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p.a.Dial(ctx, "b", p.addr); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
}
