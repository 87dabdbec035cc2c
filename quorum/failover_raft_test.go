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
// call.
//
// What calls and writes take does not vary there: from the follower that completes the
// majority to its election, and from there to the first commit, the bounds are the two
// milliseconds between two looks. Timers do vary, and raft draws them
// from a generator that nobody can seed: until that follower stands, the bounds are
// some five standard errors wide. The benchmark beside this narrows them with as many
// elections as one likes:
//
//	go test ./quorum -run '^$' -bench AgainstRaft -benchtime 1000x
func TestFailoverAgainstRaftItself(t *testing.T) {
	const outages, rtt, write = 60, 10 * ms, 4 * ms
	for _, n := range []int{3, 4} {
		played := raftOutages(t, n, outages, rtt, write)
		model := elections(t, Failover{Nodes: Size(n), Dead: 1, Repeat: true, RTT: rtt, Store: write, Rules: inMemory()}, 2000)
		for _, c := range []struct {
			what      string
			got, want Prediction
			by        time.Duration
		}{
			// A standard deviation of a third of T makes the mean of 60 known to 43 ms.
			{"candidate", summarise(played.candidate), model.Candidate, 220 * ms},
			{"elected", summarise(played.elected), model.Elected, 220 * ms},
		} {
			if !within(c.got.Mean, c.want.Mean, c.by) {
				t.Errorf("%d members: raft's %s in the mean of %d after %s, the model's after %s", n, c.what, outages, c.got.Mean, c.want.Mean)
			}
		}
		// A candidate asks those before it once its term is written, and those after it
		// once its vote is; each then writes both.
		least, most := 2*rtt+4*write, 2*rtt+6*write
		if got := summarise(played.votes).P50; got < least || got > most+2*ms {
			t.Errorf("%d members: the one that completed the majority was elected after %s, want two round trips and four to six writes, %s to %s", n, got, least, most)
		}
		first := model.Committed.P50 - model.Elected.P50
		if got := summarise(played.committing).P50; !within(got, first, 2*ms) {
			t.Errorf("%d members: raft's first commit came %s after its election, the model's %s", n, got, first)
		}
	}
}

func BenchmarkFailoverAgainstRaft(b *testing.B) {
	for _, n := range []int{3, 4, 5, 6} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			played := raftOutages(b, n, b.N, 10*ms, 0)
			candidate, elected := summarise(played.candidate), summarise(played.elected)
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

// raftTimes are what passed in each outage of a cluster of raft's: until the first
// candidate and until a leader, both from the kill, from the candidate that completed
// a majority to the leader, and from there to its first commit.
type raftTimes struct{ candidate, elected, votes, committing []time.Duration }

// raftOutages kills the leader of a cluster of n again and again, each time when
// all members have been up for a while.
func raftOutages(tb testing.TB, n, outages int, rtt, write time.Duration) (times raftTimes) {
	tb.Helper()
	run := func(tb testing.TB) {
		c := newRaftCluster(tb, n, rtt, write)
		defer c.stop()
		c.leader()
		for range outages {
			time.Sleep(4*second + time.Duration(rand.Int64N(int64(second))))
			c.outage(&times)
		}
	}
	if t, ok := tb.(*testing.T); ok {
		synctest.Test(t, func(t *testing.T) { run(t) })
	} else {
		inBubble(tb, run)
	}
	return times
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
	store  *slowStore
	snaps  *raft.InmemSnapshotStore
	trans  *raft.InmemTransport
	states chan raft.Observation
}

func newRaftCluster(tb testing.TB, n int, rtt, write time.Duration) *raftCluster {
	tb.Helper()
	c := &raftCluster{tb: tb, rtt: rtt}
	var all raft.Configuration
	for i := range n {
		id := fmt.Sprint("n", i)
		config := raft.DefaultConfig()
		config.LocalID = raft.ServerID(id)
		config.Logger = hclog.New(&hclog.LoggerOptions{Output: io.Discard, Level: hclog.Off})
		c.members = append(c.members, &raftMember{config: config, store: &slowStore{raft.NewInmemStore(), write}, snaps: raft.NewInmemSnapshotStore()})
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

// outage kills the leader, and has it back when another has committed.
func (c *raftCluster) outage(times *raftTimes) {
	old := c.leader()
	dead := c.members[old]
	last := dead.LastIndex()
	for i, m := range c.members {
		if i != old {
			m.trans.Disconnect(dead.trans.LocalAddr())
		}
	}
	dead.trans.DisconnectAll()
	begin := time.Now()
	stopped := dead.Shutdown()
	dead.Raft = nil
	c.election(begin, last, times)
	if err := stopped.Error(); err != nil {
		c.tb.Fatal(err)
	}
	c.start(old)
}

// election looks at those that run, each millisecond, until one has committed an
// entry after the dead leader's last.
func (c *raftCluster) election(begin time.Time, last uint64, times *raftTimes) {
	var stood []time.Duration // when each first did
	seen := map[int]bool{}
	for {
		time.Sleep(ms)
		for i, m := range c.members {
			switch {
			case m.Raft == nil || m.State() == raft.Follower:
			case m.State() == raft.Candidate && !seen[i]:
				seen[i], stood = true, append(stood, time.Since(begin))
			case m.State() == raft.Leader:
				elected := time.Since(begin)
				for m.State() == raft.Leader && m.CommitIndex() <= last {
					time.Sleep(ms)
				}
				times.candidate, times.elected = append(times.candidate, stood[0]), append(times.elected, elected)
				times.votes = append(times.votes, elected-stood[min(Size(len(c.members)).Quorum(), len(stood))-1])
				times.committing = append(times.committing, time.Since(begin)-elected)
				return
			}
		}
	}
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

// slowStore takes so long for each write transaction.
type slowStore struct {
	*raft.InmemStore
	write time.Duration
}

func (s *slowStore) StoreLog(l *raft.Log) error { return s.StoreLogs([]*raft.Log{l}) }

func (s *slowStore) StoreLogs(l []*raft.Log) error {
	time.Sleep(s.write)
	return s.InmemStore.StoreLogs(l)
}

func (s *slowStore) Set(key, value []byte) error {
	time.Sleep(s.write)
	return s.InmemStore.Set(key, value)
}

func (s *slowStore) SetUint64(key []byte, value uint64) error {
	time.Sleep(s.write)
	return s.InmemStore.SetUint64(key, value)
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
