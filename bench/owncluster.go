package bench

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
)

// ownCluster is a System of node processes that were started for one trial.
type ownCluster struct {
	setup   configs.Setup
	cluster *cluster.Cluster
	// client is the load generator's end of its links; nil when it stands
	// beside the leader, with no delay.
	client      *netem.Endpoint
	connections connections
	boot        time.Duration

	mu sync.Mutex
	// reached are the members to which the load generator's links are in use.
	reached map[string]bool
}

// linkProbe is how often an idle link is probed for its realised delay. Seven
// nodes have 42 links, and every probe wakes a process: more of them would be
// part of what is measured.
const linkProbe = 500 * time.Millisecond

// startCluster starts a fresh cluster for one trial. events hears of all that the
// nodes tell.
func startCluster(ctx context.Context, job Job, start cluster.Starter, mount cluster.Mounter, dir, logs string, events *timeline) (*ownCluster, error) {
	c := &ownCluster{setup: job.Setup, reached: map[string]bool{}}
	if err := c.placeClient(job.Seed); err != nil {
		return nil, err
	}
	nodes := nodeOptions(job.Setup, job.Seed)
	switch job.Kind {
	case results.Watch:
		tellHeld(nodes)
	case results.Measure:
		for i := range nodes {
			nodes[i].Spans = job.Setup.Workload.Spans
		}
	}
	tellProgress(nodes, job)
	began := time.Now()
	started, err := cluster.Start(ctx, cluster.Spec{
		Start: start, Mount: mount, Dir: dir, LogDir: logs, Nodes: nodes, Leader: wantedLeader(job.Setup, nodes), OnEvent: events.heard,
		OnDeath: events.died,
	})
	if err != nil {
		return nil, err
	}
	c.cluster, c.boot = started, time.Since(began)
	return c, nil
}

// nodeOptions describes the setup's nodes and the links between them.
func nodeOptions(s configs.Setup, seed int64) []control.Options {
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

// wantedLeader is the node that is to lead: the first of the wanted site, or
// empty for any.
func wantedLeader(s configs.Setup, nodes []control.Options) string {
	if s.Leader == configs.AnyLeader {
		return ""
	}
	return cluster.FirstAt(nodes, s.Leader)
}

// placeClient gives the load generator its end of the links to the members.
func (c *ownCluster) placeClient(seed int64) error {
	if c.setup.Client == "" {
		return nil
	}
	c.client = netem.NewEndpoint(control.ClientLink, seed)
	for to, shape := range c.setup.Links[control.ClientLink] {
		if err := c.client.Shape(to, shape); err != nil {
			return fmt.Errorf("link from the load generator to %s: %w", to, err)
		}
	}
	return nil
}

// Servers implements System.
func (c *ownCluster) Servers() []Server {
	var out []Server
	for _, m := range c.cluster.Members() {
		out = append(out, Server{m.ID(), m.Listen().Client, func(ctx context.Context) (*client.Client, error) { return c.dial(ctx, m) }})
	}
	return out
}

// dial opens a connection to a member, over the load generator's link where it
// has one.
func (c *ownCluster) dial(ctx context.Context, m *cluster.Member) (*client.Client, error) {
	if c.client == nil {
		return c.connections.open(ctx, m.ID(), m.Listen().Client, nil)
	}
	c.mu.Lock()
	c.reached[m.ID()] = true
	c.mu.Unlock()
	return c.connections.open(ctx, m.ID(), m.Listen().Peer, func(ctx context.Context, address string) (net.Conn, error) {
		return c.client.Dial(ctx, m.ID(), address)
	})
}

// Members implements System.
func (c *ownCluster) Members() []Member {
	var out []Member
	for _, m := range c.cluster.Members() {
		out = append(out, m)
	}
	return out
}

// Leader implements System.
func (c *ownCluster) Leader(ctx context.Context) (string, error) {
	m, _, err := c.cluster.Leader(ctx)
	if err != nil {
		return "", err
	}
	return m.ID(), nil
}

// Health implements System.
func (c *ownCluster) Health() error { return errors.Join(c.cluster.Err(), c.cluster.HostErr()) }

// Boot implements System.
func (c *ownCluster) Boot() time.Duration { return c.boot }

// Read implements System.
func (c *ownCluster) Read(ctx context.Context) (usage, error) {
	u, err := c.readNodes(ctx, (*cluster.Member).Stats)
	if c.client != nil {
		u.client = c.client.Arrivals()
	}
	return u, err
}

// ReadCounters implements System.
func (c *ownCluster) ReadCounters(ctx context.Context) (usage, error) {
	return c.readNodes(ctx, (*cluster.Member).Counters)
}

func (c *ownCluster) readNodes(ctx context.Context, ask func(*cluster.Member, context.Context) (control.Stats, error)) (usage, error) {
	var members []*cluster.Member
	for _, m := range c.cluster.Members() {
		if m.Alive() { // who is dead uses nothing, and can tell nothing
			members = append(members, m)
		}
	}
	read := make([]nodeReading, len(members))
	var all errgroup.Group
	for i, m := range members {
		all.Go(func() (err error) {
			if read[i], err = readNode(ctx, m, ask); err != nil {
				return fmt.Errorf("read the counters of %s: %w", m.ID(), err)
			}
			return nil
		})
	}
	err := all.Wait()
	u := usage{nodes: map[string]nodeReading{}}
	for i, m := range members {
		u.nodes[m.ID()] = read[i]
	}
	return u, err
}

// BeginSpans implements System.
func (c *ownCluster) BeginSpans(ctx context.Context) error {
	var all errgroup.Group
	for _, m := range c.cluster.Members() {
		if m.Alive() {
			all.Go(func() error { return m.BeginSpans(ctx) })
		}
	}
	return all.Wait()
}

// Spans implements System.
func (c *ownCluster) Spans(ctx context.Context) (map[string]control.Spans, error) {
	out := map[string]control.Spans{}
	var mu sync.Mutex
	var all errgroup.Group
	for _, m := range c.cluster.Members() {
		if !m.Alive() {
			continue
		}
		all.Go(func() error {
			s, err := m.Spans(ctx)
			mu.Lock()
			defer mu.Unlock()
			out[m.ID()] = s
			return err
		})
	}
	return out, all.Wait()
}

// Links implements System, in the order of their names. A link without a delay,
// be it rated or lossy, has none to miss.
func (c *ownCluster) Links() []link {
	var out []link
	for _, from := range slices.Sorted(maps.Keys(c.setup.Links)) {
		for _, to := range slices.Sorted(maps.Keys(c.setup.Links[from])) {
			s := c.setup.Links[from][to]
			if s.Delay > 0 && c.carries(from, to) {
				l := link{Ends: results.Ends{From: from, To: to}, plain: s.Jitter == 0 && s.Loss == 0 && s.Rate == 0}
				if s.Jitter > 0 && s.Loss == 0 && s.Rate == 0 {
					m := s.Moments()
					l.asked = &m
				}
				if s.Jitter > 0 {
					l.spread = spreadOf(s)
				}
				out = append(out, l)
			}
		}
	}
	return out
}

// spreadOf a link's delays.
func spreadOf(s netem.Shape) []int64 {
	out := make([]int64, results.AskedQuantiles)
	for i, d := range s.Quantiles(results.AskedQuantiles) {
		out[i] = int64(d)
	}
	return out
}

// carries tells of links between members that live, and of those between them and the
// load generator on which there is load.
func (c *ownCluster) carries(from, to string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case from == control.ClientLink:
		return c.reached[to]
	case to == control.ClientLink:
		return c.reached[from]
	}
	return c.lives(from) && c.lives(to)
}

// lives tells whether a member of this name runs.
func (c *ownCluster) lives(id string) bool {
	m := c.cluster.Member(id)
	return m != nil && m.Alive()
}

// Probe implements System.
func (c *ownCluster) Probe(ctx context.Context, links []link) map[string]error {
	orders := c.probeOrders(links)
	ctx, cancel := context.WithTimeout(ctx, calibrationProbes*calibrationEvery+callBound)
	defer cancel()
	failed := map[string]error{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for from, order := range orders {
		all.Go(func() {
			if err := c.probeFrom(ctx, from, order); err != nil {
				mu.Lock()
				failed[from] = err
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return failed
}

// probeOrders tells each sender its links and their slots.
func (c *ownCluster) probeOrders(links []link) map[string]control.Calibrate {
	patience := calibrationPatience
	for _, l := range links {
		s := c.setup.Links[l.From][l.To]
		patience = max(patience, calibrationPatience+3*(s.Delay+4*s.Jitter))
	}
	out := map[string]control.Calibrate{}
	for slot, l := range links {
		order, found := out[l.From]
		if !found {
			order = control.Calibrate{
				Slots: map[string]int{}, SlotCount: len(links),
				Probes: calibrationProbes, Every: calibrationEvery, Patience: patience,
			}
		}
		order.Slots[l.To] = slot
		out[l.From] = order
	}
	return out
}

// probeFrom probes one sender's links. The load generator's go over the
// connections that its load will use, in either direction.
func (c *ownCluster) probeFrom(ctx context.Context, from string, order control.Calibrate) error {
	if from != control.ClientLink {
		return c.cluster.Member(from).Calibrate(ctx, order)
	}
	var all errgroup.Group
	for to := range order.Slots {
		all.Go(func() error { return c.client.Calibrate(ctx, to, "", order.Link(to)) })
	}
	return all.Wait()
}

// stopBound is how long a clean end may take before the processes are killed.
const stopBound = 5 * time.Second

// Stop implements System.
func (c *ownCluster) Stop(ctx context.Context) error {
	defer c.connections.close()
	if c.client != nil {
		_ = c.client.Close()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopBound)
	defer cancel()
	return c.cluster.Stop(ctx)
}

// dataDir is where a trial's nodes keep their data while it runs: beside the
// results, on the disk that was probed.
func dataDir(run string, job Job) string {
	return filepath.Join(run, "data", fmt.Sprintf("%s-%d", job.Setup.Cell, job.Trial))
}
