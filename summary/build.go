package summary

import (
	"maps"
	"slices"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// Build summarises a run, its cells by size and then by the values of their
// axes. Histograms that are gone or damaged are told by the run's Warn, and are no error.
func Build(run *results.Run) (Summary, error) {
	a, err := analyse(run, nil)
	return a.Summary, err
}

// Analysis is a run that was read once: its summary, and the latencies that
// charts draw.
type Analysis struct {
	Summary  Summary
	observed []observations   // in the order of Summary.Cells
	pools    map[string]pools // by cell
}

// Analyse is Build that keeps the pooled write latencies under light and under
// full load.
func Analyse(run *results.Run) (Analysis, error) {
	return analyse(run, []results.Role{results.RoleLight, results.RoleFull})
}

// Writes are the write latencies of a cell under light or full load, pooled
// over its valid trials; nil where there are none.
func (a Analysis) Writes(cell string, role results.Role) *Pool {
	return a.pools[cell][poolKey{place{role: role}, "latency"}]
}

// analyse reads every histogram at most once: those that pooled percentiles
// need, and the write latencies of the roles that are to be kept.
func analyse(run *results.Run, keep []results.Role) (Analysis, error) {
	a := Analysis{pools: map[string]pools{}, Summary: Summary{
		SchemaVersion: SchemaVersion, RunID: run.Environment.RunID, Precision: stats.Precision,
		Cells: []Cell{}, Differences: []Difference{},
	}}
	var without []unpooled
	for _, s := range setups(run) {
		c, o, p, lacks := buildCell(run, s, keep)
		without = append(without, lacks...)
		a.Summary.Cells = append(a.Summary.Cells, c)
		a.observed, a.pools[c.Cell] = append(a.observed, o), p
	}
	warnOf(run, without)
	var err error
	a.Summary.Scalings = scalings(a.Summary.Cells)
	a.Summary.Theories = theories(run, a.Summary.Cells)
	a.Summary.Differences, err = differences(a.Summary.Cells, a.observed)
	return a, err
}

func warnOf(run *results.Run, without []unpooled) {
	trials, why := make([]results.Trial, len(without)), make([]error, len(without))
	for i, w := range without {
		trials[i], why[i] = *w.trial, w.why
	}
	run.WarnOfUnpooled(trials, why)
}

func buildCell(run *results.Run, s *setup, keep []results.Role) (Cell, observations, pools, []unpooled) {
	c := describe(s)
	measured, proofs := valid(s.measure), valid(s.proof)
	c.Losses = losses(slices.Concat(valid(s.outages), proofs))
	c.Outages = outages(slices.Concat(valid(s.outages), measured))
	c.UnderLoad = operationsOf(valid(s.outages))
	if c.MessageFaults {
		measured, proofs = nil, nil // what they proved stands in Faults
		c.Outages, c.Losses, c.UnderLoad = nil, nil, nil
	}
	if c.OutageTrials > 0 {
		proofs = nil // two kinds of kills are not mixed into one figure
	}
	o := observe(measured, proofs)
	again := c.MainOutages()
	if again != nil {
		again.observe(o)
	}
	c.Metrics = metrics(o)
	if again != nil {
		maps.Copy(c.Metrics, again.Metrics)
	}
	if m, ok := longest(c.Outages); ok {
		c.Metrics[LongestOutage] = m
	}
	c.Watched = watched(s.watch)
	c.Tested = tested(s.tested)
	if m, ok := c.Watched.metric(); ok {
		c.Metrics[FalseElections] = m
	}
	c.WritePath = writePath(measured)
	c.CapacityConfirmed = confirms(measured)
	c.Operations = operations(measured)
	for _, t := range measured {
		c.Beside = max(c.Beside, len(t.Beside))
		if w := t.Window(results.RoleLight); w != nil && w.KeptAwake {
			c.KeptAwake++
		}
	}
	c.ReadsIncluded = slices.ContainsFunc(measured, readsToo)
	p := wanted(measured, c.Metrics, keep)
	without := p.read(run, measured)
	c.Unpooled = len(without)
	p.tails(c.Metrics)
	c.Curve = curve(measured, p)
	c.Remarks = remarks(s, c.Metrics, o)
	doubt(&c)
	return c, o, p, without
}

// describe says what the trials of a cell share.
func describe(s *setup) Cell {
	t := s.first()
	size := quorum.Size(t.Nodes)
	c := Cell{
		Cell: t.Cell, Nodes: t.Nodes, Quorum: size.Quorum(), Tolerates: size.Tolerates(),
		Engine: t.Engine, Profile: t.Profile, Load: t.Load, Limit: t.Limit, Params: t.Params,
		Settings: t.Settings, Timeouts: t.Timeouts, EmulatedSyncNS: t.EmulatedSyncNS,
		Durable: t.Durable, MessageFaults: t.MessageFaults,
		Trials: len(s.measure), ValidTrials: len(valid(s.measure)),
		Proofs: len(s.proof), ValidProofs: len(valid(s.proof)),
		OutageTrials: len(s.outages), ValidOutageTrials: len(valid(s.outages)),
		Faults: faults(s, size.Tolerates()),
	}
	for _, o := range s.outages {
		c.OutageFaults += len(o.Faults)
	}
	if c.Sites = t.Sites; len(c.Sites) > 0 {
		c.ToleratesSites, c.SpareAfterZone = ptr(ToleratesSites(c.Sites)), zoneSpare(c.Sites)
	}
	for _, m := range s.measure {
		if w := m.Window(results.RoleFull); w != nil {
			c.Clients = w.Clients
		}
	}
	return c
}

// operations of the light window, or of the first where there is none.
func operations(measured []*results.Trial) Operations {
	var o Operations
	for _, t := range measured {
		w := t.Window(results.RoleLight)
		if w == nil && len(t.Windows) > 0 {
			w = &t.Windows[0]
		}
		if w != nil {
			o.Attempted += w.Attempted
			o.Completed += w.Completed
			o.Failed += w.Failed()
			o.Harmed = o.Harmed || w.Harmed
		}
	}
	return o
}

func readsToo(t *results.Trial) bool {
	return slices.ContainsFunc(t.Windows, func(w results.Window) bool { return w.Reads > 0 && w.Writes > 0 })
}
