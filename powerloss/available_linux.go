package powerloss

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
)

// Available tells why no disk can be mounted on this host; nil where one can. One is
// mounted in a temporary folder to see, at the first call: a container's root may have
// /dev/fuse, and yet not the right to mount.
func Available() error { return available() }

var available = sync.OnceValue(func() error {
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("power loss: a file system in user space needs /dev/fuse: %w", err)
	}
	defer func() { _ = f.Close() }()
	dir, err := os.MkdirTemp("", "raftbench-power-loss-*")
	if err != nil {
		return fmt.Errorf("power loss: a folder to mount a disk at: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	denied := tryItself(f, dir)
	if denied == nil {
		return nil
	}
	if _, err := exec.LookPath("fusermount3"); err != nil {
		return fmt.Errorf("power loss: mounting needs the right to (CAP_SYS_ADMIN), or fusermount3 (Debian's package fuse3): %w", errors.Join(denied, err))
	}
	return tryHelped(dir)
})

// tryItself mounts a file system that nobody serves, and takes it away again.
func tryItself(f *os.File, at string) error {
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d", f.Fd(), os.Geteuid(), os.Getegid())
	if err := syscall.Mount("raftbench-power-loss", at, "fuse.raftbench", syscall.MS_NOSUID|syscall.MS_NODEV, options); err != nil {
		return os.NewSyscallError("mount", err)
	}
	return os.NewSyscallError("umount", syscall.Unmount(at, syscall.MNT_DETACH))
}

// tryHelped mounts a disk with the help of fusermount3.
func tryHelped(dir string) error {
	behind, at := filepath.Join(dir, "behind"), filepath.Join(dir, "at")
	if err := errors.Join(os.Mkdir(behind, 0o700), os.Mkdir(at, 0o700)); err != nil {
		return fmt.Errorf("power loss: a folder to mount a disk at: %w", err)
	}
	d, err := Mount(behind, at)
	if err != nil {
		return err
	}
	return d.Unmount()
}
