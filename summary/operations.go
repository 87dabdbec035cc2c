package summary

import (
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// byOperator are what an operator does to a healthy cluster; all other actions are
// faults.
var byOperator = []string{"transfer", "rolling-restart", "add-node", "remove-node", "remove-leader", "install-snapshot"}

// takenOut are those that take the node that they are done to out of service.
var takenOut = []string{"add-node", "remove-node", "remove-leader", "install-snapshot"}

// Operation is what an operation that was done again and again under load cost.
type Operation struct {
	Action string `json:"action"`
	Target string `json:"target,omitempty"`
	// Times it was done in valid trials; NotDone of them came to their end and did not do
	// what they are for, and Why says it of the first.
	Times   int    `json:"times"`
	NotDone int    `json:"not_done,omitempty"`
	Why     string `json:"why,omitempty"`
	// Failed and Unknown writes, from each until the next, at members that stay in
	// service.
	Failed  int64 `json:"failed"`
	Unknown int64 `json:"unknown"`
	// Metrics by name, each value that of one time: how long it took, the longest
	// stretch without any acknowledgement, what writes took before and during, at the
	// median and at the 99th percentile, which of fewer than a hundred is the slowest; how
	// long a snapshot took to be installed after the start of who was away, and its bytes.
	Metrics map[string]Metric `json:"metrics"`
}

// The metrics of an operation.
const (
	OperationTook   = "took_p50_ns"
	OperationLong   = "took_max_ns"
	OperationSilent = "silent_p50_ns"
	OperationStop   = "silent_max_ns"
	WriteBefore     = "write_before_p50_ns"
	WriteDuring     = "write_during_p50_ns"
	SlowBefore      = "write_before_p99_ns"
	SlowDuring      = "write_during_p99_ns"
	SnapshotInstall = "install_p50_ns"
	SnapshotBytes   = "snapshot_bytes"
)

// operationsOf a cell's valid outage trials, in the order in which they were first
// done.
func operationsOf(trials []*results.Trial) []Operation {
	var out []Operation
	var seen []observations
	for _, t := range trials {
		for i := range t.Faults {
			f := &t.Faults[i]
			if !slices.Contains(byOperator, f.Action) {
				continue
			}
			k := slices.IndexFunc(out, func(o Operation) bool { return o.Action == f.Action && o.Target == f.Target })
			if k < 0 {
				k = len(out)
				out, seen = append(out, Operation{Action: f.Action, Target: f.Target}), append(seen, observations{})
			}
			out[k].count(f)
			if f.Failed == "" {
				seen[k].operation(t, f)
			}
		}
	}
	for i := range out {
		out[i].Metrics = metrics(seen[i])
		for most, name := range map[string]string{OperationLong: OperationTook, OperationStop: OperationSilent} {
			if all := seen[i].sample(name); len(all) > 0 {
				out[i].Metrics[most] = metricFrom(stats.Unbounded(slices.Max(all), len(all)))
			}
		}
	}
	return out
}

func (o *Operation) count(f *results.Fault) {
	if o.Times++; f.Failed != "" {
		if o.NotDone++; o.Why == "" {
			o.Why = f.Failed
		}
	}
	for _, p := range f.Probes {
		if slices.Contains(takenOut, f.Action) && slices.Contains(f.Nodes, p.Node) {
			continue // who asks a node that is out has nothing to expect
		}
		o.Failed, o.Unknown = o.Failed+p.Failed, o.Unknown+p.Unknown
	}
}

// operation adds what one time says.
func (o observations) operation(t *results.Trial, f *results.Fault) {
	o.add(t, OperationTook, float64(f.DoneNS-f.AtNS))
	if f.SilentNS > 0 {
		o.add(t, OperationSilent, float64(f.SilentNS))
	}
	if f.Before != nil {
		o.add(t, WriteBefore, latencyOf(f.Before.P50NS))
		o.add(t, SlowBefore, latencyOf(f.Before.P99NS))
	}
	if f.During != nil {
		o.add(t, WriteDuring, latencyOf(f.During.P50NS))
		o.add(t, SlowDuring, latencyOf(f.During.P99NS))
	}
	if f.Action != "install-snapshot" {
		return
	}
	started := int64(0)
	for _, e := range t.Events {
		switch {
		case e.AtNS < f.AtNS || !slices.Contains(f.Nodes, e.Node):
		case e.Kind == results.EventRestart && started == 0:
			started = e.AtNS
		case e.Kind == results.EventInstall && started > 0:
			o.add(t, SnapshotInstall, float64(e.AtNS-started))
			o.add(t, SnapshotBytes, float64(e.Bytes))
			return
		}
	}
}
