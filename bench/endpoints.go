package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// attachBound is how long the endpoints of a running cluster may take to
// answer.
const attachBound = 10 * time.Second

// attach makes a rig of a cluster that somebody else runs: the generator and
// the audit only. What it wrote is deleted when the trial ends.
func attach(ctx context.Context, job Job, addresses []string) (_ *rig, err error) {
	r := newRig(job)
	ctx, cancel := context.WithTimeout(ctx, attachBound)
	defer cancel()
	defer func() {
		if err != nil {
			r.disconnect()
		}
	}()
	for _, a := range addresses {
		p := place{a, a, func(ctx context.Context) (*client.Client, error) { return r.connect(ctx, a, a, nil) }}
		c, err := p.dial(ctx)
		if err != nil {
			return nil, err
		}
		if _, err := c.Status(ctx); err != nil {
			return nil, fmt.Errorf("%s does not answer as an etcd API: %w", a, err)
		}
		r.endpoints = append(r.endpoints, p)
	}
	return r, nil
}

func newRig(job Job) *rig {
	r := &rig{setup: job.Setup, seed: job.Seed, events: &timeline{}, prefix: keyPrefix()}
	r.ledger = check.NewLedger(r.prefix)
	w := job.Setup.Workload
	if job.Kind == results.Proof || w.ReadRatio > 0 && w.Reads != serializable {
		r.history = check.NewHistory(r.prefix, 0, 0)
	}
	return r
}

// keyPrefix is new for every trial, also of other runs on the same servers:
// what one left behind must not be taken for what another wrote. Its length is
// configs.KeyPrefixSize.
func keyPrefix() string {
	var b [configs.KeyPrefixSize]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return "rb" + hex.EncodeToString(b[:])[:configs.KeyPrefixSize-3] + "/"
}

// leadingEndpoint is the endpoint that says it leads.
func (r *rig) leadingEndpoint(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, attachBound)
	defer cancel()
	for _, p := range r.endpoints {
		c, err := p.dial(ctx)
		if err != nil {
			return "", err
		}
		s, err := c.Status(ctx)
		if err != nil {
			return "", fmt.Errorf("status of %s: %w", p.id, err)
		}
		if s.Leader != 0 && s.Leader == s.MemberID {
			return p.id, nil
		}
	}
	if r.setup.Workload.Target == "leader" {
		return "", errors.New("none of the endpoints leads: name all members in --endpoints, or set workload.target to all")
	}
	return "", nil
}

// leaveEndpoints deletes what the trial wrote: the cluster is not ours.
func (r *rig) leaveEndpoints(ctx context.Context) error {
	for _, c := range r.clients {
		if err := c.DeletePrefix(ctx, r.prefix); err == nil {
			return nil
		}
	}
	return fmt.Errorf("keys that begin with %q could not be deleted from the endpoints", r.prefix)
}
