package check

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/raftbench/raftbench/history"
)

// sim makes histories of clients that work on a store at the same time: each
// operation is called, takes effect at one instant or never, and returns, and
// between these steps others make theirs. So what it makes is linearizable, unless
// bug has the store do something else.
type sim struct {
	random  *rand.Rand
	clients int
	keys    int
	// rate of operations whose outcome their client does not learn, of which half
	// take effect, at once or at any time later.
	unknown float64
	reads   float64 // rate of reads
	// bug is asked before an operation that will be answered takes effect; where it
	// is true, that is all that is done.
	bug func(s *sim, o *history.Operation) bool

	now      int64
	revision int64
	store    map[string]history.KV
	log      []map[string]history.KV // the keys that each revision changed; of a deletion without mod revision
	base     int64                   // revision of log[0]
	late     []*history.Operation    // of unknown outcome, to take effect
	ops      []*history.Operation
	known    map[string]int64 // a mod revision that some client read
	busy     []*history.Operation
	done     []bool // the client's operation has taken effect
}

func newSim(seed uint64, clients, keys int) *sim {
	return &sim{
		random: rand.New(rand.NewPCG(seed, 1)), clients: clients, keys: keys, unknown: 0.1, reads: 0.4,
		revision: 1, base: 2, store: make(map[string]history.KV), known: make(map[string]int64),
		busy: make([]*history.Operation, clients), done: make([]bool, clients),
	}
}

func (s *sim) chance(p float64) bool { return s.random.Float64() < p }

func (s *sim) tick() int64 {
	s.now += s.random.Int64N(3)
	return s.now
}

// run makes a history of n operations, and scans of as many replicas.
func (s *sim) run(n, replicas int) *history.History {
	for len(s.ops) < n || slices.ContainsFunc(s.busy, func(o *history.Operation) bool { return o != nil }) {
		c := s.random.IntN(s.clients)
		switch o := s.busy[c]; {
		case o == nil && len(s.ops) < n:
			s.call(c)
		case o == nil:
		case !s.done[c] && !s.chance(0.3):
			s.effect(c)
		case s.done[c]:
			s.end(c)
		}
		if len(s.late) > 0 && s.chance(0.2) {
			i := s.random.IntN(len(s.late))
			s.apply(s.late[i])
			s.late = slices.Delete(s.late, i, i+1)
		}
	}
	for i := range replicas {
		s.scan(i)
	}
	h := &history.History{Header: history.Header{Version: 1, Nodes: replicas, Prefix: "k", Alone: true}}
	for _, o := range s.ops {
		h.Operations = append(h.Operations, *o)
	}
	return h
}

func (s *sim) key() string { return "k" + strconv.Itoa(s.random.IntN(s.keys)) }

func (s *sim) value() string { return "v" + strconv.Itoa(len(s.ops)) }

// expected is what a client may think a key's mod revision to be.
func (s *sim) expected(key string) int64 {
	if s.chance(0.2) {
		return 0
	}
	return s.known[key]
}

func (s *sim) call(c int) {
	o := &history.Operation{Call: history.Call{ID: int64(len(s.ops)), Client: c, Node: "n1", AtNS: s.tick()}}
	key := s.key()
	switch x := s.random.Float64(); {
	case x < s.reads:
		o.Kind, o.Reads, o.Serializable = history.Get, []string{key}, s.chance(0.3)
	case x < s.reads+(1-s.reads)*0.4:
		o.Kind, o.Writes = history.Put, []history.Write{{Key: key, Value: s.value()}}
	case x < s.reads+(1-s.reads)*0.65:
		o.Kind, o.Writes = history.CAS, []history.Write{{Key: key, Value: s.value()}}
		o.Compares = []history.Compare{{Key: key, ModRevision: s.expected(key)}}
	case x < s.reads+(1-s.reads)*0.8:
		o.Kind, o.Writes = history.Delete, []history.Write{{Key: key, Delete: true}}
	default:
		s.txn(o)
	}
	s.ops = append(s.ops, o)
	s.busy[c], s.done[c] = o, false
}

func (s *sim) txn(o *history.Operation) {
	o.Kind = history.Txn
	for _, key := range s.some() {
		o.Compares = append(o.Compares, history.Compare{Key: key, ModRevision: s.expected(key)})
	}
	o.Reads = s.some()
	puts := 0
	for i, key := range s.some() {
		w := history.Write{Key: key, Delete: s.chance(0.3)}
		if !w.Delete {
			w.Value = s.value() + "." + strconv.Itoa(i)
			puts++
		}
		o.Writes = append(o.Writes, w)
	}
	if puts == 0 {
		o.Writes = nil
	}
	if len(o.Compares)+len(o.Writes)+len(o.Reads) == 0 {
		o.Reads = []string{s.key()}
	}
}

func (s *sim) some() []string {
	set := make(map[string]bool)
	for range s.random.IntN(3) {
		set[s.key()] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// effect lets a client's operation take effect, or decides that its client will
// not learn whether it does, or that it is refused.
func (s *sim) effect(c int) {
	o := s.busy[c]
	s.done[c] = true
	o.Return = &history.Return{ID: o.ID, Outcome: history.Unknown}
	switch {
	case s.chance(s.unknown):
		if len(o.Writes) > 0 && s.chance(0.5) {
			s.late = append(s.late, o)
		}
		if s.chance(0.1) {
			o.Return = nil
		}
	case s.chance(0.05):
		o.Return.Outcome = history.Rejected
	case o.Serializable:
		s.serve(o, s.past())
	default:
		s.apply(o)
	}
}

// past is a revision that some replica may be at.
func (s *sim) past() int64 {
	back := int64(0)
	for s.chance(0.5) {
		back++
	}
	return max(s.base-1, s.revision-back)
}

// serve a read from the state at a revision.
func (s *sim) serve(o *history.Operation, at int64) {
	o.Return.Outcome, o.Return.Revision = history.OK, at
	o.Return.Succeeded = true
	for _, k := range o.Reads {
		o.Return.Read = append(o.Return.Read, s.at(k, at))
	}
}

// at is a key at a revision of the past.
func (s *sim) at(key string, revision int64) history.KV {
	for r := revision; r >= s.base; r-- {
		if kv, changed := s.log[r-s.base][key]; changed {
			return kv
		}
	}
	return history.KV{Key: key}
}

// apply an operation to the store, and answer it unless its outcome is unknown.
func (s *sim) apply(o *history.Operation) {
	answered := !slices.Contains(s.late, o)
	if s.bug != nil && answered && s.bug(s, o) {
		return
	}
	held := true
	for _, c := range o.Compares {
		held = held && s.store[c.Key].ModRevision == c.ModRevision
	}
	var read []history.KV
	for _, k := range o.Reads {
		kv := s.store[k]
		kv.Key = k
		read = append(read, kv)
		if answered {
			s.known[k] = kv.ModRevision
		}
	}
	changed := s.change(o, held)
	if !answered {
		return
	}
	o.Return.Outcome, o.Return.Revision, o.Return.Read = history.OK, s.revision, read
	o.Return.Succeeded = held
	if o.Kind == history.Delete {
		o.Return.Succeeded = changed
	}
	if changed {
		s.known[o.Writes[0].Key] = s.store[o.Writes[0].Key].ModRevision
	}
}

func (s *sim) change(o *history.Operation, held bool) bool {
	if !held || len(o.Writes) == 0 {
		return false
	}
	if o.Kind == history.Delete && s.store[o.Writes[0].Key].ModRevision == 0 {
		return false
	}
	s.revision++
	delta := make(map[string]history.KV)
	for _, w := range o.Writes {
		kv := history.KV{Key: w.Key}
		delete(s.store, w.Key)
		if !w.Delete {
			kv.Value, kv.ModRevision = w.Value, s.revision
			s.store[w.Key] = kv
		}
		delta[w.Key] = kv
	}
	s.log = append(s.log, delta)
	return true
}

func (s *sim) end(c int) {
	if r := s.busy[c].Return; r != nil {
		r.AtNS = s.tick()
	}
	s.busy[c] = nil
}

// scan a replica that has caught up.
func (s *sim) scan(replica int) {
	o := &history.Operation{Call: history.Call{ID: int64(len(s.ops)), Client: s.clients, Node: "n" + strconv.Itoa(replica+1), Kind: history.Scan, AtNS: s.tick()}}
	o.Return = &history.Return{ID: o.ID, Outcome: history.OK, Revision: s.revision}
	for _, k := range slices.Sorted(maps.Keys(s.store)) {
		o.Return.Read = append(o.Return.Read, s.store[k])
	}
	o.Return.AtNS = s.tick()
	s.ops = append(s.ops, o)
}
