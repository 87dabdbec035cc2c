// Package cluster spawns node processes, forms them into a cluster, harms
// them, and always cleans up: whatever ends the launcher, no running node
// outlives it by more than two seconds.
package cluster

import (
	"context"
	"os/exec"
	"time"

	"github.com/raftbench/raftbench/control"
)

// Starter says how a node's process is started: locally, or through ssh,
// docker exec or kubectl exec, whose stdio carries the same channel.
type Starter func(ctx context.Context, id string) (*exec.Cmd, error)

// Local starts `binary node` on this host.
func Local(binary string) Starter {
	return func(context.Context, string) (*exec.Cmd, error) { return exec.Command(binary, "node"), nil }
}

// Spec is the cluster that is wanted.
type Spec struct {
	Start Starter
	// Dir receives data directories (Dir/<id>/data, removed by Stop unless
	// KeepData); LogDir each node's log, <id>.log.
	Dir, LogDir string
	KeepData    bool
	// Nodes in order; DataDir and Listen are filled in when empty.
	Nodes []control.Options
	// Leader is the id of the node to lead, or empty for any.
	Leader string
	// BootTimeout bounds the way to an agreed leader; zero means 15 s.
	BootTimeout time.Duration
	// OnEvent sees every event of every node, in the order of its arrival;
	// calls are serialised.
	OnEvent func(id string, e control.Event)
}

// Cluster is a set of running (or killed) members.
type Cluster struct{}

// Member is one node process.
type Member struct{}

// Start spawns all nodes, bootstraps from the leader, and returns when every
// node agrees on it. On error nothing is left behind.
func Start(ctx context.Context, spec Spec) (*Cluster, error) { panic("being built") }

// Members in the order of the spec.
func (c *Cluster) Members() []*Member { panic("being built") }

// Member by id; nil when there is none.
func (c *Cluster) Member(id string) *Member { panic("being built") }

// Leader waits until all live members agree on a live leader, or ctx ends.
func (c *Cluster) Leader(ctx context.Context) (*Member, uint64, error) { panic("being built") }

// Current is the leader that the latest term's events name, without waiting;
// nil when none is known.
func (c *Cluster) Current() (*Member, uint64) { panic("being built") }

// Transfer hands leadership to the member called id, and verifies it.
func (c *Cluster) Transfer(ctx context.Context, id string) error { panic("being built") }

// Stop ends every process, cleanly where it can, and removes the data.
func (c *Cluster) Stop(ctx context.Context) error { panic("being built") }

// ID of the member.
func (m *Member) ID() string { panic("being built") }

// Site of the member.
func (m *Member) Site() string { panic("being built") }

// PID of the current process; 0 when it does not run.
func (m *Member) PID() int { panic("being built") }

// Listen returns the addresses that the current process published.
func (m *Member) Listen() control.Listen { panic("being built") }

// LogPath is the node's log file.
func (m *Member) LogPath() string { panic("being built") }

// DataDir is the node's data directory.
func (m *Member) DataDir() string { panic("being built") }

// Alive reports whether the process runs (a paused one does).
func (m *Member) Alive() bool { panic("being built") }

// Died is closed when a process ends unasked; Err then tells how, with the
// tail of its log.
func (c *Cluster) Died() <-chan struct{} { panic("being built") }

// Err is the first unasked death, or nil.
func (c *Cluster) Err() error { panic("being built") }

// Kill sends SIGKILL and returns when the process is reaped. The instant
// returned is just before the signal, on CLOCK_MONOTONIC in ns.
func (m *Member) Kill(ctx context.Context) (atNS int64, err error) { panic("being built") }

// Pause sends SIGSTOP and waits until the process is stopped.
func (m *Member) Pause(ctx context.Context) error { panic("being built") }

// Resume sends SIGCONT.
func (m *Member) Resume(ctx context.Context) error { panic("being built") }

// Restart starts the node again on its old data and waits until it listens.
func (m *Member) Restart(ctx context.Context) error { panic("being built") }

// Stats asks the node.
func (m *Member) Stats(ctx context.Context) (control.Stats, error) { panic("being built") }

// Links does a fault to the node's outgoing links.
func (m *Member) Links(ctx context.Context, f control.Fault) error { panic("being built") }

// Apply has the node write from inside itself.
func (m *Member) Apply(ctx context.Context, a control.Apply) (control.ApplyResult, error) {
	panic("being built")
}
