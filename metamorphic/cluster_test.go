package metamorphic

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/netem"
)

// real is a cluster of node processes as an endpoint. It records what it is asked and
// what it answers.
type real struct {
	setup   setup
	cluster *cluster.Cluster
	// ends of the emulated links to clients, by name: one for a client that is reached
	// over links, all where there are proxies.
	ends map[string]*netem.Endpoint
	// patience is how long an answer is awaited.
	patience time.Duration

	mu      sync.Mutex
	conns   map[string]*client.Client // by client's and node's names and the node's address
	proxies map[string]string         // by the address of the server
	closing []func()
	history history.History
}

// bootTime and callTime are for the busiest hosts.
const bootTime, callTime = 2 * time.Minute, time.Minute

// boot starts the setup's cluster, and stops it with the test.
func (s setup) boot(t *testing.T, start cluster.Starter, seed int64) *real {
	t.Helper()
	r := &real{
		setup: s, ends: map[string]*netem.Endpoint{}, patience: callTime,
		conns: map[string]*client.Client{}, proxies: map[string]string{},
		history: history.History{Header: history.Header{Version: history.Version, Seed: seed, Setup: s.name(), Nodes: s.nodes, Prefix: prefix, Alone: true}},
	}
	if s.harmed() {
		r.patience = time.Second
	}
	nodes, evidence := s.options(seed), r.keepEvidence(t)
	c, err := cluster.Start(t.Context(), cluster.Spec{
		Start: start, Dir: t.TempDir(), LogDir: evidence, Nodes: nodes, BootTimeout: bootTime, CallTimeout: callTime,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.cluster = c
	t.Cleanup(func() {
		r.close()
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	if err := r.place(nodes, seed); err != nil {
		t.Fatal(err)
	}
	return r
}

// keepEvidence makes a directory for the nodes' logs, which stays if the test fails, with
// the history.
func (r *real) keepEvidence(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "raftbench-metamorphic-evidence-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(dir)
			return
		}
		t.Logf("logs and history of %s are kept in %s (%v)", r.setup.name(), dir, r.write(filepath.Join(dir, "history.jsonl")))
	})
	return dir
}

// write the history to a file.
func (r *real) write(path string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	w, err := history.Create(path, r.history.Header)
	if err != nil {
		return err
	}
	for _, o := range r.history.Operations {
		err = errors.Join(err, w.Call(o.Call))
		if o.Return != nil {
			err = errors.Join(err, w.Return(*o.Return))
		}
	}
	return errors.Join(err, w.Close())
}

// place makes the ends of the links to clients.
func (r *real) place(nodes []control.Options, seed int64) error {
	if r.setup.way == direct {
		return nil
	}
	mine := netem.NewEndpoint(control.ClientLink, seed)
	r.ends[control.ClientLink] = mine
	for _, n := range nodes {
		if err := mine.Shape(n.ID, r.setup.shape()); err != nil {
			return err
		}
		if r.setup.way != proxy {
			continue
		}
		theirs := netem.NewEndpoint(n.ID, seed)
		if err := theirs.Shape(control.ClientLink, r.setup.shape()); err != nil {
			return err
		}
		r.ends[n.ID] = theirs
	}
	return nil
}

// close everything but the cluster.
func (r *real) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	for _, stop := range r.closing {
		stop()
	}
	for _, e := range r.ends {
		_ = e.Close()
	}
}

// do implements endpoint.
func (r *real) do(ctx context.Context, node int, call history.Call) history.Return {
	members := r.cluster.Members()
	m := members[node%len(members)]
	ctx, cancel := context.WithTimeout(ctx, r.patience)
	defer cancel()
	conn, err := r.reach(ctx, call.Client, m)
	if err != nil {
		pause(ctx, afterFailure)
		return history.Return{Outcome: history.Rejected, Err: err.Error()} // nothing was sent
	}
	call.Node = m.ID()
	done := r.record(call)
	ret, err := send(ctx, conn, call)
	ret.Outcome = history.OK
	if err != nil {
		ret = history.Return{Outcome: history.Unknown, Err: err.Error()}
		if errors.Is(err, loadgen.ErrRejected) {
			ret.Outcome = history.Rejected
		}
	}
	done(&ret)
	if ret.Outcome != history.OK {
		pause(ctx, afterFailure)
	}
	return ret
}

// afterFailure is a pause in which a cluster may find a leader, say.
const afterFailure = 10 * time.Millisecond

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// record a call that is about to be sent, and then its return.
func (r *real) record(call history.Call) (done func(*history.Return)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	place := len(r.history.Operations)
	call.ID, call.AtNS = int64(place+1), clock.Now()
	r.history.Operations = append(r.history.Operations, history.Operation{Call: call})
	return func(ret *history.Return) {
		ret.ID, ret.AtNS = call.ID, clock.Now()
		r.mu.Lock()
		defer r.mu.Unlock()
		r.history.Operations[place].Return = ret
	}
}

// reach gives the client's connection to a member, where it listens now.
func (r *real) reach(ctx context.Context, who int, m *cluster.Member) (*client.Client, error) {
	at := m.Listen()
	name := fmt.Sprintf("%d %s %s", who, m.ID(), at.Client)
	r.mu.Lock()
	conn := r.conns[name]
	r.mu.Unlock()
	if conn != nil {
		return conn, nil
	}
	address, dial := at.Client, client.Dialer(nil)
	var err error
	switch r.setup.way {
	case link:
		address, dial = at.Peer, func(ctx context.Context, address string) (net.Conn, error) {
			return r.ends[control.ClientLink].Dial(ctx, m.ID(), address)
		}
	case proxy:
		if address, err = r.proxied(m.ID(), at.Client); err != nil {
			return nil, err
		}
	}
	if conn, err = client.Dial(ctx, address, dial); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[name] = conn
	return conn, nil
}

// proxied is the address of a proxy in front of a server.
func (r *real) proxied(id, server string) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, found := r.proxies[server]; found {
		return at, nil
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	p := &netem.Proxy{
		To: id, Target: server, Classify: netem.From(control.ClientLink),
		End: func(name string) *netem.Endpoint { return r.ends[name] },
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = p.Serve(l) })
	r.closing = append(r.closing, func() {
		_ = l.Close()
		serving.Wait()
	})
	r.proxies[server] = l.Addr().String()
	return l.Addr().String(), nil
}

// send does one call, once.
func send(ctx context.Context, conn *client.Client, call history.Call) (ret history.Return, err error) {
	switch call.Kind {
	case history.Put:
		ret.Succeeded = true
		ret.Revision, err = conn.Put(ctx, call.Writes[0].Key, []byte(call.Writes[0].Value))
	case history.Get:
		var kv client.KeyValue
		kv, ret.Revision, err = conn.Read(ctx, call.Reads[0], false)
		ret.Read = read(kv)
	case history.Delete:
		ret.Succeeded, ret.Revision, err = conn.Delete(ctx, call.Writes[0].Key)
	default:
		t := client.Transaction{Reads: call.Reads}
		for _, c := range call.Compares {
			t.Compares = append(t.Compares, client.Comparison(c))
		}
		for _, w := range call.Writes {
			t.Writes = append(t.Writes, client.Change{Key: w.Key, Value: []byte(w.Value), Delete: w.Delete})
		}
		var a client.Answer
		a, err = conn.Transact(ctx, t)
		ret.Succeeded, ret.Revision, ret.Read = a.Succeeded && len(call.Writes) > 0, a.Revision, read(a.Read...)
	}
	return ret, err
}

func read(kvs ...client.KeyValue) (out []history.KV) {
	for _, kv := range kvs {
		out = append(out, history.KV{Key: kv.Key, Value: string(kv.Value), ModRevision: kv.ModRevision})
	}
	return out
}

// observer is the client that reads the replicas in the end.
const observer = 1000

// replicas reads what each node holds once it has applied all that any has.
func (r *real) replicas(ctx context.Context) (out []replica, err error) {
	if _, _, err := r.cluster.Leader(ctx); err != nil {
		return nil, err
	}
	members := r.cluster.Members()
	conns := make([]*client.Client, len(members))
	for i, m := range members {
		if conns[i], err = r.reach(ctx, observer, m); err != nil {
			return nil, err
		}
	}
	if err := caughtUp(ctx, conns); err != nil {
		return nil, err
	}
	for i, m := range members {
		one := replica{node: m.ID()}
		done := r.record(history.Call{Client: observer, Node: m.ID(), Kind: history.Scan})
		if one.keys, one.revision, err = conns[i].All(ctx, prefix); err != nil {
			return nil, err
		}
		done(&history.Return{Outcome: history.OK, Revision: one.revision, Read: read(one.keys...)})
		if one.hash, _, err = conns[i].HashKV(ctx, 0); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// caughtUp waits until all have applied equally much, twice, since a leader's no-op may
// still be on its way.
func caughtUp(ctx context.Context, conns []*client.Client) error {
	var last uint64
	for ctx.Err() == nil {
		applied := make([]uint64, len(conns))
		equal := true
		for i, c := range conns {
			s, err := c.Status(ctx)
			if err != nil {
				return err
			}
			applied[i] = s.Applied
			equal = equal && s.Applied == applied[0] && s.Applied >= s.Index
		}
		if equal && applied[0] == last {
			return nil
		}
		if last = 0; equal {
			last = applied[0]
		}
		pause(ctx, 2*afterFailure)
	}
	return fmt.Errorf("replicas did not catch up in time: %w", context.Cause(ctx))
}
