package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/units"
)

// runningCluster is an etcd-API cluster that somebody else runs.
type runningCluster struct {
	endpoints       []string
	members         int
	engine, version string
}

// inspectBound is how long all endpoints together may take to answer.
const inspectBound = 8 * time.Second

// ourMark is in the version that raftbench's own nodes tell.
const ourMark = "+raftbench"

// onThisMachine refuses endpoints elsewhere: a load generator is no toy to
// point at other people's servers.
func onThisMachine(endpoints []string) error {
	for _, e := range endpoints {
		address, port, err := net.SplitHostPort(e)
		if err != nil || port == "" {
			return usage(fmt.Errorf("--endpoints %s: want host:port", e), "such as 127.0.0.1:2379")
		}
		ip := net.ParseIP(address)
		if address != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return usage(fmt.Errorf("--endpoints %s: not an address of this machine's loopback", e),
				"reach a cluster elsewhere through a tunnel, such as ssh -L")
		}
	}
	return nil
}

// inspect asks every endpoint who it is, and the cluster for its members. All
// of them must be named: the audit holds every replica against the ledger.
func inspect(ctx context.Context, endpoints []string) (*runningCluster, error) {
	ctx, cancel := context.WithTimeout(ctx, inspectBound)
	defer cancel()
	c := &runningCluster{endpoints: endpoints}
	named := map[uint64]string{}
	var members []client.Member
	for _, e := range endpoints {
		status, all, err := ask(ctx, e)
		if err != nil {
			return nil, usage(fmt.Errorf("--endpoints: %w", err), "")
		}
		if other, again := named[status.MemberID]; again {
			return nil, usage(fmt.Errorf("--endpoints: %s and %s are the same member", other, e), "name every member once")
		}
		named[status.MemberID], members, c.version = e, all, status.Version
	}
	c.members = len(members)
	if err := complete(named, members); err != nil {
		return nil, err
	}
	c.engine = configs.EngineEtcd
	if strings.Contains(c.version, ourMark) {
		c.engine = configs.EngineHashicorp
	}
	return c, nil
}

func ask(ctx context.Context, endpoint string) (s client.Status, members []client.Member, err error) {
	c, err := client.Dial(ctx, endpoint, nil)
	if err != nil {
		return s, nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if s, err = c.Status(ctx); err != nil {
		return s, nil, err
	}
	members, err = c.Members(ctx)
	return s, members, err
}

// complete tells whether those named are the members, all of them and nobody
// else.
func complete(named map[uint64]string, members []client.Member) error {
	strangers := len(named)
	var missing []string
	for _, m := range members {
		if _, known := named[m.ID]; known {
			strangers--
			continue
		}
		missing = append(missing, m.Name+" ("+strings.Join(m.ClientURLs, ", ")+")")
	}
	switch {
	case strangers > 0:
		return usage(fmt.Errorf("--endpoints: %d of the %d named are not members of the last one's cluster", strangers, len(named)),
			"name the members of one cluster")
	case len(missing) > 0:
		return usage(fmt.Errorf("--endpoints: named %d of %d members", len(named), len(members)),
			"name all: missing are "+strings.Join(missing, ", "))
	}
	return nil
}

// overrides are the flags with what is the cluster's own: its size and engine
// are given, its network is what it is, and nobody may be killed.
func (c *runningCluster) overrides(v configs.Overrides) configs.Overrides {
	v.Nodes, v.Profile, v.Proofs = strconv.Itoa(c.members), "none", "0"
	if v.Engine == "" {
		v.Engine = c.engine
	}
	if v.Name == "" {
		v.Name = "endpoints"
	}
	return v
}

// beside refuses flags that a running cluster leaves no choice in.
func beside(v configs.Overrides) error {
	for _, f := range []struct{ flag, got, may string }{
		{"--nodes", v.Nodes, ""}, {"--profile", v.Profile, "none"}, {"--proofs", v.Proofs, "0"},
	} {
		if f.got != "" && f.got != f.may {
			return usage(fmt.Errorf("got %s %s with --endpoints", f.flag, f.got),
				"a running cluster has its size and its network, and nothing of it is killed")
		}
	}
	return nil
}

// suits refuses plans that would have to change the cluster.
func (c *runningCluster) suits(plan configs.Plan) error {
	for _, s := range plan.Setups {
		if s.Engine != c.engine {
			return usage(fmt.Errorf("engine %s: the endpoints say %s, which is %s", s.Engine, c.version, c.engine), "leave out --engine")
		}
		if s.Nodes != c.members {
			return usage(fmt.Errorf("%s: the endpoints' cluster has %s", units.Plural(s.Nodes, "node"), units.Plural(c.members, "member")), "start a new run")
		}
		if what := c.unchangeable(s); what != "" {
			return usage(fmt.Errorf("got %s with --endpoints, which loads a running cluster and changes nothing of it", what),
				"leave it out, or leave out --endpoints to have nodes started")
		}
	}
	return nil
}

// unchangeable names what a setup asks of the cluster beside load.
func (c *runningCluster) unchangeable(s configs.Setup) string {
	switch {
	case len(s.Faults) > 0:
		return "faults"
	case s.MessageFaults != nil:
		return "network.message_faults"
	case len(s.Links) > 0:
		return "network.links"
	case s.Storage != control.DefaultStorage():
		return "storage settings"
	case s.Raft != control.DefaultRaft():
		return "raft settings"
	}
	return ""
}
