package metamorphic

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/history"
)

// modelEnd plays a program over the model, one client after the other.
func modelEnd(t *testing.T, p program, guarded bool) end {
	t.Helper()
	m := newModel()
	e, err := playOver(t.Context(), m, p, guarded)
	if err != nil {
		t.Fatal(err)
	}
	e.replicas = []replica{m.replica()}
	return e
}

func playOver(ctx context.Context, at endpoint, p program, guarded bool) (e end, err error) {
	for c, ops := range p {
		player := newPlayer(c, at, guarded)
		if err := player.play(ctx, ops); err != nil {
			return e, err
		}
		e.answers = append(e.answers, player.answers)
	}
	return e, nil
}

// flaky is a model behind a network that loses answers and calls, refuses some, and
// delivers others late: at any time, in any order.
type flaky struct {
	*model
	rng      *rand.Rand
	late     []history.Call
	unknowns int
}

func (f *flaky) do(ctx context.Context, node int, call history.Call) history.Return {
	for len(f.late) > 0 && f.rng.IntN(6) == 0 {
		i := f.rng.IntN(len(f.late))
		f.model.do(ctx, node, f.late[i])
		f.late = append(f.late[:i], f.late[i+1:]...)
	}
	x := f.rng.IntN(10)
	if x < 3 {
		f.unknowns++
	}
	switch x {
	case 0: // the answer is lost
		f.model.do(ctx, node, call)
		return history.Return{Outcome: history.Unknown}
	case 1:
		f.late = append(f.late, call)
		return history.Return{Outcome: history.Unknown}
	case 2: // the call is lost
		return history.Return{Outcome: history.Unknown}
	case 3:
		return history.Return{Outcome: history.Rejected}
	}
	return f.model.do(ctx, node, call)
}

func newFlaky(seed uint64) *flaky {
	return &flaky{model: newModel(), rng: rand.New(rand.NewPCG(seed, 1))}
}

const (
	manySeeds  = 300
	pureLength = 200
)

// TestNoLostAnswerChangesTheEnd: what a guarded player comes to does not depend on what
// becomes of its calls, revisions and all.
func TestNoLostAnswerChangesTheEnd(t *testing.T) {
	unknowns := 0
	for seed := range int64(manySeeds) {
		p := draw(seed, 1, pureLength)
		f := newFlaky(uint64(seed))
		got, err := playOver(t.Context(), f, p, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range f.late { // in the very end, too
			f.model.do(t.Context(), 0, call)
		}
		got.replicas = []replica{f.replica()}
		if diff := modelEnd(t, p, true).differs(got, exactly); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		unknowns += f.unknowns
	}
	if unknowns < manySeeds {
		t.Errorf("got %d unknown outcomes in %d plays, want many", unknowns, manySeeds)
	}
}

// TestTheEndDoesNotDependOnHowItIsPut: guarded or not, a program means the same.
func TestTheEndDoesNotDependOnHowItIsPut(t *testing.T) {
	for seed := range int64(manySeeds) {
		p := draw(seed, 2, pureLength)
		if diff := modelEnd(t, p, false).differs(modelEnd(t, p, true), logically); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
	}
}

// noTurns takes the turn out of what is compared.
type noTurns struct{ *flaky }

func (n noTurns) do(ctx context.Context, node int, call history.Call) history.Return {
	var kept []history.Compare
	for _, c := range call.Compares {
		if !strings.HasSuffix(c.Key, "/turn") {
			kept = append(kept, c)
		}
	}
	call.Compares = kept
	return n.flaky.do(ctx, node, call)
}

// TestWithoutTurnsLateWritesAreSeen: what the turns are for, and that the comparison
// finds it.
func TestWithoutTurnsLateWritesAreSeen(t *testing.T) {
	for seed := range int64(20) {
		p := draw(seed, 1, pureLength)
		f := noTurns{newFlaky(uint64(seed))}
		got, err := playOver(t.Context(), f, p, true)
		if err != nil {
			t.Fatal(err)
		}
		got.replicas = []replica{f.replica()}
		if diff := modelEnd(t, p, true).differs(got, logically); diff == "" {
			t.Errorf("seed %d: nothing differs", seed)
		}
	}
}

// dropping acknowledges one write and does not do it.
type dropping struct {
	endpoint
	after int // so many others
}

func (d *dropping) do(ctx context.Context, node int, call history.Call) history.Return {
	if len(call.Writes) > 0 {
		d.after--
	}
	if d.after != -1 || len(call.Writes) == 0 {
		return d.endpoint.do(ctx, node, call)
	}
	d.after--
	read := d.endpoint.do(ctx, node, history.Call{Client: call.Client, Kind: history.Txn, Reads: append([]string{call.Writes[0].Key}, call.Reads...)})
	read.Read = read.Read[1:]
	read.Succeeded, read.Revision = true, read.Revision+1
	return read
}

// TestADroppedWriteIsSeen wherever in the program it is, however it is put.
func TestADroppedWriteIsSeen(t *testing.T) {
	for seed := range int64(manySeeds) {
		p, m := draw(seed, 1, pureLength), newModel()
		guarded := seed%2 == 0
		got, err := playOver(t.Context(), &dropping{m, int(seed) % (pureLength / 3)}, p, guarded)
		if err != nil {
			t.Fatal(err)
		}
		got.replicas = []replica{m.replica()}
		if diff := modelEnd(t, p, guarded).differs(got, exactly); diff == "" {
			t.Errorf("seed %d: nothing differs", seed)
		}
	}
}

// TestUnguardedNothingIsGuessed: an unknown outcome ends the play.
func TestUnguardedNothingIsGuessed(t *testing.T) {
	if _, err := playOver(t.Context(), newFlaky(1), draw(1, 1, pureLength), false); !errors.Is(err, errUndecided) {
		t.Errorf("got %v, want that it is undecided", err)
	}
}

func TestReplicasThatDifferAreNamed(t *testing.T) {
	m := newModel()
	if _, err := playOver(t.Context(), m, draw(1, 1, pureLength), false); err != nil {
		t.Fatal(err)
	}
	whole := m.replica()
	whole.node = "n1"
	part := whole
	part.node, part.keys = "n2", whole.keys[1:]
	want := "key " + whole.keys[0].Key + " on n2: got no such key"
	if diff := (end{replicas: []replica{whole}}).differs(end{replicas: []replica{whole, part}}, exactly); !strings.HasPrefix(diff, want) {
		t.Errorf("got %q, want %q …", diff, want)
	}
	other := whole
	other.node, other.hash = "n2", whole.hash+1
	if diff := (end{replicas: []replica{whole}}).differs(end{replicas: []replica{whole, other}}, exactly); !strings.HasPrefix(diff, "hash of n2") {
		t.Errorf("got %q, want the hash of n2", diff)
	}
}
