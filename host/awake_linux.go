package host

import (
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"runtime/debug"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
)

const awakeSupported = true

// bindToThread gives the process a group of its own, so that Ctrl-C reaches its
// launcher only, and binds its life to the thread that starts it.
func bindToThread(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// Spin keeps each core that this process may use busy, in the idle scheduling
// class, until in ends. It belongs into a process of its own, which must end
// when Spin returns: the spinners go on.
func Spin(in io.Reader, out io.Writer) error {
	var all unix.CPUSet
	if err := unix.SchedGetaffinity(0, &all); err != nil {
		return fmt.Errorf("spin: %w", err)
	}
	// Spinners hold a processor of Go's each for good; reading in needs another.
	runtime.GOMAXPROCS(all.Count() + 2)
	debug.SetGCPercent(-1)
	var ready sync.WaitGroup
	errs := make(chan error, all.Count())
	for core, found := 0, 0; found < all.Count(); core++ {
		if !all.IsSet(core) {
			continue
		}
		found++
		ready.Add(1)
		go func() {
			err := idleOn(core)
			errs <- err
			ready.Done()
			for turns := 0; err == nil; turns++ {
			}
		}()
	}
	ready.Wait()
	for range all.Count() {
		if err := <-errs; err != nil {
			return fmt.Errorf("spin: %w", err)
		}
	}
	if _, err := fmt.Fprintln(out, awakeLine); err != nil {
		return err
	}
	_, err := io.Copy(io.Discard, in)
	return err
}

// idleOn binds this goroutine to a core, in the idle scheduling class.
func idleOn(core int) error {
	runtime.LockOSThread()
	var one unix.CPUSet
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_IDLE}, 0)
}
