package report

import (
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// What a write uses depends on how many come at once: under full load they share
// CPU time, messages and syncs. So each use stands with its rate, and what is
// used without load stands apart.

// usePer are a write's uses: columns of a table.
func usePer(over, prefix string, keep int) []column {
	bytes := "bytes"
	if over != "" {
		bytes = over
	}
	return []column{
		perThousand(over, "CPU time", keep+3, prefix+figures.CPUPerKwrite),
		measured(bytes, "between nodes", keep, prefix+figures.NetworkPer, units.Size),
		measured(bytes, "to disk", keep, prefix+figures.DiskPer, units.Size),
		measured(over, "fsyncs", keep+1, prefix+figures.FsyncsPer, units.Count),
	}
}

// lightUse is at the load that latencies are of.
func (r *Report) lightUse() []column {
	out := []column{nodesColumn()}
	switch {
	case r.full:
		out = append(out, measured("at a", "rate of", 8, figures.Throughput, units.Rate))
	case r.commonRate() == "":
		out = append(out, measured("at a", "rate of", 8, figures.Offered, units.Rate))
	}
	return append(out, usePer("", "", 5)...)
}

func fullUse() []column {
	return append([]column{nodesColumn(), measured("at a", "rate of", 8, figures.Throughput, units.Rate)}, usePer("", figures.FullPrefix, 5)...)
}

// otherUse is what no single rate tells.
func otherUse() []column {
	const idle = "idle, per second"
	out := []column{
		nodesColumn(),
		measured(idle, "CPU", 9, figures.IdlePrefix+"cpu_seconds_per_second", units.Seconds),
		measured(idle, "network", 6, figures.IdlePrefix+"network_bytes_per_second", units.Size),
		measured(idle, "disk", 5, figures.IdlePrefix+"disk_bytes_per_second", units.Size),
	}
	more := usePer("one more write", figures.MarginalPrefix, 4)
	more[0].title, more[1].title, more[2].title = "CPU", "network", "disk"
	return append(out, more...)
}

// lightWords name the load of the light windows, with its rate where all setups
// share one.
func (r *Report) lightWords() string {
	switch rate := r.commonRate(); {
	case r.full:
		return "full load"
	case rate != "":
		return "a light load of " + rate
	}
	return "a light load"
}

// commonRate is the rate that all setups were offered in their light windows;
// empty where they differ.
func (r *Report) commonRate() string {
	common := ""
	for _, c := range r.summary.Cells {
		f, ok := figures.Of(c, figures.Offered)
		if !ok {
			continue
		}
		if text := strings.Replace(wording.Rate(f.Median), ".0/s", "/s", 1); common == "" || common == text {
			common = text
		} else {
			return ""
		}
	}
	return common
}

// perThousand shows a CPU-second per thousand writes as what it is, a
// millisecond per write.
func perThousand(over, title string, keep int, name string) column {
	col := measured(over, title, keep, name, units.Seconds)
	col.value = func(c summary.Cell) entry {
		f, ok := figures.Of(c, name)
		if !ok {
			return entry{main: units.Absent}
		}
		f.Median, f.Low, f.High = f.Median/1000, f.Low/1000, f.High/1000
		return entry{wording.Show(units.Seconds, f.Median), f.Mark(), figures.Between(units.Seconds, f), chart.Origin{Setup: c.Cell, Name: name}}
	}
	return col
}

// useNotes say what of the uses holds elsewhere.
func useNotes(s summary.Summary) []string {
	has := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return figures.Measured(s.Cells, name) })
	}
	var out []string
	if has(figures.NetworkPer, figures.FsyncsPer, figures.FullPrefix+figures.NetworkPer, figures.FullPrefix+figures.FsyncsPer) {
		out = append(out, "Bytes and fsyncs of a write carry over to separate machines at the same rate, where writes are batched alike; its CPU time does not: here all nodes contend for the same cores.")
	}
	if has(figures.IdlePrefix + "cpu_seconds_per_second") {
		out = append(out, "What is used without load, by heartbeats above all, is not subtracted from what a write uses: under load the writes carry them.")
	}
	if has(figures.MarginalPrefix + figures.CPUPerKwrite) {
		out = append(out, "One more write uses the slope between the rates that were run, from the lightest to full load.")
	}
	return out
}
