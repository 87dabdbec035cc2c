//go:build unix

package results

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps a second writer out of the run that f belongs to. The kernel
// lets go of it when the process ends, however it ends.
func lock(f *os.File, dir string) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, unix.EWOULDBLOCK):
		return &Error{Path: dir, What: "another raftbench is writing this run", Do: "wait until it ends, or stop it"}
	default:
		return &Error{Path: dir, What: "cannot be locked", Err: err, Do: "use a folder on a local disk"}
	}
}
