package netem

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// tableTop is the largest value of iproute2's tables, in jitters: the largest
// 16-bit integer at a scale of 8192.
const tableTop = 32767.0 / 8192

// tableValue is the oracle for the delay's factor of the jitter below which
// the share u of delays stays. It follows the programs that make iproute2's
// tables and shares nothing with what it judges:
//
//	netem/normal.c        the inverse of the normal distribution
//	netem/pareto.c        (u'^(-1/3) - 1.5) * 4/3, u' being 1-u
//	netem/paretonormal.c  a quarter of the first and three of the second
//
// tc's uniform has no table: it is flat from -1 to 1 jitter.
func tableValue(d Distribution, u float64) float64 {
	within := func(x float64) float64 { return min(max(x, -tableTop), tableTop) }
	normal := math.Sqrt2 * math.Erfinv(2*u-1)
	pareto := within((1/math.Cbrt(1-u) - 1.5) * 4 / 3)
	switch d {
	case Normal:
		return within(normal)
	case Pareto:
		return pareto
	case ParetoNormal:
		return within((normal + 3*pareto) / 4)
	default:
		return 2*u - 1
	}
}

// TestQuantilesAreThoseOfTheTables at each entry of a table of iproute2's size.
func TestQuantilesAreThoseOfTheTables(t *testing.T) {
	const entries, rounding = 4096, 0.001
	for _, d := range Distributions() {
		for i := 1; i < entries; i++ {
			u := float64(i) / entries
			got, want := d.quantile(math.Sqrt2*math.Erfinv(2*u-1)), tableValue(d, u)
			if math.Abs(got-want) > rounding {
				t.Errorf("%s: %.4f of the delays are below %.4f jitters, in tc's table below %.4f", d, u, got, want)
				break
			}
		}
	}
}

// share is the oracle's distribution function: how many draws are at most x.
func share(d Distribution, x float64) float64 {
	if d != Uniform && x >= tableTop {
		return 1
	}
	low, high := 0.0, 1.0
	for range 30 {
		if mid := (low + high) / 2; tableValue(d, mid) < x {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// distances are Kolmogorov's and Smirnov's: by how much the share of samples
// that are at most x exceeds the asked one at worst, and falls short of it.
func distances(d Distribution, factors []float64) (above, below float64) {
	sorted := slices.Sorted(slices.Values(factors))
	n := float64(len(sorted))
	for i, x := range sorted {
		f := share(d, x)
		above, below = max(above, float64(i+1)/n-f), max(below, f-float64(i)/n)
	}
	return above, below
}

// critical is the Kolmogorov–Smirnov test's value at the 0.1 % level.
func critical(n int) float64 { return 1.95 / math.Sqrt(float64(n)) }

// tell says of which distributions the samples may be.
func tell(factors []float64) (likely []Distribution) {
	for _, d := range Distributions() {
		if max(distances(d, factors)) <= critical(len(factors)) {
			likely = append(likely, d)
		}
	}
	return likely
}

// TestJitterHasTheAskedDistribution and no other: a Kolmogorov–Smirnov test of
// the schedule, with a fixed seed.
func TestJitterHasTheAskedDistribution(t *testing.T) {
	for _, d := range Distributions() {
		factors := drawn(Shape{Delay: 100 * time.Millisecond, Jitter: 10 * time.Millisecond, Distribution: d}, 20_000)
		if got := tell(factors); !slices.Equal(got, []Distribution{d}) {
			above, below := distances(d, factors)
			t.Errorf("asked %s, the delays may be %v; the distance from the asked is %.4f, the limit %.4f", d, got, max(above, below), critical(len(factors)))
		}
	}
}

// drawn schedules frames so far apart that none waits for another, and tells
// by how many jitters each is later than the delay.
func drawn(s Shape, n int) []float64 {
	stream, factors := testStream(), make([]float64, n)
	for i := range factors {
		now := int64(i) * int64(time.Minute)
		due, _ := stream.due(s, now, 100, 0)
		factors[i] = float64(due-now-int64(s.Delay)) / float64(s.Jitter)
	}
	return factors
}

// TestRealisedJitterHasTheAskedDistribution is a Kolmogorov–Smirnov test of
// what a reader at the far end of a connection sees, with a fixed seed.
//
// Two things are exact on any machine, and so tested: the due instant that
// each frame carries, less the instant at which it was sent, has the asked
// distribution; and no frame is released before that instant, so that realised
// delays are nowhere more often short than asked. By how much they are longer
// is the machine's lateness, which the benchmarks measure.
//
// On a stream a frame waits for those before it. The sends are further apart
// than two delays can ever differ, so that here none does.
func TestRealisedJitterHasTheAskedDistribution(t *testing.T) {
	const jitter, frames = 50 * time.Microsecond, 400
	for _, d := range Distributions() {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			shape := Shape{Delay: 2 * time.Millisecond, Jitter: jitter, Distribution: d}
			sent, due, released := flight(t, shape, frames, time.Duration(2*cutoff*float64(jitter)))
			asked, realised := make([]float64, frames), make([]float64, frames)
			for i := range frames {
				if released[i] < due[i] {
					t.Errorf("frame %d was released %v early", i, time.Duration(due[i]-released[i]))
				}
				asked[i] = float64(due[i]-sent[i]-int64(shape.Delay)) / float64(jitter)
				realised[i] = float64(released[i]-sent[i]-int64(shape.Delay)) / float64(jitter)
			}
			if got := tell(asked); !slices.Equal(got, []Distribution{d}) {
				t.Errorf("the delays that frames carry may be %v", got)
			}
			if above, _ := distances(d, realised); above > critical(frames) {
				t.Errorf("realised delays are short more often than asked, by %.4f, the limit is %.4f", above, critical(frames))
			}
		})
	}
}

// flight sends frames at least apart from each other over a connection, and
// tells of each when it was sent and due, as it says itself, and released.
func flight(t *testing.T, s Shape, frames int, apart time.Duration) (sent, due, out []int64) {
	t.Helper()
	p := newPair(t, s, Shape{})
	from, to := p.connect(t)
	done := make(chan error, 1)
	go func() {
		for range frames {
			if _, err := to.(*conn).in.read(make([]byte, 1), func(r released) {
				sent, due = append(sent, r.sent), append(due, r.due)
			}); err != nil {
				done <- err
				return
			}
			out = append(out, clock.Now())
		}
		done <- nil
	}()
	before, after := make([]int64, frames), make([]int64, frames)
	for i := range frames {
		clock.SleepUntil(clock.Now() + int64(apart))
		before[i] = clock.Now()
		send(t, from, "x")
		after[i] = clock.Now()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for i, at := range sent {
		if at < before[i] || at > after[i] {
			t.Errorf("frame %d says that it was sent %v after its write began, which took %v", i, time.Duration(at-before[i]), time.Duration(after[i]-before[i]))
		}
	}
	return sent, due, out
}

// TestCorrelationOfSuccessiveDelays holds what is realised of an asked
// correlation. It is drawn between normal variates: normal jitter has it as
// asked, other distributions, which bend them, somewhat less. For uniform that
// is 6/π·asin(r/2); for the others the figures are measured.
func TestCorrelationOfSuccessiveDelays(t *testing.T) {
	const n, within = 100_000, 0.01
	for d, realised := range map[Distribution]map[float64]float64{
		Uniform:      {0: 0, 0.25: 0.239, 0.5: 0.483},
		Normal:       {0: 0, 0.25: 0.25, 0.5: 0.5},
		Pareto:       {0: 0, 0.25: 0.188, 0.5: 0.413},
		ParetoNormal: {0: 0, 0.25: 0.214, 0.5: 0.450},
	} {
		for asked, want := range realised {
			factors := drawn(Shape{Delay: time.Second, Jitter: 10 * time.Millisecond, Distribution: d, Correlation: asked}, n)
			if got := correlation(factors); math.Abs(got-want) > within {
				t.Errorf("%s: asked a correlation of %v, realised %.3f, want %.3f", d, asked, got, want)
			}
		}
	}
}

// correlation of each sample with the one before.
func correlation(x []float64) float64 {
	mean := 0.0
	for _, v := range x {
		mean += v / float64(len(x))
	}
	var with, square float64
	for i, v := range x {
		square += (v - mean) * (v - mean)
		if i > 0 {
			with += (v - mean) * (x[i-1] - mean)
		}
	}
	return with / square
}

// TestCorrelatedJitterKeepsTheAskedDistribution, which netem's own mixing of
// uniforms does not. Every tenth delay is as good as independent.
func TestCorrelatedJitterKeepsTheAskedDistribution(t *testing.T) {
	for _, d := range Distributions() {
		all := drawn(Shape{Delay: 100 * time.Millisecond, Jitter: 10 * time.Millisecond, Distribution: d, Correlation: 0.5}, 100_000)
		var apart []float64
		for i := 0; i < len(all); i += 10 {
			apart = append(apart, all[i])
		}
		if got := tell(apart); !slices.Equal(got, []Distribution{d}) {
			t.Errorf("asked correlated %s, the delays may be %v", d, got)
		}
	}
}

func TestJitterAboveDelayIsCutOffAtZero(t *testing.T) {
	shape := Shape{Delay: time.Millisecond, Jitter: 5 * time.Millisecond}
	if !shape.Clamped() || (Shape{Delay: 5 * time.Millisecond, Jitter: 5 * time.Millisecond}).Clamped() {
		t.Error("Clamped is wrong")
	}
	s := testStream()
	atOnce := 0
	for i := range int64(1000) {
		if due, _ := s.due(shape, i*1000*ms, 1, 0); due == i*1000*ms {
			atOnce++
		}
	}
	if atOnce < 300 || atOnce > 500 {
		t.Errorf("%d of 1000 delays are zero, want about 400", atOnce)
	}
}
