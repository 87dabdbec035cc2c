package powerloss

import (
	"errors"
	"os/exec"
	"syscall"
)

// isolate keeps a terminal's Ctrl-C from the disk's process, which ends after the
// nodes that use it.
func isolate(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// Detach a disk whose process is gone, as far as this user may. Where none is mounted
// nothing is done.
func Detach(at string) {
	if errors.Is(syscall.Unmount(at, syscall.MNT_DETACH), syscall.EPERM) {
		_ = exec.Command("fusermount3", "-u", "-z", "-q", at).Run() //nolint:gosec // a directory of ours
	}
}
