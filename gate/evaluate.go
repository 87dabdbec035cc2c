package gate

import (
	_ "embed"
	"math"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// Input is what a gate judges: a run, and what it is held against.
type Input struct {
	Run summary.Analysis
	// Baseline is another run that relative rules are held against; nil where they
	// are held against the run's own arm a.
	Baseline *Baseline
	// Looks at the run so far, this one included; 0 is the first.
	Looks int
	// Floor is the share by which two arms of one build may differ in a metric on this
	// class of host; ok is false where that is unknown. Nil: it never is known.
	Floor func(metric string) (share float64, ok bool)
}

//go:embed always.yaml
var always []byte

// Evaluate holds every rule against every cell that it selects, and looks at safety
// and liveness whatever the rules ask. In a run with two arms, rules are about arm
// b unless they name an arm. A rule that selects nothing, or cannot be held against
// such a run, is a mistake of type *strictyaml.Error.
//
// A run that is measured on after somebody looked at it is a run that is judged until
// it is green: each look more halves what chance an answer may rest on, so that all
// the looks together are wrong at most twice as often as one would be.
//
// A gate asks many questions at once. It passes only where every rule does, so that
// a pass needs no correction for their number (an intersection-union test: Berger,
// Technometrics 24, 1982). But it fails where any rule does, so that each more is
// one more chance of a false alarm: rules about measured values fail only where they
// still do after Holm's correction for all of them.
func Evaluate(rules []Rule, in Input) (Report, error) {
	s := in.Run.Summary
	e := evaluation{Input: in, arms: hasArms(s.Cells)}
	r := Found(s)
	if in.Baseline != nil {
		r.Baseline = in.Baseline.Run.Summary.RunID
	}
	var all []task
	for _, rule := range rules {
		tasks, err := e.tasks(rule)
		if err != nil {
			return Report{}, err
		}
		all = append(all, tasks...)
	}
	for _, t := range all {
		if !t.rule.left.fact {
			e.questions++
		}
	}
	for _, t := range all {
		if v := e.on(t); !t.beside(v) {
			r.Verdicts = append(r.Verdicts, v)
		}
	}
	r.Looks = max(1, in.Looks)
	correct(r.Verdicts, e.questions)
	atLook(r.Verdicts, r.Looks)
	r.Verdicts = append(r.Verdicts, safetyVerdicts(r.Verdicts, s)...)
	r.Verdicts = append(r.Verdicts, emptyCells(s)...)
	r.Verdicts = append(r.Verdicts, unjudged(s)...)
	r.Answer = worst(r.Verdicts).String()
	return r, nil
}

// beside tells of a verdict that nobody asked for: the built-in rules hold every size to
// what it tolerates, and a run of safety trials alone was not there to prove that. Its
// trials, each judged, are held to the others. A rule in a file of one's own is asked for.
func (t task) beside(v Verdict) bool {
	if t.rule.File != Safety || !slices.ContainsFunc(v.Reasons, func(r Reason) bool { return r.Code == NoProofs }) {
		return false
	}
	for _, kind := range []results.TrialKind{results.Measure, results.Outages, results.Watch} {
		if _, all := t.cell.TrialsOf(kind); all > 0 {
			return false
		}
	}
	_, tested := t.cell.TrialsOf(results.SafetyTest)
	return tested > 0
}

// Found is a report of what a run's trials found, on which no rule was held.
func Found(s summary.Summary) Report {
	r := Report{RunID: s.RunID, Verdicts: []Verdict{}, Findings: []Finding{}, Answer: stats.Inconclusive.String()}
	for _, c := range s.Cells {
		r.find(c)
	}
	return r
}

// safetyVerdicts are those on safety and liveness of every cell, both arms' too, but
// where a rule asked for just that.
func safetyVerdicts(given []Verdict, s summary.Summary) []Verdict {
	own, err := Parse("always", always)
	if err != nil {
		panic(err) // a test reads it
	}
	var out []Verdict
	for _, rule := range own {
		for _, c := range s.Cells {
			v := rule.absolute(c)
			v.Kind = Always
			asked := func(o Verdict) bool { return o.Rule == v.Rule && o.Cell == v.Cell }
			// Proofs alone of a store that promises nothing are not audited.
			promised := c.Durable || len(v.Reasons) == 0 || v.Reasons[0].Code != NotAudited
			if promised && !slices.ContainsFunc(given, asked) {
				out = append(out, v)
			}
		}
	}
	return out
}

// emptyCells are verdicts on the cells of which no trial at all is valid: whatever
// facts are known of them, nothing was measured or proven.
func emptyCells(s summary.Summary) []Verdict {
	var out []Verdict
	for _, c := range s.Cells {
		valid, all := 0, 0
		for _, kind := range []results.TrialKind{results.Measure, results.Proof, results.Outages, results.Watch, results.SafetyTest} {
			good, of := c.TrialsOf(kind)
			valid, all = valid+good, all+of
		}
		if valid == 0 {
			v := Verdict{Rule: "a valid trial", Kind: Finished, Cell: c.Cell, Answer: stats.Inconclusive.String()}
			out = append(out, v.because(Reason{Code: NoneValid, Want: all}))
		}
	}
	return out
}

// unjudged are verdicts on the cells some of whose safety trials came to no answer: what
// they did not show holds for none of the rules, and other trials that hold do not make
// up for it.
func unjudged(s summary.Summary) []Verdict {
	var out []Verdict
	for _, c := range s.Cells {
		t := c.Tested
		if t == nil {
			continue
		}
		v := Verdict{Rule: "every safety trial judged", Kind: Finished, Cell: c.Cell, Answer: stats.Inconclusive.String()}
		if t.Holds+t.Violated < t.Trials {
			v = v.because(Reason{Code: NotJudged, Got: t.Trials - t.Holds - t.Violated, Want: t.Trials})
		}
		if t.UnjudgedAttempts > 0 {
			v = v.because(Reason{Code: AttemptsNotJudged, Got: t.UnjudgedAttempts})
		}
		if len(v.Reasons) > 0 {
			out = append(out, v)
		}
	}
	return out
}

// correct takes back each fail that is none among so many questions.
func correct(verdicts []Verdict, questions int) {
	ps := make([]float64, questions)
	for i := range ps {
		ps[i] = 1
	}
	var failed []int
	for i, v := range verdicts {
		if v.Answer == stats.Fail.String() && v.Fact == nil {
			if v.P != nil {
				ps[len(failed)] = *v.P
			}
			failed = append(failed, i)
		}
	}
	for k, p := range stats.Holm(ps)[:len(failed)] {
		v := &verdicts[failed[k]]
		v.PCorrected = &p
		if p > stats.Alpha+rounding {
			v.Answer = stats.Inconclusive.String()
			*v = v.because(Reason{Code: NotCorrected, Got: v.blocks(), Want: stats.PairsNeeded(questions, stats.Alpha)})
		}
	}
}

// atLook takes back what is not sure enough for so late a look.
func atLook(verdicts []Verdict, looks int) {
	chance := math.Ldexp(1, looks-1)
	if looks == 1 {
		return
	}
	for i := range verdicts {
		v := &verdicts[i]
		p := v.P
		if v.PCorrected != nil {
			*v.PCorrected = min(1, chance**v.PCorrected)
			p = v.PCorrected
		} else if p != nil {
			p = new(chance * *p)
		}
		if v.Fact == nil && p != nil && v.Answer != stats.Inconclusive.String() && *p > stats.Alpha+rounding {
			v.Answer = stats.Inconclusive.String()
			*v = v.because(Reason{Code: NotAtThisLook, Got: looks})
		}
	}
}

// rounding is how far a probability may be off that was computed from an interval
// whose end is the limit.
const rounding = 1e-9

// blocks is the number of trials or blocks that a verdict rests on.
func (v Verdict) blocks() int {
	switch {
	case v.Ratio != nil:
		return v.N
	case v.Measured != nil:
		return v.Measured.N
	}
	return 0
}

// evaluation holds rules against a run.
type evaluation struct {
	Input
	arms      bool // the run measured two variants side by side
	questions int  // about measured values, in all
}

func (e evaluation) on(t task) Verdict {
	v := t.verdict(e)
	if !t.rule.left.fact {
		v.Questions = e.questions
	}
	return v
}

func (t task) verdict(e evaluation) Verdict {
	switch {
	case t.rule.right.baseline && e.Baseline != nil:
		return e.against(t)
	case t.from != nil:
		return e.within(t)
	case t.rule.left.fact:
		return t.rule.absolute(t.cell)
	}
	return e.measured(t)
}

func (v Verdict) because(reasons ...Reason) Verdict {
	v.Reasons = append(v.Reasons, reasons...)
	return v
}

func (r Rule) verdict(c summary.Cell) Verdict {
	return Verdict{Rule: r.Text, Kind: r.Kind(), Cell: c.Cell, Answer: stats.Inconclusive.String(), Op: string(r.op)}
}

// absolute judges what is exact.
func (r Rule) absolute(c summary.Cell) Verdict {
	v := r.verdict(c)
	limit, unknown := r.limit(c)
	if unknown == "" {
		v.Limit = &limit
		var got float64
		if got, unknown = facts[r.left.text](c); unknown == "" {
			v.Fact, v.Answer = &got, answer(r.op.holds(got, limit)).String()
			return v
		}
	}
	return v.because(Reason{Code: unknown})
}

func (r Rule) limit(c summary.Cell) (limit float64, unknown ReasonCode) {
	if r.right.fact == "" {
		return r.right.value, ""
	}
	limit, unknown = facts[r.right.fact](c)
	return limit + r.right.value, unknown
}

func answer(holds bool) stats.Answer {
	if holds {
		return stats.Pass
	}
	return stats.Fail
}

// missing says why a cell lacks a metric.
func missing(c summary.Cell, metric string) Reason {
	valid, all := trialsOf(c, metric)
	if valid == 0 && (all > 0 || c.Source(metric) == results.Measure) {
		return Reason{Code: NoneValid, Want: all}
	}
	for _, far := range []string{"_p99_ns", "_p999_ns"} {
		if base, is := strings.CutSuffix(metric, far); is {
			if _, measured := c.Metrics[base+"_p50_ns"]; measured {
				return Reason{Code: FewOperations}
			}
		}
	}
	return Reason{Code: NotMeasured}
}

// measured judges a metric of one cell against a number.
func (e evaluation) measured(t task) Verdict {
	v, metric := t.rule.verdict(t.cell), t.rule.left.metric
	limit := t.rule.right.value
	v.Limit = &limit
	m, ok := t.cell.Metrics[metric]
	if !ok {
		return v.because(missing(t.cell, metric))
	}
	v.Metric, v.Measured = metric, &m
	if metric == summary.LongestOutage {
		return t.rule.longest(v, t.cell, m)
	}
	if n := groupsOf(t.cell, metric); n > 1 {
		return v.because(Reason{Code: OfOneGroup, Got: n})
	}
	v.P = e.probability(t.cell, metric, m, limit)
	answer, reasons := t.rule.byInterval(t.cell, m, limit)
	if few := fewFaults(metric, m, v.P); few != nil && (answer == stats.Pass || metric == summary.LateOutage) {
		return v.because(*few)
	}
	if answer != stats.Inconclusive {
		if moved := t.rule.shaken(t.cell, m, limit); len(moved) > 0 {
			return v.because(append(reasons, moved...)...)
		}
	}
	v.Answer = answer.String()
	return v.because(append(reasons, doubts(t.cell, m, metric)...)...)
}

// groupsOf a cell's faults that a percentile of its outages leaves out all of but one:
// how many there are. The longest outage is of all.
func groupsOf(c summary.Cell, metric string) int {
	if metric != summary.MedianOutage && metric != summary.LateOutage {
		return 0
	}
	return c.RepeatedGroups()
}

// probability of a metric so far from the limit; nil where no test can be made.
func (e evaluation) probability(cell summary.Cell, metric string, m summary.Metric, limit float64) *float64 {
	var p float64
	switch values := e.Run.Values(cell.Cell, metric); {
	case metric == summary.FalseElections:
		p = cell.Watched.Against(limit)
	case metric == summary.LateOutage:
		p = stats.QuantileAgainst(e.Run.Values(cell.Cell, summary.MedianOutage), summary.LateQuantile, max(0, limit))
	case len(values) >= 2 && len(values) == m.N:
		p = stats.MedianAgainst(values, max(0, limit), e.questions)
	case m.Interval:
		p = stats.IntervalAgainst(m.Estimate(), max(0, limit))
	default:
		return nil
	}
	return &p
}

// fewFaults tells of an outage's percentile that so few faults do not decide: each is
// one draw of the timeouts' luck, which differ by more than their median does from
// run to run.
func fewFaults(metric string, m summary.Metric, p *float64) *Reason {
	if !summary.OfFaults(metric) || m.Interval || p != nil && *p <= stats.Alpha {
		return nil
	}
	want := stats.IntervalTrials
	if metric == summary.LateOutage {
		want = stats.LeastForQuantile(summary.LateQuantile)
	}
	return &Reason{Code: FewFaults, Got: m.N, Want: want}
}

// longest judges the longest outage of all that were seen. It is no estimate: that
// one was longer than the limit is certain, and that none was says nothing of the
// faults that were not tried, nor of those of trials that are not valid: it passes only
// where all are.
func (r Rule) longest(v Verdict, c summary.Cell, m summary.Metric) Verdict {
	if m.N < 2 {
		return v.because(Reason{Code: OneTrial, Got: m.N})
	}
	holds := r.op.holds(value(m), *v.Limit)
	if valid, all := trialsOf(c, r.left.metric); holds && valid < all {
		return v.because(Reason{Code: FewValid, Got: valid, Want: all})
	}
	v.Answer = answer(holds).String()
	if !holds {
		v.P = new(0.0)
	}
	switch {
	case math.IsInf(value(m), 1):
		v = v.because(Reason{Code: NeverAnswered})
	case holds: // what would take longer yet changes no failure
		v = v.because(Reason{Code: LongestSeen, Got: m.N})
	}
	return v
}

func value(m summary.Metric) float64 { return m.Estimate().Center }

// byInterval judges by the interval. Without one the median decides where the
// run was planned so small, but for a far percentile, which a few slow operations
// decide, and never that of one trial. One watch is enough, since its interval is that
// of the leaders that it saw lose their place; where trials were lost to invalidity, what
// is left is a selection and decides nothing.
func (r Rule) byInterval(c summary.Cell, m summary.Metric, limit float64) (stats.Answer, []Reason) {
	e := m.Estimate()
	valid, all := trialsOf(c, r.left.metric)
	var why []Reason
	never := math.IsInf(e.Center, 1)
	if never || m.Interval && math.IsInf(e.High, 1) {
		why = append(why, Reason{Code: NeverAnswered})
	}
	switch {
	case m.N < 2 && r.left.metric != summary.FalseElections:
		return stats.Inconclusive, append(why, Reason{Code: OneTrial, Got: m.N})
	case valid < all && valid < stats.IntervalTrials:
		return stats.Inconclusive, append(why, Reason{Code: FewValid, Got: valid, Want: all})
	case m.Interval && r.op.holds(e.Low, limit) != r.op.holds(e.High, limit):
		return stats.Inconclusive, append(why, Reason{Code: WithinInterval})
	case m.Interval:
		return answer(r.op.holds(e.Low, limit)), why
	case m.Pooled:
		return stats.Inconclusive, append(why, Reason{Code: ByPool, Got: m.N})
	case r.left.metric == summary.LateOutage:
		return answer(r.op.holds(e.Center, limit)), append(why, Reason{Code: ByCount, Got: m.N})
	case summary.FarOut(r.left.metric) && !never:
		return stats.Inconclusive, append(why, Reason{Code: ByMedian, Got: m.N})
	}
	return answer(r.op.holds(e.Center, limit)), append(why, Reason{Code: ByMedian, Got: m.N})
}

// trialsOf are the trials that a metric is taken from: how many are valid, of
// how many.
func trialsOf(c summary.Cell, metric string) (valid, all int) {
	return c.TrialsOf(c.Source(metric))
}
