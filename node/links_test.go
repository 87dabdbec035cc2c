package node

import (
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// TestLinks: a write waits for the round trip to a quorum, through a follower
// for one more, and the leader accounts for what each member sent it.
func TestLinks(t *testing.T) {
	const oneWay = 5 * time.Millisecond
	nodes := startCluster(t, 3, func(o *control.Options) {
		o.Links = map[string]netem.Shape{}
		for _, to := range []string{"n1", "n2", "n3"} {
			if to != o.ID {
				o.Links[to] = netem.Shape{Delay: oneWay}
			}
		}
		o.Probe = 20 * time.Millisecond
	})
	ctx := bounded(t)
	for hops, n := range map[time.Duration]*Node{1: nodes[0], 2: nodes[1]} {
		begin := clock.Now()
		if _, err := (&kvServer{node: n}).Put(ctx, &pb.PutRequest{Key: []byte("a")}); err != nil {
			t.Fatal(err)
		}
		if took := time.Duration(clock.Now() - begin); took < 2*hops*oneWay {
			t.Errorf("a write over %d round trips took %v, want at least %v", hops, took, 2*hops*oneWay)
		}
	}
	links := nodes[0].Stats().Links
	if len(links) != 2 {
		t.Fatalf("the leader hears from %+v, want two members", links)
	}
	for _, l := range links {
		if l.To != nodes[0].opts.ID || l.From == l.To || l.Asked != oneWay || l.Bytes == 0 || l.Frames == 0 || l.Error == "" {
			t.Errorf("link %+v", l)
		}
	}
}

// TestPartition: a leader that is cut off cannot commit and gives up; the
// others go on; when the cut is healed all come to the same store, without
// what was never committed.
func TestPartition(t *testing.T) {
	nodes := startCluster(t, 3, nil)
	old, rest := nodes[0], nodes[1:]
	ctx := bounded(t)
	cut := func(action control.FaultAction) {
		t.Helper()
		for _, n := range rest {
			if err := n.Links(control.Fault{Action: action, To: []string{old.opts.ID}, Immediate: true}); err != nil {
				t.Fatal(err)
			}
		}
		if err := old.Links(control.Fault{Action: action, Immediate: true}); err != nil {
			t.Fatal(err)
		}
	}
	cut(control.FaultCut)
	if _, err := old.put(ctx, &pb.PutRequest{Key: []byte("lost")}); err == nil {
		t.Fatal("a leader without its quorum acknowledged a write")
	}
	eventually(t, "the others have a leader", func() bool { return rest[0].leads() || rest[1].leads() })
	eventually(t, "a write is acknowledged by the majority", func() bool {
		_, err := (&kvServer{node: rest[0]}).Put(ctx, &pb.PutRequest{Key: []byte("kept")})
		return err == nil
	})
	cut(control.FaultHeal)
	eventually(t, "all stores agree", func() bool {
		want, at := rest[0].machine.hash()
		for _, n := range nodes {
			if got, rev := n.machine.hash(); got != want || rev != at {
				return false
			}
		}
		return true
	})
	for key, want := range map[string]int64{"kept": 1, "lost": 0} {
		r, err := old.machine.read(&pb.RangeRequest{Key: []byte(key)})
		if err != nil || r.Count != want {
			t.Errorf("%s: %v, %v; want %d", key, r, err, want)
		}
	}
}
