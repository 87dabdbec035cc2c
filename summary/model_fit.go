package summary

import (
	"slices"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// model predicts the terms of a write at any size, from those measured at N = 1 and
// N = 3 of the same setup:
//
//	client, queue, apply  as at N = 3 (as at 1 for one member): no follower is in them
//	leader's log          as at N = 3: it is written before a follower has anything to do
//	network               the links' delays to the quorum-th follower, jitter included:
//	                      nothing is fitted but by how much they were late at N = 3
//	hand-over and         as at N = 3, and both longer by the same share, so that together
//	follower's log        they wait turn·((m − m₃) + (k − k₃))/2 longer
//
// turn is what one more follower adds to the work that is done between the first of the
// followers and the last, on what they share: the processors' time of a follower over
// the host's cores, or what the disk adds to the last of two logs, whichever is more. It
// is the slower of both that they queue for (Lazowska and others, Quantitative System
// Performance, 1984, chapter 5). Of m that want their turns at once the k-th has waited
// for k turns where it is first come, first served, and for m where the processor is
// shared out evenly. What hosts do is between the two: the mean is taken, and m₃, k₃ are
// the same of N = 3, which waits itself. Followers whose links' delays are further apart
// than one's hand-over and log do not meet, and do not count; with jitter they do so
// with a probability.
type model struct {
	alone, three Parts
	trips        []quorum.Law // of N = 3
	late         float64      // by how much its links were
	log          float64      // what a log takes that is written alone
	turn         float64
	waited       float64 // turns, at N = 3
}

// fit a group of cells that differ in size alone; nil where it lacks N = 1 or N = 3
// with a record of where their writes' time went.
func fit(cells []Cell, group []int, sides map[string]side, cores int) *model {
	of := func(nodes int) (side, bool) {
		i := slices.IndexFunc(group, func(i int) bool { return cells[i].Nodes == nodes && sides[cells[i].Cell].parts != nil })
		if i < 0 {
			return side{}, false
		}
		return sides[cells[group[i]].Cell], true
	}
	alone, known := of(fitAlone)
	three, knownToo := of(fitThree)
	if !known || !knownToo {
		return nil
	}
	m := &model{alone: alone.parts, three: three.parts, trips: three.trips, late: max(0, three.late), log: (alone.parts[TermLeaderLog] + three.parts[TermLeaderLog]) / 2}
	if three.lastLog > 0 { // both followers' are on record
		m.turn = max(0, three.lastLog-m.log)
	}
	if cores > 0 && alone.cpu > 0 {
		m.turn = max(m.turn, (three.cpu-alone.cpu)/(fitThree-fitAlone)/float64(cores))
	}
	m.waited = m.waits(m.trips)
	return m
}

// way of a write to the quorum-th follower and back, without the links' delays, at N = 3.
func (m *model) way() float64 { return m.three[TermHandOver] + m.three[TermFollowerLog] }

// waits are the turns for which the quorum-th of these followers waits: half of those
// that it meets before it and half of all that it meets, itself included.
func (m *model) waits(trips []quorum.Law) (turns float64) {
	k := quorum.Size(len(trips) + 1).Followers()
	for i, trip := range trips {
		met := 1.0
		if i != k-1 {
			met = meet(trip, trips[k-1], m.way())
		}
		turns += met / 2
		if i < k {
			turns += met / 2
		}
	}
	return turns
}

// meet is the probability that two trips end within a time of each other.
func meet(a, b quorum.Law, within float64) (p float64) {
	const n = results.AskedQuantiles
	for i := range n {
		one := a.Quantile((float64(i) + 0.5) / n)
		for j := range n {
			if apart := float64((one - b.Quantile((float64(j)+0.5)/n)).Abs()); apart < within {
				p += 1.0 / (n * n)
			}
		}
	}
	return p
}

// predict a size by the round trips of its links to each follower, by their medians.
func (m *model) predict(trips []quorum.Law) Parts {
	if len(trips) == 0 {
		return m.alone
	}
	p := Parts{}
	for _, t := range []Term{TermClient, TermQueue, TermLeaderLog, TermHandOver, TermFollowerLog, TermApply} {
		p[t] = m.three[t]
	}
	p[TermNetwork] = float64(quorumTrip(trips)) + m.late
	longer := m.longer(m.waits(trips))
	p[TermHandOver] *= longer
	p[TermFollowerLog] = max(p[TermFollowerLog]*longer, min(p[TermFollowerLog], m.log)) // a log alone is no faster
	return p
}

// longer is by which factor a follower that waits for so many turns takes longer than at
// N = 3.
func (m *model) longer(turns float64) float64 {
	if !(m.way() > 0) {
		return 1
	}
	return max(0, 1+m.turn*(turns-m.waited)/m.way())
}

// own predicts members on machines of their own: each log alone on its disk, no follower
// waiting for another, and links that are as long as was said.
func (m *model) own(trips []quorum.Law) Parts {
	if len(trips) == 0 { // one member alone is on a machine of its own, as it was measured
		return m.alone
	}
	p := m.predict(trips)
	const itself = 1 // turn, and nobody's before it
	p[TermLeaderLog], p[TermFollowerLog], p[TermHandOver] = m.log, m.log, m.three[TermHandOver]*m.longer(itself)
	p[TermNetwork] -= m.late
	return p
}

// syncTime of a disk that one process has to itself; 0 where it is not known.
func syncTime(run *results.Run, c Cell) time.Duration {
	switch {
	case !c.Durable:
		return 0
	case c.EmulatedSyncNS > 0:
		return time.Duration(c.EmulatedSyncNS)
	case !run.Environment.FsyncReal:
		return 0
	}
	return time.Duration(run.Environment.FsyncP50NS)
}

// syncsOfLog are those of one write transaction of bbolt: data pages, then the meta
// page (tx.go, Commit).
const syncsOfLog = 2

// floor of a write: the links' delays as they were asked for, and the disk's syncs.
func (s side) floor(sync time.Duration, engine string) float64 {
	log := quorum.Always(syncsOfLog * sync)
	w := quorum.Write{LeaderSync: log, Overlap: engine == engineEtcd}
	for _, trip := range s.trips {
		w.Followers = append(w.Followers, trip.Plus(log))
	}
	return float64(w.Predict().P50)
}

// engineEtcd writes the leader's log while the followers write theirs.
const engineEtcd = "etcd"

// floored holds a measured median against its floor.
func floored(floor float64, measured Metric) *Floored {
	f := &Floored{NS: floor}
	if measured.Median == nil {
		return f
	}
	share := func(of *float64) *float64 {
		if of == nil {
			return nil
		}
		e, err := quorum.Efficiency(time.Duration(floor), time.Duration(*of))
		if err != nil {
			return nil
		}
		return &e
	}
	if f.Efficiency = share(measured.Median); f.Efficiency != nil && measured.Interval && measured.CILow != nil && *measured.CILow > 0 {
		high := floor / *measured.CILow // an interval may reach beyond what a figure may
		f.CIHigh = &high
		f.CILow = ptr(0.0)
		if measured.CIHigh != nil {
			*f.CILow = floor / *measured.CIHigh
		}
	}
	return f
}
