//go:build unix && !linux

package cluster

import (
	"os/exec"
	"syscall"
)

// isolate gives the process a group of its own, so that Ctrl-C reaches the
// launcher only. There is no Pdeathsig here: a node sees the end of its stdin,
// and a paused one must first be continued, which POSIX does for the stopped
// members of a process group that its parent's end leaves orphaned.
func isolate(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}
