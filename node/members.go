package node

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/control"
)

// configurationWait is how long a change of the configuration may wait for its
// turn: one that is not committed yet holds up the next.
const configurationWait = 5 * time.Second

// changeMembers adds or removes a member, and returns when the new configuration is
// committed. A leader that removes itself commits that without its own vote, and its
// raft shuts down (ShutdownOnRemove): it hands over to nobody, so that the others
// elect a leader when their heartbeat timeout is over, as if it had died.
func (n *Node) changeMembers(op control.Op, id string) error {
	server := raft.ServerID(id)
	if op == control.OpRemoveServer {
		if err := n.raft.RemoveServer(server, 0, configurationWait).Error(); err != nil {
			return fmt.Errorf("remove %s: %w", id, err)
		}
		return nil
	}
	address, err := n.peers.ServerAddr(server)
	if err != nil {
		return fmt.Errorf("add %s: %w", id, err)
	}
	add := n.raft.AddVoter
	if op == control.OpAddNonvoter {
		add = n.raft.AddNonvoter
	}
	if err := add(server, address, 0, configurationWait).Error(); err != nil {
		return fmt.Errorf("add %s: %w", id, err)
	}
	return nil
}

// voters of the latest configuration that this node has.
func (n *Node) voters() []string {
	var ids []string
	for _, s := range n.raft.GetConfiguration().Configuration().Servers {
		if s.Suffrage == raft.Voter {
			ids = append(ids, string(s.ID))
		}
	}
	return ids
}

// clusterServer answers etcd's Cluster service. Its members are those that were
// started together, also while one of them is out of raft's configuration.
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
