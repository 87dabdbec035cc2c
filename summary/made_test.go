package summary

import (
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/results"
)

var update = flag.Bool("update", false, "write testdata anew")

func openTiny(t *testing.T) *results.Run {
	t.Helper()
	run, err := results.Open("../results/testdata/tiny")
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// tinySummary is built once: its 29 trials' histograms take their time.
var tinySummary = sync.OnceValues(func() (Summary, error) {
	run, err := results.Open("../results/testdata/tiny")
	if err != nil {
		return Summary{}, err
	}
	return Build(run)
})

func buildTiny(t *testing.T) Summary {
	t.Helper()
	s, err := tinySummary()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recorded writes trials as a run does, and reads them back.
func recorded(t *testing.T, trials ...results.Trial) *results.Run {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, results.Environment{}, []byte("name: made-up\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tr := range trials {
		err = errors.Join(err, w.Append(tr))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func build(t *testing.T, run *results.Run) Summary {
	t.Helper()
	s, err := Build(run)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func cellOf(t *testing.T, trials ...results.Trial) Cell {
	t.Helper()
	return build(t, recorded(t, trials...)).Cells[0]
}

// trial makes a measuring trial of three nodes whose light window has so many
// writes.
func trial(number int, p50 time.Duration, writes int64) results.Trial {
	return results.Trial{
		Cell: "n3-x", Trial: number, Block: number - 1, Attempt: 1, Kind: results.Measure, Nodes: 3, Valid: true, Durable: true,
		Windows: []results.Window{light(p50, writes)},
	}
}

func light(p50 time.Duration, writes int64) results.Window {
	return results.Window{
		Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100,
		Attempted: writes, Completed: writes, Writes: writes, Latency: latency(p50, writes), Service: latency(p50, writes),
	}
}

func latency(p50 time.Duration, count int64) results.Latency {
	return results.Latency{
		P50NS: results.Nanos(p50), P90NS: results.Nanos(3 * p50 / 2), P99NS: results.Nanos(2 * p50), P999NS: results.Nanos(3 * p50),
		MaxNS: results.Nanos(4 * p50), Count: count, EffectiveN: count,
	}
}

// full makes a window of full load.
func full(p50 time.Duration, perSecond float64) results.Window {
	writes := int64(perSecond)
	return results.Window{
		Name: results.WindowSaturate, Role: results.RoleFull, Mode: results.ModeClosed, Clients: 64, DurationNS: 1e9,
		Attempted: writes, Completed: writes, Writes: writes, ThroughputOps: perSecond, Latency: latency(p50, writes),
	}
}

// sized makes a measuring trial of a size, in a block, with both windows.
func sized(nodes, block int, p50 time.Duration, perSecond float64) results.Trial {
	t := trial(block+1, p50, 300)
	t.Cell, t.Nodes = fmt.Sprintf("n%d-x", nodes), nodes
	t.Windows = append(t.Windows, full(8*p50, perSecond))
	return t
}

// proofTrial has what its result must rest on.
func proofTrial(number int, p results.ProofResult) results.Trial {
	if p.Survived > 0 || p.Recovered {
		p.Acked = 100
	}
	if p.Recovered {
		p.Disks = []results.Disk{{Node: "n1", Durable: 5, Found: 6}, {Node: "n2", Durable: 5, Found: 5}, {Node: "n3", Durable: 7, Found: 7}}
	}
	return results.Trial{Cell: "n3-x", Trial: number, Attempt: 1, Kind: results.Proof, Nodes: 3, Valid: true, Durable: true, Proof: &p}
}

func remarked(t results.Trial, remarks ...results.Remark) results.Trial {
	t.Remarks = append(t.Remarks, remarks...)
	return t
}

func invalid(t results.Trial, remarks ...results.Remark) results.Trial {
	t.Valid = false
	return remarked(t, remarks...)
}

func again(t results.Trial) results.Trial {
	t.Attempt++
	return t
}

func notDurable(t results.Trial) results.Trial {
	t.Durable = false
	return t
}

func withAudit(t results.Trial, lost int64, found ...results.Finding) results.Trial {
	t.Audit = &results.Audit{Lost: lost}
	for _, w := range t.Windows {
		t.Audit.Acked += w.Writes
	}
	if t.Proof != nil {
		t.Audit.Acked = t.Proof.Acked
	}
	t.Findings = found
	t.Valid = t.Valid && len(found) == 0
	return t
}

// histogram of so many values each of these latencies.
func histogram(t *testing.T, counts map[time.Duration]int64) *hdrhistogram.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, int64(time.Minute), 3)
	for d, n := range counts {
		if err := h.RecordValues(int64(d), n); err != nil {
			t.Fatal(err)
		}
	}
	return h
}
