package summary

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
)

// way is a made-up cluster whose writes take what the model says, unless a test says
// otherwise of one size. Times are in microseconds.
type way struct {
	client, queue, log, handOver, apply, rtt float64
	// turn is what each further follower takes of what they share, on two cores.
	turn float64
	// spread of each link's delay, where it has jitter, in ns.
	spread []int64
	// of a size: how much later links deliver than was asked, and what each other part
	// takes beyond what it should.
	late  func(nodes int) float64
	extra func(nodes int, t Term) float64
}

func usualWay() way {
	return way{
		client: 400, queue: 50, log: 600, handOver: 300, apply: 90, rtt: 700, turn: 350,
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
		longer := 1 + w.turn*(m-2+float64(k)-1)/2/(w.handOver+w.log)
		log, each := w.log*longer+extra(TermFollowerLog), w.handOver*longer/3
		f := results.FollowerSpans{Rank: k, Count: 8, SendNS: us(each), OutNS: us(each + (w.rtt+late)/2 + extra(TermHandOver)), LogNS: us(log), BackNS: us(each + (w.rtt+late)/2)}
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
	const beat = 0.005 // processor time of a follower without load, a second
	light := &t.Windows[0]
	light.DurationNS = 3e9
	light.CPUSeconds = 3*beat*m + float64(light.Writes)*(800+2*w.turn*m)/1e6
	t.Idle = &results.Idle{DurationNS: 1e9, CPUSeconds: beat * m}
	for k := 2; k <= nodes; k++ {
		asked, took := int64(us(w.rtt/2)), int64(us((w.rtt+late)/2))
		truth := results.LinkTruth{Samples: 100, RealisedP50NS: took, ErrorP50NS: took - asked}
		id := fmt.Sprintf("n%d", k)
		t.Links = append(t.Links, results.Link{From: "n1", To: id, AskedNS: asked, AskedSpreadNS: w.spread, LinkTruth: truth}, results.Link{From: id, To: "n1", AskedNS: asked, AskedSpreadNS: w.spread, LinkTruth: truth})
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
	run.Environment.FsyncP50NS, run.Environment.FsyncReal, run.Environment.Cores = 200_000, true, 2
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

// The k-th of m followers waits for half of those before it and half of all that it
// meets: those that are much nearer or farther it does not meet.
func TestFollowersWaitForEachOther(t *testing.T) {
	const far = 20 * time.Millisecond
	m := &model{three: Parts{TermHandOver: 400, TermFollowerLog: 600}, trips: make([]quorum.Law, 2), turn: 300, log: 500, waited: 1.5}
	for name, c := range map[string]struct {
		trips []time.Duration
		want  float64
	}{
		"two":                        {make([]time.Duration, 1), 1000 - 150},
		"three":                      {make([]time.Duration, 2), 1000},
		"four":                       {make([]time.Duration, 3), 1000 + 300},
		"five":                       {make([]time.Duration, 4), 1000 + 450},
		"seven":                      {make([]time.Duration, 6), 1000 + 900},
		"five, two of them far":      {[]time.Duration{0, 0, far, far}, 1000 + 150},
		"five, one near, all else":   {[]time.Duration{0, far, far, far}, 1000 + 150},
		"five, each another's place": {[]time.Duration{0, far, 2 * far, 3 * far}, 1000 - 150},
	} {
		var trips []quorum.Law
		for _, d := range c.trips {
			trips = append(trips, quorum.Always(d))
		}
		p := m.predict(trips)
		if got := p[TermHandOver] + p[TermFollowerLog]; math.Abs(got-c.want) > 1e-6 || p[TermNetwork] != float64(c.trips[(len(c.trips)+1)/2-1]) {
			t.Errorf("%s: got %v and a network of %v, want %v", name, got, p[TermNetwork], c.want)
		}
		if own := m.own(trips); math.Abs(own[TermHandOver]-340) > 1e-6 || // 400, half a turn of 300 of two followers less, its share
			own[TermLeaderLog] != 500 || own[TermFollowerLog] != 500 {
			t.Errorf("%s, on machines of their own: got %v", name, own)
		}
	}
}

// A turn is the processors' or the disk's, whichever is more; without load's own time.
func TestATurnIsOfTheBottleneck(t *testing.T) {
	cells := []Cell{{Cell: "n1-x", Nodes: 1}, {Cell: "n3-x", Nodes: 3}}
	parts := Parts{TermLeaderLog: 1000}
	sides := func(cpu, last float64) map[string]side {
		return map[string]side{"n1-x": {parts: parts, cpu: 500}, "n3-x": {parts: parts, cpu: cpu, lastLog: last}}
	}
	for name, c := range map[string]struct {
		cpu, last float64
		cores     int
		want      float64
	}{
		"processors":      {500 + 2*2*300, 1100, 2, 300},
		"twice the cores": {500 + 2*2*300, 1100, 4, 150},
		"disk":            {500 + 2*2*300, 1700, 2, 700},
		"neither":         {500, 900, 2, 0},
		"not known":       {500, 0, 2, 0},
		"unknown cores":   {500 + 2*2*300, 0, 0, 0},
	} {
		if got := fit(cells, []int{0, 1}, sides(c.cpu, c.last), c.cores).turn; got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
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
		if th := all[5]; th.Off != off || *th.Error > -TolerableError {
			t.Errorf("%s takes longer at 5: got %q, off by %.3f", off, th.Off, *th.Error)
		}
		if th := all[7]; th.Off != "" {
			t.Errorf("%s takes longer at 5: got %q at 7", off, th.Off)
		}
	}
}

// Links that are slower than they were said to be at one size are the network's fault, and
// no other's. Where they are so at three nodes, too, it is what this host adds to links:
// predicted for the others here, and not for machines of their own.
func TestSlowerLinksAreTheNetworksFault(t *testing.T) {
	w := usualWay()
	w.late = func(nodes int) float64 {
		if nodes == 7 {
			return 900
		}
		return 0
	}
	before := w.theories(t, allSizes...)
	if th := before[7]; th.Off != TermNetwork {
		t.Errorf("links are late at 7: got %q, off by %v", th.Off, *th.Error)
	}
	w.late = func(int) float64 { return 900 }
	for n, th := range w.theories(t, allSizes...) {
		if th.Off != "" || math.Abs(*th.OwnMachines-*before[n].OwnMachines) > 1 {
			t.Errorf("links are late at all sizes: got %q at %d, and %v on own machines, want none and %v", th.Off, n, *th.OwnMachines, *before[n].OwnMachines)
		}
	}
}

// With jitter the fourth node waits longer than the third and the fifth: the median of
// three trips, the first of two, the second of four. Followers then meet less often.
func TestThePredictionOfLinksWithJitter(t *testing.T) {
	w := usualWay()
	w.turn, w.spread = 0, []int64{micros(200), micros(250), micros(300), micros(350), micros(400), micros(450), micros(500), micros(2000)}
	all := w.theories(t, allSizes...)
	network := func(n int) float64 { return all[n].Predicted[TermNetwork] }
	if !(network(4) > network(5) && network(5) > network(3)) {
		t.Errorf("got %v, %v and %v for 3, 4 and 5 members", network(3), network(4), network(5))
	}
	one := lawOf(&results.Link{AskedSpreadNS: w.spread})
	if want := float64(quorum.Smallest(2, []quorum.Law{one.Plus(one), one.Plus(one), one.Plus(one)}).Quantile(0.5)); math.Abs(network(4)-want) > 1 {
		t.Errorf("4 members: got %v, want %v", network(4), want)
	}
	if p := meet(one, one, 60_000); p < 0.15 || p > 0.5 {
		t.Errorf("they meet with a probability of %v", p)
	}
	if p := meet(quorum.Always(5), quorum.Always(9), 4); p != 0 {
		t.Errorf("far ones meet with a probability of %v", p)
	}
}

func micros(v int64) int64 { return 1000 * v }

// A term is named for what it misses, never one that does not: not of the sizes that the
// prediction rests on, nor where no part misses in the direction of the whole.
func TestNoTermIsNamedForNothing(t *testing.T) {
	w := usualWay()
	all := w.theories(t, allSizes...)
	parts := all[5].Parts
	if got := off(parts, parts, -0.2, false); got != "" {
		t.Errorf("parts as predicted: got %q", got)
	}
	less := Parts{}
	for k, v := range parts {
		less[k] = v * 0.9
	}
	if got := off(less, parts, -0.2, false); got == "" {
		t.Error("all parts are too small: got no term")
	}
	if got := off(less, parts, -0.2, true); got != "" {
		t.Errorf("a fitted size: got %q", got)
	}
}

// Of leaders that vary that of most trials is predicted, in whichever order they come.
func TestTheUsualLeaderIsPredicted(t *testing.T) {
	for _, odd := range []int{0, 5} {
		w := usualWay()
		var trials []results.Trial
		for _, n := range allSizes {
			for block := range 6 {
				tr := w.trial(n, block)
				if n == 5 && block == odd {
					tr.Leader = "n5"
					for i := range tr.Links { // the far member leads: all its links are long
						from, to := &tr.Links[i].From, &tr.Links[i].To
						for _, end := range []*string{from, to} {
							switch *end {
							case "n1":
								*end = "n5"
							case "n5":
								*end = "n1"
							}
						}
						tr.Links[i].AskedNS = 50_000_000
					}
				}
				trials = append(trials, tr)
			}
		}
		run := recorded(t, trials...)
		run.Environment.Cores = 2
		for _, th := range build(t, run).Theories {
			if th.Nodes == 5 && math.Abs(*th.Error) > 0.1 {
				t.Errorf("one trial (%d) of six was led from afar: off by %v, want less than a tenth", odd, *th.Error)
			}
		}
	}
}

// Trials that measured something else are no part of a prediction: a harmed window, and
// a cluster without some of its members. A link that too few frames crossed was as long
// as was asked, and time that is nobody's is in what a write takes.
func TestWhatAPredictionIsMadeOf(t *testing.T) {
	const odd = 50_000_000 // ns
	for name, change := range map[string]func(*results.Trial){
		"as it was": nil,
		"harmed":    func(tr *results.Trial) { tr.Windows[0].Harmed = true },
		"dead":      func(tr *results.Trial) { tr.Dead = []string{"n3"} },
		"not valid": func(tr *results.Trial) { tr.Valid = false },
		"few samples": func(tr *results.Trial) {
			tr.Windows[0].Spans.Spans[0].NS -= odd
			late(tr, results.MinLinkSamples-1, odd)
		},
		"nobody's": func(tr *results.Trial) {
			tr.Windows[0].Spans.Spans[0].NS -= odd
			tr.Windows[0].Spans.UnattributedNS = 7000
		},
	} {
		trial := usualWay().trial(3, 0)
		want := sideOf([]results.Trial{trial}, Cell{Cell: trial.Cell, Nodes: 3}).parts
		other := usualWay().trial(3, 1)
		other.Windows[0].Spans.Spans[0].NS += odd // of the client
		if change != nil {
			change(&other)
		}
		got := sideOf([]results.Trial{trial, other}, Cell{Cell: trial.Cell, Nodes: 3}).parts
		wantClient, wantApply := want[TermClient], want[TermApply]
		switch name {
		case "as it was":
			wantClient += odd / 2
		case "nobody's":
			wantApply += 3500
		}
		if math.Abs(got[TermClient]-wantClient) > 1 || math.Abs(got[TermApply]-wantApply) > 1 || math.Abs(got[TermNetwork]-want[TermNetwork]) > 1 {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// late links, of which so many frames tell.
func late(t *results.Trial, samples, by int64) {
	for i := range t.Links {
		t.Links[i].Samples, t.Links[i].RealisedP50NS = samples, t.Links[i].AskedNS+by
	}
}

// etcd's leader writes its log while its followers write theirs; an emulated disk's sync
// is what it was said to be.
func TestFloorsOfEnginesAndDisks(t *testing.T) {
	const ms = time.Millisecond
	s := side{trips: []quorum.Law{quorum.Always(3 * ms), quorum.Always(9 * ms)}}
	for engine, want := range map[string]time.Duration{"hashicorp": 7 * ms, engineEtcd: 5 * ms} {
		if got := s.floor(ms, engine); time.Duration(got) != want {
			t.Errorf("%s: got %v, want %v", engine, time.Duration(got), want)
		}
	}
	run := &results.Run{Environment: results.Environment{FsyncP50NS: 100_000, FsyncReal: true}}
	for name, c := range map[string]struct {
		cell Cell
		want time.Duration
	}{
		"real":     {Cell{Durable: true}, 100 * time.Microsecond},
		"emulated": {Cell{Durable: true, EmulatedSyncNS: int64(2 * ms)}, 2 * ms},
		"volatile": {Cell{EmulatedSyncNS: int64(2 * ms)}, 0},
	} {
		if got := syncTime(run, c.cell); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
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
	// log 600, and of four followers the second, whose way is longer by 3/2 turns of
	// 350, two thirds of them in its log of 600; and the links.
	if got := th.FloorShared.NS; math.Abs(got-us(600+700+600+350)) > 1 {
		t.Errorf("shared: got %v", got)
	}
	if e := th.FloorAlone; math.Abs(*e.Efficiency - e.NS / *th.Measured.Median) > 1e-3 || e.CILow == nil || *e.CILow > *e.Efficiency || *e.CIHigh < *e.Efficiency {
		t.Errorf("efficiency: got %+v of %v", e, *th.Measured.Median)
	}
	if got := th.OwnMachines; *got >= *th.PredictedNS || math.Abs(*got-us(400+50+600+(300-350*0.5/3)+90+700+600)) > 1000 {
		t.Errorf("on machines of their own: got %v, predicted here %v", *got, *th.PredictedNS)
	}
	high := floored(3e6, Metric{Median: ptr(2e6)})
	if high.Efficiency != nil {
		t.Errorf("a floor above what was measured: got an efficiency of %v", *high.Efficiency)
	}
}

// Of a trial that was repeated the last attempt is told of, as in every other figure.
func TestTheoryIsOfTheLastAttempts(t *testing.T) {
	first, again := usualWay().trial(3, 0), usualWay().trial(3, 0)
	first.Windows[0].Spans.Spans[0].NS += 50_000_000
	again.Attempt = first.Attempt + 1
	alone, both := recorded(t, again), recorded(t, first, again)
	if want, got := build(t, alone).Theories[0].Parts, build(t, both).Theories[0].Parts; got[TermClient] != want[TermClient] {
		t.Errorf("the client's part: got %v of both attempts, want the last one's %v", got[TermClient], want[TermClient])
	}
}
