package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

// company are systems that live beside the one that is looked at: what they use
// is no foreign load.
type company struct {
	pids   map[int]bool
	cpu    time.Duration
	fsyncs int64
	// unmetered: which processes they are is known, and not what they used.
	unmetered bool
	// awake: spinners kept the cores from halting, and used so much for it.
	awake bool
	spun  time.Duration
}

func (c *company) add(o company) {
	if c.pids == nil {
		c.pids = map[int]bool{}
	}
	maps.Copy(c.pids, o.pids)
	c.cpu += o.cpu
	c.fsyncs += o.fsyncs
	c.unmetered = c.unmetered || o.unmetered
	c.awake = c.awake || o.awake
	c.spun += o.spun
}

// used is what a system's processes took between two readings.
func (after reading) used(before reading) company {
	c := company{pids: map[int]bool{}}
	for id, a := range after.nodes {
		b := before.nodes[id].countedOn(a)
		c.pids[a.pid], c.pids[before.nodes[id].pid] = true, true
		c.cpu += a.usage.CPU - b.usage.CPU
		c.fsyncs += max(0, a.stats.Fsyncs-b.stats.Fsyncs)
	}
	return c
}

// hostCost is what the host did in a window, of whatever the system tells.
type hostCost struct {
	host.Activity
	// nodeWait is how long the nodes' threads were ready and had no core.
	nodeWait *time.Duration
	// fsyncs are the nodes', those of the systems beside included.
	fsyncs int64
	// awake: spinners kept the cores from halting. What they used is no work.
	awake bool
}

// hostSince tells the host's work from ours: the nodes', those of the systems
// beside, and the load generator's (client).
func (after reading) hostSince(before reading, beside []company, client time.Duration) hostCost {
	ours := after.used(before)
	for _, others := range beside {
		ours.add(others)
	}
	h := hostCost{Activity: after.host.Since(before.host, ours.pids), fsyncs: ours.fsyncs, nodeWait: after.nodeWait(before), awake: ours.awake}
	if ours.awake {
		// Whoever displaces a spinner leaves it waiting, and pressure counts that.
		h.CPUWait = nil
		if h.Busy != nil {
			work := max(0, *h.Busy-ours.spun)
			h.Busy = &work
		}
	}
	switch {
	case len(after.nodes) == 0:
		// Of a cluster that runs elsewhere nobody knows which processes are its.
		h.Foreign, h.ForeignWritten = nil, nil
	case h.Foreign == nil && h.Busy != nil && !ours.unmetered:
		// Not all processes can be seen: what is left when ours are taken off. The
		// kernel's own work is in it. What idles beside a slice is not metered, and
		// would be taken for a stranger.
		left := max(0, *h.Busy-ours.cpu-client)
		h.Foreign = &left
	}
	return h
}

// nodeWait sums over the nodes; nil where it is not known of each.
func (after reading) nodeWait(before reading) *time.Duration {
	var sum time.Duration
	for id, a := range after.nodes {
		b := before.nodes[id]
		if a.waited == nil || b.waited == nil || a.pid != b.pid {
			return nil
		}
		sum += *a.waited - *b.waited
	}
	if len(after.nodes) == 0 {
		return nil
	}
	return &sum
}

// add takes in another slice.
func (h *hostCost) add(o hostCost) {
	h.Add(o.Activity)
	h.fsyncs += o.fsyncs
	h.awake = h.awake || o.awake
	if h.nodeWait == nil || o.nodeWait == nil {
		h.nodeWait = nil
		return
	}
	sum := *h.nodeWait + *o.nodeWait
	h.nodeWait = &sum
}

// shareOf all cores' time; 0 where it is not known. The clocks of two readings
// may be apart by a tick.
func (h hostCost) shareOf(used *time.Duration) float64 {
	if used == nil || h.Length <= 0 || h.Cores == 0 {
		return 0
	}
	return min(max(used.Seconds()/h.Length.Seconds()/float64(h.Cores), 0), 1)
}

// facts for the record; what is not known is nil there as well.
func (h hostCost) facts(disk string) results.HostFacts {
	over := func(used *time.Duration, whole float64) *float64 {
		if used == nil || h.Length <= 0 || whole <= 0 {
			return nil
		}
		share := max(0, used.Seconds()/(h.Length.Seconds()*whole))
		return &share
	}
	f := results.HostFacts{
		ForeignCores: over(h.Foreign, 1), Steal: over(h.Steal, float64(h.Cores)),
		RunWait: over(h.CPUWait, 1), DiskWait: over(h.DiskWait, 1), DiskStall: over(h.DiskStall, 1),
		ForeignDiskBytes: h.ForeignWritten,
	}
	if h.nodeWait != nil {
		waited := max(0, h.nodeWait.Seconds())
		f.NodeWaitSeconds = &waited
	}
	if d, counted := h.Disks[disk]; counted {
		f.DiskBytes = &d.Written
		// A disk that keeps its cache over a power loss is not told to flush it, and
		// says nothing of syncs.
		if d.Flushes >= h.fsyncs/2 && d.Flushes > 0 {
			others := max(0, d.Flushes-h.fsyncs)
			f.ForeignSyncs = &others
		}
	}
	return f
}

// The limits of what is believed of a host.
const (
	// notableForeign cores that other processes kept busy, or foreignShare of all
	// cores on large hosts, are said. One operation in a hundred then met them on
	// its core, which is where a p99 lies. Below a twentieth of a core there is no
	// host without its daemons.
	notableForeign = 0.05
	foreignShare   = 0.01
	// notableSteal is of all cores, as foreignShare; the hypervisor's account is
	// of whole ticks, of which a window of a second has a hundred a core.
	notableSteal = 0.02
	// notableWait is of the window, in which someone waited for a core: the nodes
	// themselves, where they are more than the cores, wait for some of it.
	notableWait = 0.25
	// notableDisk is the share of the disk's time that others took: one sync in
	// ten then waits behind one of theirs, which moves the p90 by a sync.
	notableDisk = 0.10
	// slowerSync is how much longer a sync may take beside idle nodes than at the
	// run's start. Where others compiled on the host the medians of one directory
	// lay between half of the middle one and five times it, and one writer that
	// syncs beside moved the middle by a fifth (BenchmarkSyncTime of host): this
	// tells of a disk that became another, and notableDisk of who writes to it.
	slowerSync = 2
)

// hostDoubts are what a reader should know of the host beside a window's numbers.
func (j judged) hostDoubts() []results.Remark {
	var out []results.Remark
	doubt := func(code results.Code, got *float64, most float64) {
		if got != nil && *got > most {
			out = append(out, results.Remark{Code: code, Severity: results.Doubtful, Got: *got, Want: most, Unit: results.UnitShare})
		}
	}
	f, cores := j.window.Host, float64(max(1, j.cost.host.Cores))
	if f.ForeignCores != nil {
		share := *f.ForeignCores / cores
		doubt(results.CodeForeignCPU, &share, max(notableForeign/cores, foreignShare))
	}
	doubt(results.CodeSteal, f.Steal, notableSteal)
	if n := j.cost.host.Throttled; n != nil && *n > 0 {
		out = append(out, results.Remark{Code: results.CodeThrottled, Severity: results.Doubtful})
	}
	if j.light {
		doubt(results.CodeRunWait, f.RunWait, notableWait)
	}
	doubt(results.CodeForeignDisk, j.foreignDisk(), notableDisk)
	unread := f.Unread()
	if j.cost.host.awake {
		unread = slices.DeleteFunc(unread, func(name string) bool { return name == "run_wait" })
	}
	if len(unread) > 0 {
		out = append(out, results.Remark{Code: results.CodeHostUnread, Severity: results.Note, Detail: strings.Join(unread, ", ")})
	}
	return out
}

const (
	// A stream is written in requests of about this size, and a sync of little
	// writes one page at least.
	streamRequest = 128 << 10
	page          = 4 << 10
)

// foreignDisk bounds the share of the disk's time that others took, as if each
// of their writes had taken what a sync does; nil where nobody waits for a disk,
// or nothing is known.
func (j judged) foreignDisk() *float64 {
	f := j.window.Host
	if j.syncNS == 0 || j.cost.length <= 0 || f.ForeignDiskBytes == nil && f.ForeignSyncs == nil {
		return nil
	}
	var writes int64
	if f.ForeignDiskBytes != nil {
		size := int64(streamRequest)
		if f.ForeignSyncs == nil {
			size = page
		}
		writes = *f.ForeignDiskBytes / size
	}
	if f.ForeignSyncs != nil {
		writes = max(writes, *f.ForeignSyncs)
	}
	share := min(1, float64(writes*j.syncNS)/float64(j.cost.length))
	return &share
}

// disk holds the nodes' data, and how long it takes to sync; none where nobody
// waits for this host's.
func (t *trial) disk() (device string, syncNS int64) {
	s := t.job.Setup.Storage
	if len(t.system.Members()) == 0 || s.Store != control.StoreBolt || s.EmulatedSync > 0 {
		return "", 0
	}
	return host.Device(t.runner.Writer.Dir()), t.runner.Host.FsyncP50NS
}

// canary holds what a sync takes now, beside idle nodes, against what it took
// when the run began.
func (t *trial) canary(ctx context.Context) {
	if _, probed := t.disk(); probed == 0 {
		return
	}
	syncs, err := host.SyncTime(ctx, t.runner.Writer.Dir())
	t.heed(syncs, err)
}

// heed records what a canary found.
func (t *trial) heed(sync time.Duration, err error) {
	_, probed := t.disk()
	if probed == 0 {
		return
	}
	if err != nil {
		t.record.remark(results.Remark{Code: results.CodeHostUnread, Severity: results.Note, Detail: fmt.Sprintf("canary: %v", err)})
		return
	}
	took := sync.Nanoseconds()
	t.record.CanaryFsyncP50NS = &took
	if most := slowerSync * probed; took > most {
		t.record.remark(results.Remark{Code: results.CodeSlowSync, Severity: results.Doubtful,
			Got: float64(took), Want: float64(most), Unit: results.UnitNS})
	}
}

// canary is one for all sides: they share the disk.
func (b *block) canary(ctx context.Context) {
	sides := b.living()
	if len(sides) == 0 {
		return
	}
	sync, err := host.SyncTime(ctx, sides[0].runner.Writer.Dir())
	for _, s := range sides {
		s.heed(sync, err)
	}
}
