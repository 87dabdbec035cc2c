package cluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/control"
)

const (
	// stopTime is how long a node may take to stop cleanly.
	stopTime = 2 * time.Second
	// reapTime is how long the kernel may take to end a killed process; one
	// that waits for its disk takes a while.
	reapTime = 10 * time.Second
)

// Stop ends every process, cleanly where it can, and removes the data (not
// the logs). A node that has not stopped after two seconds, or when ctx ends,
// is killed. A second call returns what the first did.
func (c *Cluster) Stop(ctx context.Context) error {
	c.stop.Do(func() { c.stopErr = c.end(ctx) })
	return c.stopErr
}

func (c *Cluster) end(ctx context.Context) error {
	c.endLife(errStopping)
	var all errgroup.Group
	for _, m := range c.members {
		all.Go(func() error {
			err := m.end(ctx)
			if err != nil && m.killDisk() {
				// A killed process that waits for a disk which does not answer is not
				// ended by the kernel before the disk is.
				err = m.end(ctx)
			}
			if err != nil {
				return err
			}
			return m.closeDisk()
		})
	}
	err := all.Wait()
	if err != nil {
		// The thread must outlive the process that could not be reaped, and
		// the data is still in use.
		return err
	}
	c.spawner.close()
	return errors.Join(c.removeData(), c.lock.release())
}

// end ends the member's process, if it runs.
func (m *Member) end(ctx context.Context) error {
	m.lifecycle.Lock()
	defer m.lifecycle.Unlock()
	p := m.process()
	if p == nil {
		return nil
	}
	m.sample(p)
	p.asked.Store(true)
	m.askToStop(ctx, p)
	reap, cancel := context.WithTimeout(context.Background(), reapTime)
	defer cancel()
	return p.kill(reap)
}

// askToStop gives the process stopTime to end by itself.
func (m *Member) askToStop(ctx context.Context, p *process) {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	if ctx.Err() != nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGCONT) // a paused process reads nothing
	_, _ = p.call(ctx, control.Command{Op: control.OpStop})
	select {
	case <-p.done:
	case <-ctx.Done():
	}
}

// removeData removes what the cluster made, and its directories when nothing
// else stands in them.
func (c *Cluster) removeData() error {
	if c.spec.KeepData {
		return nil
	}
	var err error
	for _, m := range c.members {
		if m.ownData {
			err = errors.Join(err, os.RemoveAll(m.DataDir()), os.RemoveAll(m.behind()))
			_ = os.Remove(filepath.Dir(m.DataDir()))
		}
	}
	return err
}
