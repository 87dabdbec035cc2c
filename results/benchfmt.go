package results

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

// WriteBenchfmt writes a run in the Go benchmark format, a line for each valid
// measuring trial, so that benchstat takes a trial for the unit, as it should:
//
//	BenchmarkWrite/nodes=3/profile=multi-az/engine=hashicorp/load=calm+saturate 300 1728511 ns/op …
//
// ns/op is the median write latency of the calm window (of the first window
// where there is none), p90-ns and p99-ns belong to it, ops/s is the
// throughput of the saturating window, and what follows are costs for each
// write. Invalid trials are left out.
func WriteBenchfmt(w io.Writer, run *Run) error {
	out := benchfmt.NewWriter(w)
	for _, record := range []benchfmt.Record{better("ops/s", "higher"), better("ns/op", "lower")} {
		if err := out.Write(record); err != nil {
			return err
		}
	}
	for _, t := range run.Latest() {
		if !t.Valid || t.Kind != Measure || len(t.Windows) == 0 {
			continue
		}
		if err := out.Write(benchmark(run.Environment, t)); err != nil {
			return err
		}
	}
	return nil
}

func better(unit, direction string) *benchfmt.UnitMetadata {
	return &benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"}, OrigUnit: unit, Value: direction}
}

func benchmark(env Environment, t Trial) *benchfmt.Result {
	calm := t.window(WindowCalm)
	if calm == nil {
		calm = &t.Windows[0]
	}
	r := &benchfmt.Result{Name: benchmarkName(t), Iters: int(max(1, calm.Writes+calm.Reads))}
	for _, c := range [][2]string{{"goos", env.OS}, {"goarch", env.Arch}, {"cpu", env.CPUModel}, {"run", env.RunID}} {
		if c[1] != "" {
			r.Config = append(r.Config, benchfmt.Config{Key: c[0], Value: []byte(c[1]), File: true})
		}
	}
	latency := calm.Latency
	if latency.Count == 0 && calm.ReadLatency != nil {
		latency = *calm.ReadLatency
	}
	r.Values = []benchfmt.Value{
		{Value: float64(latency.P50NS), Unit: "ns/op"},
		{Value: float64(latency.P90NS), Unit: "p90-ns"},
		{Value: float64(latency.P99NS), Unit: "p99-ns"},
	}
	if s := t.window(WindowSaturate); s != nil {
		r.Values = append(r.Values, benchfmt.Value{Value: s.ThroughputOps, Unit: "ops/s"})
	}
	if n := float64(calm.Writes); n > 0 {
		r.Values = append(r.Values,
			benchfmt.Value{Value: calm.CPUSeconds / n * 1e9, Unit: "cpu-ns"},
			benchfmt.Value{Value: float64(calm.NetworkBytes) / n, Unit: "net-B"},
			benchfmt.Value{Value: float64(calm.DiskBytes) / n, Unit: "disk-B"},
			benchfmt.Value{Value: float64(calm.Fsyncs) / n, Unit: "fsyncs"})
	}
	return r
}

// benchmarkName ends with the load: a name that ends in a dash and a number,
// as profiles do, would be read as one with that GOMAXPROCS.
func benchmarkName(t Trial) benchfmt.Name {
	parts := []string{"Write", fmt.Sprintf("nodes=%d", t.Nodes), "profile=" + t.Profile}
	for _, key := range slices.Sorted(maps.Keys(t.Params)) {
		parts = append(parts, key+"="+t.Params[key])
	}
	parts = append(parts, "engine="+t.Engine, "load="+t.Load)
	for i := range parts {
		parts[i] = strings.Map(nameable, parts[i])
	}
	return benchfmt.Name(strings.Join(parts, "/"))
}

// nameable keeps a value from ending the name or one of its parts.
func nameable(r rune) rune {
	if r == '/' || strconv.IsPrint(r) == (r == ' ') {
		return '_'
	}
	return r
}

// window finds a window by name; nil when the trial has none.
func (t *Trial) window(name string) *Window {
	for i := range t.Windows {
		if t.Windows[i].Name == name {
			return &t.Windows[i]
		}
	}
	return nil
}
