package node

import (
	"bytes"
	"maps"
	"slices"
	"sort"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
)

// oracle is the dumb twin of keyspace: a plain map, copied before every
// change, and every rule of etcd spelled out without any sharing or order.
type oracle struct {
	revision int64
	kvs      map[string]*mvccpb.KeyValue
	// past holds the store at every revision.
	past map[int64]map[string]*mvccpb.KeyValue
}

func newOracle() *oracle {
	o := &oracle{revision: 1, kvs: map[string]*mvccpb.KeyValue{}, past: map[int64]map[string]*mvccpb.KeyValue{}}
	o.past[1] = o.kvs
	return o
}

// pending is a write whose revision is not there yet.
type pending struct {
	kvs     map[string]*mvccpb.KeyValue
	changed bool
}

func (o *oracle) begin() *pending { return &pending{kvs: maps.Clone(o.kvs)} }

func (o *oracle) commit(p *pending) {
	if p.changed {
		o.revision++
		o.kvs = p.kvs
		o.past[o.revision] = p.kvs
	}
}

func (o *oracle) now(p *pending) int64 {
	if p.changed {
		return o.revision + 1
	}
	return o.revision
}

func inRange(key string, start, end []byte) bool {
	switch {
	case len(end) == 0:
		return key == string(start)
	case string(end) == "\x00":
		return key >= string(start)
	default:
		return key >= string(start) && key < string(end)
	}
}

func (o *oracle) put(p *pending, r *pb.PutRequest) *pb.PutResponse {
	resp := &pb.PutResponse{Header: &pb.ResponseHeader{Revision: o.revision + 1}}
	old := p.kvs[string(r.Key)]
	if r.PrevKv {
		resp.PrevKv = old
	}
	kv := &mvccpb.KeyValue{Key: r.Key, Value: r.Value, CreateRevision: o.revision + 1, ModRevision: o.revision + 1, Version: 1}
	if old != nil {
		kv.CreateRevision, kv.Version = old.CreateRevision, old.Version+1
		if r.IgnoreValue {
			kv.Value = old.Value
		}
	}
	p.kvs[string(r.Key)] = kv
	p.changed = true
	return resp
}

func (o *oracle) delete(p *pending, r *pb.DeleteRangeRequest) *pb.DeleteRangeResponse {
	resp := &pb.DeleteRangeResponse{}
	for _, key := range slices.Sorted(maps.Keys(p.kvs)) {
		if inRange(key, r.Key, r.RangeEnd) {
			resp.Deleted++
			if r.PrevKv {
				resp.PrevKvs = append(resp.PrevKvs, p.kvs[key])
			}
			delete(p.kvs, key)
			p.changed = true
		}
	}
	resp.Header = &pb.ResponseHeader{Revision: o.now(p)}
	return resp
}

func (o *oracle) rangeKeys(kvs map[string]*mvccpb.KeyValue, r *pb.RangeRequest, rev int64) *pb.RangeResponse {
	resp := &pb.RangeResponse{Header: &pb.ResponseHeader{Revision: rev}}
	var hits []*mvccpb.KeyValue
	for _, key := range slices.Sorted(maps.Keys(kvs)) {
		if inRange(key, r.Key, r.RangeEnd) {
			hits = append(hits, kvs[key])
		}
	}
	resp.Count = int64(len(hits))
	if r.CountOnly {
		return resp
	}
	hits = slices.DeleteFunc(hits, func(kv *mvccpb.KeyValue) bool {
		return r.MaxModRevision != 0 && kv.ModRevision > r.MaxModRevision ||
			r.MinModRevision != 0 && kv.ModRevision < r.MinModRevision ||
			r.MaxCreateRevision != 0 && kv.CreateRevision > r.MaxCreateRevision ||
			r.MinCreateRevision != 0 && kv.CreateRevision < r.MinCreateRevision
	})
	less := map[pb.RangeRequest_SortTarget]func(a, b *mvccpb.KeyValue) bool{
		pb.RangeRequest_KEY:     func(a, b *mvccpb.KeyValue) bool { return string(a.Key) < string(b.Key) },
		pb.RangeRequest_VERSION: func(a, b *mvccpb.KeyValue) bool { return a.Version < b.Version },
		pb.RangeRequest_CREATE:  func(a, b *mvccpb.KeyValue) bool { return a.CreateRevision < b.CreateRevision },
		pb.RangeRequest_MOD:     func(a, b *mvccpb.KeyValue) bool { return a.ModRevision < b.ModRevision },
		pb.RangeRequest_VALUE:   func(a, b *mvccpb.KeyValue) bool { return bytes.Compare(a.Value, b.Value) < 0 },
	}[r.SortTarget]
	sort.SliceStable(hits, func(i, j int) bool {
		if r.SortOrder == pb.RangeRequest_DESCEND {
			return less(hits[j], hits[i])
		}
		return less(hits[i], hits[j])
	})
	if r.Limit > 0 && int64(len(hits)) > r.Limit {
		hits, resp.More = hits[:r.Limit], true
	}
	for _, kv := range hits {
		out := &mvccpb.KeyValue{Key: kv.Key, Value: kv.Value, CreateRevision: kv.CreateRevision, ModRevision: kv.ModRevision, Version: kv.Version}
		if r.KeysOnly {
			out.Value = nil
		}
		resp.Kvs = append(resp.Kvs, out)
	}
	return resp
}

func (o *oracle) holds(c *pb.Compare) bool {
	var hits []*mvccpb.KeyValue
	for key, kv := range o.kvs {
		if inRange(key, c.Key, c.RangeEnd) {
			hits = append(hits, kv)
		}
	}
	if len(hits) == 0 {
		if c.Target == pb.Compare_VALUE {
			return false
		}
		hits = []*mvccpb.KeyValue{{}}
	}
	for _, kv := range hits {
		var less, equal bool
		number := func(a, b int64) { less, equal = a < b, a == b }
		switch c.Target {
		case pb.Compare_VALUE:
			less, equal = string(kv.Value) < string(c.GetValue()), string(kv.Value) == string(c.GetValue())
		case pb.Compare_VERSION:
			number(kv.Version, c.GetVersion())
		case pb.Compare_CREATE:
			number(kv.CreateRevision, c.GetCreateRevision())
		case pb.Compare_MOD:
			number(kv.ModRevision, c.GetModRevision())
		case pb.Compare_LEASE:
			number(0, c.GetLease())
		}
		ok := map[pb.Compare_CompareResult]bool{
			pb.Compare_EQUAL: equal, pb.Compare_NOT_EQUAL: !equal,
			pb.Compare_LESS: less, pb.Compare_GREATER: !less && !equal,
		}[c.Result]
		if !ok {
			return false
		}
	}
	return true
}

// txn runs in p; compares see the store as it was before the transaction. It
// reports false when the whole must be refused, and then has changed nothing
// that is committed.
func (o *oracle) txn(p *pending, r *pb.TxnRequest) (*pb.TxnResponse, bool) {
	resp := &pb.TxnResponse{Header: &pb.ResponseHeader{}, Succeeded: true}
	ops := r.Success
	for _, c := range r.Compare {
		if !o.holds(c) {
			resp.Succeeded, ops = false, r.Failure
		}
	}
	for _, op := range ops {
		answer := &pb.ResponseOp{}
		switch v := op.Request.(type) {
		case *pb.RequestOp_RequestPut:
			if v.RequestPut.IgnoreValue && o.kvs[string(v.RequestPut.Key)] == nil {
				return nil, false
			}
			answer.Response = &pb.ResponseOp_ResponsePut{ResponsePut: o.put(p, v.RequestPut)}
		case *pb.RequestOp_RequestDeleteRange:
			answer.Response = &pb.ResponseOp_ResponseDeleteRange{ResponseDeleteRange: o.delete(p, v.RequestDeleteRange)}
		case *pb.RequestOp_RequestRange:
			kvs := p.kvs
			if asked := v.RequestRange.Revision; asked > 0 {
				if asked != o.revision {
					return nil, false
				}
				kvs = o.past[asked]
			}
			answer.Response = &pb.ResponseOp_ResponseRange{ResponseRange: o.rangeKeys(kvs, v.RequestRange, o.now(p))}
		case *pb.RequestOp_RequestTxn:
			inner, ok := o.txn(p, v.RequestTxn)
			if !ok {
				return nil, false
			}
			answer.Response = &pb.ResponseOp_ResponseTxn{ResponseTxn: inner}
		}
		resp.Responses = append(resp.Responses, answer)
	}
	return resp, true
}
