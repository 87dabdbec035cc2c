package check

import (
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// Frontier holds every answer against real time, over all keys at once. A store
// has one revision, which each write moves on. So, of what was sent when revision
// r was known to have been reached, a linearizable read comes from a store at r or
// later, and a write is given a revision above r: linearizability (Herlihy and
// Wing, 1990) of the store as one object. Known is what an acknowledged write, or
// linearizable read, was told.
//
// Where History needs a read of the very key that a stale server lacks, any
// operation at all will do here. It implements loadgen.Observer.
//
// It never objects to what is honest, in whatever order operations are observed:
// an instant of sending is taken before, one of receiving after the fact. An
// operation that is observed late, after those it would have contradicted, and
// what was forgotten to bound the memory, can only make it miss.
type Frontier struct {
	start time.Time

	mu       sync.Mutex
	known    maxima
	findings findings
}

// NewFrontier returns one that knows of nothing.
func NewFrontier() *Frontier {
	return &Frontier{start: time.Now(), known: maxima{make([]maximum, 0, maxMaxima)}}
}

// Observe judges a finished operation and takes it in. What failed was told no
// revision, and a serializable read may be of the past.
func (f *Frontier) Observe(op *loadgen.Op) {
	if op.Outcome() != loadgen.Acknowledged || op.Kind == loadgen.Get && op.Serializable {
		return
	}
	offset := op.Origin.Sub(f.start)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.judge(op, f.known.before(offset+op.Sent))
	f.known.add(offset+op.Done, op.StoreRevision)
}

// judge an operation that was sent when a revision was known.
func (f *Frontier) judge(op *loadgen.Op, known int64) {
	switch {
	case op.Kind == loadgen.Get && op.StoreRevision < known:
		f.findings.add(broken(results.RuleRealTime, "", op.Key,
			sprintf("a linearizable read from the store at revision %d", op.StoreRevision),
			sprintf("at least revision %d, acknowledged before the read was sent", known)))
	case op.Kind == loadgen.Put && known > 0 && op.StoreRevision <= known:
		f.findings.add(broken(results.RuleRealTime, "", op.Key,
			sprintf("revision %d for a write", op.StoreRevision),
			sprintf("above revision %d, acknowledged before the write was sent", known)))
	}
}

// Findings so far: the first hundred.
func (f *Frontier) Findings() []Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.findings.first)
}

// maxMaxima bounds the memory of a Frontier to 64 KiB.
const maxMaxima = 4096

// coarseness is how many maxima are kept of the time since one: of what was known
// a second ago, eight milliseconds are told apart. So the maxima of hours fit, of
// which there are coarseness times ln(oldest/latest).
const coarseness = 128

// maxima tell the highest revision that was known at an instant of the past: the
// more roughly the longer ago, but for the latest, which are all kept (those of 50
// ms, at 20,000 writes a second). Few operations take longer. What is left after
// some were forgotten is still true.
//
// Invariant: instants and revisions both ascend.
type maxima struct{ all []maximum }

// maximum is a revision that was known from an instant on, and no higher one.
type maximum struct {
	at       time.Duration
	revision int64
}

// before is the highest revision that was known before an instant; 0 is none.
func (m *maxima) before(at time.Duration) int64 {
	if i := m.from(at); i > 0 {
		return m.all[i-1].revision
	}
	return 0
}

// from is the place of the first at or after an instant.
func (m *maxima) from(at time.Duration) int {
	n := len(m.all)
	if n == 0 || m.all[n-1].at < at { // as of almost all that is added
		return n
	}
	return sort.Search(n, func(i int) bool { return m.all[i].at >= at })
}

// add a revision that is known from an instant on. It replaces those that were not
// known sooner and are not higher.
func (m *maxima) add(at time.Duration, revision int64) {
	from := m.from(at)
	if from > 0 && m.all[from-1].revision >= revision {
		return
	}
	if from < len(m.all) && m.all[from].at == at && m.all[from].revision >= revision {
		return
	}
	to := from
	for to < len(m.all) && m.all[to].revision <= revision {
		to++
	}
	if from == to && len(m.all) == maxMaxima {
		m.thin()
		from = m.from(at)
		to = from
	}
	m.all = slices.Replace(m.all, from, to, maximum{at, revision})
}

// thin forgets those that lie closer together than their age wants them, but of the
// latest quarter. Should they still take most of the room, as those of days may,
// the older half goes.
func (m *maxima) thin() {
	n, newest, kept := len(m.all), m.all[len(m.all)-1].at, m.all[:1]
	for i, one := range m.all[1:] {
		if i+1 >= n-n/4 || one.at-kept[len(kept)-1].at >= (newest-one.at)/coarseness {
			kept = append(kept, one)
		}
	}
	if half := len(kept) / 2; len(kept) > n*7/8 {
		kept = kept[:copy(kept, kept[half:])]
	}
	m.all = kept
}
