package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"
)

// EndpointError says what is wrong with an address that was dialled.
type EndpointError struct {
	Address string
	Problem string
	Err     error
	hint    string
}

func (e *EndpointError) Error() string {
	return fmt.Sprintf("endpoint %s %s: %s", e.Address, e.Problem, innermost(e.Err))
}

// innermost is what an error of gRPC's says without its wrapping, which names codes and
// connections of gRPC's own: of several descriptions, one in another, the last.
func innermost(err error) string {
	text := status.Convert(err).Message()
	for {
		_, inner, found := strings.Cut(text, "desc = ")
		if !found {
			return strings.ReplaceAll(strings.Trim(text, `"`), `\"`, `"`)
		}
		text = inner
	}
}

func (e *EndpointError) Unwrap() error { return e.Err }

// Hint tells what to do.
func (e *EndpointError) Hint() string {
	if e.hint != "" {
		return e.hint
	}
	return "give the client address of a running node or etcd server, as host:port"
}

// connect makes the connection and asks for the server's status, which every
// etcd answers, also one without a leader. It waits no longer than ctx, or
// DialTimeout when ctx has no deadline.
func (c *Client) connect(ctx context.Context) error {
	began := time.Now()
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, DialTimeout)
		defer cancel()
	}
	_, err := c.maintenance.Status(ctx, &pb.StatusRequest{})
	if err == nil || strings.HasPrefix(status.Convert(err).Message(), "etcdserver:") {
		return nil // what etcd itself refuses was refused by an etcd
	}
	return c.diagnose(err, time.Since(began))
}

// refused reports whether nothing listens at the address.
func (c *Client) refused() bool {
	err := c.dialErr.Load()
	return err != nil && errors.Is(*err, syscall.ECONNREFUSED)
}

func (c *Client) diagnose(err error, waited time.Duration) error {
	e := &EndpointError{Address: c.address, Err: err}
	switch code := status.Code(err); {
	case code == codes.Unimplemented:
		e.Problem = "speaks gRPC, but not etcd's API"
	case code == codes.DeadlineExceeded && c.conn.GetState() == connectivity.Ready:
		e.Problem = fmt.Sprintf("is connected, but did not answer within %v", waited.Round(time.Millisecond))
		e.hint = "is the server paused, or overloaded?"
	case code == codes.DeadlineExceeded:
		e.Problem = fmt.Sprintf("was not ready for gRPC within %v", waited.Round(time.Millisecond))
	case code == codes.Canceled:
		e.Problem = "was not reached before the caller gave up"
	case c.refused():
		e.Problem = "refuses connections"
		e.hint = "nothing listens there: is the server running?"
	default:
		e.Problem = "is not an etcd server, or not reachable"
	}
	return e
}
