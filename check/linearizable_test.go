package check

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"pgregory.net/rapid"

	"github.com/raftbench/raftbench/loadgen"
)

func unknownPut(value string, sent, done int) *loadgen.Op {
	op := timed(loadgen.Put, value, 0, sent, done)
	op.Err = errors.New("deadline")
	return op
}

func judge(ops ...*loadgen.Op) Linearizability {
	h := NewHistory("k/", 0, 0)
	for _, op := range ops {
		h.Observe(op)
	}
	return h.Linearizable(5 * time.Second)
}

func TestRegisterHistories(t *testing.T) {
	put, get := loadgen.Put, loadgen.Get
	cases := map[string]struct {
		ops  []*loadgen.Op
		want Answer
	}{
		"nothing":        {nil, Holds},
		"write and read": {[]*loadgen.Op{timed(get, "", 0, 0, 1), timed(put, "a", 1, 2, 3), timed(get, "a", 1, 4, 5)}, Holds},
		"concurrent write seen early, then late": {[]*loadgen.Op{
			timed(put, "a", 1, 0, 10), timed(get, "", 0, 1, 2), timed(get, "a", 1, 3, 4)}, Holds},
		"seen, then unseen": {[]*loadgen.Op{
			timed(put, "a", 1, 0, 10), timed(get, "a", 1, 1, 2), timed(get, "", 0, 3, 4)}, Violated},
		"acknowledged, then unseen": {[]*loadgen.Op{timed(put, "a", 1, 0, 1), timed(get, "", 0, 2, 3)}, Violated},
		"overwritten, then back": {[]*loadgen.Op{
			timed(put, "a", 1, 0, 1), timed(put, "b", 2, 2, 3), timed(get, "a", 1, 4, 5)}, Violated},
		"a value from nowhere": {[]*loadgen.Op{timed(put, "a", 1, 0, 1), timed(get, "z", 2, 2, 3)}, Violated},
		"a write of unknown outcome, never seen": {[]*loadgen.Op{
			timed(put, "a", 1, 0, 1), unknownPut("b", 2, 3), timed(get, "a", 1, 4, 5)}, Holds},
		"a write of unknown outcome, seen long after its deadline": {[]*loadgen.Op{
			timed(put, "a", 1, 0, 1), unknownPut("b", 2, 3), timed(get, "a", 1, 4, 5), timed(get, "b", 2, 90, 91)}, Holds},
		"a write of unknown outcome, seen before it was sent": {[]*loadgen.Op{
			timed(get, "b", 2, 0, 1), unknownPut("b", 2, 3)}, Violated},
		"a write of unknown outcome, seen and then gone": {[]*loadgen.Op{
			timed(put, "a", 1, 0, 1), unknownPut("b", 2, 3), timed(get, "b", 2, 4, 5), timed(get, "a", 1, 6, 7)}, Violated},
		"revisions against real time": {[]*loadgen.Op{timed(put, "a", 2, 0, 1), timed(put, "b", 1, 2, 3)}, Violated},
		"a server without revisions":  {[]*loadgen.Op{timed(put, "a", 0, 0, 1), timed(put, "b", 0, 2, 3), timed(get, "b", 0, 4, 5)}, Holds},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := judge(c.ops...); got.Answer != c.want {
				t.Errorf("got %s, want %s: %v", got.Answer, c.want, got.Findings)
			}
		})
	}
}

func TestAViolationIsReadable(t *testing.T) {
	v := judge(timed(loadgen.Put, "a", 1, 0, 1), timed(loadgen.Put, "b", 2, 2, 3), timed(loadgen.Get, "a", 1, 4, 5))
	if len(v.Findings) != 1 {
		t.Fatalf("findings %v", v.Findings)
	}
	text := line(v.Findings[0])
	for _, want := range []string{`linearizable: k/a: got read of value #`, "at revision 1 between", "want an order of the 3 operations"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	var page bytes.Buffer
	if err := v.Visualize(&page); err != nil || !strings.Contains(page.String(), "<html") {
		t.Errorf("error %v, a page of %d bytes", err, page.Len())
	}
}

func TestSerializableAndRejectedSayNothing(t *testing.T) {
	stale := timed(loadgen.Get, "", 0, 4, 5)
	stale.Serializable = true
	rejected := timed(loadgen.Put, "z", 0, 4, 5)
	rejected.Err = loadgen.ErrRejected
	failed := timed(loadgen.Get, "", 0, 4, 5)
	failed.Err = errors.New("deadline")
	outside := timed(loadgen.Get, "", 0, 4, 5)
	outside.Key = "other"
	if v := judge(timed(loadgen.Put, "a", 1, 0, 1), stale, rejected, failed, outside); v.Answer != Holds || v.Operations != 1 {
		t.Errorf("%s over %d operations, want ok over 1", v.Answer, v.Operations)
	}
}

// simulate a register with concurrent clients: each operation takes effect at
// one instant between its sending and its answer. Nothing it says can be
// violated, however it is sampled and cut.
func simulate(rng *rand.Rand, n int) []*loadgen.Op {
	var ops []*loadgen.Op
	instants := map[int][]*loadgen.Op{}
	for i := range n {
		sent := i * 3
		at := sent + 1 + rng.IntN(20)
		op := timed(loadgen.Get, "", 0, sent, at+1+rng.IntN(20))
		if rng.IntN(2) == 0 {
			op = timed(loadgen.Put, fmt.Sprint("v", i), 0, sent, at+1+rng.IntN(20))
		}
		instants[at] = append(instants[at], op)
		ops = append(ops, op)
	}
	value, revision := "", int64(0)
	for at := range n*3 + 25 {
		for _, op := range instants[at] {
			if op.Kind == loadgen.Get {
				op.Value, op.Revision = []byte(value), revision
				continue
			}
			revision++
			value, op.Revision = string(op.Value), revision
			if rng.IntN(10) == 0 { // it took effect and its answer was lost
				op.Err, op.Revision = errors.New("deadline"), 0
				op.Done = op.Sent + time.Millisecond
			}
		}
	}
	return ops
}

// observed shows operations about in the order of their answers, as many
// goroutines do.
func observed(h *History, rng *rand.Rand, ops []*loadgen.Op) {
	order := make(map[*loadgen.Op]time.Duration)
	for _, op := range ops {
		order[op] = op.Done + time.Duration(rng.IntN(10))*time.Millisecond
	}
	ops = slices.SortedFunc(maps.Keys(order), func(a, b *loadgen.Op) int { return cmp.Compare(order[a], order[b]) })
	for _, op := range ops {
		h.Observe(op)
	}
}

func TestATrueRegisterIsNeverObjectedTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		h := NewHistory("k/", 1, rapid.IntRange(1, 120).Draw(t, "cut after"))
		observed(h, rng, simulate(rng, 60))
		if v := h.Linearizable(5 * time.Second); v.Answer != Holds {
			t.Fatalf("%s: %v", v.Answer, v.Findings)
		}
	})
}

// crowded is simulate with so many operations on the key at any time, as a stall of a
// whole cluster piles them up.
func crowded(rng *rand.Rand, n, atOnce int) []*loadgen.Op {
	type effect struct {
		at float64
		op *loadgen.Op
	}
	var effects []effect
	for i := range n {
		op := timed(loadgen.Get, "", 0, i, i)
		if rng.IntN(10) < 7 {
			op = timed(loadgen.Put, fmt.Sprint("v", i), 0, i, i)
		}
		at := float64(i) + rng.Float64()*float64(atOnce)
		op.Done = time.Duration((at + rng.Float64()*float64(atOnce)) * float64(time.Millisecond))
		effects = append(effects, effect{at, op})
	}
	slices.SortFunc(effects, func(a, b effect) int { return cmp.Compare(a.at, b.at) })
	value, revision := "", int64(0)
	ops := make([]*loadgen.Op, n)
	for i, e := range effects {
		if ops[i] = e.op; e.op.Kind == loadgen.Get {
			e.op.Value, e.op.Revision = []byte(value), revision
			continue
		}
		revision++
		value, e.op.Revision = string(e.op.Value), revision
	}
	return ops
}

// A proof's few keys have thousands of operations each, many at once. Their order
// is found, or that there is none, in a fraction of the time that there is.
func TestHotKeysAreDecided(t *testing.T) {
	for _, atOnce := range []int{1, 10, 100, 1000} {
		for _, stale := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(uint64(atOnce), 0))
			h := NewHistory("k/", 16, 8192)
			for key := range 16 {
				ops := crowded(rng, 2000, atOnce)
				if stale && key == 7 { // it was answered what it was before all that is known to be done
					late := timed(loadgen.Get, string(ops[100].Value), ops[100].Revision, 10_000, 10_001)
					ops = append(ops, late)
				}
				for _, op := range ops {
					op.Key = fmt.Sprintf("k/%d", key)
					h.Observe(op)
				}
			}
			began, want := time.Now(), Holds
			if stale {
				want = Violated
			}
			v := h.Linearizable(time.Minute)
			t.Logf("%d at once, stale %v: %s of %d in %v", atOnce, stale, v.Answer, v.Operations, time.Since(began))
			if v.Answer != want {
				t.Errorf("%d at once, stale %v: %s, %d undecided", atOnce, stale, v.Answer, v.UndecidedKeys)
			}
		}
	}
}

// Narrowing changes no answer: porcupine finds the same without it.
func TestNarrowingChangesNoAnswer(t *testing.T) {
	violated := 0
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		ops := simulate(rng, 25)
		for range rapid.IntRange(0, 2).Draw(t, "lies") {
			a, b := ops[rng.IntN(len(ops))], ops[rng.IntN(len(ops))]
			switch rapid.SampledFrom([]string{"revision", "answer", "instant"}).Draw(t, "lie") {
			case "revision":
				a.Revision += int64(rng.IntN(5) - 2)
			case "answer":
				a.Value, a.Revision = b.Value, b.Revision
			case "instant":
				a.Sent, a.Done = a.Sent+20*time.Millisecond, a.Done+20*time.Millisecond
			}
		}
		h := NewHistory("k/", 1, 100)
		observed(h, rng, ops)
		p := partition{"k/a", register(h.logs["k/a"].end())}
		want := porcupine.CheckOperationsTimeout(registerModel, p.operations, time.Minute)
		if got := p.decide(time.Minute); got != want {
			t.Fatalf("%s, and %s without narrowing: %v", got, want, p.operations)
		}
		if want == porcupine.Illegal {
			violated++
		}
	})
	if violated == 0 {
		t.Error("nothing was violated: the lies are too tame")
	}
}

// One read that is made to answer an overwritten value must be noticed.
func TestOneStaleReadIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		ops := simulate(rng, 60)
		late := timed(loadgen.Get, "", 0, 1000, 1001)
		h := NewHistory("k/", 1, 200)
		observed(h, rng, append(ops, late))
		if v := h.Linearizable(5 * time.Second); v.Answer != Violated {
			t.Fatalf("%s", v.Answer)
		}
	})
}

func TestTheSampleIsBounded(t *testing.T) {
	h := NewHistory("k/", 10, 20)
	for i := range 100_000 {
		op := timed(loadgen.Put, fmt.Sprint(i), int64(i+1), i, i+1)
		op.Key = fmt.Sprintf("k/%d", i%1000)
		h.Observe(op)
	}
	v := h.Linearizable(5 * time.Second)
	if v.Answer != Holds || v.Keys != 10 || v.Operations != 200 {
		t.Errorf("%s over %d keys and %d operations, want ok over 10 and 200", v.Answer, v.Keys, v.Operations)
	}
}

func TestWithoutTimeTheAnswerIsUnknown(t *testing.T) {
	h := NewHistory("k/", 0, 0)
	h.Observe(timed(loadgen.Put, "a", 1, 0, 1))
	if v := h.Linearizable(0); v.Answer != Undecided || v.UndecidedKeys != 1 {
		t.Errorf("%s with %d undecided keys", v.Answer, v.UndecidedKeys)
	}
}

// Explaining takes its time from what deciding has left: with none left a
// violation is named and not searched again.
func TestWithoutTimeAViolationIsNamedOnly(t *testing.T) {
	ops := []*loadgen.Op{timed(loadgen.Put, "a", 1, 0, 1), timed(loadgen.Get, "", 0, 2, 3)}
	h := NewHistory("k/", 0, 0)
	for _, op := range ops {
		h.Observe(op)
	}
	p := partition{"k/a", register(h.logs["k/a"].end())}
	if got := p.decide(5 * time.Second); got != porcupine.Illegal {
		t.Fatalf("got %s, want a violation", got)
	}
	for _, left := range []time.Duration{0, -time.Second} {
		var v Linearizability
		v.object(p, left)
		if v.info != nil || len(v.Findings) != 1 || v.Findings[0].Got != unexplained {
			t.Errorf("with %v left: got %+v, want the key named and no search", left, v)
		}
	}
	var v Linearizability
	if v.object(p, 5*time.Second); v.info == nil || v.Findings[0].Got == unexplained {
		t.Errorf("with time left: got %+v, want the operation named", v)
	}
}

func BenchmarkLinearizable(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	h := NewHistory("k/", 200, 500)
	for k := range 200 {
		ops := simulate(rng, 500)
		for _, op := range ops {
			op.Key = fmt.Sprint("k/", k)
		}
		observed(h, rng, ops)
	}
	for b.Loop() {
		if v := h.Linearizable(time.Minute); v.Answer != Holds {
			b.Fatal(v.Answer, v.Findings)
		}
	}
	b.ReportMetric(200*500, "operations")
}

// A read that was shown before the cut and answered after it may have seen a
// write that was sent after it, which is forgotten.
func TestACutForgetsReadsThatSawBeyondIt(t *testing.T) {
	h := NewHistory("k/", 1, 2)
	for _, op := range []*loadgen.Op{
		timed(loadgen.Get, "later", 2, 0, 30),
		timed(loadgen.Put, "a", 1, 1, 5),
		timed(loadgen.Put, "later", 2, 10, 20),
	} {
		h.Observe(op)
	}
	if v := h.Linearizable(5 * time.Second); v.Answer != Holds || v.Operations != 1 {
		t.Errorf("%s over %d operations, want ok over 1: %v", v.Answer, v.Operations, v.Findings)
	}
}
