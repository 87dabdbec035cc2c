package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
)

func connect(t *testing.T, m *Member) *client.Client {
	t.Helper()
	c, err := client.Dial(within(t, 10*time.Second), m.Listen().Client, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func leaderOf(t *testing.T, c *Cluster) *Member {
	t.Helper()
	m, _, err := c.Leader(within(t, 15*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A killed node comes back at its old ports with all that was acknowledged.
func TestKillAndRestartKeepsData(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 3))
	leader := leaderOf(t, c)
	before := connect(t, leader)
	var last int64
	for i := range 20 {
		// On a busy host the leader may change meanwhile: what is rejected is put again.
		rev, err := before.Put(within(t, 10*time.Second), fmt.Sprintf("k%d", i), []byte("v"))
		for deadline := time.Now().Add(time.Minute); errors.Is(err, loadgen.ErrRejected) && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
			rev, err = before.Put(within(t, 10*time.Second), fmt.Sprintf("k%d", i), []byte("v"))
		}
		if err != nil {
			t.Fatal(err)
		}
		last = rev
	}

	leader = leaderOf(t, c)
	pid, at := leader.PID(), leader.Listen()
	earliest := clock.Now()
	killed, err := leader.Kill(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if killed < earliest || killed > clock.Now() {
		t.Errorf("killed at %d, wanted an instant since %d", killed, earliest)
	}
	if exists(pid) || leader.Alive() || leader.PID() != 0 {
		t.Errorf("process %d is not reaped", pid)
	}
	if _, err := leader.Kill(t.Context()); err == nil {
		t.Error("killed it twice")
	}
	if next := leaderOf(t, c); next == leader {
		t.Error("the dead still leads")
	}

	if err := leader.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if leader.Listen() != at {
		t.Errorf("listens at %+v, was at %+v", leader.Listen(), at)
	}
	if leader.PID() == pid || leader.PID() == 0 {
		t.Errorf("runs as %d, was %d", leader.PID(), pid)
	}
	if err := leader.Restart(t.Context()); err == nil {
		t.Error("restarted a running node")
	}
	leaderOf(t, c)
	after := connect(t, leader)
	caughtUp(t, leader, last)
	n := 0
	if err := after.Scan(t.Context(), "k", func(client.KeyValue) error { n++; return nil }); err != nil || n != 20 {
		t.Errorf("%d of 20 keys are left (%v)", n, err)
	}
	hash, _, err := after.HashKV(t.Context(), last)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range c.Members() {
		caughtUp(t, m, last)
		if got, _, err := connect(t, m).HashKV(t.Context(), last); err != nil || got != hash {
			t.Errorf("%s hashes to %d, %s to %d (%v)", m.ID(), got, leader.ID(), hash, err)
		}
	}
	if err := c.Err(); err != nil {
		t.Errorf("a kill that was asked for counts as death: %v", err)
	}
}

// caughtUp waits until the member has applied this revision.
func caughtUp(t *testing.T, m *Member, revision int64) {
	t.Helper()
	for ctx := within(t, 10*time.Second); ; time.Sleep(5 * time.Millisecond) {
		s, err := m.Stats(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if s.Revision >= revision {
			return
		}
	}
}

// Where its old port is taken, a node moves, and the others find it.
func TestRestartElsewhere(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 3))
	leader := leaderOf(t, c)
	if _, err := leader.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := leader.Listen()
	squatter, err := net.Listen("tcp", old.Raft)
	if err != nil {
		t.Fatal(err)
	}
	defer squatter.Close() //nolint:errcheck // the test is over
	// It accepts and never says a word: whoever still calls there must give up
	// when the node is known to be elsewhere.
	if err := leader.Restart(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
	if leader.Listen().Raft == old.Raft {
		t.Fatalf("claims to listen at %s, which is taken", old.Raft)
	}
	// It leads from its new address, which takes links both ways.
	if err := c.Transfer(within(t, 15*time.Second), leader.ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := connect(t, leader).Put(within(t, 10*time.Second), "k", []byte("v")); err != nil {
		t.Error(err)
	}
}

// A paused leader loses its place; resumed, it follows. What it missed of the
// others' addresses it is told.
func TestPauseAndResume(t *testing.T) {
	c := start(t, quickSpec(t, 3))
	leader := leaderOf(t, c)
	if err := leader.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	if is, err := stopped(leader.PID()); !is || err != nil {
		t.Errorf("not stopped (%v)", err)
	}
	if !leader.Alive() {
		t.Error("a paused node is alive")
	}
	if _, err := leader.Stats(within(t, 50*time.Millisecond)); err == nil {
		t.Error("a paused node answered")
	}
	next := leaderOf(t, c)
	if next == leader {
		t.Error("the paused still leads")
	}
	if _, err := next.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := next.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := leader.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if is, _ := stopped(leader.PID()); is {
		t.Error("still stopped")
	}
	leaderOf(t, c)
	if err := leader.Resume(t.Context()); err != nil {
		t.Errorf("resumed twice: %v", err)
	}
}

// What a paused node missed of the others' addresses it is told when it is
// resumed, once.
func TestResumedNodeIsToldAddresses(t *testing.T) {
	spec := quickSpec(t, 2)
	spec.Start = fake(map[string]string{"n1": sound, "n2": sound}, nil)
	c := start(t, spec)
	n1, n2 := c.Members()[0], c.Members()[1]
	told := func() uint64 {
		t.Helper()
		s, err := n2.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return s.Applied
	}
	steps := []struct {
		name string
		do   func(context.Context) error
		want uint64
	}{
		{"boot", func(context.Context) error { return nil }, 1},
		{"pause", n2.Pause, 0},
		{"kill", func(ctx context.Context) error { _, err := n1.Kill(ctx); return err }, 0},
		{"restart", n1.Restart, 0},
		{"resume", n2.Resume, 2},
		{"resume again", n2.Resume, 2},
	}
	for _, step := range steps {
		if err := step.do(t.Context()); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if step.want > 0 && told() != step.want {
			t.Errorf("%s: told %d times, wanted %d", step.name, told(), step.want)
		}
	}
}

// A paused node is resumed to be stopped, and can be killed as it is.
func TestHarmWhilePaused(t *testing.T) {
	c := start(t, quickSpec(t, 3))
	for i, m := range c.Members() {
		if i == 1 {
			continue
		}
		if err := m.Pause(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Members()[0].Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := c.Members()[2].process()
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.state.Pid() != 0 && !p.state.Exited() {
		t.Errorf("the paused node ended with %v, wanted it to have stopped by itself", p.state)
	}
}

// What a member used survives its processes.
func TestUsage(t *testing.T) {
	c := start(t, quickSpec(t, 1))
	m := c.Members()[0]
	put := connect(t, m)
	for range 50 {
		if _, err := put.Put(t.Context(), "k", make([]byte, 4096)); err != nil {
			t.Fatal(err)
		}
	}
	first, err := m.Usage()
	if err != nil {
		t.Fatal(err)
	}
	if first.CPU <= 0 || first.RSS <= 0 || first.Data < 50*4096 {
		t.Errorf("got %+v", first)
	}
	if first.CPU > time.Minute {
		t.Errorf("%v of CPU time in a test of seconds", first.CPU)
	}
	if _, err := m.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	dead, err := m.Usage()
	if err != nil || dead.CPU < first.CPU || dead.DiskWrite < first.DiskWrite || dead.Data < 50*4096 {
		t.Errorf("alive %+v, dead %+v (%v)", first, dead, err)
	}
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := m.Usage()
	if err != nil || again.CPU <= dead.CPU || again.DiskWrite < dead.DiskWrite {
		t.Errorf("dead %+v, restarted %+v (%v)", dead, again, err)
	}
}

// With the link to one follower cut, the leader of three still commits with the
// other; healed, all agree on a leader again.
func TestLinks(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 3))
	leader := leaderOf(t, c)
	put := connect(t, leader)
	other := c.Members()[0]
	if other == leader {
		other = c.Members()[1]
	}
	if err := leader.Links(t.Context(), control.Fault{Action: control.FaultCut, To: []string{other.ID()}}); err != nil {
		t.Fatal(err)
	}
	if _, err := put.Put(within(t, 10*time.Second), "k", nil); err != nil {
		t.Errorf("with one follower cut off: %v", err)
	}
	if err := leader.Links(t.Context(), control.Fault{Action: control.FaultHeal, Immediate: true}); err != nil {
		t.Fatal(err)
	}
	leaderOf(t, c)
}

func TestApply(t *testing.T) {
	c := start(t, quickSpec(t, 1))
	got, err := c.Members()[0].Apply(t.Context(), control.Apply{Writers: 2, ValueSize: 64, Duration: 100 * time.Millisecond})
	if err != nil || got.Writes == 0 || got.P50 <= 0 || got.P99 < got.P50 || got.Took < 100*time.Millisecond {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestKeepData(t *testing.T) {
	spec := quickSpec(t, 1)
	spec.KeepData = true
	c := start(t, spec)
	if err := c.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(c.Members()[0].DataDir()); err != nil || len(files) == 0 {
		t.Errorf("%d files are kept (%v)", len(files), err)
	}
	if err := RemoveStale(spec.Dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.Members()[0].DataDir()); err != nil {
		t.Errorf("data that was kept on purpose is no stale data: %v", err)
	}
}
