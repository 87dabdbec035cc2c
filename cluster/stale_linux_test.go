package cluster

import (
	"fmt"
	"os"
	"syscall"
	"testing"
)

// A launcher that was killed with all its children leaves disks that nobody serves: their
// data goes with the rest, at the first try.
func TestRemoveStaleDetachesADeadDisk(t *testing.T) {
	left := t.TempDir()
	lock, err := lockDir(left + "/run/trial")
	if err != nil {
		t.Fatal(err)
	}
	data := left + "/run/trial/n1/data"
	if err := os.MkdirAll(data, 0o755); err != nil {
		t.Fatal(err)
	}
	server, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("wants a host that may serve disks: %v", err)
	}
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=%d,group_id=%d", server.Fd(), os.Getuid(), os.Getgid())
	if err := syscall.Mount("raftbench", data, "fuse", 0, options); err != nil {
		t.Skipf("wants a user who may mount: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(data, syscall.MNT_DETACH) })
	if err := server.Close(); err != nil { // as the kernel does for a process that is killed
		t.Fatal(err)
	}
	if err := lock.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := RemoveStale(left); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(left + "/run/trial/n1"); !os.IsNotExist(err) {
		t.Errorf("got %v, want the data of n1 gone", err)
	}
}
