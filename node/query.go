package node

import (
	"bytes"
	"cmp"
	"slices"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// query answers a range request from tree, whose revision is rev, with etcd's
// meaning of every option: Count is the number of keys in the range, whatever
// limit and filters leave of them; filters come before the order, the order
// before the limit.
func query(tree *keyTree, r *pb.RangeRequest, rev int64) *pb.RangeResponse {
	resp := &pb.RangeResponse{Header: &pb.ResponseHeader{Revision: rev}}
	early := r.Limit > 0 && inKeyOrder(r) && !filtered(r)
	walk(tree, intervalOf(r.Key, r.RangeEnd), func(kv *mvccpb.KeyValue) bool {
		resp.Count++
		switch {
		case r.CountOnly || !passes(r, kv):
		case early && int64(len(resp.Kvs)) == r.Limit:
			resp.More = true
		default:
			resp.Kvs = append(resp.Kvs, kv)
		}
		return true
	})
	order(r, resp.Kvs)
	if r.Limit > 0 && int64(len(resp.Kvs)) > r.Limit {
		resp.Kvs, resp.More = resp.Kvs[:r.Limit], true
	}
	if r.KeysOnly {
		dropValues(resp.Kvs)
	}
	return resp
}

// readable refuses revisions that a store without history cannot answer.
func readable(asked, current int64) error {
	switch {
	case asked <= 0 || asked == current:
		return nil
	case asked > current:
		return rpctypes.ErrGRPCFutureRev
	default:
		return rpctypes.ErrGRPCCompacted
	}
}

func inKeyOrder(r *pb.RangeRequest) bool {
	return r.SortTarget == pb.RangeRequest_KEY && r.SortOrder != pb.RangeRequest_DESCEND
}

func filtered(r *pb.RangeRequest) bool {
	return r.MinModRevision != 0 || r.MaxModRevision != 0 || r.MinCreateRevision != 0 || r.MaxCreateRevision != 0
}

func passes(r *pb.RangeRequest, kv *mvccpb.KeyValue) bool {
	return within(kv.ModRevision, r.MinModRevision, r.MaxModRevision) &&
		within(kv.CreateRevision, r.MinCreateRevision, r.MaxCreateRevision)
}

// within takes a bound of zero as no bound.
func within(v, low, high int64) bool {
	return (low == 0 || v >= low) && (high == 0 || v <= high)
}

// order sorts by the request's target; a target other than the key implies
// ascending order when none is asked for.
func order(r *pb.RangeRequest, kvs []*mvccpb.KeyValue) {
	if inKeyOrder(r) {
		return
	}
	by := comparison(r.SortTarget)
	if r.SortOrder == pb.RangeRequest_DESCEND {
		ascending := by
		by = func(a, b *mvccpb.KeyValue) int { return ascending(b, a) }
	}
	slices.SortStableFunc(kvs, by)
}

func comparison(target pb.RangeRequest_SortTarget) func(a, b *mvccpb.KeyValue) int {
	switch target {
	case pb.RangeRequest_VERSION:
		return func(a, b *mvccpb.KeyValue) int { return cmp.Compare(a.Version, b.Version) }
	case pb.RangeRequest_CREATE:
		return func(a, b *mvccpb.KeyValue) int { return cmp.Compare(a.CreateRevision, b.CreateRevision) }
	case pb.RangeRequest_MOD:
		return func(a, b *mvccpb.KeyValue) int { return cmp.Compare(a.ModRevision, b.ModRevision) }
	case pb.RangeRequest_VALUE:
		return func(a, b *mvccpb.KeyValue) int { return bytes.Compare(a.Value, b.Value) }
	default:
		return func(a, b *mvccpb.KeyValue) int { return bytes.Compare(a.Key, b.Key) }
	}
}

// dropValues replaces each pair by one without its value; the stored pair is
// shared and stays as it is.
func dropValues(kvs []*mvccpb.KeyValue) {
	for i, kv := range kvs {
		kvs[i] = &mvccpb.KeyValue{
			Key: kv.Key, CreateRevision: kv.CreateRevision, ModRevision: kv.ModRevision, Version: kv.Version,
		}
	}
}
