package host

import (
	"os"

	"golang.org/x/sys/unix"
)

// datasync is what bbolt calls on Linux.
func datasync(f *os.File) error { return unix.Fdatasync(int(f.Fd())) }
