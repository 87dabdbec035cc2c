package netem

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// TestWhatGoesInComesOut hashes a stream under every impairment. What a shape
// loses is drawn from the seed and from how the stream is cut into writes, so
// that there are losses on any machine.
func TestWhatGoesInComesOut(t *testing.T) {
	for name, shape := range map[string]Shape{
		"nothing":      {},
		"delay":        {Delay: 3 * time.Millisecond},
		"uniform":      {Delay: 2 * time.Millisecond, Jitter: time.Millisecond, Distribution: Uniform},
		"normal":       {Delay: 2 * time.Millisecond, Jitter: time.Millisecond, Distribution: Normal, Correlation: 0.5},
		"pareto":       {Delay: 2 * time.Millisecond, Jitter: time.Millisecond, Distribution: Pareto},
		"paretonormal": {Delay: 2 * time.Millisecond, Jitter: time.Millisecond, Distribution: ParetoNormal},
		"loss":         {Delay: 100 * time.Microsecond, Loss: 0.02},
		"rate":         {Rate: 200e6, Limit: 32 << 10},
		"limit":        {Delay: time.Millisecond, Limit: 10_000},
		"slow close":   {SlowClose: 20 * time.Millisecond},
		"all":          {Delay: time.Millisecond, Jitter: 2 * time.Millisecond, Loss: 0.02, Rate: 500e6, Limit: 64 << 10, SlowClose: time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPair(t, shape, Shape{})
			from, to := p.connect(t)
			sent, written := sha256.New(), make(chan struct{})
			go func() {
				defer close(written)
				rng := rand.New(rand.NewPCG(1, 2))
				for left := 1 << 20; left > 0; {
					b := make([]byte, min(left, 1+rng.IntN(100_000)))
					for i := range b {
						b[i] = byte(rng.Uint32())
					}
					sent.Write(b)
					if _, err := from.Write(b); err != nil {
						t.Error(err)
					}
					left -= len(b)
				}
				_ = from.Close()
			}()
			got := sha256.New()
			if _, err := io.Copy(got, to); err != nil {
				t.Fatal(err)
			}
			<-written
			if string(got.Sum(nil)) != string(sent.Sum(nil)) {
				t.Error("what came out is not what went in")
			}
			out := &from.(*conn).out
			out.mu.Lock()
			defer out.mu.Unlock()
			if stalled := out.stream.stall.until != 0; stalled != (shape.Loss > 0) {
				t.Errorf("a loss of %v stalled the stream: %v", shape.Loss, stalled)
			}
		})
	}
}

// TestWhatGoesInComesOutOfAChangingLink cuts, heals and reshapes it meanwhile.
func TestWhatGoesInComesOutOfAChangingLink(t *testing.T) {
	p := newPair(t, Shape{Limit: 128 << 10}, Shape{})
	from, to := p.connect(t)
	sent, written := sha256.New(), make(chan struct{})
	go func() {
		defer close(written)
		for i := range 64 {
			b := bytes.Repeat([]byte{byte(i)}, 32<<10)
			sent.Write(b)
			if _, err := from.Write(b); err != nil {
				t.Error(err)
			}
			switch i % 4 {
			case 0:
				p.a.Cut("b")
				go p.a.Heal("b", true)
			case 2:
				shape := Shape{Delay: time.Duration(i) * 50 * time.Microsecond, Rate: int64(i%8) * 100e6, Limit: 64 << 10}
				if err := p.a.Shape("b", shape); err != nil {
					t.Error(err)
				}
			}
		}
		_ = from.Close()
	}()
	got := sha256.New()
	if _, err := io.Copy(got, to); err != nil {
		t.Fatal(err)
	}
	<-written
	if string(got.Sum(nil)) != string(sent.Sum(nil)) {
		t.Error("what came out is not what went in")
	}
}

// TestNothingIsEarly is the lower bound that no host can break: a dial costs a
// round trip, each message its delay, the end of a stream too.
func TestNothingIsEarly(t *testing.T) {
	there, back := 12*time.Millisecond, 5*time.Millisecond
	p := newPair(t, Shape{Delay: there}, Shape{Delay: back})
	begin := clock.Now()
	from, to := p.connect(t)
	atLeast(t, "dial", begin, there+back)
	for range 3 {
		begin = clock.Now()
		send(t, from, "ping")
		receive(t, to, "ping")
		atLeast(t, "ping", begin, there)
		begin = clock.Now()
		send(t, to, "pong")
		receive(t, from, "pong")
		atLeast(t, "pong", begin, back)
	}
	begin = clock.Now()
	_ = from.Close()
	if _, err := to.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want EOF", err)
	}
	atLeast(t, "end of the stream", begin, there)
}

func TestBytesStandBeforeTheEnd(t *testing.T) {
	p := newPair(t, Shape{Delay: 5 * time.Millisecond, SlowClose: 10 * time.Millisecond}, Shape{})
	from, to := p.connect(t)
	begin := clock.Now()
	send(t, from, "last words")
	_ = from.Close()
	receive(t, to, "last words")
	if _, err := to.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("got %v, want EOF", err)
	}
	atLeast(t, "slow close", begin, 15*time.Millisecond)
}

// TestAWriterNeverWaitsForTheDelay: many messages leave while the first is
// still in flight, for far longer than any machine is stalled.
func TestAWriterNeverWaitsForTheDelay(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	if err := p.a.Shape("b", Shape{Delay: maxDelay}); err != nil {
		t.Fatal(err)
	}
	_ = from.SetWriteDeadline(time.Now().Add(maxDelay / 10))
	for range 48 {
		send(t, from, string(make([]byte, 64<<10)))
	}
	nothingArrives(t, to, time.Millisecond)
}

func TestTheLimitHoldsTheWriterBack(t *testing.T) {
	const delay = 30 * time.Millisecond
	p := newPair(t, Shape{Delay: delay, Limit: 10_000}, Shape{})
	from, to := p.connect(t)
	go func() { _, _ = io.Copy(io.Discard, to) }()
	begin := clock.Now()
	for range 3 {
		send(t, from, string(make([]byte, 10_000)))
	}
	// The second waits until the first has arrived, the third for the second.
	atLeast(t, "three full queues", begin, 2*delay)
}

// TestAReadDeadlineLosesNothing, whether it passes before or during the wait
// for a frame that is held, or for the rest of one that is not. The frame is
// held for longer than any machine is stalled, until it is brought forward.
func TestAReadDeadlineLosesNothing(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	near, far := p.connect(t)
	raw, to := near.(*conn).raw, far.(*conn)
	if err := p.a.Shape("b", Shape{Delay: maxDelay}); err != nil {
		t.Fatal(err)
	}
	send(t, near, "precious")
	for range 3 {
		nothingArrives(t, to, time.Millisecond)
	}
	read := make(chan error, 1)
	go func() {
		n, err := to.Read(make([]byte, 8))
		if n != 0 {
			err = fmt.Errorf("got %d bytes, %w", n, err)
		}
		read <- err
	}()
	eventually(t, "the reader waits for the frame's instant", func() bool {
		to.in.mu.Lock()
		defer to.in.mu.Unlock()
		return to.in.waiting
	})
	_ = to.SetReadDeadline(time.Now())
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
	}
	half := append(header{due: clock.Now(), length: 8, kind: kindData}.append(nil), "in t"...)
	if _, err := raw.Write(append(header{due: clock.Now(), kind: kindAmend}.append(nil), half...)); err != nil {
		t.Fatal(err)
	}
	receive(t, to, "preciousin t")
	nothingArrives(t, to, time.Millisecond)
	if _, err := raw.Write([]byte("wain")); err != nil {
		t.Fatal(err)
	}
	receive(t, to, "wain")
}

func TestResetArrivesBehindWhatIsHeld(t *testing.T) {
	const delay = 20 * time.Millisecond
	p := newPair(t, Shape{Delay: delay}, Shape{})
	from, to := p.connect(t)
	send(t, from, "before")
	begin := clock.Now()
	p.a.Reset("b")
	if _, err := from.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("writing here: got %v, want a reset", err)
	}
	receive(t, to, "before")
	if _, err := to.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reading there: got %v, want a reset", err)
	}
	atLeast(t, "reset", begin, delay)
	if _, err := to.Write([]byte("x")); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("writing there: got %v, want a reset", err)
	}
}

// TestAKilledPeerIsNoticedALinkDelayLate: the socket ends without a frame.
func TestAKilledPeerIsNoticedALinkDelayLate(t *testing.T) {
	const delay = 20 * time.Millisecond
	p := newPair(t, Shape{Delay: delay}, Shape{})
	from, to := p.connect(t)
	send(t, from, "before")
	receive(t, to, "before")
	begin := clock.Now()
	_ = from.(*conn).raw.Close()
	if _, err := to.Read(make([]byte, 1)); err == nil {
		t.Error("the end of the peer was not noticed")
	}
	atLeast(t, "end", begin, delay)
}

// TestAnAmendedFrameIsDeliveredSooner: while the reader waits for a frame of a
// stalled stream, the news of its recovery comes in.
func TestAnAmendedFrameIsDeliveredSooner(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, to := p.connect(t)
	raw := from.(*conn).raw
	now := clock.Now()
	stalled := header{due: now + int64(10*time.Minute), length: 4, kind: kindData}.append(nil)
	if _, err := raw.Write(append(stalled, "late"...)); err != nil {
		t.Fatal(err)
	}
	sooner := now + 30*ms
	time.AfterFunc(10*time.Millisecond, func() { _, _ = raw.Write(header{due: sooner, kind: kindAmend}.append(nil)) })
	receive(t, to, "late")
	atLeast(t, "the amended instant", now, 30*time.Millisecond)
}

func TestWritingToAClosedPeerEndsInAReset(t *testing.T) {
	p := newPair(t, Shape{Delay: time.Millisecond}, Shape{Delay: time.Millisecond})
	from, to := p.connect(t)
	_ = to.Close()
	_ = from.SetWriteDeadline(time.Now().Add(10 * time.Second))
	for {
		if _, err := from.Write([]byte("anybody there?")); err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error("the writer was never told")
			}
			return
		}
		time.Sleep(time.Millisecond)
	}
}

func TestArrivalsAreCounted(t *testing.T) {
	const delay = 50 * time.Millisecond
	p := newPair(t, Shape{Delay: delay}, Shape{})
	from, to := p.connect(t)
	for range 5 {
		send(t, from, "12345678")
		receive(t, to, "12345678")
	}
	p.a.ProbeOnce()
	send(t, from, "x")
	receive(t, to, "x")
	all := p.b.Arrivals()
	if len(all) != 1 {
		t.Fatalf("got %d senders, want one", len(all))
	}
	got := all[0]
	if got.From != "a" || got.Bytes != 41 || got.Frames != 7 || got.Asked != delay || got.Error.TotalCount() < 1 {
		t.Errorf("got %+v with %d errors", got, got.Error.TotalCount())
	}
	// The histogram keeps three digits of a µs.
	if least := time.Duration(got.Realised.Min()); got.Realised.TotalCount() != got.Error.TotalCount() || least < delay-delay/500 {
		t.Errorf("got %d realised delays, the least of %v, want %d of %v or more", got.Realised.TotalCount(), least, got.Error.TotalCount(), delay)
	}
	if p.b.InjectionCPU() <= 0 {
		t.Error("the waits took no CPU time")
	}
}

func atLeast(t *testing.T, what string, begin int64, want time.Duration) {
	t.Helper()
	if took := time.Duration(clock.Now() - begin); took < want {
		t.Errorf("%s took %v, want at least %v", what, took, want)
	}
}

func send(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c net.Conn, want string) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, len(want))
	if _, err := io.ReadFull(c, b); err != nil || string(b) != want {
		t.Fatalf("got %q (%v), want %q", b, err, want)
	}
	_ = c.SetReadDeadline(time.Time{})
}

func TestReadingNothingWaitsForNothing(t *testing.T) {
	p := newPair(t, Shape{}, Shape{})
	from, _ := p.connect(t)
	if n, err := from.Read(nil); n != 0 || err != nil {
		t.Errorf("got %d, %v", n, err)
	}
}
