package bench

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// ownCPU is the CPU time that this process, the generator's, has used.
func ownCPU() time.Duration {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// throttling counts the periods in which this process's control group was
// stopped for having used up its CPU quota; 0 where there is no quota, or no
// cgroup v2.
func throttling() int64 {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if group, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return field(filepath.Join("/sys/fs/cgroup", group, "cpu.stat"), "nr_throttled ")
		}
	}
	return 0
}

// waiting is the kernel's pressure stall account of the CPU ("some"): the time
// in which at least one task was ready and had no core.
func waiting() time.Duration {
	return time.Duration(field("/proc/pressure/cpu", "some ")) * time.Microsecond
}

// field is the last number of the line that begins so; 0 when there is none.
func field(path, begins string) int64 {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer func() { _ = f.Close() }()
	for s := bufio.NewScanner(f); s.Scan(); {
		if !strings.HasPrefix(s.Text(), begins) {
			continue
		}
		number := s.Text()[strings.LastIndexAny(s.Text(), " =")+1:]
		v, _ := strconv.ParseInt(number, 10, 64)
		return v
	}
	return 0
}
