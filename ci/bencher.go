package ci

import (
	"encoding/json"
	"io"
)

// bencherMetric is a measure's value in Bencher's Metric Format; absent bounds
// are left out.
type bencherMetric struct {
	Value float64  `json:"value"`
	Low   *float64 `json:"lower_value,omitempty"`
	High  *float64 `json:"upper_value,omitempty"`
}

// bencherMeasures are the two that every project of Bencher's has from the
// beginning, with their units: ns and operations a second.
var bencherMeasures = map[string]string{"write_latency_p50_ns": "latency", "throughput_ops": "throughput"}

// Bencher writes the run as Bencher's Metric Format: a benchmark for each
// setup, with its measures. The other measures are called as the metrics are,
// and Bencher makes them when it first sees them.
func Bencher(w io.Writer, j Judged) error {
	out := map[string]map[string]bencherMetric{}
	for _, c := range j.Summary.Cells {
		measures := map[string]bencherMetric{}
		for _, f := range figuresOf(c, tracked) {
			name := f.metric
			if own, there := bencherMeasures[name]; there {
				name = own
			}
			measures[name] = bencherMetric{f.value, f.low, f.high}
		}
		if len(measures) > 0 {
			out[named(c.Cell)] = measures
		}
	}
	return indented(w, out)
}

func indented(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}
