package client

import (
	"context"
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// Member of the cluster that an endpoint belongs to.
type Member struct {
	ID   uint64
	Name string
	// ClientURLs are where it serves clients, as it says itself.
	ClientURLs []string
}

// Members asks the endpoint, as etcd's Cluster.MemberList tells it.
func (c *Client) Members(ctx context.Context) ([]Member, error) {
	r, err := pb.NewClusterClient(c.conn).MemberList(ctx, &pb.MemberListRequest{})
	if err != nil {
		return nil, fmt.Errorf("members by %s: %w", c.address, err)
	}
	members := make([]Member, 0, len(r.GetMembers()))
	for _, m := range r.GetMembers() {
		members = append(members, Member{ID: m.GetID(), Name: m.GetName(), ClientURLs: m.GetClientURLs()})
	}
	return members, nil
}
