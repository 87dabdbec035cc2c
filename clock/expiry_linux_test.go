package clock

import "testing"

// What the kernel says of a thread that slept is part of its lateness.
func TestATimersLatenessIsToldApart(t *testing.T) {
	known := 0
	for range 50 {
		began := Now()
		late, ok := expiryLateness()
		if all := Now() - began - int64(sampledSleep); ok && (late < 0 || late > all) {
			t.Errorf("the timer was %d ns late of %d in all", late, all)
		}
		if ok {
			known++
		}
	}
	if known == 0 {
		t.Skip("this kernel keeps no account of who waits for a core")
	}
}

// A median of few is none; and nobody is sampled more often than stated.
func TestExpiryNeedsSamples(t *testing.T) {
	var e Expiry
	for i := range leastSamples {
		if ns, known := e.Late(); known {
			t.Fatalf("known as %d ns after %d samples", ns, i)
		}
		e.take(int64(1000 * (i + 1)))
	}
	if ns, known := e.Late(); !known || ns != 3000 {
		t.Errorf("got %d ns, %v; want the middle of five, 3000", ns, known)
	}
}

// Whoever waits often is not sampled as often.
func TestSamplesAreFew(t *testing.T) {
	var e Expiry
	for range leastSamples {
		e.take(1000)
	}
	now := Now()
	for range 100 {
		e.Observe()
	}
	if next := e.next.Load(); next < now+int64(sampleEvery) {
		t.Errorf("the next sample is %d ns ahead, want %v", next-now, sampleEvery)
	}
}
