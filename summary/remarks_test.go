package summary

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/raftbench/raftbench/results"
)

var busy = results.Remark{Code: results.CodeHostBusy, Severity: results.Doubtful, Window: results.WindowCalm, Got: 0.9, Want: 0.85, Unit: results.UnitShare}

func with(r results.Remark, got float64) results.Remark {
	r.Got = got
	return r
}

// What was remarked of many trials is one remark, with how many trials it was
// and the worst of them; the words and figures make no difference.
func TestRemarksOfOneKindAreCounted(t *testing.T) {
	dropped := results.Remark{Code: results.CodeDropped, Severity: results.Invalid, Window: results.WindowCalm, Got: 3, Detail: "one thing"}
	lag := results.Remark{Code: results.CodeLagP50, Severity: results.Invalid, Window: results.WindowCalm, Got: 7e6, Unit: results.UnitNS}
	unjudged := results.Remark{Code: results.CodeUnjudged, Severity: results.Doubtful, Got: 2}
	ms := time.Millisecond
	got := cellOf(t,
		remarked(trial(1, ms, 2000), with(busy, 0.91), with(busy, 0.96)),
		remarked(trial(2, ms, 2000), with(busy, 0.88)),
		invalid(trial(3, ms, 2000), with(busy, 0.99), dropped),
		invalid(trial(4, ms, 2000), lag),
		again(trial(4, ms, 2000)),
		remarked(proofTrial(5, results.ProofResult{}), unjudged),
	)
	want := []Remark{
		{Code: results.CodeHostBusy, Severity: results.Doubtful, Window: "calm", Role: results.RoleLight, Kind: results.Measure, Trials: 2, Of: 4, Worst: with(busy, 0.96)},
		{Code: results.CodeDropped, Severity: results.Invalid, Window: "calm", Role: results.RoleLight, Kind: results.Measure, Trials: 1, Of: 4, Worst: dropped},
		{Code: results.CodeUnjudged, Severity: results.Doubtful, Kind: results.Proof, Trials: 1, Of: 1, Worst: unjudged},
		{Code: results.CodeLagP50, Severity: results.Invalid, Window: "calm", Role: results.RoleLight, Kind: results.Measure, Trials: 1, Of: 4, Replaced: true, Worst: lag},
	}
	if diff := cmp.Diff(want, got.Remarks, cmpopts.IgnoreFields(Remark{}, "Bounds")); diff != "" {
		t.Error(diff)
	}
	if got.Trials != 4 || got.ValidTrials != 3 || *got.Metrics["write_latency_p50_ns"].Median != 1e6 {
		t.Errorf("got %d trials, %d of them valid", got.Trials, got.ValidTrials)
	}
}

// The worst is the one that weighs most, which is not always the largest.
func TestTheWorstRemark(t *testing.T) {
	for code, c := range map[results.Code]struct{ mild, grave results.Remark }{
		results.CodeLinkLate:        {results.Remark{Got: 150_000}, results.Remark{Got: 173_060}},
		results.CodeHalvesDiffer:    {results.Remark{Got: 0.06}, results.Remark{Got: -0.11}},
		results.CodeIncomplete:      {results.Remark{Got: 294, Of: 300}, results.Remark{Got: 500, Of: 600}},
		results.CodeFsyncNotReal:    {results.Remark{Got: 9000}, results.Remark{Got: 800}},
		results.CodeFalling:         {results.Remark{Got: -0.09}, results.Remark{Got: -0.2}},
		results.CodeLinksUnmeasured: {results.Remark{Count: 1}, results.Remark{Count: 5}},
	} {
		for _, r := range []*results.Remark{&c.mild, &c.grave} {
			r.Code, r.Severity, r.Window = code, results.Doubtful, results.WindowCalm
		}
		ms := time.Millisecond
		for _, order := range [][2]results.Remark{{c.mild, c.grave}, {c.grave, c.mild}} {
			rs := cellOf(t, remarked(trial(1, ms, 300), order[0]), remarked(trial(2, ms, 300), order[1])).Remarks
			if len(rs) != 1 || rs[0].Trials != 2 || rs[0].Worst != c.grave {
				t.Errorf("%s: got %+v, want one remark with %+v the worst", code, rs, c.grave)
			}
		}
	}
}

// Counts are those of each setup, whatever the others have.
func TestEachSetupCountsItsOwn(t *testing.T) {
	late := results.Remark{Code: results.CodeLinkLate, Severity: results.Doubtful, Window: results.WindowSaturate, Want: 100_000, Unit: results.UnitNS}
	var trials []results.Trial
	had := map[int]int{3: 1, 4: 3, 5: 6}
	for _, nodes := range []int{3, 4, 5} {
		for block := range 6 {
			tr := sized(nodes, block, time.Millisecond, 1000)
			if block < had[nodes] {
				tr = remarked(tr, with(late, 100_000*float64(nodes+block)))
			}
			trials = append(trials, tr)
		}
	}
	for _, c := range build(t, recorded(t, trials...)).Cells {
		want := 100_000 * float64(c.Nodes+had[c.Nodes]-1)
		if r := c.Remarks[0]; r.Trials != had[c.Nodes] || r.Of != 6 || r.Worst.Got != want {
			t.Errorf("%d nodes: got %d of %d trials, worst %v: want %d of 6, worst %v", c.Nodes, r.Trials, r.Of, r.Worst.Got, had[c.Nodes], want)
		}
	}
}
