package metamorphic

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/history"
)

// model is the least that can be played over: a map. Were all clusters wrong alike, it
// would differ.
type model struct {
	mu       sync.Mutex
	revision int64
	keys     map[string]client.KeyValue
}

func newModel() *model { return &model{revision: 1, keys: map[string]client.KeyValue{}} }

// do implements endpoint: of all calls alike, as the transaction that they are.
func (m *model) do(_ context.Context, _ int, call history.Call) history.Return {
	m.mu.Lock()
	defer m.mu.Unlock()
	ret := history.Return{Outcome: history.OK}
	for _, key := range call.Reads {
		kv := m.keys[key]
		ret.Read = append(ret.Read, history.KV{Key: key, Value: string(kv.Value), ModRevision: kv.ModRevision})
	}
	holds := len(call.Writes) > 0
	for _, c := range call.Compares {
		holds = holds && m.keys[c.Key].ModRevision == c.ModRevision
	}
	if holds {
		ret.Succeeded = m.write(call.Writes)
	}
	ret.Revision = m.revision
	return ret
}

// write takes the next revision, if anything changes.
func (m *model) write(writes []history.Write) (changed bool) {
	next := m.revision + 1
	for _, w := range writes {
		was, there := m.keys[w.Key]
		switch {
		case !w.Delete:
			kv := client.KeyValue{Key: w.Key, Value: []byte(w.Value), CreateRevision: next, ModRevision: next, Version: 1}
			if there {
				kv.CreateRevision, kv.Version = was.CreateRevision, was.Version+1
			}
			m.keys[w.Key], changed = kv, true
		case there:
			delete(m.keys, w.Key)
			changed = true
		}
	}
	if changed {
		m.revision = next
	}
	return changed
}

// replica is what the model holds.
func (m *model) replica() replica {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := replica{node: "the model", revision: m.revision}
	for _, key := range slices.Sorted(maps.Keys(m.keys)) {
		r.keys = append(r.keys, m.keys[key])
	}
	return r
}
