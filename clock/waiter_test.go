package clock

import (
	"errors"
	"os"
	"sync/atomic"
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

// TestSleepNearLeavesOnlyASpin: it is early by what a wake-up can take at most.
func TestSleepNearLeavesOnlyASpin(t *testing.T) {
	due := Now() + int64(5*time.Millisecond)
	SleepNear(due)
	if early := time.Duration(due - Now()); early > slowestWakeUp {
		t.Errorf("%v early, want at most %v", early, slowestWakeUp)
	}
}

// TestASleepTellsItsCost, which is the process's only one.
func TestASleepTellsItsCost(t *testing.T) {
	before := SleepCPU()
	cost := SleepUntil(Now() + int64(3*time.Millisecond))
	if all := SleepCPU() - before; cost <= 0 || all != cost {
		t.Errorf("the sleep took %v, and all sleeps %v; want the same", cost, all)
	}
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

func TestAnInstantOfGosClockIsOneOfThisClock(t *testing.T) {
	before := Now()
	at := At(time.Now())
	if after := Now(); at < before || at > after {
		t.Errorf("got %d between %d and %d", at, before, after)
	}
}

func newWaiter(t *testing.T) *Waiter {
	t.Helper()
	w, err := NewWaiter(NewTuner(0.5, 20), new(atomic.Int64))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestAWaitEndsWithItsDeadline(t *testing.T) {
	w := newWaiter(t)
	w.SetDeadline(time.Now().Add(5 * time.Millisecond))
	w.Begin(Now() + int64(time.Hour))
	if err := w.Wait(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v, want %v", err, os.ErrDeadlineExceeded)
	}
}

func TestAWaitCanBeBroughtForward(t *testing.T) {
	w := newWaiter(t)
	begin := Now()
	w.Begin(begin + int64(time.Hour))
	time.AfterFunc(5*time.Millisecond, func() { w.BringForward(begin + int64(10*time.Millisecond)) })
	if err := w.Wait(); err != nil {
		t.Fatal(err)
	}
	if took := time.Duration(Now() - begin); took < 10*time.Millisecond {
		t.Errorf("the wait took %v, want at least the new instant's 10ms", took)
	}
}

func TestALaterInstantIsNotBroughtForward(t *testing.T) {
	w := newWaiter(t)
	begin := Now()
	w.Begin(begin + int64(10*time.Millisecond))
	w.BringForward(begin + int64(time.Hour))
	if err := w.Wait(); err != nil {
		t.Fatal(err)
	}
}

func TestAWaitEndsWhenItsTimerIsClosed(t *testing.T) {
	w := newWaiter(t)
	w.Begin(Now() + int64(time.Hour))
	time.AfterFunc(5*time.Millisecond, w.Close)
	if err := w.Wait(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want %v", err, os.ErrClosed)
	}
}
