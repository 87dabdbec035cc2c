//go:build !linux

package host

import (
	"io"
	"os/exec"
	"time"
)

const awakeSupported = false

func bindToThread(*exec.Cmd) {}

func cpuClock(int) (time.Duration, bool) { return 0, false }

// Spin is Linux's.
func Spin(io.Reader, io.Writer) error { return AwakeUnavailable() }
