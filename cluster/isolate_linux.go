package cluster

import (
	"os/exec"
	"syscall"
)

// isolate gives the process a group of its own, so that Ctrl-C reaches the
// launcher only, and binds its life to the thread that starts it: a paused
// node cannot notice that its stdin closed, but SIGKILL reaches it.
func isolate(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
}
