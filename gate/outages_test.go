package gate

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/strictyaml"
)

// outagesOf makes a trial that killed the leader again and again, and was without
// writes for so many seconds each time.
func outagesOf(seconds ...float64) results.Trial {
	tr := made("n3-x", 3, 0, nil, 1e6)
	tr.Kind, tr.Windows = results.Outages, nil
	for i, s := range seconds {
		at := int64(i+1) * 60e9
		tr.Faults = append(tr.Faults, results.Fault{
			Action: "kill", Target: "leader", Nodes: []string{"n1"}, Leader: "n1", Term: 2, Alive: 3, Repeat: i + 1, AtNS: at, DoneNS: at,
			Probes: []results.Probe{{Node: "n2", FirstAckNS: int64(s * 1e9), Acked: 1}},
		})
	}
	return tr
}

// spread are n times from one to another.
func spreadOf(n int, from, to float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = from + (to-from)*float64(i)/float64(n-1)
	}
	return out
}

// Rules on outages rest on the faults: the median on its interval, a late one on how
// many took longer, the longest on itself.
func TestRulesOnOutagesRestOnTheirFaults(t *testing.T) {
	thirty := spreadOf(30, 1.2, 2.8)
	for name, c := range map[string]struct {
		outages []float64
		rule    string
		want    string
		code    ReasonCode
	}{
		"median below":         {thirty, "outage_p50 < 3s", "pass", ""},
		"median above":         {thirty, "outage_p50 < 1500ms", "fail", ""},
		"median near":          {thirty, "outage_p50 < 2050ms", "inconclusive", WithinInterval},
		"few kills":            {[]float64{1.2, 2.9, 1.9}, "outage_p50 < 3s", "inconclusive", FewFaults},
		"few kills, far":       {[]float64{1.1, 1.2, 1.3}, "outage_p50 < 3s", "pass", ByMedian},
		"late, too few":        {thirty, "outage_p90 < 3s", "inconclusive", FewFaults},
		"late, enough":         {spreadOf(40, 1.2, 2.8), "outage_p90 < 3s", "pass", ""},
		"late, far above":      {thirty, "outage_p90 < 2s", "fail", ByCount},
		"longest below":        {thirty, "outage_max < 3s", "pass", LongestSeen},
		"longest above":        {thirty, "outage_max < 2500ms", "fail", ""},
		"longest of one":       {[]float64{1}, "outage_max < 3s", "inconclusive", OneTrial},
		"longest, never ended": {append(spreadOf(30, 1.2, 2.8), 0), "outage_max < 9s", "fail", NeverAnswered},
		"no election seen":     {thirty, "detect_p50 < 3s", "inconclusive", NotMeasured},
	} {
		tr := outagesOf(c.outages...)
		if last := &tr.Faults[len(tr.Faults)-1].Probes[0]; last.FirstAckNS == 0 {
			last.Acked, last.Failed = 0, 9
		}
		v := evaluated(t, Input{Run: analysed(t, []results.Trial{tr})}, c.rule).Verdicts[0]
		if v.Answer != c.want || c.code != "" && !slices.Contains(codes(v), c.code) {
			t.Errorf("%s: got %+v, want %s since %s", name, v, c.want, c.code)
		}
		if slices.Contains(codes(v), LongestSeen) && (v.Answer != "pass" || slices.Contains(codes(v), NeverAnswered)) {
			t.Errorf("%s: got %v with %s, where nothing longer would change it", name, codes(v), v.Answer)
		}
		if c.code == FewFaults && c.rule == "outage_p90 < 3s" && v.Reasons[0].Want != 36 {
			t.Errorf("%s: got %+v, want 36 faults", name, v.Reasons)
		}
	}
}

// A run of outages alone is a run; one whose outage trial is not valid says so.
func TestARunOfOutagesAloneIsJudged(t *testing.T) {
	tr := outagesOf(spreadOf(30, 1.2, 2.8)...)
	good := evaluated(t, Input{Run: analysed(t, []results.Trial{tr})}, "outage_p50 < 3s")
	for _, v := range good.Verdicts {
		if v.Kind == Finished {
			t.Errorf("got %+v", v)
		}
	}
	tr.Valid = false
	bad := evaluated(t, Input{Run: analysed(t, []results.Trial{tr})}, "outage_p50 < 3s")
	if v := bad.Verdicts[0]; v.Answer != "inconclusive" || !slices.Contains(codes(v), NoneValid) || v.Reasons[0].Want != 1 {
		t.Errorf("got %+v, want none of 1 valid", v)
	}
}

// A few long outages of faults that hit another are no part of the median; the longest
// is of all, and what is of some alone decides nothing.
func TestRulesOnOutagesAreOfAllThatWereHit(t *testing.T) {
	tr := outagesOf(spreadOf(40, 1.2, 2.8)...)
	for i := range 3 {
		f := &tr.Faults[i]
		f.Nodes, f.Probes[0].FirstAckNS = []string{"n3"}, 50e9
	}
	for rule, want := range map[string]struct {
		answer string
		code   ReasonCode
	}{
		"outage_max < 9s":  {"fail", ""},
		"outage_max < 60s": {"pass", LongestSeen},
		"outage_p50 < 9s":  {"inconclusive", OfOneGroup},
		"outage_p90 < 9s":  {"inconclusive", OfOneGroup},
	} {
		v := evaluated(t, Input{Run: analysed(t, []results.Trial{tr})}, rule).Verdicts[0]
		if v.Answer != want.answer || want.code != "" && !slices.Contains(codes(v), want.code) {
			t.Errorf("%s: got %+v, want %+v", rule, v, want)
		}
	}
}

// That no outage was longer is not known of trials that are not valid; that one was
// stands whatever they saw.
func TestTheLongestOutagePassesOnlyOverAllTrials(t *testing.T) {
	all := []results.Trial{outagesOf(1, 2), outagesOf(1, 2), outagesOf(1, 2)}
	for i := range all {
		all[i].Trial, all[i].Valid = i+1, i == 0
	}
	for rule, want := range map[string]string{"outage_max < 60s": "inconclusive", "outage_max < 1s": "fail"} {
		v := evaluated(t, Input{Run: analysed(t, all)}, rule).Verdicts[0]
		if v.Answer != want || want == "inconclusive" && !slices.Contains(codes(v), FewValid) {
			t.Errorf("%s: got %+v, want %s", rule, v, want)
		}
	}
}

// Faults that are done again and again have no blocks: a ratio of two setups' outages is
// refused, with what to write in its place. Those of proofs, one each, have.
func TestRatiosOfRepeatedOutagesAreRefused(t *testing.T) {
	three, five := outagesOf(spreadOf(30, 1.2, 2.8)...), outagesOf(spreadOf(30, 1.2, 2.8)...)
	five.Cell, five.Nodes = "n5-x", 5
	run := analysed(t, []results.Trial{three, five})
	for rule, want := range map[string]string{
		"outage_p50[n=5] <= 1.2x outage_p50[n=3]": "write it like `outage_p50 < 20ms`",
		"detect_p50[n=5] <= 1.2x detect_p50[n=3]": "write it like `detect_p50 < ",
	} {
		_, err := Evaluate(rulesOf(t, rule), Input{Run: run})
		var typed *strictyaml.Error
		if !errors.As(err, &typed) || !strings.Contains(typed.Message, "has no blocks") || !strings.Contains(typed.Advice, want) || !strings.Contains(typed.Advice, "--baseline DIR") {
			t.Errorf("%s: got %v, want it refused with %q", rule, err, want)
		}
	}
	var proofs []results.Trial
	for b := range 6 {
		for nodes, cell := range map[int]string{3: "n3-x", 5: "n5-x"} {
			tr := made(cell, nodes, b, nil, 1e6)
			tr.Kind, tr.Windows, tr.Proof = results.Proof, nil, &results.ProofResult{OutageNS: int64(1e9) + int64(b)*1e7}
			proofs = append(proofs, tr)
		}
	}
	if v := evaluated(t, Input{Run: analysed(t, proofs)}, "outage_p50[n=5] <= 1.5x outage_p50[n=3]").Verdicts[0]; v.Answer != "pass" {
		t.Errorf("got %+v, want what the proofs' blocks say", v)
	}
}

// Against another run, too, the median of one group of several decides nothing.
func TestABaselinesOutagesAreOfAllThatWereHit(t *testing.T) {
	tr := outagesOf(spreadOf(40, 1.2, 2.8)...)
	mixed := outagesOf(spreadOf(40, 1.2, 2.8)...)
	mixed.Faults[0].Nodes = []string{"n3"}
	for name, c := range map[string]struct{ run, baseline results.Trial }{"the run": {mixed, tr}, "the baseline": {tr, mixed}} {
		in := Input{Run: analysed(t, []results.Trial{c.run}), Baseline: &Baseline{Run: analysed(t, []results.Trial{c.baseline})}}
		v := evaluated(t, in, "outage_p50 <= 1.2x baseline").Verdicts[0]
		if v.Answer != "inconclusive" || !slices.Contains(codes(v), OfOneGroup) {
			t.Errorf("%s has two groups: got %+v, want %s", name, v, OfOneGroup)
		}
	}
}
