//go:build unix && !linux

package cluster

import (
	"time"

	gopsutil "github.com/shirou/gopsutil/v4/process"
)

// cpuTime is what the system tells of the process.
func cpuTime(_ int, p *gopsutil.Process) (time.Duration, error) {
	t, err := p.Times()
	if err != nil {
		return 0, err
	}
	return time.Duration((t.User + t.System) * float64(time.Second)), nil
}
