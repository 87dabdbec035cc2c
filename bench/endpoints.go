package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
)

// attachBound is how long the endpoints of a running cluster may take to
// answer.
const attachBound = 10 * time.Second

// endpoints are a System that somebody else runs: it is loaded and audited, and
// nothing of it is metered or harmed. What the trial wrote is deleted at its
// end.
type endpoints struct {
	workload    configs.Workload
	prefix      string // of the trial's keys
	servers     []Server
	connections connections
}

// attach connects to the endpoints of a running cluster.
func attach(ctx context.Context, job Job, addresses []string, prefix string) (_ *endpoints, err error) {
	e := &endpoints{workload: job.Setup.Workload, prefix: prefix}
	ctx, cancel := context.WithTimeout(ctx, attachBound)
	defer cancel()
	defer func() {
		if err != nil {
			e.connections.close()
		}
	}()
	for _, a := range addresses {
		s := Server{a, a, func(ctx context.Context) (*client.Client, error) { return e.connections.open(ctx, a, a, nil) }}
		c, err := s.Dial(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := c.Status(ctx); err != nil {
			return nil, fmt.Errorf("%s does not answer as an etcd API: %w", a, err)
		}
		e.servers = append(e.servers, s)
	}
	return e, nil
}

// Servers implements System.
func (e *endpoints) Servers() []Server { return e.servers }

// Members implements System: there is none to be harmed.
func (e *endpoints) Members() []Member { return nil }

// Health implements System.
func (e *endpoints) Health() error { return nil }

// Boot implements System.
func (e *endpoints) Boot() time.Duration { return 0 }

// Read implements System: of servers elsewhere only the latency is known.
func (e *endpoints) Read(context.Context) (usage, error) { return usage{}, nil }

// ReadCounters implements System.
func (e *endpoints) ReadCounters(context.Context) (usage, error) { return usage{}, nil }

// BeginSpans implements System: servers that are not ours note nothing.
func (e *endpoints) BeginSpans(context.Context) error { return nil }

// Spans implements System.
func (e *endpoints) Spans(context.Context) (map[string]control.Spans, error) { return nil, nil }

// Links implements System: they are not ours.
func (e *endpoints) Links() []link { return nil }

// Probe implements System.
func (e *endpoints) Probe(context.Context, []link) map[string]error { return nil }

// Leader implements System: the endpoint that says it leads. Where the load goes
// to all of them, none need say so.
func (e *endpoints) Leader(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, attachBound)
	defer cancel()
	for _, server := range e.servers {
		c, err := server.Dial(ctx)
		if err != nil {
			return "", err
		}
		s, err := c.Status(ctx)
		if err != nil {
			return "", fmt.Errorf("status of %s: %w", server.ID, err)
		}
		if s.Leader != 0 && s.Leader == s.MemberID {
			return server.ID, nil
		}
	}
	if e.workload.Target == targetLeader {
		return "", errors.New("none of the endpoints leads: name all members in --endpoints, or set workload.target to all")
	}
	return "", nil
}

// Stop implements System: it deletes what the trial wrote.
func (e *endpoints) Stop(ctx context.Context) error {
	defer e.connections.close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBound)
	defer cancel()
	for _, c := range e.connections.all() {
		if err := c.DeletePrefix(ctx, e.prefix); err == nil {
			return nil
		}
	}
	return fmt.Errorf("keys that begin with %q could not be deleted from the endpoints", e.prefix)
}
