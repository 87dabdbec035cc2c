package cluster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/raftbench/raftbench/control"
)

// Member is one node of the cluster: the process that runs, if one does, and
// what outlives it when it is restarted.
type Member struct {
	cluster *Cluster
	options control.Options
	ownData bool // the data directory is the cluster's to remove

	// lifecycle is held while the process is started, killed, stopped, paused or
	// resumed.
	lifecycle sync.Mutex
	// disk is nil where the data stands on the host's file system. It is changed under
	// both lifecycle and mu, and read under either.
	disk Disk
	// links is a lock that can be waited for with a context: it is held by whom
	// the one value in it is of. It is held while the links are changed and while
	// the process is started, paused or resumed, so that a change is wholly before
	// or wholly after those. Who needs both takes lifecycle first.
	links   chan struct{}
	network networkState // guarded by links

	mu              sync.Mutex
	proc            *process // nil before the first start
	listen          control.Listen
	paused          bool
	missedAddresses bool            // something was published while it was paused
	spent           Usage           // of the processes that ended
	onDisk          *control.OnDisk // of the last start; nil before the first
	durable         *uint64         // last reported; nil: never
}

func newMember(c *Cluster, o control.Options) *Member {
	m := &Member{cluster: c, links: make(chan struct{}, 1)}
	if o.Version == 0 {
		o.Version = control.Version
	}
	if o.DataDir == "" {
		o.DataDir, m.ownData = c.spec.dataDir(o.ID), true
	}
	m.options, m.listen, m.network = o, o.Listen, newNetworkState(o)
	return m
}

// ID of the member.
func (m *Member) ID() string { return m.options.ID }

// Site of the member.
func (m *Member) Site() string { return m.options.Site }

// PID of the current process; 0 when it does not run.
func (m *Member) PID() int {
	if p := m.process(); p != nil {
		return p.cmd.Process.Pid
	}
	return 0
}

// Listen returns the addresses that the current process published.
func (m *Member) Listen() control.Listen {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.listen
}

// LogTail is the last n lines of the node's log, oldest first.
func (m *Member) LogTail(n int) []string { return tail(m.LogPath(), n) }

// LogPath is the node's log file; the processes of a restarted member share it.
func (m *Member) LogPath() string {
	return filepath.Join(m.cluster.spec.LogDir, m.options.ID+".log")
}

// DataDir is the node's data directory.
func (m *Member) DataDir() string { return m.options.DataDir }

// Alive reports whether the process runs (a paused one does).
func (m *Member) Alive() bool { return m.process() != nil }

// process that runs now, or nil.
func (m *Member) process() *process {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.proc == nil || !m.proc.running() {
		return nil
	}
	return m.proc
}

// answers reports whether the process has started, runs and is not paused.
func (m *Member) answers() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.answersLocked()
}

// answersLocked is answers where the caller holds m.mu.
func (m *Member) answersLocked() bool {
	return m.proc != nil && m.proc.started.Load() && m.proc.running() && !m.paused
}

// OnDisk is what the last start found on the disk before raft started; ok is
// false before the first.
func (m *Member) OnDisk() (found control.OnDisk, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.onDisk == nil {
		return control.OnDisk{}, false
	}
	return *m.onDisk, true
}

// Durable is the last index that the member has reported as durable; ok is
// false where it has reported none, as with stores that promise no durability.
// The report is up to some 50 ms behind the disk and never ahead of it. It is
// kept across a kill until the next process reports: ask after Kill and before
// Restart. OnDisk().Last() after that restart must not be less.
func (m *Member) Durable() (index uint64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.durable == nil {
		return 0, false
	}
	return *m.durable, true
}

// note records what an event says about the member itself.
func (m *Member) note(p *process, e control.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case e.Kind == control.EventListening && e.Listen != nil:
		m.listen, m.onDisk = *e.Listen, e.OnDisk
		p.listens.Store(true)
	case e.Kind == control.EventDurable:
		m.durable = &e.Index
	case e.Kind == control.EventOpening:
		p.opening.Store(true)
	case e.Kind == control.EventReply && e.ID == startID && e.Error == "":
		p.started.Store(p.listens.Load())
	}
}

// begin makes a process for the member and starts the node in it: on its former
// ports if it had any, and with the state of its links.
func (m *Member) begin(ctx context.Context) error {
	release, err := m.holdLinks(ctx)
	if err != nil {
		return fmt.Errorf("start of %s: %w", m.ID(), err)
	}
	defer release()
	if err := m.readyDisk(ctx); err != nil {
		return err
	}
	p, err := m.launch(ctx)
	if err != nil {
		return &StartError{ID: m.ID(), Code: launchCode(err), Err: err}
	}
	m.mu.Lock()
	m.proc, m.paused, m.missedAddresses = p, false, false
	p.setFull(m.network.disk.Full)
	o := m.network.handOver(m.options)
	o.Listen = m.listen
	m.mu.Unlock()
	// A node need not pretend what its disk does.
	o.Storage.PowerLoss = o.Storage.PowerLoss && m.disk == nil
	if _, err := p.call(ctx, control.Command{Op: control.OpStart, Start: &o}); err != nil {
		return m.startFailed(p, err)
	}
	if !p.listens.Load() {
		return m.startFailed(p, errors.New("it answered, but never said where it listens"))
	}
	return nil
}

// launch makes a process, which waits for its first command.
func (m *Member) launch(ctx context.Context) (*process, error) {
	cmd, err := m.cluster.spec.Start(ctx, m.ID())
	if err != nil {
		return nil, err
	}
	return launch(m.cluster.spawner, m.ID(), cmd, m.LogPath(),
		func(p *process, e control.Event) { m.cluster.heard(m, p, e) },
		func(p *process) { m.cluster.ended(m, p) })
}

// ask sends the current process a command that takes it no time to speak of.
func (m *Member) ask(ctx context.Context, c control.Command) (control.Event, error) {
	return m.call(ctx, m.cluster.spec.callTimeout(), c)
}

// call sends the current process a command that may take as long as most.
func (m *Member) call(ctx context.Context, most time.Duration, c control.Command) (control.Event, error) {
	p := m.process()
	if p == nil {
		return control.Event{}, fmt.Errorf("%s: %s does not run", c.Op, m.ID())
	}
	ctx, cancel := m.cluster.bound(ctx, most)
	defer cancel()
	return p.call(ctx, c)
}

// peer is the member as the others know it.
func (m *Member) peer() control.Peer {
	l := m.Listen()
	return control.Peer{ID: m.ID(), Raft: l.Raft, Peer: l.Peer, Client: l.Client}
}
