package node

import (
	"bytes"

	"github.com/google/btree"
	"go.etcd.io/etcd/api/v3/mvccpb"
)

// keyTree holds the latest version of every key, in the order of keys. A
// KeyValue in it is never changed, only replaced, so that answers and clones
// may share it.
type keyTree = btree.BTreeG[*mvccpb.KeyValue]

// btreeDegree keeps a node of the tree within a few cache lines.
const btreeDegree = 32

// firstRevision of an empty store is 1, as in etcd.
const firstRevision = 1

// keyspace is etcd's key-value store without history: each key's latest value
// and its create, mod and version. It is not synchronised.
type keyspace struct {
	tree     *keyTree
	revision int64
	// bytes of all keys and values.
	bytes int64
}

func newKeyspace() *keyspace {
	return &keyspace{tree: newKeyTree(), revision: firstRevision}
}

func newKeyTree() *keyTree {
	return btree.NewG(btreeDegree, func(a, b *mvccpb.KeyValue) bool { return bytes.Compare(a.Key, b.Key) < 0 })
}

// put stores value at revision rev and returns what it replaced, or nil.
func (k *keyspace) put(key, value []byte, rev int64) (prev *mvccpb.KeyValue) {
	kv := &mvccpb.KeyValue{Key: key, Value: value, CreateRevision: rev, ModRevision: rev, Version: 1}
	prev, replaced := k.tree.ReplaceOrInsert(kv)
	k.bytes += int64(len(value))
	if !replaced {
		k.bytes += int64(len(key))
		return nil
	}
	// Nobody else sees kv before the caller's lock is released.
	kv.CreateRevision, kv.Version = prev.CreateRevision, prev.Version+1
	k.bytes -= int64(len(prev.Value))
	return prev
}

// remove deletes keys of an interval and returns them.
func (k *keyspace) remove(in interval) []*mvccpb.KeyValue {
	gone := collect(k.tree, in)
	for _, kv := range gone {
		k.tree.Delete(kv)
		k.bytes -= int64(len(kv.Key) + len(kv.Value))
	}
	return gone
}

// interval of keys as etcd's requests write it: no end means the one key, an
// end of "\x00" every key from start on.
type interval struct {
	start, end []byte
	single     bool
	unbounded  bool
}

func intervalOf(key, rangeEnd []byte) interval {
	return interval{
		start:     key,
		end:       rangeEnd,
		single:    len(rangeEnd) == 0,
		unbounded: len(rangeEnd) == 1 && rangeEnd[0] == 0,
	}
}

// contains reports whether key lies in the interval.
func (in interval) contains(key []byte) bool {
	if in.single {
		return bytes.Equal(key, in.start)
	}
	return bytes.Compare(key, in.start) >= 0 && (in.unbounded || bytes.Compare(key, in.end) < 0)
}

// walk visits the tree's keys of an interval in order until visit is false.
func walk(tree *keyTree, in interval, visit func(*mvccpb.KeyValue) bool) {
	from := &mvccpb.KeyValue{Key: in.start}
	switch {
	case in.single:
		if kv, found := tree.Get(from); found {
			visit(kv)
		}
	case in.unbounded:
		tree.AscendGreaterOrEqual(from, visit)
	case bytes.Compare(in.start, in.end) < 0:
		tree.AscendRange(from, &mvccpb.KeyValue{Key: in.end}, visit)
	}
}

func collect(tree *keyTree, in interval) (kvs []*mvccpb.KeyValue) {
	walk(tree, in, func(kv *mvccpb.KeyValue) bool {
		kvs = append(kvs, kv)
		return true
	})
	return kvs
}
