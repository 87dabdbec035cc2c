package loadgen

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// instantly answers at once: what remains is the generator's own cost.
type instantly struct{}

func (instantly) Put(context.Context, string, []byte) (int64, error) { return 1, nil }

func (instantly) Get(context.Context, string, bool) (Read, error) { return Read{Revision: 1}, nil }

// BenchmarkPacerLag reports how late operations are sent on the real clock.
func BenchmarkPacerLag(b *testing.B) {
	for _, rate := range []float64{100, 1000, 5000} {
		b.Run(fmt.Sprintf("rate=%.0f", rate), func(b *testing.B) {
			var lags Recording
			for b.Loop() {
				rec, err := New([]Target{instantly{}}, someWork()).Run(context.Background(),
					Window{Schedule: Constant(rate), Duration: 2 * time.Second})
				if err != nil {
					b.Fatal(err)
				}
				lags = rec
			}
			b.ReportMetric(float64(lags.Lag.ValueAtPercentile(50)), "lag-p50-ns")
			b.ReportMetric(float64(lags.Lag.ValueAtPercentile(99)), "lag-p99-ns")
			b.ReportMetric(100*lags.PacingCPU.Seconds()/lags.Duration.Seconds(), "pacing-cpu-%")
		})
	}
}

// BenchmarkClosedLoop is what an operation costs the generator; ns/op counts
// wall time with 64 clients.
func BenchmarkClosedLoop(b *testing.B) {
	b.ReportAllocs()
	limit := newCountdown(int64(b.N))
	if _, err := New([]Target{limit}, someWork()).Run(limit.ctx, Window{Clients: 64, Duration: time.Hour}); limit.ctx.Err() == nil {
		b.Fatal(err)
	}
}

// BenchmarkMemory runs ten million operations and reports the most memory that
// the process ever had.
func BenchmarkMemory(b *testing.B) {
	const operations = 10_000_000
	for b.Loop() {
		limit := newCountdown(operations)
		rec, _ := New([]Target{limit}, someWork()).Run(limit.ctx, Window{Clients: 64, Duration: 10 * time.Minute})
		if rec.Completed < operations {
			b.Fatalf("completed %d of %d", rec.Completed, operations)
		}
	}
	b.ReportMetric(peakMemory(b)/1e6, "peak-MB")
}

// TestMemoryDoesNotGrowWithOperations compares what windows of few and of many
// operations leave behind and take from the system.
func TestMemoryDoesNotGrowWithOperations(t *testing.T) {
	took := func(operations int64) (system uint64) {
		limit := newCountdown(operations)
		rec, _ := New([]Target{limit}, someWork()).Run(limit.ctx, Window{Clients: 64, Duration: 10 * time.Minute})
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(rec)
		return m.Sys
	}
	few := took(20_000)
	many := took(400_000)
	if many > few+32<<20 || many > 150<<20 {
		t.Errorf("%d MB after 20,000 operations, %d MB after 400,000", few>>20, many>>20)
	}
}

// peakMemory is the process's largest resident set in bytes.
func peakMemory(b *testing.B) float64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		b.Skip("no /proc to read the peak from: ", err)
	}
	defer func() { _ = f.Close() }()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			var kB float64
			if _, err := fmt.Sscan(rest, &kB); err != nil {
				b.Fatal(err)
			}
			return kB * 1024
		}
	}
	b.Fatal("no VmHWM in /proc/self/status")
	return 0
}
