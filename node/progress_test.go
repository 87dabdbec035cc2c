package node

import (
	"fmt"
	"testing"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/control"
)

// TestProgressIsTold: each node tells how far its log and its commit index reach when
// one of them has changed, and not again while they stand.
func TestProgressIsTold(t *testing.T) {
	nodes, events := startHeard(t, 3, func(o *control.Options) { o.TellProgress = time.Millisecond })
	for i := range 10 {
		if _, err := nodes[0].put(bounded(t), &pb.PutRequest{Key: fmt.Appendf(nil, "k%d", i)}); err != nil {
			t.Fatal(err)
		}
	}
	last := nodes[0].raft.LastIndex()
	for _, n := range nodes {
		told := events[n.opts.ID]
		eventually(t, n.opts.ID+" tells of all that is committed", func() bool {
			all := told.of(control.EventProgress)
			return len(all) > 0 && all[len(all)-1].Index >= last && all[len(all)-1].Commit >= last
		})
		all := told.of(control.EventProgress)
		for i := 1; i < len(all); i++ {
			before, e := all[i-1], all[i]
			if e.Index == before.Index && e.Commit == before.Commit || e.Commit < before.Commit || e.AtNS <= before.AtNS {
				t.Errorf("%s told %+v, and then %+v: want a change, later", n.opts.ID, before, e)
			}
		}
	}
}

// TestProgressIsNotToldUnasked: what is measured has no such events beside it.
func TestProgressIsNotToldUnasked(t *testing.T) {
	nodes, events := startHeard(t, 1, nil)
	if _, err := nodes[0].put(bounded(t), &pb.PutRequest{Key: []byte("k")}); err != nil {
		t.Fatal(err)
	}
	if all := events[nodes[0].opts.ID].of(control.EventProgress); len(all) > 0 {
		t.Errorf("told %+v", all)
	}
}
