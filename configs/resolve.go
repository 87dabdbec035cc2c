package configs

import (
	"slices"
	"time"

	"github.com/raftbench/raftbench/control"
)

// resolve turns the combination into a Setup.
func (c combination) resolve() (Setup, *network, mistakes) {
	n, err := c.network()
	if err != nil {
		return Setup{}, nil, c.noProfile(err)
	}
	s := Setup{
		Nodes:    c.Nodes.First(),
		Engine:   c.Engine.First(),
		Dead:     c.Dead.First(),
		Load:     c.Workload.Load.Mode.First(),
		Params:   c.params(),
		Network:  n.profile,
		Links:    n.links,
		Leader:   n.leader,
		Client:   c.Client.First(),
		Storage:  c.Storage.resolve(),
		Raft:     c.Raft.resolve(),
		Workload: c.Workload.resolve(),
		Watch:    c.Watch.resolve(),
	}
	for _, f := range c.Faults {
		s.Faults = append(s.Faults, f.resolve())
	}
	s.Outage = RepeatedFault{Action: c.Outages.Action.First(), Target: c.Outages.target(), Rate: float64(c.Outages.Rate)}
	s.Safety = SafetyLoad{Duration: span(c.Safety.Duration), Clients: c.Safety.Clients, Keys: c.Safety.Keys, Rate: float64(c.Safety.Rate)}
	s.Nemesis = NemesisSet{Actions: slices.Clone(c.Nemesis.Actions), Every: span(c.Nemesis.Every)}
	s.MessageFaults = c.Network.MessageFaults.resolve()
	if s.MessageFaults == nil && s.harmsMessages() {
		// Raft's transport is made at a node's start, for faults or for none.
		s.MessageFaults = &control.MessageFaults{}
	}
	return s, n, c.fit(s)
}

// inName are the axes that every setup's name, or its own fields, tell.
var inName = map[string]bool{"nodes": true, "engine": true, "network.profile": true}

// params are the axes that vary beside size, engine and profile.
func (c combination) params() map[string]string {
	params := map[string]string{}
	for i, path := range c.paths {
		if !inName[path] {
			params[path] = c.texts[i]
		}
	}
	return params
}

func (s Storage) resolve() control.Storage {
	return control.Storage{
		Store:        s.Store.First(),
		EmulatedSync: time.Duration(s.Sync.First()),
		PowerLoss:    s.PowerLoss.First(),
		StallLength:  span(s.StallLength.First()),
		StallEvery:   span(s.StallEvery.First()),
		LogCache:     s.LogCache.First(),
		ApplyDelay:   span(s.ApplyDelay.First()),
	}
}

func (r Raft) resolve() control.Raft {
	return control.Raft{
		HeartbeatTimeout:   span(r.HeartbeatTimeout.First()),
		ElectionTimeout:    span(r.ElectionTimeout.First()),
		LeaderLeaseTimeout: span(r.LeaderLeaseTimeout.First()),
		CommitTimeout:      span(r.CommitTimeout.First()),
		MaxAppendEntries:   r.MaxAppendEntries.First(),
		MaxRPCsInFlight:    r.MaxRPCsInFlight.First(),
		BatchApplyCh:       r.BatchApplyCh.First(),
		PreVoteDisabled:    r.PreVoteDisabled.First(),
		SnapshotThreshold:  uint64(r.SnapshotThreshold.First()),
		SnapshotInterval:   span(r.SnapshotInterval.First()),
		TrailingLogs:       uint64(r.TrailingLogs.First()),
	}
}

func (m Messages) resolve() *control.MessageFaults {
	f := control.MessageFaults{
		Drop:      float64(m.Drop.First()),
		Duplicate: float64(m.Duplicate.First()),
		Reorder:   float64(m.Reorder.First()),
		Delay:     float64(m.Delay.First()),
		MaxDelay:  span(m.MaxDelay.First()),
	}
	if f.Drop+f.Duplicate+f.Reorder+f.Delay == 0 {
		return nil
	}
	return &f
}

func (w Workset) resolve() Workload {
	r := Workload{
		Keys: w.Keys.First(), KeySize: int(w.KeySize.First()), ValueSize: int(w.ValueSize.First()),
		ReadRatio: w.ReadRatio.First(),
		Reads:     w.Reads.First(),
		Target:    w.Target.First(),
		Warmup:    w.Warmup.First().Length, WarmupAuto: w.Warmup.First().Auto,
		Timeout: span(w.Timeout.First()), Spans: w.Spans.First(),
	}
	calm := Calm{
		Rate:     float64(w.Calm.Rate.First()),
		Arrivals: w.Calm.Arrivals.First(),
		Duration: span(w.Calm.Duration.First()),
	}
	saturate := Saturate{Clients: w.Saturate.Clients.First(), Duration: span(w.Saturate.Duration.First())}
	switch w.Load.Mode.First() {
	case ModeCalm:
		r.Calm = calm
	case ModeSaturate:
		r.Saturate = saturate
	case ModeBoth:
		r.Calm, r.Saturate = calm, saturate
	case ModeCapacity:
		// The light load gives a probe its arrivals and duration, the full load
		// the first guess.
		limit := w.Load.Limit.First()
		text, _ := limit.MarshalText()
		r.Capacity = Capacity{Limit: string(text), Percentile: limit.Percentile, Below: limit.Below}
		r.Calm, r.Saturate = Calm{Arrivals: calm.Arrivals, Duration: calm.Duration}, saturate
	case ModeSweep:
		for _, rate := range w.Load.Rates {
			r.Sweep = append(r.Sweep, float64(rate))
		}
		r.Calm = Calm{Arrivals: calm.Arrivals, Duration: calm.Duration}
	}
	return r
}
