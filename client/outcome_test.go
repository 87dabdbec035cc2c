package client

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/raftbench/raftbench/loadgen"
)

// What a server answers tells whether the write can have happened.
func TestOutcomeOfAnAnswer(t *testing.T) {
	tests := []struct {
		err      error
		rejected bool
	}{
		{rpctypes.ErrGRPCNoLeader, true},
		{rpctypes.ErrGRPCNotLeader, true},
		{rpctypes.ErrGRPCRequestTooManyRequests, true},
		{rpctypes.ErrGRPCNoSpace, true},
		{rpctypes.ErrGRPCRequestTooLarge, true},
		{rpctypes.ErrGRPCLeaseNotFound, true},
		{rpctypes.ErrGRPCNotCapable, true},
		{status.Error(codes.Unimplemented, "leases"), true},
		{rpctypes.ErrGRPCLeaderChanged, false},
		{rpctypes.ErrGRPCStopped, false},
		{rpctypes.ErrGRPCTimeout, false},
		{rpctypes.ErrGRPCTimeoutDueToLeaderFail, false},
		{rpctypes.ErrGRPCTimeoutDueToConnectionLost, false},
		{status.Error(codes.Unavailable, "transport is closing"), false},
		{status.Error(codes.ResourceExhausted, "received message larger than max"), false},
		{status.Error(codes.DeadlineExceeded, "context deadline exceeded"), false},
		{status.Error(codes.Canceled, "context canceled"), false},
		{status.Error(codes.Internal, "?"), false},
		{errors.New("made by the handler"), false},
	}
	s := serve(t, "")
	c := dialled(t, s)
	for _, test := range tests {
		s.answers(func(context.Context) error { return test.err })
		before := s.count()
		_, err := c.Put(within(t, 10*time.Second), "k", nil)
		if err == nil || errors.Is(err, loadgen.ErrRejected) != test.rejected {
			t.Errorf("%v: got %v, wanted rejected: %v", test.err, err, test.rejected)
		}
		if n := s.count() - before; n != 1 {
			t.Errorf("%v: sent %d times, wanted once", test.err, n)
		}
		if status.Code(err) != status.Code(test.err) {
			t.Errorf("%v: the code is lost in %v", test.err, err)
		}
	}
}

func TestDeadlineAfterSendingIsUnknown(t *testing.T) {
	s := serve(t, "")
	c := dialled(t, s)
	s.answers(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	_, err := c.Put(within(t, 50*time.Millisecond), "k", nil)
	if err == nil || errors.Is(err, loadgen.ErrRejected) {
		t.Errorf("got %v, wanted an unknown outcome", err)
	}
	if s.count() != 1 {
		t.Errorf("the server saw %d puts", s.count())
	}
}

func TestNothingIsSentAfterTheDeadline(t *testing.T) {
	s := serve(t, "")
	c := dialled(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Put(ctx, "k", nil); !errors.Is(err, loadgen.ErrRejected) {
		t.Errorf("got %v, wanted a rejection", err)
	}
	if s.count() != 0 {
		t.Errorf("the server saw %d puts", s.count())
	}
}

// A server that dies under a request leaves its outcome unknown; requests
// after that are never sent, and say so. When it is back, so is the client.
func TestServerDiesAndReturns(t *testing.T) {
	s := serve(t, "")
	c := dialled(t, s)
	inside := make(chan struct{})
	s.answers(func(ctx context.Context) error { close(inside); <-ctx.Done(); return ctx.Err() })
	failed := make(chan error, 1)
	go func() {
		_, err := c.Put(within(t, 10*time.Second), "k", nil)
		failed <- err
	}()
	<-inside
	s.grpc.Stop()
	if err := <-failed; err == nil || errors.Is(err, loadgen.ErrRejected) {
		t.Errorf("killed in the middle: got %v, wanted an unknown outcome", err)
	}
	for range 20 {
		if _, err := c.Put(within(t, 10*time.Second), "k", nil); !errors.Is(err, loadgen.ErrRejected) {
			t.Fatalf("nothing listens: got %v, wanted a rejection", err)
		}
	}

	back := serve(t, s.address)
	deadline := time.Now().Add(10 * time.Second)
	for {
		_, err := c.Put(within(t, 10*time.Second), "k", nil)
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("not back after 10s: %v", err)
		}
		time.Sleep(10 * time.Millisecond)
	}
	if back.count() != 1 {
		t.Errorf("the server saw %d puts, wanted the one that was acknowledged", back.count())
	}
}

// A connection that breaks while the request is on its way: the server may
// have read it.
func TestBrokenConnectionIsUnknown(t *testing.T) {
	s := serve(t, "")
	conns := make(chan net.Conn, 8)
	c, err := Dial(within(t, 10*time.Second), s.address, func(ctx context.Context, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err == nil {
			conns <- conn
		}
		return conn, err
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the test is over
	conn := <-conns
	s.answers(func(ctx context.Context) error { _ = conn.Close(); <-ctx.Done(); return ctx.Err() })
	_, err = c.Put(within(t, 10*time.Second), "k", nil)
	if err == nil || errors.Is(err, loadgen.ErrRejected) || !strings.Contains(err.Error(), "outcome unknown") {
		t.Errorf("got %v, wanted an unknown outcome", err)
	}
	if s.count() != 1 {
		t.Errorf("the server saw %d puts, wanted 1: nothing may be retried", s.count())
	}
}
