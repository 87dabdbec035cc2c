package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/loadgen"
)

// recorder is where a history is written; it takes calls and returns from any number
// of goroutines.
type recorder interface {
	Call(history.Call) error
	Return(history.Return) error
}

// tester is one client of a safety trial. It is bound to one member, whatever becomes
// of that one, and never sends an operation twice: an answer that did not come is an
// outcome that nobody knows. What it draws comes from the trial's seed; what it reads,
// and so what it compares with, from the cluster.
type tester struct {
	id     int
	server func() Server // as it is reached now
	rec    recorder
	ids    *atomic.Int64 // of the operations of all clients
	acked  *atomic.Int64 // the highest revision at which a write of any was acknowledged
	rng    *rand.Rand
	keys   []string
	// pause is the mean time between two operations, timeout how long one is waited for.
	pause, timeout time.Duration

	conn    *client.Client
	address string           // of the server when conn was made
	values  int              // written so far
	known   map[string]int64 // the last mod revision that it was told, by key
	failed  int              // operations in a row that were not answered
}

func newTester(id int, seed int64, keys []string, server func() Server) *tester {
	return &tester{
		id: id, server: server, keys: keys, known: map[string]int64{},
		rng: rand.New(rand.NewPCG(uint64(seed), 0x74657374+uint64(id))), //nolint:gosec // a recorded seed, no secret
	}
}

const (
	// afterFailure is the least pause after an operation that was not answered: a
	// client that nobody answers should not fill the history with failures.
	afterFailure = 50 * time.Millisecond
	// redialAfter so many failures in a row a connection is made anew.
	redialAfter = 5
)

// run does operations until ctx is done; the last ends by itself. Its error is the
// recorder's.
func (c *tester) run(ctx context.Context) error {
	defer c.hangUp()
	next := time.Now()
	for {
		next = later(next.Add(time.Duration(c.rng.ExpFloat64()*float64(c.pause))), time.Now())
		if c.failed > 0 {
			next = later(next, time.Now().Add(afterFailure))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Until(next)):
		}
		if c.reach(ctx) != nil {
			c.failed++
			continue
		}
		if _, err := c.do(ctx, c.draw()); err != nil {
			return err
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// reach makes a connection where there is none that could carry an operation: the
// member may listen elsewhere since it was started again.
func (c *tester) reach(ctx context.Context) error {
	server := c.server()
	if c.conn != nil && server.Address == c.address && c.failed < redialAfter {
		return nil
	}
	c.hangUp()
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := server.Dial(ctx)
	if err != nil {
		return err
	}
	c.conn, c.address, c.failed = conn, server.Address, 0
	return nil
}

func (c *tester) hangUp() {
	if c.conn != nil {
		_ = c.conn.Close()
	}
	c.conn = nil
}

// do sends one operation and records it. An operation that is on its way when ctx is
// done may still be answered.
func (c *tester) do(ctx context.Context, call history.Call) (history.Return, error) {
	call.ID, call.Client, call.Node, call.AtNS = c.ids.Add(1), c.id, c.server().ID, clock.Now()
	if err := c.rec.Call(call); err != nil {
		return history.Return{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.timeout)
	defer cancel()
	ret, err := send(ctx, c.conn, call)
	ret.ID, ret.AtNS = call.ID, clock.Now()
	if err != nil {
		ret = history.Return{ID: ret.ID, AtNS: ret.AtNS, Outcome: history.Unknown, Err: err.Error()}
		if errors.Is(err, loadgen.ErrRejected) {
			ret.Outcome = history.Rejected
		}
		c.failed++
	} else {
		ret.Outcome, c.failed = history.OK, 0
		c.learn(call, ret)
	}
	return ret, c.rec.Return(ret)
}

// send does one operation, once.
func send(ctx context.Context, conn *client.Client, call history.Call) (ret history.Return, err error) {
	switch call.Kind {
	case history.Put:
		ret.Revision, err = conn.Put(ctx, call.Writes[0].Key, []byte(call.Writes[0].Value))
		ret.Succeeded = true
	case history.Get:
		var kv client.KeyValue
		kv, ret.Revision, err = conn.Read(ctx, call.Reads[0], call.Serializable)
		ret.Read = asRead(kv)
	case history.Delete:
		ret.Succeeded, ret.Revision, err = conn.Delete(ctx, call.Writes[0].Key)
	default:
		var a client.Answer
		a, err = conn.Transact(ctx, transaction(call))
		ret.Succeeded, ret.Revision, ret.Read = a.Succeeded && len(call.Writes) > 0, a.Revision, asRead(a.Read...)
	}
	return ret, err
}

func transaction(call history.Call) client.Transaction {
	t := client.Transaction{Reads: call.Reads}
	for _, c := range call.Compares {
		t.Compares = append(t.Compares, client.Comparison(c))
	}
	for _, w := range call.Writes {
		t.Writes = append(t.Writes, client.Change{Key: w.Key, Value: []byte(w.Value), Delete: w.Delete})
	}
	return t
}

func asRead(kvs ...client.KeyValue) (out []history.KV) {
	for _, kv := range kvs {
		out = append(out, history.KV{Key: kv.Key, Value: string(kv.Value), ModRevision: kv.ModRevision})
	}
	return out
}

// learn keeps what an answer tells of the keys' revisions.
func (c *tester) learn(call history.Call, ret history.Return) {
	for _, kv := range ret.Read {
		c.known[kv.Key] = kv.ModRevision
	}
	if !ret.Succeeded {
		return
	}
	for {
		highest := c.acked.Load()
		if ret.Revision <= highest || c.acked.CompareAndSwap(highest, ret.Revision) {
			break
		}
	}
	for _, w := range call.Writes {
		if c.known[w.Key] = ret.Revision; w.Delete {
			c.known[w.Key] = 0
		}
	}
}

// draw is the client's next operation. Of a hundred there are some 30 puts, 35 reads,
// a quarter of them serializable, 17 compare-and-swaps, 5 deletes and 13 transactions.
func (c *tester) draw() history.Call {
	key := c.key()
	switch draw := c.rng.IntN(100); {
	case draw < 30:
		return history.Call{Kind: history.Put, Writes: c.put(key)}
	case draw < 56:
		return history.Call{Kind: history.Get, Reads: []string{key}}
	case draw < 65:
		return history.Call{Kind: history.Get, Reads: []string{key}, Serializable: true}
	case draw < 82:
		return history.Call{Kind: history.CAS, Compares: c.expect(key), Writes: c.put(key)}
	case draw < 87:
		return history.Call{Kind: history.Delete, Writes: []history.Write{{Key: key, Delete: true}}}
	}
	return c.transaction()
}

// transaction reads some keys and writes one or two; every second one compares.
func (c *tester) transaction() history.Call {
	some := c.rng.Perm(len(c.keys))
	some = some[:min(len(some), 1+c.rng.IntN(3))]
	call := history.Call{Kind: history.Txn}
	for i, k := range some {
		key := c.keys[k]
		call.Reads = append(call.Reads, key)
		switch {
		case i == 0:
			call.Writes = c.put(key)
		case i == 1 && c.rng.IntN(3) == 0:
			call.Writes = append(call.Writes, history.Write{Key: key, Delete: true})
		case i == 1:
			call.Writes = append(call.Writes, c.put(key)...)
		}
	}
	if c.rng.IntN(2) == 0 {
		call.Compares = c.expect(call.Reads[c.rng.IntN(len(call.Reads))])
	}
	return call
}

func (c *tester) key() string { return c.keys[c.rng.IntN(len(c.keys))] }

// put writes a value that nobody else ever writes.
func (c *tester) put(key string) []history.Write {
	c.values++
	return []history.Write{{Key: key, Value: fmt.Sprintf("%d-%d", c.id, c.values)}}
}

// expect is what the client last knew of the key, which others may have written since.
func (c *tester) expect(key string) []history.Compare {
	return []history.Compare{{Key: key, ModRevision: c.known[key]}}
}
