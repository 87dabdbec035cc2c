package client

import (
	"context"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/peer"

	"github.com/raftbench/raftbench/loadgen"
)

var _ loadgen.Target = (*Client)(nil)

// Put writes key, and returns the revision at which it is stored.
func (c *Client) Put(ctx context.Context, key string, value []byte) (int64, error) {
	var sent peer.Peer
	r, err := c.kv.Put(ctx, &pb.PutRequest{Key: []byte(key), Value: value}, grpc.Peer(&sent))
	if err != nil {
		return 0, explain("put", c.address, err, &sent)
	}
	return r.GetHeader().GetRevision(), nil
}

// Get reads key: its value and mod revision. A key that is not there is no
// error: nil and 0.
func (c *Client) Get(ctx context.Context, key string, serializable bool) (value []byte, revision int64, err error) {
	var sent peer.Peer
	r, err := c.kv.Range(ctx, &pb.RangeRequest{Key: []byte(key), Serializable: serializable}, grpc.Peer(&sent))
	if err != nil {
		return nil, 0, explain("get", c.address, err, &sent)
	}
	if kvs := r.GetKvs(); len(kvs) > 0 {
		return kvs[0].Value, kvs[0].ModRevision, nil
	}
	return nil, 0, nil
}
