package node

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/raft"

	"github.com/raftbench/raftbench/control"
)

// TestAcknowledgedIsToldWhileItGrows: under load at most once in 50 ms, the last of
// it within 50 ms, and at rest nothing.
func TestAcknowledgedIsToldWhileItGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &heard{}
		a := &acknowledged{events: told, term: func() uint64 { return 3 }, changed: make(chan struct{}, 1)}
		ctx, cancel := context.WithCancel(t.Context())
		go reportGrowth(ctx, a.changed, a.report)
		for i := range uint64(1000) {
			a.note(i + 1)
			time.Sleep(time.Millisecond)
		}
		time.Sleep(reportEvery)
		synctest.Wait()
		got := told.of(control.EventAcked)
		if n := len(got); n < 19 || n > 22 || got[n-1].Index != 1000 || got[n-1].Term != 3 {
			t.Errorf("%d reports, the last %+v; want about one in 50 ms of a second, up to index 1000 in term 3", n, got[n-1])
		}
		a.note(900) // an answer that was overtaken
		time.Sleep(time.Hour)
		synctest.Wait()
		cancel()
		synctest.Wait()
		if n := len(told.of(control.EventAcked)); n != len(got) {
			t.Errorf("%d reports at rest, want none", n-len(got))
		}
	})
}

// TestALeaderTellsWhatItAcknowledged: when it hands over, all of it, in its own term;
// and the new leader, how far its log reaches.
func TestALeaderTellsWhatItAcknowledged(t *testing.T) {
	nodes, events := startHeard(t, 3, nil)
	leader, next := nodes[0], nodes[1]
	term := leader.raft.CurrentTerm()
	c := etcdClient(t, leader)
	for range 20 {
		if _, err := c.Put(bounded(t), "k", "v"); err != nil {
			t.Fatal(err)
		}
	}
	last := leader.raft.LastIndex()
	if err := leader.Transfer(next.opts.ID); err != nil {
		t.Fatal(err)
	}
	told := events[leader.opts.ID]
	eventually(t, "the leader tells what it acknowledged", func() bool {
		all := told.of(control.EventAcked)
		return len(all) > 0 && all[len(all)-1].Index == last
	})
	for _, e := range told.of(control.EventAcked) {
		if e.Term != term {
			t.Errorf("told %+v, want term %d", e, term)
		}
	}
	eventually(t, "the next leader tells how far its log reaches", func() bool {
		for _, e := range events[next.opts.ID].of(control.EventRole) {
			if e.State == raft.Leader.String() && e.Term > term && e.Index >= last {
				return true
			}
		}
		return false
	})
}

// TestTermsAreToldAsTheyAreStored: raft stores them from two goroutines.
func TestTermsAreToldAsTheyAreStored(t *testing.T) {
	slow := &slowToAnswer{InmemStore: raft.NewInmemStore(), stored: make(chan struct{})}
	var told []uint64
	d := &disk{backing: slow, faults: &diskFaults{}, onTerm: func(term uint64) { told = append(told, term) }}
	first := make(chan error)
	go func() { first <- d.SetUint64([]byte(currentTerm), 5) }()
	<-slow.stored
	if err := d.SetUint64([]byte(currentTerm), 4); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	if len(told) != 2 || told[0] != 5 || told[1] != 4 {
		t.Errorf("told %d, want 5 and then 4", told)
	}
}

// slowToAnswer answers a while after it has stored term 5.
type slowToAnswer struct {
	*raft.InmemStore
	stored chan struct{}
}

func (s *slowToAnswer) SetUint64(key []byte, value uint64) error {
	err := s.InmemStore.SetUint64(key, value)
	if value == 5 {
		close(s.stored)
		time.Sleep(20 * time.Millisecond)
	}
	return err
}
