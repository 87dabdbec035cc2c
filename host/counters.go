package host

import (
	"context"
	"time"

	"github.com/shirou/gopsutil/v4/cpu"
)

// Counters are what the kernel has counted so far. Two of them, subtracted, say
// what the host did between. What this system does not tell is nil, which is
// not the same as nothing having happened.
type Counters struct {
	At    time.Time
	Cores int
	// Idle is the time in which cores had nothing to do, Steal that in which the
	// hypervisor gave them to somebody else; both summed over all cores.
	Idle, Steal *time.Duration
	// CPUWait is the time in which some task was ready and had no core; DiskWait
	// that in which some task waited for a disk, and DiskStall that in which all
	// that had something to do did. (The kernel's pressure stall information.)
	CPUWait, DiskWait, DiskStall *time.Duration
	// Throttled counts the periods in which a control group of ours was stopped,
	// having used up its CPU quota.
	Throttled *int64
	// Disks by their device numbers, "major:minor".
	Disks map[string]DiskCounters
	// Processes are those of all users but this one and the kernel's own threads;
	// nil where not all can be seen, as from within a container.
	Processes map[int]Process
}

// DiskCounters are one disk's.
type DiskCounters struct {
	// Written is in bytes; the file system's own journal is in it.
	Written int64
	// Flushes of its cache: what a sync ends in. Stays 0 where a disk has no cache
	// that would have to be flushed.
	Flushes int64
}

// Process is what a process has used since it began.
type Process struct {
	Parent  int
	Started int64 // tells processes of one pid apart
	// CPU is its own; Children is that of its children that have ended and were
	// waited for, theirs included.
	CPU, Children time.Duration
	// Written is in bytes; 0 where this user may not know.
	Written int64
}

// ReadCounters reads all that the system tells: some 20 µs a process. It fails
// in no part.
func ReadCounters(ctx context.Context) Counters {
	c := Counters{At: time.Now()}
	if all, err := cpu.TimesWithContext(ctx, true); err == nil && len(all) > 0 {
		idle := 0.0
		for _, one := range all {
			idle += one.Idle + one.Iowait
		}
		c.Cores, c.Idle = len(all), seconds(idle)
		if stealIsTold {
			steal := 0.0
			for _, one := range all {
				steal += one.Steal
			}
			c.Steal = seconds(steal)
		}
	}
	c.read()
	return c
}

func seconds(s float64) *time.Duration {
	d := time.Duration(s * float64(time.Second))
	return &d
}

// Activity is what a host did in a stretch of time, or in several. What is not
// known of one of them is nil.
type Activity struct {
	Length time.Duration
	Cores  int
	// These are as in Counters. Busy is the cores' time that was neither idle nor
	// stolen.
	Busy, Steal, CPUWait, DiskWait, DiskStall *time.Duration
	Throttled                                 *int64
	Disks                                     map[string]DiskCounters
	// Foreign is what processes took that are none of ours, and ForeignWritten
	// what they wrote to disks, in bytes. Work of the kernel's own threads is in
	// neither: most of it is done for ours.
	Foreign        *time.Duration
	ForeignWritten *int64
}

// Since is what happened after an earlier reading; ours are the processes that
// belong to the experiment, beside this one.
func (c Counters) Since(before Counters, ours map[int]bool) Activity {
	a := Activity{
		Length: c.At.Sub(before.At), Cores: c.Cores,
		Steal:   difference(c.Steal, before.Steal),
		CPUWait: difference(c.CPUWait, before.CPUWait), DiskWait: difference(c.DiskWait, before.DiskWait),
		DiskStall: difference(c.DiskStall, before.DiskStall), Throttled: difference(c.Throttled, before.Throttled),
		Disks: map[string]DiskCounters{},
	}
	if idle := difference(c.Idle, before.Idle); idle != nil && c.Cores == before.Cores {
		// Not user and system time: those are sampled by the tick, which misses
		// most of what runs for less than one, as nodes at light load do. Idle time
		// is measured.
		busy := max(0, time.Duration(c.Cores)*a.Length-*idle)
		if a.Steal != nil {
			busy = max(0, busy-*a.Steal)
		}
		a.Busy = &busy
	}
	for device, d := range c.Disks {
		if b, known := before.Disks[device]; known {
			a.Disks[device] = DiskCounters{Written: d.Written - b.Written, Flushes: d.Flushes - b.Flushes}
		}
	}
	if c.Processes != nil && before.Processes != nil {
		used, written := foreign(c.Processes, before.Processes, ours)
		a.Foreign, a.ForeignWritten = &used, &written
	}
	return a
}

// foreign adds up what processes that are not ours used between two listings. A
// process that ended meanwhile is seen as its parent's gain in children's time,
// which holds all that it ever used: what it had used before is taken off again.
func foreign(after, before map[int]Process, ours map[int]bool) (used time.Duration, written int64) {
	lives := func(pid int) bool { a, ok := after[pid]; return ok && a.Started == before[pid].Started }
	known := map[int]time.Duration{} // by the survivor that inherits it
	for pid, b := range before {
		if lives(pid) {
			continue
		}
		heir := b.Parent
		for steps := 0; steps < len(before) && before[heir].Started != 0 && !lives(heir); steps++ {
			heir = before[heir].Parent
		}
		known[heir] += b.CPU + b.Children
	}
	for pid, a := range after {
		switch {
		case ours[pid]:
		case lives(pid):
			used += a.CPU - before[pid].CPU + max(0, a.Children-before[pid].Children-known[pid])
			written += max(0, a.Written-before[pid].Written)
		default:
			used += a.CPU + a.Children
			written += a.Written
		}
	}
	return used, written
}

// Add takes in another stretch.
func (a *Activity) Add(o Activity) {
	a.Length += o.Length
	a.Busy, a.Steal = sum(a.Busy, o.Busy), sum(a.Steal, o.Steal)
	a.CPUWait, a.DiskWait, a.DiskStall = sum(a.CPUWait, o.CPUWait), sum(a.DiskWait, o.DiskWait), sum(a.DiskStall, o.DiskStall)
	a.Throttled = sum(a.Throttled, o.Throttled)
	a.Foreign, a.ForeignWritten = sum(a.Foreign, o.Foreign), sum(a.ForeignWritten, o.ForeignWritten)
	both := map[string]DiskCounters{}
	for device, d := range a.Disks {
		if other, known := o.Disks[device]; known {
			both[device] = DiskCounters{Written: d.Written + other.Written, Flushes: d.Flushes + other.Flushes}
		}
	}
	a.Disks = both
}

// difference is nil where one of the two is not known.
func difference[T ~int64](after, before *T) *T {
	if after == nil || before == nil {
		return nil
	}
	d := *after - *before
	return &d
}

func sum[T ~int64](a, b *T) *T {
	if a == nil || b == nil {
		return nil
	}
	s := *a + *b
	return &s
}
