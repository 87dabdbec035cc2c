package bench

import (
	"context"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
)

// reading is what all counters said at one instant: every node's own account,
// its process's, the host's and ours. A window's cost is the difference of two.
type reading struct {
	usage
	host host.Counters
	self time.Duration
}

type nodeReading struct {
	pid   int
	usage cluster.Usage
	stats control.Stats
	// waited is how long its threads have been ready and had no core.
	waited *time.Duration
}

// read reads everything. It stands before and after windows and never in one:
// nodes that were asked each second, in step with operations that were due, had
// a 99th percentile half as high again.
func read(ctx context.Context, s System) (reading, error) { return readBy(ctx, s.Read) }

// readCounters leaves out the histograms of links and stores.
func readCounters(ctx context.Context, s System) (reading, error) { return readBy(ctx, s.ReadCounters) }

func readBy(ctx context.Context, account func(context.Context) (usage, error)) (reading, error) {
	used, err := account(ctx)
	if err != nil {
		return reading{}, err
	}
	return reading{usage: used, host: host.ReadCounters(ctx), self: ownCPU()}, nil
}

func readNode(ctx context.Context, m *cluster.Member, ask func(*cluster.Member, context.Context) (control.Stats, error)) (nodeReading, error) {
	stats, err := ask(m, ctx)
	if err != nil {
		return nodeReading{}, err
	}
	usage, err := m.Usage()
	return nodeReading{pid: m.PID(), usage: usage, stats: stats, waited: host.RunWait(m.PID())}, err
}

// cost is what a window took.
type cost struct {
	length      time.Duration
	host        hostCost
	client      time.Duration
	cpu         map[string]time.Duration
	injection   time.Duration
	network     int64
	disk        int64
	fsyncs      int64
	snapshots   int64
	store       map[string]*hdrhistogram.Histogram
	links       []linkCost
	leaders     map[string]bool // before and after
	leaderMoved bool
	// spans of the window's writes; nil where they were not noted.
	spans *results.Spans
}

// linkCost is what arrived over a link, with how late and after how long.
type linkCost struct {
	results.Link
	late, took, own, waited *hdrhistogram.Histogram
}

// truth of the links over which anything arrived.
func (c cost) truth() []results.Link {
	out := make([]results.Link, len(c.links))
	for i, l := range c.links {
		out[i] = l.Link
		out[i].LinkTruth = results.LinkTruth{
			Samples:    l.late.TotalCount(),
			ErrorP50NS: l.late.ValueAtQuantile(50), ErrorP90NS: l.late.ValueAtQuantile(90), ErrorP99NS: l.late.ValueAtQuantile(99),
			RealisedP50NS: l.took.ValueAtQuantile(50), RealisedP90NS: l.took.ValueAtQuantile(90), RealisedP99NS: l.took.ValueAtQuantile(99),
			RealisedMeanNS: l.took.Mean(), RealisedSDNS: l.took.StdDev(),
			OwnErrorP50NS: l.own.ValueAtQuantile(50), OwnErrorP90NS: l.own.ValueAtQuantile(90), OwnErrorP99NS: l.own.ValueAtQuantile(99),
			CoreWaitP50NS: l.waited.ValueAtQuantile(50), CoreWaitP90NS: l.waited.ValueAtQuantile(90), CoreWaitP99NS: l.waited.ValueAtQuantile(99),
		}
	}
	return out
}

// since is the cost of what happened between two readings. Where other systems
// ran beside this one, what they used is no foreign load.
func (after reading) since(before reading, beside ...company) cost {
	c := cost{
		length: after.host.At.Sub(before.host.At), client: after.self - before.self,
		cpu: map[string]time.Duration{}, store: map[string]*hdrhistogram.Histogram{}, leaders: map[string]bool{},
	}
	for id, a := range after.nodes {
		c.node(id, a, before.nodes[id].countedOn(a))
	}
	c.host = after.hostSince(before, beside, c.client)
	c.links = append(c.links, linksToClient(after.client, before.client)...)
	sort.Slice(c.links, func(i, j int) bool {
		return c.links[i].From+" "+c.links[i].To < c.links[j].From+" "+c.links[j].To
	})
	return c
}

// node adds what one node used between two readings.
func (c *cost) node(id string, a, b nodeReading) {
	c.cpu[id] = a.usage.CPU - b.usage.CPU
	c.disk += a.usage.DiskWrite - b.usage.DiskWrite
	c.fsyncs += max(0, a.stats.Fsyncs-b.stats.Fsyncs)
	c.snapshots += max(0, a.stats.Snapshots-b.stats.Snapshots)
	c.injection += max(0, a.stats.InjectionCPU-b.stats.InjectionCPU)
	c.leaderMoved = c.leaderMoved || a.stats.Term != b.stats.Term || a.stats.Leader != b.stats.Leader
	for _, leader := range []string{a.stats.Leader, b.stats.Leader} {
		if leader != "" {
			c.leaders[leader] = true
		}
	}
	c.network += max(0, fromMembers(a.stats)-fromMembers(b.stats))
	if a.stats.StoreTime == "" {
		return // a reading of the counters alone
	}
	c.store[id] = difference(a.stats.StoreTime, b.stats.StoreTime)
	c.links = append(c.links, linksBetween(a.stats.Links, b.stats.Links)...)
}

// fromMembers is how many bytes came from other members: what the load generator
// sends is no traffic between nodes.
func fromMembers(s control.Stats) (bytes int64) {
	for _, l := range s.Links {
		if l.From != control.ClientLink {
			bytes += l.Bytes
		}
	}
	return bytes
}

// add takes in the cost of another slice of the same load, by its counters.
func (c *cost) add(o cost) {
	c.host.add(o.host)
	c.length += o.length
	c.leaderMoved = c.leaderMoved || o.leaderMoved
	c.client += o.client
	c.injection += o.injection
	c.network += o.network
	c.disk += o.disk
	c.fsyncs += o.fsyncs
	c.snapshots += o.snapshots
	for id, d := range o.cpu {
		c.cpu[id] += d
	}
	maps.Copy(c.leaders, o.leaders)
}

// scale leaves a share of what was used: that of the operations that count.
func (c *cost) scale(share float64) {
	part := func(d time.Duration) time.Duration { return time.Duration(share * float64(d)) }
	count := func(n int64) int64 { return int64(math.Round(share * float64(n))) }
	c.client, c.injection = part(c.client), part(c.injection)
	c.network, c.disk, c.fsyncs = count(c.network), count(c.disk), count(c.fsyncs)
	for id, d := range c.cpu {
		c.cpu[id] = part(d)
	}
}

// countedOn is the earlier reading b as the counters of a go on from it: those
// of a node that was restarted meanwhile began again at zero.
func (b nodeReading) countedOn(a nodeReading) nodeReading {
	if a.pid != b.pid {
		b.stats = control.Stats{Term: b.stats.Term, Leader: b.stats.Leader}
	}
	return b
}

// fill writes the cost into a window's record.
func (c cost) fill(w *results.Window) {
	for _, d := range c.cpu {
		w.CPUSeconds += d.Seconds()
	}
	w.ClientCPUSeconds, w.InjectionCPUSeconds = c.client.Seconds(), c.injection.Seconds()
	w.HostBusy, w.ForeignBusy = c.host.shareOf(c.host.Busy), c.host.shareOf(c.host.Foreign)
	w.NetworkBytes, w.DiskBytes, w.Fsyncs = c.network, c.disk, c.fsyncs
	w.Spans = c.spans
}

// linksBetween is what arrived over each link between two accounts.
func linksBetween(after, before []control.LinkStats) []linkCost {
	earlier := map[string]control.LinkStats{}
	for _, l := range before {
		earlier[l.From] = l
	}
	var out []linkCost
	for _, l := range after {
		b := earlier[l.From]
		out = append(out, linkCost{results.Link{
			From: l.From, To: l.To, AskedNS: ns(l.Asked), Frames: max(0, l.Frames-b.Frames), Bytes: max(0, l.Bytes-b.Bytes),
		}, difference(l.Error, b.Error), difference(l.Realised, b.Realised), difference(l.Own, b.Own), difference(l.CoreWait, b.CoreWait)})
	}
	return out
}

// linksToClient is likewise what arrived at the load generator's end.
func linksToClient(after, before []netem.Arrival) []linkCost {
	earlier := map[string]netem.Arrival{}
	for _, a := range before {
		earlier[a.From] = a
	}
	var out []linkCost
	for _, a := range after {
		b := earlier[a.From]
		out = append(out, linkCost{results.Link{
			From: a.From, To: control.ClientLink, AskedNS: ns(a.Asked), Frames: a.Frames - b.Frames, Bytes: a.Bytes - b.Bytes,
		}, subtract(a.Error, b.Error), subtract(a.Realised, b.Realised), subtract(a.Own, b.Own), subtract(a.CoreWait, b.CoreWait)})
	}
	return out
}

// difference of two cumulative histograms; what cannot be read counts as empty.
func difference(after, before control.Histogram) *hdrhistogram.Histogram {
	return subtract(decodeHistogram(after), decodeHistogram(before))
}

// subtract takes from each bucket what was there before; before may be nil.
func subtract(after, before *hdrhistogram.Histogram) *hdrhistogram.Histogram {
	snapshot := after.Export()
	if before == nil {
		return hdrhistogram.Import(snapshot)
	}
	earlier := before.Export()
	for i := range min(len(snapshot.Counts), len(earlier.Counts)) {
		snapshot.Counts[i] = max(0, snapshot.Counts[i]-earlier.Counts[i])
	}
	return hdrhistogram.Import(snapshot)
}

func decodeHistogram(text control.Histogram) *hdrhistogram.Histogram {
	if h, err := hdrhistogram.Decode([]byte(text)); text != "" && err == nil {
		return h
	}
	return hdrhistogram.New(1, time.Minute.Nanoseconds(), 3)
}

// arrived is how many bytes the node's links brought it.
func (b nodeReading) arrived() (bytes int64) {
	for _, l := range b.stats.Links {
		bytes += l.Bytes
	}
	return bytes
}

// resources are what each process took over the whole trial, the load
// generator's (which had used so much when the trial began) last.
func (after reading) resources(clientBefore time.Duration) []results.Resource {
	var out []results.Resource
	for _, id := range slices.Sorted(maps.Keys(after.nodes)) {
		n := after.nodes[id]
		store := decodeHistogram(n.stats.StoreTime)
		out = append(out, results.Resource{
			Node: id, CPUSeconds: n.usage.CPU.Seconds(), RSSBytes: n.usage.RSS, DiskBytes: n.usage.DiskWrite,
			StoreTimeP50NS: store.ValueAtQuantile(50), StoreTimeP99NS: store.ValueAtQuantile(99),
			Fsyncs: n.stats.Fsyncs, NetworkBytes: n.arrived(),
			HeldWrites: n.stats.HeldWrites, HeldNS: ns(n.stats.HeldTime),
		})
	}
	return append(out, results.Resource{Node: results.Client, CPUSeconds: (after.self - clientBefore).Seconds()})
}
