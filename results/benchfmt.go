package results

import (
	"cmp"
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
// The lines are in the order of size. ns/op is the median write latency of the light window (of the first window
// where there is none), p90-ns and p99-ns belong to it, ops/s is the
// throughput of the saturating window, and what follows are costs for each
// write. A p99 of a window too short for one is left out, as invalid trials are,
// and a percentile that lies among operations that failed.
func WriteBenchfmt(w io.Writer, run *Run) error {
	out := benchfmt.NewWriter(w)
	for _, record := range []benchfmt.Record{better("ops/s", "higher"), better("ns/op", "lower")} {
		if err := out.Write(record); err != nil {
			return err
		}
	}
	trials := run.Latest()
	slices.SortStableFunc(trials, func(a, b Trial) int { return cmp.Or(cmp.Compare(a.Nodes, b.Nodes), cmp.Compare(a.Cell, b.Cell)) })
	for _, t := range trials {
		if !t.Valid || t.Kind != Measure || len(t.Windows) == 0 {
			continue
		}
		if err := out.Write(benchmark(run.Environment, t)); err != nil {
			return err
		}
	}
	return nil
}

// leastP99 independent operations carry a p99: it rests on ten of them.
const leastP99 = 1000

func better(unit, direction string) *benchfmt.UnitMetadata {
	return &benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"}, OrigUnit: unit, Value: direction}
}

func benchmark(env Environment, t Trial) *benchfmt.Result {
	calm := t.Window(RoleLight)
	if calm == nil {
		calm = &t.Windows[0]
	}
	r := &benchfmt.Result{Name: benchmarkName(t), Iters: int(max(1, calm.Writes+calm.Reads))}
	for _, c := range [][2]string{{"goos", env.OS}, {"goarch", env.Arch}, {"cpu", env.CPUModel}, {"run", env.RunID}} {
		if value := oneLine(c[1]); value != "" {
			r.Config = append(r.Config, benchfmt.Config{Key: c[0], Value: []byte(value), File: true})
		}
	}
	latency := calm.Latency
	if latency.Count+latency.Failed == 0 && calm.ReadLatency != nil {
		latency = *calm.ReadLatency
	}
	for _, p := range []struct {
		v    Nanos
		unit string
	}{{latency.P50NS, "ns/op"}, {latency.P90NS, "p90-ns"}, {latency.P99NS, "p99-ns"}} {
		if p.v != Never && (p.unit != "p99-ns" || latency.EffectiveN >= leastP99) {
			r.Values = append(r.Values, benchfmt.Value{Value: float64(p.v), Unit: p.unit})
		}
	}
	if s := t.Window(RoleFull); s != nil {
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

// oneLine keeps a value from ending its line: what followed would be read as a
// benchmark.
func oneLine(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, text))
}

// nameable keeps a value from ending the name or one of its parts.
func nameable(r rune) rune {
	if r == '/' || strconv.IsPrint(r) == (r == ' ') {
		return '_'
	}
	return r
}
