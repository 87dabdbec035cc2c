package check

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// oracle remembers every write, which the ledger must not, and judges a replica
// by the definition.
type oracle struct {
	acked   map[string][]*loadgen.Op
	unknown map[string][]*loadgen.Op
}

// objects tells whether some key of r cannot be explained, and how many
// acknowledged writes it lacks at least.
func (o *oracle) objects(r *replica) (objection bool, lost int64) {
	keys := map[string]bool{}
	for _, m := range []map[string][]*loadgen.Op{o.acked, o.unknown} {
		for k := range m {
			keys[k] = true
		}
	}
	for k := range r.keys {
		if !keys[k] {
			objection = true
		}
	}
	for k := range keys {
		bad, missing := o.judge(k, r)
		objection = objection || bad
		lost += missing
	}
	return objection, lost
}

func (o *oracle) judge(key string, r *replica) (bad bool, lost int64) {
	kv := r.keys[key]
	a, u := int64(len(o.acked[key])), int64(len(o.unknown[key]))
	if kv.Version < a {
		bad, lost = true, a-kv.Version
	}
	if kv.Version > a+u {
		bad = true
	}
	if kv.Version == 0 {
		return bad, lost
	}
	value := false
	for _, op := range o.acked[key] {
		if op.Revision > kv.ModRevision {
			bad, lost = true, max(lost, 1)
		}
		value = value || op.Revision == kv.ModRevision && string(op.Value) == string(kv.Value)
	}
	acknowledgedThere := false
	for _, op := range o.acked[key] {
		acknowledgedThere = acknowledgedThere || op.Revision == kv.ModRevision
	}
	for _, op := range o.unknown[key] {
		value = value || !acknowledgedThere && string(op.Value) == string(kv.Value)
	}
	return bad || !value, lost
}

// The ledger keeps a few numbers a key and judges as one that keeps all.
func TestLedgerAgreesWithOneThatKeepsEverything(t *testing.T) {
	objected := 0
	rapid.Check(t, func(t *rapid.T) {
		c := newCluster()
		o := &oracle{map[string][]*loadgen.Op{}, map[string][]*loadgen.Op{}}
		var acked []*loadgen.Op
		key := rapid.SampledFrom([]string{"k/a", "k/b", "k/c"})
		n := rapid.IntRange(1, 20).Draw(t, "writes")
		for i := range n {
			k, value := key.Draw(t, "key"), fmt.Sprint("v", i)
			switch rapid.SampledFrom([]string{"ack", "ack", "lost", "applied", "rejected"}).Draw(t, "outcome") {
			case "ack":
				op := write(k, value, c.put(k, value), nil)
				o.acked[k] = append(o.acked[k], op)
				acked = append(acked, op)
			case "lost":
				o.unknown[k] = append(o.unknown[k], write(k, value, 0, nil))
				c.unknown(k, value, false)
			case "applied":
				o.unknown[k] = append(o.unknown[k], write(k, value, 0, nil))
				c.unknown(k, value, true)
			case "rejected":
				c.ledger.Observe(write(k, value, 0, loadgen.ErrRejected))
			}
		}
		for _, op := range rapid.Permutation(acked).Draw(t, "order of the answers") {
			c.ledger.Observe(op)
		}
		for range rapid.IntRange(0, 2).Draw(t, "lies") {
			k := key.Draw(t, "lie about")
			kv := c.keys[k]
			switch rapid.SampledFrom([]string{"version", "revision", "value", "delete", "put"}).Draw(t, "lie") {
			case "version":
				kv.Version = max(kv.Version+rapid.Int64Range(-2, 2).Draw(t, "by"), 1)
			case "revision":
				kv.ModRevision = max(kv.ModRevision+rapid.Int64Range(-2, 2).Draw(t, "by"), 1)
			case "value":
				kv.Value = fmt.Append(nil, "v", rapid.IntRange(0, n).Draw(t, "of"))
			case "delete":
				delete(c.keys, k)
				continue
			case "put":
				c.put(k, fmt.Sprint("v", rapid.IntRange(0, n).Draw(t, "of")))
				continue
			}
			if kv.Key != "" {
				c.keys[k] = kv
			}
		}
		want, lost := o.objects(c.replica)
		report := c.audit(t, c.replica)
		if report.OK() == want || report.Lost != lost {
			t.Fatalf("objection %v, lost %d; the oracle says %v, %d\n%v", !report.OK(), report.Lost, want, lost, report.Findings)
		}
		if want {
			objected++
		}
	})
	if objected == 0 {
		t.Error("no history was objected to: the lies are too tame")
	}
}

// timed is an operation from sent to done, in milliseconds since the epoch of
// all ledgers of a test.
func timed(kind loadgen.Kind, value string, revision int64, sent, done int) *loadgen.Op {
	return &loadgen.Op{
		Kind: kind, Key: "k/a", Value: []byte(value), Revision: revision, Origin: epoch,
		Sent: time.Duration(sent) * time.Millisecond, Done: time.Duration(done) * time.Millisecond,
	}
}

var epoch = time.Now()

func TestAnswersThatContradictRealTime(t *testing.T) {
	put, get := loadgen.Put, loadgen.Get
	stale := func(op *loadgen.Op) *loadgen.Op { op.Serializable = true; return op }
	cases := map[string]struct {
		ops  []*loadgen.Op
		rule string
	}{
		"in order":                        {[]*loadgen.Op{timed(put, "a", 1, 0, 2), timed(put, "b", 2, 3, 4), timed(get, "b", 2, 5, 6)}, ""},
		"concurrent writes in any order":  {[]*loadgen.Op{timed(put, "a", 2, 0, 3), timed(put, "b", 1, 2, 5)}, ""},
		"concurrent read of the old":      {[]*loadgen.Op{timed(put, "a", 1, 0, 2), timed(put, "b", 2, 3, 6), timed(get, "a", 1, 5, 7)}, ""},
		"read of the new before its ack":  {[]*loadgen.Op{timed(put, "a", 1, 0, 2), timed(get, "b", 2, 5, 7), timed(put, "b", 2, 3, 9)}, ""},
		"revision goes back":              {[]*loadgen.Op{timed(put, "a", 2, 0, 1), timed(put, "b", 1, 2, 3)}, results.RuleOrder},
		"one revision for two writes":     {[]*loadgen.Op{timed(put, "a", 2, 0, 3), timed(put, "b", 2, 0, 3)}, results.RuleOrder},
		"stale linearizable read":         {[]*loadgen.Op{timed(put, "a", 1, 0, 1), timed(put, "b", 2, 2, 3), timed(get, "a", 1, 4, 5)}, results.RuleStale},
		"linearizable read of nothing":    {[]*loadgen.Op{timed(put, "a", 1, 0, 1), timed(get, "", 0, 4, 5)}, results.RuleStale},
		"stale serializable read":         {[]*loadgen.Op{timed(put, "a", 1, 0, 1), timed(put, "b", 2, 2, 3), stale(timed(get, "a", 1, 4, 5))}, ""},
		"serializable read of other data": {[]*loadgen.Op{timed(put, "a", 1, 0, 1), stale(timed(get, "z", 1, 4, 5))}, results.RuleValue},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			cluster := newCluster()
			for _, op := range c.ops {
				cluster.ledger.Observe(op)
				if op.Kind == put {
					cluster.revision = op.Revision - 1
					cluster.put(op.Key, string(op.Value))
				}
			}
			report := cluster.audit(t, cluster.replica)
			// Only what was said under load matters here.
			got := ""
			for _, f := range report.Findings {
				if f.Node == "" {
					got = f.Rule
				}
			}
			if got != c.rule {
				t.Errorf("got rule %q, want %q: %v", got, c.rule, report.Findings)
			}
		})
	}
}

func TestLedgerFromManyGoroutines(t *testing.T) {
	l := NewLedger("k/")
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 1000 {
				key := fmt.Sprintf("k/%d", i%50)
				l.Observe(write(key, fmt.Sprint(g, i), int64(g*1000+i+1), nil))
				if i%10 == 0 {
					l.Observe(write(key, "?", 0, errors.New("deadline")))
				}
			}
		})
	}
	wg.Wait()
	if keys, acked, unknown := l.Totals(); keys != 50 || acked != 8000 || unknown != 800 {
		t.Errorf("keys %d, acked %d, unknown %d; want 50, 8000, 800", keys, acked, unknown)
	}
}

// Memory follows the keys, not the operations.
func TestLedgerMemoryFollowsTheKeys(t *testing.T) {
	l := NewLedger("k/")
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("k/%04d", i)
	}
	op := write("", "0123456789abcdef", 0, nil)
	observe := func(n int) {
		for i := range n {
			op.Key, op.Revision = keys[i%len(keys)], op.Revision+1
			l.Observe(op)
		}
	}
	observe(len(keys))
	before := heap()
	observe(300_000)
	if grown := heap() - before; grown > 64<<10 {
		t.Errorf("300,000 operations on %d known keys took %d bytes", len(keys), grown)
	}
	runtime.KeepAlive(l)
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

func BenchmarkLedger(b *testing.B) {
	l := NewLedger("k/")
	op := write("k/0001", "0123456789abcdef", 0, nil)
	b.ReportAllocs()
	for b.Loop() {
		op.Revision++
		l.Observe(op)
	}
}
