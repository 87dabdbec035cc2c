package cluster

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	gopsutil "github.com/shirou/gopsutil/v4/process"
)

// Usage is what a member has used of the host since its first start, its
// restarts included.
type Usage struct {
	// CPU is user and system time.
	CPU time.Duration
	// RSS is the resident memory when last looked at, in bytes.
	RSS int64
	// DiskWrite is how many bytes the processes caused to be sent to the
	// storage layer (write_bytes in proc(5)); what was written to the page
	// cache in the last instants before a kill is not all in it.
	DiskWrite int64
	// Data is the size of the files in the data directory, in bytes.
	Data int64
}

// Usage is read from the process; of those that ended it is remembered.
func (m *Member) Usage() (Usage, error) {
	m.mu.Lock()
	p, u := m.proc, m.spent
	m.mu.Unlock()
	if p != nil && p.running() {
		now, err := usageOf(p.cmd.Process.Pid)
		if err != nil && p.running() {
			return Usage{}, fmt.Errorf("usage of %s: %w", m.ID(), err)
		}
		u.CPU += now.CPU
		u.DiskWrite += now.DiskWrite
		u.RSS = now.RSS
	}
	size, err := dirSize(m.DataDir())
	u.Data = size
	return u, err
}

// sample reads what cannot be read of a process that has ended.
func (m *Member) sample(p *process) {
	u, err := usageOf(p.cmd.Process.Pid)
	if err != nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	p.last = u
}

// recordUsage adds what the ended process used. Its CPU time is exact: the kernel
// tells it when the process is reaped.
func (m *Member) recordUsage(p *process) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spent.CPU += p.state.UserTime() + p.state.SystemTime()
	m.spent.DiskWrite += p.last.DiskWrite
	m.spent.RSS = p.last.RSS
	m.paused = false
}

// usageOf a running process.
func usageOf(pid int) (Usage, error) {
	p, err := gopsutil.NewProcess(int32(pid))
	if err != nil {
		return Usage{}, err
	}
	cpu, err := cpuTime(pid, p)
	if err != nil {
		return Usage{}, err
	}
	memory, err := p.MemoryInfo()
	if err != nil {
		return Usage{}, err
	}
	io, err := p.IOCounters()
	if err != nil {
		return Usage{}, err
	}
	return Usage{CPU: cpu, RSS: int64(memory.RSS), DiskWrite: int64(io.DiskWriteBytes)}, nil
}

// dirSize adds up the files; those that vanish meanwhile do not count.
func dirSize(dir string) (int64, error) {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			var info fs.FileInfo
			if info, err = d.Info(); err == nil {
				size += info.Size()
			}
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return size, err
}
