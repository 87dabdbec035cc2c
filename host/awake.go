package host

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Awake is a process that keeps this host's cores from halting: a spinner a core,
// in the scheduler's idle class, which gives way to all other work at once. On a
// virtual machine much of a light-load latency is the waking of halted cores, and
// so a matter of the rate; kept awake it is not.
//
// It is a process of its own since spinning goroutines would hold the load
// generator's processors. It ends with the process that started it.
type Awake struct {
	cmd  *exec.Cmd
	in   io.Closer
	done chan struct{}
}

const (
	// awakeLine is what the spinning process says when all its spinners run.
	awakeLine = "awake"
	// awakeBound is far above what a process takes to start.
	awakeBound = 10 * time.Second
)

// AwakeUnavailable tells why this host's cores cannot be kept awake; nil where
// they can.
func AwakeUnavailable() error {
	if !awakeSupported {
		return fmt.Errorf("got %s, which has no idle scheduling class to spin in, wanted Linux", runtime.GOOS)
	}
	if here.cpuQuota() {
		return errors.New("got a control group with a CPU quota, which spinning would use up, wanted none")
	}
	return nil
}

// KeepAwake starts a process that runs Spin, and returns when it does.
func KeepAwake(spinner *exec.Cmd) (*Awake, error) {
	if err := AwakeUnavailable(); err != nil {
		return nil, err
	}
	in, err := spinner.StdinPipe()
	if err != nil {
		return nil, err
	}
	// A pipe of ours, not StdoutPipe: Wait would close that one under the reader.
	out, said, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	spinner.Stdout = said
	bindToThread(spinner)
	a := &Awake{cmd: spinner, in: in, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		// Linux kills the child when the thread that started it ends (golang/go#27505):
		// this one stays until the child has ended.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(a.done)
		err := spinner.Start()
		_ = said.Close()
		started <- err
		if err == nil {
			_ = spinner.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, out.Close(), in.Close())
	}
	defer func() { _ = out.Close() }()
	_ = out.SetReadDeadline(time.Now().Add(awakeBound))
	line := make([]byte, len(awakeLine)+1)
	if n, err := io.ReadFull(out, line); err != nil || strings.TrimSpace(string(line)) != awakeLine {
		a.Stop()
		return nil, fmt.Errorf("keep the cores awake: %s said %q, wanted %q (%w)", spinner.Path, line[:n], awakeLine, err)
	}
	return a, nil
}

// PID of the process.
func (a *Awake) PID() int { return a.cmd.Process.Pid }

// CPU is what the spinners have used.
func (a *Awake) CPU() time.Duration {
	used, _ := cpuClock(a.PID())
	return used
}

// Stop ends the process, and waits until it has ended.
func (a *Awake) Stop() {
	_ = a.in.Close()
	select {
	case <-a.done:
	case <-time.After(time.Second):
		_ = a.cmd.Process.Kill()
		<-a.done
	}
}

// cpuQuota tells whether a control group around this process has one.
func (s system) cpuQuota() bool {
	for _, group := range s.controlGroups("cpu") {
		// Version 2: "max 100000" or "50000 100000"; version 1: -1 for none.
		if text, ok := s.text(group + "/cpu.max"); ok && !strings.HasPrefix(text, "max") {
			return true
		}
		if quota, ok := s.number(group + "/cpu.cfs_quota_us"); ok && quota > 0 {
			return true
		}
	}
	return false
}
