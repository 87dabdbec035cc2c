package node

import (
	"encoding/binary"
	"hash/crc32"

	"go.etcd.io/etcd/api/v3/mvccpb"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// hash digests every key with its value and revisions, in the order of keys,
// and says at which revision. Equal stores have equal hashes on every node;
// the figure itself is not etcd's, which covers history as well.
func (m *machine) hash() (sum uint32, revision int64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var numbers [40]byte
	m.keys.tree.Ascend(func(kv *mvccpb.KeyValue) bool {
		for i, n := range []int{len(kv.Key), len(kv.Value)} {
			binary.LittleEndian.PutUint64(numbers[8*i:], uint64(n))
		}
		for i, n := range []int64{kv.CreateRevision, kv.ModRevision, kv.Version} {
			binary.LittleEndian.PutUint64(numbers[16+8*i:], uint64(n))
		}
		sum = crc32.Update(sum, castagnoli, numbers[:])
		sum = crc32.Update(sum, castagnoli, kv.Key)
		sum = crc32.Update(sum, castagnoli, kv.Value)
		return true
	})
	return sum, m.keys.revision
}
