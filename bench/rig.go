package bench

import (
	"context"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/netem"
)

// rig is a booted cluster with the means to load it and to audit it: what
// every trial starts from.
type rig struct {
	setup   configs.Setup
	cluster *cluster.Cluster
	events  *timeline
	ledger  *check.Ledger
	// history samples keys for linearizability; nil where no linearizable
	// read is made.
	history *check.History
	prefix  string
	seed    int64
	// site is the load generator's end of its links; nil when it stands
	// beside the leader, with no delay.
	site *netem.Endpoint
	boot time.Duration
	// endpoints of a cluster that runs elsewhere; our own is nil then.
	endpoints []place

	mu      sync.Mutex
	clients []*client.Client
	// reached are the members to which the load generator's links are in use.
	reached map[string]bool
}

// linkProbe is how often an idle link is probed for its realised delay. Seven
// nodes have 42 links, and every probe wakes a process: more of them would be
// part of what is measured.
const linkProbe = 500 * time.Millisecond

// boot starts a fresh cluster for one trial.
func boot(ctx context.Context, job Job, start cluster.Starter, dir, logs string) (*rig, error) {
	s := job.Setup
	r := newRig(job)
	nodes := members(s, job.Seed)
	if err := r.placeClient(); err != nil {
		return nil, err
	}
	began := time.Now()
	c, err := cluster.Start(ctx, cluster.Spec{
		Start: start, Dir: dir, LogDir: logs, Nodes: nodes,
		Leader: leaderAt(s, nodes), OnEvent: r.events.add,
	})
	if err != nil {
		return nil, err
	}
	r.cluster, r.boot = c, time.Since(began)
	return r, nil
}

// members describes the setup's nodes and the links between them.
func members(s configs.Setup, seed int64) []control.Options {
	nodes := cluster.Nodes(s.Nodes, s.Network, s.Raft, s.Storage, seed)
	for i := range nodes {
		// The setup's links are the profile's with the experiment's changes,
		// and include those to the load generator.
		nodes[i].Links = s.Links[nodes[i].ID]
		nodes[i].MessageFaults = s.MessageFaults
		if len(s.Links) > 0 {
			nodes[i].Probe = linkProbe
		}
	}
	return nodes
}

// leaderAt is the node that is to lead: the first of the wanted site, or
// empty for any.
func leaderAt(s configs.Setup, nodes []control.Options) string {
	if s.Leader == "any" {
		return ""
	}
	return cluster.FirstAt(nodes, s.Leader)
}

// placeClient gives the load generator its end of the links to the members.
func (r *rig) placeClient() error {
	if r.setup.Client == "" {
		return nil
	}
	r.site = netem.NewEndpoint(control.ClientLink, r.seed)
	for to, shape := range r.setup.Links[control.ClientLink] {
		if err := r.site.Shape(to, shape); err != nil {
			return fmt.Errorf("link from the load generator to %s: %w", to, err)
		}
	}
	return nil
}

// place is one server that can be loaded and audited.
type place struct {
	id string
	// address that any client reaches, past the emulated network.
	address string
	dial    func(context.Context) (*client.Client, error)
}

// places are the servers: our members, or the endpoints of a cluster that
// runs elsewhere.
func (r *rig) places() []place {
	if r.cluster == nil {
		return r.endpoints
	}
	var out []place
	for _, m := range r.cluster.Members() {
		out = append(out, place{m.ID(), m.Listen().Client, func(ctx context.Context) (*client.Client, error) {
			return r.dial(ctx, m)
		}})
	}
	return out
}

// leader is the id of the server that leads, when all agree on it.
func (r *rig) leader(ctx context.Context) (string, error) {
	if r.cluster == nil {
		return r.leadingEndpoint(ctx)
	}
	m, _, err := r.cluster.Leader(ctx)
	if err != nil {
		return "", err
	}
	return m.ID(), nil
}

// healthy is an error when a node of ours died unasked.
func (r *rig) healthy() error {
	if r.cluster == nil {
		return nil
	}
	return r.cluster.Err()
}

// dial opens one pinned connection to a member, over the load generator's
// link where it has one.
func (r *rig) dial(ctx context.Context, m *cluster.Member) (*client.Client, error) {
	address, through := m.Listen().Client, client.Dialer(nil)
	if r.site != nil {
		address = m.Listen().Peer
		through = func(ctx context.Context, address string) (net.Conn, error) {
			return r.site.Dial(ctx, m.ID(), address)
		}
		r.reach(m.ID())
	}
	return r.connect(ctx, m.ID(), address, through)
}

func (r *rig) reach(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reached == nil {
		r.reached = map[string]bool{}
	}
	r.reached[id] = true
}

// connect keeps the connection to be closed with the rig.
func (r *rig) connect(ctx context.Context, id, address string, through client.Dialer) (*client.Client, error) {
	c, err := client.Dial(ctx, address, through)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", id, err)
	}
	r.mu.Lock()
	r.clients = append(r.clients, c)
	r.mu.Unlock()
	return c, nil
}

// connections is how many the load is spread over: one stream of HTTP/2
// frames is a bottleneck before the node is, more than a few cost CPU.
const connections = 4

// targets opens the connections that the workload's target names.
func (r *rig) targets(ctx context.Context, leader string) ([]loadgen.Target, error) {
	var to []place
	all := r.places()
	for _, p := range all {
		if r.setup.Workload.Target == "all" || (p.id == leader) == (r.setup.Workload.Target == "leader") {
			to = append(to, p)
		}
	}
	if len(to) == 0 { // one node has no follower to ask
		to = all
	}
	var out []loadgen.Target
	for i := range max(connections, len(to)) {
		c, err := to[i%len(to)].dial(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// serializable reads answer from the asked node alone, and may be stale.
const serializable = "serializable"

// workload of the setup, with keys that are this trial's alone.
func (r *rig) workload() loadgen.Workload {
	w := r.setup.Workload
	return loadgen.Workload{
		KeyPrefix: r.prefix, Keys: w.Keys, KeySize: w.KeySize, ValueSize: w.ValueSize,
		ReadRatio: w.ReadRatio, Serializable: w.Reads == serializable, Seed: r.seed,
	}
}

// observers of the load: what the audit will rest on.
func (r *rig) observers() []loadgen.Observer {
	if r.history == nil {
		return []loadgen.Observer{r.ledger}
	}
	return []loadgen.Observer{r.ledger, r.history}
}

// auditBound is how long replicas may take to catch up and agree.
const auditBound = 20 * time.Second

// audit holds every replica against the ledger, past the emulated network.
func (r *rig) audit(ctx context.Context) (check.Report, error) {
	ctx, cancel := context.WithTimeout(ctx, auditBound)
	defer cancel()
	var replicas []check.Replica
	for _, p := range r.places() {
		c, err := client.Dial(ctx, p.address, nil)
		if err != nil {
			return check.Report{}, fmt.Errorf("audit: connect to %s: %w", p.id, err)
		}
		defer func() { _ = c.Close() }()
		replicas = append(replicas, check.Replica{ID: p.id, Client: c})
	}
	return r.ledger.Audit(ctx, replicas)
}

// stopBound is how long a clean end may take before the processes are killed.
const stopBound = 5 * time.Second

// disconnect closes what connect opened.
func (r *rig) disconnect() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.clients {
		_ = c.Close()
	}
}

// stop ends the cluster and everything that was opened for it, also when the
// trial's own context is already done.
func (r *rig) stop(ctx context.Context) error {
	defer r.disconnect()
	if r.site != nil {
		_ = r.site.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBound)
	defer cancel()
	if r.cluster == nil {
		return r.leaveEndpoints(ctx)
	}
	return r.cluster.Stop(ctx)
}

// dataDir is where a trial's nodes keep their data while it runs: beside the
// results, on the disk that was probed.
func dataDir(run string, job Job) string {
	return filepath.Join(run, "data", fmt.Sprintf("%s-%d", job.Setup.Cell, job.Trial))
}
