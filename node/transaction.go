package node

import (
	"bytes"
	"cmp"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
)

// plan is a transaction whose every branch is decided: etcd evaluates all
// compares, nested ones too, against the store as it was before any change.
type plan struct {
	succeeded bool
	ops       []*pb.RequestOp
	nested    []*plan // one for each RequestTxn of ops, in order
}

func (k *keyspace) plan(r *pb.TxnRequest) *plan {
	p := &plan{succeeded: true, ops: r.Success}
	for _, c := range r.Compare {
		if !k.holds(c) {
			p.succeeded, p.ops = false, r.Failure
			break
		}
	}
	for _, op := range p.ops {
		if t := op.GetRequestTxn(); t != nil {
			p.nested = append(p.nested, k.plan(t))
		}
	}
	return p
}

// check refuses the whole transaction before anything of it is done.
func (k *keyspace) check(p *plan) error {
	for _, op := range p.ops {
		var err error
		switch o := op.Request.(type) {
		case *pb.RequestOp_RequestRange:
			err = readable(o.RequestRange.Revision, k.revision)
		case *pb.RequestOp_RequestPut:
			err = k.checkPut(o.RequestPut)
		}
		if err != nil {
			return err
		}
	}
	for _, n := range p.nested {
		if err := k.check(n); err != nil {
			return err
		}
	}
	return nil
}

// transact applies a transaction as one revision.
func (k *keyspace) transact(r *pb.TxnRequest) (*pb.TxnResponse, error) {
	p := k.plan(r)
	if err := k.check(p); err != nil {
		return nil, err
	}
	w := k.write()
	if p.readsByNumber() && p.writes() {
		w.before = k.tree.Clone()
	}
	resp := w.transact(p)
	w.end()
	resp.Header = &pb.ResponseHeader{Revision: k.revision}
	return resp, nil
}

func (w *write) transact(p *plan) *pb.TxnResponse {
	resp := &pb.TxnResponse{
		Header:    &pb.ResponseHeader{},
		Succeeded: p.succeeded,
		Responses: make([]*pb.ResponseOp, len(p.ops)),
	}
	nested := p.nested
	for i, op := range p.ops {
		answer := &pb.ResponseOp{}
		switch o := op.Request.(type) {
		case *pb.RequestOp_RequestRange:
			answer.Response = &pb.ResponseOp_ResponseRange{ResponseRange: w.rangeKeys(o.RequestRange)}
		case *pb.RequestOp_RequestPut:
			answer.Response = &pb.ResponseOp_ResponsePut{ResponsePut: w.put(o.RequestPut)}
		case *pb.RequestOp_RequestDeleteRange:
			answer.Response = &pb.ResponseOp_ResponseDeleteRange{ResponseDeleteRange: w.deleteRange(o.RequestDeleteRange)}
		case *pb.RequestOp_RequestTxn:
			answer.Response = &pb.ResponseOp_ResponseTxn{ResponseTxn: w.transact(nested[0])}
			nested = nested[1:]
		}
		resp.Responses[i] = answer
	}
	return resp
}

// readsByNumber reports whether a range of the plan names a revision.
func (p *plan) readsByNumber() bool {
	for _, op := range p.ops {
		if op.GetRequestRange().GetRevision() > 0 {
			return true
		}
	}
	for _, n := range p.nested {
		if n.readsByNumber() {
			return true
		}
	}
	return false
}

// writes reports whether the plan may change anything.
func (p *plan) writes() bool {
	for _, op := range p.ops {
		if op.GetRequestPut() != nil || op.GetRequestDeleteRange() != nil {
			return true
		}
	}
	for _, n := range p.nested {
		if n.writes() {
			return true
		}
	}
	return false
}

// holds evaluates one compare; over a range it must hold for every key. A
// missing key has zero in every number, and no value equals, or differs from,
// the value that it does not have.
func (k *keyspace) holds(c *pb.Compare) bool {
	kvs := collect(k.tree, intervalOf(c.Key, c.RangeEnd))
	if len(kvs) == 0 {
		return c.Target != pb.Compare_VALUE && satisfies(c, &mvccpb.KeyValue{})
	}
	for _, kv := range kvs {
		if !satisfies(c, kv) {
			return false
		}
	}
	return true
}

func satisfies(c *pb.Compare, kv *mvccpb.KeyValue) bool {
	sign := 0
	switch c.Target {
	case pb.Compare_VALUE:
		sign = bytes.Compare(kv.Value, c.GetValue())
	case pb.Compare_CREATE:
		sign = cmp.Compare(kv.CreateRevision, c.GetCreateRevision())
	case pb.Compare_MOD:
		sign = cmp.Compare(kv.ModRevision, c.GetModRevision())
	case pb.Compare_VERSION:
		sign = cmp.Compare(kv.Version, c.GetVersion())
	case pb.Compare_LEASE:
		sign = cmp.Compare(kv.Lease, c.GetLease())
	}
	switch c.Result {
	case pb.Compare_EQUAL:
		return sign == 0
	case pb.Compare_NOT_EQUAL:
		return sign != 0
	case pb.Compare_GREATER:
		return sign > 0
	case pb.Compare_LESS:
		return sign < 0
	default:
		return true
	}
}
