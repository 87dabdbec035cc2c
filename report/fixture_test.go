package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// host is the machine of the fixtures.
func host() results.Environment {
	return results.Environment{
		SchemaVersion: results.SchemaVersion, RunID: "20261123-074000-three-zones",
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

// reportOf is a report of a summary alone.
func reportOf(s summary.Summary) *Report {
	return New(&results.Run{Environment: host()}, summary.Analysis{Summary: s}, Options{Source: source})
}

func p[T any](v T) *T { return &v }

// around is a median with an interval of so many percent to each side.
func around(median, percent float64) summary.Metric {
	return summary.Metric{
		Median: &median, CILow: p(median * (1 - percent/100)), CIHigh: p(median * (1 + percent/100)), N: 6, Interval: true,
	}
}

// proved is what a proof trial saw of an honest cluster.
func proved(n int) summary.Faults {
	t := (n - 1) / 2
	return summary.Faults{Survived: p(t), BlockedAt: p(t + 1), Recovered: p(true)}
}

// standing puts a setup's nodes round these zones.
func standing(c summary.Cell, zones ...string) summary.Cell {
	c.Sites, c.ToleratesSites = nil, nil
	for i := range c.Nodes {
		if len(zones) > 0 {
			c.Sites = append(c.Sites, zones[i%len(zones)])
		}
	}
	c.SpareAfterZone, c.Faults.ZonesSurvived = nil, nil
	if len(zones) > 0 {
		c.ToleratesSites = p(summary.ToleratesSites(c.Sites))
		var members []int
		for _, place := range c.Places() {
			members = append(members, place.Members)
		}
		if spare, ok := quorum.Size(c.Nodes).SpareAfterSite(members); ok {
			c.SpareAfterZone = p(spare)
		}
		if c.Faults.Survived != nil {
			c.Faults.ZonesSurvived = p(*c.ToleratesSites)
		}
	}
	return c
}

// cell is a setup of n nodes whose writes take so many milliseconds.
func cell(n int, p50ms, perSecond float64) summary.Cell {
	return standing(summary.Cell{
		Cell: fmt.Sprintf("n%d-hashicorp-multi-az", n), Nodes: n, Quorum: n/2 + 1, Tolerates: (n - 1) / 2,
		Engine: "hashicorp", Profile: "multi-az", Load: "calm+saturate", Trials: 6, ValidTrials: 6, Proofs: 1, ValidProofs: 1,
		Timeouts: usualTimeouts, Clients: 64, Durable: true, Operations: summary.Operations{Attempted: 1800, Completed: 1800},
		Metrics: map[string]summary.Metric{
			figures.WriteP50:     around(p50ms*1e6, 2.5),
			figures.WriteP90:     around(p50ms*1.35e6, 5),
			figures.WriteP99:     {Median: p(p50ms * 2.4e6), N: 6, Pooled: true, Samples: 1800, Effective: 1800},
			figures.Throughput:   around(perSecond, 4),
			figures.CPUPerKwrite: around(0.35*float64(n), 3),
			figures.NetworkPer:   around(460*float64(n-1), 1),
			figures.DiskPer:      around(8700*float64(n), 1),
			figures.FsyncsPer:    around(3.2*float64(n), 1),
			figures.Outage:       {Median: p(2.1e9), N: 1},
			figures.Offered:      around(40, 0),

			figures.FullPrefix + figures.CPUPerKwrite: around(0.04*float64(n), 3),
			figures.FullPrefix + figures.NetworkPer:   around(380*float64(n-1), 1),
			figures.FullPrefix + figures.DiskPer:      around(900*float64(n), 1),
			figures.FullPrefix + figures.FsyncsPer:    around(0.2*float64(n), 1),

			figures.IdlePrefix + "cpu_seconds_per_second":   around(0.004*float64(n), 3),
			figures.IdlePrefix + "network_bytes_per_second": around(900*float64(n-1), 1),
			figures.IdlePrefix + "disk_bytes_per_second":    around(0, 0),

			figures.MarginalPrefix + figures.CPUPerKwrite: around(0.03*float64(n), 3),
			figures.MarginalPrefix + figures.NetworkPer:   around(370*float64(n-1), 1),
			figures.MarginalPrefix + figures.DiskPer:      around(800*float64(n), 1),
			figures.MarginalPrefix + figures.FsyncsPer:    around(0.15*float64(n), 1),
		},
		Faults: proved(n), Losses: lossesOf(n),
	}, "a", "b", "c")
}

// lossesOf are the outages of one proof over three zones.
func lossesOf(n int) []summary.Loss {
	if n < 3 {
		return nil
	}
	return []summary.Loss{
		{Of: summary.LostFollower, P50NS: p(4.1e6), MaxNS: p(6.3e6), N: 2, Full: true},
		{Of: summary.LostLeader, P50NS: p(2.1e9), MaxNS: p(2.1e9), N: 1, Full: n < 5},
		{Of: summary.LostZone, P50NS: p(1.9e9), MaxNS: p(2.4e9), N: 2, Full: true},
	}
}

// decided adds the differences of each group: those of neighbouring sizes, and
// of each with the one that it is weighed against. They are what the intervals of
// the two medians leave of their ratio.
func decided(s summary.Summary) summary.Summary {
	s.Precision, s.Differences = stats.Precision, nil
	for _, metric := range []string{figures.WriteP50, figures.Throughput, figures.Capacity, figures.CPUPerKwrite, figures.NetworkPer, figures.DiskPer} {
		for _, g := range groups(s) {
			for i := range g.cells[1:] {
				from, to := g.cells[i], g.cells[i+1]
				if d, ok := differs(metric, from, to); ok {
					d.Primary = metric == figures.WriteP50 || metric == figures.Throughput
					s.Differences = append(s.Differences, d)
				}
				base := weighedAgainst(to, g.cells[:i+1])
				if d, ok := differs(metric, base, to); ok && base.Cell != from.Cell {
					s.Differences = append(s.Differences, d)
				}
			}
		}
	}
	for i := range s.Differences {
		s.Differences[i].Questions = len(s.Differences)
	}
	return s
}

func differs(name string, from, to summary.Cell) (summary.Difference, bool) {
	a, aIs := figures.Of(from, name)
	b, bIs := figures.Of(to, name)
	if !aIs || !bIs {
		return summary.Difference{}, false
	}
	if a.Median == 0 {
		return summary.Difference{Metric: name, From: from.Cell, To: to.Cell, N: a.N, Interval: true, Decided: stats.Found, P: 0.03}, true
	}
	d := summary.Difference{Metric: name, From: from.Cell, To: to.Cell, Ratio: p(b.Median / a.Median), N: a.N, Decided: stats.Undecided, P: 1}
	if a.Interval && b.Interval {
		half := math.Hypot(a.High-a.Median, b.High-b.Median) / min(a.Median, b.Median) / 2
		d.Interval, d.CILow, d.CIHigh = true, p(*d.Ratio*(1-half)), p(*d.Ratio*(1+half))
		switch {
		case *d.CILow > 1 || *d.CIHigh < 1:
			d.Decided, d.P = stats.Found, 0.03
		case *d.CILow > 1/(1+stats.Precision) && *d.CIHigh < 1+stats.Precision:
			d.Decided = stats.Bounded
		}
	}
	return d, true
}

// typical is a default run.
func typical() summary.Summary {
	return decided(summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "20261123-074000-three-zones", Cells: []summary.Cell{
		cell(1, 0.46, 21340), cell(3, 1.74, 9920), cell(4, 2.31, 7310), cell(5, 2.33, 6240), cell(7, 2.92, 4120),
	}})
}

// remark is one that was said of so many of 6 trials.
func remark(r results.Remark, role results.Role, trials int, bounds map[string]*float64) summary.Remark {
	return summary.Remark{
		Code: r.Code, Severity: r.Severity, Window: r.Window, Role: role, Kind: results.Measure, Trials: trials, Of: 6, Worst: r, Bounds: bounds,
	}
}

// late is a link that missed its delay.
func late(byNS float64) results.Remark {
	return results.Remark{
		Code: results.CodeLinkLate, Severity: results.Doubtful, Window: results.WindowCalm, Link: &results.Ends{From: "n1", To: "n3"},
		Got: byNS, Want: 100_000, Unit: results.UnitNS, Count: 4, Of: 20,
	}
}

func busy(share float64) results.Remark {
	return results.Remark{Code: results.CodeHostBusy, Severity: results.Doubtful, Window: results.WindowCalm, Got: share, Want: 0.85, Unit: results.UnitShare}
}

// noisy has an invalid trial, late links that moved nothing that shows, a busy
// host that did, a missing proof and a difference that is not decided.
func noisy() summary.Summary {
	s := typical()
	three, four, five, seven := &s.Cells[1], &s.Cells[2], &s.Cells[3], &s.Cells[4]
	three.ValidTrials = 5
	three.Remarks = []summary.Remark{
		remark(results.Remark{Code: results.CodeLeaderChanged, Severity: results.Invalid, Window: results.WindowCalm}, results.RoleLight, 1, nil),
		remark(late(110_000), results.RoleLight, 1, map[string]*float64{figures.WriteP50: p(0.002)}),
	}
	five.Remarks = []summary.Remark{remark(late(173_000), results.RoleLight, 3, map[string]*float64{figures.WriteP50: p(0.004)})}
	four.Metrics[figures.WriteP50] = around(1.78e6, 6)
	five.Faults = summary.Faults{}
	seven.Remarks = []summary.Remark{remark(busy(0.91), results.RoleLight, 2, map[string]*float64{figures.WriteP50: nil, figures.WriteP90: nil})}
	for _, name := range []string{figures.WriteP50, figures.WriteP90} {
		m := seven.Metrics[name]
		m.Doubts = []int{0}
		seven.Metrics[name] = m
	}
	return decided(s)
}

// harmed is a run with faults: operations failed, and percentiles with them.
func harmed() summary.Summary {
	s := typical()
	s.Cells = s.Cells[:3]
	three, four := &s.Cells[1], &s.Cells[2]
	three.Operations = summary.Operations{Attempted: 1200, Completed: 675, Failed: 525, Harmed: true}
	three.Metrics[figures.WriteP90] = summary.Metric{N: 6, Interval: true, CILow: p(2.4e6)}
	three.Metrics[figures.WriteP99] = summary.Metric{N: 6, Pooled: true, Samples: 1200, Effective: 1200}
	four.Operations = summary.Operations{Attempted: 1200, Completed: 300, Failed: 900, Harmed: true}
	four.Metrics[figures.WriteP50] = summary.Metric{N: 6, Interval: true, CILow: p(2.2e6)}
	delete(four.Metrics, figures.WriteP90)
	delete(four.Metrics, figures.WriteP99)
	return decided(s)
}

// broken is a run in which acknowledged writes were lost and a replica stood
// still.
func broken() summary.Summary {
	s := typical()
	s.Cells[1].Faults.LostWrites = 3
	s.Cells[1].Faults.Safety = []summary.Findings{{Rule: results.RuleLost, Count: 2, First: results.Finding{
		Class: results.Safety, Rule: results.RuleLost, Node: "n2", Key: "k17", Got: "version 3", Want: "4 to 5",
	}}}
	s.Cells[3].Faults.Liveness = []summary.Findings{{Rule: results.RuleApplied, Count: 1, First: results.Finding{
		Class: results.Liveness, Rule: results.RuleApplied, Node: "n4", Got: "index 812", Want: "index 4102",
		Log: []string{"2026-11-23T07:41:00Z [ERROR] raft: failed to send snapshot to: id=n4", "2026-11-23T07:41:01Z [INFO]  snapshot: reaping"},
	}}}
	return s
}

// limitedRun is a run that looked for the capacity.
func limitedRun() summary.Summary {
	s := withCurves(typical())
	for i := range s.Cells {
		c := &s.Cells[i]
		was := c.Metrics
		c.Load, c.Limit, c.CapacityConfirmed = "capacity", "p99 < 20ms", 6
		c.Metrics = map[string]summary.Metric{figures.Capacity: around(*was[figures.Throughput].Median*0.9, 3)}
		for share, slower := range map[string]float64{"50": 1.2, "80": 1.9} {
			c.Metrics["capacity_at_"+share+"_"+figures.WriteP50] = around(*was[figures.WriteP50].Median*slower, 4)
			c.Metrics["capacity_at_"+share+"_"+figures.WriteP90] = around(*was[figures.WriteP90].Median*slower, 6)
		}
	}
	s.Cells[2].CapacityConfirmed = 0
	return decided(s)
}

// matrix has two engines and five sizes, and a parameter.
func matrix() summary.Summary {
	s := summary.Summary{SchemaVersion: summary.SchemaVersion, RunID: "20261123-080000-engines"}
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
				c.Cell, c.Engine = fmt.Sprintf("n%d-%s-multi-az-inflight%s", n, engine, inflight), engine
				c.Params = map[string]string{"raft.max_rpcs_in_flight": inflight}
				s.Cells = append(s.Cells, c)
			}
		}
	}
	return decided(s)
}

func withCurves(s summary.Summary) summary.Summary {
	for i := range s.Cells {
		c := &s.Cells[i]
		at, has50 := figures.Of(*c, figures.WriteP50)
		carried, has := figures.Of(*c, figures.Throughput)
		if !has50 || !has {
			continue
		}
		for _, share := range []float64{0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95} {
			rate := carried.Median * share
			c.Curve = append(c.Curve, summary.CurvePoint{
				OfferedOps: rate, Held: p(share < 0.92),
				P50:        &summary.Metric{Median: p(at.Median * (1 + share/(1-share)/4)), N: 6},
				P99:        &summary.Metric{Median: p(at.Median * (2 + 2*share/(1-share))), N: 6},
				Throughput: &summary.Metric{Median: &rate, N: 6},
			})
		}
	}
	return s
}

func withReads(s summary.Summary) summary.Summary {
	for i := range s.Cells {
		if w, ok := figures.Of(s.Cells[i], figures.WriteP50); ok {
			s.Cells[i].Metrics[figures.ReadP50] = around(w.Median*0.4, 5)
			s.Cells[i].Metrics[figures.ReadP90] = around(w.Median*0.7, 8)
			s.Cells[i].ReadsIncluded = true
		}
	}
	return s
}

// distributions are made-up latencies of a report's setups.
func distributions(r *Report, count int) []distribution {
	var out []distribution
	for gi, g := range r.groups {
		for i, c := range g.cells {
			f, ok := figures.Of(c, figures.WriteP50)
			if !ok || f.Never() {
				continue
			}
			h := hdrhistogram.New(1, 600e9, 2)
			for _, v := range samples(uint64(i), count, f.Median) {
				_ = h.RecordValue(v)
			}
			out = append(out, distribution{gi, c, &summary.Pool{Histogram: h, Failed: c.Operations.Failed, Trials: 6}})
		}
	}
	return out
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

// chartsOf are all charts of a summary.
func chartsOf(s summary.Summary, count int) []chart.Chart {
	r := reportOf(s)
	var ds []distribution
	if count > 0 {
		ds = distributions(r, count)
	}
	return r.charts(ds)
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
			m.CILow, m.CIHigh, m.Interval, m.N = nil, nil, false, 1
			bare.Cells[i].Metrics[name] = m
		}
	}
	nan := typical()
	nan.Cells[0].Metrics[figures.WriteP50] = summary.Metric{Median: p(math.NaN())}
	nan.Cells[1].Metrics[figures.WriteP50] = summary.Metric{Median: p(1.7e6), CILow: p(math.NaN()), CIHigh: p(math.Inf(1)), N: 2, Interval: true}

	long := matrix()
	long.Cells[1].Remarks = []summary.Remark{remark(results.Remark{
		Code: results.CodeClientErrors, Severity: results.Invalid, Got: 12, Detail: strings.Repeat("rpc error: code = Unavailable ", 30),
	}, results.RoleLight, 1, nil)}
	for i := range long.Cells {
		long.Cells[i].Params = map[string]string{
			"network.profile_of_a_very_long_name": strings.Repeat("aws-global-7-with-everything-", 4),
			"raft.max_rpcs_in_flight":             long.Cells[i].Params["raft.max_rpcs_in_flight"],
			"storage.sync":                        fmt.Sprint(i%3) + "ms",
		}
	}
	var sweep, many summary.Summary
	for i, v := range []string{"1", "2", "16", "130"} {
		c := cell(3, 26+float64(i), 2000*float64(i+1))
		c.Cell, c.Params = "n3-hashicorp-multi-az-inflight"+v, map[string]string{"raft.max_rpcs_in_flight": v}
		sweep.Cells = append(sweep.Cells, c)
	}
	for n := 1; n <= 15; n++ {
		many.Cells = append(many.Cells, cell(n, 0.4+0.3*float64(n), 20000/float64(n)))
	}
	far := scaled(typical(), 90)
	far.Cells[0] = cell(1, 0.4, 20000)
	return map[string]summary.Summary{
		"typical": typical(), "noisy": noisy(), "harmed": harmed(), "broken": broken(), "matrix": matrix(), "one": one, "dead": dead, "half": decided(half),
		"bare": decided(bare), "nan": nan, "long": long, "sweep": sweep, "many": decided(many), "far": decided(far),
		"faint": faint(), "fast": scaled(typical(), 0.00005), "alike": alike(), "capacity": limitedRun(), "none": {RunID: "none"},
		"noisy-matrix": noisyMatrix(), "crowd": crowded(), "large": large(),
	}
}

// crowded has more groups than a chart can show, with the longest names, and
// more remarks on each.
func crowded() summary.Summary {
	var s summary.Summary
	for i := range 20 {
		for _, n := range []int{3, 4, 5} {
			c := cell(n, float64(n), 1000)
			c.Cell, c.Profile = fmt.Sprintf("n%d-hashicorp-%d", n, i), fmt.Sprint(i, strings.Repeat("-profile", 20))
			c.Params = map[string]string{"raft.max_append_entries": fmt.Sprint(i, strings.Repeat("x", 60))}
			c.Operations = summary.Operations{Attempted: 1800, Completed: 1797, Failed: 3}
			c.Faults.Safety = []summary.Findings{{Rule: results.RuleStale, Count: 2, First: results.Finding{Got: strings.Repeat("got ", 100), Want: strings.Repeat("want ", 100)}}}
			c.Remarks = []summary.Remark{remark(late(150_000), results.RoleLight, 2, map[string]*float64{figures.WriteP50: p(0.2)})}
			m := c.Metrics[figures.WriteP50]
			m.Doubts = []int{0}
			c.Metrics[figures.WriteP50] = m
			s.Cells = append(s.Cells, c)
		}
	}
	return s
}

// large has every size that a record may hold.
func large() summary.Summary {
	var s summary.Summary
	for n := 1; n <= results.MaxNodes; n++ {
		s.Cells = append(s.Cells, cell(n, 0.4+0.3*float64(n), 20000/float64(n)))
	}
	return decided(s)
}

// noisyMatrix has remarks on every setup, most of which moved a number.
func noisyMatrix() summary.Summary {
	s := matrix()
	for i := range s.Cells {
		c := &s.Cells[i]
		c.Remarks = []summary.Remark{
			remark(late(float64(100_000+i*1000)), results.RoleLight, 1+i%6, map[string]*float64{figures.WriteP50: p(0.03 + float64(i)/500)}),
			remark(busy(0.86+float64(i)/200), results.RoleLight, 1+i%3, map[string]*float64{figures.WriteP90: nil}),
		}
		m := c.Metrics[figures.WriteP50]
		m.Doubts = []int{0}
		c.Metrics[figures.WriteP50] = m
		if i%4 == 0 {
			c.ValidTrials = 0
			c.Metrics = nil
		}
	}
	return s
}

// scaled multiplies all latencies.
func scaled(s summary.Summary, by float64) summary.Summary {
	s.Cells = slices.Clone(s.Cells)
	for i, c := range s.Cells {
		s.Cells[i] = cell(c.Nodes, *c.Metrics[figures.WriteP50].Median/1e6*by, *c.Metrics[figures.Throughput].Median/by)
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
	return decided(s)
}
