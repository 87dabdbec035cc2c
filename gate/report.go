package gate

import (
	"slices"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
)

// Verdict is one rule on one cell. It holds facts; who prints it finds the
// words.
type Verdict struct {
	Rule string `json:"rule"`
	Kind Kind   `json:"kind"`
	// Cell is the setup that is judged: of a relative rule the one that is held
	// against its baseline, of a shape the one on the left.
	Cell   string `json:"cell"`
	Answer string `json:"answer"` // pass, fail or inconclusive
	// Fact or Measured, of the name Metric, is what was held against the Limit by
	// Op (==, <, …); all are empty where nothing was. Limit of a relative rule or a
	// shape is the factor, and what was held against it is the Ratio.
	Fact     *float64        `json:"fact,omitempty"`
	Metric   string          `json:"metric,omitempty"`
	Measured *summary.Metric `json:"measured,omitempty"`
	Op       string          `json:"op,omitempty"`
	Limit    *float64        `json:"limit,omitempty"`
	// Ratio and what belongs to it; nil where no ratio was asked for. In JSON its
	// fields stand among those of the verdict.
	*Ratio
	// P is the two-sided probability of what was measured, or anything farther from
	// the limit, if the truth were the limit itself; null where no test could be
	// made. PCorrected is set where the limit is exceeded: P by Holm, for all
	// Questions about measured values that the gate asks, and twice that for each
	// look at the run before this one. A verdict fails only where it is at most 5 %.
	P          *float64 `json:"p,omitempty"`
	PCorrected *float64 `json:"p_corrected,omitempty"`
	Questions  int      `json:"questions,omitempty"`
	Reasons    []Reason `json:"reasons,omitempty"`
}

// Kind of a rule, and of its verdicts.
type Kind string

// The kinds.
const (
	Absolute Kind = "absolute" // against a number
	Relative Kind = "relative" // against the baseline
	Shape    Kind = "shape"    // of one setup against another
	Always   Kind = "always"   // about safety and liveness, whatever the rules ask
	Finished Kind = "finished" // that the run did what it was to do
)

// Ratio of a metric between two setups.
type Ratio struct {
	From string `json:"from"` // the cell that is divided by
	To   string `json:"to"`
	// Baseline is the run that From is of, where that is another one.
	Baseline string `json:"baseline,omitempty"`
	// Through are cells that link the two where they never lived at once.
	Through []string `json:"through,omitempty"`
	// Ratio of To over From with its 95 % interval, where there is one. A null ratio
	// or bound is above every number.
	Ratio    *float64 `json:"ratio"`
	CILow    *float64 `json:"ci_low"`
	CIHigh   *float64 `json:"ci_high"`
	Interval bool     `json:"interval"`
	// N is how many blocks it rests on; against a stored run, how many repeats tell
	// how far two runs of one build lie apart.
	N int `json:"n"`
	// SeesFrom is the share by which To must differ from From for the rule to fail,
	// at about even odds: the rule's own allowance, and the half-width of the interval
	// at the level that a failure must reach among all Questions. Null where there are
	// too few blocks for that.
	SeesFrom *float64 `json:"sees_from"`
	// Floor is the share by which two arms of one build may differ on this class of
	// host, where that was measured: an answer stands only where the interval, widened
	// by it at both ends, gives it, too. P then is of the ratio nearest to what was
	// measured that the floor lets the limit stand for.
	Floor *float64 `json:"floor,omitempty"`
}

// Reason says why a verdict is what it is, or what it rests on.
type Reason struct {
	Code ReasonCode `json:"code"`
	// Got and Want are numbers of trials or blocks.
	Got  int `json:"got,omitempty"`
	Want int `json:"want,omitempty"`
	// Remark that may have moved the value by the share By; null By where nobody
	// knows by how much. Worst is the one of its kind that weighs most.
	Remark results.Code    `json:"remark,omitempty"`
	By     *float64        `json:"by,omitempty"`
	Worst  *results.Remark `json:"worst,omitempty"`
	// Old and New are what the baseline and this run have of what must be alike.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	// Contrast between the two that bars comparing them.
	Contrast *summary.Contrast `json:"contrast,omitempty"`
}

// ReasonCode says what a reason is about.
type ReasonCode string

// The codes.
const (
	WithinInterval   ReasonCode = "limit-within-interval"
	NotCorrected     ReasonCode = "not-after-correction" // it fails alone, but not among so many questions
	NotAtThisLook    ReasonCode = "not-at-this-look"     // sure enough for the first look at a run, but not for look Got
	OneTrial         ReasonCode = "one-trial"            // Got: a single trial says nothing of the next
	FewValid         ReasonCode = "few-valid"            // Got of Want trials are valid: a selection
	NoneValid        ReasonCode = "none-valid"           // of Want trials
	NotMeasured      ReasonCode = "not-measured"
	FewOperations    ReasonCode = "few-operations" // measured, by too few operations for this percentile
	ByMedian         ReasonCode = "by-median"      // of Got trials: there is no interval
	ByPool           ReasonCode = "by-pool"        // of Got trials' operations: too few for an interval
	FewFaults        ReasonCode = "few-faults"     // Got of the Want outages that give an interval, and the limit is near
	ByCount          ReasonCode = "by-count"       // of Got faults: there is no interval, but how many took longer decides
	LongestSeen      ReasonCode = "longest-seen"   // Got faults are all that were looked at: rarer ones may take longer
	OfOneGroup       ReasonCode = "of-one-group"   // the faults are of Got kinds by whom they hit, and the value is of the most frequent alone
	NeverAnswered    ReasonCode = "never-answered" // the value, or its interval, lies among operations that failed, or outages that did not end
	Doubtful         ReasonCode = "doubtful"       // Remark may have moved the value, and the verdict stands
	Shaken           ReasonCode = "shaken"         // Remark may have moved the value beyond the limit, or back
	NoProofs         ReasonCode = "no-proofs"      // the run has no proof trial
	NotProven        ReasonCode = "not-proven"     // no proof trial came so far
	NotAudited       ReasonCode = "not-audited"    // no trial was audited
	PartlyAudited    ReasonCode = "partly-audited" // some valid trials were not audited
	NotJudged        ReasonCode = "not-judged"     // Got of Want safety trials came to no answer
	UnfinishedTrials ReasonCode = "unfinished-trials"
	UnfinishedProofs ReasonCode = "unfinished-proofs"
	// UnfinishedOutages: of faults that outage trials were to do.
	UnfinishedOutages ReasonCode = "unfinished-outages"
	UnfinishedWatches ReasonCode = "unfinished-watches"
	UnfinishedSafety  ReasonCode = "unfinished-safety"
	// AttemptsNotJudged: Got attempts at safety trials did not come to their end, and
	// nobody could judge what clients were told in them.
	AttemptsNotJudged ReasonCode = "attempts-not-judged"
	// UnfinishedMeasuring: after Got trials neither the precision was reached nor the
	// budget spent.
	UnfinishedMeasuring ReasonCode = "unfinished-measuring"

	// Of ratios.
	OneSided         ReasonCode = "one-sided"  // in Got of Want blocks one of the two alone has a valid value: the rest is a selection
	FewBlocks        ReasonCode = "few-blocks" // Got blocks hold both, Want give an interval
	NoRatio          ReasonCode = "no-ratio"   // of values whose ratio has no end
	BelowFloor       ReasonCode = "below-floor"
	SpreadUnknown    ReasonCode = "spread-unknown"      // how far two runs of one build lie apart was not measured
	NotRepeated      ReasonCode = "not-repeated"        // the repeats that tell it lack this figure
	OtherHost        ReasonCode = "other-host"          // the baseline is of another class of hosts
	OtherProfile     ReasonCode = "other-profile"       // the baseline has the setup with another profile
	OtherExperiment  ReasonCode = "other-experiment"    // the baseline measured something else
	NotInBaseline    ReasonCode = "not-in-baseline"     // the baseline lacks the setup
	BaselineNotValid ReasonCode = "baseline-none-valid" // none of the baseline's Want trials is valid
	// OtherNetwork: messages of the baseline's setup travelled otherwise, or other faults
	// were done to it, as Contrast tells.
	OtherNetwork       ReasonCode = "other-network"
	BaselineUnsafe     ReasonCode = "baseline-unsafe"     // the baseline lost writes, or did otherwise what no Raft may
	BaselineUnfinished ReasonCode = "baseline-unfinished" // the baseline was interrupted before it had done what was planned
)

// Finding is what trials of a cell saw that Raft does not allow.
type Finding struct {
	Cell  string        `json:"cell"`
	Class results.Class `json:"class"`
	summary.Findings
}

// Report is the verdict on a run.
type Report struct {
	RunID string `json:"run_id"`
	// Baseline is the run that relative rules were held against, where that is
	// another one.
	Baseline string `json:"baseline,omitempty"`
	Answer   string `json:"answer"`
	// Unsafe is set when a write was lost or anything else happened that no Raft
	// may do; Stuck when something did not happen that should have. Both hold
	// whatever the rules ask: no speed makes up for them.
	Unsafe bool `json:"unsafe"`
	Stuck  bool `json:"stuck"`
	// Looks at the run so far, this one included: how often its measuring came to an
	// end, and was gone on with.
	Looks    int       `json:"looks,omitempty"`
	Verdicts []Verdict `json:"verdicts"`
	Findings []Finding `json:"findings"`
}

// find takes over what the trials of a cell found.
func (r *Report) find(c summary.Cell) {
	for _, f := range c.Faults.Safety {
		r.Findings = append(r.Findings, Finding{c.Cell, results.Safety, f})
	}
	for _, f := range c.Faults.Liveness {
		r.Findings = append(r.Findings, Finding{c.Cell, results.Liveness, f})
	}
	r.Unsafe = r.Unsafe || c.Faults.LostWrites > 0 || len(c.Faults.Safety) > 0
	r.Stuck = r.Stuck || len(c.Faults.Liveness) > 0
}

// Count is how many verdicts have the answer.
func (r Report) Count(a stats.Answer) int {
	n := 0
	for _, v := range r.Verdicts {
		if v.Answer == a.String() {
			n++
		}
	}
	return n
}

// worst is what the verdicts come to; none at all judges nothing.
func worst(verdicts []Verdict) stats.Answer {
	has := func(a stats.Answer) bool {
		return slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Answer == a.String() })
	}
	switch {
	case has(stats.Fail):
		return stats.Fail
	case has(stats.Inconclusive) || len(verdicts) == 0:
		return stats.Inconclusive
	}
	return stats.Pass
}
