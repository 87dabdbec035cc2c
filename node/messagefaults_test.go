package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/raftbench/raftbench/control"
)

// tally is what one writer knows of its key.
type tally struct {
	key            string
	acked, unknown int64
	revision       int64 // highest acknowledged
}

// write puts its key again and again, through whichever node, until ctx ends.
func (w *tally) write(ctx context.Context, nodes []*Node) {
	for i := 0; ctx.Err() == nil; i++ {
		resp, err := (&kvServer{node: nodes[i%len(nodes)]}).Put(ctx, &pb.PutRequest{Key: []byte(w.key), Value: []byte(w.key)})
		switch {
		case err == nil:
			w.acked++
			w.revision = max(w.revision, resp.Header.Revision)
		case errors.Is(err, errNoLeader), errors.Is(err, errNotLeader), errors.Is(err, errQueueFull),
			errors.Is(err, rpctypes.ErrNoLeader), errors.Is(err, rpctypes.ErrGRPCNotLeader):
			time.Sleep(time.Millisecond)
		default:
			w.unknown++
		}
	}
}

// TestSafetyUnderMessageFaults: with raft's messages lost, delayed, doubled
// and reordered, nothing acknowledged is lost or done twice, what was
// rejected was never done, and the replicas agree.
func TestSafetyUnderMessageFaults(t *testing.T) {
	nodes := startCluster(t, 3, func(o *control.Options) {
		o.MessageFaults = &control.MessageFaults{Drop: 0.05, Duplicate: 0.1, Reorder: 0.05, Delay: 0.2, MaxDelay: 30 * time.Millisecond}
		o.Seed = int64(len(o.ID) + int(o.ID[1]))
	})
	load, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	writers := make([]*tally, 6)
	var all sync.WaitGroup
	for i := range writers {
		writers[i] = &tally{key: fmt.Sprintf("key-%d", i)}
		all.Go(func() { writers[i].write(load, nodes) })
	}
	all.Wait()
	ctx := bounded(t)
	eventually(t, "a last write is acknowledged", func() bool {
		for _, n := range nodes {
			if n.leads() {
				_, err := n.put(ctx, &pb.PutRequest{Key: []byte("last")})
				return err == nil
			}
		}
		return false
	})
	eventually(t, "the replicas agree", func() bool {
		sum, revision := nodes[0].machine.hash()
		for _, n := range nodes[1:] {
			if s, r := n.machine.hash(); s != sum || r != revision {
				return false
			}
		}
		return true
	})
	var acked int64
	for _, w := range writers {
		acked += w.acked
		r, err := nodes[2].machine.read(&pb.RangeRequest{Key: []byte(w.key)})
		if err != nil {
			t.Fatal(err)
		}
		var version, mod int64
		if len(r.Kvs) > 0 {
			version, mod = r.Kvs[0].Version, r.Kvs[0].ModRevision
		}
		if version < w.acked || version > w.acked+w.unknown || mod < w.revision {
			t.Errorf("%s: version %d at revision %d after %d acknowledged (up to revision %d) and %d unknown", w.key, version, mod, w.acked, w.revision, w.unknown)
		}
	}
	if acked == 0 {
		t.Error("nothing was ever acknowledged: nothing is proven")
	}
	t.Logf("%d acknowledged", acked)
}

// fates draws what becomes of many RPCs and counts the senders' view of each.
func fates(t *testing.T, f control.MessageFaults, rpcs int) [4]int {
	t.Helper()
	var sent, lost, delayed, delivered int
	ft := newFaultyTransport(quietTransport(t), f, 1)
	var mu sync.Mutex
	for range rpcs {
		var resp raft.TimeoutNowResponse
		err := harm(ft, &raft.TimeoutNowRequest{}, &resp, func(*raft.TimeoutNowRequest, *raft.TimeoutNowResponse) error {
			mu.Lock()
			defer mu.Unlock()
			delivered++
			return nil
		})
		switch {
		case err == nil:
			sent++
		case errors.Is(err, errMessageLost):
			lost++
		case errors.Is(err, errMessageDelayed):
			delayed++
		}
	}
	ft.late.Wait()
	if err := ft.Close(); err != nil {
		t.Fatal(err)
	}
	return [4]int{sent, lost, delayed, delivered}
}

func quietTransport(t *testing.T) *raft.NetworkTransport {
	t.Helper()
	l, err := bind(t.Context(), "", false)
	if err != nil {
		t.Fatal(err)
	}
	return raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{
		Logger: testLog(t), Stream: &stream{Listener: l}, MaxPool: 1, Timeout: time.Second,
	})
}

// TestFates: each fault is what it says. Half of the lost RPCs arrived, and
// it is their answer that was lost.
func TestFates(t *testing.T) {
	const rpcs = 400
	wait := time.Millisecond
	for name, test := range map[string]struct {
		faults control.MessageFaults
		// least and most of the RPCs: answered, lost, overtaken, delivered.
		least, most [4]int
	}{
		"none":      {control.MessageFaults{}, [4]int{rpcs, 0, 0, rpcs}, [4]int{rpcs, 0, 0, rpcs}},
		"drop":      {control.MessageFaults{Drop: 1}, [4]int{0, rpcs, 0, rpcs / 4}, [4]int{0, rpcs, 0, rpcs * 3 / 4}},
		"half":      {control.MessageFaults{Drop: 0.5}, [4]int{rpcs / 3, rpcs / 3, 0, rpcs / 2}, [4]int{rpcs, rpcs, 0, rpcs}},
		"duplicate": {control.MessageFaults{Duplicate: 1, MaxDelay: wait}, [4]int{rpcs, 0, 0, 2 * rpcs}, [4]int{rpcs, 0, 0, 2 * rpcs}},
		"reorder":   {control.MessageFaults{Reorder: 1, MaxDelay: wait}, [4]int{0, 0, rpcs, rpcs}, [4]int{0, 0, rpcs, rpcs}},
	} {
		t.Run(name, func(t *testing.T) {
			got := fates(t, test.faults, rpcs)
			for i, what := range []string{"answered", "lost", "overtaken", "delivered"} {
				if got[i] < test.least[i] || got[i] > test.most[i] {
					t.Errorf("of %d RPCs %d were %s, want %d to %d", rpcs, got[i], what, test.least[i], test.most[i])
				}
			}
		})
	}
}

// TestFatesAreSeeded: the same seed draws the same fates.
func TestFatesAreSeeded(t *testing.T) {
	f := control.MessageFaults{Drop: 0.3, Duplicate: 0.3, Reorder: 0.3, Delay: 0.3, MaxDelay: time.Second}
	draw := func(seed int64) (all [50]fate) {
		ft := newFaultyTransport(quietTransport(t), f, seed)
		defer ft.Close() //nolint:errcheck // nothing was sent
		for i := range all {
			all[i] = ft.draw()
		}
		return all
	}
	one, again, other := draw(1), draw(1), draw(2)
	if one != again {
		t.Error("one seed, two schedules")
	}
	if one == other {
		t.Error("two seeds, one schedule")
	}
}

// TestNoPipelineUnderFaults: answers inside a pipeline match by position.
func TestNoPipelineUnderFaults(t *testing.T) {
	ft := newFaultyTransport(quietTransport(t), control.MessageFaults{}, 1)
	defer ft.Close() //nolint:errcheck // nothing was sent
	if _, err := ft.AppendEntriesPipeline("n2", ""); !errors.Is(err, raft.ErrPipelineReplicationNotSupported) {
		t.Errorf("pipeline: %v", err)
	}
}
