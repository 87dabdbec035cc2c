package node

import (
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
)

// maxTxnOps is etcd's default limit (--max-txn-ops).
const maxTxnOps = 128

func checkRange(r *pb.RangeRequest) error {
	if len(r.GetKey()) == 0 {
		return rpctypes.ErrGRPCEmptyKey
	}
	_, knownOrder := pb.RangeRequest_SortOrder_name[int32(r.SortOrder)]
	_, knownTarget := pb.RangeRequest_SortTarget_name[int32(r.SortTarget)]
	if !knownOrder || !knownTarget {
		return rpctypes.ErrGRPCInvalidSortOption
	}
	return nil
}

func checkPut(r *pb.PutRequest) error {
	switch {
	case len(r.GetKey()) == 0:
		return rpctypes.ErrGRPCEmptyKey
	case r.IgnoreValue && len(r.Value) != 0:
		return rpctypes.ErrGRPCValueProvided
	case r.IgnoreLease && r.Lease != 0:
		return rpctypes.ErrGRPCLeaseProvided
	case r.Lease != 0:
		return rpctypes.ErrGRPCLeaseNotFound // there are no leases
	default:
		return nil
	}
}

func checkDeleteRange(r *pb.DeleteRangeRequest) error {
	if len(r.GetKey()) == 0 {
		return rpctypes.ErrGRPCEmptyKey
	}
	return nil
}

func checkTxn(r *pb.TxnRequest) error {
	if err := checkOps(r, maxTxnOps); err != nil {
		return err
	}
	for _, branch := range [][]*pb.RequestOp{r.Success, r.Failure} {
		if _, err := changesOf(branch); err != nil {
			return err
		}
	}
	return nil
}

// checkOps refuses a transaction of more than limit operations; what is
// nested must fit into what its parent left.
func checkOps(r *pb.TxnRequest, limit int) error {
	ops := max(len(r.GetCompare()), len(r.GetSuccess()), len(r.GetFailure()))
	if ops > limit {
		return rpctypes.ErrGRPCTooManyOps
	}
	for _, c := range r.GetCompare() {
		if len(c.GetKey()) == 0 {
			return rpctypes.ErrGRPCEmptyKey
		}
	}
	for _, branch := range [][]*pb.RequestOp{r.GetSuccess(), r.GetFailure()} {
		for _, op := range branch {
			if err := checkOp(op, limit-ops); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkOp(op *pb.RequestOp, limit int) error {
	switch o := op.GetRequest().(type) {
	case *pb.RequestOp_RequestRange:
		return checkRange(o.RequestRange)
	case *pb.RequestOp_RequestPut:
		return checkPut(o.RequestPut)
	case *pb.RequestOp_RequestDeleteRange:
		return checkDeleteRange(o.RequestDeleteRange)
	case *pb.RequestOp_RequestTxn:
		return checkOps(o.RequestTxn, limit)
	default:
		return rpctypes.ErrGRPCKeyNotFound // as etcd answers an empty operation
	}
}

// changes is what one branch of a transaction may do to the keys.
type changes struct {
	puts    map[string]struct{}
	deletes []interval
}

// changesOf refuses a branch that could put a key twice, or put and delete
// it, which has no meaning within one revision. Of a nested transaction only
// one branch happens, so its two may put the same key.
func changesOf(branch []*pb.RequestOp) (changes, error) {
	all := changes{puts: map[string]struct{}{}}
	for _, op := range branch {
		if d := op.GetRequestDeleteRange(); d != nil {
			all.deletes = append(all.deletes, intervalOf(d.Key, d.RangeEnd))
		}
	}
	for _, op := range branch {
		if t := op.GetRequestTxn(); t != nil {
			if err := all.nest(t); err != nil {
				return all, err
			}
		}
	}
	for _, op := range branch {
		if p := op.GetRequestPut(); p != nil {
			if err := all.put(string(p.Key), nil); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

func (c *changes) nest(t *pb.TxnRequest) error {
	then, err := changesOf(t.Success)
	if err != nil {
		return err
	}
	otherwise, err := changesOf(t.Failure)
	if err != nil {
		return err
	}
	for key := range then.puts {
		if err := c.put(key, nil); err != nil {
			return err
		}
	}
	for key := range otherwise.puts {
		if err := c.put(key, then.puts); err != nil {
			return err
		}
	}
	c.deletes = append(append(c.deletes, then.deletes...), otherwise.deletes...)
	return nil
}

// put adds a key; one in except may be there already.
func (c *changes) put(key string, except map[string]struct{}) error {
	_, twice := c.puts[key]
	if _, allowed := except[key]; twice && !allowed {
		return rpctypes.ErrGRPCDuplicateKey
	}
	for _, in := range c.deletes {
		if in.contains([]byte(key)) {
			return rpctypes.ErrGRPCDuplicateKey
		}
	}
	c.puts[key] = struct{}{}
	return nil
}

// readOnly as etcd sees it: any nested transaction counts as a write.
func readOnly(r *pb.TxnRequest) bool {
	return everyRange(r, func(*pb.RangeRequest) bool { return true })
}

// serializable reports whether every operation is a read that need not be
// linearizable.
func serializable(r *pb.TxnRequest) bool {
	return everyRange(r, func(q *pb.RangeRequest) bool { return q.Serializable })
}

func everyRange(r *pb.TxnRequest, holds func(*pb.RangeRequest) bool) bool {
	for _, branch := range [][]*pb.RequestOp{r.Success, r.Failure} {
		for _, op := range branch {
			if q := op.GetRequestRange(); q == nil || !holds(q) {
				return false
			}
		}
	}
	return true
}
