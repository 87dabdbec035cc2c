package node

import (
	"context"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// apiVersion is the etcd release whose API is spoken, and by whom.
const apiVersion = "3.7.3+raftbench"

// brokenMark stands in the version of a node that may be broken on purpose, before how.
const brokenMark = ".broken."

// versionTold is what this build's nodes call their version.
func versionTold() string {
	if how := Broken(); how != "" {
		return apiVersion + brokenMark + strings.ReplaceAll(how, " ", "-")
	}
	return apiVersion
}

// BrokenIn is how a node is broken on purpose that tells this version; empty where it is
// not.
func BrokenIn(version string) string {
	_, how, _ := strings.Cut(version, brokenMark)
	return how
}

// maintenanceServer answers what a benchmark and `etcdctl endpoint` ask of
// etcd's Maintenance service.
type maintenanceServer struct {
	pb.UnimplementedMaintenanceServer
	node *Node
}

// page is what an empty store takes; etcdctl divides by the size.
const page = 4096

// Status implements etcdserverpb.MaintenanceServer. The database's size is
// that of the keys and values: the state machine lives in memory.
func (s *maintenanceServer) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	n := s.node
	at := n.machine.position()
	_, leader := n.raft.LeaderWithID()
	resp := &pb.StatusResponse{
		Header:           &pb.ResponseHeader{Revision: at.revision},
		Version:          versionTold(),
		StorageVersion:   "3.7.0",
		DbSize:           at.bytes + page,
		DbSizeInUse:      at.bytes + page,
		Leader:           memberID(string(leader)),
		RaftIndex:        n.raft.CommitIndex(),
		RaftTerm:         n.raft.CurrentTerm(),
		RaftAppliedIndex: n.applied(),
	}
	if leader == "" {
		resp.Errors = []string{"etcdserver: no leader"}
	}
	n.sign(resp.Header)
	return resp, nil
}

// HashKV implements etcdserverpb.MaintenanceServer, for the revision that the
// node has applied; another is refused with etcd's error.
func (s *maintenanceServer) HashKV(_ context.Context, r *pb.HashKVRequest) (*pb.HashKVResponse, error) {
	sum, revision := s.node.machine.hash()
	if err := readable(r.Revision, revision); err != nil {
		return nil, err
	}
	resp := &pb.HashKVResponse{Header: &pb.ResponseHeader{Revision: revision}, Hash: sum, HashRevision: revision}
	s.node.sign(resp.Header)
	return resp, nil
}

// Alarm implements etcdserverpb.MaintenanceServer: there are never alarms,
// which is what `etcdctl endpoint health` wants to hear.
func (s *maintenanceServer) Alarm(_ context.Context, r *pb.AlarmRequest) (*pb.AlarmResponse, error) {
	if r.Action != pb.AlarmRequest_GET {
		return nil, status.Error(codes.Unimplemented, "this node raises no alarms")
	}
	resp := &pb.AlarmResponse{Header: &pb.ResponseHeader{Revision: s.node.machine.position().revision}}
	s.node.sign(resp.Header)
	return resp, nil
}

// Compact refuses: there is no history to compact.
func (s *kvServer) Compact(context.Context, *pb.CompactionRequest) (*pb.CompactionResponse, error) {
	return nil, status.Error(codes.Unimplemented, "this node keeps no history, so there is nothing to compact")
}
