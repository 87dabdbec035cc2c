package loadgen

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Schedule says when each operation of an open loop is due.
type Schedule interface {
	// Due returns the instant of operation i, counted from the window's
	// start. It is called with i = 0, 1, 2, … in order, one call at a time.
	Due(i int64) time.Duration
}

// Window is one stretch of load. With a Schedule it is an open loop; without,
// a closed loop of Clients callers.
type Window struct {
	Name     string
	Schedule Schedule
	Clients  int
	Duration time.Duration
	// Timeout of one operation.
	Timeout time.Duration
	// MaxInFlight bounds an open loop's outstanding operations; what the
	// bound refuses counts as dropped.
	MaxInFlight int
	// Parts is how many equal parts Recording.Parts has; zero means 10.
	Parts int
}

// Recording is what a window saw. Histograms are in nanoseconds and hold
// acknowledged operations only.
type Recording struct {
	Window   Window
	Started  time.Time
	Duration time.Duration

	// Latency counts from the intended instant, Service from the actual send;
	// both of writes. ReadLatency and ReadService likewise of reads. Lag is
	// the actual send minus the intended one, of every operation.
	Latency, Service         *hdrhistogram.Histogram
	ReadLatency, ReadService *hdrhistogram.Histogram
	Lag                      *hdrhistogram.Histogram

	// Due is how many operations the schedule held within the window (in a
	// closed loop: how many were sent), Completed how many of those were
	// acknowledged by the window's end plus Timeout: Writes and Reads.
	Due, Completed, Writes, Reads int64
	// FailedWrites and FailedReads were due and not acknowledged. Rejected,
	// Unknown and Dropped are those of both that failed for certain, may have
	// failed, or were never sent. RecordErrors are values
	// that a histogram refused.
	FailedWrites, FailedReads                int64
	Rejected, Unknown, Dropped, RecordErrors int64
	// FirstError is one example, for the report.
	FirstError error

	// MeanInFlight is the time average of outstanding operations, for Little's
	// law: counted at each send and finish, apart from all that is recorded.
	// The points' own averages are from the operations recorded.
	MeanInFlight float64
	// PacingCPU is the CPU time that keeping the schedule took.
	PacingCPU time.Duration

	// Seconds is the series by second, Parts the same by equal part.
	Seconds, Parts []Point
	// Halves are the medians of Latency (reads and writes) in the window's two
	// halves, by intended instant, to three digits; zero where nothing was
	// acknowledged.
	Halves [2]time.Duration
}

// Point is one stretch of a series.
type Point struct {
	At           time.Duration // its start
	Length       time.Duration
	Completed    int64 // acknowledged operations by instant of completion
	Failed       int64
	P50, P99     time.Duration // of Latency (reads and writes), by intended instant
	MeanInFlight float64
}

// Throughput is the rate of acknowledgements within the window, per second:
// what came after its end is latency, not throughput.
func (r *Recording) Throughput() float64 {
	var n int64
	for _, p := range r.Parts {
		n += p.Completed
	}
	if r.Duration <= 0 {
		return 0
	}
	return float64(n) / r.Duration.Seconds()
}
