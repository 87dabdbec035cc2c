package summary

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/units"
)

// Comparison of two runs, cell by cell and metric by metric.
type Comparison struct {
	Old string `json:"old"` // run ids
	New string `json:"new"`
	// OldDir and NewDir are the runs' folders as they were given: two runs may
	// have one id.
	OldDir  string   `json:"old_dir"`
	NewDir  string   `json:"new_dir"`
	Changes []Change `json:"changes"`
	// Means are of the metrics that several cells have in both runs.
	Means []Mean `json:"geometric_means"`
	// Spread is what every answer rests on: how far repeated runs of one build
	// lie apart. Null where that is unknown, and then nothing is called different.
	Spread *Basis `json:"spread"`
	// Unlike is what differs between the runs beside what was to be compared, and
	// Same what does not.
	Unlike []Contrast `json:"unlike"`
	Same   Common     `json:"same"`
	// OnlyOld and OnlyNew are the cells that one of the runs lacks.
	OnlyOld []string `json:"only_old"`
	OnlyNew []string `json:"only_new"`
	// More are the comparisons of further runs with the same old one. All of them
	// were asked at once, and are corrected for that.
	More []Comparison `json:"more,omitempty"`
}

// Each is the comparison and those of further runs.
func (c Comparison) Each() []Comparison { return append([]Comparison{c}, c.More...) }

// Change of one metric of one cell.
type Change struct {
	Cell string `json:"cell"`
	// NewCell is what the new run calls the cell, where that is not the same:
	// the network's name is part of it.
	NewCell string `json:"new_cell,omitempty"`
	Metric  string `json:"metric"`
	// A and B are the medians of Old and New; null is above every number, or of a
	// metric that this run does not have (n is 0).
	A   *float64 `json:"a"`
	B   *float64 `json:"b"`
	Old Metric   `json:"old"`
	New Metric   `json:"new"`
	// Ratio of new over old with its 95 % interval where the spread between runs
	// is known (see stats.DecideRuns); else that of the medians. A null ratio, or a
	// null bound of an interval, is above every number.
	Ratio    *float64 `json:"ratio"`
	CILow    *float64 `json:"ci_low"`
	CIHigh   *float64 `json:"ci_high"`
	Interval bool     `json:"interval"`
	// P is the probability of two runs of one build so far apart, corrected (Holm)
	// for the Questions of its family; null where no test could be made, which
	// Untested tells.
	P         *float64       `json:"p"`
	Questions int            `json:"questions,omitempty"`
	Decided   stats.Decision `json:"decided"`
	// Verdict is what that means for the new run, or that the two cannot be compared.
	Verdict  ArmVerdict `json:"verdict"`
	Untested Untested   `json:"untested,omitempty"`
	// Same: every trial of both runs gave one and the same value.
	Same bool `json:"same,omitempty"`
	// OldDoubts and NewDoubts are the remarks that weaken the number of a run.
	OldDoubts []results.Code `json:"old_doubts,omitempty"`
	NewDoubts []results.Code `json:"new_doubts,omitempty"`
}

// Incomparable figures were measured under conditions that are none of the
// builds': what they differ by says nothing of these.
const Incomparable = ArmVerdict(NotComparable)

// Mean of one metric over the cells that have it in both runs: the geometric
// one, which weighs a cell's change and not the size of its value. No test is made of
// it.
type Mean struct {
	Metric string  `json:"metric"`
	Cells  int     `json:"cells"`
	Old    float64 `json:"old"`
	New    float64 `json:"new"`
	Ratio  float64 `json:"ratio"`
}

// Basis is the spread that a comparison rests on, in brief.
type Basis struct {
	Runs int `json:"runs"` // repeats behind it
	// Over is the time between the first repeat's begin and the last one's, and
	// Apart that between the two runs that are compared.
	Over  time.Duration `json:"over_ns"`
	Apart time.Duration `json:"apart_ns"`
}

// Untested says why no difference could have been found, whatever there is.
type Untested string

// The reasons.
const (
	// SpreadUnknown: the runs were not made side by side, and how far two runs of
	// one build lie apart on such a host was not measured.
	SpreadUnknown Untested = "spread-unknown"
	// NotRepeated: the repeats that tell the spread lack this figure.
	NotRepeated Untested = "not-repeated"
	// NotComparable: one of the contrasts between the runs bars it.
	NotComparable Untested = "not-comparable"
)

// Side is a run that is compared, read once.
type Side struct {
	Run *results.Run
	Analysis
}

// SideOf reads a run to be compared. Its errors are of type *results.Error.
func SideOf(run *results.Run) (Side, error) {
	a, err := analyse(run, nil)
	return Side{run, a}, err
}

// Compare holds two runs against each other, as CompareAll does.
func Compare(before, after *results.Run, spread *Spread) (Comparison, error) {
	old, err := SideOf(before)
	if err != nil {
		return Comparison{}, err
	}
	latest, err := SideOf(after)
	if err != nil {
		return Comparison{}, err
	}
	return CompareAll(old, []Side{latest}, []*Spread{spread})
}

// CompareAll holds each later run against the first, with the spread that fits
// the two. Cells are matched by name, and where only the network has another
// name by all else; those are shown beside each other and not compared.
//
// The runs were not made side by side, so that what the host did between them is
// part of what is compared: a difference is one only where it exceeds the spread
// of repeated runs of one build. Without a spread that fits (nil), nothing is
// decided. The median write or read, the throughput and the capacity of all
// cells and runs are one family of questions, as they are what runs are made for;
// every other metric of all cells and runs is one by itself.
func CompareAll(old Side, later []Side, spreads []*Spread) (Comparison, error) {
	all, asked := make([]Comparison, len(later)), make([][]question, len(later))
	for i, side := range later {
		all[i], asked[i] = contrast(old, side, spreads[i])
	}
	if err := decide(asked); err != nil {
		return Comparison{}, err
	}
	for i := range all {
		all[i].Changes = changes(asked[i])
		all[i].Means = means(all[i].Changes)
	}
	first := all[0]
	first.More = all[1:]
	return first, nil
}

// contrast is the comparison of two runs before anything is decided, and what is
// to be decided.
func contrast(old, latest Side, spread *Spread) (Comparison, []question) {
	before, after := old.Run, latest.Run
	pairs := matched(old.Summary.Cells, latest.Summary.Cells)
	c := Comparison{
		Old: old.Summary.RunID, New: latest.Summary.RunID, OldDir: before.Dir, NewDir: after.Dir,
		OnlyOld: without(old.Summary.Cells, pairs, cellPair.oldPlace), OnlyNew: without(latest.Summary.Cells, pairs, cellPair.newPlace),
	}
	c.Unlike, c.Same = unlike(old, latest, pairs)
	if spread != nil && !spread.Fits(before, after) {
		spread = nil
	}
	c.Spread = spread.basis(before, after)
	var all []question
	for _, p := range pairs {
		was, is := old.Summary.Cells[p.old], latest.Summary.Cells[p.new]
		all = append(all, questions(was, is, old.observed[p.old], latest.observed[p.new], spread, bars(c.Unlike, was.Cell))...)
	}
	return c, all
}

func (s *Spread) basis(before, after *results.Run) *Basis {
	if s == nil {
		return nil
	}
	return &Basis{
		Runs: len(s.Runs), Over: s.Ended.Sub(s.Begun),
		Apart: after.Environment.StartedAt.Sub(before.Environment.StartedAt).Abs(),
	}
}

// cellPair are the places of one cell in two summaries.
type cellPair struct{ old, new int }

func (p cellPair) oldPlace() int { return p.old }
func (p cellPair) newPlace() int { return p.new }

// matched pairs cells by name. Of the others those are paired that differ in the
// name of the network alone, where there is one such cell in each run.
func matched(old, latest []Cell) []cellPair {
	var out []cellPair
	used := map[int]bool{}
	left := map[string][]int{} // places in old, by all but the network
	for i, cell := range old {
		j := slices.IndexFunc(latest, func(c Cell) bool { return c.Cell == cell.Cell })
		if j >= 0 {
			out, used[j] = append(out, cellPair{i, j}), true
			continue
		}
		left[butNetwork(cell)] = append(left[butNetwork(cell)], i)
	}
	others := map[string][]int{}
	for j, cell := range latest {
		if !used[j] {
			others[butNetwork(cell)] = append(others[butNetwork(cell)], j)
		}
	}
	for key, mine := range left {
		if theirs := others[key]; len(mine) == 1 && len(theirs) == 1 {
			out = append(out, cellPair{mine[0], theirs[0]})
		}
	}
	slices.SortFunc(out, func(a, b cellPair) int { return a.old - b.old })
	return out
}

// butNetwork is all that tells a cell from others but its network.
func butNetwork(c Cell) string {
	return strconv.Itoa(c.Nodes) + "\x00" + strings.Join(traits(c, byProfile), "\x00")
}

// without names the cells that were not paired.
func without(cells []Cell, pairs []cellPair, place func(cellPair) int) []string {
	out := []string{}
	for i, cell := range cells {
		if !slices.ContainsFunc(pairs, func(p cellPair) bool { return place(p) == i }) {
			out = append(out, cell.Cell)
		}
	}
	return out
}

// question is a change whose answer is awaited.
type question struct {
	change Change
	family string
	runs   stats.RunPair
}

func familyOf(metric string) string {
	if slices.Contains(primaries, metric) {
		return primary
	}
	return metric
}

func questions(was, is Cell, before, after observations, spread *Spread, barred bool) []question {
	names := maps.Clone(was.Metrics)
	if was.MessageFaults != is.MessageFaults {
		maps.Copy(names, is.Metrics) // one of the two has no figures: it is shown beside none
	} else {
		maps.DeleteFunc(names, func(name string, _ Metric) bool { _, both := is.Metrics[name]; return !both })
	}
	var out []question
	for _, name := range slices.SortedFunc(maps.Keys(names), byRank) {
		old, latest := was.Metrics[name], is.Metrics[name]
		q := question{
			change: Change{
				Cell: was.Cell, Metric: name, A: old.Median, B: latest.Median, Old: old, New: latest, Decided: stats.Undecided,
				Same: same(before.sample(name), after.sample(name)), OldDoubts: was.doubtsOf(old), NewDoubts: is.doubtsOf(latest),
			},
			family: familyOf(name),
			runs:   stats.RunPair{A: runValue(old, before.sample(name)), B: runValue(latest, after.sample(name))},
		}
		if is.Cell != was.Cell {
			q.change.NewCell = is.Cell
		}
		if barred {
			q.change.Untested = NotComparable
		} else {
			q.change.Untested = q.spreadFrom(spread)
		}
		out = append(out, q)
	}
	return out
}

// doubtsOf are the codes of the remarks that weaken a number of the cell.
func (c Cell) doubtsOf(m Metric) []results.Code {
	var out []results.Code
	for _, i := range m.Doubts {
		if code := c.Remarks[i].Code; !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// spreadFrom takes the metric's spread, or says why there is none.
func (q *question) spreadFrom(spread *Spread) Untested {
	if spread == nil {
		return SpreadUnknown
	}
	m, there := spread.Cells[q.change.Cell][q.change.Metric]
	if !there || m.Pooled != q.change.Old.Pooled || m.Pooled != q.change.New.Pooled {
		return NotRepeated
	}
	q.runs.Spread = m.spread()
	return ""
}

// decide answers each family by itself, over all runs.
func decide(asked [][]question) error {
	families := map[string][]*question{}
	for _, of := range asked {
		for i := range of {
			if q := &of[i]; q.change.Untested == "" {
				families[q.family] = append(families[q.family], q)
			}
		}
	}
	for _, members := range families {
		var pairs []stats.RunPair
		for _, q := range members {
			pairs = append(pairs, q.runs)
		}
		decided, err := stats.DecideRuns(pairs, stats.Precision)
		if err != nil {
			return err
		}
		for k, q := range members {
			q.change.answer(decided[k])
		}
	}
	return nil
}

// changes are the questions' answers.
func changes(all []question) []Change {
	out := make([]Change, len(all))
	for i, q := range all {
		c := q.change
		if c.P == nil && c.Old.N > 0 && c.New.N > 0 {
			c.Ratio = number(stats.Ratio(value(c.A), value(c.B)))
		}
		if c.Verdict = c.verdict(); c.Untested == NotComparable {
			c.Verdict = Incomparable
		}
		out[i] = c
	}
	return out
}

// verdict is what was decided, for the new run.
func (c Change) verdict() ArmVerdict {
	v, _ := Difference{Metric: c.Metric, Ratio: c.Ratio, Decided: c.Decided}.Verdict(nil)
	return v
}

func (c *Change) answer(d stats.Difference) {
	c.P, c.Questions, c.Decided = &d.P, d.Questions, d.Decided
	c.Ratio, c.Interval = number(d.Ratio.Center), d.Ratio.Bounded()
	if c.Interval {
		c.CILow, c.CIHigh = number(d.Ratio.Low), number(d.Ratio.High)
	}
}

// same tells whether every trial of both runs gave one value. Trials have none of their
// own of a figure that is pooled over them, which it may be in one of the runs alone.
func same(a, b stats.Sample) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	return !slices.ContainsFunc(slices.Concat(a, b), func(v float64) bool { return v != a[0] })
}

// means are the geometric means of the metrics of which there is one: of several
// cells, all of them comparable, none of their values 0 or above every number. A
// share has none: it is the other share, of what failed, that would have another.
func means(changes []Change) []Mean {
	out := []Mean{}
	by := map[string][]Change{}
	for _, ch := range changes {
		by[ch.Metric] = append(by[ch.Metric], ch)
	}
	for _, metric := range slices.SortedFunc(maps.Keys(by), byRank) {
		cells := by[metric]
		if len(cells) < 2 || units.Of(metric) == units.Share || slices.ContainsFunc(cells, func(ch Change) bool { return !ch.averaged() }) {
			continue
		}
		m := Mean{Metric: metric, Cells: len(cells)}
		for _, ch := range cells {
			m.Old += math.Log(*ch.A) / float64(m.Cells)
			m.New += math.Log(*ch.B) / float64(m.Cells)
		}
		m.Ratio, m.Old, m.New = math.Exp(m.New-m.Old), math.Exp(m.Old), math.Exp(m.New)
		out = append(out, m)
	}
	return out
}

// averaged tells whether the change may be part of a geometric mean.
func (c Change) averaged() bool {
	positive := func(v *float64) bool { return v != nil && *v > 0 }
	return c.Untested != NotComparable && positive(c.A) && positive(c.B)
}
