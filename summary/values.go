package summary

import (
	"slices"

	"github.com/raftbench/raftbench/results"
)

// TrialValue is what one trial says of a metric; +Inf where that lies among operations
// that failed. A trial in which several faults were done has a value for each of them.
type TrialValue struct {
	Trial *results.Trial
	Value float64
}

// TrialValues are those that the median of a cell's metric is taken over, in the order of the
// cell's trials. There are none where a metric is taken over all trials together.
func (a Analysis) TrialValues(cell, metric string) []TrialValue {
	i := a.read(cell)
	if i < 0 || a.Summary.Cells[i].Metrics[metric].Pooled {
		return nil
	}
	var out []TrialValue
	for _, o := range a.observed[i][metric] {
		out = append(out, TrialValue{o.trial, o.value})
	}
	return out
}

// read is the place of a cell whose trials were read; -1 where it is none.
func (a Analysis) read(cell string) int {
	if i := a.index(cell); i < len(a.observed) {
		return i
	}
	return -1 // a summary without its trials
}

// TrialRatio is what one block says of a difference: the value in a trial of the cell
// that is compared, and the one that stands against it, of the same block.
type TrialRatio struct {
	TrialValue
	Against float64
	// Chained: the two never lived at once, and the values are products through the
	// cells between them, of which only the ratio has a meaning.
	Chained bool
}

// Ratios are those that the difference of a metric between two cells is decided from.
func (a Analysis) Ratios(metric, from, to string) []TrialRatio {
	i, k := a.read(from), a.read(to)
	if i < 0 || k < 0 {
		return nil
	}
	pairs, through := blockPairsOf(a.observed, metric, i, k)
	var out []TrialRatio
	for _, p := range pairs {
		of := slices.IndexFunc(a.observed[k][metric], func(o observation) bool { return o.trial.Block == p.block })
		if of >= 0 {
			out = append(out, TrialRatio{TrialValue{a.observed[k][metric][of].trial, p.B}, p.A, len(through) > 0})
		}
	}
	return out
}

// Percentile of one trial's latencies, by the metric's name, however few operations it
// rests on: what a pooled percentile is not made of, and yet stands beside it. It is +Inf
// where it lies among operations that failed.
func Percentile(t *results.Trial, metric string) (ns float64, ok bool) {
	for _, w := range windows(t) {
		for _, k := range kinds {
			l, name := k.of(w), placeOf(w).prefix()+k.metric
			if l == nil || l.Count+l.Failed == 0 {
				continue
			}
			switch metric {
			case name + "_p50_ns":
				return latencyOf(l.P50NS), true
			case name + "_p90_ns":
				return latencyOf(l.P90NS), true
			case name + "_p99_ns":
				return latencyOf(l.P99NS), true
			case name + "_p999_ns":
				return latencyOf(l.P999NS), true
			}
		}
	}
	return 0, false
}

// LostValues are the outages that a cell's Loss is of, each with the trial that saw it.
func LostValues(trials []*results.Trial, of Lost) []TrialValue {
	var out []TrialValue
	for _, k := range counted(killsOf(trials)[of]) {
		out = append(out, TrialValue{k.trial, k.ns})
	}
	return out
}

// OperationValues are what one trial says of an operation's metric, time by time.
func OperationValues(t *results.Trial, action, metric string) []float64 {
	o := observations{}
	for i := range t.Faults {
		if f := &t.Faults[i]; f.Action == action && f.Failed == "" {
			o.operation(t, f)
		}
	}
	return o.sample(metric)
}

// PartNS is what a part of the way took in one trial, and StepNS a step, counted from 1.
func PartNS(s *results.Spans, name PartName) float64 {
	for _, p := range parts {
		if p.name == name {
			return sumOf(s, p.spans, took)
		}
	}
	return 0
}

// StepNS is what one of the six steps took in one trial, counted from 1.
func StepNS(s *results.Spans, number int) float64 {
	if number < 1 || number > len(steps) {
		return 0
	}
	return sumOf(s, steps[number-1], took)
}
