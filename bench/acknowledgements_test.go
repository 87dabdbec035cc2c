package bench

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// A write that was sent before a kill proves nothing when it is acknowledged
// after it.
func TestOnlyWritesSentAfterTheMarkCount(t *testing.T) {
	var a acknowledgements
	m := a.mark(100)
	a.add(witnessed{"n1", 90, 150, nil})  // sent before, acknowledged after
	a.add(witnessed{"n1", 100, 160, nil}) // sent at the very instant
	if m.count() != 0 || m.first() != 0 {
		t.Fatalf("got %d writes, first at %d; want none", m.count(), m.first())
	}
	a.add(witnessed{"n1", 101, 170, nil})
	a.add(witnessed{"n1", 140, 180, nil})
	if m.count() != 2 || m.first() != 170 {
		t.Errorf("got %d writes, first at %d; want 2, first at 170", m.count(), m.first())
	}
	if later := a.mark(200); later.count() != 0 {
		t.Errorf("a new mark counts %d writes of before it", later.count())
	}
}

// What became of the writes is told member by member, up to the next fault.
func TestWritesAreCountedByMemberUntilTheNextFault(t *testing.T) {
	var a acknowledgements
	m := a.mark(100)
	a.add(witnessed{"n2", 110, 120, fmt.Errorf("no leader: %w", loadgen.ErrRejected)})
	a.add(witnessed{"n2", 120, 190, errors.New("deadline")})
	a.add(witnessed{"n2", 130, 150, nil})
	m.close(200)
	a.add(witnessed{"n2", 199, 260, nil}) // sent in time
	a.add(witnessed{"n2", 200, 210, nil})
	want := []results.Probe{{Node: "n1"}, {Node: "n2", FirstAckNS: 50, Acked: 2, Failed: 1, Unknown: 1}}
	if diff := cmp.Diff(want, m.seen([]Member{memberCalled("n1"), memberCalled("n2")})); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if m.count() != 3 {
		t.Errorf("%d writes acknowledged in all, want 3: what a proof waits for has no end", m.count())
	}
}

// Of a kill it is known only afterwards when it was done, and when the killed were dead.
// What was sent before that and acknowledged is no sign that writes went on.
func TestOnlyWritesSentToTheLivingEndAnOutage(t *testing.T) {
	var a acknowledgements
	m := a.begin()
	a.add(witnessed{"n1", 95, 96, nil})   // before the kill
	a.add(witnessed{"n2", 105, 106, nil}) // before it was dead
	m.settle(instants{100, 110})
	a.add(witnessed{"n2", 109, 112, nil}) // sent before, acknowledged after
	if m.count() != 0 || m.first() != 0 {
		t.Errorf("got %d writes, first at %d; want none", m.count(), m.first())
	}
	a.add(witnessed{"n2", 120, 150, nil})
	a.add(witnessed{"n2", 119, 140, nil})
	want := []results.Probe{{Node: "n2", FirstAckNS: 40, Acked: 4}}
	if diff := cmp.Diff(want, m.seen([]Member{memberCalled("n2")})); diff != "" || m.count() != 2 || m.first() != 140 {
		t.Errorf("%d writes, the first at %d, want 2, at 140; -want +got\n%s", m.count(), m.first(), diff)
	}
}

// memberCalled is a member of which nothing but its name is asked.
func memberCalled(id string) Member { return named{id: id} }

type named struct {
	*cluster.Member
	id string
}

func (n named) ID() string { return n.id }
