package bench

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// inflict does a fault that must succeed.
func (f *faults) inflictNow(t *testing.T, asked configs.TimedFault) *inflicted {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	one, err := f.do(ctx, asked)
	if err != nil {
		for _, e := range f.events.all() {
			if e.Kind == results.EventRole || e.Kind == results.EventFault || e.Kind == results.EventBallot {
				t.Logf("%.3f %+v", float64(e.AtNS-f.events.all()[0].AtNS)/1e9, e)
			}
		}
		t.Fatal(err)
	}
	return one
}

// mend undoes one.
func (f *faults) mend(t *testing.T, one *inflicted) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := f.undo(ctx, one); err != nil {
		t.Fatal(err)
	}
}

// leader is the member that leads.
func (f *faults) leader(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	id, err := f.awaitLeader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// writes tells how long a write to one member takes; false where it is not
// acknowledged in time.
func writes(t *testing.T, s System, id string, within time.Duration) (time.Duration, bool) {
	t.Helper()
	for _, server := range s.Servers() {
		if server.ID != id {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), within)
		defer cancel()
		c, err := server.Dial(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close() //nolint:errcheck // the answer is all that is wanted
		began := clock.Now()
		_, err = c.Put(ctx, "k", []byte("0123456789abcdef"))
		return time.Duration(clock.Now() - began), err == nil
	}
	t.Fatalf("no server %s", id)
	return 0, false
}

// fastest of five writes to the leader: what a busy host adds, none of them has all
// of.
func (f *faults) fastest(t *testing.T, s System) time.Duration {
	t.Helper()
	least, acks := time.Duration(0), 0
	f.settles(t, func() bool {
		took, acked := writes(t, s, f.leader(t), 10*time.Second)
		if acked && (acks == 0 || took < least) {
			least = took
		}
		if acked {
			acks++
		}
		return acks == 5
	}, "five writes")
	return least
}

// written waits until a write is acknowledged by somebody, as after an election.
func (f *faults) written(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		one, end := context.WithTimeout(ctx, 500*time.Millisecond)
		_, err := f.router.Put(one, "k", []byte("0123456789abcdef"))
		end()
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatal("no write was acknowledged:", err)
		}
	}
}

// hung is how long a write is waited for that must not be acknowledged.
const hung = 400 * time.Millisecond

const onDisks = `
nodes: 3
network: {profile: none}
storage: {sync: 1ms}
raft: {heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms}
workload: {load: {mode: calm}, calm: {rate: 100/s, duration: 1s}}
faults: [{at: 100ms, action: kill, target: leader}]
`

// A stalled disk and a deadlock of the leader let no write through though its
// process lives and answers. A slow disk makes every write wait for its syncs. A full
// one of the leader moves leadership, one of a follower nothing, and neither is a
// fault of the host; it dies of it where raft has to store its term.
func TestDisksAndDeadlocksOfOneNode(t *testing.T) {
	c, f := harmed(t, onDisks)
	for _, action := range []string{"disk-stall", "deadlock"} {
		f.written(t)
		one := f.inflictNow(t, configs.TimedFault{Action: action, Target: configs.Leader})
		// On a busy host another may be elected, and take the write.
		if _, acked := writes(t, c, one.Leader, hung); acked && f.leader(t) == one.Leader {
			t.Errorf("%s of the leader %s: a write was acknowledged", action, one.Leader)
		}
		if _, err := member(c, one.Leader).Counters(t.Context()); err != nil {
			t.Errorf("%s of the leader: it does not answer: %v", action, err)
		}
		f.mend(t, one)
		f.written(t)
		if one.Nodes[0] != one.Leader || one.Alive != 3 || one.Term == 0 || one.AtNS == 0 || one.DoneNS < one.AtNS || one.EndNS <= one.DoneNS {
			t.Errorf("%s is on record as %+v", action, one.Fault)
		}
	}

	const sync = 25 * time.Millisecond
	slow := f.inflictNow(t, configs.TimedFault{Action: "disk-slow", Target: configs.Everybody, Sync: sync})
	// The leader stores an entry before the followers do, each with two syncs.
	if took := f.fastest(t, c); took < 4*sync {
		t.Errorf("a write took %v with %v more a sync; want at least four of them", took, sync)
	}
	f.mend(t, slow)

	for _, target := range []string{configs.Follower, configs.Leader} {
		f.written(t)
		one := f.inflictNow(t, configs.TimedFault{Action: "disk-full", Target: target})
		victim := one.members[0]
		was, _ := victim.Counters(t.Context())
		for range 5 {
			f.written(t)
		}
		if now, err := victim.Counters(t.Context()); err == nil && now.LastIndex > was.LastIndex+1 {
			t.Errorf("disk-full of the %s: its log went on from %d to %d", target, was.LastIndex, now.LastIndex)
		}
		if target == configs.Leader && f.leader(t) == victim.ID() {
			t.Errorf("%s still leads, with a full disk", victim.ID())
		}
		if target == configs.Leader {
			f.settles(t, func() bool { return f.died(victim.ID()) }, "the death of one that cannot store its term")
		}
		f.mend(t, one)
		if err := c.Health(); err != nil {
			t.Errorf("disk-full of the %s, which was asked for: %v", target, err)
		}
		if target == configs.Leader && !victim.Alive() {
			t.Errorf("%s, which died of its full disk, does not live after the end", victim.ID())
		}
	}
	f.endAndAgree(t, c)
}

// died tells whether a member's death is on record.
func (f *faults) died(id string) bool {
	return slices.ContainsFunc(f.events.all(), func(e results.Event) bool { return e.Kind == results.EventDeath && e.Node == id })
}

const acrossLinks = `
nodes: 5
network: {profile: none}
storage: {store: inmem}
raft: {heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms}
workload: {load: {mode: calm}, calm: {rate: 100/s, duration: 1s}}
faults: [{at: 100ms, action: message-faults, target: all, messages: {drop: 1%}}]
`

// OmniPaxos' partitions as raft with a lease and pre-vote takes them: in quorum-loss
// the hub is elected; in constrained-election nobody can be; in chained writes go on.
// A leader that can send only, or receive only, is replaced. Slow links and lost messages are felt by a write, and
// all of it ends when it is undone.
func TestPartitionsAreWhatTheyAreCalled(t *testing.T) {
	c, f := harmed(t, acrossLinks)
	for action, wants := range map[string]func(one *inflicted, hub string) bool{
		"quorum-loss":  func(_ *inflicted, hub string) bool { return f.leader(t) == hub },
		"chained":      func(*inflicted, string) bool { return true }, // whoever leads then, writes go on
		"send-only":    func(one *inflicted, _ string) bool { return f.leader(t) != one.Leader },
		"receive-only": func(one *inflicted, _ string) bool { return f.leader(t) != one.Leader },
	} {
		f.written(t)
		f.agree(t, c) // the hub must not be behind, or nobody can be elected
		one := f.inflictNow(t, configs.TimedFault{Action: action, Target: configs.Leader})
		f.settles(t, func() bool { return wants(one, f.opposite(one).ID()) }, action)
		f.written(t)
		f.mend(t, one)
	}

	f.written(t)
	load, stop := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for load.Err() == nil {
			one, end := context.WithTimeout(load, 100*time.Millisecond)
			_, _ = f.router.Put(one, "k", []byte("0123456789abcdef"))
			end()
		}
	})
	one := f.inflictNow(t, configs.TimedFault{Action: "constrained-election"})
	time.Sleep(time.Second) // some six elections
	if i := slices.IndexFunc(f.events.all(), func(e results.Event) bool {
		return e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS > one.DoneNS
	}); i >= 0 {
		t.Errorf("constrained-election: %s was elected, want nobody", f.events.all()[i].Node)
	}
	stop()
	writing.Wait()
	f.mend(t, one)
	f.written(t)

	const delay = 10 * time.Millisecond
	slow := f.inflictNow(t, configs.TimedFault{Action: "slow", Target: configs.Everybody, Link: configs.FaultLink{Delay: configs.Duration(delay)}})
	if took := f.fastest(t, c); took < 2*delay {
		t.Errorf("a write over links of %v took %v, want a round trip at least", delay, took)
	}
	f.mend(t, slow)
	lost := f.inflictNow(t, configs.TimedFault{Action: configs.MessageFaults, Target: configs.Everybody, Messages: &control.MessageFaults{Drop: 1}})
	if _, acked := writes(t, c, "n1", hung); acked {
		t.Error("a write was acknowledged though all messages are lost")
	}
	f.mend(t, lost)
	f.endAndAgree(t, c)
}

// settles waits until something holds.
func (f *faults) settles(t *testing.T, holds func() bool, what string) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !holds() {
		time.Sleep(5 * time.Millisecond)
		if time.Now().After(deadline) {
			t.Fatal(what, "never came to what it is to come to")
		}
	}
}

// endAndAgree undoes all, and waits until all members follow one leader.
func (f *faults) endAndAgree(t *testing.T, c *ownCluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := f.undoAll(ctx); err != nil {
		t.Fatal(err)
	}
	f.agree(t, c)
}

// agree waits until all members follow one leader and have applied what it has.
func (f *faults) agree(t *testing.T, c *ownCluster) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	leader, err := c.Leader(ctx)
	if err != nil {
		t.Fatal(err)
	}
	at, err := member(c, leader).Counters(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range c.Members() {
		for {
			now, err := m.Counters(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if now.Applied >= at.LastIndex {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
}
