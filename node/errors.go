package node

import (
	"context"
	"errors"

	"github.com/hashicorp/raft"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	"google.golang.org/grpc/status"
)

// What an error says of a request's effect is part of the API, in etcd's own
// errors, and this file is the one place that decides it.
//
// Rejected, certainly without effect now and later:
//
//	ErrGRPCNoLeader         no leader is known, or its connection cannot be had
//	ErrGRPCNotLeader        raft refused before the entry entered the log
//	ErrGRPCRequestTooManyRequests  raft's queue stayed full (enqueue timeout)
//	and what is wrong with the request itself (InvalidArgument, NotFound,
//	OutOfRange, Unimplemented)
//
// Unknown, committed perhaps, now or later:
//
//	ErrGRPCLeaderChanged    leadership was lost after the entry was logged
//	ErrGRPCStopped          the node shut down meanwhile
//	ErrGRPCTimeoutDueToConnectionLost  the leader's connection broke after
//	                        the request was handed to it
//	ErrGRPCTimeout, and any other error
var (
	errNoLeader   = rpctypes.ErrGRPCNoLeader
	errNotLeader  = rpctypes.ErrGRPCNotLeader
	errQueueFull  = rpctypes.ErrGRPCRequestTooManyRequests
	errLeadership = rpctypes.ErrGRPCLeaderChanged
	errStopped    = rpctypes.ErrGRPCStopped
	errBroken     = rpctypes.ErrGRPCTimeoutDueToConnectionLost
	errTimeout    = rpctypes.ErrGRPCTimeout
)

// applyError maps what raft says of an entry. ErrNotLeader and
// ErrLeadershipTransferInProgress come only from before the entry is logged
// (raft.go, leaderLoop and runFollower).
func applyError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, raft.ErrNotLeader), errors.Is(err, raft.ErrLeadershipTransferInProgress):
		return errNotLeader
	case errors.Is(err, raft.ErrEnqueueTimeout):
		return errQueueFull
	case mutant == lossToldAsRejection && errors.Is(err, raft.ErrLeadershipLost):
		return errNotLeader
	case errors.Is(err, raft.ErrLeadershipLost):
		return errLeadership
	case errors.Is(err, raft.ErrRaftShutdown):
		return errStopped
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return errTimeout
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	return status.Error(status.Code(err), "outcome unknown: "+err.Error())
}
