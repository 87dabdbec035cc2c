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
//	network               the links' delays to the quorum-th follower: nothing is fitted
//	hand-over             as at N = 3, times k/C where the k-th follower is beyond the
//	                      C cores of the host: it waits for its turn
//	follower's log        l + b·(m−2) + s·(k − (m+1)/2) of m = N−1 followers, for the
//	                      k-th of them to answer; see below
//
// m followers write to one disk at once. At N = 3 their logs take l at the mean, and a
// log alone takes a, the leader's at N = 1 and at N = 3. What l is beyond a is b, what a
// neighbour adds. They end one after the other, s apart, which is how far the answers of
// N = 3 are apart: the first of them is before the mean and the last behind it.
type model struct {
	alone, three Parts
	log          float64 // a
	two          float64 // l
	beside       float64 // b
	step         float64 // s
	cores        float64 // C; 0: not known
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
	m := &model{
		alone: alone.parts, three: three.parts, two: three.followerLogs, step: three.step, cores: float64(cores),
		log: (alone.parts[TermLeaderLog] + three.parts[TermLeaderLog]) / 2,
	}
	if m.two == 0 { // the second follower's was not on record
		m.two = three.parts[TermFollowerLog]
	}
	m.beside = max(0, m.two-m.log)
	return m
}

// predict a size whose quorum-th follower is so far away.
func (m *model) predict(nodes int, rtt time.Duration) Parts {
	if nodes == 1 {
		return m.alone
	}
	p := Parts{}
	for _, t := range []Term{TermClient, TermQueue, TermLeaderLog, TermHandOver, TermApply} {
		p[t] = m.three[t]
	}
	p[TermNetwork] = float64(rtt)
	followers, k := float64(nodes-1), float64(quorum.Size(nodes).Followers())
	p[TermFollowerLog] = max(0, m.two+m.beside*(followers-2)+m.step*(k-(followers+1)/2))
	if m.cores > 0 {
		p[TermHandOver] *= max(1, k/m.cores)
	}
	return p
}

// own predicts members on machines of their own: each log alone on its disk, and no
// follower behind another, nor waiting for a core.
func (m *model) own(nodes int, rtt time.Duration) Parts {
	p := Parts{}
	for t, ns := range m.predict(nodes, rtt) {
		p[t] = ns
	}
	if nodes > 1 { // one member alone is on a machine of its own, as it was measured
		p[TermLeaderLog], p[TermFollowerLog], p[TermHandOver] = m.log, m.log, m.three[TermHandOver]
	}
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
		w.Followers = append(w.Followers, quorum.Always(trip).Plus(log))
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
