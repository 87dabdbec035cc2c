package summary

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// way is a made-up cluster whose writes take what the model says, unless a test says
// otherwise of one size. Times are in microseconds.
type way struct {
	client, queue, log, beside, step, handOver, apply, rtt float64
	// of a size: how much later links deliver than was asked, and what each other part
	// takes beyond what it should.
	late  func(nodes int) float64
	extra func(nodes int, t Term) float64
}

func usualWay() way {
	return way{
		client: 400, queue: 50, log: 600, beside: 150, step: 100, handOver: 300, apply: 90, rtt: 700,
		late: func(int) float64 { return 0 }, extra: func(int, Term) float64 { return 0 },
	}
}

func us(v float64) float64 { return v * 1000 }

// trial of a size, as the record has it: spans, links, and the latency that they add up to.
func (w way) trial(nodes, block int) results.Trial {
	extra := func(t Term) float64 { return w.extra(nodes, t) }
	s := &results.Spans{Whole: 8, Joined: 8, Chosen: 8, Quorum: nodes / 2}
	add := func(name results.SpanName, v float64) {
		s.Spans = append(s.Spans, results.Span{Name: name, NS: us(v)})
		s.TotalNS += us(v)
	}
	add(results.SpanRequest, w.client/2+extra(TermClient))
	add(results.SpanQueue, w.queue+extra(TermQueue))
	add(results.SpanLeaderLog, w.log+extra(TermLeaderLog))
	late := w.late(nodes)
	m := float64(nodes - 1)
	for k := 1; k < nodes; k++ {
		log := w.log + w.beside*(m-1) + w.step*(float64(k)-(m+1)/2) + extra(TermFollowerLog)
		f := results.FollowerSpans{Rank: k, Count: 8, SendNS: us(w.handOver / 3), OutNS: us(w.handOver/3 + (w.rtt+late)/2 + extra(TermHandOver)), LogNS: us(log), BackNS: us(w.handOver/3 + (w.rtt+late)/2)}
		f.AnsweredNS = f.SendNS + f.OutNS + f.LogNS + f.BackNS
		s.Followers = append(s.Followers, f)
	}
	if nodes > 1 {
		first, quorum := s.Followers[0], s.Followers[nodes/2-1]
		add(results.SpanSend, first.SendNS/1000)
		add(results.SpanNetworkOut, first.OutNS/1000)
		add(results.SpanFollowerLog, first.LogNS/1000)
		add(results.SpanNetworkBack, first.BackNS/1000)
		add(results.SpanQuorumWait, (quorum.AnsweredNS-first.AnsweredNS)/1000)
	}
	add(results.SpanCommit, w.apply+extra(TermApply))
	add(results.SpanResponse, w.client/2)
	t := sized(nodes, block, time.Duration(s.TotalNS), 4000)
	t.Leader, t.Windows[0].Spans = "n1", s
	for k := 2; k <= nodes; k++ {
		asked, took := int64(us(w.rtt/2)), int64(us((w.rtt+late)/2))
		truth := results.LinkTruth{Samples: 100, RealisedP50NS: took, ErrorP50NS: took - asked}
		id := fmt.Sprintf("n%d", k)
		t.Links = append(t.Links, results.Link{From: "n1", To: id, AskedNS: asked, LinkTruth: truth}, results.Link{From: id, To: "n1", AskedNS: asked, LinkTruth: truth})
	}
	return t
}

// theories of one to seven members, by size.
func (w way) theories(t *testing.T, sizes ...int) map[int]Theory {
	t.Helper()
	var trials []results.Trial
	for _, n := range sizes {
		for block := range 6 {
			trials = append(trials, w.trial(n, block))
		}
	}
	run := recorded(t, trials...)
	run.Environment.FsyncP50NS, run.Environment.FsyncReal = 200_000, true
	out := map[int]Theory{}
	for _, th := range build(t, run).Theories {
		out[th.Nodes] = th
	}
	return out
}

var allSizes = []int{1, 3, 4, 5, 7}

// A cluster that is as the model has it is predicted from one and three members.
func TestThePredictionOfLargerSizes(t *testing.T) {
	for n, th := range usualWay().theories(t, allSizes...) {
		if th.Error == nil || math.Abs(*th.Error) > 0.005 || th.Off != "" {
			t.Errorf("%d members: off by %v (%s), want by less than half a percent", n, th.Error, th.Off)
		}
		if th.Fitted != (n == 1 || n == 3) {
			t.Errorf("%d members: fitted is %v", n, th.Fitted)
		}
		if off := math.Abs(th.Parts.Sum() / *th.Measured.Median - 1); off > 0.005 {
			t.Errorf("%d members: parts add up to %.0f of %.0f", n, th.Parts.Sum(), *th.Measured.Median)
		}
	}
}

// On two cores the third follower waits for its turn, at seven members; on machines of
// their own it does not.
func TestFollowersWaitForCores(t *testing.T) {
	m := &model{three: Parts{TermHandOver: 300}, cores: 2}
	for nodes, want := range map[int]float64{3: 300, 5: 300, 7: 450, 9: 600} {
		if got := m.predict(nodes, 0)[TermHandOver]; got != want {
			t.Errorf("%d members: got a hand-over of %v, want %v", nodes, got, want)
		}
		if got := m.own(nodes, 0)[TermHandOver]; got != 300 {
			t.Errorf("%d members on machines of their own: got %v, want 300", nodes, got)
		}
	}
}

// What is not as it was said is named, at the size at which it is so.
func TestTheTermThatIsOffIsNamed(t *testing.T) {
	for _, off := range []Term{TermClient, TermQueue, TermLeaderLog, TermHandOver, TermFollowerLog, TermApply} {
		w := usualWay()
		w.extra = func(nodes int, t Term) float64 {
			if t == off && nodes == 5 {
				return 700
			}
			return 0
		}
		all := w.theories(t, allSizes...)
		if th := all[5]; th.Off != off || *th.Error > -tolerableError {
			t.Errorf("%s takes longer at 5: got %q, off by %.3f", off, th.Off, *th.Error)
		}
		if th := all[7]; th.Off != "" {
			t.Errorf("%s takes longer at 5: got %q at 7", off, th.Off)
		}
	}
}

// Links that are slower than they were said to be are the network's fault, and no
// other's, be they so at one size or at all.
func TestSlowerLinksAreTheNetworksFault(t *testing.T) {
	w := usualWay()
	w.late = func(nodes int) float64 {
		if nodes == 7 {
			return 900
		}
		return 0
	}
	if th := w.theories(t, allSizes...)[7]; th.Off != TermNetwork {
		t.Errorf("links are late at 7: got %q, off by %v", th.Off, *th.Error)
	}
	w.late = func(int) float64 { return 900 }
	for n, th := range w.theories(t, allSizes...) {
		if want := map[bool]Term{true: TermNetwork}[n > 1]; th.Off != want {
			t.Errorf("links are late at all sizes: got %q at %d, want %q", th.Off, n, want)
		}
	}
}

// Without one of the two sizes, or without their spans, nothing is predicted; the
// floor of the disk alone needs neither.
func TestWhatAPredictionTakes(t *testing.T) {
	for name, sizes := range map[string][]int{"no one": {3, 5}, "no three": {1, 5}} {
		for n, th := range usualWay().theories(t, sizes...) {
			if th.PredictedNS != nil || th.OwnMachines != nil || th.FloorAlone == nil {
				t.Errorf("%s: got %+v of %d", name, th, n)
			}
		}
	}
	trial := usualWay().trial(3, 0)
	trial.Windows[0].Spans = nil
	run := recorded(t, trial)
	got := build(t, run).Theories
	if len(got) != 0 {
		t.Errorf("without spans and without a disk that syncs: got %+v", got)
	}
}

// The floors by hand: links' 700 µs and four syncs of 200 µs, or the logs as they were.
// With an interval of its own an efficiency has bounds; a floor above what was measured
// gives none.
func TestFloorsByHand(t *testing.T) {
	th := usualWay().theories(t, allSizes...)[5]
	if got := th.FloorAlone.NS; got != 1_500_000 {
		t.Errorf("alone: got %v, want 1.5 ms", got)
	}
	// log 600, and of four followers the second: 600 + 3·150 − 50, and the links.
	if got := th.FloorShared.NS; got != us(600+700+600+450-50) {
		t.Errorf("shared: got %v", got)
	}
	if e := th.FloorAlone; math.Abs(*e.Efficiency - e.NS / *th.Measured.Median) > 1e-3 || e.CILow == nil || *e.CILow > *e.Efficiency || *e.CIHigh < *e.Efficiency {
		t.Errorf("efficiency: got %+v of %v", e, *th.Measured.Median)
	}
	if got := th.OwnMachines; *got >= *th.PredictedNS || math.Abs(*got-us(400+50+600+300+90+700+600)) > 1000 {
		t.Errorf("on machines of their own: got %v, predicted here %v", *got, *th.PredictedNS)
	}
	high := floored(3e6, Metric{Median: ptr(2e6)})
	if high.Efficiency != nil {
		t.Errorf("a floor above what was measured: got an efficiency of %v", *high.Efficiency)
	}
}
