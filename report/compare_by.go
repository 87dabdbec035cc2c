package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/markdown"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Steps is one run's setups along one of its axes, each value against the first:
// the blocks held all of them side by side, so that nothing lies between them.
type Steps struct {
	run   summary.Summary
	axis  string
	steps []summary.Step
	floor *summary.Floor
	all   bool
}

// NewSteps gathers what a run's summary says along an axis. What two copies of
// one build differ by on the run's class of host, the floor, is not claimed; nil is
// one that was not measured. Without all, figures are left out that people do not
// ask for.
func NewSteps(s summary.Summary, axis string, floor *summary.Floor, all bool) *Steps {
	return &Steps{run: clean.Summary(s), axis: axis, steps: s.Along(axis), floor: floor, all: all}
}

// Text is the steps for a terminal.
func (s *Steps) Text() string {
	var b strings.Builder
	say := func(text string) { b.WriteString(strings.Join(hangingText(text), "\n") + "\n") }
	for _, step := range s.steps {
		say(s.title(step))
		if text := settingsText(step, s.axis); text != "" {
			say(text)
		}
		rows := s.rows(step)
		head := []string{"", settingName(step.FromValue), settingName(step.ToValue), "change", ""}
		grid := newGrid(append([][]string{head}, rows...))
		for _, row := range append([][]string{head}, rows...) {
			b.WriteString(grid.line(row) + "\n")
		}
		say(s.answer(step))
		b.WriteString("\n")
	}
	for _, note := range s.notes() {
		say(note)
	}
	return b.String()
}

// Markdown is the steps for a page.
func (s *Steps) Markdown() string {
	var b strings.Builder
	for _, step := range s.steps {
		fmt.Fprintf(&b, "## %s\n\n", markdown.Escape(s.title(step)))
		if text := settingsText(step, s.axis); text != "" {
			b.WriteString(markdown.Escape(text) + "\n\n")
		}
		markdown.Line(&b, []string{"", markdown.Escape(settingName(step.FromValue)), markdown.Escape(settingName(step.ToValue)), "change", "test"})
		markdown.Line(&b, []string{"---", "--:", "--:", "--:", "---"})
		for _, row := range s.rows(step) {
			for i := range row {
				row[i] = markdown.Escape(row[i])
			}
			markdown.Line(&b, row)
		}
		b.WriteString("\n" + markdown.Escape(s.answer(step)) + "\n\n")
	}
	markdown.Bullets(&b, s.notes())
	return b.String()
}

// title is "3 nodes: raft.max_rpcs_in_flight 2 → 16".
func (s *Steps) title(step summary.Step) string {
	return fmt.Sprintf("%s: %s %s → %s", units.Plural(step.To.Nodes, "node"), clean.Name(s.axis), settingName(step.FromValue), settingName(step.ToValue))
}

// settingName is an axis's value for people.
func settingName(value string) string { return cmp.Or(clean.Name(value), "the default") }

// settingsText names the settings in which the two setups of a step differ beside
// the axis: what the arms of a run are.
func settingsText(step summary.Step, axis string) string {
	was, is := step.From.Settings, step.To.Settings
	keys := map[string]bool{}
	for _, settings := range []map[string]string{was, is} {
		for key := range settings {
			keys[key] = key != axis && was[key] != is[key]
		}
	}
	var out []string
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if keys[key] {
			out = append(out, fmt.Sprintf("%s %s → %s", clean.Name(key), settingName(was[key]), settingName(is[key])))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "Differs: " + strings.Join(out, "; ") + "."
}

// rows are the differences of a step for people.
func (s *Steps) rows(step summary.Step) [][]string {
	var out [][]string
	for _, d := range s.shown(step) {
		from, to := step.From.Metrics[d.Metric], step.To.Metrics[d.Metric]
		out = append(out, []string{
			clean.Name(summary.Name(d.Metric)), figures.Value(d.Metric, from) + figures.MarkOf(from), figures.Value(d.Metric, to) + figures.MarkOf(to),
			s.change(d), testText(&d.P, strconv.Itoa(d.N)),
		})
	}
	return out
}

func (s *Steps) shown(step summary.Step) []summary.Difference {
	return slices.DeleteFunc(slices.Clone(step.Differences), func(d summary.Difference) bool {
		return !s.all && !summary.Headline(strings.TrimPrefix(d.Metric, figures.FullPrefix))
	})
}

// change is −12 % [−14, −9], with the sign of what is not claimed before it.
func (s *Steps) change(d summary.Difference) string {
	text := wording.Change(d.Ratio)
	if d.Interval {
		text += " [" + changeEnd(d.CILow) + ", " + changeEnd(d.CIHigh) + "]"
	}
	switch v, below := d.Verdict(s.floor); {
	case below:
		return belowFloor + " " + text
	case v == summary.Alike:
		return comparedBounded + " " + text
	case v == summary.Undecided:
		return comparedUndecided + " " + text
	}
	return text
}

// answer says what a setting helps and what it costs, of what was found.
func (s *Steps) answer(step summary.Step) string {
	if len(step.Differences) == 0 {
		return "Not known: no block holds a valid trial of both."
	}
	var better, worse []string
	for _, d := range step.Differences {
		v, _ := d.Verdict(s.floor)
		if v != summary.Better && v != summary.Worse || d.Ratio == nil || !d.Primary && !slices.Contains([]string{figures.WriteP50, figures.ReadP50, figures.Throughput, figures.Capacity}, d.Metric) {
			continue
		}
		text := units.Change(*d.Ratio) + " " + clean.Name(summary.Name(d.Metric))
		if v == summary.Better {
			better = append(better, text)
		} else {
			worse = append(worse, text)
		}
	}
	value := settingName(step.ToValue)
	switch {
	case len(better) > 0 && len(worse) > 0:
		return fmt.Sprintf("%s helps in one and costs in the other: %s; %s.", value, wording.List(better), wording.List(worse))
	case len(better) > 0:
		return fmt.Sprintf("%s helps: %s.", value, wording.List(better))
	case len(worse) > 0:
		return fmt.Sprintf("%s does not help: %s.", value, wording.List(worse))
	}
	return "Neither is found to be better in latency or throughput."
}

// notes explain the daggers and the signs.
func (s *Steps) notes() []string {
	var metrics []string
	for _, step := range s.steps {
		for _, d := range s.shown(step) {
			if !slices.Contains(metrics, d.Metric) {
				metrics = append(metrics, d.Metric)
			}
		}
	}
	out := append(doubtsOf(s.run, metrics), "Changes are within blocks, where all settings were measured side by side; "+
		"[ ] holds the true one with 95 % confidence. "+comparedUndecided+": undecided. "+comparedBounded+": alike, the whole range is that small. "+
		"p: how probable so large a difference is by chance, corrected (Holm) for all that the run was asked. n: blocks.")
	if slices.ContainsFunc(s.differences(), func(d summary.Difference) bool { _, below := d.Verdict(s.floor); return below }) {
		out = append(out, belowFloor+": found, and not claimed: two copies of one build differ by as much on this class of host (raftbench aa).")
	}
	return out
}

// differences of all steps.
func (s *Steps) differences() []summary.Difference {
	out := []summary.Difference{}
	for _, step := range s.steps {
		out = append(out, step.Differences...)
	}
	return out
}

// stepFigure is a difference with the medians on both of its sides. Those are over
// all blocks, the ratio within them: it is not their quotient.
type stepFigure struct {
	summary.Difference
	A       *float64           `json:"a"`
	B       *float64           `json:"b"`
	Verdict summary.ArmVerdict `json:"verdict"`
	// BelowFloor: found, but two copies of one build differ by as much.
	BelowFloor bool `json:"below_floor,omitempty"`
}

// JSON is the differences for programs. Its error is w's.
func (s *Steps) JSON(w io.Writer) error {
	out := []stepFigure{}
	for _, step := range s.steps {
		for _, d := range step.Differences {
			v, below := d.Verdict(s.floor)
			out = append(out, stepFigure{d, step.From.Metrics[d.Metric].Median, step.To.Metrics[d.Metric].Median, v, below})
		}
	}
	return safeJSON(w, out)
}

// CSV has a line for each difference. Its error is w's.
func (s *Steps) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"from", "to", "metric", "ratio", "ratio_ci_low", "ratio_ci_high", "p", "questions", "n", "decided"}}
	for _, d := range s.differences() {
		rows = append(rows, []string{
			clean.Defuse(clean.Text(d.From)), clean.Defuse(clean.Text(d.To)), clean.Defuse(clean.Text(d.Metric)), export.Float(d.Ratio), export.Float(d.CILow), export.Float(d.CIHigh),
			strconv.FormatFloat(d.P, 'g', -1, 64), strconv.Itoa(d.Questions), strconv.Itoa(d.N), string(d.Decided),
		})
	}
	return out.WriteAll(rows)
}
