package cluster

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// ownLinks does a fault to every link from a member. A cut of these isolates
// it: nobody can finish a dial to it.
func ownLinks(t *testing.T, m *Member, action control.FaultAction) {
	t.Helper()
	if err := m.Links(t.Context(), control.Fault{Action: action, Immediate: true}); err != nil {
		t.Fatal(err)
	}
}

// othersLinks does a fault to every link to a member.
func othersLinks(t *testing.T, c *Cluster, m *Member, action control.FaultAction) {
	t.Helper()
	f := control.Fault{Action: action, To: []string{m.ID()}, Immediate: true}
	for _, other := range c.Members() {
		if other == m {
			continue
		}
		if err := other.Links(t.Context(), f); err != nil {
			t.Fatal(err)
		}
	}
}

// alone waits until a member that was restarted stands for election, which
// one that hears of a leader never does, and checks that it knows nothing.
func alone(t *testing.T, m *Member, missing int64) {
	t.Helper()
	for ctx := within(t, 10*time.Second); ; time.Sleep(5 * time.Millisecond) {
		s, err := m.Stats(ctx)
		if err != nil {
			t.Fatalf("%s never stood for election, so it is not isolated: %v", m.ID(), err)
		}
		if s.Leader != "" || s.Revision >= missing {
			t.Fatalf("isolated, %s knows the leader %q and revision %d (%d was written without it)", m.ID(), s.Leader, s.Revision, missing)
		}
		if s.State == "Candidate" {
			break
		}
	}
	if _, err := connect(t, m).Put(within(t, 10*time.Second), "k", nil); err == nil {
		t.Errorf("isolated, %s forwarded a write", m.ID())
	}
}

func restart(t *testing.T, m *Member) {
	t.Helper()
	if m.Alive() {
		if _, err := m.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Restart(within(t, 15*time.Second)); err != nil {
		t.Fatal(err)
	}
}

func written(t *testing.T, m *Member) int64 {
	t.Helper()
	revision, err := connect(t, m).Put(within(t, 10*time.Second), "k", []byte("v"))
	if err != nil {
		t.Fatal(err)
	}
	return revision
}

// A partition is the network's: who is restarted inside one stays in it, from
// before its first word until it is healed, also when it was cut or healed
// while no process ran.
func TestPartitionOutlivesRestart(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 3))
	leader := leaderOf(t, c)
	lone := c.Members()[0]
	if lone == leader {
		lone = c.Members()[1]
	}
	ownLinks(t, lone, control.FaultCut)
	if _, err := lone.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	missed := written(t, leader)
	restart(t, lone)
	alone(t, lone, missed)
	ownLinks(t, lone, control.FaultHeal)
	caughtUp(t, lone, missed)

	if _, err := lone.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	ownLinks(t, lone, control.FaultCut)
	othersLinks(t, c, lone, control.FaultCut)
	missed = written(t, leaderOf(t, c))
	restart(t, lone)
	alone(t, lone, missed)

	if _, err := lone.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	ownLinks(t, lone, control.FaultHeal)
	othersLinks(t, c, lone, control.FaultHeal)
	restart(t, lone)
	caughtUp(t, lone, missed)
}

// A shape that replaced another is still there after a restart: the far end
// is told its delay.
func TestShapeOutlivesRestart(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 2)) // whoever leads, they talk
	n1, n2 := c.Members()[0], c.Members()[1]
	const want = 3 * time.Millisecond
	f := control.Fault{Action: control.FaultShape, To: []string{"n1"}, Shape: netem.Shape{Delay: want}}
	if err := n2.Links(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	restart(t, n2)
	restart(t, n1) // it forgets what it was told before
	for ctx := within(t, 10*time.Second); ; time.Sleep(5 * time.Millisecond) {
		s, err := n1.Stats(ctx)
		if err != nil {
			t.Fatalf("n2→n1 never said that it takes %v: %v", want, err)
		}
		if slices.ContainsFunc(s.Links, func(l control.LinkStats) bool { return l.From == "n2" && l.Asked == want }) {
			break
		}
	}
}

// fakeCuts is what a fake node believes to be cut.
func fakeCuts(t *testing.T, m *Member) []string {
	t.Helper()
	s, err := m.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var cut []string
	for _, l := range s.Links {
		if l.From == fakeCut {
			cut = append(cut, l.To)
		}
	}
	return cut
}

// Whatever falls beside a restart is in force behind it, in the order in
// which it was done.
func TestLinksBesideRestarts(t *testing.T) {
	spec := quickSpec(t, 2)
	spec.Start = fake(map[string]string{"n1": sound, "n2": startsSlowly}, nil)
	c := start(t, spec)
	n2 := c.Members()[1]
	for round := range 20 {
		if _, err := n2.Kill(t.Context()); err != nil {
			t.Fatal(err)
		}
		last := []control.FaultAction{control.FaultCut, control.FaultHeal}[round%2]
		first := []control.FaultAction{control.FaultHeal, control.FaultCut}[round%2]
		var both errgroup.Group
		both.Go(func() error { return n2.Restart(within(t, 15*time.Second)) })
		both.Go(func() error {
			time.Sleep(time.Duration(round) * time.Millisecond) // anywhere in the start
			return errors.Join(n2.Links(t.Context(), control.Fault{Action: first}), n2.Links(t.Context(), control.Fault{Action: last}))
		})
		if err := both.Wait(); err != nil {
			t.Fatal(err)
		}
		if cut := fakeCuts(t, n2); slices.Equal(cut, []string{"n1"}) != (last == control.FaultCut) {
			t.Errorf("round %d: %v is cut behind a %s", round, cut, last)
		}
	}
}

// Nobody waits for a paused node's answer: it does what it was told before it
// is resumed in the launcher's eyes, or leaves it to its successor.
func TestLinksOfThePaused(t *testing.T) {
	spec := quickSpec(t, 2)
	spec.Start = fake(map[string]string{"n1": sound, "n2": sound}, nil)
	c := start(t, spec)
	n2 := c.Members()[1]
	resumed := func(ctx context.Context) error { return n2.Resume(ctx) }
	replaced := func(context.Context) error { restart(t, n2); return nil }
	for name, goOn := range map[string]func(context.Context) error{"resumed": resumed, "killed": replaced} {
		for _, action := range []control.FaultAction{control.FaultCut, control.FaultHeal} {
			if err := n2.Pause(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := n2.Links(within(t, 10*time.Second), control.Fault{Action: action}); err != nil {
				t.Fatalf("%s of a paused node's links: %v", action, err)
			}
			if err := goOn(t.Context()); err != nil {
				t.Fatal(err)
			}
			if cut := fakeCuts(t, n2); slices.Equal(cut, []string{"n1"}) != (action == control.FaultCut) {
				t.Errorf("%s: %v is cut behind a %s", name, cut, action)
			}
		}
	}
}

func TestWhatStandsIsHandedOver(t *testing.T) {
	was := control.Options{ID: "n1", Links: map[string]netem.Shape{"n2": {Delay: 1}, "n3": {Delay: 1}}, Cut: []string{"n4"}}
	s := newNetworkState(was)
	for _, f := range []control.Fault{
		{Action: control.FaultCut, To: []string{"n3", "n2"}},
		{Action: control.FaultReset, To: []string{"n4"}},
		{Action: control.FaultShape, To: []string{"n2", control.ClientLink}, Shape: netem.Shape{Delay: 7}},
		{Action: control.FaultHeal, To: []string{"n2"}},
	} {
		s.add(f)
	}
	got := s.handOver(was)
	if !slices.Equal(got.Cut, []string{"n3", "n4"}) {
		t.Errorf("cut are %v, wanted n3 and n4", got.Cut)
	}
	if l := got.Links; len(l) != 3 || l["n2"].Delay != 7 || l["n3"].Delay != 1 || l[control.ClientLink].Delay != 7 {
		t.Errorf("links are %v", l)
	}
	if len(was.Links) != 2 || was.Links["n2"].Delay != 1 {
		t.Errorf("the options themselves were changed: %v", was.Links)
	}
}

// What no node would do is refused, whether one runs or not, and not kept.
func TestBadFaultIsRefused(t *testing.T) {
	spec := quickSpec(t, 2)
	spec.Start = fake(map[string]string{"n1": sound, "n2": sound}, nil)
	c := start(t, spec)
	m := c.Members()[1]
	for range 2 {
		for _, f := range []control.Fault{
			{Action: "flood"}, {Action: control.FaultShape, Shape: netem.Shape{Delay: -1}},
		} {
			if err := m.Links(t.Context(), f); err == nil {
				t.Errorf("%+v was done", f)
			}
		}
		if _, err := m.Kill(t.Context()); err != nil && m.Alive() {
			t.Fatal(err)
		}
	}
	if len(m.network.cut)+len(m.network.shapes) > 0 {
		t.Errorf("%+v stands", m.network)
	}
}
