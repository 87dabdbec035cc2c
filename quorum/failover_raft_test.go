package quorum

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/raft"
)

// The model is held against hashicorp/raft itself: clusters of its own code, in
// one process, on a fake clock that costs no waiting, with a round trip on each
// call. Raft draws its timers from a generator that nobody can seed, so the
// bounds are some five standard errors wide; the benchmark beside this narrows
// them with as many elections as one likes:
//
//	go test ./quorum -run '^$' -bench AgainstRaft -benchtime 1000x
func TestFailoverAgainstRaftItself(t *testing.T) {
	const outages = 60
	for _, n := range []int{3, 4} {
		candidate, elected := raftOutages(t, n, outages, 10*ms)
		model := elections(t, Failover{Nodes: Size(n), Dead: 1, Repeat: true, RTT: 10 * ms, Rules: inMemory()}, 2000)
		for _, c := range []struct {
			what      string
			got, want Prediction
		}{{"candidate", candidate, model.Candidate}, {"elected", elected, model.Elected}} {
			// A standard deviation of a third of T makes the mean of 60 known to 43 ms.
			if !within(c.got.Mean, c.want.Mean, 220*ms) {
				t.Errorf("%d members: raft's %s in the mean of %d after %s, the model's after %s", n, c.what, outages, c.got.Mean, c.want.Mean)
			}
		}
	}
}

func BenchmarkFailoverAgainstRaft(b *testing.B) {
	for _, n := range []int{3, 4, 5, 6} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			candidate, elected := raftOutages(b, n, b.N, 10*ms)
			model, err := Failover{Nodes: Size(n), Dead: 1, Repeat: true, RTT: 10 * ms, Rules: inMemory()}.Predict(20_000, 1)
			if err != nil {
				b.Fatal(err)
			}
			for what, d := range map[string]time.Duration{
				"raft-candidate-ms": candidate.P50, "model-candidate-ms": model.Candidate.P50,
				"raft-elected-ms": elected.P50, "model-elected-ms": model.Elected.P50,
				"raft-elected-p90-ms": elected.P90, "model-elected-p90-ms": model.Elected.P90,
			} {
				b.ReportMetric(float64(d)/1e6, what)
			}
		})
	}
}

// inMemory are the rules of raft over a transport that keeps no connections.
func inMemory() Rules {
	r := HashiCorp(hashicorp(second))
	r.Dial = false
	return r
}

// raftOutages kills the leader of a cluster of n again and again, each time when
// all members have been up for a while.
func raftOutages(tb testing.TB, n, outages int, rtt time.Duration) (candidate, elected Prediction) {
	tb.Helper()
	var first, won []time.Duration
	run := func(tb testing.TB) {
		c := newRaftCluster(tb, n, rtt)
		defer c.stop()
		c.leader()
		for range outages {
			time.Sleep(4*second + time.Duration(rand.Int64N(int64(second))))
			a, b := c.outage()
			first, won = append(first, a), append(won, b)
		}
	}
	if t, ok := tb.(*testing.T); ok {
		synctest.Test(t, func(t *testing.T) { run(t) })
	} else {
		inBubble(tb, run)
	}
	return summarise(first), summarise(won)
}

// inBubble runs in fake time what has no *testing.T.
func inBubble(tb testing.TB, run func(testing.TB)) {
	tb.Helper()
	ok := testing.RunTests(func(string, string) (bool, error) { return true, nil }, []testing.InternalTest{{
		Name: "bubble", F: func(t *testing.T) { synctest.Test(t, func(t *testing.T) { run(t) }) },
	}})
	if !ok {
		tb.Fatal("the fake clock's test failed")
	}
}

// raftCluster is n members of hashicorp/raft in this process.
type raftCluster struct {
	tb      testing.TB
	members []*raftMember
	rtt     time.Duration
}

type raftMember struct {
	*raft.Raft
	config *raft.Config
	store  *raft.InmemStore
	snaps  *raft.InmemSnapshotStore
	trans  *raft.InmemTransport
	states chan raft.Observation
}

func newRaftCluster(tb testing.TB, n int, rtt time.Duration) *raftCluster {
	tb.Helper()
	c := &raftCluster{tb: tb, rtt: rtt}
	var all raft.Configuration
	for i := range n {
		id := fmt.Sprint("n", i)
		config := raft.DefaultConfig()
		config.LocalID = raft.ServerID(id)
		config.Logger = hclog.New(&hclog.LoggerOptions{Output: io.Discard, Level: hclog.Off})
		c.members = append(c.members, &raftMember{config: config, store: raft.NewInmemStore(), snaps: raft.NewInmemSnapshotStore()})
		all.Servers = append(all.Servers, raft.Server{ID: raft.ServerID(id), Address: raft.ServerAddress(id)})
	}
	for i, m := range c.members {
		_, m.trans = raft.NewInmemTransportWithTimeout(raft.ServerAddress(m.config.LocalID), second)
		if err := raft.BootstrapCluster(m.config, m.store, m.store, m.snaps, m.trans, all); err != nil {
			tb.Fatal(err)
		}
		c.start(i)
	}
	return c
}

// start connects a member to those that run, and runs it.
func (c *raftCluster) start(i int) {
	m := c.members[i]
	_, m.trans = raft.NewInmemTransportWithTimeout(raft.ServerAddress(m.config.LocalID), second)
	for j, o := range c.members {
		if j != i && o.Raft != nil {
			m.trans.Connect(o.trans.LocalAddr(), o.trans)
			o.trans.Connect(m.trans.LocalAddr(), m.trans)
		}
	}
	var err error
	if m.Raft, err = raft.NewRaft(m.config, &raft.MockFSM{}, m.store, m.store, m.snaps, &slowTransport{m.trans, c.rtt}); err != nil {
		c.tb.Fatal(err)
	}
	m.states = make(chan raft.Observation, 1000)
	m.RegisterObserver(raft.NewObserver(m.states, false, func(o *raft.Observation) bool {
		_, ok := o.Data.(raft.RaftState)
		return ok
	}))
}

func (c *raftCluster) leader() int {
	for {
		for i, m := range c.members {
			if m.Raft != nil && m.State() == raft.Leader {
				return i
			}
		}
		time.Sleep(ms)
	}
}

// outage kills the leader, and has it back when another leads.
func (c *raftCluster) outage() (candidate, elected time.Duration) {
	old := c.leader()
	dead := c.members[old]
	for i, m := range c.members {
		if i != old {
			m.trans.Disconnect(dead.trans.LocalAddr())
		}
	}
	dead.trans.DisconnectAll()
	begin := time.Now()
	stopped := dead.Shutdown()
	dead.Raft = nil
	for elected == 0 {
		time.Sleep(ms)
		for i, m := range c.members {
			if i == old {
				continue
			}
			if s := m.State(); s != raft.Follower && candidate == 0 {
				candidate = time.Since(begin)
			} else if s == raft.Leader {
				elected = time.Since(begin)
			}
		}
	}
	if err := stopped.Error(); err != nil {
		c.tb.Fatal(err)
	}
	c.start(old)
	return candidate, elected
}

func (c *raftCluster) stop() {
	for _, m := range slices.Backward(c.members) {
		if m.Raft != nil {
			_ = m.Shutdown().Error()
			_ = m.trans.Close()
		}
	}
	time.Sleep(time.Minute)
}

// slowTransport takes a round trip for each call.
type slowTransport struct {
	*raft.InmemTransport
	rtt time.Duration
}

func (t *slowTransport) call(do func() error) error {
	time.Sleep(t.rtt / 2)
	err := do()
	time.Sleep(t.rtt / 2)
	return err
}

func (t *slowTransport) AppendEntries(id raft.ServerID, to raft.ServerAddress, q *raft.AppendEntriesRequest, a *raft.AppendEntriesResponse) error {
	return t.call(func() error { return t.InmemTransport.AppendEntries(id, to, q, a) })
}

func (t *slowTransport) RequestVote(id raft.ServerID, to raft.ServerAddress, q *raft.RequestVoteRequest, a *raft.RequestVoteResponse) error {
	return t.call(func() error { return t.InmemTransport.RequestVote(id, to, q, a) })
}

func (t *slowTransport) RequestPreVote(id raft.ServerID, to raft.ServerAddress, q *raft.RequestPreVoteRequest, a *raft.RequestPreVoteResponse) error {
	return t.call(func() error { return t.InmemTransport.RequestPreVote(id, to, q, a) })
}

// AppendEntriesPipeline is left out: entries are sent one call at a time.
func (t *slowTransport) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}
