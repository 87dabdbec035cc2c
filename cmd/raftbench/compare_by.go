package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// runCompareBy answers "which setting helps?" from one run: its blocks held all
// settings side by side, so that no host's drift lies between them.
func runCompareBy(stdout, stderr io.Writer, o compareOptions) error {
	if err := checkFormat(o.output, "table", "json", "markdown", "csv"); err != nil {
		return err
	}
	run, err := openRun(stderr, o.before)
	if err != nil {
		return err
	}
	s, err := summary.Build(run)
	if err != nil {
		return unreadable(err)
	}
	if err := checkAxis(s, o); err != nil {
		return err
	}
	var text bytes.Buffer
	err = printSteps(&text, s.Along(o.by), o)
	if err == nil {
		_, err = text.WriteTo(stdout)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("print the comparison: %w", err), "")
	}
	return nil
}

// checkAxis refuses an axis along which the run does not vary.
func checkAxis(s summary.Summary, o compareOptions) error {
	all := s.Axes()
	var vary []string
	for _, axis := range slices.Sorted(maps.Keys(all)) {
		if len(all[axis]) > 1 {
			vary = append(vary, plain(axis))
		}
	}
	hint := "a run varies a setting where it is given several values: --set raft.max_rpcs_in_flight=1,2,16"
	if len(vary) > 0 {
		hint = "its setups differ in " + listed(vary)
	}
	switch values, known := all[o.by]; {
	case !known:
		return usage(fmt.Errorf("got --by %s, wanted one of the axes of %s", o.by, o.before), hint)
	case len(values) == 1:
		return usage(fmt.Errorf("--by %s: %s has one value of it, %s: there is nothing to compare", o.by, o.before, plain(settingName(values[0]))), hint)
	}
	return nil
}

func settingName(value string) string { return cmp.Or(value, "the default") }

func printSteps(w io.Writer, steps []summary.Step, o compareOptions) error {
	switch o.output {
	case "json":
		return writeJSON(w, differencesOf(steps))
	case "csv":
		return stepFigures(steps).csv(w)
	case "markdown":
		for _, s := range steps {
			fmt.Fprintf(w, "## %s\n\n", plainMarkdown(stepName(s, o)))
			stepTable(s, o.all).markdown(w)
			fmt.Fprintf(w, "\n%s\n\n", plainMarkdown(stepLine(s)))
		}
	default:
		for _, s := range steps {
			fmt.Fprintln(w, cut(plain(stepName(s, o)), lineWidth))
			stepTable(s, o.all).text(w)
			fmt.Fprintln(w, wrapped(stepLine(s), "", "  "))
			fmt.Fprintln(w)
		}
		fmt.Fprintln(w, wrapped("Changes are within blocks, where all settings were measured side by side; "+
			"[ ] holds the true one with 95 % confidence. "+undecidedSign+": undecided. "+boundedSign+": alike, the whole range is that small.", "", "  "))
	}
	return nil
}

// stepName is "3 nodes: raft.max_rpcs_in_flight 2 → 16".
func stepName(s summary.Step, o compareOptions) string {
	return fmt.Sprintf("%s: %s %s → %s", units.Plural(s.To.Nodes, "node"), o.by, settingName(s.FromValue), settingName(s.ToValue))
}

// stepTable are the differences of a step for people.
func stepTable(s summary.Step, all bool) *table {
	t := &table{header: []string{"", plain(settingName(s.FromValue)), plain(settingName(s.ToValue)), "change", "p", "n"}}
	for _, d := range s.Differences {
		if !all && !summary.Headline(strings.TrimPrefix(d.Metric, "saturate_")) {
			continue
		}
		from, to := s.From.Metrics[d.Metric], s.To.Metrics[d.Metric]
		t.add(plain(summary.Name(d.Metric)), showFigure(d.Metric, from.Estimate().Center), showFigure(d.Metric, to.Estimate().Center),
			stepChange(d), strconv.FormatFloat(d.P, 'g', 2, 64), strconv.Itoa(d.N))
	}
	return t
}

// stepChange is −12 % [−14, −9], with the sign of what is not found.
func stepChange(d summary.Difference) string {
	if d.Ratio == nil {
		return "beyond every number"
	}
	text := units.Change(*d.Ratio)
	if d.CILow != nil && d.CIHigh != nil {
		text += fmt.Sprintf(" [%s, %s]", bare100(*d.CILow), bare100(*d.CIHigh))
	}
	switch d.Decided {
	case stats.Bounded:
		return boundedSign + " " + text
	case stats.Undecided:
		return undecidedSign + " " + text
	}
	return text
}

func bare100(ratio float64) string { return strings.TrimSuffix(units.Change(ratio), " %") }

// gains are the metrics of which more is better.
var gains = []string{"throughput_ops", "capacity_ops"}

// stepLine says what a setting helps and what it costs, of what was found.
func stepLine(s summary.Step) string {
	if len(s.Differences) == 0 {
		return "Not known: no block holds a valid trial of both."
	}
	var better, worse []string
	for _, d := range s.Differences {
		if d.Decided != stats.Found || d.Ratio == nil || !d.Primary && !slices.Contains([]string{"write_latency_p50_ns", "read_latency_p50_ns", "throughput_ops", "capacity_ops"}, d.Metric) {
			continue
		}
		text := units.Change(*d.Ratio) + " " + plain(summary.Name(d.Metric))
		if (*d.Ratio > 1) == slices.Contains(gains, d.Metric) {
			better = append(better, text)
		} else {
			worse = append(worse, text)
		}
	}
	value := plain(settingName(s.ToValue))
	switch {
	case len(better) > 0 && len(worse) > 0:
		return fmt.Sprintf("%s helps in one and costs in the other: %s; %s.", value, listed(better), listed(worse))
	case len(better) > 0:
		return fmt.Sprintf("%s helps: %s.", value, listed(better))
	case len(worse) > 0:
		return fmt.Sprintf("%s does not help: %s.", value, listed(worse))
	}
	return "Neither is found to be better in latency or throughput."
}

func differencesOf(steps []summary.Step) []summary.Difference {
	out := []summary.Difference{}
	for _, s := range steps {
		out = append(out, s.Differences...)
	}
	return out
}

// stepFigures are the differences for programs.
func stepFigures(steps []summary.Step) *table {
	g := &table{header: []string{"from", "to", "metric", "ratio", "ratio_ci_low", "ratio_ci_high", "p", "questions", "n", "decided"}}
	for _, d := range differencesOf(steps) {
		g.add(d.From, d.To, d.Metric, figure(d.Ratio), figure(d.CILow), figure(d.CIHigh), strconv.FormatFloat(d.P, 'g', -1, 64),
			strconv.Itoa(d.Questions), strconv.Itoa(d.N), string(d.Decided))
	}
	return g
}
