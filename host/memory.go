package host

import (
	"fmt"
	"os"

	"github.com/shirou/gopsutil/v4/mem"
)

// AvailableMemory is how many bytes new processes may take before the host
// swaps, or the control group that this process is in kills one of its own.
func AvailableMemory() (int64, error) {
	m, err := mem.VirtualMemory()
	if err != nil {
		return 0, fmt.Errorf("the host's memory: %w", err)
	}
	available := int64(m.Available)
	if room, limited := here.groupMemory(); limited {
		available = min(available, room)
	}
	return available, nil
}

// here is the host that this process runs on.
var here = system{os.DirFS("/")}

// groupMemory is what is left of the tightest memory limit of the control
// groups that this process is in; false where none has a limit. Cached file
// pages that nobody used of late count as free: the kernel drops them before it
// kills.
func (s system) groupMemory() (least int64, limited bool) {
	for _, group := range s.controlGroups("memory") {
		for _, names := range []struct{ limit, used, cached string }{
			{"memory.max", "memory.current", "inactive_file "},
			{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "},
		} {
			limit, ok := s.number(group + "/" + names.limit)
			used, known := s.number(group + "/" + names.used)
			if !ok || !known {
				continue
			}
			cached, _ := s.field(group+"/memory.stat", names.cached)
			if room := max(0, limit-used+cached); !limited || room < least {
				least, limited = room, true
			}
		}
	}
	return least, limited
}
