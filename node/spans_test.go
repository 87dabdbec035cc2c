package node

import (
	"slices"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// A ring keeps the latest records in their order, and tells how many it lost.
func TestRing(t *testing.T) {
	r := newRing[int](3)
	for _, test := range []struct {
		add  int
		want []int
		lost int64
	}{{0, nil, 0}, {2, []int{0, 1}, 0}, {3, []int{0, 1, 2}, 0}, {4, []int{1, 2, 3}, 1}, {8, []int{5, 6, 7}, 5}} {
		for i := range test.add {
			r.add(i)
		}
		if kept, lost := r.take(); !slices.Equal(kept, test.want) || lost != test.lost {
			t.Errorf("of %d: got %v and %d lost, want %v and %d", test.add, kept, lost, test.want, test.lost)
		}
	}
}

// Too many writes are told as lost, of each kind of record.
func TestSpansTellWhatTheyLost(t *testing.T) {
	s := &spans{}
	s.begin([]control.Peer{{ID: "n2"}})
	const more = 5
	for i := range uint64(spanRecords + more) {
		s.store(i, i, 1, 2)
		s.apply(i, i, 1)
		s.propose(control.Proposal{Index: i, ArrivedNS: 1})
		s.replicate(control.Replicated{To: "n2", First: i, Last: i})
	}
	got := s.take()
	if got.Lost != 4*more || len(got.Stored) != spanRecords || got.Stored[0].First != more {
		t.Errorf("got %d lost and %d writes from index %d on; want %d, %d, %d", got.Lost, len(got.Stored), got.Stored[0].First, 4*more, spanRecords, more)
	}
	s.begin(nil)
	if again := s.take(); again.Lost != 0 || len(again.Stored)+len(again.Proposals)+len(again.Applied)+len(again.Replicated) != 0 {
		t.Errorf("a second beginning knows of the first: %+v", again)
	}
}

// What is noted allocates nothing, and neither does what is not.
func TestSpansAllocateNothing(t *testing.T) {
	on := &spans{}
	on.begin([]control.Peer{{ID: "n2"}})
	for name, s := range map[string]*spans{"on": on, "off": {}, "none": nil} {
		if n := testing.AllocsPerRun(100, func() {
			at := s.stamp()
			s.store(1, 1, at, at)
			s.apply(1, 1, at)
			s.propose(control.Proposal{Index: 1, ArrivedNS: at})
			if at != 0 {
				s.replicate(control.Replicated{To: "n2", First: 1, Last: 1})
			}
		}); n != 0 {
			t.Errorf("%s: got %v allocations a write, want none", name, n)
		}
	}
}

// One write through a follower leaves its instants on every node, in the order in
// which they must come, also where AppendEntries are not pipelined; before the noting
// begins and after it ends nothing is kept.
func TestSpansOfAWrite(t *testing.T) {
	for name, inFlight := range map[string]int{"pipelined": 2, "one by one": 1} {
		t.Run(name, func(t *testing.T) {
			nodes := startCluster(t, 3, func(o *control.Options) {
				o.Spans = true
				o.Raft.MaxRPCsInFlight = inFlight
				o.Raft.HeartbeatTimeout, o.Raft.ElectionTimeout, o.Raft.LeaderLeaseTimeout = patience, patience, patience
			})
			put := func() {
				t.Helper()
				if _, err := (&kvServer{node: nodes[1]}).Put(bounded(t), &pb.PutRequest{Key: []byte("a")}); err != nil {
					t.Fatal(err)
				}
			}
			everywhere := func() bool {
				return nodes[1].machine.position() == nodes[0].machine.position() && nodes[2].machine.position() == nodes[0].machine.position()
			}
			put()
			eventually(t, "the first write is everywhere", everywhere)
			for _, n := range nodes {
				if err := n.BeginSpans(); err != nil {
					t.Fatal(err)
				}
			}
			begun := clock.Now()
			put()
			eventually(t, "the second write is everywhere", everywhere)
			checkWay(t, nodes, begun)
			put()
			for _, n := range nodes {
				if left, err := n.Spans(); err != nil || len(left.Proposals)+len(left.Stored)+len(left.Replicated)+len(left.Applied) != 0 {
					t.Errorf("%s kept %+v, %v of a write after the end", n.opts.ID, left, err)
				}
			}
		})
	}
}

// checkWay holds the records of one write against the order of its steps.
func checkWay(t *testing.T, nodes []*Node, begun int64) {
	t.Helper()
	var all []control.Spans
	for _, n := range nodes {
		s, err := n.Spans()
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Stored) != 1 || len(s.Applied) != 1 {
			t.Fatalf("%s has %+v, want one write to the log and one to the state machine", n.opts.ID, s)
		}
		all = append(all, s)
	}
	leader := all[0]
	if len(leader.Proposals) != 1 || len(leader.Replicated) != 2 || len(all[1].Proposals)+len(all[1].Replicated) != 0 {
		t.Fatalf("leader %+v, follower %+v; want one proposal and two acknowledgements, the leader's alone", leader, all[1])
	}
	p, stored, applied := leader.Proposals[0], leader.Stored[0], leader.Applied[0]
	if !p.Forwarded || p.Revision != nodes[0].machine.position().revision {
		t.Errorf("proposal %+v, want a forwarded one of the store's revision", p)
	}
	inOrder(t, "leader", begun, p.ArrivedNS, stored.BeginNS, stored.EndNS, applied.BeginNS, applied.EndNS, p.AnsweredNS)
	for _, r := range leader.Replicated {
		i := slices.IndexFunc(nodes, func(n *Node) bool { return n.opts.ID == r.To })
		there := all[i].Stored[0]
		if r.First != p.Index || r.Last != p.Index || there.First != p.Index || stored.First != p.Index || applied.First != p.Index {
			t.Errorf("%s: index %d in the proposal, not in %+v, %+v", r.To, p.Index, r, there)
		}
		inOrder(t, r.To, stored.EndNS, r.SentNS, there.BeginNS, there.EndNS, r.AnsweredNS)
		inOrder(t, r.To+" learns", there.BeginNS, there.EndNS, all[i].Applied[0].BeginNS)
	}
}

func inOrder(t *testing.T, what string, instants ...int64) {
	t.Helper()
	if instants[0] == 0 || !slices.IsSorted(instants) {
		t.Errorf("%s: got %v, want one after another", what, instants)
	}
}

// A node that was started without says so.
func TestNoSpansUnlessAskedFor(t *testing.T) {
	n := startNode(t, testOptions(t, "n1"))
	_, err := n.Spans()
	if begun := n.BeginSpans(); begun == nil || err == nil {
		t.Errorf("got %v and %v, want both refused", begun, err)
	}
}
