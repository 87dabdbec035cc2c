package check

import (
	"math"
	"strings"
	"sync"
	"time"

	"github.com/raftbench/raftbench/loadgen"
)

// The bounds of a History that asks for none. A search over many operations of
// one key is hopeless, over many keys cheap.
const (
	DefaultSampleKeys = 256
	DefaultSampleOps  = 512
)

// History keeps the operations on a sample of keys, each with its instants and
// what it wrote or read, until there are enough. Registers are linearizable
// one by one or not at all (Herlihy and Wing, "Linearizability", 1990, section
// 3.1), so a sample of keys is judged soundly. It implements
// loadgen.Observer, and must see its keys from their first write on.
//
// Serializable reads are left out: they may be stale.
type History struct {
	prefix    string
	keys, ops int
	start     time.Time

	mu   sync.Mutex
	logs map[string]*log
}

// log is the history of one key.
type log struct {
	calls []call
	// full is the instant at which the log had enough, or forever.
	full time.Duration
}

// call is one operation on the history's clock.
type call struct {
	read, unknown bool
	value         uint64 // hash of what was written or read
	revision      int64
	sent, done    time.Duration
}

const forever = time.Duration(math.MaxInt64)

// NewHistory samples the first keys of this prefix that it sees, with about
// ops operations of each; zero means the defaults.
func NewHistory(prefix string, keys, ops int) *History {
	if keys <= 0 {
		keys = DefaultSampleKeys
	}
	if ops <= 0 {
		ops = DefaultSampleOps
	}
	return &History{prefix: prefix, keys: keys, ops: ops, start: time.Now(), logs: make(map[string]*log)}
}

// Observe records a finished operation on a sampled key. Rejected operations
// and failed reads had no effect and say nothing.
func (h *History) Observe(op *loadgen.Op) {
	outcome := op.Outcome()
	failed := outcome == loadgen.Rejected || op.Kind == loadgen.Get && outcome == loadgen.Unknown
	if failed || op.Kind == loadgen.Get && op.Serializable || !strings.HasPrefix(op.Key, h.prefix) {
		return
	}
	offset := op.Origin.Sub(h.start)
	c := call{
		read: op.Kind == loadgen.Get, unknown: outcome == loadgen.Unknown,
		sent: offset + op.Sent, done: offset + op.Done, revision: op.Revision,
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	l := h.logs[op.Key]
	if l == nil && len(h.logs) == h.keys {
		return
	}
	if l == nil {
		l = &log{full: forever}
		h.logs[op.Key] = l
	}
	if !l.wants(c) {
		return
	}
	c.value = hash(op.Value)
	l.calls = append(l.calls, c)
	if len(l.calls) == h.ops {
		l.full = c.done
	}
}

// wants tells whether c belongs to a history that ends when the log was full.
// What was sent later can be forgotten, since nothing kept can depend on it: a
// kept read was answered by then, and writes under way by then are kept.
func (l *log) wants(c call) bool {
	if c.read {
		return c.done <= l.full
	}
	return c.sent < l.full
}

// end drops the reads that were observed in time and answered too late.
func (l *log) end() []call {
	var kept []call
	for _, c := range l.calls {
		if l.wants(c) {
			kept = append(kept, c)
		}
	}
	return kept
}
