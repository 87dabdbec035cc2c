package loadgen

import (
	"math"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// within fails unless got is within 2 % of the truth.
func within(t *testing.T, what string, got, truth float64) {
	t.Helper()
	if math.Abs(got-truth) > 0.02*truth {
		t.Errorf("%s: got %.6g, the truth is %.6g", what, got, truth)
	}
}

func percentile(h *hdrhistogram.Histogram, q float64) float64 {
	return time.Duration(h.ValueAtPercentile(q)).Seconds()
}

func clean(t *testing.T, rec Recording, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if rec.Dropped+rec.Rejected+rec.Unknown+rec.RecordErrors != 0 || rec.Completed != rec.Due {
		t.Errorf("dropped %d, rejected %d, unknown %d, refused %d, completed %d of %d",
			rec.Dropped, rec.Rejected, rec.Unknown, rec.RecordErrors, rec.Completed, rec.Due)
	}
}

func TestOpenLoopSeesAConstantServer(t *testing.T) {
	w := Window{Schedule: Constant(200), Duration: 20 * time.Second}
	inFakeTime(t, someWork(), w, func() *server { return steady(3 * time.Millisecond) }, func(rec Recording, err error) {
		clean(t, rec, err)
		within(t, "p50", percentile(rec.Latency, 50), 0.003)
		within(t, "p99", percentile(rec.Latency, 99), 0.003)
		within(t, "throughput", rec.Throughput(), 200)
		within(t, "in flight", rec.MeanInFlight, 200*0.003)
	})
}

// With exponential service of mean m and no queue, the quantile q is
// -m·ln(1-q).
func TestOpenLoopSeesAnExponentialServer(t *testing.T) {
	const mean = 5 * time.Millisecond
	w := Window{Schedule: Poisson(1000, 7), Duration: 60 * time.Second}
	inFakeTime(t, someWork(), w, func() *server { return exponential(mean, 3) }, func(rec Recording, err error) {
		clean(t, rec, err)
		within(t, "p50", percentile(rec.Latency, 50), mean.Seconds()*math.Ln2)
		within(t, "p99", percentile(rec.Latency, 99), mean.Seconds()*math.Log(100))
		within(t, "throughput", rec.Throughput(), 1000)
	})
}

// In an M/M/1 queue the response time is exponential with rate μ-λ (Kleinrock,
// "Queueing Systems" I, 1975, section 5.12): what the generator must report when
// the waiting is the server's.
func TestOpenLoopSeesAQueue(t *testing.T) {
	const lambda, mu = 500.0, 1000.0
	w := Window{Schedule: Poisson(lambda, 11), Duration: 160 * time.Second, MaxInFlight: 1000}
	serve := func() *server { return queue(exponentials(time.Second/mu, 5)) }
	inFakeTime(t, someWork(), w, serve, func(rec Recording, err error) {
		clean(t, rec, err)
		within(t, "p50", percentile(rec.Latency, 50), math.Ln2/(mu-lambda))
		within(t, "p99", percentile(rec.Latency, 99), math.Log(100)/(mu-lambda))
		within(t, "throughput", rec.Throughput(), lambda)
		within(t, "in flight", rec.MeanInFlight, lambda/(mu-lambda))
	})
}

// A generator that waits for answers would take one bad sample for a stall of
// one second; the schedule takes the five hundred that users would have felt
// (Tene, "How not to measure latency").
func TestAStallIsARampOfLatencies(t *testing.T) {
	const service = time.Millisecond
	w := Window{Schedule: Constant(500), Duration: 10 * time.Second, Parts: 10}
	serve := func() *server { return stalling(service, 5*time.Second, 6*time.Second) }
	inFakeTime(t, someWork(), w, serve, func(rec Recording, err error) {
		clean(t, rec, err)
		// 500 of 5,000 wait 0 to 1 s, evenly: p90 is where the ramp begins, p95
		// is half way up, p99 nine tenths.
		within(t, "p89", percentile(rec.Latency, 89), service.Seconds())
		within(t, "p95", percentile(rec.Latency, 95), 0.5)
		within(t, "p99", percentile(rec.Latency, 99), 0.9)
		within(t, "max", percentile(rec.Latency, 100), 1)
		within(t, "mean", rec.Latency.Mean()/1e9, 0.9*service.Seconds()+0.1*0.5)
		within(t, "throughput", rec.Throughput(), 500)
		if p := rec.Parts[5]; p.Completed != 0 || rec.Parts[6].Completed < 990 {
			t.Errorf("completed in the stall: %d, in the second after: %d; want 0 and about 1000", p.Completed, rec.Parts[6].Completed)
		}
		within(t, "p50 of the stalled second", rec.Parts[5].P50.Seconds(), 0.5)
		within(t, "p50 of a calm second", rec.Parts[2].P50.Seconds(), service.Seconds())
	})
}

func TestClosedLoopSeesItsThroughput(t *testing.T) {
	w := Window{Clients: 16, Duration: 10 * time.Second}
	inFakeTime(t, someWork(), w, func() *server { return steady(4 * time.Millisecond) }, func(rec Recording, err error) {
		clean(t, rec, err)
		within(t, "throughput", rec.Throughput(), 16/0.004)
		within(t, "p50", percentile(rec.Service, 50), 0.004)
		within(t, "in flight", rec.MeanInFlight, 16)
	})
	inFakeTime(t, someWork(), w, func() *server { return exponential(4*time.Millisecond, 9) }, func(rec Recording, err error) {
		clean(t, rec, err)
		within(t, "throughput", rec.Throughput(), 16/0.004)
		within(t, "p50", percentile(rec.Latency, 50), 0.004*math.Ln2)
		within(t, "p99", percentile(rec.Latency, 99), 0.004*math.Log(100))
	})
}

// A closed loop of C clients at one queue is limited by the queue, and each
// client waits for the C-1 others.
func TestClosedLoopAtOneQueue(t *testing.T) {
	w := Window{Clients: 8, Duration: 5 * time.Second}
	serve := func() *server { return queue(func() time.Duration { return time.Millisecond }) }
	inFakeTime(t, someWork(), w, serve, func(rec Recording, err error) {
		clean(t, rec, err)
		within(t, "throughput", rec.Throughput(), 1000)
		within(t, "p50", percentile(rec.Latency, 50), 0.008)
	})
}
