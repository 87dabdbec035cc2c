package cluster

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/raftbench/raftbench/control"
)

// DefaultBootTimeout bounds the way to an agreed leader where the Spec does
// not.
const DefaultBootTimeout = 15 * time.Second

// DefaultCallTimeout bounds each thing asked of a running node where the Spec
// does not.
const DefaultCallTimeout = 10 * time.Second

// Starter says how a node's process is started: locally, or through ssh,
// docker exec or kubectl exec, whose stdio carries the same channel. The
// command it returns must not be started yet, its stdio not set.
type Starter func(ctx context.Context, id string) (*exec.Cmd, error)

// Local starts `binary node` on this host.
func Local(binary string) Starter {
	return func(context.Context, string) (*exec.Cmd, error) { return exec.Command(binary, "node"), nil }
}

// Spec is the cluster that is wanted.
type Spec struct {
	Start Starter
	// Dir receives data directories (Dir/<id>/data, removed by Stop unless
	// KeepData); LogDir each node's log, <id>.log. Both are made when missing.
	Dir, LogDir string
	KeepData    bool
	// Mount has each data directory stand on a disk of its own, whose power is cut
	// before each start but the first; nil: on the host's file system.
	Mount Mounter
	// Nodes in order; DataDir and Listen are filled in when empty.
	Nodes []control.Options
	// Leader is the id of the node to lead, or empty for any.
	Leader string
	// BootTimeout bounds the way to an agreed leader; zero means
	// DefaultBootTimeout.
	BootTimeout time.Duration
	// CallTimeout bounds each thing asked of a running node, also where the
	// caller has more time, so that one node that hangs holds nothing up for
	// long; zero means DefaultCallTimeout. What takes longer by its nature (a
	// start, Leader, Transfer, Calibrate, Apply) has a bound of its own.
	CallTimeout time.Duration
	// OnEvent is called with every event of every node, in the order of arrival,
	// one call at a time. It must return soon and call no method that asks a node
	// something: the answer would wait for OnEvent to return.
	OnEvent func(id string, e control.Event)
	// OnDeath is called with every death, of which Died tells the first that was not
	// to be expected. The same holds for it.
	OnDeath func(*DeathError)
}

// check reports what cannot work, before anything is started.
func (s *Spec) check() error {
	switch {
	case s.Start == nil:
		return errors.New("cluster without a Starter: nothing says how a node is started")
	case s.Dir == "" || s.LogDir == "":
		return fmt.Errorf("cluster with data in %q and logs in %q: both must be named", s.Dir, s.LogDir)
	case len(s.Nodes) == 0:
		return errors.New("cluster of 0 nodes: wanted at least 1")
	}
	seen := map[string]bool{}
	for _, o := range s.Nodes {
		if o.ID == "" || seen[o.ID] {
			return fmt.Errorf("node id %q: got it empty or twice, wanted each node's own", o.ID)
		}
		seen[o.ID] = true
	}
	if s.Leader != "" && !seen[s.Leader] {
		return fmt.Errorf("leader %q is none of the %d nodes", s.Leader, len(s.Nodes))
	}
	return nil
}

func (s *Spec) bootTimeout() time.Duration {
	if s.BootTimeout > 0 {
		return s.BootTimeout
	}
	return DefaultBootTimeout
}

func (s *Spec) callTimeout() time.Duration {
	if s.CallTimeout > 0 {
		return s.CallTimeout
	}
	return DefaultCallTimeout
}

// first is the node that bootstraps the cluster. Only it has a configuration
// then, so only it can stand for the first election.
func (s *Spec) first() string {
	if s.Leader != "" {
		return s.Leader
	}
	return s.Nodes[0].ID
}
