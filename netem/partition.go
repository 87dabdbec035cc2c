package netem

import (
	"time"

	"github.com/raftbench/raftbench/clock"
)

// partition is what a cut link holds back of one connection.
type partition struct {
	held   []heldFrame
	size   int64
	memory account
	// since is when the first of them was held. They go on from the instant
	// resumeAt, which is 0 while it is not known.
	since, resumeAt int64
	// heals are counted, so that a timer that an earlier one set does nothing.
	heals uint64
}

// heldFrame is a frame that was never sent.
type heldFrame struct {
	kind    kind
	payload []byte
}

func (p *partition) hold(l heldFrame) {
	if len(p.held) == 0 {
		p.since, p.resumeAt = clock.Now(), 0
	}
	p.held = append(p.held, l)
	p.size += int64(len(l.payload))
	p.count()
}

// count tells the endpoint's memory what is held.
func (p *partition) count() { p.memory.set(p.size + int64(len(p.held))*leastFrame) }

// take removes the first frame, or as much of its payload as is wanted.
func (p *partition) take(size int) heldFrame {
	first := &p.held[0]
	l := *first
	if l.kind == kindData && len(l.payload) > size {
		l.payload, first.payload = l.payload[:size], l.payload[size:]
	} else {
		p.held = p.held[1:]
	}
	p.size -= int64(len(l.payload))
	if len(p.held) == 0 {
		p.held = nil
	}
	p.count()
	return l
}

// drop forgets what is held; it is never sent.
func (p *partition) drop() {
	p.held, p.size = nil, 0
	p.count()
}

// early is how long before a simulated retransmission held frames are handed
// over, so that Go's coarse timers do not make them late.
const early = 2 * time.Millisecond

// heal lets what a partition held go on, at once or when TCP would try again.
func (o *outbox) heal(immediate bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writable.Broadcast()
	p := &o.partition
	p.heals++
	p.resumeAt = 0
	if len(p.held) == 0 {
		return
	}
	now := clock.Now()
	at := now
	if !immediate {
		at = retransmission(p.since, now, o.firstRetry())
	}
	wait := time.Duration(at-now) - early
	if wait <= 0 {
		o.resume(at)
		return
	}
	heal := p.heals
	o.continueClose()
	time.AfterFunc(wait, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.partition.heals == heal && !o.c.link.isCut() {
			o.resume(at)
		}
	})
}

// firstRetry is the timeout that the oldest held frame has, doubling.
func (o *outbox) firstRetry() time.Duration {
	if o.partition.held[0].kind == kindHello {
		return synRTO
	}
	return rto(o.c.roundTrip(o.c.link.load()))
}

// resume sends the held frames as if they were sent at the instant at.
func (o *outbox) resume(at int64) {
	// Not even an unshaped link delivers them sooner.
	o.stream.last = max(o.stream.last, at)
	o.partition.resumeAt = at
	o.sendHeld()
	o.continueClose()
	o.writable.Broadcast()
}

// sendHeld sends held frames as far as socket and transmitter have room.
// Neither a deadline of their writer's that has passed since, nor its Close,
// takes them back, as TCP's kernel would not.
func (o *outbox) sendHeld() {
	p := &o.partition
	for len(p.held) > 0 && p.resumeAt != 0 && !o.c.link.isCut() && o.socket.pending() < maxUnsent {
		now := clock.Now()
		if at := o.c.link.backlog(o.c.link.load()); at > now {
			heal := p.heals
			time.AfterFunc(time.Duration(at-now), func() {
				o.mu.Lock()
				defer o.mu.Unlock()
				if o.partition.heals == heal {
					o.socketChanged()
				}
			})
			return
		}
		l := p.take(o.c.link.frameSize())
		if o.send(l.kind, l.payload, max(p.resumeAt, now)) != nil {
			return
		}
	}
}
