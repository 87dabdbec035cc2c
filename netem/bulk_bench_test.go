package netem

import (
	"io"
	"math"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// BenchmarkBulk is a transfer that never pauses, by delay. Limit is what may
// be in flight.
func BenchmarkBulk(b *testing.B) {
	for name, shape := range map[string]Shape{
		"unshaped":          {},
		"10ms":              {Delay: 10 * time.Millisecond, Limit: 32 << 20},
		"10ms-default":      {Delay: 10 * time.Millisecond},
		"50ms":              {Delay: 50 * time.Millisecond, Limit: 32 << 20},
		"10ms-jitter-lossy": {Delay: 10 * time.Millisecond, Jitter: time.Millisecond, Loss: 0.00001, Limit: 32 << 20},
	} {
		b.Run(name, func(b *testing.B) {
			p := newPair(b, shape, Shape{})
			from, to := p.connect(b)
			chunk := make([]byte, 256<<10)
			b.SetBytes(int64(len(chunk)))
			b.ResetTimer()
			go func() {
				for range b.N {
					if _, err := from.Write(chunk); err != nil {
						b.Error(err)
						return
					}
				}
			}()
			if _, err := io.CopyN(io.Discard, struct{ io.Reader }{to}, int64(b.N)*int64(len(chunk))); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkRate moves ten megabytes over a link of 100 Mbit/s and reports how
// far the rate is from the asked, in percent.
func BenchmarkRate(b *testing.B) {
	const bytes, rate = 12_500_000, 100e6
	for b.Loop() {
		p := newPair(b, Shape{Rate: rate, Delay: time.Millisecond}, Shape{})
		from, to := p.connect(b)
		begin := clock.Now()
		go func() {
			chunk := make([]byte, 50_000)
			for range bytes / len(chunk) {
				if _, err := from.Write(chunk); err != nil {
					b.Error(err)
					return
				}
			}
		}()
		if _, err := io.CopyN(io.Discard, to, bytes); err != nil {
			b.Fatal(err)
		}
		took := float64(clock.Now()-begin)/1e9 - 0.001
		off := (bytes*8/took/rate - 1) * 100
		if math.Abs(off) > 1 {
			b.Errorf("the rate is %+.2f %% off, allowed is 1 %%", off)
		}
		b.ReportMetric(off, "%off")
	}
}

// BenchmarkPingPong is the price of the frames where nothing is injected.
func BenchmarkPingPong(b *testing.B) {
	p := newPair(b, Shape{}, Shape{})
	from, to := p.connect(b)
	go func() {
		buf := make([]byte, 256)
		for {
			if _, err := io.ReadFull(to, buf); err != nil {
				return
			}
			if _, err := to.Write(buf); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := from.Write(buf); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(from, buf); err != nil {
			b.Fatal(err)
		}
	}
}
