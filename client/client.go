// Package client is one pinned gRPC connection to one endpoint of an etcd-API
// server. It never retries and never balances: no hidden retry may touch a
// measured number.
package client

import (
	"context"
	"net"
)

// Dialer opens the byte stream; nil means plain TCP. A load generator at
// another site dials through netem.
type Dialer func(ctx context.Context, address string) (net.Conn, error)

// Client implements loadgen.Target. Its errors wrap loadgen.ErrRejected when
// the operation certainly took no effect.
type Client struct{}

// Dial connects and waits, within ctx, until the connection is ready; an
// address where nothing listens, or no etcd API, is an error that says so.
func Dial(ctx context.Context, address string, dial Dialer) (*Client, error) { panic("being built") }

// Close ends the connection.
func (c *Client) Close() error { panic("being built") }

// Put writes key, and returns the revision at which it is stored.
func (c *Client) Put(ctx context.Context, key string, value []byte) (int64, error) {
	panic("being built")
}

// Get reads key: its value and mod revision, nil and 0 where there is none.
func (c *Client) Get(ctx context.Context, key string, serializable bool) (value []byte, revision int64, err error) {
	panic("being built")
}

// KeyValue is a stored key with etcd's revisions.
type KeyValue struct {
	Key                         string
	Value                       []byte
	CreateRevision, ModRevision int64
	Version                     int64
}

// Scan calls f for every key with this prefix, in pages, read from the
// endpoint's own state (serializable).
func (c *Client) Scan(ctx context.Context, prefix string, f func(KeyValue) error) error {
	panic("being built")
}

// Status of the endpoint, as etcd's Maintenance.Status tells it.
type Status struct {
	MemberID, Leader uint64
	Term             uint64
	Index, Applied   uint64
	Revision         int64
	Version          string
	DBSize           int64
}

// Status asks the endpoint.
func (c *Client) Status(ctx context.Context) (Status, error) { panic("being built") }

// HashKV is the endpoint's hash over all keys at revision rev (0: its latest),
// and the revision that it was taken at.
func (c *Client) HashKV(ctx context.Context, rev int64) (hash uint32, at int64, err error) {
	panic("being built")
}
