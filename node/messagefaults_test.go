package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
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

// harmed sends a message to n2 over a transport without a network and tells
// what became of it; deliver is called for each time that it arrives.
func harmed(t *faultyTransport, deliver func()) error {
	f := t.draw("n2", timeoutNow)
	return sendAs(t, f, &raft.TimeoutNowRequest{}, &raft.TimeoutNowResponse{}, func(*raft.TimeoutNowRequest, *raft.TimeoutNowResponse) error {
		deliver()
		return nil
	})
}

// fates counts the senders' view of what becomes of many RPCs, and how many
// times one was delivered.
func fates(f control.MessageFaults, rpcs int) [4]int {
	var sent, lost, delayed int
	var delivered atomic.Int64
	ft := newFaultyTransport(nil, f, 1)
	defer ft.cancel()
	for range rpcs {
		switch err := harmed(ft, func() { delivered.Add(1) }); {
		case err == nil:
			sent++
		case errors.Is(err, errMessageLost):
			lost++
		case errors.Is(err, errMessageDelayed):
			delayed++
		}
	}
	ft.late.Wait()
	return [4]int{sent, lost, delayed, int(delivered.Load())}
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

// TestFates in fake time: each fault is what it says. Half of the lost RPCs
// arrived, and it is their answer that was lost.
func TestFates(t *testing.T) {
	const rpcs = 400
	wait := time.Second
	for name, test := range map[string]struct {
		faults control.MessageFaults
		// least and most of the RPCs: answered, lost, overtaken, delivered.
		least, most [4]int
	}{
		"none":      {control.MessageFaults{}, [4]int{rpcs, 0, 0, rpcs}, [4]int{rpcs, 0, 0, rpcs}},
		"drop":      {control.MessageFaults{Drop: 1}, [4]int{0, rpcs, 0, rpcs / 4}, [4]int{0, rpcs, 0, rpcs * 3 / 4}},
		"half":      {control.MessageFaults{Drop: 0.5}, [4]int{rpcs / 3, rpcs / 3, 0, rpcs / 2}, [4]int{rpcs, rpcs, 0, rpcs}},
		"delay":     {control.MessageFaults{Delay: 1, MaxDelay: wait}, [4]int{rpcs, 0, 0, rpcs}, [4]int{rpcs, 0, 0, rpcs}},
		"duplicate": {control.MessageFaults{Duplicate: 1, MaxDelay: wait}, [4]int{rpcs, 0, 0, 2 * rpcs}, [4]int{rpcs, 0, 0, 2 * rpcs}},
		"reorder":   {control.MessageFaults{Reorder: 1, MaxDelay: wait}, [4]int{0, 0, rpcs, rpcs}, [4]int{0, 0, rpcs, rpcs}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := fates(test.faults, rpcs)
				for i, what := range []string{"answered", "lost", "overtaken", "delivered"} {
					if got[i] < test.least[i] || got[i] > test.most[i] {
						t.Errorf("of %d RPCs %d were %s, want %d to %d", rpcs, got[i], what, test.least[i], test.most[i])
					}
				}
			})
		})
	}
}

// TestMessagesAreLateByWhatWasDrawn in fake time, to the exact instant: a
// delayed one holds its sender up, an overtaken one and a duplicate do not.
func TestMessagesAreLateByWhatWasDrawn(t *testing.T) {
	const longest = time.Second
	for name, c := range map[string]struct {
		faults control.MessageFaults
		// want is how long the sender waits, and when the message comes.
		want func(fate) (blocked time.Duration, arrivals []time.Duration)
	}{
		"delayed": {control.MessageFaults{Delay: 1}, func(f fate) (time.Duration, []time.Duration) {
			return f.delay, []time.Duration{f.delay}
		}},
		"overtaken": {control.MessageFaults{Reorder: 1}, func(f fate) (time.Duration, []time.Duration) {
			return 0, []time.Duration{f.later}
		}},
		"duplicated": {control.MessageFaults{Duplicate: 1}, func(f fate) (time.Duration, []time.Duration) {
			return 0, []time.Duration{0, f.later}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c.faults.MaxDelay = longest
				ft, twin := newFaultyTransport(nil, c.faults, 1), newFaultyTransport(nil, c.faults, 1)
				defer ft.cancel()
				defer twin.cancel()
				sum := time.Duration(0)
				for range 50 {
					blocked, arrivals := c.want(twin.draw("n2", timeoutNow))
					begin := time.Now()
					came := make(chan time.Duration, 2)
					_ = harmed(ft, func() { came <- time.Since(begin) })
					if took := time.Since(begin); took != blocked {
						t.Errorf("the sender waited %v, want %v", took, blocked)
					}
					ft.late.Wait()
					close(came)
					var got []time.Duration
					for at := range came {
						got = append(got, at)
					}
					if !slices.Equal(got, arrivals) {
						t.Errorf("it arrived after %v, want %v", got, arrivals)
					}
					sum += arrivals[len(arrivals)-1]
				}
				if mean := sum / 50; mean < longest/3 || mean > 2*longest/3 {
					t.Errorf("the mean delay is %v, want about half of %v", mean, longest)
				}
			})
		})
	}
}

// TestADelayEndsWithTheTransport: nobody waits for a message any more.
func TestADelayEndsWithTheTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ft := newFaultyTransport(nil, control.MessageFaults{Delay: 1, MaxDelay: time.Hour}, 1)
		begin := time.Now()
		time.AfterFunc(time.Millisecond, ft.cancel)
		err := harmed(ft, func() { t.Error("the message was delivered") })
		if took := time.Since(begin); !errors.Is(err, raft.ErrTransportShutdown) || took != time.Millisecond {
			t.Errorf("got %v after %v, want %v at once", err, took, raft.ErrTransportShutdown)
		}
	})
}

var allFaults = control.MessageFaults{Drop: 0.3, Duplicate: 0.3, Reorder: 0.3, Delay: 0.3, MaxDelay: time.Second}

// fifty fates of a flow.
func (t *faultyTransport) fifty(l flow) (all [50]fate) {
	for i := range all {
		all[i] = t.draw(l.to, l.kind)
	}
	return all
}

// TestFatesAreSeeded: the same seed, target and kind of RPC draw the same
// fates, and any other one others.
func TestFatesAreSeeded(t *testing.T) {
	draw := func(seed int64, l flow) [50]fate { return newFaultyTransport(nil, allFaults, seed).fifty(l) }
	one := draw(1, flow{"n2", appendEntries})
	if one != draw(1, flow{"n2", appendEntries}) {
		t.Error("one seed, two schedules")
	}
	for what, other := range map[string][50]fate{
		"seeds":   draw(2, flow{"n2", appendEntries}),
		"targets": draw(1, flow{"n3", appendEntries}),
		"kinds":   draw(1, flow{"n2", heartbeat}),
	} {
		if one == other {
			t.Errorf("two %s, one schedule", what)
		}
	}
}

// TestNoTargetDrawsAnothersFates: raft speaks to all its peers at the same
// time, in an order that is never twice the same.
func TestNoTargetDrawsAnothersFates(t *testing.T) {
	together := newFaultyTransport(nil, allFaults, 1)
	var flows []flow
	for _, to := range []raft.ServerID{"n2", "n3", "n4"} {
		for _, kind := range []rpcKind{appendEntries, heartbeat, requestVote, requestPreVote, timeoutNow, installSnapshot} {
			flows = append(flows, flow{to, kind})
		}
	}
	got := make([][50]fate, len(flows))
	var all sync.WaitGroup
	for i, l := range flows {
		all.Go(func() { got[i] = together.fifty(l) })
	}
	all.Wait()
	for i, l := range flows {
		if alone := newFaultyTransport(nil, allFaults, 1).fifty(l); got[i] != alone {
			t.Errorf("%v: the fates are others than those drawn alone", l)
		}
	}
}

// TestHeartbeatsAreAKindOfTheirOwn: raft sends them beside its entries.
func TestHeartbeatsAreAKindOfTheirOwn(t *testing.T) {
	for _, c := range []struct {
		args raft.AppendEntriesRequest
		want rpcKind
	}{
		{raft.AppendEntriesRequest{Term: 7}, heartbeat},
		{raft.AppendEntriesRequest{Term: 7, LeaderCommitIndex: 3}, appendEntries},
		{raft.AppendEntriesRequest{Term: 7, PrevLogEntry: 3, PrevLogTerm: 1}, appendEntries},
		{raft.AppendEntriesRequest{Term: 7, Entries: []*raft.Log{{}}}, appendEntries},
	} {
		if got := appendKind(&c.args); got != c.want {
			t.Errorf("%+v: got %q, want %q", c.args, got, c.want)
		}
	}
}

// pipes is a raft.StreamLayer in fake time that dials itself.
type pipes struct {
	dials  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{dials: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Dial(raft.ServerAddress, time.Duration) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.dials <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.dials:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes"} }

// restored answers snapshots that come over a transport, and tells of each.
func restored(t *raft.NetworkTransport, over *pipes) <-chan string {
	came := make(chan string, 1)
	go func() {
		for {
			select {
			case rpc := <-t.Consumer():
				data, err := io.ReadAll(rpc.Reader)
				came <- string(data)
				rpc.Respond(&raft.InstallSnapshotResponse{Term: 7, Success: true}, err)
			case <-over.closed:
				return
			}
		}
	}()
	return came
}

// TestSnapshotsAreOnlyLostAndDelayed in fake time, over raft's own transport:
// each arrives once at most, at its instant, also when it is its answer that
// is lost, and the sender can send it again.
func TestSnapshotsAreOnlyLostAndDelayed(t *testing.T) {
	for name, f := range map[string]control.MessageFaults{
		"no faults":                        {},
		"lost":                             {Drop: 1},
		"delayed":                          {Delay: 1, MaxDelay: time.Second},
		"neither duplicated nor overtaken": {Duplicate: 1, Reorder: 1, MaxDelay: time.Second},
		"all":                              allFaults,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				over := newPipes()
				network := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{Logger: testLog(t), Stream: over, Timeout: time.Hour})
				came := restored(network, over)
				ft, twin := newFaultyTransport(network, f, 1), newFaultyTransport(nil, f, 1)
				defer twin.cancel()
				for i := range 40 {
					installed(t, ft, twin.draw("n2", installSnapshot), came, fmt.Sprintf("snapshot %d", i))
				}
				if err := ft.Close(); err != nil {
					t.Error(err)
				}
				if len(came) > 0 {
					t.Errorf("it came again: %q", <-came)
				}
			})
		})
	}
}

// installed sends one snapshot and holds it to its fate.
func installed(t *testing.T, ft *faultyTransport, f fate, came <-chan string, snapshot string) {
	t.Helper()
	var resp raft.InstallSnapshotResponse
	begin := time.Now()
	err := ft.InstallSnapshot("n2", "", &raft.InstallSnapshotRequest{Term: 7, Size: int64(len(snapshot))}, &resp, strings.NewReader(snapshot))
	lost := f.loseRequest || f.loseAnswer
	if took := time.Since(begin); took != f.delay || errors.Is(err, errMessageLost) != lost || resp.Success == lost {
		t.Errorf("fate %+v: got %+v, %v after %v", f, resp, err, took)
	}
	got := ""
	select {
	case got = <-came:
	default:
	}
	if want := map[bool]string{false: snapshot}[f.loseRequest]; got != want {
		t.Errorf("fate %+v: got the snapshot %q, want %q", f, got, want)
	}
}

// TestEachRPCHasItsOwnFates: a call is lost where its target's and kind's next
// fate says so. Snapshots have a test of their own.
func TestEachRPCHasItsOwnFates(t *testing.T) {
	calls := map[rpcKind]func(t *faultyTransport, to raft.ServerID) error{
		appendEntries: func(t *faultyTransport, to raft.ServerID) error {
			return t.AppendEntries(to, "", &raft.AppendEntriesRequest{Term: 7, PrevLogEntry: 1}, &raft.AppendEntriesResponse{})
		},
		heartbeat: func(t *faultyTransport, to raft.ServerID) error {
			return t.AppendEntries(to, "", &raft.AppendEntriesRequest{Term: 7}, &raft.AppendEntriesResponse{})
		},
		requestVote: func(t *faultyTransport, to raft.ServerID) error {
			return t.RequestVote(to, "", &raft.RequestVoteRequest{}, &raft.RequestVoteResponse{})
		},
		requestPreVote: func(t *faultyTransport, to raft.ServerID) error {
			return t.RequestPreVote(to, "", &raft.RequestPreVoteRequest{}, &raft.RequestPreVoteResponse{})
		},
		timeoutNow: func(t *faultyTransport, to raft.ServerID) error {
			return t.TimeoutNow(to, "", &raft.TimeoutNowRequest{}, &raft.TimeoutNowResponse{})
		},
	}
	synctest.Test(t, func(t *testing.T) {
		over := newPipes()
		network := raft.NewNetworkTransportWithConfig(&raft.NetworkTransportConfig{Logger: testLog(t), Stream: over, Timeout: time.Hour, MaxPool: 1})
		agree(network, over)
		half := control.MessageFaults{Drop: 0.5}
		ft, twin := newFaultyTransport(network, half, 1), newFaultyTransport(nil, half, 1)
		defer twin.cancel()
		for _, to := range []raft.ServerID{"n2", "n3"} {
			for kind, call := range calls {
				for i := range 20 {
					f, err := twin.draw(to, kind), call(ft, to)
					if lost := f.loseRequest || f.loseAnswer; lost != errors.Is(err, errMessageLost) || !lost && err != nil {
						t.Errorf("%s %d to %s: got %v, want lost %v", kind, i, to, err, lost)
					}
				}
			}
		}
		network.CloseStreams() // the pool's would stay open
		if err := ft.Close(); err != nil {
			t.Error(err)
		}
	})
}

// agree says something to every RPC.
func agree(t *raft.NetworkTransport, over *pipes) {
	go func() {
		for {
			select {
			case rpc := <-t.Consumer():
				rpc.Respond(&struct{}{}, nil)
			case <-over.closed:
				return
			}
		}
	}()
}

// TestNoPipelineUnderFaults: answers inside a pipeline match by position.
func TestNoPipelineUnderFaults(t *testing.T) {
	ft := newFaultyTransport(quietTransport(t), control.MessageFaults{}, 1)
	defer ft.Close() //nolint:errcheck // nothing was sent
	if _, err := ft.AppendEntriesPipeline("n2", ""); !errors.Is(err, raft.ErrPipelineReplicationNotSupported) {
		t.Errorf("pipeline: %v", err)
	}
}
