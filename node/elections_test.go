package node

import (
	"fmt"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/control"
)

// startHeard is startCluster with the events of each node, by its id. Its first
// leader leads as long as the test lasts, however busy the host.
func startHeard(t *testing.T, size int, tweak func(*control.Options)) ([]*Node, map[string]*heard) {
	t.Helper()
	events := map[string]*heard{}
	lasting := func(o *control.Options) {
		o.Raft.HeartbeatTimeout, o.Raft.ElectionTimeout, o.Raft.LeaderLeaseTimeout = patience, patience, patience
		if tweak != nil {
			tweak(o)
		}
	}
	nodes := startClusterWith(t, size, lasting, func(id string) Events {
		events[id] = &heard{}
		return events[id]
	})
	return nodes, events
}

// TestElectionsAreTold: who asked whom for a vote, and who granted it.
func TestElectionsAreTold(t *testing.T) {
	nodes, events := startHeard(t, 3, nil)
	leader := nodes[0].opts.ID
	term := nodes[0].raft.CurrentTerm()
	granted := 0
	for _, b := range events[leader].of(control.EventBallot) {
		if b.Term == term && b.Granted && !b.PreVote && b.From != leader {
			granted++
		}
	}
	if granted == 0 {
		t.Errorf("%s leads in term %d, and nobody granted its vote: %+v", leader, term, events[leader].events)
	}
	asked := 0
	for _, n := range nodes[1:] {
		for _, v := range events[n.opts.ID].of(control.EventVote) {
			if v.Term == term && v.From == leader && !v.PreVote {
				asked++
			}
		}
		if len(events[n.opts.ID].of(control.EventTerm)) == 0 {
			t.Errorf("%s heard of no term", n.opts.ID)
		}
	}
	if asked < granted {
		t.Errorf("%d granted their vote, %d were asked", granted, asked)
	}
}

// TestInstalledSnapshotIsTold: a follower that falls behind the compacted log
// is sent a snapshot, which is not one that it took.
func TestInstalledSnapshotIsTold(t *testing.T) {
	nodes, events := startHeard(t, 3, func(o *control.Options) { o.Raft.TrailingLogs = 1 })
	leader, behind := nodes[0], nodes[2]
	link := func(from, to *Node, action control.FaultAction) {
		t.Helper()
		if err := from.Links(control.Fault{Action: action, To: []string{to.opts.ID}, Immediate: true}); err != nil {
			t.Fatal(err)
		}
	}
	link(leader, behind, control.FaultCut)
	for i := range 10 {
		if _, err := leader.put(bounded(t), &pb.PutRequest{Key: fmt.Appendf(nil, "k%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := leader.Snapshot(); err != nil {
		t.Fatal(err)
	}
	link(leader, behind, control.FaultHeal)
	told := events[behind.opts.ID]
	eventually(t, "the follower tells of an installed snapshot", func() bool { return len(told.of(control.EventInstall)) > 0 })
	taken := events[leader.opts.ID].of(control.EventSnapshot)
	if got := told.of(control.EventInstall)[0].Index; len(taken) != 1 || got != taken[0].Index {
		t.Errorf("installed up to %d, the leader's snapshots are %+v", got, taken)
	}
	if own := told.of(control.EventSnapshot); len(own) > 0 {
		t.Errorf("it took none, and told of %+v", own)
	}
}
