package loadgen

import (
	"slices"
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
	// Origin is the instant from which the schedule counts, so that windows of
	// several generators can be run against one another; zero means now.
	Origin time.Time
	// Ramp is how long a closed loop runs before the window begins: what is
	// answered in it counts nowhere but in Recording.Early.
	Ramp time.Duration
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
	// Early operations were acknowledged within the Ramp.
	Early int64
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
	// Trace is the operations one by one, reads and writes, in the order in which
	// they were due. Of a window with very many it has every second, or fourth,
	// and so on; those that were never sent are not in it.
	Trace []Sample
	// Sends are the instants at which the schedule's first operations were sent, up
	// to one that was not; at most 2000. Empty of a closed loop.
	Sends []time.Duration
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

// Join makes one recording of windows of one kind that were offered one after
// another: slices of a load that others had their turns in. Each slice is one
// point of the series. The recordings' histograms go into the first one's.
func Join(windows []Recording) Recording {
	all := windows[0]
	origin, area := all.Started, 0.0
	all.Seconds, all.Parts, all.Trace = nil, nil, slices.Clone(all.Trace)
	for i := range windows {
		s := &windows[i]
		all.Parts = append(all.Parts, s.point(s.Started.Sub(origin)))
		area += s.MeanInFlight * s.Duration.Seconds()
		if i == 0 {
			continue
		}
		for _, each := range s.Trace {
			each.Intended += s.Started.Sub(origin)
			all.Trace = append(all.Trace, each)
		}
		all.add(s)
	}
	all.MeanInFlight = area / all.Duration.Seconds()
	all.Seconds = all.Parts
	return all
}

// add takes in another slice's figures.
func (r *Recording) add(s *Recording) {
	r.Duration += s.Duration
	r.Due += s.Due
	r.Completed += s.Completed
	r.Writes += s.Writes
	r.Reads += s.Reads
	r.FailedWrites += s.FailedWrites
	r.FailedReads += s.FailedReads
	r.Rejected += s.Rejected
	r.Unknown += s.Unknown
	r.Dropped += s.Dropped
	r.RecordErrors += s.RecordErrors
	r.Early += s.Early
	r.PacingCPU += s.PacingCPU
	r.RecordErrors += r.Latency.Merge(s.Latency) + r.Service.Merge(s.Service) + r.Lag.Merge(s.Lag) +
		r.ReadLatency.Merge(s.ReadLatency) + r.ReadService.Merge(s.ReadService)
	if r.FirstError == nil {
		r.FirstError = s.FirstError
	}
}

// point is the whole recording in one point, at an instant of a longer one.
func (r *Recording) point(at time.Duration) Point {
	p := Point{At: at, Length: r.Duration, MeanInFlight: r.MeanInFlight}
	for _, each := range r.Parts {
		p.Completed += each.Completed
		p.Failed += each.Failed
	}
	if r.Latency.TotalCount() > 0 {
		p.P50, p.P99 = time.Duration(r.Latency.ValueAtQuantile(50)), time.Duration(r.Latency.ValueAtQuantile(99))
	}
	return p
}
