package verdicts

import (
	"fmt"
	"strconv"

	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// Reasons word why a verdict is what it is.
func Reasons(v gate.Verdict) []string {
	var out []string
	for _, r := range v.Reasons {
		words, known := reasonWords[r.Code]
		if !known {
			out = append(out, clean.Text(string(r.Code)))
			continue
		}
		out = append(out, words(v, r))
	}
	return out
}

// reasonWords say each reason of a verdict.
var reasonWords = map[gate.ReasonCode]func(gate.Verdict, gate.Reason) string{
	gate.WithinInterval: says("the interval holds the limit"),
	gate.NotCorrected:   notCorrected,
	gate.OneTrial: func(v gate.Verdict, _ gate.Reason) string {
		if summary.OfFaults(v.Metric) {
			return "from one fault, which says nothing of the next"
		}
		return "from one trial, which says nothing of the next"
	},
	gate.FewValid: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("too few valid trials: %d of %d", r.Got, r.Want)
	},
	gate.NoneValid: func(_ gate.Verdict, r gate.Reason) string {
		return "none of " + units.Plural(r.Want, "trial") + " is valid"
	},
	gate.NotMeasured:   says("not measured"),
	gate.FewOperations: says("measured by too few operations for this percentile"),
	gate.ByMedian: func(v gate.Verdict, r gate.Reason) string {
		of := "trial"
		if summary.OfFaults(v.Metric) {
			of = "fault"
		}
		return "no interval: judged by the median of " + units.Plural(r.Got, of)
	},
	gate.ByPool: func(_ gate.Verdict, r gate.Reason) string {
		return "the operations of " + units.Plural(r.Got, "trial") + " are too few for an interval"
	},
	gate.FewFaults: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("few faults: %d, where %d give an interval, and the limit is too near for so few", r.Got, r.Want)
	},
	gate.ByCount: func(_ gate.Verdict, r gate.Reason) string {
		return "no interval: judged by how many of " + units.Plural(r.Got, "fault") + " took longer than the limit"
	},
	gate.LongestSeen: func(_ gate.Verdict, r gate.Reason) string {
		return "the longest of " + units.Plural(r.Got, "fault") + ": rarer ones may take longer"
	},
	gate.OfOneGroup: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("the faults were of %d kinds, by what was done and whom it hit, and this is of the most frequent alone: write a rule on outage_max, which is of all", r.Got)
	},
	gate.NeverAnswered: func(v gate.Verdict, _ gate.Reason) string {
		if summary.OfFaults(v.Metric) {
			return "never: writes did not go on before the fault was undone, or the next was done"
		}
		return "never: it lies among operations that failed"
	},
	gate.Doubtful: func(_ gate.Verdict, r gate.Reason) string {
		return reasonRemark(r) + ", which may have moved it " + reasonMove(r)
	},
	gate.Shaken: func(_ gate.Verdict, r gate.Reason) string {
		return "not decided, since " + reasonRemark(r) + ", which may have moved it " + reasonMove(r)
	},
	gate.NoProofs:      says("not proven: the run has no proof trial, and with proofs: 0 makes none; --proofs 1 asks a new run for one"),
	gate.NotProven:     says("not proven: no proof trial came so far as to try it"),
	gate.NotAudited:    says("no trial was audited"),
	gate.PartlyAudited: says("some valid trials were not audited: what they lost, nobody looked for"),
	gate.NotJudged: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("%d of %s not judged", r.Got, units.Plural(r.Want, "safety trial"))
	},
	gate.AttemptsNotJudged: func(_ gate.Verdict, r gate.Reason) string {
		return units.Plural(r.Got, "attempt") + " that did not come to an end not judged"
	},
	gate.UnfinishedTrials: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("the run is unfinished: %d of %d planned trials", r.Got, r.Want)
	},
	gate.UnfinishedMeasuring: func(_ gate.Verdict, r gate.Reason) string {
		return "the run is unfinished: after " + units.Plural(r.Got, "trial") + " neither was its precision reached nor its budget spent"
	},
	gate.NotAtThisLook: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("not sure enough for look %d at a run that was measured on: each look more halves what may be chance", r.Got)
	},
	gate.UnfinishedProofs: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("the run is unfinished: %d of %d planned proofs", r.Got, r.Want)
	},

	gate.UnfinishedOutages: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("the run is unfinished: %d of %d planned faults were done", r.Got, r.Want)
	},
	gate.UnfinishedWatches: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("the run is unfinished: %d of %d planned watches", r.Got, r.Want)
	},
	gate.UnfinishedSafety: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("the run is unfinished: %d of %d planned safety trials", r.Got, r.Want)
	},

	gate.OneSided: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("in %d of %s one of the two alone gave a valid measurement, by far more often the same one: the others are a selection", r.Got, units.Plural(r.Want, "block"))
	},
	gate.FewBlocks: func(_ gate.Verdict, r gate.Reason) string {
		return fmt.Sprintf("%s with valid trials of both, where %d give an interval", units.Plural(r.Got, "block"), r.Want)
	},
	gate.NoRatio: func(v gate.Verdict, _ gate.Reason) string {
		if summary.OfFaults(v.Metric) {
			return "there is no ratio: the values are 0, or writes did not go on"
		}
		return "there is no ratio: the values are 0, or operations failed"
	},
	gate.BelowFloor: func(v gate.Verdict, _ gate.Reason) string {
		if v.Ratio == nil || v.Floor == nil {
			return "two copies of one build may differ by enough on this host to turn it"
		}
		return "two copies of one build may differ by " + wording.Part(*v.Floor) + " on this host, which is enough to turn it"
	},
	gate.SpreadUnknown: says("how far two runs of one build lie apart on such a host is unknown (measure it: raftbench run --repeat 6)"),
	gate.NotRepeated:   says("the repeated runs lack this figure, so that nobody knows how far two runs lie apart in it"),
	gate.OtherHost: func(_ gate.Verdict, r gate.Reason) string {
		return "the baseline is of another class of hosts: " + clean.Detail(r.Old) + ", and this run's is " + clean.Detail(r.New)
	},
	gate.OtherProfile: func(_ gate.Verdict, r gate.Reason) string {
		return "the baseline has this setup with profile " + clean.Name(r.Old) + ", not " + clean.Name(r.New)
	},
	gate.OtherExperiment: says("the baseline measured something else: its experiment differs in more than how often it was done"),
	gate.OtherNetwork: func(_ gate.Verdict, r gate.Reason) string {
		switch {
		case r.Contrast == nil:
			return "messages travelled otherwise in the baseline"
		case r.Contrast.What == summary.TraitFaults:
			return "other faults were done in the baseline: " + facts.Contrast(*r.Contrast)
		}
		return "messages travelled otherwise in the baseline: " + facts.Contrast(*r.Contrast)
	},
	gate.BaselineUnsafe:     says("the baseline itself did what Raft does not allow, or did not do what it should have: see raftbench gate on its folder"),
	gate.BaselineUnfinished: says("the baseline is unfinished: finish it with raftbench run --resume"),
	gate.NotInBaseline:      says("the baseline has no such setup"),
	gate.BaselineNotValid: func(_ gate.Verdict, r gate.Reason) string {
		return "none of the baseline's " + units.Plural(r.Want, "trial") + " is valid"
	},
}

func says(text string) func(gate.Verdict, gate.Reason) string {
	return func(gate.Verdict, gate.Reason) string { return text }
}

// notCorrected tells what a question asked alone would be, and what it is among
// all.
func notCorrected(v gate.Verdict, r gate.Reason) string {
	text := "it exceeds the limit, but one of so many questions may by chance"
	if v.P != nil && v.PCorrected != nil {
		text += fmt.Sprintf(" (p %s alone, %s among %d)", probability(*v.P), probability(*v.PCorrected), v.Questions)
	}
	if r.Want > r.Got {
		text += fmt.Sprintf(": %d are too few for that, %d can decide it", r.Got, r.Want)
	}
	return text
}

// probability to two digits.
func probability(p float64) string {
	if p < 0.0001 {
		return "below 0.0001"
	}
	return strconv.FormatFloat(p, 'g', 2, 64)
}

// reasonRemark is what was remarked of trials.
func reasonRemark(r gate.Reason) string {
	if r.Worst == nil {
		return fmt.Sprintf("a remark (%s)", clean.Text(string(r.Remark)))
	}
	return facts.Remark(*r.Worst)
}

func reasonMove(r gate.Reason) string {
	if r.By == nil {
		return "by an unknown share"
	}
	return "by up to " + units.Share.Show(*r.By)
}
