package host

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"testing/fstest"
	"time"
)

// What the kernel does not tell is not the same as nothing having happened.
func TestWhatTheKernelDoesNotTellIsNotZero(t *testing.T) {
	bare := system{fstest.MapFS{}}
	if got := bare.pressure("cpu", "some "); got != nil {
		t.Errorf("without PSI: waited %v, want unknown", *got)
	}
	if got := bare.throttled(); got != nil {
		t.Errorf("without control groups: throttled %d times, want unknown", *got)
	}
	if got := bare.processes(1); got != nil {
		t.Errorf("without /proc: %v, want unknown", got)
	}
	// In a container all processes that can be seen are not all there are.
	inside := files(map[string]string{"proc/1/stat": stat("init", 0, "0", "1", "1", "5"), "proc/2/stat": stat("app", 1, "0", "1", "1", "6")})
	if got := inside.processes(9); got != nil {
		t.Errorf("in a container: %v, want unknown", got)
	}
	var none Counters
	a := none.Since(none, nil)
	if a.Busy != nil || a.Steal != nil || a.CPUWait != nil || a.DiskWait != nil || a.Foreign != nil || len(a.Disks) > 0 {
		t.Errorf("of nothing: got %+v", a)
	}
}

// stat is a line of proc(5) with times in ticks.
func stat(name string, parent int, flags, ticks, children, started string) string {
	return "7 (" + name + ") S " + strconv.Itoa(parent) + " 0 0 0 0 " + flags + " 0 0 0 0 " + ticks + " 0 " + children + " 0 20 0 1 0 " + started + " 0 0"
}

func TestCountersAreReadAsTheKernelWritesThem(t *testing.T) {
	s := files(map[string]string{
		"proc/pressure/cpu":           "some avg10=1.00 avg60=2.00 avg300=3.00 total=5000\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n",
		"proc/pressure/io":            "some avg10=1.00 avg60=2.00 avg300=3.00 total=70\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=30\n",
		"proc/self/cgroup":            "0::/a\n",
		"sys/fs/cgroup/a/cpu.stat":    "usage_usec 1\nnr_throttled 4\nthrottled_usec 3\n",
		"proc/diskstats":              " 254       0 vda 701801 165237 16369002 1818936 6423995 597629 100 1794919 0 830236 4011587 519734 76 44191296 84341 55 313390\n",
		"proc/2/stat":                 stat("kthreadd", 0, "2097216", "9", "0", "1"),
		"proc/999999/stat":            stat("a) b (c", 1, "4194560", "150", "20", "77"),
		"proc/999999/io":              "rchar: 1\nwchar: 2\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n",
		"proc/self/mountinfo":         "27 1 0:42 / /data rw,relatime shared:1 - btrfs /dev/sda2 rw\n",
		"proc/999998/stat":            "torn",
		"proc/not-a-number/something": "",
	})
	if d := s.pressure("cpu", "some "); d == nil || *d != 5*time.Millisecond {
		t.Errorf("CPU pressure %v, want 5 ms", d)
	}
	if d := s.pressure("io", "full "); d == nil || *d != 30*time.Microsecond {
		t.Errorf("full I/O pressure %v, want 30 µs", d)
	}
	if n := s.throttled(); n == nil || *n != 4 {
		t.Errorf("throttled %v, want 4", n)
	}
	if d := s.disks()["254:0"]; d != (DiskCounters{Written: 100 * 512, Flushes: 55}) {
		t.Errorf("disk %+v, want 51200 bytes and 55 flushes", d)
	}
	want := Process{Parent: 1, Started: 77, CPU: 1500 * time.Millisecond, Children: 200 * time.Millisecond, Written: 4096}
	if p := s.processes(1); len(p) != 1 || p[999999] != want {
		t.Errorf("processes %+v, want one: %+v", p, want)
	}
	if got := s.source("0:42"); got != "/dev/sda2" {
		t.Errorf("0:42 is %q, want /dev/sda2", got)
	}
}

// The real kernel's files are read, and its own threads are no processes.
func TestThisHostIsRead(t *testing.T) {
	c := ReadCounters(t.Context())
	if c.Cores < 1 || c.Idle == nil || c.Steal == nil {
		t.Errorf("got %+v, want cores, idle time and steal", c)
	}
	if _, listed := c.Processes[os.Getpid()]; listed {
		t.Error("this process is listed among the others")
	}
	if d := Device(t.TempDir()); d != "" && len(c.Disks) > 0 {
		if _, counted := c.Disks[d]; !counted {
			t.Errorf("the directory's disk %s is not among %v", d, c.Disks)
		}
	}
	if d := Device(filepath.Join(t.TempDir(), "not-there")); d != "" {
		t.Errorf("a directory that is not there is on %q", d)
	}
}
