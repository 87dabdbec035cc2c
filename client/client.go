// Package client is one pinned gRPC connection to one endpoint of an etcd-API
// server. It never retries and never balances: no hidden retry may touch a
// measured number.
package client

import (
	"context"
	"math"
	"net"
	"sync/atomic"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
)

// DialTimeout bounds Dial where its context has no deadline of its own.
const DialTimeout = 5 * time.Second

// window is the static flow-control window of connection and streams. Static,
// because gRPC's bandwidth estimator sends a ping beside the data of an
// otherwise idle connection, which is just what a calm window measures.
const window = 1 << 20

// Dialer opens the byte stream; nil means plain TCP. A load generator at
// another site dials through netem.
type Dialer func(ctx context.Context, address string) (net.Conn, error)

// Client implements loadgen.Target. Its errors wrap loadgen.ErrRejected when
// the operation certainly took no effect. It is safe for concurrent use.
//
// When the server goes away the connection is made anew by the next
// operation, which waits for it; operations meanwhile are rejected.
type Client struct {
	address     string
	conn        *grpc.ClientConn
	kv          pb.KVClient
	maintenance pb.MaintenanceClient
	// dialErr is why the connection could not be made, as the system says it;
	// gRPC passes on the words only.
	dialErr atomic.Pointer[error]
}

// Dial connects and waits, within ctx (at most DialTimeout when it has no
// deadline), until the connection is ready. An address where nothing listens,
// or no etcd API, is an *EndpointError that says so.
func Dial(ctx context.Context, address string, dial Dialer) (*Client, error) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return nil, &EndpointError{Address: address, Problem: "is not host:port", Err: err}
	}
	// passthrough: the address is dialled as it is; a name server may not
	// decide where a pinned connection leads.
	c := &Client{address: address}
	conn, err := grpc.NewClient("passthrough:///"+address, options(c.noting(dial))...)
	if err != nil {
		return nil, &EndpointError{Address: address, Problem: "cannot be dialled", Err: err}
	}
	c.conn, c.kv, c.maintenance = conn, pb.NewKVClient(conn), pb.NewMaintenanceClient(conn)
	if err := c.connect(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// Address that the client is pinned to.
func (c *Client) Address() string { return c.address }

// Close ends the connection.
func (c *Client) Close() error { return c.conn.Close() }

// noting is dial, or plain TCP, and keeps the error.
func (c *Client) noting(dial Dialer) Dialer {
	if dial == nil {
		dial = func(ctx context.Context, address string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", address)
		}
	}
	return func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := dial(ctx, address)
		if err != nil {
			c.dialErr.Store(&err)
		}
		return conn, err
	}
}

func options(dial Dialer) []grpc.DialOption {
	return []grpc.DialOption{
		grpc.WithContextDialer(dial),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
		grpc.WithIdleTimeout(0),
		grpc.WithStaticStreamWindowSize(window),
		grpc.WithStaticConnWindowSize(window),
		// The pages of Scan are bounded in keys, not in bytes.
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)),
		// A killed node comes back within seconds; gRPC's own backoff of up to
		// two minutes would outlast the recovery that is being measured.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 100 * time.Millisecond},
			MinConnectTimeout: DialTimeout,
		}),
	}
}
