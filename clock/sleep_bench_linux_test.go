package clock

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sys/unix"
)

// BenchmarkSleep times what a wait alone can do: a bare absolute nanosleep
// with a timer slack of 1 ns that ends in a spin of 20 µs, SleepUntil, and Go's own
// time.Sleep, each by how much it is late. On a noisy host the first is late too.
func BenchmarkSleep(b *testing.B) {
	for _, asked := range []time.Duration{50 * time.Microsecond, 500 * time.Microsecond, 5 * time.Millisecond} {
		for name, sleep := range map[string]func(int64){
			"nanosleep+spin": bareSleep,
			"SleepUntil":     func(due int64) { SleepUntil(due) },
			"time.Sleep":     func(due int64) { time.Sleep(time.Duration(due - Now())) },
		} {
			b.Run(asked.String()+"/"+name, func(b *testing.B) { lateness(b, asked, sleep) })
		}
	}
}

func lateness(b *testing.B, asked time.Duration, sleep func(int64)) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0); err != nil {
		b.Fatal(err)
	}
	late := hdrhistogram.New(1, int64(time.Second), 3)
	for b.Loop() {
		due := Now() + int64(asked)
		sleep(due)
		_ = late.RecordValue(Now() - due)
	}
	b.ReportMetric(float64(late.ValueAtQuantile(50))/1e3, "p50-µs")
	b.ReportMetric(float64(late.ValueAtQuantile(99))/1e3, "p99-µs")
}

func bareSleep(due int64) {
	at := unix.NsecToTimespec(due - int64(SpinLimit))
	for errors.Is(unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &at, nil), unix.EINTR) {
	}
	for Now() < due {
	}
}
