package host

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const stealIsTold = true

// read adds what Linux alone tells.
func (c *Counters) read() {
	c.CPUWait = here.pressure("cpu", "some ")
	c.DiskWait = here.pressure("io", "some ")
	c.DiskStall = here.pressure("io", "full ")
	c.Throttled = here.throttled()
	c.Disks = here.disks()
	c.Processes = here.processes(os.Getpid())
}

// pressure is a total of the kernel's pressure stall information, which counts
// in microseconds; nil where the kernel keeps none.
func (s system) pressure(of, line string) *time.Duration {
	us, ok := s.field("proc/pressure/"+of, line)
	if !ok {
		return nil
	}
	d := time.Duration(us) * time.Microsecond
	return &d
}

// throttled sums over the control groups around this process.
func (s system) throttled() *int64 {
	var sum int64
	known := false
	for _, group := range s.controlGroups("cpu") {
		n, ok := s.field(group+"/cpu.stat", "nr_throttled ")
		known = known || ok
		sum += n
	}
	if !known {
		return nil
	}
	return &sum
}

// sector is the unit of /proc/diskstats, whatever the disk's own is.
const sector = 512

// disks reads /proc/diskstats. Flushes are its 18th column (Linux 5.5).
func (s system) disks() map[string]DiskCounters {
	out := map[string]DiskCounters{}
	text, _ := fs.ReadFile(s.files, "proc/diskstats")
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) < 20 {
			continue
		}
		out[f[0]+":"+f[1]] = DiskCounters{Written: sector * number(f[9]), Flushes: number(f[18])}
	}
	return out
}

// number of a column; 0 where it is none.
func number(text string) int64 {
	v, _ := strconv.ParseInt(text, 10, 64)
	return v
}

// processes lists all processes but one and the kernel's threads; nil where
// the kernel's threads cannot be seen, since then others cannot be either.
func (s system) processes(but int) map[int]Process {
	if text, err := fs.ReadFile(s.files, "proc/2/stat"); err != nil || !strings.Contains(string(text), "(kthreadd)") {
		return nil
	}
	entries, err := fs.ReadDir(s.files, "proc")
	if err != nil {
		return nil
	}
	out := map[int]Process{}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil || pid == but {
			continue
		}
		if p, ok := s.process(pid); ok {
			out[pid] = p
		}
	}
	return out
}

// tick is the unit of times in /proc/PID/stat: USER_HZ is 100 on all of Linux's
// architectures that Go runs on.
const tick = 10 * time.Millisecond

// kernelThread is PF_KTHREAD of the kernel's sched.h.
const kernelThread = 0x00200000

// process reads one; false where it has ended, or is one of the kernel's.
func (s system) process(pid int) (Process, bool) {
	dir := path.Join("proc", strconv.Itoa(pid))
	text, err := fs.ReadFile(s.files, dir+"/stat")
	if err != nil {
		return Process{}, false
	}
	// proc(5): the name in parentheses may hold anything; state comes after it.
	f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(f) < 20 || number(f[6])&kernelThread != 0 {
		return Process{}, false
	}
	p := Process{
		Parent: int(number(f[1])), Started: number(f[19]),
		CPU:      time.Duration(number(f[11])+number(f[12])) * tick,
		Children: time.Duration(number(f[13])+number(f[14])) * tick,
	}
	if exact, ok := cpuClock(pid); ok {
		p.CPU = exact
	}
	p.Written, _ = s.field(dir+"/io", "write_bytes: ")
	return p, true
}

// cpuClock is a process's CPU time in nanoseconds. The clock's number is made
// as clock_getcpuclockid(3) does: the complement of the pid, shifted, and
// CPUCLOCK_SCHED.
func cpuClock(pid int) (time.Duration, bool) {
	const sched = 2
	var t unix.Timespec
	err := unix.ClockGettime(int32(^pid<<3|sched), &t)
	return time.Duration(t.Nano()), err == nil
}

// RunWait is how long the threads of a process have been ready and had no core,
// in sum; nil where the kernel does not count it.
func RunWait(pid int) *time.Duration {
	dir := fmt.Sprintf("proc/%d/task", pid)
	threads, err := fs.ReadDir(here.files, dir)
	if err != nil {
		return nil
	}
	var all time.Duration
	for _, t := range threads {
		text, err := fs.ReadFile(here.files, path.Join(dir, t.Name(), "schedstat"))
		f := strings.Fields(string(text)) // time run, time waited, slices
		if err != nil || len(f) < 2 {
			continue
		}
		all += time.Duration(number(f[1]))
	}
	if all == 0 {
		return nil
	}
	return &all
}

// Device is the disk that holds a directory, by the name that Counters have for
// it; empty where it is on none that the kernel counts for (a tmpfs, an overlay).
func Device(dir string) string {
	var st unix.Stat_t
	if unix.Stat(dir, &st) != nil {
		return ""
	}
	device := st.Dev
	if unix.Major(device) == 0 {
		// btrfs and others number their own; the mount's source is the disk.
		source := here.source(deviceName(device))
		if unix.Stat(source, &st) != nil || st.Mode&unix.S_IFMT != unix.S_IFBLK {
			return ""
		}
		device = st.Rdev
	}
	// Flushes are the whole disk's, not a partition's. The path leads through a
	// link, so that it must not be shortened.
	at := "/sys/dev/block/" + deviceName(device)
	if _, err := os.Stat(at + "/partition"); err == nil {
		if whole, err := os.ReadFile(at + "/../dev"); err == nil {
			return strings.TrimSpace(string(whole))
		}
	}
	return deviceName(device)
}

func deviceName(device uint64) string {
	return fmt.Sprintf("%d:%d", unix.Major(device), unix.Minor(device))
}

// source is what is mounted under a device number; empty where nobody knows.
func (s system) source(device string) string {
	text, _ := fs.ReadFile(s.files, "proc/self/mountinfo")
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		dash := 0
		for i, word := range f {
			if word == "-" {
				dash = i
			}
		}
		if len(f) > 2 && f[2] == device && dash > 0 && dash+2 < len(f) {
			return f[dash+2]
		}
	}
	return ""
}
