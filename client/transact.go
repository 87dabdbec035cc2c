package client

import (
	"context"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"
)

// Comparison holds if the key's mod revision is this; 0 is that of an absent key.
type Comparison struct {
	Key         string
	ModRevision int64
}

// Change puts a value, or deletes the key.
type Change struct {
	Key    string
	Value  []byte
	Delete bool
}

// Transaction is done as one: it reads, and if all its comparisons hold it then
// writes.
type Transaction struct {
	Compares []Comparison
	Reads    []string // at the same revision, whether or not the comparisons hold
	Writes   []Change // each key once
}

// Answer of a transaction.
type Answer struct {
	Succeeded bool  // the comparisons held
	Revision  int64 // of the store, in the answer's header
	// Read answers Reads, in their order; an absent key has no mod revision.
	Read []KeyValue
}

// Transact does a transaction, once: the outcome of one that fails is unknown, unless
// its error wraps loadgen.ErrRejected.
func (c *Client) Transact(ctx context.Context, t Transaction) (Answer, error) {
	var sent peer.Peer
	r, err := c.kv.Txn(ctx, t.request(), grpc.Peer(&sent))
	if err != nil {
		return Answer{}, explain("transaction", c.address, err, &sent)
	}
	a := Answer{Succeeded: r.GetSucceeded(), Revision: r.GetHeader().GetRevision()}
	if got := len(r.GetResponses()); got < len(t.Reads) {
		return a, fmt.Errorf("transaction at %s: outcome unknown: got %d answers, want those of %d reads", c.address, got, len(t.Reads))
	}
	for i, key := range t.Reads {
		a.Read = append(a.Read, first(key, r.Responses[i].GetResponseRange().GetKvs()))
	}
	return a, nil
}

func (t Transaction) request() *pb.TxnRequest {
	r := &pb.TxnRequest{}
	for _, c := range t.Compares {
		r.Compare = append(r.Compare, &pb.Compare{
			Key: []byte(c.Key), Target: pb.Compare_MOD, Result: pb.Compare_EQUAL, TargetUnion: &pb.Compare_ModRevision{ModRevision: c.ModRevision},
		})
	}
	for _, key := range t.Reads {
		read := &pb.RequestOp{Request: &pb.RequestOp_RequestRange{RequestRange: &pb.RangeRequest{Key: []byte(key)}}}
		r.Success, r.Failure = append(r.Success, read), append(r.Failure, read)
	}
	for _, w := range t.Writes {
		r.Success = append(r.Success, w.request())
	}
	return r
}

func (w Change) request() *pb.RequestOp {
	if w.Delete {
		return &pb.RequestOp{Request: &pb.RequestOp_RequestDeleteRange{RequestDeleteRange: &pb.DeleteRangeRequest{Key: []byte(w.Key)}}}
	}
	return &pb.RequestOp{Request: &pb.RequestOp_RequestPut{RequestPut: &pb.PutRequest{Key: []byte(w.Key), Value: w.Value}}}
}

// Read is Get that tells also the store's revision in the answer's header, at which
// the key was as it is told.
func (c *Client) Read(ctx context.Context, key string, serializable bool) (kv KeyValue, revision int64, err error) {
	var sent peer.Peer
	r, err := c.kv.Range(ctx, &pb.RangeRequest{Key: []byte(key), Serializable: serializable}, grpc.Peer(&sent))
	if err != nil {
		return KeyValue{}, 0, explain("get", c.address, err, &sent)
	}
	return first(key, r.GetKvs()), r.GetHeader().GetRevision(), nil
}

// Delete deletes one key, and tells whether there was one.
func (c *Client) Delete(ctx context.Context, key string) (deleted bool, revision int64, err error) {
	var sent peer.Peer
	r, err := c.kv.DeleteRange(ctx, &pb.DeleteRangeRequest{Key: []byte(key)}, grpc.Peer(&sent))
	if err != nil {
		return false, 0, explain("delete", c.address, err, &sent)
	}
	return r.GetDeleted() > 0, r.GetHeader().GetRevision(), nil
}

// All reads every key under a prefix at once, from this server's own store. It is for
// few keys: they come in one answer.
func (c *Client) All(ctx context.Context, prefix string) (all []KeyValue, revision int64, err error) {
	r, err := c.kv.Range(ctx, &pb.RangeRequest{Key: []byte(prefix), RangeEnd: prefixEnd(prefix), Serializable: true})
	if err != nil {
		return nil, 0, fmt.Errorf("read of %q at %s: %w", prefix, c.address, err)
	}
	for _, kv := range r.GetKvs() {
		all = append(all, keyValue(kv))
	}
	return all, r.GetHeader().GetRevision(), nil
}

// first of a key's answers, which has one or none.
func first(key string, kvs []*mvccpb.KeyValue) KeyValue {
	if len(kvs) == 0 {
		return KeyValue{Key: key}
	}
	return keyValue(kvs[0])
}

func keyValue(kv *mvccpb.KeyValue) KeyValue {
	return KeyValue{Key: string(kv.Key), Value: kv.Value, CreateRevision: kv.CreateRevision, ModRevision: kv.ModRevision, Version: kv.Version}
}
