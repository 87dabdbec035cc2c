package summary

import (
	"math"

	"github.com/raftbench/raftbench/stats"
)

// metrics are the medians of observations, with intervals where there are.
func metrics(o observations) map[string]Metric {
	out := make(map[string]Metric, len(o))
	for name := range o {
		out[name] = metricOf(o.sample(name))
	}
	return out
}

func metricOf(values stats.Sample) Metric { return metricFrom(values.Median()) }

func metricFrom(i stats.Interval) Metric {
	m := Metric{Median: number(i.Center), N: i.N, Interval: i.Bounded()}
	if m.Interval {
		m.CILow, m.CIHigh = number(i.Low), number(i.High)
	}
	return m
}

// number is v for a file: null where it is above every number.
func number(v float64) *float64 {
	if math.IsInf(v, 1) {
		return nil
	}
	return &v
}

// value reads what number wrote.
func value(v *float64) float64 {
	if v == nil {
		return math.Inf(1)
	}
	return *v
}

// Estimate is the metric as stats has it: +Inf is above every number. Without
// an interval its bounds are unknown.
func (m Metric) Estimate() stats.Interval {
	if !m.Interval {
		return stats.Unbounded(value(m.Median), m.N)
	}
	return stats.Interval{Center: value(m.Median), Low: value(m.CILow), High: value(m.CIHigh), N: m.N}
}

func ptr[T any](v T) *T { return &v }
