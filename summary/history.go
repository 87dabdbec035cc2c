package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// History is the figures of many stored runs in the order in which they began,
// and where they changed. Runs that measured something else, or on another class
// of hosts, are never put into one series.
type History struct {
	SchemaVersion int             `json:"schema_version"`
	Runs          []HistoryRun    `json:"runs"`
	Kinds         []HistoryKind   `json:"kinds"`
	Series        []HistorySeries `json:"series"`
	// Questions are the series that were searched for changes together: without any
	// change, one is found in any of them with a probability of Alpha at most.
	Questions int     `json:"questions"`
	Alpha     float64 `json:"alpha"`
	// LeastChange is the smallest change told, as a ratio; 1 for any.
	LeastChange float64 `json:"least_change"`
	// Last is how many runs of a series were judged at most, the latest.
	Last int `json:"last"`
}

// HistoryVersion of a history's schema.
const HistoryVersion = 1

// HistoryRun is one run.
type HistoryRun struct {
	Dir       string    `json:"dir"`
	RunID     string    `json:"run_id"`
	StartedAt time.Time `json:"started_at"`
	Build     string    `json:"build"` // version and commit
	Kind      int       `json:"kind"`  // index in Kinds
}

// HistoryKind is what runs must share to stand in one series: the class of their
// hosts and what they measured.
type HistoryKind struct {
	Runs       int    `json:"runs"`
	Host       Host   `json:"host"`
	Experiment string `json:"experiment"` // Fingerprint
	// Unlike is what differs from the first kind, by the latest run of each.
	Unlike []Contrast `json:"unlike"`
}

// HistorySeries is one metric of one setup over the runs of one kind.
type HistorySeries struct {
	Kind   int            `json:"kind"`
	Cell   string         `json:"cell"`
	Nodes  int            `json:"nodes"`
	Metric string         `json:"metric"`
	Points []HistoryPoint `json:"points"`
	// Earlier is how many runs before these were left out.
	Earlier int `json:"earlier,omitempty"`
	// Judged is how many points have a value that could be judged, and Least how many
	// are wanted at least: with fewer no change was looked for.
	Judged  int             `json:"judged"`
	Least   int             `json:"least"`
	Changes []HistoryChange `json:"changes"`
	// Smallest is the ratio of the smallest change that would have been found, had
	// the second half of these very values been changed by it. Null where changes were
	// found, the values are too few, or no change up to a doubling would have been.
	Smallest *float64 `json:"smallest"`
	// MixedPooled: the figure is pooled over the trials of some runs and a median over
	// those of others, which are not quite the same thing.
	MixedPooled bool `json:"mixed_pooled,omitempty"`
	// Drifts: runs follow their neighbours more than changes explain, so that a
	// change may be no more than a place on a slope.
	Drifts bool `json:"drifts,omitempty"`
}

// HistoryPoint is what one run says.
type HistoryPoint struct {
	Run int `json:"run"` // index in Runs
	// Metric is null where the run has no valid trial of it.
	Metric *Metric `json:"metric"`
	// Doubts are the remarks that may have moved the number; see Metric.Doubts.
	Doubts []Remark `json:"doubts,omitempty"`
}

// HistoryChange is a change point.
type HistoryChange struct {
	// Before and After are the indexes of the last point before and the first one
	// behind the change.
	Before int `json:"before"`
	After  int `json:"after"`
	// From and To are the medians of the runs up to the neighbouring changes, and
	// Ratio that of To over From (Hodges–Lehmann) with its 95 % interval where there
	// are runs enough, taking the place as given. A null ratio, or a null bound of an
	// interval, is above every number: it changed from 0.
	From     float64  `json:"from"`
	To       float64  `json:"to"`
	Ratio    *float64 `json:"ratio"`
	CILow    *float64 `json:"ci_low"`
	CIHigh   *float64 `json:"ci_high"`
	Interval bool     `json:"interval"`
	// P is the probability of so clear a change by chance, corrected for the series.
	P float64 `json:"p"`
	// Moved: the values became larger or smaller; else they spread differently.
	Moved bool `json:"moved"`
	// Unlike is what differs between the two runs beside the figures.
	Unlike []Contrast `json:"unlike"`
}

// Past is what a history keeps of a run.
type Past struct {
	dir  string
	side Side // with a trial of each cell at most, and the metrics asked for
	// class is what runs of one kind share to the letter, and asked the delays that
	// were asked of each cell's links, which a profile of the same name may have
	// otherwise in another build.
	class string
	asked map[string]map[string]int64
}

// Remember keeps of a run what a history of some metrics needs. Its errors are of
// type *results.Error.
func Remember(run *results.Run, metrics []string) (Past, error) {
	env := run.Environment
	if env.StartedAt.IsZero() {
		return Past{}, &results.Error{Path: run.Dir, What: "has no time at which it began, want one to tell its place among the others", Do: "leave it out"}
	}
	s, err := Build(run)
	if err != nil {
		return Past{}, err
	}
	p := Past{
		dir: run.Dir, side: Side{Run: &results.Run{Dir: run.Dir, Environment: env, Experiment: run.Experiment}}, asked: map[string]map[string]int64{},
		class: fmt.Sprintf("%q %s %q", fmt.Sprint(HostOf(env)), Fingerprint(run.Experiment), env.Endpoints),
	}
	for _, path := range profileFiles(run) {
		if file := profileFile(run, path); file != nil {
			p.class += fmt.Sprintf("%q %q", path, fmt.Sprint(file.at))
		}
	}
	for _, c := range s.Cells {
		p.side.Summary.Cells = append(p.side.Summary.Cells, keptOf(c, metrics))
		if asked := askedOf(run, c.Cell); len(asked) > 0 {
			p.asked[c.Cell] = asked
			p.side.Run.Trials = append(p.side.Run.Trials, linked(run, c.Cell))
		}
	}
	return p, nil
}

// keptOf is a cell with the metrics asked for.
func keptOf(c Cell, metrics []string) Cell {
	kept := c
	kept.Curve, kept.Faults, kept.Metrics = nil, Faults{}, map[string]Metric{}
	for _, name := range metrics {
		if m, there := c.Metrics[name]; there {
			kept.Metrics[name] = m
		}
	}
	return kept
}

// linked is a trial that holds no more than what was asked of its links.
func linked(run *results.Run, cell string) results.Trial {
	i := slices.IndexFunc(run.Trials, func(t results.Trial) bool { return t.Cell == cell && t.Valid && len(t.Links) > 0 })
	return results.Trial{Cell: cell, Valid: true, Links: run.Trials[i].Links}
}

// sameKind tells whether two runs may stand in one series.
func (p Past) sameKind(other Past) bool {
	if p.class != other.class {
		return false
	}
	for cell, links := range p.asked {
		for link, ns := range links {
			if theirs, both := other.asked[cell][link]; both && theirs != ns {
				return false
			}
		}
	}
	return true
}

// CopyOf tells whether two folders hold one run.
func (p Past) CopyOf(other Past) bool {
	a, b := p.side.Run.Environment, other.side.Run.Environment
	return a.StartedAt.Equal(b.StartedAt) && a.Hostname == b.Hostname && a.RunID == b.RunID
}

// between is what differs between two runs beside their figures.
func between(a, b Past) []Contrast {
	differ, _ := unlike(a.side, b.side, matched(a.side.Summary.Cells, b.side.Summary.Cells))
	return differ
}

// Dir is the run's folder.
func (p Past) Dir() string { return p.dir }

// HistoryOptions say what of the runs is asked.
type HistoryOptions struct {
	Metrics []string
	Setups  []string // empty: all
	// Last runs of a series are judged, at most stats.MostValues.
	Last int
	// LeastChange worth telling, as a ratio; 1 for any.
	LeastChange float64
}

// TooLong are more and longer series than can be searched in minutes.
type TooLong struct {
	Series int
	Times  float64 // how often the work that is done at most
}

func (e *TooLong) Error() string {
	return fmt.Sprintf("to search %d series of so many runs takes %.2g times as long as any trend may", e.Series, e.Times)
}

// NewHistory puts runs into the order in which they began and searches each
// metric of each setup for changes. Its errors are of type *TooLong.
func NewHistory(past []Past, o HistoryOptions) (History, error) {
	past = slices.Clone(past)
	slices.SortStableFunc(past, func(a, b Past) int {
		return cmp.Or(a.side.Run.Environment.StartedAt.Compare(b.side.Run.Environment.StartedAt), cmp.Compare(a.dir, b.dir))
	})
	h := History{SchemaVersion: HistoryVersion, Alpha: stats.Alpha, LeastChange: o.LeastChange, Last: o.Last, Series: []HistorySeries{}}
	h.kinds(past)
	for kind := range h.Kinds {
		h.collect(past, kind, o)
	}
	return h, h.search(past)
}

// kinds sorts the runs into kinds, that of most runs first.
func (h *History) kinds(past []Past) {
	var members [][]int
	for i, p := range past {
		k := slices.IndexFunc(members, func(m []int) bool { return p.sameKind(past[m[0]]) })
		if k < 0 {
			k, members = len(members), append(members, nil)
		}
		members[k] = append(members[k], i)
	}
	slices.SortStableFunc(members, func(a, b []int) int { return cmp.Compare(len(b), len(a)) })
	h.Runs, h.Kinds = make([]HistoryRun, len(past)), make([]HistoryKind, len(members))
	for k, m := range members {
		latest := past[m[len(m)-1]]
		run := latest.side.Run
		h.Kinds[k] = HistoryKind{Runs: len(m), Host: HostOf(run.Environment), Experiment: Fingerprint(run.Experiment), Unlike: []Contrast{}}
		if k > 0 {
			h.Kinds[k].Unlike = between(past[members[0][len(members[0])-1]], latest)
		}
		for _, i := range m {
			env := past[i].side.Run.Environment
			h.Runs[i] = HistoryRun{Dir: past[i].dir, RunID: env.RunID, StartedAt: env.StartedAt, Build: buildOf(env), Kind: k}
		}
	}
}

// collect makes the series of one kind, setups in the order of the latest run
// that has them.
func (h *History) collect(past []Past, kind int, o HistoryOptions) {
	var setups []Cell
	for i := range slices.Backward(past) {
		for _, c := range past[i].side.Summary.Cells {
			wanted := len(o.Setups) == 0 || slices.Contains(o.Setups, c.Cell)
			if h.Runs[i].Kind == kind && wanted && !slices.ContainsFunc(setups, func(s Cell) bool { return s.Cell == c.Cell }) {
				setups = append(setups, c)
			}
		}
	}
	for _, c := range setups {
		for _, metric := range o.Metrics {
			s := HistorySeries{Kind: kind, Cell: c.Cell, Nodes: c.Nodes, Metric: metric, Changes: []HistoryChange{}}
			known := false
			for i, p := range past {
				if h.Runs[i].Kind == kind {
					point := pointOf(i, p, c.Cell, metric)
					known = known || point.Metric != nil
					s.Points = append(s.Points, point)
				}
			}
			if s.Earlier = max(0, len(s.Points)-o.Last); s.Earlier > 0 {
				s.Points = s.Points[s.Earlier:]
			}
			if known {
				s.MixedPooled = s.mixes()
				h.Series = append(h.Series, s)
			}
		}
	}
}

func pointOf(run int, p Past, cell, metric string) HistoryPoint {
	out := HistoryPoint{Run: run}
	i := slices.IndexFunc(p.side.Summary.Cells, func(c Cell) bool { return c.Cell == cell })
	if i < 0 {
		return out
	}
	m, there := p.side.Summary.Cells[i].Metrics[metric]
	if !there || m.N == 0 {
		return out
	}
	for _, d := range m.Doubts {
		out.Doubts = append(out.Doubts, p.side.Summary.Cells[i].Remarks[d])
	}
	m.Doubts = nil // which are indexes of a cell that is not here
	out.Metric = &m
	return out
}

func (s *HistorySeries) mixes() bool {
	pooled := map[bool]bool{}
	for _, p := range s.Points {
		if p.Metric != nil {
			pooled[p.Metric.Pooled] = true
		}
	}
	return len(pooled) > 1
}

// judged are the values of a series that can be judged, and the points that they
// are of. Operations that never came back are above every number and no value.
func (s *HistorySeries) judged() (values stats.Sample, points []int) {
	for i, p := range s.Points {
		if p.Metric == nil {
			continue
		}
		if v := value(p.Metric.Median); v >= 0 && !math.IsInf(v, 1) {
			values, points = append(values, v), append(points, i)
		}
	}
	return values, points
}

// search looks for changes in all series together.
func (h *History) search(past []Past) error {
	family := make([]stats.Sample, len(h.Series))
	points := make([][]int, len(h.Series))
	for i := range h.Series {
		family[i], points[i] = h.Series[i].judged()
	}
	if times := stats.SearchSteps(family) / stats.MostSteps; times > 1 {
		return &TooLong{Series: len(family), Times: times}
	}
	found := stats.FindChanges(family, h.LeastChange)
	var quiet []int
	for i, c := range found {
		s := &h.Series[i]
		h.Questions = c.Questions
		s.Judged, s.Least, s.Drifts = c.N, c.Least, c.Drifts()
		for _, p := range c.Points {
			s.Changes = append(s.Changes, s.change(p, points[i], past))
		}
		if !c.TooFew() && len(c.Points) == 0 {
			quiet = append(quiet, i)
		}
	}
	samples := make([]stats.Sample, len(quiet))
	for k, i := range quiet {
		samples[k] = family[i]
	}
	for k, size := range stats.SmallestOf(samples, h.Questions) {
		h.Series[quiet[k]].Smallest = number(max(size, h.LeastChange))
	}
	return nil
}

func (s *HistorySeries) change(p stats.ChangePoint, points []int, past []Past) HistoryChange {
	c := HistoryChange{
		Before: points[p.At-1], After: points[p.At], From: p.Before.Center, To: p.After.Center,
		Ratio: number(p.Ratio.Center), Interval: p.Ratio.Bounded(), P: p.P, Moved: p.Moved(),
	}
	if c.Interval {
		c.CILow, c.CIHigh = number(p.Ratio.Low), number(p.Ratio.High)
	}
	c.Unlike = between(past[s.Points[c.Before].Run], past[s.Points[c.After].Run])
	return c
}

// TooFew tells whether the series was too short to be searched.
func (s *HistorySeries) TooFew() bool { return s.Judged < s.Least }

// Level is the median of the runs since the latest change.
func (s *HistorySeries) Level() (v float64, known bool) {
	values, points := s.judged()
	from := 0
	if n := len(s.Changes); n > 0 {
		from = slices.Index(points, s.Changes[n-1].After)
	}
	if len(values) == 0 {
		return 0, false
	}
	return values[from:].Median().Center, true
}

// Named tells whether a text is a metric's name, with or without its unit.
func Named(metric, text string) bool {
	text = strings.ToLower(text)
	return text == metric || text == Name(metric)
}

// SetupsOf are the names of all setups of some runs, in order.
func SetupsOf(past []Past) []string {
	var out []string
	for _, p := range past {
		for _, c := range p.side.Summary.Cells {
			if !slices.Contains(out, c.Cell) {
				out = append(out, c.Cell)
			}
		}
	}
	slices.Sort(out)
	return out
}
