package node

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestEtcdClientReads asks with every option that etcd's own client has for a
// get. The store: b, a, c were put in this order, then a again, at revisions
// 2 to 5.
func TestEtcdClientReads(t *testing.T) {
	n := startCluster(t, 1, nil)[0]
	c, ctx := etcdClient(t, n), bounded(t)
	for _, kv := range [][2]string{{"b", "3"}, {"a", "9"}, {"c", "1"}, {"a", "2"}} {
		if _, err := c.Put(ctx, kv[0], kv[1]); err != nil {
			t.Fatal(err)
		}
	}
	sortBy := clientv3.WithSort
	for name, test := range map[string]struct {
		key   string
		opts  []clientv3.OpOption
		keys  string // in the order of the answer
		count int64
		more  bool
	}{
		"one key":          {key: "a", keys: "a", count: 1},
		"no such key":      {key: "x"},
		"range":            {key: "a", opts: []clientv3.OpOption{clientv3.WithRange("c")}, keys: "ab", count: 2},
		"empty range":      {key: "c", opts: []clientv3.OpOption{clientv3.WithRange("a")}},
		"from key":         {key: "b", opts: []clientv3.OpOption{clientv3.WithFromKey()}, keys: "bc", count: 2},
		"prefix":           {key: "a", opts: []clientv3.OpOption{clientv3.WithPrefix()}, keys: "a", count: 1},
		"all by prefix":    {key: "", opts: []clientv3.OpOption{clientv3.WithPrefix()}, keys: "abc", count: 3},
		"limit":            {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithLimit(2)}, keys: "ab", count: 3, more: true},
		"limit just met":   {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithLimit(3)}, keys: "abc", count: 3},
		"count only":       {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithCountOnly()}, count: 3},
		"keys only":        {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithKeysOnly()}, keys: "abc", count: 3},
		"serializable":     {key: "a", opts: []clientv3.OpOption{clientv3.WithSerializable()}, keys: "a", count: 1},
		"this revision":    {key: "a", opts: []clientv3.OpOption{clientv3.WithRev(5)}, keys: "a", count: 1},
		"key descending":   {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), sortBy(clientv3.SortByKey, clientv3.SortDescend)}, keys: "cba", count: 3},
		"by version":       {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), sortBy(clientv3.SortByVersion, clientv3.SortDescend), clientv3.WithLimit(1)}, keys: "a", count: 3, more: true},
		"by create":        {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), sortBy(clientv3.SortByCreateRevision, clientv3.SortAscend)}, keys: "bac", count: 3},
		"by mod":           {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), sortBy(clientv3.SortByModRevision, clientv3.SortAscend)}, keys: "bca", count: 3},
		"by value":         {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), sortBy(clientv3.SortByValue, clientv3.SortAscend)}, keys: "cab", count: 3},
		"by mod, no order": {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), sortBy(clientv3.SortByModRevision, clientv3.SortNone)}, keys: "bca", count: 3},
		"first created":    {key: "", opts: clientv3.WithFirstCreate(), keys: "b", count: 3, more: true},
		"last modified":    {key: "", opts: clientv3.WithLastRev(), keys: "a", count: 3, more: true},
		"min mod":          {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithMinModRev(4)}, keys: "ac", count: 3},
		"max mod":          {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithMaxModRev(4)}, keys: "bc", count: 3},
		"min create":       {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithMinCreateRev(3)}, keys: "ac", count: 3},
		"max create":       {key: "a", opts: []clientv3.OpOption{clientv3.WithFromKey(), clientv3.WithMaxCreateRev(3), clientv3.WithLimit(1)}, keys: "a", count: 3, more: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Get(ctx, test.key, test.opts...)
			if err != nil {
				t.Fatal(err)
			}
			var keys []string
			for _, kv := range got.Kvs {
				keys = append(keys, string(kv.Key))
				if strings.HasPrefix(name, "keys only") != (len(kv.Value) == 0) {
					t.Errorf("key %s has value %q", kv.Key, kv.Value)
				}
			}
			if joined := strings.Join(keys, ""); joined != test.keys || got.Count != test.count || got.More != test.more {
				t.Errorf("got keys %q, count %d, more %v", joined, got.Count, got.More)
			}
			h := got.Header
			if h.Revision != 5 || h.RaftTerm == 0 || h.MemberId != memberID("n1") || h.ClusterId == 0 {
				t.Errorf("header %v", h)
			}
		})
	}
}

// TestEtcdClientWrites: revisions, versions and previous values as etcd's.
func TestEtcdClientWrites(t *testing.T) {
	n := startCluster(t, 1, nil)[0]
	c, ctx := etcdClient(t, n), bounded(t)
	put := func(key, value string, opts ...clientv3.OpOption) *clientv3.PutResponse {
		t.Helper()
		r, err := c.Put(ctx, key, value, opts...)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := put("a", "1"); r.Header.Revision != 2 || r.PrevKv != nil {
		t.Errorf("first put: %v", r)
	}
	if r := put("a", "2", clientv3.WithPrevKV()); r.Header.Revision != 3 || string(r.PrevKv.Value) != "1" {
		t.Errorf("second put: %v", r)
	}
	put("a", "", clientv3.WithIgnoreValue())
	got, err := c.Get(ctx, "a")
	if err != nil {
		t.Fatal(err)
	}
	if kv := got.Kvs[0]; string(kv.Value) != "2" || kv.CreateRevision != 2 || kv.ModRevision != 4 || kv.Version != 3 {
		t.Errorf("after put with its old value: %v", kv)
	}
	deleted, err := c.Delete(ctx, "a", clientv3.WithPrevKV())
	if err != nil || deleted.Deleted != 1 || len(deleted.PrevKvs) != 1 || deleted.Header.Revision != 5 {
		t.Errorf("delete: %v, %v", deleted, err)
	}
	if deleted, err = c.Delete(ctx, "a"); err != nil || deleted.Deleted != 0 || deleted.Header.Revision != 5 {
		t.Errorf("delete of nothing: %v, %v", deleted, err)
	}
	put("a", "3")
	if got, err = c.Get(ctx, "a"); err != nil || got.Kvs[0].Version != 1 || got.Kvs[0].CreateRevision != 6 {
		t.Errorf("after delete and put: %v, %v", got, err)
	}
}

// TestEtcdClientTxn: one revision for all that a transaction does; its
// compares decide, nested ones too.
func TestEtcdClientTxn(t *testing.T) {
	n := startCluster(t, 1, nil)[0]
	c, ctx := etcdClient(t, n), bounded(t)
	if _, err := c.Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	r, err := c.Txn(ctx).
		If(clientv3.Compare(clientv3.Value("a"), "=", "1"), clientv3.Compare(clientv3.CreateRevision("b"), "=", 0)).
		Then(clientv3.OpPut("a", "2"), clientv3.OpPut("b", "2"), clientv3.OpGet("a"),
			clientv3.OpTxn([]clientv3.Cmp{clientv3.Compare(clientv3.Version("b"), "=", 1)}, nil, []clientv3.Op{clientv3.OpPut("c", "else")})).
		Else(clientv3.OpPut("a", "wrong")).Commit()
	if err != nil {
		t.Fatal(err)
	}
	seen := r.Responses[2].GetResponseRange().Kvs[0]
	if !r.Succeeded || r.Header.Revision != 3 || string(seen.Value) != "2" || seen.ModRevision != 3 {
		t.Errorf("transaction: %v", r)
	}
	// The nested compare saw the store as it was: b was not there yet.
	if nested := r.Responses[3].GetResponseTxn(); nested.Succeeded {
		t.Errorf("nested: %v", nested)
	}
	all, err := c.Get(ctx, "", clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	for _, kv := range all.Kvs {
		if kv.ModRevision != 3 {
			t.Errorf("%s was modified at %d, want 3", kv.Key, kv.ModRevision)
		}
	}
}

// TestRefusals: what is wrong with a request is told in etcd's words.
func TestRefusals(t *testing.T) {
	n := startCluster(t, 1, nil)[0]
	c, ctx := etcdClient(t, n), bounded(t)
	if _, err := c.Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Put(ctx, "a", "2"); err != nil {
		t.Fatal(err)
	}
	twice := []clientv3.Op{clientv3.OpPut("x", "1"), clientv3.OpPut("x", "2")}
	covered := []clientv3.Op{clientv3.OpPut("x", "1"), clientv3.OpDelete("a", clientv3.WithFromKey())}
	many := slices.Repeat([]clientv3.Op{clientv3.OpGet("a")}, maxTxnOps+1)
	get := func(opts ...clientv3.OpOption) error { _, err := c.Get(ctx, "a", opts...); return err }
	put := func(key, value string, opts ...clientv3.OpOption) error {
		_, err := c.Put(ctx, key, value, opts...)
		return err
	}
	txn := func(ops ...clientv3.Op) error { _, err := c.Txn(ctx).Then(ops...).Commit(); return err }
	for name, test := range map[string]struct{ got, want error }{
		"empty key":          {put("", "1"), rpctypes.ErrEmptyKey},
		"old revision":       {get(clientv3.WithRev(2)), rpctypes.ErrCompacted},
		"future revision":    {get(clientv3.WithRev(4)), rpctypes.ErrFutureRev},
		"lease":              {put("a", "1", clientv3.WithLease(7)), rpctypes.ErrLeaseNotFound},
		"lease in txn":       {txn(clientv3.OpPut("q", "1", clientv3.WithLease(7))), rpctypes.ErrLeaseNotFound},
		"ignored value":      {put("new", "", clientv3.WithIgnoreValue()), rpctypes.ErrKeyNotFound},
		"ignored lease":      {put("new", "", clientv3.WithIgnoreLease()), rpctypes.ErrKeyNotFound},
		"key twice":          {txn(twice...), rpctypes.ErrDuplicateKey},
		"put and delete":     {txn(covered...), rpctypes.ErrDuplicateKey},
		"too many":           {txn(many...), rpctypes.ErrTooManyOps},
		"old read in txn":    {txn(clientv3.OpPut("q", "1"), clientv3.OpGet("a", clientv3.WithRev(2))), rpctypes.ErrCompacted},
		"too large":          {put("big", strings.Repeat("x", maxCommand+1)), rpctypes.ErrRequestTooLarge},
		"ignored value in t": {txn(clientv3.OpPut("q", "1"), clientv3.OpPut("new", "", clientv3.WithIgnoreValue())), rpctypes.ErrKeyNotFound},
	} {
		if !errors.Is(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", name, test.got, test.want)
		}
	}
	if at := n.machine.position(); at.revision != 3 {
		t.Errorf("a refused request left revision %d, want 3", at.revision)
	}
	for name, err := range map[string]error{
		"compact": second(c.Compact(ctx, 2)),
		"lease":   second(c.Grant(ctx, 1)),
		"auth":    second(c.AuthEnable(ctx)),
		"members": second(c.MemberAdd(ctx, []string{"http://127.0.0.1:1"})),
	} {
		if code := status.Code(err); code != codes.Unimplemented {
			t.Errorf("%s: %v, want Unimplemented", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestMaintenance: what etcdctl's endpoint and member verbs ask.
func TestMaintenance(t *testing.T) {
	nodes := startCluster(t, 3, nil)
	leader, follower := nodes[0], nodes[1]
	c, ctx := etcdClient(t, follower), bounded(t)
	put, err := c.Put(ctx, "a", "1")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "all nodes hash one revision alike", func() bool {
		var sums []uint32
		for _, n := range nodes {
			r, err := c.HashKV(ctx, n.Listen().Client, put.Header.Revision)
			if err != nil || r.HashRevision != put.Header.Revision {
				return false
			}
			sums = append(sums, r.Hash)
		}
		return len(slices.Compact(sums)) == 1
	})
	if _, err := c.HashKV(ctx, leader.Listen().Client, 99); !errors.Is(err, rpctypes.ErrFutureRev) {
		t.Errorf("hash of the future: %v", err)
	}
	s, err := c.Status(ctx, follower.Listen().Client)
	if err != nil {
		t.Fatal(err)
	}
	if s.Leader != memberID(leader.opts.ID) || s.Header.MemberId != memberID(follower.opts.ID) || s.RaftTerm == 0 || s.RaftIndex == 0 || s.DbSize != page+2 {
		t.Errorf("status: %v", s)
	}
	members, err := c.MemberList(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(members.Members) != 3 || members.Members[0].Name != "n1" || members.Members[0].ClientURLs[0] != "http://"+peerNamed(nodes, "n1").Client {
		t.Errorf("members: %v", members)
	}
	if alarms, err := c.AlarmList(ctx); err != nil || len(alarms.Alarms) != 0 {
		t.Errorf("alarms: %v, %v", alarms, err)
	}
	// Every node's applied index comes to the same figure, no-ops counted.
	eventually(t, "all nodes applied the same", func() bool {
		return nodes[1].applied() == leader.applied() && nodes[2].applied() == leader.applied()
	})
}

func peerNamed(nodes []*Node, id string) (l struct{ Client string }) {
	for _, n := range nodes {
		if n.opts.ID == id {
			l.Client = n.Listen().Client
		}
	}
	return l
}

// TestCompareAndSwapThroughFollower: many clients of a follower add to one
// counter by transactions; none is lost, and reads through either follower
// see what was acknowledged.
func TestCompareAndSwapThroughFollower(t *testing.T) {
	nodes := startCluster(t, 3, nil)
	ctx := bounded(t)
	const clients, adds = 4, 10
	done := make(chan error, clients)
	for range clients {
		c := etcdClient(t, nodes[1])
		go func() { done <- add(ctx, c, adds) }()
	}
	for range clients {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		r, err := etcdClient(t, n).Get(ctx, "counter")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(r.Kvs[0].Value); got != strconv.Itoa(clients*adds) || r.Kvs[0].Version != clients*adds {
			t.Errorf("%s reads %s at version %d, want %d", n.opts.ID, got, r.Kvs[0].Version, clients*adds)
		}
		if r.Header.MemberId != memberID(n.opts.ID) {
			t.Errorf("%s answers as member %x", n.opts.ID, r.Header.MemberId)
		}
	}
	if nodes[1].Stats().Forwarded == 0 || nodes[0].Stats().Forwarded != 0 {
		t.Errorf("forwarded: follower %d, leader %d", nodes[1].Stats().Forwarded, nodes[0].Stats().Forwarded)
	}
}

// add adds one to the counter, times over, each by compare-and-swap.
func add(ctx context.Context, c *clientv3.Client, times int) error {
	for done := 0; done < times; {
		now, err := c.Get(ctx, "counter")
		if err != nil {
			return err
		}
		var value, revision int64
		if len(now.Kvs) > 0 {
			value, _ = strconv.ParseInt(string(now.Kvs[0].Value), 10, 64)
			revision = now.Kvs[0].ModRevision
		}
		r, err := c.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision("counter"), "=", revision)).
			Then(clientv3.OpPut("counter", strconv.FormatInt(value+1, 10))).Commit()
		if err != nil {
			return err
		}
		if r.Succeeded {
			done++
		}
	}
	return nil
}

// TestSerializableReadsAreLocal: a follower that lost its leader still
// answers them, and nothing else; and says that the rest had no effect.
func TestSerializableReadsAreLocal(t *testing.T) {
	nodes := startCluster(t, 3, nil)
	c, ctx := etcdClient(t, nodes[1]), bounded(t)
	if _, err := c.Put(ctx, "a", "1"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the follower has applied the write", func() bool { return nodes[1].machine.position().revision == 2 })
	for _, n := range []*Node{nodes[0], nodes[2]} {
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the follower knows no leader", func() bool { _, id := nodes[1].raft.LeaderWithID(); return id == "" })
	kv := &kvServer{node: nodes[1]}
	r, err := kv.Range(ctx, &pb.RangeRequest{Key: []byte("a"), Serializable: true})
	if err != nil || !bytes.Equal(r.Kvs[0].Value, []byte("1")) {
		t.Errorf("serializable read: %v, %v", r, err)
	}
	if _, err := kv.Range(ctx, &pb.RangeRequest{Key: []byte("a")}); !errors.Is(err, errNoLeader) && !errors.Is(err, errNotLeader) {
		t.Errorf("linearizable read: %v", err)
	}
	if _, err := kv.Put(ctx, &pb.PutRequest{Key: []byte("a")}); !errors.Is(err, errNoLeader) && !errors.Is(err, errNotLeader) {
		t.Errorf("put: %v", err)
	}
	// A request that was handed on already is not handed on again.
	r2, err := forwardService.Methods[0].Handler(nodes[1], ctx, func(any) error { return nil }, nil)
	if !errors.Is(err, errNotLeader) {
		t.Errorf("forwarded to a follower: %v, %v", r2, err)
	}
}
