package bench

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/loadgen"
)

// router sends each operation to the next living member, once. It is for
// proofs only: a measured number never has a choice of endpoints.
type router struct {
	// watch wraps the target of each member, where somebody counts what becomes of
	// its writes.
	watch   func(id string, t loadgen.Target) loadgen.Target
	mu      sync.Mutex
	members []routed
	next    int
	// saw, where it is set, hears of every write that ended.
	saw func(witnessed)
}

type routed struct {
	id     string
	target loadgen.Target
}

func (r *router) add(id string, t loadgen.Target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.watch != nil {
		t = r.watch(id, t)
	}
	r.members = append(r.members, routed{id, t})
}

func (r *router) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = slices.DeleteFunc(r.members, func(m routed) bool { return m.id == id })
}

// join sends load to the server called id.
func (r *router) join(ctx context.Context, s System, id string) error {
	for _, server := range s.Servers() {
		if server.ID != id {
			continue
		}
		c, err := server.Dial(ctx)
		if err != nil {
			return err
		}
		r.add(id, c)
	}
	return nil
}

// joinAll sends load to every server.
func (r *router) joinAll(ctx context.Context, s System) error {
	for _, server := range s.Servers() {
		if err := r.join(ctx, s, server.ID); err != nil {
			return err
		}
	}
	return nil
}

func (r *router) pick() (routed, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) == 0 {
		return routed{}, fmt.Errorf("no member lives: %w", loadgen.ErrRejected)
	}
	r.next++
	return r.members[r.next%len(r.members)], nil
}

// Put implements loadgen.Target.
func (r *router) Put(ctx context.Context, key string, value []byte) (int64, error) {
	t, err := r.pick()
	if err != nil {
		return 0, err
	}
	if r.saw == nil {
		return t.target.Put(ctx, key, value)
	}
	one := witnessed{node: t.id, sentNS: clock.Now()}
	revision, err := t.target.Put(ctx, key, value)
	one.doneNS, one.err = clock.Now(), err
	r.saw(one)
	return revision, err
}

// Get implements loadgen.Target.
func (r *router) Get(ctx context.Context, key string, serializable bool) (loadgen.Read, error) {
	t, err := r.pick()
	if err != nil {
		return loadgen.Read{}, err
	}
	return t.target.Get(ctx, key, serializable)
}
