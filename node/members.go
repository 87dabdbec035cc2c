package node

import (
	"context"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// clusterServer answers etcd's Cluster service. Members do not change.
type clusterServer struct {
	pb.UnimplementedClusterServer
	node *Node
}

// MemberList implements etcdserverpb.ClusterServer from what the launcher
// published.
func (s *clusterServer) MemberList(context.Context, *pb.MemberListRequest) (*pb.MemberListResponse, error) {
	resp := &pb.MemberListResponse{Header: &pb.ResponseHeader{Revision: s.node.machine.position().revision}}
	for _, p := range s.node.peers.all() {
		resp.Members = append(resp.Members, &pb.Member{
			ID:         memberID(p.ID),
			Name:       p.ID,
			PeerURLs:   []string{"http://" + p.Raft},
			ClientURLs: []string{"http://" + p.Client},
		})
	}
	s.node.sign(resp.Header)
	return resp, nil
}
