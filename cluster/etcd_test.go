package cluster

import (
	"fmt"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// etcd's own client library works against a cluster of three through a
// follower, which forwards what needs the leader.
func TestEtcdClientThroughFollower(t *testing.T) {
	t.Parallel()
	c := start(t, steadySpec(t, 3))
	leader := leaderOf(t, c)
	follower := c.Members()[0]
	if follower == leader {
		follower = c.Members()[1]
	}
	etcd, err := clientv3.New(clientv3.Config{Endpoints: []string{follower.Listen().Client}, DialTimeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer etcd.Close() //nolint:errcheck // the test is over
	ctx := within(t, 20*time.Second)

	var second int64
	for i, k := range []string{"a/1", "a/2", "a/3", "b/1"} {
		put, err := etcd.Put(ctx, k, fmt.Sprint(3-i))
		if err != nil {
			t.Fatal(err)
		}
		if k == "a/2" {
			second = put.Header.Revision
		}
	}
	old, err := etcd.Put(ctx, "a/1", "9", clientv3.WithPrevKV())
	if err != nil || old.PrevKv == nil || string(old.PrevKv.Value) != "3" {
		t.Errorf("put with prev-kv: %v, %v", old, err)
	}

	prefix := clientv3.WithPrefix()
	tests := []struct {
		name    string
		key     string
		options []clientv3.OpOption
		want    string
	}{
		{"one key", "a/2", nil, "a/2=2 of 1"},
		{"no key", "z", nil, " of 0"},
		{"prefix", "a/", []clientv3.OpOption{prefix}, "a/1=9 a/2=2 a/3=1 of 3"},
		{"range", "a/2", []clientv3.OpOption{clientv3.WithRange("b/1")}, "a/2=2 a/3=1 of 2"},
		{"from a key on", "a/3", []clientv3.OpOption{clientv3.WithFromKey()}, "a/3=1 b/1=0 of 2"},
		{"limit", "a/", []clientv3.OpOption{prefix, clientv3.WithLimit(2)}, "a/1=9 a/2=2 of 3 and more"},
		{"keys only", "a/", []clientv3.OpOption{prefix, clientv3.WithKeysOnly()}, "a/1= a/2= a/3= of 3"},
		{"count only", "a/", []clientv3.OpOption{prefix, clientv3.WithCountOnly()}, " of 3"},
		{"descending", "a/", []clientv3.OpOption{prefix, clientv3.WithSort(clientv3.SortByKey, clientv3.SortDescend)}, "a/3=1 a/2=2 a/1=9 of 3"},
		{"by value", "a/", []clientv3.OpOption{prefix, clientv3.WithSort(clientv3.SortByValue, clientv3.SortAscend)}, "a/3=1 a/2=2 a/1=9 of 3"},
		{"by version", "a/", []clientv3.OpOption{prefix, clientv3.WithSort(clientv3.SortByVersion, clientv3.SortDescend), clientv3.WithLimit(1)}, "a/1=9 of 3 and more"},
		{"last written", "a/", []clientv3.OpOption{prefix, clientv3.WithSort(clientv3.SortByModRevision, clientv3.SortDescend), clientv3.WithLimit(1)}, "a/1=9 of 3 and more"},
		{"since a revision", "a/", []clientv3.OpOption{prefix, clientv3.WithMinModRev(second)}, "a/1=9 a/2=2 a/3=1 of 3"},
		{"serializable", "a/3", []clientv3.OpOption{clientv3.WithSerializable()}, "a/3=1 of 1"},
	}
	caughtUp(t, follower, old.Header.Revision)
	for _, test := range tests {
		got, err := etcd.Get(ctx, test.key, test.options...)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if said := say(got); said != test.want {
			t.Errorf("%s: got %q, wanted %q", test.name, said, test.want)
		}
	}

	swap := func(from, to string) bool {
		t.Helper()
		answer, err := etcd.Txn(ctx).
			If(clientv3.Compare(clientv3.Value("lock"), "=", from)).
			Then(clientv3.OpPut("lock", to)).
			Else(clientv3.OpGet("lock")).Commit()
		if err != nil {
			t.Fatal(err)
		}
		if !answer.Succeeded && string(answer.Responses[0].GetResponseRange().Kvs[0].Value) == from {
			t.Errorf("refused to swap %q, and shows it", from)
		}
		return answer.Succeeded
	}
	create, err := etcd.Txn(ctx).If(clientv3.Compare(clientv3.CreateRevision("lock"), "=", 0)).Then(clientv3.OpPut("lock", "me")).Commit()
	if err != nil || !create.Succeeded {
		t.Fatalf("create: %v, %v", create, err)
	}
	if !swap("me", "you") || swap("me", "thief") || !swap("you", "me") {
		t.Error("compare-and-swap does not hold")
	}
	s, err := follower.Stats(ctx)
	if err != nil || s.Forwarded < 9 {
		t.Errorf("the follower forwarded %d requests (%v), wanted at least the nine writes", s.Forwarded, err)
	}
}

// say puts an answer on a line.
func say(r *clientv3.GetResponse) string {
	var said []string
	for _, kv := range r.Kvs {
		said = append(said, fmt.Sprintf("%s=%s", kv.Key, kv.Value))
	}
	s := fmt.Sprintf("%s of %d", strings.Join(said, " "), r.Count)
	if r.More {
		s += " and more"
	}
	return s
}
