package bench

import (
	"context"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/results"
)

// usageEvery is how often processes are looked at during a window: seldom
// enough to cost nothing that could be seen in it.
const usageEvery = time.Second

// watchUsage looks at every node's process until the returned function is
// called, which gives what was seen.
func (t *trial) watchUsage() func() []results.UsagePoint {
	if t.rig.cluster == nil {
		return func() []results.UsagePoint { return nil }
	}
	stop, seen := make(chan struct{}), make(chan []results.UsagePoint)
	began := time.Now()
	go func() {
		tick := time.NewTicker(usageEvery)
		defer tick.Stop()
		var points []results.UsagePoint
		for {
			select {
			case <-tick.C:
				points = append(points, t.usageNow(time.Since(began))...)
			case <-stop:
				seen <- points
				return
			}
		}
	}()
	return func() []results.UsagePoint {
		close(stop)
		return <-seen
	}
}

func (t *trial) usageNow(at time.Duration) []results.UsagePoint {
	var out []results.UsagePoint
	for _, m := range t.rig.cluster.Members() {
		u, err := m.Usage()
		if err != nil {
			continue // it died this instant: the window will say so
		}
		point := results.UsagePoint{
			AtNS: ns(at), Node: m.ID(), CPUSeconds: u.CPU.Seconds(), RSSBytes: u.RSS, DiskBytes: u.DiskWrite,
		}
		addStats(&point, m)
		out = append(out, point)
	}
	return out
}

// addStats asks the node itself; one that does not answer at once is left out.
func addStats(p *results.UsagePoint, m *cluster.Member) {
	ctx, cancel := context.WithTimeout(context.Background(), usageEvery/2)
	defer cancel()
	s, err := m.Stats(ctx)
	if err != nil {
		return
	}
	store := decodeHistogram(s.StoreTime)
	p.Fsyncs, p.StoreSeconds = s.Fsyncs, store.Mean()*float64(store.TotalCount())/1e9
	for _, l := range s.Links {
		p.NetworkBytes += l.Bytes
	}
}

// resources records what each process took over the whole trial, the load
// generator's last.
func (t *trial) resources(ctx context.Context) {
	all, err := t.meter(ctx)
	if err != nil {
		t.record.Flags = append(t.record.Flags, "resources: "+err.Error())
		return
	}
	for _, p := range t.rig.places() {
		n, found := all.nodes[p.id]
		if !found {
			continue
		}
		store := decodeHistogram(n.stats.StoreTime)
		r := results.Resource{
			Node: p.id, CPUSeconds: n.usage.CPU.Seconds(), RSSBytes: n.usage.RSS, DiskBytes: n.usage.DiskWrite,
			StoreTimeP50NS: store.ValueAtQuantile(50), StoreTimeP99NS: store.ValueAtQuantile(99), Fsyncs: n.stats.Fsyncs,
		}
		for _, l := range n.stats.Links {
			r.NetworkBytes += l.Bytes
		}
		t.record.Resources = append(t.record.Resources, r)
	}
	t.record.Resources = append(t.record.Resources, results.Resource{
		Node: "client", CPUSeconds: (all.self - t.clientCPU).Seconds(),
	})
}
