//go:build unix && !linux

package cluster

import (
	"os/exec"
	"syscall"
)

// isolate gives the process a group of its own, so that Ctrl-C reaches the
// launcher only. Without Linux's Pdeathsig only the end of its stdin tells a
// node that its launcher was killed, and a node that was paused just then
// stays stopped until someone resumes or kills it.
func isolate(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}
