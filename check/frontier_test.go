package check

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// told is an operation that was answered with a store revision, its instants in
// milliseconds.
func told(kind loadgen.Kind, revision int64, sent, done int) *loadgen.Op {
	op := timed(kind, "", 0, sent, done)
	op.StoreRevision = revision
	return op
}

func onKey(op *loadgen.Op, key string) *loadgen.Op { op.Key = key; return op }

func TestAnswersBehindTheFrontier(t *testing.T) {
	put, get := loadgen.Put, loadgen.Get
	stale := func(op *loadgen.Op) *loadgen.Op { op.Serializable = true; return op }
	failed := func(op *loadgen.Op) *loadgen.Op { op.Err = errors.New("deadline"); return op }
	for name, c := range map[string]struct {
		ops  []*loadgen.Op
		want string
	}{
		"in order": {[]*loadgen.Op{told(put, 2, 0, 1), told(get, 2, 2, 3), told(put, 3, 4, 5), told(get, 3, 6, 7)}, ""},
		"a read of another key that misses a write": {[]*loadgen.Op{told(put, 2, 0, 1), onKey(told(put, 3, 2, 3), "k/b"), told(get, 2, 4, 5)},
			"real-time: k/a: got a linearizable read from the store at revision 2, want at least revision 3, acknowledged before the read was sent"},
		"a read that misses what a read has seen": {[]*loadgen.Op{told(put, 2, 0, 1), told(get, 3, 2, 3), told(get, 2, 4, 5)},
			"real-time: k/a: got a linearizable read from the store at revision 2, want at least revision 3, acknowledged before the read was sent"},
		"a write below a write": {[]*loadgen.Op{onKey(told(put, 3, 0, 1), "k/b"), told(put, 2, 2, 3)},
			"real-time: k/a: got revision 2 for a write, want above revision 3, acknowledged before the write was sent"},
		"a write at a write's revision": {[]*loadgen.Op{onKey(told(put, 2, 0, 1), "k/b"), told(put, 2, 2, 3)},
			"real-time: k/a: got revision 2 for a write, want above revision 2, acknowledged before the write was sent"},
		"a write at a read's revision": {[]*loadgen.Op{told(get, 2, 0, 1), told(put, 2, 2, 3)},
			"real-time: k/a: got revision 2 for a write, want above revision 2, acknowledged before the write was sent"},
		"sent before it was known":                  {[]*loadgen.Op{told(put, 3, 0, 4), told(get, 2, 3, 5), told(put, 2, 4, 6)}, ""},
		"a serializable read":                       {[]*loadgen.Op{told(put, 3, 0, 1), stale(told(get, 1, 2, 3))}, ""},
		"after a serializable read":                 {[]*loadgen.Op{stale(told(get, 9, 0, 1)), told(get, 1, 2, 3)}, ""},
		"failed, so told nothing":                   {[]*loadgen.Op{told(put, 3, 0, 1), failed(told(put, 0, 2, 3)), failed(told(get, 0, 2, 3))}, ""},
		"what would contradict it is observed late": {[]*loadgen.Op{told(get, 2, 4, 5), told(put, 3, 0, 1)}, ""},
		"a server without revisions":                {[]*loadgen.Op{told(put, 0, 0, 1), told(put, 0, 2, 3), told(get, 0, 4, 5)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := NewFrontier()
			for _, op := range c.ops {
				f.Observe(op)
			}
			got := ""
			for _, each := range f.Findings() {
				got += line(each)
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// serve has operations take effect one by one on a store with one revision, each at
// an instant between its sending and its answer.
func serve(rng *rand.Rand, n int) []*loadgen.Op {
	type effect struct {
		at int
		op *loadgen.Op
	}
	var effects []effect
	for i := range n {
		at := 2*i + 1 + rng.IntN(40)
		kind := loadgen.Put
		if rng.IntN(2) == 0 {
			kind = loadgen.Get
		}
		effects = append(effects, effect{at, told(kind, 0, 2*i, at+1+rng.IntN(40))})
	}
	slices.SortStableFunc(effects, func(a, b effect) int { return a.at - b.at })
	revision := int64(1)
	ops := make([]*loadgen.Op, n)
	for i, e := range effects {
		if e.op.Kind == loadgen.Put {
			revision++
		}
		e.op.StoreRevision = revision
		ops[i] = e.op
	}
	return ops
}

// behind is what the definition objects to: it looks at all that were observed
// before.
func behind(ops []*loadgen.Op) (n int) {
	for i, op := range ops {
		known := int64(0)
		for _, earlier := range ops[:i] {
			if earlier.Done < op.Sent {
				known = max(known, earlier.StoreRevision)
			}
		}
		if op.StoreRevision < known || op.Kind == loadgen.Put && op.StoreRevision == known && known > 0 {
			n++
		}
	}
	return n
}

// An honest store is never objected to, in whatever order its answers are observed,
// and of one that lies the Frontier says what the definition does.
func TestFrontierAgreesWithItsDefinition(t *testing.T) {
	objected := 0
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		ops := serve(rng, 80)
		rng.Shuffle(len(ops), func(i, j int) { ops[i], ops[j] = ops[j], ops[i] })
		if n := behind(ops); n > 0 {
			t.Fatalf("the definition objects to %d honest answers: the test is wrong", n)
		}
		lies := rapid.IntRange(0, 3).Draw(t, "lies")
		for range lies {
			op := ops[rng.IntN(len(ops))]
			op.StoreRevision = max(1, op.StoreRevision+int64(rng.IntN(41)-20))
		}
		f := NewFrontier()
		for _, op := range ops {
			f.Observe(op)
		}
		got, want := len(f.Findings()), behind(ops)
		if got != want || lies == 0 && got > 0 {
			t.Fatalf("%d objections to %d lies, want %d: %v", got, lies, want, f.Findings())
		}
		objected += got
	})
	if objected == 0 {
		t.Error("no answer was objected to: the lies are too tame")
	}
}

// Its memory is bounded, and what it keeps is true, and close.
func TestFrontierForgetsTheDistantPast(t *testing.T) {
	const writes = 200_000
	f := NewFrontier()
	for i := range writes {
		f.Observe(told(loadgen.Put, int64(i+2), 2*i, 2*i+1))
	}
	if n := len(f.known.all); n > maxMaxima || cap(f.known.all) > maxMaxima || len(f.Findings()) > 0 {
		t.Fatalf("%d maxima in room for %d, %v; want at most %d and no objection", n, cap(f.known.all), f.Findings(), maxMaxima)
	}
	// Of a read that was sent when so many writes were known, it is noticed that it
	// missed some, if these were not few as against the writes since.
	for _, sent := range []int{writes, writes - 500, writes - 5000, writes / 2} {
		least := int64(sent+1) - int64(writes-sent)/coarseness*2
		f.Observe(told(loadgen.Get, least-1, 2*sent, 2*writes))
		if n := len(f.findings.first); n != 1 {
			t.Errorf("a read at revision %d, sent when %d was known: %d objections, want one", least-1, sent+1, n)
		}
		f.findings = findings{}
		f.Observe(told(loadgen.Get, int64(sent+1), 2*sent, 2*writes))
		if len(f.findings.first) > 0 {
			t.Errorf("an honest read: %v", f.findings.first)
		}
		f.findings = findings{}
	}
}

// Findings are bounded, too, where every answer is wrong.
func TestFrontierFindingsAreBounded(t *testing.T) {
	f := NewFrontier()
	f.Observe(told(loadgen.Put, 1<<40, 0, 1))
	for i := range 10_000 {
		f.Observe(told(loadgen.Get, 1, 2+i, 3+i))
	}
	if n := len(f.Findings()); n != maxFindings || f.findings.total != 10_000 {
		t.Errorf("%d findings of %d, want %d of 10000", n, f.findings.total, maxFindings)
	}
}

// Many goroutines at once see what an honest store told them.
func TestFrontierFromManyGoroutines(t *testing.T) {
	f := NewFrontier()
	origin := time.Now()
	var mu sync.Mutex
	revision := int64(1)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 1000 {
				op := &loadgen.Op{Kind: loadgen.Put, Key: "k", Origin: origin, Sent: time.Since(origin)}
				mu.Lock()
				if i%3 == 0 {
					op.Kind = loadgen.Get
				} else {
					revision++
				}
				op.StoreRevision = revision
				mu.Unlock()
				op.Done = time.Since(origin)
				f.Observe(op)
			}
		})
	}
	all.Wait()
	if got := f.Findings(); len(got) > 0 {
		t.Errorf("an honest store: %v", got)
	}
	f.Observe(&loadgen.Op{Kind: loadgen.Get, Key: "k", Origin: origin, Sent: time.Since(origin) + time.Millisecond, Done: time.Since(origin) + time.Second, StoreRevision: revision - 1})
	if got := f.Findings(); len(got) != 1 || got[0].Rule != results.RuleRealTime {
		t.Errorf("a read that misses the last write: %v", got)
	}
}

// BenchmarkFrontier is what an operation costs the load generator.
func BenchmarkFrontier(b *testing.B) {
	f := NewFrontier()
	op := told(loadgen.Put, 0, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		op.StoreRevision++
		op.Sent, op.Done = op.Sent+20*time.Microsecond, op.Sent+time.Millisecond
		f.Observe(op)
	}
}
