package check

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/loadgen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// replica is a state machine that a test can make lie.
type replica struct {
	keys     map[string]client.KeyValue
	revision int64
	applied  uint64
	log      uint64 // index of its log's last entry, where that is above applied
	hash     uint32 // when set, in place of the true one
	leader   uint64
	err      error
	asked    int
	catchUp  func(r *replica) // called at each question
}

func newReplica() *replica { return &replica{keys: make(map[string]client.KeyValue)} }

func (r *replica) put(key, value string) int64 {
	r.revision++
	r.applied++
	kv := r.keys[key]
	if kv.Version == 0 {
		kv.CreateRevision = r.revision
	}
	kv.Key, kv.Value, kv.ModRevision, kv.Version = key, []byte(value), r.revision, kv.Version+1
	r.keys[key] = kv
	return r.revision
}

func (r *replica) clone() *replica {
	c := *r
	c.keys = maps.Clone(r.keys)
	return &c
}

func (r *replica) Status(context.Context) (client.Status, error) {
	r.asked++
	if r.catchUp != nil {
		r.catchUp(r)
	}
	return client.Status{Leader: r.leader, Applied: r.applied, Revision: r.revision}, r.err
}

func (r *replica) last(context.Context) (uint64, error) { return max(r.applied, r.log), nil }

func (r *replica) HashKV(context.Context, int64) (uint32, int64, error) {
	if r.hash != 0 {
		return r.hash, r.revision, r.err
	}
	h := fnv.New32a()
	for _, k := range slices.Sorted(maps.Keys(r.keys)) {
		_, _ = fmt.Fprintf(h, "%+v", r.keys[k])
	}
	return h.Sum32(), r.revision, r.err
}

func (r *replica) Scan(_ context.Context, prefix string, f func(client.KeyValue) error) error {
	for _, k := range slices.Sorted(maps.Keys(r.keys)) {
		if !strings.HasPrefix(k, prefix) {
			continue
		}
		if err := f(r.keys[k]); err != nil {
			return err
		}
	}
	return r.err
}

// cluster is one history, told to a ledger and applied to a replica.
type cluster struct {
	*replica
	ledger *Ledger
}

func newCluster() *cluster { return &cluster{newReplica(), NewLedger("k/")} }

func (c *cluster) acknowledged(key, value string) {
	c.ledger.Observe(write(key, value, c.put(key, value), nil))
}

// unknown writes whose answer was lost, applied or not.
func (c *cluster) unknown(key, value string, applied bool) {
	if applied {
		c.put(key, value)
	}
	c.ledger.Observe(write(key, value, 0, errors.New("leadership lost")))
}

func write(key, value string, revision int64, err error) *loadgen.Op {
	return &loadgen.Op{Kind: loadgen.Put, Key: key, Value: []byte(value), Revision: revision, Err: err}
}

// audit of replicas n1, n2, …. A test in which one has to be waited for runs in
// fake time.
func (c *cluster) audit(t interface{ Fatal(...any) }, replicas ...*replica) Report {
	report, err := c.tryAudit(replicas...)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func (c *cluster) tryAudit(replicas ...*replica) (Report, error) {
	var rs []Replica
	for i, r := range replicas {
		rs = append(rs, Replica{ID: fmt.Sprintf("n%d", i+1), Client: r, Last: r.last})
	}
	return c.ledger.Audit(context.Background(), rs, 0)
}

// line is a finding in one line, for comparisons.
func line(f Finding) string {
	where := ":"
	if f.Node != "" {
		where += " " + f.Node
	}
	if f.Key != "" {
		where += " " + f.Key
	}
	return f.Rule + where + ": got " + f.Got + ", want " + f.Want
}
