package node

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestReadsSeeWhatWasAcknowledged: on a new leader, whose commit index lags
// at first, and through followers. Leadership moves between the writes.
func TestReadsSeeWhatWasAcknowledged(t *testing.T) {
	nodes := startCluster(t, 3, nil)
	ctx := bounded(t)
	for i := range 6 {
		key := fmt.Appendf(nil, "key-%d", i)
		eventually(t, "a write is acknowledged", func() bool {
			_, err := (&kvServer{node: nodes[1]}).Put(ctx, &pb.PutRequest{Key: key})
			return err == nil
		})
		if err := nodes[0].Transfer(nodes[2].opts.ID); err != nil {
			t.Fatal(err)
		}
		for _, n := range nodes {
			var r *pb.RangeResponse
			eventually(t, "a read is answered", func() bool {
				var err error
				r, err = (&kvServer{node: n}).Range(ctx, &pb.RangeRequest{Key: key})
				return err == nil
			})
			if r.Count != 1 {
				t.Fatalf("%s does not see %s, which was acknowledged", n.opts.ID, key)
			}
		}
		nodes = agreed(t, nodes)
	}
}

// TestReadsShareARound: what waits together is verified together, and one
// barrier a term is all that reads leave in the log.
func TestReadsShareARound(t *testing.T) {
	n := startCluster(t, 3, nil)[0]
	ctx := bounded(t)
	before := n.raft.LastIndex()
	done := make(chan error, 64)
	for range cap(done) {
		go func() { done <- n.reads.pass(ctx) }()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if grown := n.raft.LastIndex() - before; grown != 1 {
		t.Errorf("reads put %d entries into the log, want one barrier", grown)
	}
	// The machine never hears of the barrier, yet nothing is outstanding.
	if applied, last := n.applied(), n.raft.LastIndex(); applied != last {
		t.Errorf("applied up to %d of %d", applied, last)
	}
}

// TestWaitForTheMachine: a read waits for its index, no longer and no shorter.
func TestWaitForTheMachine(t *testing.T) {
	m := newMachine(0)
	ctx, cancel := context.WithCancel(bounded(t))
	waiting := func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.moved != nil
	}
	done, never := make(chan error, 1), make(chan error, 1)
	go func() { done <- m.wait(ctx, 2) }()
	for index := range uint64(2) {
		eventually(t, "the read waits", waiting)
		select {
		case err := <-done:
			t.Errorf("index 2 was there before entry %d: %v", index+1, err)
		default:
		}
		m.Apply(&raft.Log{Index: index + 1, Type: raft.LogConfiguration})
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("index 2 is applied, and the read still waits")
	}
	go func() { never <- m.wait(ctx, 3) }()
	cancel()
	if err := <-never; !errors.Is(err, context.Canceled) {
		t.Errorf("index 3: %v", err)
	}
}

// TestErrorsTellTheOutcome: which of raft's errors say that an entry certainly was not
// logged. The client goes by code and text.
func TestErrorsTellTheOutcome(t *testing.T) {
	definite := map[error]bool{errNoLeader: true, errNotLeader: true, errQueueFull: true}
	for name, test := range map[string]struct {
		in       error
		definite bool
	}{
		"not leader":       {raft.ErrNotLeader, true},
		"transfer":         {raft.ErrLeadershipTransferInProgress, true},
		"enqueue":          {raft.ErrEnqueueTimeout, true},
		"leadership lost":  {raft.ErrLeadershipLost, false},
		"shutdown":         {raft.ErrRaftShutdown, false},
		"disk":             {errors.New("disk full"), false},
		"wrapped":          {fmt.Errorf("raft: %w", raft.ErrNotLeader), true},
		"aborted by a new": {raft.ErrAbortedByRestore, false},
	} {
		got := applyError(test.in)
		if definite[got] != test.definite {
			t.Errorf("%s: %v is taken as definite %v, want %v", name, got, definite[got], test.definite)
		}
	}
	if got := applyError(raft.ErrLeadershipLost); !errors.Is(got, errLeadership) {
		t.Errorf("leadership lost: got %v, want %v", got, errLeadership)
	}
	for name, test := range map[string]struct{ in, want error }{
		"the leader's word":   {status.Error(codes.FailedPrecondition, "etcdserver: not leader"), nil},
		"connection broke":    {status.Error(codes.Unavailable, "error reading from server: EOF"), errBroken},
		"deadline":            {status.Error(codes.DeadlineExceeded, "context deadline exceeded"), errTimeout},
		"given up":            {status.Error(codes.Canceled, "context canceled"), errTimeout},
		"no service up there": {status.Error(codes.Unimplemented, "unknown service"), status.Error(codes.Unknown, "outcome unknown: leader: unknown service")},
	} {
		want := test.want
		if want == nil {
			want = test.in
		}
		if got := forwardError(test.in); got.Error() != want.Error() {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

// TestNothingIsSentWithoutAConnection: a leader that cannot be reached is a
// definite failure.
func TestNothingIsSentWithoutAConnection(t *testing.T) {
	nodes := startCluster(t, 3, nil)
	follower, leader := nodes[1], peerOf(nodes[0])
	held, err := bind(t.Context(), "", false)
	if err != nil {
		t.Fatal(err)
	}
	leader.Peer = held.Addr().String() // nobody listens there
	_ = held.Close()
	fresh := newForwarder(follower.endpoint, newPeers(leader), nil)
	defer fresh.close() //nolint:errcheck // the connection never was
	begin := time.Now()
	if _, err := fresh.ready(bounded(t), leader.ID); !errors.Is(err, errNotConnected) {
		t.Errorf("got %v, want %v", err, errNotConnected)
	}
	if took := time.Since(begin); took >= connectWait {
		t.Errorf("a refused connection was waited for, %v", took)
	}
	if _, err := fresh.ready(bounded(t), "n9"); !errors.Is(err, errNotConnected) {
		t.Errorf("unknown member: got %v, want %v", err, errNotConnected)
	}
}
