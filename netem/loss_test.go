package netem

import (
	"math"
	"slices"
	"testing"
	"time"
)

// seeded returns a stream whose first draws are a loss of its first segment
// and then luck, or as the pattern says.
func seeded(t *testing.T, shape Shape, pattern ...bool) *stream {
	t.Helper()
	return newStream(unlucky(t, shape.Loss, pattern), "a", "b", 1, &transmitter{})
}

// unlucky is a seed with which the connections from a to b, in the order in
// which they are opened, draw losses as the patterns say.
func unlucky(t *testing.T, loss float64, patterns ...[]bool) int64 {
	t.Helper()
	for seed := range int64(100_000) {
		fits := true
		for i, pattern := range patterns {
			s := newStream(seed, "a", "b", uint64(i+1), &transmitter{})
			fits = fits && !slices.ContainsFunc(pattern, func(lost bool) bool { return (s.rng.Float64() < loss) != lost })
		}
		if fits {
			return seed
		}
	}
	t.Fatal("no seed gives the patterns")
	return 0
}

// TestLossIsAStall cites Linux: what is alone waits for the RTO of at least
// 200 ms, doubling; a lost segment with later ones behind it costs a round
// trip; a lost tail with others in flight two.
func TestLossIsAStall(t *testing.T) {
	shape := Shape{Delay: 10 * time.Millisecond, Loss: 0.3}
	rtt := 20 * time.Millisecond
	for _, c := range []struct {
		name   string
		bytes  int
		losses []bool // draws: segment, then its retransmissions until luck
		want   int64
	}{
		{"nothing lost", 100, []bool{false}, 10 * ms},
		{"alone", 100, []bool{true, false}, 210 * ms},
		{"alone, and its retransmission", 100, []bool{true, true, false}, 610 * ms},
		{"alone, and two retransmissions", 100, []bool{true, true, true, false}, 1410 * ms},
		{"first of three segments, and its retransmission", 3 * segment, []bool{true, true, false, false, false}, 230 * ms},
		{"first of three segments", 3 * segment, []bool{true, false, false, false}, 30 * ms},
		{"last of three segments", 3 * segment, []bool{false, false, true, false}, 50 * ms},
	} {
		s := seeded(t, shape, c.losses...)
		if due, _ := s.due(shape, 0, c.bytes, rtt); due != c.want {
			t.Errorf("%s: due after %v, want %v", c.name, time.Duration(due), time.Duration(c.want))
		}
	}
}

// TestALaterSegmentRecoversAStalledTail: its acknowledgement shows the hole a
// round trip later, long before the timeout.
func TestALaterSegmentRecoversAStalledTail(t *testing.T) {
	shape := Shape{Delay: 10 * time.Millisecond, Loss: 0.3}
	rtt := 20 * time.Millisecond
	s := seeded(t, shape, true, false, false)
	if due, _ := s.due(shape, 0, 100, rtt); due != 210*ms {
		t.Fatalf("due %d, want %d", due, 210*ms)
	}
	due, amend := s.due(shape, 50*ms, 100, rtt)
	if want := (50 + 20 + 10) * ms; amend != want || due != want {
		t.Errorf("amended to %d, due %d, want both %d", amend, due, want)
	}
}

// TestStalledTailsRecoverTogether by the segment that shows them both.
func TestStalledTailsRecoverTogether(t *testing.T) {
	shape := Shape{Delay: 10 * time.Millisecond, Loss: 0.3}
	rtt := 20 * time.Millisecond
	s := seeded(t, shape, true, false, true, false, false)
	s.due(shape, 0, 100, rtt)
	s.due(shape, 30*ms, 100, rtt)
	due, amend := s.due(shape, 40*ms, 100, rtt)
	if want := (40 + 20 + 10) * ms; due != want || amend != want {
		t.Errorf("due %d, amended to %d, want both %d", due, amend, want)
	}
}

// TestLossRunLengths: independent losses come in runs of geometric length.
func TestLossRunLengths(t *testing.T) {
	const n, p = 200_000, 0.2
	s := testStream()
	runs, length, lost := map[int]int{}, 0, 0
	for i := range int64(n) {
		at := i * 3_600_000 * ms
		if due, _ := s.due(Shape{Loss: p}, at, 100, 0); due != at {
			length++
			lost++
			continue
		}
		if length > 0 {
			runs[length]++
		}
		length = 0
	}
	if share := float64(lost) / n; math.Abs(share-p) > 0.005 {
		t.Errorf("lost %.4f, want %.4f", share, p)
	}
	total := 0
	for _, count := range runs {
		total += count
	}
	for k := 1; k <= 4; k++ {
		want := (1 - p) * math.Pow(p, float64(k-1))
		if got := float64(runs[k]) / float64(total); math.Abs(got-want) > 0.01 {
			t.Errorf("runs of %d: %.4f, want %.4f", k, got, want)
		}
	}
}

func TestALostSYNCostsASecond(t *testing.T) {
	shape := Shape{Delay: 10 * time.Millisecond, Loss: 0.3}
	for _, c := range []struct {
		losses []bool
		want   int64
	}{{[]bool{false}, 10 * ms}, {[]bool{true, false}, 1010 * ms}, {[]bool{true, true, false}, 3010 * ms}} {
		if due := seeded(t, shape, c.losses...).open(shape, 0); due != c.want {
			t.Errorf("lost %v: due %v, want %v", c.losses, time.Duration(due), time.Duration(c.want))
		}
	}
}

// TestRetransmissionsDouble gives the instants after the first sending.
func TestRetransmissionsDouble(t *testing.T) {
	for _, c := range []struct{ healed, want int64 }{
		{0, 200}, {200, 200}, {201, 600}, {599, 600}, {700, 1400}, {1401, 3000}, {3001, 6200},
	} {
		if got := retransmission(5*ms, (5+c.healed)*ms, minRTO); got != (5+c.want)*ms {
			t.Errorf("healed after %d ms: goes on after %d ms, want %d", c.healed, got/ms-5, c.want)
		}
	}
}
