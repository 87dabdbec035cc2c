package summary

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

const ms = int64(time.Millisecond)

// killed is what follows a leader's death, in milliseconds from it: when a follower
// stands, when it leads, when a majority holds its first entry, and when a client
// has its answer.
type killed struct{ candidate, leader, commit, answer int64 }

var usualKill = killed{1400, 2000, 2003, 2020}

// faultsApart is how far apart the faults of a trial are, in nanoseconds.
const faultsApart = 10_000 * ms

// killTrial kills the leader of so many nodes again and again: n1 and n2 take
// turns. After a kill the other one loses a pre-vote to n3, which still has a
// leader, and wins the next.
func killTrial(number, nodes int, kills ...killed) results.Trial {
	t := results.Trial{
		Cell: fmt.Sprintf("n%d-x", nodes), Trial: number, Attempt: 1, Kind: results.Outages, Nodes: nodes, Valid: true, Durable: true,
		Timeouts: results.Timeouts{HeartbeatNS: 1e9, ElectionNS: 1e9, LeaseNS: 5e8},
	}
	t.Events = append(t.Events, results.Event{AtNS: faultsApart / 2, Kind: results.EventRole, Node: "n1", State: results.StateLeader, Term: 2})
	for i, k := range kills {
		at, dead, next := faultsApart*int64(i+1), []string{"n1", "n2"}[i%2], []string{"n2", "n1"}[i%2]
		before, term := uint64(2+i), uint64(3+i)
		t.Faults = append(t.Faults, results.Fault{
			Action: "kill", Target: "leader", Nodes: []string{dead}, Repeat: i + 1, AtNS: at, DoneNS: at + 1, Leader: dead, Term: before, Alive: nodes,
			Probes: []results.Probe{
				{Node: dead, Failed: 40}, {Node: next, FirstAckNS: k.answer * ms, Acked: 100, Failed: 30, Unknown: 2},
				{Node: "n3", FirstAckNS: (k.answer + 25) * ms, Acked: 100, Failed: 30},
			},
		})
		on := func(afterMS int64, e results.Event) {
			e.AtNS = at + afterMS*ms
			t.Events = append(t.Events, e)
		}
		on(0, results.Event{Kind: results.EventFault, Node: dead, Action: "kill", Target: "leader"})
		on(k.candidate, results.Event{Kind: results.EventRole, Node: next, State: results.StateCandidate, Term: before})
		on(k.candidate, results.Event{Kind: results.EventVote, Node: "n3", Peer: next, Term: term, PreVote: true})
		on(k.candidate, results.Event{Kind: results.EventBallot, Node: next, Peer: "n3", Term: term, PreVote: true})
		on(k.leader-1, results.Event{Kind: results.EventVote, Node: "n3", Peer: next, Term: term, PreVote: true})
		on(k.leader-1, results.Event{Kind: results.EventBallot, Node: next, Peer: "n3", Term: term, PreVote: true, Granted: true})
		on(k.leader-1, results.Event{Kind: results.EventVote, Node: "n3", Peer: next, Term: term})
		on(k.leader-1, results.Event{Kind: results.EventBallot, Node: next, Peer: "n3", Term: term, Granted: true})
		on(k.leader, results.Event{Kind: results.EventRole, Node: next, State: results.StateLeader, Term: term})
		on(k.commit, results.Event{Kind: results.EventNoop, Node: next, Peer: "n3", Term: term, Index: 10 * term})
		for extra := 4; extra <= nodes; extra++ { // they hold it in turn, a millisecond apart
			on(k.commit+int64(extra-3), results.Event{Kind: results.EventNoop, Node: next, Peer: []string{"n4", "n5"}[extra-4], Term: term, Index: 10 * term})
		}
	}
	sortEvents(t.Events)
	return t
}

func sortEvents(events []results.Event) {
	slices.SortStableFunc(events, func(a, b results.Event) int { return cmp.Compare(a.AtNS, b.AtNS) })
}

func only(t *testing.T, trials ...results.Trial) Outage {
	t.Helper()
	c := cellOf(t, trials...)
	if len(c.Outages) != 1 || len(c.Outages[0].Each) != 1 {
		t.Fatalf("got %d groups of outages, want one of one fault: %+v", len(c.Outages), c.Outages)
	}
	return c.Outages[0].Each[0]
}

// parts in milliseconds, −1 where one is not known.
func partsOf(o Outage) [4]int64 {
	var out [4]int64
	for i, p := range []*int64{o.DetectNS, o.ElectNS, o.CommitNS, o.RediscoverNS} {
		out[i] = -1
		if p != nil {
			out[i] = *p / ms
		}
	}
	return out
}

func wantOutage(t *testing.T, o Outage, total int64, parts [4]int64, gaps ...Gap) {
	t.Helper()
	if o.TotalNS == nil || *o.TotalNS != total*ms || partsOf(o) != parts || !slices.Equal(o.Gaps, gaps) {
		t.Errorf("got %v ns in %v ms with gaps %v, want %d ms in %v with %v", o.TotalNS, partsOf(o), o.Gaps, total, parts, gaps)
	}
}

// With five members the third holder makes the majority: the leader itself and two
// followers.
func TestAnOutageIsTakenApart(t *testing.T) {
	for nodes, commit := range map[int]int64{3: 3, 5: 4} {
		o := only(t, killTrial(1, nodes, usualKill))
		wantOutage(t, o, 2020, [4]int64{1400, 600, commit, 20 - commit})
		if sum := *o.DetectNS + *o.ElectNS + *o.CommitNS + *o.RediscoverNS; sum != *o.TotalNS {
			t.Errorf("the parts add up to %d ns of %d", sum, *o.TotalNS)
		}
		if o.Failed != 60 || o.Unknown != 2 || o.Acked != 200 || o.Hit != HitLeader || o.SinceNS != faultsApart/2 {
			t.Errorf("got %+v", o)
		}
		want := Elections{Terms: 1, Candidates: 1, Leaders: 1, PreVotesAsked: 2, PreVotesGranted: 1, PreVotesRefused: 1, VotesAsked: 1, VotesGranted: 1}
		if o.Elections != want {
			t.Errorf("got %+v, want %+v", o.Elections, want)
		}
	}
}

// What a damaged record does not tell is not made up: each defect takes back the
// parts that rest on it, and says why.
func TestWhatIsNotSeenIsNotKnown(t *testing.T) {
	drop := func(gone func(e results.Event) bool) func(*results.Trial) {
		return func(tr *results.Trial) { tr.Events = slices.DeleteFunc(tr.Events, gone) }
	}
	at := func(afterMS int64) int64 { return faultsApart + afterMS*ms }
	add := func(e results.Event) func(*results.Trial) {
		return func(tr *results.Trial) {
			i := slices.IndexFunc(tr.Events, func(o results.Event) bool { return o.AtNS > e.AtNS })
			if i < 0 {
				i = len(tr.Events)
			}
			tr.Events = slices.Insert(tr.Events, i, e)
		}
	}
	move := func(kind results.EventKind, byMS int64) func(*results.Trial) {
		return func(tr *results.Trial) {
			for i := range tr.Events {
				if tr.Events[i].Kind == kind {
					tr.Events[i].AtNS += byMS * ms
				}
			}
			// A record's events are in the order of their instants.
			slices.SortStableFunc(tr.Events, func(a, b results.Event) int { return cmp.Compare(a.AtNS, b.AtNS) })
		}
	}
	stands := func(e results.Event) bool { who, does := candidacy(e); return does && who == "n2" }
	for name, c := range map[string]struct {
		do    func(*results.Trial)
		parts [4]int64
		gap   Gap
	}{
		"no entry of the term":      {drop(func(e results.Event) bool { return e.Kind == results.EventNoop }), [4]int64{1400, 600, -1, -1}, GapNoop},
		"an entry after the answer": {move(results.EventNoop, 20), [4]int64{1400, 600, -1, -1}, GapNoop},
		"an entry before it led":    {move(results.EventNoop, -5), [4]int64{1400, 600, -1, -1}, GapOrder},
		"no candidate":              {drop(stands), [4]int64{-1, -1, 3, 17}, GapCandidate},
		"events dropped":            {add(results.Event{AtNS: at(1), Kind: results.EventDropped, Node: "n3", Count: 7}), [4]int64{-1, -1, -1, -1}, GapDropped},
		"events dropped, told late": {add(results.Event{AtNS: at(5000), Kind: results.EventDropped, Node: "n3", Count: 7}), [4]int64{-1, -1, -1, -1}, GapDropped},
		"no leader": {drop(func(e results.Event) bool { return e.State == results.StateLeader && e.Term == 3 }),
			[4]int64{-1, -1, -1, -1}, GapNoElection},
		"of another term": {func(tr *results.Trial) {
			for i := range tr.Events {
				if tr.Events[i].Kind == results.EventNoop {
					tr.Events[i].Term = 2
				}
			}
		}, [4]int64{1400, 600, -1, -1}, GapNoop},
	} {
		tr := killTrial(1, 3, usualKill)
		c.do(&tr)
		t.Run(name, func(t *testing.T) { wantOutage(t, only(t, tr), 2020, c.parts, c.gap) })
	}
	// What a node could not tell of before the fault does not matter, if it told of
	// something since.
	early := killTrial(1, 3, usualKill)
	add(results.Event{AtNS: at(-9), Kind: results.EventDropped, Node: "n3", Count: 7})(&early)
	wantOutage(t, only(t, early), 2020, [4]int64{-1, -1, -1, -1}, GapDropped)
	add(results.Event{AtNS: at(-1), Kind: results.EventLeader, Node: "n3", Peer: "n1", Term: 2})(&early)
	wantOutage(t, only(t, early), 2020, [4]int64{1400, 600, 3, 17})
}

// A leader that is elected and commits nothing is not the one that ends the outage.
func TestTheLeaderThatCommitsCounts(t *testing.T) {
	tr := killTrial(1, 3, usualKill)
	for i := range tr.Events {
		if tr.Events[i].Term == 3 && tr.Events[i].AtNS >= faultsApart+1999*ms {
			tr.Events[i].Term = 4
		}
	}
	failed := results.Event{AtNS: faultsApart + 1500*ms, Kind: results.EventRole, Node: "n3", State: results.StateLeader, Term: 3}
	i := slices.IndexFunc(tr.Events, func(e results.Event) bool { return e.AtNS > failed.AtNS })
	tr.Events = slices.Insert(tr.Events, i, failed)
	wantOutage(t, only(t, tr), 2020, [4]int64{1400, 600, 3, 17})
}

// A follower that dies takes no leader away: its outage is one of its own.
func TestAFollowersDeathIsAnotherDistribution(t *testing.T) {
	tr := killTrial(1, 3, usualKill)
	tr.Events = tr.Events[:1]
	tr.Faults[0].Nodes, tr.Faults[0].Probes[1].FirstAckNS = []string{"n3"}, 12*ms
	c := cellOf(t, killTrial(1, 3, usualKill, usualKill), withNumber(tr, 2))
	if len(c.Outages) != 2 || c.Outages[0].Hit != HitLeader || c.Outages[1].Hit != HitFollower {
		t.Fatalf("got %+v, want the leader's deaths apart from the follower's", c.Outages)
	}
	o := c.Outages[1].Each[0]
	wantOutage(t, o, 12, [4]int64{-1, -1, -1, -1}, GapNoElection)
	if m := c.Metrics["outage_p50_ns"]; m.N != 2 || *m.Median != float64(2020*ms) {
		t.Errorf("got %+v, want the median of the leader's two deaths", m)
	}
	if g := c.Outages[1]; g.Elected != 0 || g.Metrics["split_vote_share"].N != 0 {
		t.Errorf("got %+v, want no election", g)
	}
}

func withNumber(t results.Trial, number int) results.Trial {
	t.Trial = number
	return t
}

// What was not answered until the next fault took longer than all that was; what
// nobody watched is not known.
func TestAnUnansweredFaultIsLongerThanAnyOther(t *testing.T) {
	tr := killTrial(1, 3, usualKill, usualKill, usualKill)
	for i := range tr.Faults[1].Probes {
		tr.Faults[1].Probes[i].FirstAckNS, tr.Faults[1].Probes[i].Acked = 0, 0
	}
	tr.Faults[2].Probes = nil
	g := cellOf(t, tr).Outages[0]
	if g.Faults != 3 || g.Unanswered != 1 || g.Divided != 1 || !slices.Equal(g.Each[2].Gaps, []Gap{GapUnwatched}) {
		t.Errorf("got %+v", g)
	}
	if m := g.Metrics["outage_max_ns"]; m.N != 2 || m.Median != nil {
		t.Errorf("got a longest outage of %+v, want none that ended, of two", m)
	}
	if m := g.Metrics["detect_p50_ns"]; m.N != 1 || *m.Median != float64(1400*ms) {
		t.Errorf("got %+v", m)
	}
}

// Writes that go on only as the fault is undone waited for whoever undid it: how long
// that took is no outage of the cluster's, and longer than any that was one. What is over
// at once is not undone, and an acknowledgement that came before the undoing counts.
func TestWhatEndsAsItIsUndoneHasNoLength(t *testing.T) {
	for name, c := range map[string]struct {
		done, undo, end int64 // in ms after the fault
		undone          bool
	}{
		"undone before":           {1, 0, 2000, true},
		"while it was undone":     {1, 2010, 2030, true},
		"undone after":            {1, 2030, 2040, false},
		"undone at the end":       {1, 0, 2030, false},
		"over at once":            {1, 0, 1, false},
		"over after a long while": {2000, 0, 2000, false},
		"never undone":            {1, 0, 0, false},
	} {
		tr := killTrial(1, 3, usualKill, usualKill)
		for i := range tr.Faults {
			f := &tr.Faults[i]
			f.Action, f.DoneNS = "deadlock", f.AtNS+c.done*ms
			if c.end > 0 {
				f.EndNS = f.AtNS + c.end*ms
			}
			if c.undo > 0 {
				f.UndoNS = f.AtNS + c.undo*ms
			}
		}
		cell := cellOf(t, tr)
		o, m := cell.Outages[0].Each[0], cell.Metrics[MedianOutage]
		if got := o.TotalNS == nil && slices.Equal(o.Gaps, []Gap{GapUndone}); got != c.undone {
			t.Errorf("%s: got %+v, want undone: %v", name, o, c.undone)
		}
		if got := m.N == 2 && m.Median == nil; got != c.undone || (cell.Outages[0].Undone == 2) != c.undone {
			t.Errorf("%s: got a median of %+v, want one above every number: %v", name, m, c.undone)
		}
	}
}

// A proof's one kill is not mixed with those of a trial that kills again and again,
// be that trial valid or not.
func TestProofsAndRepeatedKillsAreNotMixed(t *testing.T) {
	p := proofTrial(2, results.ProofResult{OutageNS: 5e9, ElectionNS: 4e9, Survived: 1, Killed: []string{"n1"}})
	alone := cellOf(t, p)
	if m := alone.Metrics["outage_p50_ns"]; m.N != 1 || *m.Median != 5e9 || alone.Source("outage_p50_ns") != results.Proof {
		t.Errorf("a proof alone: got %+v from %s", m, alone.Source("outage_p50_ns"))
	}
	c := cellOf(t, killTrial(1, 3, usualKill, usualKill), p)
	if m := c.Metrics["outage_p50_ns"]; m.N != 2 || *m.Median != float64(2020*ms) || c.Source("outage_p50_ns") != results.Outages {
		t.Errorf("got %+v from %s, want the two kills alone", m, c.Source("outage_p50_ns"))
	}
	if m := c.Metrics["election_p50_ns"]; *m.Median != float64(2000*ms) {
		t.Errorf("got an election of %v, want from the kill to the leader", *m.Median)
	}
	if c.OutageTrials != 1 || c.ValidOutageTrials != 1 || c.Trials != 0 || c.Proofs != 1 {
		t.Errorf("got %d, %d, %d and %d trials", c.OutageTrials, c.ValidOutageTrials, c.Trials, c.Proofs)
	}
	bad := cellOf(t, invalid(killTrial(1, 3, usualKill), results.Remark{Code: results.CodeFailed, Severity: results.Invalid}), p)
	if _, there := bad.Metrics["outage_p50_ns"]; there || len(bad.Outages) != 0 {
		t.Errorf("got %+v of an invalid trial", bad.Metrics)
	}
}

// Faults of a measuring trial's timeline are told one by one, and are no metric.
func TestATimelinesFaultsAreToldApart(t *testing.T) {
	tr := trial(1, time.Millisecond, 100)
	made := killTrial(1, 3, usualKill)
	tr.Events, tr.Faults = made.Events, made.Faults
	tr.Faults[0].Repeat, tr.Faults[0].EndNS = 0, tr.Faults[0].AtNS+3000*ms
	tr.Windows[0].StartNS, tr.Windows[0].Harmed = faultsApart-5000*ms, true
	c := cellOf(t, tr)
	if len(c.Outages) != 1 || c.Outages[0].Kind != results.Measure || c.MainOutages() != nil {
		t.Fatalf("got %+v", c.Outages)
	}
	if o := c.Outages[0].Each[0]; o.SinceNS != 5000*ms || o.LastedNS != 3000*ms {
		t.Errorf("got %+v", o)
	}
	if _, there := c.Metrics["outage_p50_ns"]; there {
		t.Error("a timeline's fault became a metric")
	}
}

// The interval of the median over kills of one trial holds, at its confidence, the
// median of what timers draw, though no trial is repeated.
func TestTheIntervalOverKillsHoldsTheMedian(t *testing.T) {
	rules := quorum.HashiCorp(quorum.Timeouts{Heartbeat: time.Second, Election: time.Second, Lease: time.Second / 2})
	death := quorum.Failover{Nodes: 3, Dead: 1, Rules: rules}
	truth, err := death.Predict(20_000, 1)
	if err != nil {
		t.Fatal(err)
	}
	held, runs := 0, 200
	for run := range runs {
		var s stats.Sample
		for kill := range 30 {
			e, err := death.Predict(1, int64(1000+run*30+kill))
			if err != nil {
				t.Fatal(err)
			}
			s = append(s, float64(e.Elected.P50))
		}
		if i := s.Median(); i.Low <= float64(truth.Elected.P50) && float64(truth.Elected.P50) <= i.High {
			held++
		}
	}
	if share := float64(held) / float64(runs); share < 0.91 { // 2.6 standard errors below
		t.Errorf("%.3f of the intervals hold the median, want 0.95", share)
	}
}

func TestTheLateOutageHasAnIntervalFromEnoughKills(t *testing.T) {
	var kills []killed
	for i := range 40 {
		kills = append(kills, killed{1400, 2000, 2003, 2020 + int64(i)})
	}
	few, many := cellOf(t, killTrial(1, 3, kills[:30]...)).Metrics, cellOf(t, killTrial(1, 3, kills...)).Metrics
	if m := few["outage_p90_ns"]; m.Interval || *m.Median != float64(2046*ms) || m.N != 30 {
		t.Errorf("got %+v, want the 27th of 30 and no interval", m)
	}
	if m := many["outage_p90_ns"]; !m.Interval || *m.CILow >= *m.Median || *m.CIHigh < *m.Median {
		t.Errorf("got %+v, want an interval of 40", m)
	}
	if m := few["outage_max_ns"]; *m.Median != float64(2049*ms) || m.Interval {
		t.Errorf("got %+v", m)
	}
	if m := few["outage_p50_ns"]; !m.Interval || math.Abs(*m.Median-float64(2034*ms)) > float64(ms) {
		t.Errorf("got %+v", m)
	}
}
