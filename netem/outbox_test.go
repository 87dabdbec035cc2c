package netem

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
)

// stutter is a socket that can be full for some writes, of each of which it
// takes a few bytes.
type stutter struct {
	net.Conn
	takes int

	mu   sync.Mutex
	full int
}

func (s *stutter) Write(p []byte) (int, error) {
	s.mu.Lock()
	full := s.full > 0
	s.full--
	s.mu.Unlock()
	if !full {
		return s.Conn.Write(p)
	}
	n := 0
	if s.takes > 0 {
		var err error
		if n, err = s.Conn.Write(p[:min(len(p), s.takes)]); err != nil {
			return n, err
		}
	}
	return n, os.ErrDeadlineExceeded
}

// stuttering is a pair whose first end's socket can be made full.
func stuttering(t *testing.T, shape Shape, takes int) (p *pair, from, to net.Conn, socket *stutter) {
	t.Helper()
	p = newPair(t, shape, Shape{})
	raw, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	socket = &stutter{Conn: raw, takes: takes}
	if from, err = p.a.open(t.Context(), socket, "b", Now()); err != nil {
		t.Fatal(err)
	}
	if to, err = p.listener.Accept(); err != nil {
		t.Fatal(err)
	}
	return p, from, to, socket
}

// fill makes the next writes find the socket full.
func (s *stutter) fill(writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = writes
}

// TestAFramesFateIsDrawnOnce: a full socket delays a frame and changes neither
// what the next ones draw nor what the transmitter is booked for, and what was
// accepted goes out though its writer never comes back.
func TestAFramesFateIsDrawnOnce(t *testing.T) {
	shape := Shape{Delay: time.Millisecond, Jitter: time.Microsecond, Rate: 1e9}
	for name, takes := range map[string]int{"nothing taken": 0, "half a frame taken": headerSize + 10} {
		t.Run(name, func(t *testing.T) {
			p, from, to, socket := stuttering(t, shape, takes)
			begin := Now()
			socket.fill(3)
			if n, err := from.Write([]byte("accepted by a full socket")); n != 25 || !isTimeout(err) {
				t.Fatalf("got %d, %v; want all of it accepted, and a timeout", n, err)
			}
			receive(t, to, "accepted by a full socket")
			out := &from.(*conn).out
			out.mu.Lock()
			defer out.mu.Unlock()
			same := newStream(1, "a", "b", 1, &line{})
			same.open(shape, 0)
			same.due(shape, 0, 25, 0)
			if got, want := out.stream.rng.Uint64(), same.rng.Uint64(); got != want {
				t.Errorf("the next draw is %d, that of a connection without a full socket %d", got, want)
			}
			if busy := p.a.link("b").line.busy(); busy > Now() || busy < begin {
				t.Errorf("the transmitter is busy until %v after now, want one frame's time after the write", time.Duration(busy-Now()))
			}
		})
	}
}

// TestHeldFramesSurviveAFullSocket: what a partition held goes out in order
// and once, however often the socket is full on the way.
func TestHeldFramesSurviveAFullSocket(t *testing.T) {
	p, from, to, socket := stuttering(t, Shape{}, headerSize+1)
	p.a.Cut("b")
	send(t, from, "one ")
	send(t, from, "two ")
	send(t, from, "three")
	_ = from.Close()
	socket.fill(5)
	p.a.Heal("b", true)
	_ = to.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got, err := io.ReadAll(to); err != nil || string(got) != "one two three" {
		t.Errorf("got %q, %v", got, err)
	}
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

// TestASlowRateHoldsTheWriterBack and not its peer's patience: a megabyte at
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
	quiet(t, to, 50*time.Millisecond)
}

// TestTheLongestQueueIsBelievedByItsReceiver: no shape that is valid makes a
// due instant that the other end refuses.
func TestTheLongestQueueIsBelievedByItsReceiver(t *testing.T) {
	worst := Shape{Delay: maxDelay, Jitter: maxDelay, Distribution: Pareto, Loss: 0.999, Rate: minRate, SlowClose: maxDelay}
	if err := worst.Validate(); err != nil {
		t.Fatal(err)
	}
	for seed := range int64(300) {
		l := &line{free: int64(maxBacklog)}
		s := newStream(seed, "a", "b", 1, l)
		due, _ := s.due(worst, 0, segment, 2*maxDelay)
		due = max(due, s.end(worst, int64(worst.SlowClose)))
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
		a, b := NewEndpoint("a", 1), NewEndpoint("b", 1)
		from, to, err := tunnel(t.Context(), a, b, Now())
		if err != nil {
			t.Fatal(err)
		}
		_ = from.Close()
		time.Sleep(linger / 2)
		select {
		case <-from.gone:
			t.Error("the end hung up at once")
		default:
		}
		_ = to.Close()
		_, _ = a.Close(), b.Close()
	})
}

// TestTheAccountOfALink in fake time: what is under way and what is held fill
// the queue together.
func TestTheAccountOfALink(t *testing.T) {
	l := newLink("b")
	l.shape.Store(&Shape{Limit: 100})
	for _, c := range []struct {
		name     string
		underway []parcel
		held     int64
		size     int64
		at       int64
		fits     bool
	}{
		{name: "empty", size: 100, fits: true},
		{name: "more than the limit, alone", size: 1000, fits: true},
		{name: "just", underway: []parcel{{due: 20, size: 60}}, size: 40, fits: true},
		{name: "the first makes room", underway: []parcel{{due: 20, size: 60}, {due: 30, size: 40}}, size: 40, at: 20},
		{name: "both make room", underway: []parcel{{due: 20, size: 60}, {due: 30, size: 40}}, size: 70, at: 30},
		{name: "what has arrived counts no more", underway: []parcel{{due: 10, size: 100}}, size: 100, fits: true},
		{name: "held", held: 90, size: 20},
		{name: "held, and under way", held: 50, underway: []parcel{{due: 20, size: 50}}, size: 10, at: 20},
		{name: "held too much", held: 95, underway: []parcel{{due: 20, size: 5}}, size: 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := outbox{c: &conn{link: l}, underway: c.underway, heldSize: c.held}
			if c.held > 0 {
				o.held = make([]letter, 1)
			}
			for _, p := range c.underway {
				o.weight += p.size
			}
			if at, fits := o.room(c.size, 10); at != c.at || fits != c.fits {
				t.Errorf("got %d %v, want %d %v", at, fits, c.at, c.fits)
			}
		})
	}
}
