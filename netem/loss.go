package netem

import "time"

// What a lost segment means above TCP. Figures are Linux's (net/ipv4/tcp_*.c)
// and RFC 8985 (RACK-TLP), RFC 6298 (RTO).
const (
	// segment is the payload of one Ethernet-sized TCP segment.
	segment = 1448
	// minRTO is Linux's TCP_RTO_MIN, maxRTO its TCP_RTO_MAX.
	minRTO = 200 * time.Millisecond
	maxRTO = 120 * time.Second
	// synRTO is TCP_TIMEOUT_INIT: a lost SYN is sent again after a second.
	synRTO = time.Second
	// synRetries is tcp_syn_retries.
	synRetries = 6
	// retries bounds the repetitions of one segment (tcp_retries2 is 15; a
	// hold of an hour bounds it further).
	retries = 12
)

// rto is the retransmission timeout of a connection with this round trip.
func rto(rtt time.Duration) time.Duration { return min(max(minRTO, 2*rtt), maxRTO) }

// stall is a stream that waits for a retransmission.
type stall struct {
	until int64
	// floor is when the stalled frames would have been due without the loss,
	// behind what was sent before them: no recovery is sooner than that.
	floor     int64
	amendable bool
}

// lossOutcome is what loss does to one frame.
type lossOutcome struct {
	// lost is how many of its segments were.
	lost, segments int

	late  time.Duration
	tail  bool // the last segment of the write was lost: nothing follows it yet
	again bool // its retransmission was lost too: only the timeout helps
}

// drawLoss draws the fate of a frame's segments.
//
// A lost segment with later ones behind it is noticed after one round trip
// (fast retransmit). A lost last segment waits for a tail-loss probe, two
// round trips, when others were still in flight, and alone for the RTO.
// A retransmission that is lost too waits for the RTO, doubling: alone, that
// is 0.2, 0.6, 1.4 … s after the first sending.
func (t *stream) drawLoss(s Shape, now int64, n int, rtt time.Duration) lossOutcome {
	segments := max(1, (n+segment-1)/segment)
	d := lossOutcome{segments: segments}
	if s.Loss == 0 {
		return d
	}
	for i := range segments {
		if t.rng.Float64() >= s.Loss {
			continue
		}
		late, tail := rtt, i == segments-1
		if tail {
			late = t.tailTimeout(now, segments, rtt)
		}
		again, timeout := false, rto(rtt)
		if late == timeout {
			timeout *= 2 // it has run out once already
		}
		for k := 0; k < retries && t.rng.Float64() < s.Loss; k++ {
			late, again = late+min(timeout, maxRTO), true
			timeout = min(2*timeout, maxRTO)
		}
		if d.lost++; d.lost == 1 || late > d.late {
			d.late, d.tail, d.again = late, tail, again
		}
	}
	return d
}

func (t *stream) tailTimeout(now int64, segments int, rtt time.Duration) time.Duration {
	inFlight := segments > 1 || (t.sent != 0 && now-t.sent < int64(rtt))
	if inFlight {
		return min(2*rtt, rto(rtt))
	}
	return rto(rtt)
}

// stalled is the stall of a frame that would have been due at due. Several lost
// tails recover together, by the segment that shows them all.
func (t *stream) stalled(now, due int64, d lossOutcome) stall {
	floor := max(t.last, due)
	if t.stall.amendable && t.stall.until > now {
		floor = max(t.stall.floor, due)
	}
	return stall{until: max(due+int64(d.late), t.last), floor: floor, amendable: d.tail && !d.again}
}

// recover brings a stalled tail forward: a later segment, which left the
// transmitter at left, has arrived, and its acknowledgement, a round trip after
// that, shows what is missing.
func (t *stream) recover(s Shape, left int64, rtt time.Duration) int64 {
	if !t.stall.amendable {
		return 0
	}
	t.stall.amendable = false
	fast := max(left+int64(rtt)+int64(s.Delay), t.stall.floor)
	if fast >= t.stall.until {
		return 0
	}
	t.last = fast
	return fast
}

// retransmission is the first instant at or after now at which TCP tries
// again what it first sent at from: 0.2, 0.6, 1.4, 3.0 … s later for short
// round trips.
func retransmission(from, now int64, first time.Duration) int64 {
	step := first
	at := from + int64(step)
	for ; at < now; at += int64(step) {
		step = min(2*step, maxRTO)
	}
	return at
}
