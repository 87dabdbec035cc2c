package ci

import (
	"maps"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// figure is a metric's number of one setup. It is always finite.
type figure struct {
	metric string
	value  float64
	// low and high are the 95 % interval's ends; either is nil where there is none,
	// or where it lies among operations that failed.
	low, high *float64
	trials    int
}

// figuresOf a setup, by the metrics' names; those without a number are left
// out, as those are of which want says no.
func figuresOf(c summary.Cell, want func(metric string) bool) []figure {
	var out []figure
	for _, name := range slices.Sorted(maps.Keys(c.Metrics)) {
		m := c.Metrics[name]
		if !want(name) || !finite(m.Median) {
			continue
		}
		f := figure{metric: name, value: *m.Median, trials: m.N}
		if m.Interval {
			f.low, f.high = orNone(m.CILow), orNone(m.CIHigh)
		}
		out = append(out, f)
	}
	return out
}

func finite(v *float64) bool { return v != nil && units.Finite(*v) }

func orNone(v *float64) *float64 {
	if finite(v) {
		return v
	}
	return nil
}

// tracked are the metrics that a history is kept of: those that tables show
// unasked.
func tracked(metric string) bool { return summary.Headline(metric) }

// unitOf names the unit of a metric's numbers: ns, ops/s, B/write.
func unitOf(metric string) string {
	per := ""
	if _, what, found := strings.Cut(metric, "_per_"); found {
		per = "/" + what
	}
	switch units.Of(metric) {
	case units.Duration:
		return "ns"
	case units.Seconds:
		return "s" + per
	case units.Rate:
		return "ops/s"
	case units.Size:
		return "B" + per
	case units.Share:
		return "ratio"
	}
	name, _, _ := strings.Cut(metric, "_per_")
	return name[strings.LastIndex(name, "_")+1:] + per
}
