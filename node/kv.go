package node

import (
	"context"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"
)

// kvServer answers etcd's KV service. A follower hands writes and
// linearizable reads to the leader.
type kvServer struct {
	pb.UnimplementedKVServer
	node *Node
}

// answer is what KV's methods return.
type answer interface {
	proto.Message
	GetHeader() *pb.ResponseHeader
}

// Put implements etcdserverpb.KVServer.
func (s *kvServer) Put(ctx context.Context, r *pb.PutRequest) (*pb.PutResponse, error) {
	if err := checkPut(r); err != nil {
		return nil, err
	}
	if s.node.leads() {
		return s.node.put(ctx, r)
	}
	return forward[pb.PutResponse](ctx, s.node, forwardPut, r)
}

// DeleteRange implements etcdserverpb.KVServer.
func (s *kvServer) DeleteRange(ctx context.Context, r *pb.DeleteRangeRequest) (*pb.DeleteRangeResponse, error) {
	if err := checkDeleteRange(r); err != nil {
		return nil, err
	}
	if s.node.leads() {
		return s.node.deleteRange(ctx, r)
	}
	return forward[pb.DeleteRangeResponse](ctx, s.node, forwardDeleteRange, r)
}

// Txn implements etcdserverpb.KVServer.
func (s *kvServer) Txn(ctx context.Context, r *pb.TxnRequest) (*pb.TxnResponse, error) {
	if err := checkTxn(r); err != nil {
		return nil, err
	}
	if s.node.leads() || serializable(r) || mutant == localReads && readOnly(r) {
		return s.node.txn(ctx, r)
	}
	return forward[pb.TxnResponse](ctx, s.node, forwardTxn, r)
}

// Range implements etcdserverpb.KVServer.
func (s *kvServer) Range(ctx context.Context, r *pb.RangeRequest) (*pb.RangeResponse, error) {
	if err := checkRange(r); err != nil {
		return nil, err
	}
	if s.node.leads() || r.Serializable || mutant == localReads {
		return s.node.rangeKeys(ctx, r)
	}
	return forward[pb.RangeResponse](ctx, s.node, forwardRange, r)
}

func (n *Node) put(ctx context.Context, r *pb.PutRequest) (*pb.PutResponse, error) {
	resp, err := n.propose(ctx, r)
	return stamped[*pb.PutResponse](n, resp, err)
}

func (n *Node) deleteRange(ctx context.Context, r *pb.DeleteRangeRequest) (*pb.DeleteRangeResponse, error) {
	resp, err := n.propose(ctx, r)
	return stamped[*pb.DeleteRangeResponse](n, resp, err)
}

// txn needs the log only where it changes something.
func (n *Node) txn(ctx context.Context, r *pb.TxnRequest) (*pb.TxnResponse, error) {
	if !readOnly(r) {
		resp, err := n.propose(ctx, r)
		return stamped[*pb.TxnResponse](n, resp, err)
	}
	if !serializable(r) {
		if err := n.reads.pass(ctx); err != nil {
			return nil, err
		}
	}
	resp, err := n.machine.readTxn(r)
	return stamped[*pb.TxnResponse](n, resp, err)
}

func (n *Node) rangeKeys(ctx context.Context, r *pb.RangeRequest) (*pb.RangeResponse, error) {
	if !r.Serializable {
		if err := n.reads.pass(ctx); err != nil {
			return nil, err
		}
	}
	resp, err := n.machine.read(r)
	return stamped[*pb.RangeResponse](n, resp, err)
}

// stamped fills what of an answer's header is this node's to say.
func stamped[T answer](n *Node, resp proto.Message, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	full := resp.(T)
	n.sign(full.GetHeader())
	return full, nil
}

// sign names the node that answers; the revision is already there.
func (n *Node) sign(h *pb.ResponseHeader) {
	h.ClusterId, h.MemberId, h.RaftTerm = n.peers.cluster.Load(), n.peers.number, n.raft.CurrentTerm()
}
