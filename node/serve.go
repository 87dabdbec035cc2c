package node

import (
	"errors"
	"math"
	"net"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// window is the static flow-control window of connections and streams.
	// Static, because gRPC's estimator sends pings beside the data of a
	// connection that is otherwise idle.
	window = 1 << 20
	// overhead that etcd grants a request above its limit before gRPC refuses.
	overhead = 512 << 10
	// workers keep their grown stacks between requests.
	workers = 16
)

// serve starts the API on both of its listeners. They differ in the network
// only, and in that peers may hand requests on.
func (n *Node) serve(ls listeners) {
	client, peer := n.newServer(), n.newServer()
	peer.RegisterService(&forwardService, n)
	n.servers = []*grpc.Server{client, peer}
	n.run(client, ls.client)
	n.run(peer, ls.peer)
}

func (n *Node) newServer() *grpc.Server {
	s := grpc.NewServer(
		grpc.MaxRecvMsgSize(maxCommand+overhead),
		grpc.MaxSendMsgSize(math.MaxInt32),
		grpc.NumStreamWorkers(workers),
		grpc.StaticStreamWindowSize(window),
		grpc.StaticConnWindowSize(window),
		grpc.UnknownServiceHandler(notServed),
	)
	pb.RegisterKVServer(s, &kvServer{node: n})
	pb.RegisterMaintenanceServer(s, &maintenanceServer{node: n})
	pb.RegisterClusterServer(s, &clusterServer{node: n})
	return s
}

func (n *Node) run(s *grpc.Server, l net.Listener) {
	go func() {
		if err := s.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			n.log.Error("API ended", "address", l.Addr().String(), "error", err)
		}
	}()
}

// notServed answers services of etcd that are none of a benchmark's: watch,
// lease, auth.
func notServed(_ any, s grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(s)
	return status.Errorf(codes.Unimplemented,
		"%s is not served: this is a benchmark's node, with etcd's KV, Maintenance.Status and HashKV, and Cluster.MemberList", method)
}
