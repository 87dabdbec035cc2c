package node

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

// Apply has a number of writers call raft.Apply in a closed loop, inside this
// process, past API and network: the difference is what the API costs. Only a
// leader can.
func (n *Node) Apply(ctx context.Context, a control.Apply) (*control.ApplyResult, error) {
	if a.Writers < 1 || a.Duration <= 0 || a.ValueSize < 0 {
		return nil, fmt.Errorf("apply with %d writers of %d bytes for %v, want at least one writer and some time", a.Writers, a.ValueSize, a.Duration)
	}
	if !n.leads() {
		return nil, errors.New("apply: this node does not lead")
	}
	if !n.applying.TryRLock() {
		return nil, errors.New("apply: this node is being closed")
	}
	defer n.applying.RUnlock()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(n.closing, cancel)()
	writers := make([]*writer, a.Writers)
	var all sync.WaitGroup
	begin := clock.Now()
	for i := range writers {
		w := &writer{node: n, key: "apply-" + strconv.Itoa(i), value: make([]byte, a.ValueSize), latency: newHistogram().h}
		writers[i] = w
		all.Go(func() { w.run(ctx, begin+a.Duration.Nanoseconds()) })
	}
	all.Wait()
	return applyResult(writers, time.Duration(clock.Now()-begin))
}

type writer struct {
	node    *Node
	key     string
	value   []byte
	latency *hdrhistogram.Histogram
	err     error
}

// run writes keys of its own, each new, as the load generator does.
func (w *writer) run(ctx context.Context, until int64) {
	for i := 0; ; i++ {
		begin := clock.Now()
		if begin >= until || ctx.Err() != nil {
			return
		}
		r := &pb.PutRequest{Key: fmt.Appendf(nil, "%s-%d", w.key, i), Value: w.value}
		if _, w.err = w.node.propose(ctx, r); w.err != nil {
			return
		}
		if w.err = w.latency.RecordValue(min(clock.Now()-begin, longest.Nanoseconds())); w.err != nil {
			return
		}
	}
}

func applyResult(writers []*writer, took time.Duration) (*control.ApplyResult, error) {
	sum := newHistogram().h
	var errs []error
	for _, w := range writers {
		errs = append(errs, w.err)
		sum.Merge(w.latency)
	}
	result := &control.ApplyResult{
		Writes: sum.TotalCount(),
		P50:    time.Duration(sum.ValueAtQuantile(50)),
		P99:    time.Duration(sum.ValueAtQuantile(99)),
		Took:   took,
	}
	return result, errors.Join(errs...)
}
