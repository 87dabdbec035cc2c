package results

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
)

func tinyRun(t *testing.T) *Run {
	t.Helper()
	run, err := Open(tinyDir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func TestBenchstatsReaderReadsTheRun(t *testing.T) {
	run := tinyRun(t)
	var buf bytes.Buffer
	if err := WriteBenchfmt(&buf, run); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(buf.String(), "Benchmark"); lines != 29 {
		t.Errorf("got %d lines, want one for each of the 29 valid measuring trials", lines)
	}
	var want []Trial
	for _, nodes := range []int{1, 3, 4, 5, 7} {
		for _, tr := range run.Latest() {
			if tr.Kind == Measure && tr.Valid && tr.Nodes == nodes {
				want = append(want, tr)
			}
		}
	}
	r := benchfmt.NewReader(&buf, "tiny")
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Fatal(rec)
		case *benchfmt.Result:
			checkBenchmark(t, rec, want[0])
			want = want[1:]
		}
	}
	if r.Err() != nil || len(want) > 0 {
		t.Errorf("%d trials were not read back: %v", len(want), r.Err())
	}
}

func checkBenchmark(t *testing.T, got *benchfmt.Result, want Trial) {
	t.Helper()
	if name := fmt.Sprintf("Write/nodes=%d/profile=multi-az/engine=hashicorp/load=calm+saturate", want.Nodes); string(got.Name) != name {
		t.Errorf("name: got %s, want %s", got.Name, name)
	}
	if got.Values[0].OrigUnit != "ns/op" || got.Values[0].OrigValue != float64(want.Windows[0].Latency.P50NS) {
		t.Errorf("first value: got %+v, want %d ns/op", got.Values[0], want.Windows[0].Latency.P50NS)
	}
	if ops, ok := got.Value("ops/s"); !ok || math.Abs(ops-want.Windows[1].ThroughputOps) > 1e-9 {
		t.Errorf("ops/s: got %v, want %v", ops, want.Windows[1].ThroughputOps)
	}
	if _, ok := got.Value("p99-sec"); ok {
		t.Error("got a p99 of 300 operations, want none")
	}
	if goos := got.GetConfig("goos"); goos != "linux" {
		t.Errorf("goos: got %q", goos)
	}
}

// A profile such as aws-us-3 must not be taken for GOMAXPROCS=3.
func TestBenchmarkNamesAreNotTakenApart(t *testing.T) {
	name := benchmarkName(Trial{Nodes: 3, Profile: "aws-us-3", Engine: "hashicorp", Load: "calm", Params: map[string]string{"raft.snapshot": "a/b c"}})
	base, parts := name.Parts()
	if string(base) != "Write" || len(parts) != 5 || string(parts[2]) != "/raft.snapshot=a_b_c" {
		t.Errorf("got %q and %q", base, parts)
	}
}

// The folder of a run may come from anybody: nothing in it becomes a benchmark.
func TestNoNameBecomesABenchmark(t *testing.T) {
	run := tinyRun(t)
	const evil = "x\nBenchmarkEvil 1 1 ns/op\r\nevil: y\u2028"
	run.Environment.CPUModel, run.Environment.RunID, run.Environment.OS = evil, evil, "\n"
	for i := range run.Trials {
		run.Trials[i].Profile, run.Trials[i].Params = evil, map[string]string{evil: evil}
	}
	var buf bytes.Buffer
	if err := WriteBenchfmt(&buf, run); err != nil {
		t.Fatal(err)
	}
	read := 0
	r := benchfmt.NewReader(&buf, "evil")
	for r.Scan() {
		switch rec := r.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Error(rec)
		case *benchfmt.Result:
			if base, _ := rec.Name.Parts(); string(base) != "Write" || rec.GetConfig("evil") != "" {
				t.Fatalf("got %s with the configuration %v", rec.Name, rec.Config)
			}
			read++
		}
	}
	if read != 29 {
		t.Errorf("got %d lines, want one for each of the 29 valid measuring trials", read)
	}
}

func TestCSVComesBack(t *testing.T) {
	run := tinyRun(t)
	var buf bytes.Buffer
	if err := WriteCSV(&buf, run); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(&buf).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	want := 0
	for _, tr := range run.Trials {
		want += max(1, len(tr.Windows))
	}
	if len(rows)-1 != want {
		t.Fatalf("got %d rows, want %d: one a window", len(rows)-1, want)
	}
	first, last := rows[1], rows[len(rows)-1]
	w := run.Trials[0].Windows[0]
	for name, v := range map[string]float64{
		"write_latency_p50_ns": float64(w.Latency.P50NS), "write_latency_max_ns": float64(w.Latency.MaxNS), "lag_p99_ns": float64(w.Lag.P99NS),
		"offered_ops": w.OfferedOps, "throughput_ops": w.ThroughputOps, "fsyncs": float64(w.Fsyncs), "host_busy": w.HostBusy, "lost_writes": 0,
	} {
		if got, err := strconv.ParseFloat(first[column[name]], 64); err != nil || got != v {
			t.Errorf("%s: got %q, want %v", name, first[column[name]], v)
		}
	}
	if last[column["kind"]] != "proof" || last[column["survived"]] != "3" || last[column["write_latency_p50_ns"]] != "" {
		t.Errorf("the proof: got %q", last)
	}
}

// The distribution is read as HdrHistogram's plotter does: by its columns.
func TestHGRMHoldsTheDistribution(t *testing.T) {
	hs, err := tinyRun(t).Histograms("n3-hashicorp-multi-az", 1)
	if err != nil || len(hs) == 0 {
		t.Fatalf("got %v, %v", hs, err)
	}
	var buf bytes.Buffer
	if err := WriteHGRM(&buf, hs[0].Histogram); err != nil {
		t.Fatal(err)
	}
	lines, last := 0, int64(0)
	for s := bufio.NewScanner(&buf); s.Scan(); {
		var value, share float64
		var total int64
		var inverse string
		if n, _ := fmt.Sscan(s.Text(), &value, &share, &total, &inverse); n < 4 {
			continue
		}
		lines++
		last = total
		reached := float64(total) / float64(hs[0].Histogram.TotalCount())
		want := float64(hs[0].Histogram.ValueAtPercentile(100*reached)) / 1e6
		if math.Abs(value-want) > 0.001+want/500 || reached < share {
			t.Errorf("at %v, %d samples: got %v ms, want %v", share, total, value, want)
		}
	}
	if lines < 10 || last != hs[0].Histogram.TotalCount() {
		t.Errorf("got %d lines up to %d samples, want %d samples", lines, last, hs[0].Histogram.TotalCount())
	}
}

// Whatever the bytes, reading them ends with trials or with an error that
// names a line; what was understood stays within what was given.
func FuzzTrials(f *testing.F) {
	good := `{"schema_version":2,"cell":"n1","trial":9,"kind":"measure","nodes":1,"attempt":1}` + "\n"
	for _, text := range []string{"", good, good + good[:20], good + "\n", `{"schema_version":3}`, "\x00\x00", `{"schema_version":2,"windows":[{"series":[null]}]}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		trials, good, warnings, err := decodeTrials("f", data)
		if err != nil {
			if trials != nil || !strings.HasPrefix(err.Error(), "f:") {
				t.Fatalf("got %v and %v", trials, err)
			}
			return
		}
		if good > int64(len(data)) || (good < int64(len(data))) != (len(warnings) == 1) {
			t.Fatalf("%d of %d bytes understood, warnings %q", good, len(data), warnings)
		}
		again, _, _, err := decodeTrials("f", data[:good])
		if err != nil || len(again) != len(trials) {
			t.Fatalf("what was understood does not read again: %v", err)
		}
	})
}

func FuzzHistogramLog(f *testing.F) {
	text, err := encodeLog([]NamedHistogram{{Name: "calm.latency", Histogram: newHistogram()}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("Tag=a,1,1,1,HIST\n#\n\"\nx\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if hs, err := decodeLog(data, nil); err != nil && hs != nil {
			t.Fatalf("got %v with error %v", hs, err)
		}
	})
}
