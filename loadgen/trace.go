package loadgen

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Sample is one finished operation as a trace keeps it.
type Sample struct {
	Intended time.Duration // from the window's start
	// Latency counts from the intended instant; Never of one that failed.
	Latency time.Duration
}

// Never is the latency of an operation that failed: longer than any other.
const Never time.Duration = math.MaxInt64

// maxTrace samples are kept by one recorder: a megabyte for all recorders of a
// window. A light window never has as many; a percentile of that many operations
// is known far better than two runs agree on it.
const maxTrace = 8192

// trace keeps operations one by one, since how they follow one another is lost
// in a histogram. It is bounded: once full it drops every second, and from then
// on takes every second only, and so on.
type trace struct {
	kept []Sample
	// Of every so many operations one is kept; passed have gone by since the last.
	every, passed int
}

func newTrace() *trace { return &trace{every: 1} }

func (t *trace) add(op *Op) {
	if t.passed++; t.passed < t.every {
		return
	}
	t.passed = 0
	if len(t.kept) == maxTrace {
		t.thin(2 * t.every)
	}
	s := Sample{Intended: op.Intended, Latency: op.Done - op.Intended}
	if op.Outcome() != Acknowledged {
		s.Latency = Never
	}
	t.kept = append(t.kept, s)
}

// thin drops samples until one of every so many operations is left.
func (t *trace) thin(every int) {
	step, n := every/t.every, 0
	for i := 0; i < len(t.kept); i += step {
		t.kept[n] = t.kept[i]
		n++
	}
	t.kept, t.every = t.kept[:n], every
}

// merge takes in another trace; both are thinned alike, so that no recorder's
// operations weigh more than another's.
func (t *trace) merge(from *trace) {
	every := max(t.every, from.every)
	t.thin(every)
	from.thin(every)
	t.kept = append(t.kept, from.kept...)
}

// samples in the order in which they were due.
func (t *trace) samples() []Sample {
	slices.SortFunc(t.kept, func(a, b Sample) int { return cmp.Compare(a.Intended, b.Intended) })
	return t.kept
}
