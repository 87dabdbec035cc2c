package ci

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/verdicts"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// OpenMetrics writes the verdict, all figures and all differences as
// OpenMetrics' text. There are gauges alone, and no timestamps: so
// node_exporter's textfile collector and the Pushgateway, which read
// Prometheus's older text format, take the same file.
//
// Names carry base units: seconds, bytes, ratios. An interval's ends are
// families of their own, so that no sum over labels mixes them with the values.
func OpenMetrics(w io.Writer, j Judged) error {
	e := &exposition{families: map[string]*family{}}
	run := label{"run", clean.Text(j.Summary.RunID)}
	e.add("raftbench_run_info", "", "The run that was judged.", 1, run,
		label{"version", clean.Text(j.Run.Environment.Version)}, label{"commit", clean.Text(j.Run.Environment.Commit)}, label{"started_at", j.Run.Environment.StartedAt.UTC().Format("2006-01-02T15:04:05Z")})
	e.add("raftbench_verdict", "", "1 for the verdict on the run.", 1, run, label{"verdict", verdicts.Word(j.Report)})
	for _, v := range j.Report.Verdicts {
		e.add("raftbench_rule", "", "1 for each rule on each setup, with its answer.", 1, run, label{"rule", clean.Text(v.Rule)}, label{"setup", clean.Text(v.Cell)}, label{"answer", v.Answer})
	}
	for _, f := range j.findings() {
		e.add("raftbench_findings", "", "What no Raft may do and was found.", float64(f.Count), run, label{"class", clean.Text(string(f.Class))}, label{"finding", clean.Text(f.Rule)}, label{"setup", clean.Text(f.Cell)})
	}
	for _, c := range j.Summary.Cells {
		e.cell(c, run)
	}
	for _, d := range j.Summary.Differences {
		e.difference(d, run)
	}
	return e.write(w)
}

// exposition collects samples by family: a family's lines must stand together.
type exposition struct {
	order    []string
	families map[string]*family
}

type family struct {
	unit, help string
	samples    []string
	seen       map[string]bool
}

type label struct{ name, value string }

// add takes a sample; of two with the same labels the first is kept, since
// readers refuse a file with both.
func (e *exposition) add(name, unit, help string, v float64, labels ...label) {
	if !units.Finite(v) {
		return
	}
	f := e.families[name]
	if f == nil {
		f = &family{unit: unit, help: help, seen: map[string]bool{}}
		e.families[name], e.order = f, append(e.order, name)
	}
	series := name + braces(labels)
	if !f.seen[series] {
		f.seen[series] = true
		f.samples = append(f.samples, series+" "+number(v))
	}
}

func (e *exposition) write(w io.Writer) error {
	var b strings.Builder
	for _, name := range e.order {
		f := e.families[name]
		fmt.Fprintf(&b, "# TYPE %s gauge\n", name)
		if f.unit != "" {
			fmt.Fprintf(&b, "# UNIT %s %s\n", name, f.unit)
		}
		fmt.Fprintf(&b, "# HELP %s %s\n", name, f.help)
		for _, s := range f.samples {
			b.WriteString(s + "\n")
		}
	}
	b.WriteString("# EOF\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// cell has a setup's figures.
func (e *exposition) cell(c summary.Cell, run label) {
	labels := append([]label{run}, labelsOf(c)...)
	e.add("raftbench_trials", "", "Measuring trials, the invalid ones among them.", float64(c.Trials), labels...)
	e.add("raftbench_valid_trials", "", "Valid measuring trials.", float64(c.ValidTrials), labels...)
	e.add("raftbench_lost_writes", "", "Writes that were acknowledged and are gone.", float64(c.Faults.LostWrites), labels...)
	for _, f := range figuresOf(c, func(string) bool { return true }) {
		base, unit, by := openName(f.metric)
		e.add(familyName(base, unit), unit, "Median over trials of "+printable(f.metric)+".", f.value/by, labels...)
		for _, end := range []struct {
			name, words string
			v           *float64
		}{{"_ci_low", "Lower", f.low}, {"_ci_high", "Upper", f.high}} {
			if end.v != nil {
				e.add(familyName(base+end.name, unit), unit, end.words+" end of the 95 % interval of "+printable(f.metric)+".", *end.v/by, labels...)
			}
		}
	}
}

// difference has a ratio between two setups, taken within blocks.
func (e *exposition) difference(d summary.Difference, run label) {
	labels := []label{run, {"metric", clean.Text(d.Metric)}, {"from", clean.Text(d.From)}, {"to", clean.Text(d.To)}}
	if finite(d.Ratio) {
		e.add("raftbench_difference_ratio", "ratio", "A metric of one setup over that of another, within blocks.", *d.Ratio, labels...)
	}
	if d.Interval && finite(d.CILow) {
		e.add("raftbench_difference_ci_low_ratio", "ratio", "Lower end of the ratio's 95 % interval.", *d.CILow, labels...)
	}
	if d.Interval && finite(d.CIHigh) {
		e.add("raftbench_difference_ci_high_ratio", "ratio", "Upper end of the ratio's 95 % interval.", *d.CIHigh, labels...)
	}
}

// labelsOf are a setup's traits; those that only this experiment varies begin
// with axis_, so that none takes another's place.
func labelsOf(c summary.Cell) []label {
	out := []label{{"setup", clean.Text(c.Cell)}, {"nodes", strconv.Itoa(c.Nodes)}, {"engine", clean.Text(c.Engine)}, {"profile", clean.Text(c.Profile)}, {"load", clean.Text(c.Load)}}
	for _, key := range slices.Sorted(maps.Keys(c.Params)) {
		name := "axis_" + nameable(key)
		if !slices.ContainsFunc(out, func(l label) bool { return l.name == name }) {
			out = append(out, label{name, clean.Text(c.Params[key])})
		}
	}
	return out
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func braces(labels []label) string {
	parts := make([]string, len(labels))
	for i, l := range labels {
		parts[i] = l.name + `="` + labelEscapes.Replace(l.value) + `"`
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// openName parts a metric's name from its unit, which OpenMetrics wants last
// and in base units, and says by what to divide.
func openName(metric string) (base, unit string, by float64) {
	metric = nameable(metric)
	head, per := metric, ""
	if i := strings.Index(metric, "_per_"); i > 0 {
		head, per = metric[:i], metric[i:]
	}
	switch units.Of(metric) {
	case units.Duration:
		return strings.TrimSuffix(metric, "_ns"), "seconds", 1e9
	case units.Rate:
		return strings.TrimSuffix(metric, "_ops"), "operations_per_second", 1
	case units.Size:
		return strings.TrimSuffix(head, "_bytes"), "bytes" + per, 1
	case units.Seconds:
		return strings.TrimSuffix(head, "_seconds"), "seconds" + per, 1
	case units.Share:
		return strings.TrimSuffix(strings.TrimSuffix(metric, "_share"), "_ratio"), "ratio", 1
	}
	return metric, "", 1
}

func familyName(base, unit string) string {
	if unit == "" {
		return "raftbench_" + base
	}
	return "raftbench_" + base + "_" + unit
}

// nameable turns a text into what a metric's or a label's name may hold.
func nameable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, text)
}

// printable is a metric's name for a line of help, which escapes would end.
func printable(metric string) string { return strings.ReplaceAll(clean.Text(metric), `\`, `\\`) }
