package netem

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/clock"
)

// BenchmarkOneWayDelay sends stamped messages over a delayed link at 200 a
// second and reports how far from the asked delay they arrive, in
// microseconds: the median, the 99th percentile, and the earliest (negative
// would be early).
func BenchmarkOneWayDelay(b *testing.B) {
	for _, delay := range []time.Duration{250 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 33 * time.Millisecond, 150 * time.Millisecond} {
		b.Run(fmt.Sprint(delay), func(b *testing.B) {
			p := newPair(b, Shape{Delay: delay}, Shape{})
			from, to := p.connect(b)
			late := hdrhistogram.New(1, int64(time.Second), 3)
			first := int64(1) << 40
			done := make(chan error, 1)
			go func() {
				buf := make([]byte, 64)
				for range b.N {
					if _, err := io.ReadFull(to, buf); err != nil {
						done <- err
						return
					}
					diff := clock.Now() - int64(binary.BigEndian.Uint64(buf)) - int64(delay)
					first = min(first, diff)
					_ = late.RecordValue(max(diff, 0))
				}
				done <- nil
			}()
			b.ResetTimer()
			buf := make([]byte, 64)
			next, rng := clock.Now(), rand.New(rand.NewPCG(1, 1))
			for range b.N {
				// Off the beat, else sender and reader would wait for the same
				// instants where the delay is a multiple of the interval.
				next += int64(5 * time.Millisecond)
				clock.SleepUntil(next + rng.Int64N(int64(4*time.Millisecond)))
				binary.BigEndian.PutUint64(buf, uint64(clock.Now()))
				if _, err := from.Write(buf); err != nil {
					b.Fatal(err)
				}
			}
			if err := <-done; err != nil {
				b.Fatal(err)
			}
			if first < -int64(time.Microsecond) {
				b.Errorf("%v early", time.Duration(-first))
			}
			b.ReportMetric(float64(late.ValueAtQuantile(50))/1e3, "p50-µs")
			b.ReportMetric(float64(late.ValueAtQuantile(99))/1e3, "p99-µs")
			b.ReportMetric(float64(first)/1e3, "earliest-µs")
			b.ReportMetric(float64(p.b.InjectionCPU())/float64(b.N)/1e3, "cpu-µs/op")
		})
	}
}
