package netem

import (
	"cmp"
	"math/rand/v2"
	"sync"
	"time"
)

// transmitter is what the connections of one directed link share: the transmitter,
// which is busy until free.
type transmitter struct {
	mu   sync.Mutex
	free int64
}

// send returns when n bytes have left the transmitter, at rate bits a second.
func (l *transmitter) send(now int64, n int, rate int64) int64 {
	if rate == 0 {
		return now
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free = max(l.free, now) + int64(float64(n)*8e9/float64(rate))
	return l.free
}

// busy tells until when the transmitter is.
func (l *transmitter) busy() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.free
}

// stream is the schedule of one direction of one connection: from what is
// sent when, to when it is due. It knows no clock; all instants are given.
type stream struct {
	rng         *rand.Rand
	transmitter *transmitter
	jitter      jitterSource
	// last is the due instant of the newest frame. TCP delivers in order, so
	// no later frame is due before it.
	last int64
	// sent is when the newest frame was sent.
	sent  int64
	stall stall
	// probed is when the newest probe is due.
	probed int64
	// onlyProbes: nothing but probes is sent, which then need not give way.
	onlyProbes bool
}

// newStream seeds a schedule: the same seed, link and ordinal give the same
// delays for the same bytes.
func newStream(seed int64, from, to string, ordinal uint64, l *transmitter) *stream {
	h := uint64(14695981039346656037) // FNV-1a
	for _, c := range []byte(from + "\x00" + to) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return &stream{rng: rand.New(rand.NewPCG(uint64(seed), h+ordinal)), transmitter: l}
}

// due schedules a frame of n bytes sent at now over a link of shape s, whose
// round trip is rtt. When the frame lets an earlier stall recover sooner,
// amend is the instant that replaces the stalled frames' due instants; else 0.
func (t *stream) due(s Shape, now int64, n int, rtt time.Duration) (due, amend int64) {
	left := t.transmitter.send(now, n, s.Rate)
	due = left + int64(t.jitter.delay(s, t.rng))
	loss := t.drawLoss(s, now, n, rtt)
	if loss.lost < loss.segments {
		amend = t.recover(s, left, rtt)
	}
	if loss.lost > 0 {
		t.stall = t.stalled(now, due, loss)
		due += int64(loss.late)
	}
	t.last = max(t.last, due)
	t.sent = now
	return t.last, cmp.Or(amend, t.overtake())
}

// overtake lets what was sent last pass a probe that is due later, because the
// link was made shorter meanwhile: it returns the instant to which what the
// probe holds up is amended, or 0.
func (t *stream) overtake() int64 {
	if t.probed <= t.last {
		return 0
	}
	t.probed = 0
	return t.last
}

// idle: nothing that was sent is still in flight.
func (t *stream) idle(now int64) bool { return max(t.last, t.probed) < now }

// amendable: what is sent now may yet be due sooner than it says.
func (t *stream) amendable() bool { return t.stall.amendable || t.probed > t.last }

// open schedules the first frame, the SYN. A lost one is sent again after a
// second, then two, then four.
func (t *stream) open(s Shape, now int64) int64 {
	due := now + int64(t.jitter.delay(s, t.rng))
	for k := 0; s.Loss > 0 && k < synRetries && t.rng.Float64() < s.Loss; k++ {
		due += int64(synRTO << k)
	}
	t.last = max(t.last, due)
	return t.last
}

// end schedules what carries no data: it takes the plain delay and no place
// on the transmitter, but stays behind what was sent before.
func (t *stream) end(s Shape, now int64) (due, amend int64) {
	t.last = max(t.last, now+int64(s.Delay))
	return t.last, t.overtake()
}

// probe schedules what only measures how late the link is. It changes nothing of
// what is sent later: beside data it takes the least delay that the jitter
// leaves, so that no later frame is due before it.
func (t *stream) probe(s Shape, now int64) int64 {
	delay := s.Delay
	if !t.onlyProbes {
		delay = s.leastDelay()
	}
	t.probed = max(t.last, t.probed, now+int64(delay))
	return t.probed
}
