//go:build !linux

package powerloss

import (
	"errors"
	"os/exec"
)

// Disk is a mounted directory.
type Disk struct{}

// Lost is what a cut of the power took.
type Lost struct {
	Names int   `json:"names"`
	Files int   `json:"files"`
	Bytes int64 `json:"bytes"`
}

var errLinux = errors.New("power loss: the disk whose power can be cut is a file system in user space, which is served on Linux alone")

// Available tells why no disk can be mounted on this host.
func Available() error { return errLinux }

// Mount always fails.
func Mount(_, _ string) (*Disk, error) { return nil, errLinux }

// Unmount does nothing.
func (d *Disk) Unmount() error { return nil }

// Unmounted is never closed.
func (d *Disk) Unmounted() <-chan struct{} { return nil }

// Lose does nothing.
func (d *Disk) Lose() (Lost, error) { return Lost{}, errLinux }

func isolate(*exec.Cmd) {}

// Detach does nothing.
func Detach(string) {}
