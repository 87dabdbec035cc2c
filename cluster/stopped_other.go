//go:build unix && !linux

package cluster

import (
	"slices"

	gopsutil "github.com/shirou/gopsutil/v4/process"
)

// stopped reports whether the process is stopped by a signal.
func stopped(pid int) (bool, error) {
	p, err := gopsutil.NewProcess(int32(pid))
	if err != nil {
		return false, err
	}
	states, err := p.Status()
	return slices.Contains(states, gopsutil.Stop), err
}
