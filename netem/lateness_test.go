package netem

import (
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// The parts of a lateness, by how the reader came to the frame.
func TestTheTwoPartsOfALateness(t *testing.T) {
	ways := &transit{}
	for i := range transits {
		ways.observe(int64(100 + i))
	}
	const due = 1_000_000
	known, _ := timers.Late()
	for name, c := range map[string]struct {
		frame    released
		transit  *transit
		now, own int64
	}{
		"early": {released{header: header{due: due}}, ways, due - 5, 0},
		"there in time, and the reader ran late": {
			released{header: header{due: due}, came: due - 9, wake: wake{ran: due + 700}}, ways, due + 720, 20},
		"a timer that was set too late": {
			released{header: header{due: due}, came: due - 9, wake: wake{expired: due + 500, ran: due + 500}}, ways, due + 520, 520},
		"it came when it was due already, as quickly as any": {
			released{header: header{due: due, sent: due - 50}, came: due + 53, wake: wake{ran: due + 60}}, ways, due + 60, 53},
		"it came later than others do": {
			released{header: header{due: due, sent: due - 50}, came: due + 900, wake: wake{ran: due + 900}}, ways, due + 900, 53},
		"of which nobody knows how others do": {
			released{header: header{due: due, sent: due - 50}, came: due + 900, wake: wake{ran: due + 900}}, &transit{}, due + 900, 900},
		"without a timer": {released{header: header{due: due}, came: due - 9, wake: wake{coarse: true, ran: due + 700}}, ways, due + 720, 720},
	} {
		if got := (lateness{c.frame, c.now, c.transit}).own(); got != c.own {
			t.Errorf("%s: got %d ns of the link's own, want %d (timers expire %d ns late)", name, got, c.own, known)
		}
	}
}

// carry sends so many frames over a link of this delay, one a time, and gives
// what the receiver's end saw.
func carry(t testing.TB, p *pair, frames int, every time.Duration) Arrival {
	t.Helper()
	from, to := p.connect(t)
	heard := make(chan error, 1)
	go func() {
		b := make([]byte, 1)
		for range frames {
			if _, err := to.Read(b); err != nil {
				heard <- err
				return
			}
		}
		heard <- nil
	}()
	begin := clock.Now()
	for i := range frames {
		clock.SleepUntil(begin + int64(i)*int64(every))
		if _, err := from.Write([]byte{1}); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-heard; err != nil {
		t.Fatal(err)
	}
	return p.b.Arrivals()[0]
}

// A link that releases late is told as late by itself, whatever else the host
// does: here its timers are set a millisecond behind the instant.
func TestALateTimerIsTheLinksOwn(t *testing.T) {
	const late = 5 * time.Millisecond
	b := NewEndpoint("b", 2)
	b.sabotage = late
	got := carry(t, pairOf(t, NewEndpoint("a", 1), b, Shape{Delay: 20 * time.Millisecond}, Shape{}), 50, 30*time.Millisecond)
	// The timer is set early by what a wake-up usually takes, at most 80 µs.
	if p50 := time.Duration(got.Own.ValueAtQuantile(50)); p50 < late-100*time.Microsecond {
		t.Errorf("own error %v at the median, wait for a core %v; want %v of the link's own",
			p50, time.Duration(got.CoreWait.ValueAtQuantile(50)), late)
	}
}
