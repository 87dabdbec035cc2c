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

// Get reads key. A key that is not there is no error: the answer then has the
// store's revision alone.
func (c *Client) Get(ctx context.Context, key string, serializable bool) (loadgen.Read, error) {
	var sent peer.Peer
	r, err := c.kv.Range(ctx, &pb.RangeRequest{Key: []byte(key), Serializable: serializable}, grpc.Peer(&sent))
	if err != nil {
		return loadgen.Read{}, explain("get", c.address, err, &sent)
	}
	read := loadgen.Read{StoreRevision: r.GetHeader().GetRevision()}
	if kvs := r.GetKvs(); len(kvs) > 0 {
		read.Value, read.Revision = kvs[0].Value, kvs[0].ModRevision
	}
	return read, nil
}
