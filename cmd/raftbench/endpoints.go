package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/node"
	"github.com/raftbench/raftbench/units"
)

// runningCluster is an etcd-API cluster that somebody else runs. Its audit
// holds every replica against what was acknowledged, so all its members are
// known by an endpoint: those that were named, and those that these name.
type runningCluster struct {
	endpoints       []string
	engine, version string
	// broken is how a member is broken on purpose; empty where none is.
	broken string
	found  string // which endpoints nobody named, in words
}

// inspectTime is how long all endpoints together may take to answer.
const inspectTime = 8 * time.Second

// ownVersionMark is in the version that raftbench's nodes answer with.
const ownVersionMark = "+raftbench"

const tunnelHint = "reach a cluster elsewhere through a tunnel, such as ssh -L, and name every member's end of it"

// checkEndpoints refuses endpoints elsewhere: a load generator is no toy to
// point at other people's servers.
func checkEndpoints(endpoints []string) error {
	for _, e := range endpoints {
		if _, port, err := net.SplitHostPort(e); err != nil || port == "" {
			return usage(fmt.Errorf("--endpoints %s: want host:port", e), "such as 127.0.0.1:2379")
		}
		if !isLoopback(e) {
			return usage(fmt.Errorf("--endpoints %s: not an address of this machine's loopback", e), tunnelHint)
		}
	}
	return nil
}

func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// inspect asks the endpoints who they are and whom else their cluster has, and
// those in turn.
func inspect(ctx context.Context, named []string) (*runningCluster, error) {
	ctx, cancel := context.WithTimeout(ctx, inspectTime)
	defer cancel()
	c := &runningCluster{endpoints: append([]string{}, named...)}
	at := map[uint64]string{}
	var members []client.Member
	for _, e := range named {
		status, all, err := ask(ctx, e)
		if err != nil {
			return nil, usage(fmt.Errorf("--endpoints: %w", err), "")
		}
		if other, again := at[status.MemberID]; again {
			return nil, usage(fmt.Errorf("--endpoints: %s and %s are the same member", other, e), "name each member once; one is enough to find the others")
		}
		at[status.MemberID], members, c.version = e, all, status.Version
		c.broken = cmp.Or(c.broken, node.BrokenIn(status.Version))
	}
	if err := checkMembership(at, members); err != nil {
		return nil, err
	}
	if err := c.addUnnamed(ctx, at, members); err != nil {
		return nil, err
	}
	c.engine = configs.EngineEtcd
	if strings.Contains(c.version, ownVersionMark) {
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

// checkMembership refuses endpoints of more than one cluster.
func checkMembership(at map[uint64]string, members []client.Member) error {
	strangers := len(at)
	for _, m := range members {
		if _, named := at[m.ID]; named {
			strangers--
		}
	}
	if strangers > 0 {
		return usage(fmt.Errorf("--endpoints: %d of the %d named are not members of the last one's cluster", strangers, len(at)),
			"name the members of one cluster")
	}
	return nil
}

// addUnnamed finds the members that were not named by the addresses that they
// serve clients at.
func (c *runningCluster) addUnnamed(ctx context.Context, at map[uint64]string, members []client.Member) error {
	var found []string
	for _, m := range members {
		if _, named := at[m.ID]; named {
			continue
		}
		address, err := endpointOf(m)
		if err != nil {
			return err
		}
		status, _, err := ask(ctx, address)
		if err != nil {
			return usage(fmt.Errorf("--endpoints: member %s, which the others name: %w", m.Name, err), "")
		}
		if status.MemberID != m.ID {
			return usage(fmt.Errorf("--endpoints: at %s, where member %s is said to serve, is another one", address, m.Name),
				"name every member yourself, by an address that reaches it from here")
		}
		c.endpoints = append(c.endpoints, address)
		c.broken = cmp.Or(c.broken, node.BrokenIn(status.Version))
		found = append(found, m.Name+" at "+address)
	}
	if len(found) > 0 {
		c.found = fmt.Sprintf("found besides the named: %s", strings.Join(found, ", "))
	}
	return nil
}

// endpointOf is where a member serves clients on this machine.
func endpointOf(m client.Member) (string, error) {
	for _, text := range m.ClientURLs {
		u, err := url.Parse(text)
		if err == nil && u.Scheme == "http" && isLoopback(u.Host) {
			return u.Host, nil
		}
	}
	if len(m.ClientURLs) == 0 {
		return "", usage(fmt.Errorf("--endpoints: member %s does not say where it serves clients", m.Name),
			"is it running? name its host:port yourself")
	}
	return "", usage(fmt.Errorf("--endpoints: member %s serves clients at %s, want http:// on this machine's loopback", m.Name, strings.Join(m.ClientURLs, ", ")), tunnelHint)
}

// overrides are the flags with what is the cluster's own: its size and engine
// are given, its network is what it is, and nobody may be killed.
func (c *runningCluster) overrides(v configs.Overrides) configs.Overrides {
	v.Nodes, v.Profile, v.Proofs = strconv.Itoa(len(c.endpoints)), "none", "0"
	if v.Engine == "" {
		v.Engine = c.engine
	}
	if v.Name == "" {
		v.Name = "endpoints"
	}
	return v
}

// checkFlagsWithEndpoints refuses flags that a running cluster leaves no
// choice in.
func checkFlagsWithEndpoints(v configs.Overrides) error {
	for _, f := range []struct{ flag, got, may string }{
		{"--nodes", v.Nodes, ""}, {"--profile", v.Profile, "none"}, {"--proofs", v.Proofs, "0"},
	} {
		if f.got != "" && f.got != f.may {
			return usage(fmt.Errorf("got %s %s with --endpoints", f.flag, f.got),
				"leave it out: a running cluster has its size and its network, and nothing of it is killed")
		}
	}
	return nil
}

// check refuses plans that would have to change the cluster.
func (c *runningCluster) check(plan configs.Plan) error {
	if plan.Outages > 0 {
		return usage(errors.New("got outages with --endpoints, which loads a running cluster and kills nobody of it"), "leave them out, or leave out --endpoints to have nodes started")
	}
	if plan.Safety > 0 {
		return usage(errors.New("got safety trials with --endpoints, which loads a running cluster and kills nobody of it"), "leave them out, or leave out --endpoints to have nodes started")
	}
	for _, s := range plan.Setups {
		if s.Engine != c.engine {
			return usage(fmt.Errorf("engine %s: the endpoints say %s, which is %s", s.Engine, c.version, c.engine), "leave out --engine")
		}
		if s.Nodes != len(c.endpoints) {
			return usage(fmt.Errorf("%s: the endpoints' cluster has %s", units.Plural(s.Nodes, "node"), units.Plural(len(c.endpoints), "member")), "start a new run")
		}
		if what := unchangeable(s); what != "" {
			return usage(fmt.Errorf("got %s with --endpoints, which loads a running cluster and changes nothing of it", what),
				"leave it out, or leave out --endpoints to have nodes started")
		}
	}
	return nil
}

// unchangeable names what a setup asks of the nodes themselves.
func unchangeable(s configs.Setup) string {
	switch {
	case len(s.Faults) > 0:
		return "faults"
	case s.Dead > 0:
		return "dead"
	case s.Watch.Duration > 0:
		return "watch"
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
