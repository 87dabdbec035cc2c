package node

import (
	"context"
	"errors"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/control"
)

// What the sender of a harmed RPC is told; raft takes either as a peer that
// could not be reached.
var (
	errMessageLost    = errors.New("message fault: lost")
	errMessageDelayed = errors.New("message fault: overtaken, delivered later")
)

// maxLate bounds the RPCs that are on their way behind their sender's back.
const maxLate = 1024

// faultyTransport loses, delays, duplicates and reorders raft's RPCs: what
// the Raft paper allows a network to do, and a stream connection never does.
// It is for safety only.
//
// Callers of an RPC wait for its answer, so a message can be overtaken only
// when its sender has given up on it: a reordered RPC fails at once and is
// delivered later. Pipelined entries stay out of this, because their answers
// match by position: pipelining is off. Snapshots, which are a stream that can
// be read once, are only lost, they or their answer, and delayed.
//
// Fates are seeded. Raft speaks to each server from goroutines of its own, in
// whose order no seed has a say; so each target and kind of RPC has draws of
// its own. The nth RPC of a kind to a target has the same fate whenever the
// seed is the same. How many there are by some instant is a matter of time.
type faultyTransport struct {
	raft.Transport
	network *raft.NetworkTransport
	seed    uint64

	mu     sync.Mutex
	faults control.MessageFaults
	random map[flow]*rand.Rand

	late    sync.WaitGroup
	slots   chan struct{}
	closing context.Context
	cancel  context.CancelFunc
}

var (
	_ raft.WithPreVote = (*faultyTransport)(nil)
	_ raft.WithClose   = (*faultyTransport)(nil)
)

func newFaultyTransport(t *raft.NetworkTransport, f control.MessageFaults, seed int64) *faultyTransport {
	ft := &faultyTransport{
		Transport: t, network: t, faults: f,
		seed:   uint64(seed),
		random: map[flow]*rand.Rand{},
		slots:  make(chan struct{}, maxLate),
	}
	ft.closing, ft.cancel = context.WithCancel(context.Background())
	return ft
}

// replace has RPCs from now on suffer these faults.
func (t *faultyTransport) replace(f control.MessageFaults) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.faults = f
}

// MessageFaults replaces the faults that the node was started with, nil by
// none. A node that was started without has a transport that cannot do any.
func (n *Node) MessageFaults(f *control.MessageFaults) error {
	if err := f.Validate(); err != nil {
		return err
	}
	switch {
	case f == nil && n.faulty == nil:
		return nil
	case n.faulty == nil:
		return errors.New("the node was started without message faults, so it can do none: start it with some, or with all at zero")
	case f == nil:
		f = &control.MessageFaults{}
	}
	n.faulty.replace(*f)
	return nil
}

// flow is what draws its fates in order: RPCs of one kind to one target. The
// target is known by its id, since its address may be another in each run.
type flow struct {
	to   raft.ServerID
	kind rpcKind
}

// rpcKind names RPCs that one goroutine sends to one target.
type rpcKind string

const (
	appendEntries   rpcKind = "append entries"
	heartbeat       rpcKind = "heartbeat"
	requestVote     rpcKind = "request vote"
	requestPreVote  rpcKind = "request pre-vote"
	timeoutNow      rpcKind = "timeout now"
	installSnapshot rpcKind = "install snapshot"
)

// appendKind tells heartbeats from replication, which goes on beside them, as
// raft's own transport does.
func appendKind(a *raft.AppendEntriesRequest) rpcKind {
	if a.PrevLogEntry == 0 && a.PrevLogTerm == 0 && len(a.Entries) == 0 && a.LeaderCommitIndex == 0 {
		return heartbeat
	}
	return appendEntries
}

// generator of a flow's draws, from the seed and its two names.
func (t *faultyTransport) generator(l flow) *rand.Rand {
	if t.random[l] == nil {
		h := fnv.New64a()
		_, _ = io.WriteString(h, string(l.to)+"\x00"+string(l.kind))
		t.random[l] = rand.New(rand.NewPCG(t.seed, h.Sum64()))
	}
	return t.random[l]
}

// fate of one RPC, drawn before it is sent.
type fate struct {
	loseRequest, loseAnswer bool
	duplicate, reorder      bool
	delay                   time.Duration // before it is sent
	later                   time.Duration // of a copy that travels alone
}

func (t *faultyTransport) draw(to raft.ServerID, kind rpcKind) fate {
	t.mu.Lock()
	defer t.mu.Unlock()
	random := t.generator(flow{to, kind})
	happens := func(p float64) bool { return random.Float64() < p }
	var f fate
	if happens(t.faults.Drop) {
		f.loseRequest = random.IntN(2) == 0
		f.loseAnswer = !f.loseRequest
	}
	f.duplicate = happens(t.faults.Duplicate)
	f.reorder = happens(t.faults.Reorder)
	if happens(t.faults.Delay) {
		f.delay = t.some(random)
	}
	f.later = t.some(random)
	return f
}

// some is a uniform part of the longest delay.
func (t *faultyTransport) some(random *rand.Rand) time.Duration {
	if t.faults.MaxDelay <= 0 {
		return 0
	}
	return time.Duration(random.Int64N(int64(t.faults.MaxDelay) + 1))
}

// AppendEntries implements raft.Transport.
func (t *faultyTransport) AppendEntries(id raft.ServerID, to raft.ServerAddress, args *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	return sendAs(t, t.draw(id, appendKind(args)), args, resp, func(a *raft.AppendEntriesRequest, r *raft.AppendEntriesResponse) error {
		return t.network.AppendEntries(id, to, a, r)
	})
}

// RequestVote implements raft.Transport.
func (t *faultyTransport) RequestVote(id raft.ServerID, to raft.ServerAddress, args *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	return sendAs(t, t.draw(id, requestVote), args, resp, func(a *raft.RequestVoteRequest, r *raft.RequestVoteResponse) error {
		return t.network.RequestVote(id, to, a, r)
	})
}

// RequestPreVote implements raft.WithPreVote.
func (t *faultyTransport) RequestPreVote(id raft.ServerID, to raft.ServerAddress, args *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	return sendAs(t, t.draw(id, requestPreVote), args, resp, func(a *raft.RequestPreVoteRequest, r *raft.RequestPreVoteResponse) error {
		return t.network.RequestPreVote(id, to, a, r)
	})
}

// TimeoutNow implements raft.Transport.
func (t *faultyTransport) TimeoutNow(id raft.ServerID, to raft.ServerAddress, args *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	return sendAs(t, t.draw(id, timeoutNow), args, resp, func(a *raft.TimeoutNowRequest, r *raft.TimeoutNowResponse) error {
		return t.network.TimeoutNow(id, to, a, r)
	})
}

// InstallSnapshot implements raft.Transport. A sender that gets no answer opens
// its newest snapshot again and sends it anew, and the receiver, which restored
// the first, restores again what its log goes on from.
func (t *faultyTransport) InstallSnapshot(id raft.ServerID, to raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	f := t.draw(id, installSnapshot)
	f.duplicate, f.reorder = false, false
	return sendAs(t, f, args, resp, func(a *raft.InstallSnapshotRequest, r *raft.InstallSnapshotResponse) error {
		return t.network.InstallSnapshot(id, to, a, r, data)
	})
}

// AppendEntriesPipeline implements raft.Transport: there is none.
func (t *faultyTransport) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

// Close implements raft.WithClose. What is on its way is lost.
func (t *faultyTransport) Close() error {
	t.cancel()
	err := t.network.Close()
	t.late.Wait()
	return err
}

// sendAs sends one RPC as its fate has it.
func sendAs[Req, Resp any](t *faultyTransport, f fate, args *Req, resp *Resp, send func(*Req, *Resp) error) error {
	if err := t.wait(f.delay); err != nil {
		return err
	}
	alone := func() {
		later, unread := *args, *new(Resp)
		t.afterwards(f.later, func() { _ = send(&later, &unread) }) // nobody waits for the answer
	}
	switch {
	case f.loseRequest:
		return errMessageLost
	case f.reorder:
		alone()
		return errMessageDelayed
	}
	if f.duplicate {
		alone()
	}
	if f.loseAnswer {
		if err := send(args, new(Resp)); err != nil {
			return err
		}
		return errMessageLost
	}
	return send(args, resp)
}

func (t *faultyTransport) wait(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	select {
	case <-time.After(d):
		return nil
	case <-t.closing.Done():
		return raft.ErrTransportShutdown
	}
}

// afterwards delivers a copy that travels alone. One too many is lost.
func (t *faultyTransport) afterwards(d time.Duration, deliver func()) {
	select {
	case t.slots <- struct{}{}:
	default:
		return
	}
	t.late.Go(func() {
		defer func() { <-t.slots }()
		if t.wait(d) == nil {
			deliver()
		}
	})
}
