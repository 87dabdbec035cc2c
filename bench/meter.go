package bench

import (
	"context"
	"fmt"
	"sort"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/shirou/gopsutil/v4/cpu"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
)

// reading is what all counters said at one instant: every node's own account,
// its process's, the host's and ours. A window's cost is the difference of two.
type reading struct {
	at    time.Time
	host  cpu.TimesStat
	self  time.Duration
	nodes map[string]nodeReading
	// site is what arrived at the load generator's end of its links.
	site []netem.Arrival
	// throttled counts the times that a control group stopped us.
	throttled int64
	// waited is the time in which some process of the host wanted a core and
	// had none.
	waited time.Duration
}

type nodeReading struct {
	pid   int
	usage cluster.Usage
	stats control.Stats
}

// meter reads everything. It stands outside the windows, so its own cost is
// in none of them.
func (t *trial) meter(ctx context.Context) (reading, error) {
	r := reading{nodes: map[string]nodeReading{}}
	var members []*cluster.Member
	if t.rig.cluster != nil { // of servers elsewhere only the latency is known
		members = t.rig.cluster.Members()
	}
	read := make([]nodeReading, len(members))
	errs := make([]error, len(members))
	var asked sync.WaitGroup
	for i, m := range members {
		asked.Go(func() { read[i], errs[i] = readNode(ctx, m) })
	}
	asked.Wait()
	for i, m := range members {
		if errs[i] != nil {
			return r, fmt.Errorf("read the counters of %s: %w", m.ID(), errs[i])
		}
		r.nodes[m.ID()] = read[i]
	}
	times, err := cpu.TimesWithContext(ctx, false)
	if err != nil {
		return r, fmt.Errorf("read the host's CPU time: %w", err)
	}
	if t.rig.site != nil {
		r.site = t.rig.site.Arrivals()
	}
	r.at, r.host, r.self = time.Now(), times[0], ownCPU()
	r.throttled, r.waited = throttling(), waiting()
	return r, nil
}

func readNode(ctx context.Context, m *cluster.Member) (nodeReading, error) {
	stats, err := m.Stats(ctx)
	if err != nil {
		return nodeReading{}, err
	}
	usage, err := m.Usage()
	return nodeReading{pid: m.PID(), usage: usage, stats: stats}, err
}

// cost is what a window took.
type cost struct {
	length      time.Duration
	hostBusy    float64 // share of all cores
	foreignBusy float64 // of that, by no process of ours
	steal       float64
	runWait     float64 // share of the window in which someone waited for a core
	throttled   bool
	client      time.Duration
	cpu         map[string]time.Duration
	injection   time.Duration
	network     int64
	disk        int64
	fsyncs      int64
	snapshots   int64
	store       map[string]*hdrhistogram.Histogram
	links       []results.Link
	leaderMoved bool
}

// since is the cost of what happened between two readings.
func (after reading) since(before reading) cost {
	c := cost{
		length: after.at.Sub(before.at), client: after.self - before.self,
		cpu: map[string]time.Duration{}, store: map[string]*hdrhistogram.Histogram{},
		throttled: after.throttled > before.throttled,
	}
	ours := c.client
	for id, a := range after.nodes {
		b := before.nodes[id].countedOn(a)
		used := a.usage.CPU - b.usage.CPU
		c.cpu[id] = used
		ours += used
		c.disk += a.usage.DiskWrite - b.usage.DiskWrite
		c.fsyncs += max(0, a.stats.Fsyncs-b.stats.Fsyncs)
		c.snapshots += max(0, a.stats.Snapshots-b.stats.Snapshots)
		c.injection += max(0, a.stats.InjectionCPU-b.stats.InjectionCPU)
		c.leaderMoved = c.leaderMoved || a.stats.Term != b.stats.Term || a.stats.Leader != b.stats.Leader
		c.store[id] = difference(a.stats.StoreTime, b.stats.StoreTime)
		links := linksBetween(a.stats.Links, b.stats.Links)
		c.links = append(c.links, links...)
		for _, l := range links {
			if l.From != control.ClientLink {
				c.network += l.Bytes
			}
		}
	}
	c.links = append(c.links, linksToClient(after.site, before.site)...)
	sort.Slice(c.links, func(i, j int) bool {
		return c.links[i].From+" "+c.links[i].To < c.links[j].From+" "+c.links[j].To
	})
	c.hostBusy, c.steal = busyShare(after.host, before.host)
	// Of a cluster that runs elsewhere nobody knows which processes are its.
	if all := total(after.host) - total(before.host); all > 0 && len(after.nodes) > 0 {
		c.foreignBusy = max(0, c.hostBusy-ours.Seconds()/all)
	}
	if c.length > 0 {
		c.runWait = (after.waited - before.waited).Seconds() / c.length.Seconds()
	}
	return c
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
	w.HostBusy, w.ForeignBusy = c.hostBusy, c.foreignBusy
	w.NetworkBytes, w.DiskBytes, w.Fsyncs = c.network, c.disk, c.fsyncs
}

// total is all CPU time that the kernel accounts for, idle included. Guest
// time stands in user time already.
func total(t cpu.TimesStat) float64 {
	return t.User + t.System + t.Idle + t.Nice + t.Iowait + t.Irq + t.Softirq + t.Steal
}

func busyShare(after, before cpu.TimesStat) (busy, steal float64) {
	all := total(after) - total(before)
	if all <= 0 {
		return 0, 0
	}
	idle := after.Idle + after.Iowait - before.Idle - before.Iowait
	return (all - idle) / all, (after.Steal - before.Steal) / all
}

// linksBetween is what arrived over each link between two accounts.
func linksBetween(after, before []control.LinkStats) []results.Link {
	earlier := map[string]control.LinkStats{}
	for _, l := range before {
		earlier[l.From] = l
	}
	var out []results.Link
	for _, l := range after {
		b := earlier[l.From]
		out = append(out, arrived(results.Link{
			From: l.From, To: l.To, AskedNS: ns(l.Asked), Frames: max(0, l.Frames-b.Frames), Bytes: max(0, l.Bytes-b.Bytes),
		}, difference(l.Error, b.Error), difference(l.Realised, b.Realised)))
	}
	return out
}

// linksToClient is likewise what arrived at the load generator's end.
func linksToClient(after, before []netem.Arrival) []results.Link {
	earlier := map[string]netem.Arrival{}
	for _, a := range before {
		earlier[a.From] = a
	}
	var out []results.Link
	for _, a := range after {
		b := earlier[a.From]
		out = append(out, arrived(results.Link{
			From: a.From, To: control.ClientLink, AskedNS: ns(a.Asked), Frames: a.Frames - b.Frames, Bytes: a.Bytes - b.Bytes,
		}, subtract(a.Error, b.Error), subtract(a.Realised, b.Realised)))
	}
	return out
}

func arrived(l results.Link, late, took *hdrhistogram.Histogram) results.Link {
	l.Samples = late.TotalCount()
	l.ErrorP50NS, l.ErrorP90NS, l.ErrorP99NS = late.ValueAtQuantile(50), late.ValueAtQuantile(90), late.ValueAtQuantile(99)
	l.RealisedP50NS, l.RealisedP90NS, l.RealisedP99NS = took.ValueAtQuantile(50), took.ValueAtQuantile(90), took.ValueAtQuantile(99)
	return l
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
