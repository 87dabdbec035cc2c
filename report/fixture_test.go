package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// host is the machine of the fixtures.
func host() results.Environment {
	return results.Environment{
		SchemaVersion: 1, RunID: "20261123-074000-three-zones",
		StartedAt: time.Date(2026, 11, 23, 7, 40, 0, 0, time.UTC),
		Hostname:  "bench-1", OS: "linux", Arch: "amd64", Kernel: "6.12.0", Cores: 2,
		Filesystem: "ext4", FsyncP50NS: 140_000, FsyncP99NS: 210_000, FsyncReal: true,
	}
}

func source(profile string) string {
	if profile != "multi-az" {
		return ""
	}
	return "IBM Cloud VPC, Washington, three zones; netperf TCP_RR averages, 18 July to 16 August 2026"
}

func options() Options { return Options{Clients: 64, Source: source} }

func p[T any](v T) *T { return &v }

// around is a median with an interval of so many percent to each side.
func around(median, percent float64) summary.Metric {
	return summary.Metric{
		Median: median, CILow: p(median * (1 - percent/100)), CIHigh: p(median * (1 + percent/100)), N: 6,
	}
}

// proved is what a proof trial saw of an honest cluster.
func proved(n int) summary.Faults {
	t := (n - 1) / 2
	return summary.Faults{Survived: p(t), BlockedAt: p(t + 1), Recovered: p(true)}
}

// cell is a cell of n nodes whose writes take so many milliseconds.
func cell(n int, p50ms, perSecond float64) summary.Cell {
	return summary.Cell{
		Cell: fmt.Sprintf("n%d-hashicorp-multi-az", n), Nodes: n, Quorum: n/2 + 1, Tolerates: (n - 1) / 2,
		Engine: "hashicorp", Profile: "multi-az", Load: "calm+saturate", Trials: 6, ValidTrials: 6,
		Metrics: map[string]summary.Metric{
			writeP50:       around(p50ms*1e6, 2.5),
			writeP90:       around(p50ms*1.35e6, 5),
			writeP99:       {Median: p50ms * 2.4e6, N: 6, Pooled: true},
			throughput:     around(perSecond, 4),
			cpuPerKwrite:   around(0.35*float64(n), 3),
			networkPer:     around(460*float64(n-1)+1, 1),
			diskPer:        around(8700*float64(n), 1),
			fsyncsPer:      around(3.2*float64(n), 1),
			unavailability: {Median: 2.1e9, N: 1},
		},
		Faults: proved(n),
	}
}

// typical is a default run.
func typical() summary.Summary {
	return summary.Summary{SchemaVersion: 1, RunID: "20261123-074000-three-zones", Cells: []summary.Cell{
		cell(1, 0.46, 21340), cell(3, 1.74, 9920), cell(4, 2.31, 7310), cell(5, 2.33, 6240), cell(7, 2.92, 4120),
	}}
}

// noisy has one invalid trial, a flag, a missing proof and overlapping
// intervals.
func noisy() summary.Summary {
	s := typical()
	s.Cells[1].ValidTrials = 5
	s.Cells[2].Metrics[writeP50] = around(1.78e6, 6)
	s.Cells[3].Faults = summary.Faults{}
	s.Cells[4].Warnings = []string{"host CPU 91 % busy in the calm window", "p99 from 640 samples is thin"}
	return s
}

// limited is a run that looked for the capacity.
func limited() summary.Summary {
	s := withCurves(typical())
	for i := range s.Cells {
		c := &s.Cells[i]
		was := c.Metrics
		c.Load, c.CapacityConfirmed = "capacity at p99 < 20ms", 6
		c.Metrics = map[string]summary.Metric{capacity: around(was[throughput].Median*0.9, 3)}
		for share, slower := range map[string]float64{"50": 1.2, "80": 1.9} {
			c.Metrics["capacity_at_"+share+"_"+writeP50] = around(was[writeP50].Median*slower, 4)
			c.Metrics["capacity_at_"+share+"_"+writeP90] = around(was[writeP90].Median*slower, 6)
		}
		for k, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95} {
			c.Curve[k].Held = p(share < 0.9)
		}
	}
	s.Cells[2].CapacityConfirmed = 0
	s.Cells[2].Warnings = []string{"capacity is not confirmed by a fresh cluster: give at least 2 trials"}
	return s
}

// matrix has two engines and three sizes, and a parameter.
func matrix() summary.Summary {
	s := summary.Summary{SchemaVersion: 1, RunID: "20261123-080000-engines"}
	for _, inflight := range []string{"2", "16"} {
		for _, engine := range []string{"hashicorp", "etcd"} {
			for _, n := range []int{1, 3, 4, 5, 7} {
				slow := 1.0
				if engine == "etcd" {
					slow = 0.8
				}
				if inflight == "16" {
					slow *= 1.15
				}
				c := cell(n, slow*(0.4+0.35*float64(n)), 20000/slow/float64(n))
				c.Engine = engine
				c.Params = map[string]string{"raft.max_rpcs_in_flight": inflight}
				s.Cells = append(s.Cells, c)
			}
		}
	}
	return s
}

// samples draws latencies with a tail like a write's.
func samples(seed uint64, n int, p50 float64) []int64 {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(p50 * (0.75 + 0.36*r.ExpFloat64()))
	}
	return out
}

// cases are summaries that have been, or might be, hard to show.
func cases() map[string]summary.Summary {
	one := typical()
	one.Cells = one.Cells[1:2]

	dead := noisy()
	for i := range dead.Cells {
		dead.Cells[i].ValidTrials = 0
		dead.Cells[i].Metrics = nil
	}

	half := typical()
	half.Cells[2].ValidTrials, half.Cells[2].Metrics = 0, map[string]summary.Metric{}

	bare := typical()
	for i := range bare.Cells {
		for name, m := range bare.Cells[i].Metrics {
			m.CILow, m.CIHigh = nil, nil
			bare.Cells[i].Metrics[name] = m
		}
	}
	nan := typical()
	nan.Cells[0].Metrics[writeP50] = summary.Metric{Median: math.NaN()}
	nan.Cells[1].Metrics[writeP50] = summary.Metric{Median: 1.7e6, CILow: p(math.NaN()), CIHigh: p(math.Inf(1)), N: 2}

	long := matrix()
	for i := range long.Cells {
		long.Cells[i].Params = map[string]string{
			"network.profile_of_a_very_long_name": strings.Repeat("aws-global-7-with-everything-", 4),
			"raft.max_rpcs_in_flight":             long.Cells[i].Params["raft.max_rpcs_in_flight"],
		}
		long.Cells[i].Warnings = []string{strings.Repeat("the link from a to b missed its delay by a lot ", 9) + fmt.Sprint(i)}
	}
	long.Cells[0].Params["network.profile_of_a_very_long_name"] = "x"

	sweep := summary.Summary{RunID: "inflight"}
	for i, v := range []string{"1", "2", "16", "130"} {
		c := cell(3, 26+float64(i), 2000*float64(i+1))
		c.Params = map[string]string{"raft.max_rpcs_in_flight": v}
		sweep.Cells = append(sweep.Cells, c)
	}

	many := summary.Summary{RunID: "many"}
	for n := 1; n <= 15; n++ {
		many.Cells = append(many.Cells, cell(n, 0.4+0.3*float64(n), 20000/float64(n)))
	}

	far := scaled(typical(), 90)
	far.Cells[0] = cell(1, 0.4, 20000)
	return map[string]summary.Summary{
		"typical": typical(), "noisy": noisy(), "matrix": matrix(), "one": one, "dead": dead, "half": half,
		"bare": bare, "nan": nan, "long": long, "sweep": sweep, "many": many, "far": far,
		"faint": faint(), "fast": scaled(typical(), 0.00005), "alike": alike(), "capacity": limited(), "none": {RunID: "none"},
	}
}

// scaled multiplies all latencies.
func scaled(s summary.Summary, by float64) summary.Summary {
	for i, c := range s.Cells {
		f := cell(c.Nodes, c.Metrics[writeP50].Median/1e6*by, c.Metrics[throughput].Median/by)
		s.Cells[i] = f
	}
	return s
}

// faint has no proof at all and many sizes: the longest words under each.
func faint() summary.Summary {
	var s summary.Summary
	for n := 1; n <= 9; n++ {
		c := cell(n, float64(n), 1000)
		c.Faults = summary.Faults{}
		s.Cells = append(s.Cells, c)
	}
	return s
}

// alike has the same latency at every size: all marks on one line.
func alike() summary.Summary {
	var s summary.Summary
	for _, n := range []int{2, 3, 4, 5, 6, 7} {
		s.Cells = append(s.Cells, cell(n, 25.3, 5000))
	}
	return s
}
