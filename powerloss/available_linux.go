package powerloss

import (
	"fmt"
	"os"
	"os/exec"
)

// Available tells why no disk can be mounted on this host; nil where one can, as far
// as can be told without trying.
func Available() error {
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("power loss: a file system in user space needs /dev/fuse: %w", err)
	}
	_ = f.Close()
	if os.Geteuid() != 0 {
		if _, err := exec.LookPath("fusermount3"); err != nil {
			return fmt.Errorf("power loss: mounting as a user needs fusermount3 (Debian's package fuse3): %w", err)
		}
	}
	return nil
}
