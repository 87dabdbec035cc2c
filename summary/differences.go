package summary

import (
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/stats"
)

// compared are the metrics of which setups are held against each other. Where
// no trial had a light load, those of full load stand for it.
var compared = []string{
	"write_latency_p50_ns", "write_latency_p90_ns", "write_latency_p99_ns", "write_latency_p999_ns",
	"read_latency_p50_ns", "read_latency_p90_ns", "read_latency_p99_ns",
	"throughput_ops", "capacity_ops",
	"cpu_seconds_per_kwrite", "network_bytes_per_write", "disk_bytes_per_write", "fsyncs_per_write",
	"idle_cpu_seconds_per_second", "idle_network_bytes_per_second", "idle_disk_bytes_per_second", "idle_fsyncs_per_second",
}

// primaries are the metrics that runs are made for.
var primaries = []string{"write_latency_p50_ns", "read_latency_p50_ns", "throughput_ops", "capacity_ops"}

// The families of questions, fixed before any value is looked at. The primary
// one is what a run is planned for: the median write and the throughput of
// neighbouring sizes. All other differences are the secondary one: so many that
// a few blocks cannot decide any of them, and twelve can decide a hundred.
const (
	primary   = "primary"
	secondary = "secondary"
)

// pairing is two cells, by their places in the summary, to be compared.
type pairing struct {
	from, to int
	// planned pairs are those that the run is made for: where it has arms, an arm
	// and the base; else two sizes with none between them, a size with some of its
	// members dead and with all alive and, where no size varies, a value of any axis
	// and its first one.
	planned bool
	axis    string // empty for sizes
}

// pairings are fixed by the setups alone, before any value is looked at: each
// size against the next smaller one, the smallest of the tolerance below and the
// smallest of all; and of setups of one size that differ in one axis, each value
// against the first.
func pairings(cells []Cell) []pairing {
	sizes, values := sizePairings(cells), axisPairings(cells)
	arms := slices.ContainsFunc(values, func(p pairing) bool { return p.axis == ArmAxis })
	for i := range sizes {
		sizes[i].planned = sizes[i].planned && !arms
	}
	for i := range values {
		values[i].planned = values[i].axis == ArmAxis || !arms && (len(sizes) == 0 || values[i].axis == DeadAxis)
	}
	return append(sizes, values...)
}

// ArmAxis is the axis of setups that are variants of one another: the first of
// its values is the base that others are compared with.
const ArmAxis = "arm"

// DeadAxis is the axis of how many followers were dead under a measuring trial's
// load, and LeaderAxis that of the site where the leader stood.
const (
	DeadAxis   = "dead"
	LeaderAxis = "leader"
)

// The arms of a comparison of two: the base, and what is tried.
const (
	ArmBase = "a"
	ArmTry  = "b"
)

func sizePairings(cells []Cell) []pairing {
	var out []pairing
	for _, group := range groupBy(cells, func(c Cell) string { return strings.Join(traits(c, ""), "\x00") }) {
		for k, to := range group[min(1, len(group)):] {
			smaller := group[:k+1] // cells are in the order of their sizes
			out = append(out, pairing{from: smaller[k], to: to, planned: true})
			for _, from := range []int{cheapestBelow(cells, smaller, to), smaller[0]} {
				known := func(p pairing) bool { return p.from == from && p.to == to }
				if from >= 0 && !slices.ContainsFunc(out, known) {
					out = append(out, pairing{from: from, to: to})
				}
			}
		}
	}
	return out
}

// cheapestBelow is the smallest size of the next lower tolerance; -1 where all
// smaller ones tolerate as much.
func cheapestBelow(cells []Cell, smaller []int, to int) int {
	best := -1
	for _, i := range smaller {
		if cells[i].Tolerates < cells[to].Tolerates && (best < 0 || cells[i].Tolerates > cells[best].Tolerates) {
			best = i
		}
	}
	return best
}

func axisPairings(cells []Cell) []pairing {
	var out []pairing
	for _, axis := range dimensions(cells) {
		others := func(c Cell) string { return strconv.Itoa(c.Nodes) + "\x00" + strings.Join(traits(c, axis), "\x00") }
		for _, group := range groupBy(cells, others) {
			for _, to := range group[min(1, len(group)):] {
				out = append(out, pairing{from: group[0], to: to, axis: axis})
			}
		}
	}
	return out
}

// groupBy collects the places of cells with the same key, in order.
func groupBy(cells []Cell, key func(Cell) string) [][]int {
	at := map[string]int{}
	var out [][]int
	for i, c := range cells {
		k := key(c)
		g, there := at[k]
		if !there {
			g = len(out)
			at[k] = g
			out = append(out, nil)
		}
		out[g] = append(out[g], i)
	}
	return out
}

// The dimensions of a setup beside its size and its parameters.
const (
	byEngine  = "engine"
	byProfile = "profile"
	byLoad    = "load"
)

func dimensions(cells []Cell) []string {
	var params []map[string]string
	for _, c := range cells {
		params = append(params, c.Params)
	}
	return append([]string{byEngine, byProfile, byLoad}, axes(params...)...)
}

// traits are a cell's values in every dimension but one and its size, each with
// its dimension.
func traits(c Cell, except string) []string {
	var out []string
	for _, d := range []struct{ name, value string }{{byEngine, c.Engine}, {byProfile, c.Profile}, {byLoad, c.Load + " " + c.Limit}} {
		if d.name != except {
			out = append(out, d.value)
		}
	}
	for _, key := range axes(c.Params) {
		if key != except {
			out = append(out, key+"="+c.Params[key])
		}
	}
	return out
}

// asked is a question and how it was paired.
type asked struct {
	pairing
	metric string
	pairs  []stats.Pair
	// through are the cells that link the two where they never lived at once.
	through []int
	family  string
}

// familyIn is the family of a metric's question in a run that has these metrics:
// where it has no write there is a median read for it, where it has no throughput
// the capacity.
func (p pairing) familyIn(metric string, metrics []string) string {
	if !p.planned {
		return secondary
	}
	has := func(name string) bool {
		return slices.ContainsFunc(metrics, func(m string) bool { return headline(m) == name })
	}
	latency, rate := "write_latency_p50_ns", "throughput_ops"
	if !has(latency) {
		latency = "read_latency_p50_ns"
	}
	if !has(rate) {
		rate = "capacity_ops"
	}
	if m := headline(metric); m == latency || m == rate {
		return primary
	}
	return secondary
}

// headline is the metric that one of full load stands for.
func headline(metric string) string { return strings.TrimPrefix(metric, fullPrefix) }

// differences decides every question about a run's setups.
func differences(cells []Cell, observed []observations) ([]Difference, error) {
	all := allQuestions(cells, observed)
	out := make([]Difference, len(all))
	for _, family := range inFamilies(all) {
		var questions [][]stats.Pair
		for _, i := range family {
			questions = append(questions, all[i].pairs)
		}
		decided, err := stats.DecidePairs(questions, stats.Precision)
		if err != nil {
			return nil, err
		}
		for k, i := range family {
			out[i] = differenceOf(cells, all[i], decided[k])
		}
	}
	// Where no block holds a valid trial of both there is nothing to tell.
	return slices.DeleteFunc(out, func(d Difference) bool { return d.N == 0 }), nil
}

// allQuestions are all questions about a run's setups, with their pairs.
func allQuestions(cells []Cell, observed []observations) []asked {
	var all []asked
	pairs, metrics := pairings(cells), comparedOf(observed)
	for _, metric := range metrics {
		for _, p := range pairs {
			from, to := observed[p.from][metric], observed[p.to][metric]
			family := p.familyIn(metric, metrics)
			// What the run was planned for was asked, whatever became of its trials.
			if family == primary || len(from) > 0 && len(to) > 0 {
				pairs, through := pairsOf(observed, metric, p.from, p.to)
				if nothing(metric, from) || nothing(metric, to) {
					pairs, through = nil, nil
				}
				all = append(all, asked{p, metric, pairs, through, family})
			}
		}
	}
	return all
}

// nothing tells a latency or a throughput whose median is 0: no write takes no time,
// and where none was answered there is no cost to compare.
func nothing(metric string, of []observation) bool {
	if !strings.HasSuffix(metric, "_ns") && !strings.HasSuffix(metric, "throughput_ops") {
		return false
	}
	zeros := 0
	for _, o := range of {
		if o.value == 0 {
			zeros++
		}
	}
	return 2*zeros > len(of)
}

// inFamilies are the places of the questions of each family.
func inFamilies(all []asked) map[string][]int {
	out := map[string][]int{}
	for i, a := range all {
		out[a.family] = append(out[a.family], i)
	}
	return out
}

// comparedOf are the compared metrics that a run has.
func comparedOf(observed []observations) []string {
	has := func(metric string) bool {
		return slices.ContainsFunc(observed, func(o observations) bool { return len(o[metric]) > 0 })
	}
	light := has("write_latency_p50_ns") || has("read_latency_p50_ns")
	var out []string
	for _, metric := range compared {
		if !has(metric) && !light {
			metric = fullPrefix + metric
		}
		if has(metric) {
			out = append(out, metric)
		}
	}
	return out
}

func differenceOf(cells []Cell, a asked, d stats.Difference) Difference {
	out := Difference{
		Metric: a.metric, From: cells[a.from].Cell, To: cells[a.to].Cell,
		P: d.P, Questions: d.Questions, N: len(a.pairs), Primary: a.family == primary, Decided: d.Decided,
	}
	for _, i := range a.through {
		out.Through = append(out.Through, cells[i].Cell)
	}
	if out.N == 0 {
		return out
	}
	out.Ratio, out.Interval = number(d.Ratio.Center), d.Ratio.Bounded()
	if out.Interval {
		out.CILow, out.CIHigh = number(d.Ratio.Low), number(d.Ratio.High)
	}
	return out
}

// BlocksNeeded is the fewest blocks with which any question of the family could
// be answered; with fewer, the decision is undecided whatever there is.
func (d Difference) BlocksNeeded() int { return stats.PairsNeeded(d.Questions, stats.Alpha) }
