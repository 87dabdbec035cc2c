package node

import (
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// write is one revision in the making: all that a request changes gets the
// same mod revision, and the store's revision moves on only if something did
// change.
type write struct {
	keys  *keyspace
	begin int64
	// before is the store as it was, kept only for a nested range that asks
	// for that revision by number.
	before  *keyTree
	changes int
}

func (k *keyspace) write() *write { return &write{keys: k, begin: k.revision} }

// end makes the changes one revision. It touches nothing after a mere read,
// which may run beside others.
func (w *write) end() {
	if w.changes > 0 {
		w.keys.revision = w.begin + 1
	}
}

// revision as a reader inside this write sees it.
func (w *write) revision() int64 {
	if w.changes > 0 {
		return w.begin + 1
	}
	return w.begin
}

func (w *write) put(r *pb.PutRequest) *pb.PutResponse {
	value := r.Value
	if r.IgnoreValue {
		if old, found := w.keys.tree.Get(&mvccpb.KeyValue{Key: r.Key}); found {
			value = old.Value
		}
	}
	prev := w.keys.put(r.Key, value, w.begin+1)
	w.changes++
	resp := &pb.PutResponse{Header: &pb.ResponseHeader{Revision: w.begin + 1}}
	if r.PrevKv {
		resp.PrevKv = prev
	}
	return resp
}

func (w *write) deleteRange(r *pb.DeleteRangeRequest) *pb.DeleteRangeResponse {
	gone := w.keys.remove(intervalOf(r.Key, r.RangeEnd))
	w.changes += len(gone)
	resp := &pb.DeleteRangeResponse{
		Header:  &pb.ResponseHeader{Revision: w.revision()},
		Deleted: int64(len(gone)),
	}
	if r.PrevKv {
		resp.PrevKvs = gone
	}
	return resp
}

func (w *write) rangeKeys(r *pb.RangeRequest) *pb.RangeResponse {
	if w.before != nil && r.Revision == w.begin {
		resp := query(w.before, r, w.begin)
		resp.Header.Revision = w.revision()
		return resp
	}
	return query(w.keys.tree, r, w.revision())
}

// checkPut refuses what a put expects of the store and does not find.
func (k *keyspace) checkPut(r *pb.PutRequest) error {
	if r.Lease != 0 {
		return rpctypes.ErrGRPCLeaseNotFound
	}
	if !r.IgnoreValue && !r.IgnoreLease {
		return nil
	}
	if !k.tree.Has(&mvccpb.KeyValue{Key: r.Key}) {
		return rpctypes.ErrGRPCKeyNotFound
	}
	return nil
}
