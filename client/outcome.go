package client

import (
	"fmt"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/raftbench/raftbench/loadgen"
)

// refusals are the messages by which a server says, under a code that alone
// proves nothing, that it did not propose the request. "leader changed",
// "request timed out" and "server stopped" are not among them: they may follow
// a proposal.
var refusals = map[string]bool{
	rpctypes.ErrorDesc(rpctypes.ErrGRPCNoLeader):               true,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCNotLeader):              true,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCRequestTooManyRequests): true,
	rpctypes.ErrorDesc(rpctypes.ErrGRPCNoSpace):                true,
}

// explain wraps a failed call's error; one that certainly had no effect wraps
// loadgen.ErrRejected too. sent is what grpc.Peer filled in during the call.
func explain(operation, address string, err error, sent *peer.Peer) error {
	if rejected(err, sent) {
		return fmt.Errorf("%s at %s: %w: %w", operation, address, loadgen.ErrRejected, err)
	}
	return fmt.Errorf("%s at %s: outcome unknown: %w", operation, address, err)
}

// rejected reports whether the call certainly took no effect.
//
// gRPC fills a grpc.Peer in at the end of every call that got as far as a
// stream on a connection (clientStream.finish). A peer left empty, with a
// status as the error, means that no stream was opened, so nothing was sent.
func rejected(err error, sent *peer.Peer) bool {
	s, ok := status.FromError(err)
	if !ok {
		return false
	}
	if sent.Addr == nil || refusals[s.Message()] {
		return true
	}
	switch s.Code() {
	case codes.InvalidArgument, codes.FailedPrecondition, codes.Unimplemented,
		codes.NotFound, codes.PermissionDenied, codes.Unauthenticated:
		return true
	default:
		return false
	}
}
