package summary

import (
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// timedTrial has spans of 1, 2, 3, … times a unit, by their order.
func timedTrial(number int, unit float64) results.Trial {
	t := trial(number, time.Millisecond, 300)
	s := &results.Spans{Writes: 300, Chosen: 31, Joined: 30, Whole: 29, Lost: 1, Quorum: 1, LearnedNS: 50 * unit, LearnedCount: 60}
	for i, name := range results.SpanNames() {
		each := results.Span{Name: name, NS: float64(i+1) * unit}
		if name == results.SpanNetworkOut || name == results.SpanNetworkBack {
			each.AskedNS = unit
		}
		s.Spans = append(s.Spans, each)
		s.TotalNS += each.NS
	}
	s.UnattributedNS = 2 * unit
	s.TotalNS += 2 * unit
	s.Followers = []results.FollowerSpans{{Rank: 1, Count: 30, OutNS: unit, BackNS: unit, LogNS: 3 * unit, AnsweredNS: 6 * unit}, {Rank: 2, Count: 28, AnsweredNS: 9 * unit}}
	t.Windows[0].Spans = s
	return t
}

// Parts and steps are medians over trials of each trial's own sums; with six trials
// they have intervals.
func TestWritePathIsOfTrials(t *testing.T) {
	var trials []results.Trial
	for i := range 7 {
		trials = append(trials, timedTrial(i+1, float64(10*(i+1))))
	}
	p := cellOf(t, trials...).WritePath
	if p == nil || p.Trials != 7 || p.Chosen != 7*31 || p.Joined != 7*30 || p.Whole != 7*29 || p.Lost != 7 {
		t.Fatalf("got %+v", p)
	}
	// The median trial has spans of 40, 80, … 480.
	const unit = 40
	want := map[PartName]float64{
		PartClient: 1 + 12, PartQueue: 2, PartLeaderLog: 3, PartSend: 4, PartNetwork: 5 + 7, PartFollowerLog: 6,
		PartQuorumWait: 8, PartApply: 9 + 10, PartReply: 11,
	}
	if len(p.Parts) != len(want) {
		t.Errorf("got %d parts, want %d", len(p.Parts), len(want))
	}
	for _, part := range p.Parts {
		if got := *part.NS.Median; got != unit*want[part.Name] || !part.NS.Interval {
			t.Errorf("%s is %v (interval: %v), want %v with one", part.Name, got, part.NS.Interval, unit*want[part.Name])
		}
		if asked := map[PartName]float64{PartNetwork: 2 * unit}[part.Name]; part.AskedNS != asked {
			t.Errorf("%s was asked for %v, want %v", part.Name, part.AskedNS, asked)
		}
	}
	for i, step := range []float64{1, 2 + 3, 4 + 5, 6 + 7, 8, 9 + 10 + 11 + 12} {
		if got := p.Steps[i]; got.Number != i+1 || *got.NS.Median != unit*step {
			t.Errorf("step %d takes %v, want %v", got.Number, *got.NS.Median, unit*step)
		}
	}
	if got, all := *p.UnattributedShare.Median, 80.0; got != 2/all || *p.TotalNS.Median != all*unit || *p.LearnedNS.Median != 50*unit {
		t.Errorf("unattributed %v of %v, learnt after %v", got, *p.TotalNS.Median, *p.LearnedNS.Median)
	}
	if f := p.Followers; len(f) != 2 || *f[0].NetworkNS.Median != 2*unit || *f[0].LogNS.Median != 3*unit || *f[1].AnsweredNS.Median != 9*unit {
		t.Errorf("followers %+v", f)
	}
}

// Without any joined write there is nothing to tell; a node that is alone has no
// network, and says nothing of any.
func TestWritePathOfNothing(t *testing.T) {
	none := timedTrial(1, 10)
	none.Windows[0].Spans.Joined = 0
	if p := cellOf(t, none, trial(2, time.Millisecond, 300)).WritePath; p != nil {
		t.Errorf("got %+v of trials that tell nothing", p)
	}
	alone := timedTrial(1, 10)
	s := alone.Windows[0].Spans
	s.Spans, s.Followers, s.LearnedCount = s.Spans[:3], nil, 0
	p := cellOf(t, alone).WritePath
	if p == nil || len(p.Parts) != 3 || len(p.Steps) != 2 || p.LearnedNS != nil || p.Followers != nil {
		t.Errorf("got %+v", p)
	}
}
