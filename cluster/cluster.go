// Package cluster starts node processes, forms them into a cluster, kills,
// pauses and partitions them, and always cleans up: whatever ends the launcher, no running node
// outlives it by more than two seconds.
//
// The launcher speaks to a node over the node's stdin and stdout only, and
// the end of that channel is the end of the node. A paused node cannot notice
// that: on Linux the kernel kills it with its launcher; elsewhere it relies on
// POSIX, which continues the stopped members of a process group that is
// orphaned, and stays stopped where its adopter is of the same session.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/raftbench/raftbench/control"
)

var errStopping = errors.New("the cluster is being stopped")

// Cluster is a set of running (or killed) members.
type Cluster struct {
	spec    Spec
	members []*Member
	spawner *spawner
	lock    *dirLock

	// life ends when Stop begins, and with it every wait.
	life    context.Context
	endLife context.CancelCauseFunc

	// publish is held while the members are sent each other's addresses, so
	// that the newest are sent last.
	publish sync.Mutex
	// events is held while OnEvent or OnDeath is called.
	events sync.Mutex

	mu      sync.Mutex
	leader  string // of term, as far as events tell; empty: none known
	term    uint64
	changed chan struct{} // closed, and replaced, when a role or leader changes
	death   *DeathError
	disk    *DiskError
	store   *HostError
	died    chan struct{}

	stop    sync.Once
	stopErr error
}

// Start spawns all nodes, bootstraps from the leader, and returns when every
// node agrees on it. On error nothing but the logs is left behind.
func Start(ctx context.Context, spec Spec) (*Cluster, error) {
	if err := spec.check(); err != nil {
		return nil, err
	}
	c, err := prepare(spec)
	if err != nil {
		return nil, err
	}
	if err := c.boot(ctx); err != nil {
		if dead := c.Err(); dead != nil {
			err = dead // the cause of whatever else failed
		}
		gone, cancel := context.WithCancel(context.Background())
		cancel() // kill at once
		return nil, errors.Join(err, c.Stop(gone))
	}
	return c, nil
}

func prepare(spec Spec) (*Cluster, error) {
	lock, err := lockDir(spec.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		spec: spec, lock: lock, spawner: newSpawner(),
		changed: make(chan struct{}), died: make(chan struct{}),
	}
	c.life, c.endLife = context.WithCancelCause(context.Background())
	for _, o := range spec.Nodes {
		c.members = append(c.members, newMember(c, o))
	}
	err = os.MkdirAll(spec.LogDir, 0o755)
	for _, m := range c.members {
		err = errors.Join(err, os.MkdirAll(m.options.DataDir, 0o755))
	}
	if err != nil {
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		return nil, errors.Join(fmt.Errorf("directories of the cluster: %w", err), c.Stop(gone))
	}
	return c, nil
}

// Members in the order of the spec.
func (c *Cluster) Members() []*Member { return append([]*Member(nil), c.members...) }

// Member by id; nil when there is none.
func (c *Cluster) Member(id string) *Member {
	for _, m := range c.members {
		if m.options.ID == id {
			return m
		}
	}
	return nil
}

// Died is closed when a process that had started, or the disk of a member, ends without
// having been told to; Err then tells how.
func (c *Cluster) Died() <-chan struct{} { return c.died }

// Err is the first such death: of a disk a *DiskError, since nodes die of it; else of a
// node a *DeathError, with the tail of its log; or nil.
func (c *Cluster) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.disk != nil:
		return c.disk
	case c.death != nil:
		return c.death
	}
	return nil
}

// HostErr is the first *HostError that a running node has reported for a fault
// of the host, such as a full disk, or nil. The node may live on, and the cluster
// have no leader.
func (c *Cluster) HostErr() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.store == nil {
		return nil
	}
	return c.store
}

// bound derives a context that ends with ctx, when Stop begins, and after most,
// whichever comes first.
func (c *Cluster) bound(ctx context.Context, most time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancelTime := context.WithTimeout(ctx, most)
	ctx, cancel := context.WithCancelCause(ctx)
	if c.life.Err() != nil {
		cancel(context.Cause(c.life))
	}
	release := context.AfterFunc(c.life, func() { cancel(context.Cause(c.life)) })
	return ctx, func() { release(); cancel(context.Canceled); cancelTime() }
}

// boundWait is bound for a wait that may last until ctx's deadline, however far
// off; without a deadline it lasts for otherwise.
func (c *Cluster) boundWait(ctx context.Context, otherwise time.Duration) (context.Context, context.CancelFunc) {
	if deadline, ok := ctx.Deadline(); ok {
		otherwise = time.Until(deadline)
	}
	return c.bound(ctx, otherwise)
}

// dataDir is where a member's data stands unless its options say otherwise.
func (s *Spec) dataDir(id string) string { return filepath.Join(s.Dir, id, dataName) }

// answering are the members that have started and are not paused.
func (c *Cluster) answering() []*Member {
	var ms []*Member
	for _, m := range c.members {
		if m.answers() {
			ms = append(ms, m)
		}
	}
	return ms
}

// heard handles one event of a member's process.
func (c *Cluster) heard(m *Member, p *process, e control.Event) {
	m.note(p, e)
	if doing, failed := hostWork[e.Kind]; failed && e.Code.IsHost() {
		c.noteHostError(p, &HostError{ID: m.ID(), Code: e.Code, Doing: doing, Problem: e.Error})
	}
	c.noteLeader(m.ID(), e)
	c.tell(m.ID(), e)
}

// tell whoever asked for events.
func (c *Cluster) tell(id string, e control.Event) {
	if c.spec.OnEvent != nil {
		c.events.Lock()
		defer c.events.Unlock()
		c.spec.OnEvent(id, e)
	}
}

func (c *Cluster) noteHostError(p *process, e *HostError) {
	p.recordHostError(e)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.store == nil {
		c.store = e
	}
}

// ended handles the end of a member's process.
func (c *Cluster) ended(m *Member, p *process) {
	m.recordUsage(p)
	c.mu.Lock()
	if c.leader == m.ID() {
		c.leader = ""
	}
	c.announce()
	c.mu.Unlock()
	// A process that had not started is the error of its start, not a death.
	if p.started.Load() && !p.asked.Load() && c.life.Err() == nil {
		expected := p.diedOfFullDisk(m.LogPath()) || m.diskDeath() != nil
		c.reportDeath(death(p, m.LogPath()), expected)
	}
}

// reportDisk records the first death of a disk, and wakes those who wait for one.
func (c *Cluster) reportDisk(d *DiskError) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.disk != nil {
		return
	}
	if c.disk = d; c.death == nil {
		close(c.died)
	}
}

// reportDeath records a death, wakes those who wait for one, and calls OnDeath. One
// that had to be expected OnDeath alone hears of.
func (c *Cluster) reportDeath(d *DeathError, expected bool) {
	c.mu.Lock()
	if c.death == nil && !expected {
		if c.death = d; c.disk == nil {
			close(c.died)
		}
	}
	c.mu.Unlock()
	if c.spec.OnDeath != nil {
		c.events.Lock()
		defer c.events.Unlock()
		c.spec.OnDeath(d)
	}
}

// announce wakes those who wait for a change of roles. The caller holds c.mu.
func (c *Cluster) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}
