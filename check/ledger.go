// Package check judges a recorded history: nothing acknowledged is lost,
// replicas agree, reads are linearizable. It needs memory in proportion to
// the keys, never to the operations, and it objects only to what no order of
// the unknown operations can explain.
package check

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// shards spread the ledger's locks.
const shards = 64

// maxUnknown bounds the values of unknown writes kept for one key. Past it the
// key's value is no longer judged (Report.Unjudged), its version and revision
// still are. Unknown writes are rare: each costs a client its whole timeout.
const maxUnknown = 1024

// seed of all hashes of this process.
var seed = maphash.MakeSeed()

// Ledger keeps, for each key, what the client may rely on: the acknowledged
// count A, the unknown count U, the highest acknowledged revision, and the
// hashes of the values that may be there. It implements loadgen.Observer.
//
// It takes the keys for its own: each lies under the prefix, nobody else
// writes there, and nobody deletes.
type Ledger struct {
	prefix string
	start  time.Time
	shards [shards]shard
	alone  bool
	told   int64

	mu       sync.Mutex
	findings findings // objections to the answers themselves
}

type shard struct {
	mu   sync.Mutex
	keys map[string]*entry
}

// entry is what is known of one key.
//
// Invariants: revision, value and answered are those of the acknowledged write
// with the highest revision, all zero while acked is 0; len(maybe) is the
// smaller of unknown and maxUnknown.
type entry struct {
	acked, unknown int64
	revision       int64
	value          uint64        // hash
	answered       time.Duration // when its acknowledgement came, since the ledger's start
	maybe          []uint64      // hashes of the values of writes whose outcome is unknown

	// Of the audit under way: the last replica that holds the key, counted
	// from 1, and the most acknowledged writes that any replica lacks.
	seen int
	lost int64
}

// NewLedger returns an empty one for keys of this prefix.
func NewLedger(prefix string) *Ledger {
	l := &Ledger{prefix: prefix, start: time.Now()}
	for i := range l.shards {
		l.shards[i].keys = make(map[string]*entry)
	}
	return l
}

// Alone says that nobody else writes to the store, under any key, and that every write
// that is sent is observed: then the store has no more revisions than there were writes.
// It is called before an audit.
func (l *Ledger) Alone() { l.alone = true }

// Told says that a write which was not observed had been acknowledged at a revision.
// It is called before an audit.
func (l *Ledger) Told(revision int64) { l.told = max(l.told, revision) }

// Observe records a finished operation. Keys outside the prefix are none of
// the ledger's business.
func (l *Ledger) Observe(op *loadgen.Op) {
	outcome := op.Outcome()
	if outcome == loadgen.Rejected || !strings.HasPrefix(op.Key, l.prefix) {
		return
	}
	s := l.shard(op.Key)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case op.Kind == loadgen.Get && outcome == loadgen.Acknowledged:
		l.object(s.keys[op.Key].read(op, l.since(op, op.Sent)))
	case op.Kind == loadgen.Get:
	case outcome == loadgen.Acknowledged:
		l.object(s.entry(op.Key).acknowledge(op, l.since(op, op.Sent), l.since(op, op.Done)))
	default:
		s.entry(op.Key).addUnknown(op)
	}
}

// Totals of writes so far.
func (l *Ledger) Totals() (keys, acked, unknown int64) {
	l.each(func(_ string, e *entry) {
		keys++
		acked += e.acked
		unknown += e.unknown
	})
	return keys, acked, unknown
}

// each visits every key, one shard locked at a time.
func (l *Ledger) each(f func(key string, e *entry)) {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		for k, e := range s.keys {
			f(k, e)
		}
		s.mu.Unlock()
	}
}

// with calls f with the entry of key, or nil, its shard locked.
func (l *Ledger) with(key string, f func(e *entry)) {
	s := l.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.keys[key])
}

func (l *Ledger) shard(key string) *shard {
	return &l.shards[maphash.String(seed, key)%shards]
}

func (s *shard) entry(key string) *entry {
	e := s.keys[key]
	if e == nil {
		e = &entry{}
		s.keys[key] = e
	}
	return e
}

// since puts an instant of op on the ledger's clock.
func (l *Ledger) since(op *loadgen.Op, at time.Duration) time.Duration {
	return op.Origin.Sub(l.start) + at
}

func (l *Ledger) object(f *Finding) {
	if f == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.findings.add(*f)
}

// acknowledge counts a write that took effect.
func (e *entry) acknowledge(op *loadgen.Op, sent, done time.Duration) (f *Finding) {
	switch {
	case e.acked > 0 && op.Revision == e.revision:
		f = ptr(broken(results.RuleOrder, "", op.Key,
			sprintf("revision %d for two acknowledged writes", op.Revision), "a revision of its own for each write"))
	case e.acked > 0 && op.Revision < e.revision && sent > e.answered:
		f = ptr(broken(results.RuleOrder, "", op.Key,
			sprintf("revision %d for a write sent after revision %d was acknowledged", op.Revision, e.revision),
			sprintf("a revision above %d", e.revision)))
	}
	e.acked++
	if op.Revision > e.revision {
		e.revision, e.value, e.answered = op.Revision, hash(op.Value), done
	}
	return f
}

// addUnknown counts a write that may have taken effect, or will.
func (e *entry) addUnknown(op *loadgen.Op) {
	e.unknown++
	if len(e.maybe) < maxUnknown {
		e.maybe = append(e.maybe, hash(op.Value))
	}
}

// read judges a read's answer by what was known when it was sent. A
// serializable read may be stale, but never wrong.
func (e *entry) read(op *loadgen.Op, sent time.Duration) *Finding {
	switch {
	case e == nil || e.acked == 0:
		return nil
	case op.Revision == e.revision && hash(op.Value) != e.value:
		return ptr(broken(results.RuleValue, "", op.Key,
			sprintf("another value read at revision %d", op.Revision), "the value that was acknowledged at that revision"))
	case !op.Serializable && op.Revision < e.revision && sent > e.answered:
		return ptr(broken(results.RuleStale, "", op.Key, sprintf("revision %d from a linearizable read", op.Revision),
			sprintf("at least revision %d, acknowledged before the read was sent", e.revision)))
	}
	return nil
}

func ptr[T any](v T) *T { return &v }

func hash(value []byte) uint64 { return maphash.Bytes(seed, value) }
