package cluster

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
)

// stopped reports whether every thread of the process is in state T, stopped
// by a signal (proc(5)). The signal stops them one after the other.
func stopped(pid int) (bool, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		return false, fmt.Errorf("process %d is gone", pid)
	}
	for _, path := range threads {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // a thread that has just ended
		}
		// The command's name, in parentheses, may itself hold any character.
		i := bytes.LastIndexByte(stat, ')')
		if i < 0 || len(stat) < i+3 {
			return false, fmt.Errorf("%s: got %q, wanted a state after the name", path, stat)
		}
		if stat[i+2] != 'T' {
			return false, nil
		}
	}
	return true, nil
}
