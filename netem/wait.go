package netem

import (
	"sync"
	"sync/atomic"
	"time"
)

// SpinLimit bounds the busy wait that ends each precise wait. Longer spins
// would steal a core from the system under test.
const SpinLimit = 20 * time.Microsecond

// A wait is aimed early by the shortest wake-up seen of late plus a quarter of
// SpinLimit, so that most wake-ups come before the due instant, and what the
// spin costs stays small beside the wake-up itself.
const (
	firstWake = 12 * time.Microsecond
	longWake  = 80 * time.Microsecond
	// lastNap is the final sleep of a long wait. Hypervisors and idle
	// governors keep a processor ready through sleeps of about this length
	// (KVM's halt_poll_ns is 200 µs), and let it go deeper in longer ones,
	// from which it comes back 50 to 150 µs late.
	lastNap = 200 * time.Microsecond
	// longWait is what makes a second nap worth its wake-up.
	longWait = time.Millisecond
)

// wake is the shortest time from a timer's instant to the goroutine running,
// in ns; it forgets slowly, so that it follows the host's mood.
var wake atomic.Int64

func init() { wake.Store(int64(firstWake)) }

// noteWake feeds one wake-up's lateness.
func noteWake(late int64) {
	late = min(max(late, 0), int64(longWake))
	shortest := wake.Load()
	if late < shortest {
		shortest = late
	} else {
		shortest += (late - shortest) / 64
	}
	wake.Store(shortest)
}

// lead is how long before the due instant a timer is set to fire.
func lead() int64 { return wake.Load() + int64(SpinLimit)/4 }

// spinUntil burns what is left of a wait, a few tens of microseconds at most.
func spinUntil(due int64) {
	for Now() < due {
	}
}

// SleepUntil returns at the instant due of Now's clock: microseconds late on
// an idle host, never early. It holds neither a thread nor a P while it waits.
func SleepUntil(due int64) {
	if Now() >= due {
		return
	}
	w, err := idleWaiter()
	if err != nil {
		// No descriptor left: Go's timers are late by up to a millisecond, and
		// the recorded error will say so.
		time.Sleep(time.Duration(due - Now()))
		return
	}
	defer waiters.Put(w)
	_ = w.until(due)
}

// waiters lends out timers to SleepUntil.
var waiters sync.Pool

// slept is the CPU time of SleepUntil's waits, in ns.
var slept atomic.Int64

// SleepCPU is the CPU time that this process's SleepUntil calls took for
// arming timers and for the final spins.
func SleepCPU() time.Duration { return time.Duration(slept.Load()) }

func idleWaiter() (*waiter, error) {
	if w, ok := waiters.Get().(*waiter); ok {
		return w, nil
	}
	return newWaiter(&slept)
}
