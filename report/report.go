package report

import (
	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/tables"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// Options of a report; the zero value is a plain one.
type Options struct {
	// Source tells who published a network profile and when; nil or an empty
	// answer leaves it unsaid.
	Source func(profile string) string
	// Forecast is what a model expects of a setup's outage when its leader dies; nil
	// or false where it does not tell.
	Forecast func(cell string) (Forecast, bool)
	// FalseElections is what a model expects of a setup's healthy leader; nil where
	// nothing tells.
	FalseElections func(cell string) FalseForecast
	// Title of the report, as CleanTitle gives it; where it is empty the report names
	// what it answers.
	Title string
	// Asked is the precision that the run was to reach.
	Asked Asked
	// Trace adds a trace of each trial to the files, for Perfetto's viewer.
	Trace bool
}

// Terminal is where a table is printed; the zero value is a file.
type Terminal struct {
	// Width is how many columns it has; 0 means 100.
	Width int
	// Color allows ANSI escapes; the caller honours NO_COLOR.
	Color bool
}

// Report is what a run says, gathered once; the table, the page and the charts
// are made from it. Every name in it is cleaned.
type Report struct {
	run      *results.Run
	analysis summary.Analysis
	summary  summary.Summary
	env      results.Environment
	options  Options

	groups      []group
	differences map[pairOf]summary.Difference
	remarks     []*said
	alarms      []string
	answers     []answer
	limits      map[string]limited
	linkTruth   string
	saturations map[string]saturated
	// theories of the setups, by their names.
	theories map[string]summary.Theory
	// figures by what they are of, with what they are made from; see origins.go.
	figures map[chart.Origin]*tables.Figure
	latest  map[attempt]bool
	listed  map[string][]*results.Trial
	// full: the latencies are those at full load, since there was no other.
	full bool
}

// New gathers what a run and its analysis say.
func New(run *results.Run, a summary.Analysis, o Options) *Report {
	s, full := lightOrFull(clean.Summary(a.Summary))
	r := &Report{
		run: run, analysis: a, summary: s, env: clean.Environment(run.Environment), options: o, full: full,
		groups: groups(s), differences: index(s.Differences), limits: limits(run.Trials), linkTruth: linkTruth(run.Trials),
		saturations: saturations(run.Trials), theories: theoriesOf(a.Summary),
	}
	r.remarks, r.alarms = remarks(r.groups), alarms(r.groups)
	for _, g := range r.groups {
		r.answers = append(r.answers, r.answerOf(g))
	}
	return r
}

func (r *Report) source(profile string) string {
	if r.options.Source == nil {
		return ""
	}
	return clean.Text(r.options.Source(profile))
}

// latency names what was measured, and under which load.
func (r *Report) latency(of string) string {
	if r.full {
		return of + " latency, full load"
	}
	return of + " latency"
}
