package netem

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// narrow is a raw connection whose kernel can be full: then it takes a few
// bytes at once, and the rest when it has room again.
type narrow struct {
	net.Conn
	takes int

	mu   sync.Mutex
	full chan struct{} // nil when there is room
}

// fill makes the socket full; the answer empties it.
func (s *narrow) fill() (drain func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = make(chan struct{})
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		close(s.full)
		s.full = nil
	}
}

func (s *narrow) wait() chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full
}

func (s *narrow) Write(p []byte) (int, error) {
	if full := s.wait(); full != nil {
		<-full
	}
	return s.Conn.Write(p)
}

// try is what the socket takes without waiting.
func (s *narrow) try(head, p []byte) (int, error) {
	all := append(append([]byte(nil), head...), p...)
	if s.wait() != nil {
		all = all[:min(s.takes, len(all))]
	}
	return s.Conn.Write(all)
}

// narrowed is a pair whose first end's socket can be made full.
func narrowed(t *testing.T, shape Shape, takes int) (p *pair, from, to net.Conn, socket *narrow) {
	t.Helper()
	p = newPair(t, shape, Shape{})
	raw, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	socket = &narrow{Conn: raw, takes: takes}
	if from, err = p.a.open(t.Context(), socket, "b", clock.Now()); err != nil {
		t.Fatal(err)
	}
	if to, err = p.listener.Accept(); err != nil {
		t.Fatal(err)
	}
	out := &from.(*conn).out
	out.mu.Lock()
	defer out.mu.Unlock()
	out.socket.try = socket.try
	return p, from, to, socket
}

// TestAFramesFateIsDrawnOnce: a full socket delays a frame and changes neither
// what the next ones draw nor what the transmitter is booked for, and what was
// accepted goes out though its writer never comes back.
func TestAFramesFateIsDrawnOnce(t *testing.T) {
	shape := Shape{Delay: time.Millisecond, Jitter: time.Microsecond, Rate: 1e9}
	for name, takes := range map[string]int{"nothing taken": 0, "a part of the header": 10, "half a frame": headerSize + 10} {
		t.Run(name, func(t *testing.T) {
			p, from, to, socket := narrowed(t, shape, takes)
			begin := clock.Now()
			drain := socket.fill()
			send(t, from, "accepted by ")
			send(t, from, "a full socket")
			drain()
			receive(t, to, "accepted by a full socket")
			out := &from.(*conn).out
			out.mu.Lock()
			defer out.mu.Unlock()
			same := newStream(1, "a", "b", 1, &transmitter{})
			same.open(shape, 0)
			same.due(shape, 0, 12, 0)
			same.due(shape, 0, 13, 0)
			if got, want := out.stream.rng.Uint64(), same.rng.Uint64(); got != want {
				t.Errorf("the next draw is %d, that of a connection without a full socket %d", got, want)
			}
			if busy := p.a.link("b").transmitter.busy(); busy > clock.Now() || busy < begin {
				t.Errorf("the transmitter is busy until %v after now, want two frames' time after the writes", time.Duration(busy-clock.Now()))
			}
		})
	}
}

// TestHeldFramesSurviveAFullSocket: what a partition held goes out in order
// and once, though the socket is full on the way and its writer gone.
func TestHeldFramesSurviveAFullSocket(t *testing.T) {
	p, from, to, socket := narrowed(t, Shape{}, headerSize+1)
	p.a.Cut("b")
	send(t, from, "one ")
	send(t, from, "two ")
	send(t, from, "three")
	_ = from.Close()
	drain := socket.fill()
	p.a.Heal("b", true)
	drain()
	_ = to.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got, err := io.ReadAll(to); err != nil || string(got) != "one two three" {
		t.Errorf("got %q, %v", got, err)
	}
}

// TestAFullSocketHoldsNobodyUp: while a writer waits for a peer that does not
// read, deadlines, shapes, heals, probes and the end of the connection do not.
func TestAFullSocketHoldsNobodyUp(t *testing.T) {
	p, from, to, socket := narrowed(t, Shape{Delay: time.Millisecond, Limit: 64 << 20}, 0)
	drain := socket.fill()
	blocked := make(chan error, 1)
	go func() {
		_, err := from.Write(make([]byte, 1<<20))
		blocked <- err
	}()
	out := &from.(*conn).out
	for pending := 0; pending < maxUnsent; time.Sleep(time.Millisecond) {
		out.mu.Lock()
		pending = out.socket.pending()
		out.mu.Unlock()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = from.SetWriteDeadline(time.Now().Add(time.Hour))
		_ = from.SetWriteDeadline(time.Time{})
		p.a.ProbeOnce()
		p.a.Cut("b")
		p.a.Heal("b", true)
		_ = p.a.Shape("b", Shape{})
		_ = from.Close()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("something waits for the peer to read")
	}
	if err := <-blocked; !errors.Is(err, net.ErrClosed) {
		t.Errorf("the writer got %v, want that the connection is closed", err)
	}
	drain()
	_ = to.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := io.Copy(io.Discard, to); err != nil || n < maxUnsent {
		t.Errorf("got %d bytes, %v; want what was accepted, at least %d, and an orderly end", n, err, maxUnsent)
	}
}

// TestALateReaderGetsAllThatWasAccepted in fake time: long after the other end
// closed, or closed its direction only, with and without a fin of the reader's.
func TestALateReaderGetsAllThatWasAccepted(t *testing.T) {
	for _, half := range []bool{true, false} {
		for _, readerFirst := range []bool{true, false} {
			t.Run(fmt.Sprintf("half %v reader first %v", half, readerFirst), func(t *testing.T) {
				inFakeTime(t, func(t *testing.T) {
					_, _, from, to := tunnelled(t)
					_ = from.SetWriteDeadline(time.Now().Add(time.Second))
					sent := 0
					for err := error(nil); err == nil; {
						var n int
						n, err = from.Write(make([]byte, 64<<10))
						sent += n
					}
					if readerFirst {
						_ = to.CloseWrite()
						time.Sleep(time.Second)
					}
					if half {
						_ = from.CloseWrite()
					} else {
						_ = from.Close()
					}
					time.Sleep(time.Minute)
					if got, err := io.Copy(io.Discard, to); err != nil || got != int64(sent) {
						t.Errorf("got %d bytes, %v; want the %d that were accepted", got, err, sent)
					}
					_ = to.Close()
				})
			})
		}
	}
}

// TestAnOrphanIsGivenUp in fake time, with an error and not with an orderly
// end: bytes are missing.
func TestAnOrphanIsGivenUp(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		a, _, from, _ := tunnelled(t)
		a.Cut("b")
		send(t, from, "never seen")
		_ = from.Close()
		time.Sleep(orphaned - time.Second)
		select {
		case <-from.gone:
			t.Error("it was given up early")
		default:
		}
		time.Sleep(2 * time.Second)
		select {
		case <-from.gone:
		default:
			t.Error("it was not given up")
		}
	})
}

// TestAHealInTimeSavesAnOrphan: its next retransmission may be later than it
// would otherwise be kept.
func TestAHealInTimeSavesAnOrphan(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		a, _, from, to := tunnelled(t)
		a.Cut("b")
		send(t, from, "saved")
		_ = from.Close()
		time.Sleep(103 * time.Second)
		a.Heal("b", false)
		time.Sleep(2 * orphaned) // kernel timers do not know this time: all is to be due
		if got, err := io.ReadAll(to); err != nil || string(got) != "saved" {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

// TestAWriterLearnsThatItsPeerIsGone after a heal, though it wrote while
// nothing could tell it.
func TestAWriterLearnsThatItsPeerIsGone(t *testing.T) {
	p := newPair(t, Shape{Limit: 1000}, Shape{})
	from, to := p.connect(t)
	p.a.Cut("b")
	send(t, from, string(make([]byte, 1000)))
	_ = to.(*conn).raw.Close()
	<-from.(*conn).gone
	p.a.Heal("b", true)
	_ = from.SetWriteDeadline(time.Now().Add(20 * time.Second))
	for {
		if _, err := from.Write([]byte("x")); err != nil {
			if isTimeout(err) {
				t.Error("the writer was never told")
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// TestHeldBytesQueueForASlowTransmitter in fake time: a heal books no more than
// the receiver believes, goes on as the transmitter gets free, and all arrives
// as fast as the rate lets it, to the exact instant.
func TestHeldBytesQueueForASlowTransmitter(t *testing.T) {
	const frames = 300
	const each = segment * 8 * time.Second / minRate // a frame's transmission
	frame := func(i int) string { return strings.Repeat(string(rune('a'+i%26)), segment) }
	inFakeTime(t, func(t *testing.T) {
		a, _, from, to := tunnelled(t)
		if err := a.Shape("b", Shape{Rate: minRate}); err != nil {
			t.Fatal(err)
		}
		a.Cut("b")
		for i := range frames {
			send(t, from, frame(i))
		}
		a.Heal("b", true)
		if held := a.heldBack("b"); held == 0 {
			t.Fatal("no frame waits for the transmitter")
		}
		for i := range frames {
			if busy := time.Duration(a.link("b").transmitter.busy() - clock.Now()); busy > maxBacklog+each {
				t.Fatalf("before frame %d the transmitter is booked for %v, want at most %v", i, busy, maxBacklog)
			}
			time.Sleep(each - time.Nanosecond)
			synctest.Wait()
			if readable(to) {
				t.Fatalf("frame %d is a nanosecond early", i)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			if !readable(to) {
				t.Fatalf("frame %d has not arrived", i)
			}
			receive(t, to, frame(i))
		}
	})
}

// TestHealDoesNotWaitForAPeerThatDoesNotRead: more is held than sockets hold.
func TestHealDoesNotWaitForAPeerThatDoesNotRead(t *testing.T) {
	const all = 64 << 20
	p := newPair(t, Shape{Limit: all}, Shape{})
	from, to := p.connect(t)
	p.a.Cut("b")
	if n, err := from.Write(make([]byte, all)); err != nil {
		t.Fatalf("%d bytes: %v", n, err)
	}
	healed := make(chan struct{})
	go func() {
		defer close(healed)
		p.a.Heal("b", true)
	}()
	select {
	case <-healed:
	case <-time.After(linger - time.Second):
		t.Error("the heal waited for the reader")
	}
	_ = to.SetReadDeadline(time.Now().Add(time.Minute))
	if n, err := io.CopyN(io.Discard, to, all); err != nil {
		t.Errorf("got %d of %d bytes: %v", n, all, err)
	}
}

// TestASlowRateHoldsTheWriterBack and runs into no timeout of its peer: a megabyte at
// 1 kbit/s takes two hours, of which no frame may claim more than it has to.
func TestASlowRateHoldsTheWriterBack(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	if err := p.a.Shape("b", Shape{Rate: minRate}); err != nil {
		t.Fatal(err)
	}
	_ = from.SetWriteDeadline(time.Now().Add(100 * time.Millisecond))
	n, err := from.Write(make([]byte, 1<<20))
	most := int(maxBacklog.Seconds()*minRate/8) + 2*segment
	if !isTimeout(err) || n > most {
		t.Errorf("got %d bytes accepted (%v), want at most %d", n, err, most)
	}
	nothingArrives(t, to, 50*time.Millisecond)
}

// TestTheLongestQueueIsBelievedByItsReceiver: no shape that is valid makes a
// due instant that the other end refuses.
func TestTheLongestQueueIsBelievedByItsReceiver(t *testing.T) {
	worst := Shape{Delay: maxDelay, Jitter: maxDelay, Distribution: Pareto, Loss: 0.999, Rate: minRate, SlowClose: maxDelay}
	if err := worst.Validate(); err != nil {
		t.Fatal(err)
	}
	for seed := range int64(300) {
		l := &transmitter{free: int64(maxBacklog)}
		s := newStream(seed, "a", "b", 1, l)
		due, _ := s.due(worst, 0, segment, 2*maxDelay)
		end, _ := s.end(worst, int64(worst.SlowClose))
		due = max(due, end)
		if _, err := parseHeader(header{due: due, kind: kindFin}.append(nil), 0); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAResetReachesABlockedWriter with the error that TCP has for it.
func TestAResetReachesABlockedWriter(t *testing.T) {
	p := newPair(t, Shape{Delay: 10 * time.Minute, Limit: 1000}, Shape{})
	// The dial itself is to be quick.
	if err := p.a.Shape("b", Shape{}); err != nil {
		t.Fatal(err)
	}
	from, _ := p.connect(t)
	if err := p.a.Shape("b", Shape{Delay: 10 * time.Minute, Limit: 1000}); err != nil {
		t.Fatal(err)
	}
	send(t, from, string(make([]byte, 1000)))
	time.AfterFunc(20*time.Millisecond, func() { p.b.Reset("a") })
	if _, err := from.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
}

// TestALargerLimitFreesAWriterThatWaits for the smaller one's room.
func TestALargerLimitFreesAWriterThatWaits(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, _ := p.connect(t)
	if err := p.a.Shape("b", Shape{Delay: 10 * time.Minute, Limit: 1000}); err != nil {
		t.Fatal(err)
	}
	send(t, from, string(make([]byte, 1000)))
	time.AfterFunc(20*time.Millisecond, func() { _ = p.a.Shape("b", Shape{Delay: 10 * time.Minute, Limit: 2000}) })
	_ = from.SetWriteDeadline(time.Now().Add(20 * time.Second))
	send(t, from, string(make([]byte, 1000)))
}

// TestAClosedEndLingers for its peer's end, also over a link that was never
// late: its instants lie in the past.
func TestAClosedEndLingers(t *testing.T) {
	inFakeTime(t, func(t *testing.T) {
		_, _, from, to := tunnelled(t)
		_ = from.Close()
		time.Sleep(linger / 2)
		select {
		case <-from.gone:
			t.Error("the end hung up at once")
		default:
		}
		_ = to.Close()
	})
}

// TestTheAccountOfALink in fake time: what is in flight and what is held fill
// the queue together.
func TestTheAccountOfALink(t *testing.T) {
	l := newLink("b")
	l.shape.Store(&Shape{Limit: 100})
	for _, c := range []struct {
		name     string
		inFlight []sentFrame
		held     int64
		size     int64
		at       int64
		fits     bool
	}{
		{name: "empty", size: 100, fits: true},
		{name: "more than the limit, alone", size: 1000, fits: true},
		{name: "just", inFlight: []sentFrame{{due: 20, size: 60}}, size: 40, fits: true},
		{name: "the first makes room", inFlight: []sentFrame{{due: 20, size: 60}, {due: 30, size: 40}}, size: 40, at: 20},
		{name: "both make room", inFlight: []sentFrame{{due: 20, size: 60}, {due: 30, size: 40}}, size: 70, at: 30},
		{name: "what has arrived counts no more", inFlight: []sentFrame{{due: 10, size: 100}}, size: 100, fits: true},
		{name: "held", held: 90, size: 20},
		{name: "held, and in flight", held: 50, inFlight: []sentFrame{{due: 20, size: 50}}, size: 10, at: 20},
		{name: "held too much", held: 95, inFlight: []sentFrame{{due: 20, size: 5}}, size: 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := outbox{c: &conn{link: l}, inFlight: c.inFlight, partition: partition{size: c.held}}
			if c.held > 0 {
				o.partition.held = make([]heldFrame, 1)
			}
			for _, p := range c.inFlight {
				o.inFlightBytes += p.size
			}
			if at, fits := o.room(c.size, 10); at != c.at || fits != c.fits {
				t.Errorf("got %d %v, want %d %v", at, fits, c.at, c.fits)
			}
		})
	}
}
