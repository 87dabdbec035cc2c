package bench

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// us is a microsecond: the unit of the invented instants.
const us = 1000

// inventedWrite has what each step of a write takes, in us.
type inventedWrite struct {
	revision                                         int64
	index                                            uint64
	request, queue, log                              int64
	followers                                        []inventedFollower
	commit, apply, reply, response, learnt, intended int64
}

type inventedFollower struct{ send, out, log, back int64 }

func (f inventedFollower) answered() int64 { return f.send + f.out + f.log + f.back }

// note adds the write to the nodes' records, n1 leading, and gives the client's.
func (w inventedWrite) note(nodes map[string]control.Spans) seenWrite {
	at := w.intended
	step := func(d int64) int64 { at += d * us; return at }
	p := control.Proposal{Index: w.index, Revision: w.revision, ArrivedNS: step(w.request)}
	stored := control.Stored{First: w.index, Last: w.index, BeginNS: step(w.queue), EndNS: step(w.log)}
	n1 := nodes["n1"]
	var answered []int64
	committed := at
	for i, f := range w.followers {
		id, sent := control.MemberID(i+1), at+f.send*us
		begin := sent + f.out*us
		n := nodes[id]
		n.Stored = append(n.Stored, control.Stored{First: w.index, Last: w.index, BeginNS: begin, EndNS: begin + f.log*us})
		n1.Replicated = append(n1.Replicated, control.Replicated{To: id, First: w.index, Last: w.index, SentNS: sent, AnsweredNS: at + f.answered()*us})
		nodes[id] = n
		answered = append(answered, at+f.answered()*us)
	}
	if need := (len(w.followers) + 1) / 2; need > 0 {
		slices.Sort(answered)
		committed = answered[need-1]
		at = committed
	}
	for i := range w.followers {
		n := nodes[control.MemberID(i+1)]
		n.Applied = append(n.Applied, control.Applied{First: w.index, Last: w.index, BeginNS: committed + w.learnt*us, EndNS: committed + (w.learnt+1)*us})
		nodes[control.MemberID(i+1)] = n
	}
	n1.Applied = append(n1.Applied, control.Applied{First: w.index, Last: w.index, BeginNS: step(w.commit), EndNS: step(w.apply)})
	p.AnsweredNS = step(w.reply)
	n1.Proposals, n1.Stored = append(n1.Proposals, p), append(n1.Stored, stored)
	nodes["n1"] = n1
	return seenWrite{revision: w.revision, intended: w.intended, done: step(w.response)}
}

// plain is a write whose followers take 100, 200, … us longer one after another.
func plain(followers int) inventedWrite {
	w := inventedWrite{revision: 7, index: 1007, intended: 1_000_000 * us,
		request: 300, queue: 40, log: 1200, commit: 50, apply: 10, reply: 5, response: 250, learnt: 60_000}
	for i := range followers {
		w.followers = append(w.followers, inventedFollower{80 + 100*int64(i), 400, 1100, 300})
	}
	return w
}

func joinOne(w inventedWrite) *results.Spans {
	nodes := map[string]control.Spans{}
	seen := w.note(nodes)
	return newSpanJoin(nodes, (len(w.followers)+1)/2, askNothing).window([]seenWrite{seen})
}

func askNothing(string, string) int64 { return 0 }

// spansText is a way's spans in us, and what is nobody's.
func spansText(s *results.Spans) string {
	text := ""
	for _, each := range s.Spans {
		text += fmt.Sprintf("%s %v, ", each.Name, each.NS/us)
	}
	return text + fmt.Sprintf("unattributed %v of %v", s.UnattributedNS/us, s.TotalNS/us)
}

// Every span is what its step took, and their sum the whole.
func TestSpansOfAWholeWrite(t *testing.T) {
	for followers, want := range map[int]string{
		0: "request 300, queue 40, leader_log 1200, commit 50, apply 10, reply 5, response 250, unattributed 0 of 1855",
		// A majority of 3 needs one follower, of 4 and 5 two, of 7 three.
		2: "request 300, queue 40, leader_log 1200, send 80, network_out 400, follower_log 1100, network_back 300, quorum_wait 0, commit 50, apply 10, reply 5, response 250, unattributed 0 of 3735",
		3: "request 300, queue 40, leader_log 1200, send 80, network_out 400, follower_log 1100, network_back 300, quorum_wait 100, commit 50, apply 10, reply 5, response 250, unattributed 0 of 3835",
		4: "request 300, queue 40, leader_log 1200, send 80, network_out 400, follower_log 1100, network_back 300, quorum_wait 100, commit 50, apply 10, reply 5, response 250, unattributed 0 of 3835",
		6: "request 300, queue 40, leader_log 1200, send 80, network_out 400, follower_log 1100, network_back 300, quorum_wait 200, commit 50, apply 10, reply 5, response 250, unattributed 0 of 3935",
	} {
		s := joinOne(plain(followers))
		if got := spansText(s); got != want {
			t.Errorf("%d followers: got\n%s, want\n%s", followers, got, want)
		}
		if s.Chosen != 1 || s.Joined != 1 || s.Whole != 1 || len(s.Followers) != followers || s.LearnedCount != int64(followers) {
			t.Errorf("%d followers: %+v", followers, s)
		}
		if followers > 0 && s.LearnedNS != 60_000*us {
			t.Errorf("%d followers learn after %v, want 60 ms", followers, s.LearnedNS)
		}
		for i, f := range s.Followers {
			if f.Rank != i+1 || f.SendNS != float64(80+100*i)*us || f.OutNS != 400*us || f.LogNS != 1100*us || f.BackNS != 300*us || f.AnsweredNS != float64(1880+100*i)*us {
				t.Errorf("follower %+v", f)
			}
		}
	}
}

// A slow link to some followers shows where order statistics say: nowhere while a
// majority is near, then in the wait for the quorum, and in the network only when all
// of them are far.
func TestSlowLinksShowWhereOrderStatisticsSay(t *testing.T) {
	for _, test := range []struct{ followers, slow, network, wait int64 }{
		{2, 0, 700, 0}, {2, 1, 700, 0}, {2, 2, 5700, 0},
		{4, 1, 700, 100}, {4, 2, 700, 100}, {4, 3, 700, 5100}, {4, 4, 5700, 100},
	} {
		w := plain(int(test.followers))
		for i := range test.slow {
			w.followers[len(w.followers)-1-int(i)].out += 5000
		}
		s := joinOne(w)
		network := s.Of(results.SpanNetworkOut).NS + s.Of(results.SpanNetworkBack).NS
		if wait := s.Of(results.SpanQuorumWait).NS; network != float64(test.network)*us || wait != float64(test.wait)*us {
			t.Errorf("%d of %d followers far: network %v and wait %v us, want %d and %d", test.slow, test.followers, network/us, wait/us, test.network, test.wait)
		}
	}
}

// Records that are missing make time nobody's, and never another span longer.
func TestTimeBesideAMissingRecordIsNobodys(t *testing.T) {
	for _, test := range []struct {
		name string
		lose func(map[string]control.Spans)
		want string
	}{
		{"the follower's log", func(n map[string]control.Spans) { n["n2"] = control.Spans{} },
			"request 300, queue 40, leader_log 1200, send 80, quorum_wait 0, commit 50, apply 10, reply 5, response 250, unattributed 1800 of 3735"},
		{"all acknowledgements", func(n map[string]control.Spans) {
			l := n["n1"]
			l.Replicated = nil
			n["n1"] = l
		}, "request 300, queue 40, leader_log 1200, apply 10, reply 5, response 250, unattributed 1930 of 3735"},
		{"the leader's log", func(n map[string]control.Spans) {
			l := n["n1"]
			l.Stored = nil
			n["n1"] = l
		}, "request 300, network_out 400, follower_log 1100, network_back 300, quorum_wait 0, commit 50, apply 10, reply 5, response 250, unattributed 1320 of 3735"},
		{"instants out of order", func(n map[string]control.Spans) { n["n1"].Stored[0].BeginNS -= 100 * us },
			"request 300, send 80, network_out 400, follower_log 1100, network_back 300, quorum_wait 0, commit 50, apply 10, reply 5, response 250, unattributed 1240 of 3735"},
		{"a second AppendEntries for what is stored", func(n map[string]control.Spans) { n["n1"].Replicated[0].SentNS += 1500 * us },
			"request 300, queue 40, leader_log 1200, send 1580, quorum_wait 0, commit 50, apply 10, reply 5, response 250, unattributed 300 of 3735"},
	} {
		nodes := map[string]control.Spans{}
		seen := plain(2).note(nodes)
		test.lose(nodes)
		s := newSpanJoin(nodes, 1, askNothing).window([]seenWrite{seen})
		if got := spansText(s); got != test.want || s.Joined != 1 || s.Whole != 0 {
			t.Errorf("without %s: got %d joined, %d whole\n%s, want\n%s", test.name, s.Joined, s.Whole, got, test.want)
		}
	}
}

// Whatever is lost, the spans and what is nobody's are the whole.
func TestSpansSumToTheWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // a test's seed
	for range 300 {
		nodes := map[string]control.Spans{}
		followers := rng.IntN(7)
		var writes []seenWrite
		for i := range 1 + rng.IntN(40) {
			w := plain(followers)
			w.revision, w.index, w.intended, w.log = int64(i), uint64(5+i), int64(1+i)*1e9, int64(rng.IntN(3000))
			for j := range w.followers {
				w.followers[j].out = int64(rng.IntN(5000))
			}
			writes = append(writes, w.note(nodes))
		}
		for _, id := range slices.Sorted(maps.Keys(nodes)) {
			n := nodes[id]
			n.Proposals, n.Stored, n.Applied, n.Replicated = some(rng, n.Proposals), some(rng, n.Stored), some(rng, n.Applied), some(rng, n.Replicated)
			nodes[id] = n
		}
		s := newSpanJoin(nodes, (followers+1)/2, askNothing).window(writes)
		sum := s.UnattributedNS
		for _, each := range s.Spans {
			if each.NS < 0 {
				t.Fatalf("%+v", each)
			}
			sum += each.NS
		}
		if math.Abs(sum-s.TotalNS) > 1 || s.Joined > s.Chosen || s.Whole > s.Joined {
			t.Fatalf("the parts are %v of %v ns: %+v", sum, s.TotalNS, s)
		}
	}
}

// some of the records: nine of ten.
func some[T any](rng *rand.Rand, records []T) []T {
	return slices.DeleteFunc(records, func(T) bool { return rng.IntN(10) == 0 })
}

// A write is known by what its client was answered: one of the same index in another
// leader's records, or at the same time, is not taken for it.
func TestWritesAreJoinedByTheirAnswer(t *testing.T) {
	nodes := map[string]control.Spans{}
	w, other := plain(2), plain(2)
	other.revision, other.index, other.log = 8, 1008, 9000
	seen := w.note(nodes)
	_ = other.note(nodes)
	nodes["n9"] = control.Spans{Proposals: []control.Proposal{{Index: w.index, Revision: 99, ArrivedNS: 1}}}
	s := newSpanJoin(nodes, 1, askNothing).window([]seenWrite{seen})
	if got := s.Of(results.SpanLeaderLog).NS; s.Joined != 1 || got != 1200*us {
		t.Errorf("got %d joined and %v us, want its own 1200", s.Joined, got/us)
	}
	seen.revision = 12
	if s := newSpanJoin(nodes, 1, askNothing).window([]seenWrite{seen}); s.Joined != 0 || s.Chosen != 1 || len(s.Spans) != 0 {
		t.Errorf("a write that nobody knows: %+v", s)
	}
}

// Writes of one batch share its write to the log, its AppendEntries and its turn of the
// state machine.
func TestWritesOfABatch(t *testing.T) {
	nodes := map[string]control.Spans{}
	w := plain(2)
	first := w.note(nodes)
	for id, n := range nodes {
		for i := range n.Stored {
			n.Stored[i].Last++
		}
		for i := range n.Applied {
			n.Applied[i].Last++
		}
		for i := range n.Replicated {
			n.Replicated[i].Last++
		}
		if id == "n1" {
			second := n.Proposals[0]
			second.Index, second.Revision = second.Index+1, second.Revision+1
			n.Proposals = append(n.Proposals, second)
		}
		nodes[id] = n
	}
	second := first
	second.revision++
	a, b := newSpanJoin(nodes, 1, askNothing).window([]seenWrite{first}), newSpanJoin(nodes, 1, askNothing).window([]seenWrite{second})
	if spansText(a) != spansText(b) || b.Whole != 1 {
		t.Errorf("got %s, want as the first %s", spansText(b), spansText(a))
	}
}

// What an emulated link was asked to take is told of the follower that answered first,
// and of the client's own link where it asked the leader itself.
func TestAskedDelays(t *testing.T) {
	asked := func(from, to string) int64 {
		return map[string]int64{"n1n3": 30, "n3n1": 50, "n1n2": 7000, "clientn1": 11, "n1client": 13}[from+to]
	}
	for _, forwarded := range []bool{false, true} {
		w := plain(2)
		w.followers[0].out = 9000
		nodes := map[string]control.Spans{}
		seen := w.note(nodes)
		nodes["n1"].Proposals[0].Forwarded = forwarded
		s := newSpanJoin(nodes, 1, asked).window([]seenWrite{seen})
		want := map[results.SpanName]float64{results.SpanNetworkOut: 30, results.SpanNetworkBack: 50}
		if !forwarded {
			want[results.SpanRequest], want[results.SpanResponse] = 11, 13
		}
		for _, each := range s.Spans {
			if each.AskedNS != want[each.Name] {
				t.Errorf("forwarded %v: %s was asked for %v, want %v", forwarded, each.Name, each.AskedNS, want[each.Name])
			}
		}
		if (s.Forwarded == 1) != forwarded {
			t.Errorf("%d forwarded", s.Forwarded)
		}
	}
}

// The writes in the middle stand for all: the slowest and the fastest are none of them.
func TestBandOfTypicalWrites(t *testing.T) {
	for n, want := range map[int][2]int64{1: {0, 0}, 2: {0, 0}, 10: {4, 4}, 100: {45, 54}, 1000: {450, 549}} {
		var writes []seenWrite
		for i := range n {
			writes = append(writes, seenWrite{done: int64((i * 7919) % n)}) // in some order
		}
		got := band(writes)
		if got[0].took() != want[0] || got[len(got)-1].took() != want[1] {
			t.Errorf("of %d: %d to %d, want %v", n, got[0].took(), got[len(got)-1].took(), want)
		}
	}
	if s := newSpanJoin(nil, 1, askNothing).window(nil); s.Chosen != 0 || s.TotalNS != 0 {
		t.Errorf("of no writes: %+v", s)
	}
}
