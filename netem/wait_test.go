package netem

import (
	"errors"
	"os"
	"testing"
	"time"
)

func TestSleepUntilIsNeverEarly(t *testing.T) {
	for _, d := range []time.Duration{0, time.Microsecond, 30 * time.Microsecond, 300 * time.Microsecond, 3 * time.Millisecond} {
		due := Now() + int64(d)
		SleepUntil(due)
		if early := due - Now(); early > 0 {
			t.Errorf("%v: %v early", d, time.Duration(early))
		}
	}
	SleepUntil(0)
}

// TestTheClockIsTheHosts: another reading of the system's clock, before and
// after, brackets ours.
func TestTheClockIsTheHosts(t *testing.T) {
	before := monotonic()
	now := Now()
	after := monotonic()
	const anchorError = int64(10 * time.Microsecond)
	if now < before-anchorError || now > after+anchorError {
		t.Errorf("got %d between %d and %d", now, before, after)
	}
}

func TestAWaitEndsWithItsDeadline(t *testing.T) {
	w, err := newWaiter(sleepWakes, &slept)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	w.setDeadline(time.Now().Add(5 * time.Millisecond))
	if err := w.until(Now() + int64(time.Hour)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

func TestAWaitCanBeBroughtForward(t *testing.T) {
	w, err := newWaiter(sleepWakes, &slept)
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	begin := Now()
	time.AfterFunc(5*time.Millisecond, func() { w.hasten(begin + 10*ms) })
	if err := w.until(begin + int64(time.Hour)); err != nil {
		t.Fatal(err)
	}
	atLeast(t, "the new instant", begin, 10*time.Millisecond)
}

func TestAWaitEndsWhenItsTimerIsClosed(t *testing.T) {
	w, err := newWaiter(sleepWakes, &slept)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(5*time.Millisecond, w.close)
	if err := w.until(Now() + int64(time.Hour)); err == nil {
		t.Error("the wait went on")
	}
}
