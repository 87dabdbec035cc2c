package node

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/raftbench/raftbench/netem"
)

// What a follower hands on goes to a service of its own, which only a leader
// answers: a request can travel one hop and never in a circle.
const forwardName = "raftbench.Forward"

const (
	forwardPut         = "/" + forwardName + "/Put"
	forwardDeleteRange = "/" + forwardName + "/DeleteRange"
	forwardTxn         = "/" + forwardName + "/Txn"
	forwardRange       = "/" + forwardName + "/Range"
)

// forwardService answers what followers hand on.
var forwardService = grpc.ServiceDesc{
	ServiceName: forwardName,
	HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{
		asLeader("Put", (*Node).put),
		asLeader("DeleteRange", (*Node).deleteRange),
		asLeader("Txn", (*Node).txn),
		asLeader("Range", (*Node).rangeKeys),
	},
}

// forwarded marks the context of a request that a follower handed on.
type forwarded struct{}

func asLeader[Req, Resp any](name string, do func(*Node, context.Context, *Req) (Resp, error)) grpc.MethodDesc {
	handler := func(srv any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
		r := new(Req)
		if err := decode(r); err != nil {
			return nil, err
		}
		n := srv.(*Node)
		if !n.leads() {
			return nil, errNotLeader
		}
		return do(n, context.WithValue(ctx, forwarded{}, true), r)
	}
	return grpc.MethodDesc{MethodName: name, Handler: handler}
}

// forward hands a request to the leader, once.
func forward[Resp any, P interface {
	*Resp
	answer
}](ctx context.Context, n *Node, method string, r any) (P, error) {
	_, leader := n.raft.LeaderWithID()
	if leader == "" || string(leader) == n.opts.ID {
		return nil, errNoLeader
	}
	conn, err := n.forwarder.ready(ctx, string(leader))
	if err != nil {
		return nil, errNoLeader // nothing was sent
	}
	n.forwarded.Add(1)
	resp := P(new(Resp))
	err = conn.Invoke(ctx, method, r, resp)
	if mutant == retriedForwards {
		err = n.forwardAgain(ctx, method, r, resp, err)
	}
	if err != nil {
		return nil, forwardError(err)
	}
	resp.GetHeader().MemberId = n.peers.number
	return resp, nil
}

// forwardError keeps what the leader said; what the transport says instead
// came after the request was handed to it, so its outcome is unknown.
func forwardError(err error) error {
	s := status.Convert(err)
	if strings.HasPrefix(s.Message(), "etcdserver:") {
		return err
	}
	switch s.Code() {
	case codes.DeadlineExceeded, codes.Canceled:
		return errTimeout
	case codes.Unavailable:
		return errBroken
	default:
		return status.Error(codes.Unknown, "outcome unknown: leader: "+s.Message())
	}
}

// forwarder keeps one connection to each peer that ever led.
type forwarder struct {
	endpoint *netem.Endpoint
	peers    *peers
	failures *failures

	mu    sync.Mutex
	conns map[string]*grpc.ClientConn
	shut  bool
}

// connectWait bounds waiting for a connection that is being made; nothing is
// sent meanwhile.
const connectWait = 3 * time.Second

var errNotConnected = errors.New("no connection to the leader")

func newForwarder(e *netem.Endpoint, p *peers, failures *failures) *forwarder {
	return &forwarder{endpoint: e, peers: p, failures: failures, conns: map[string]*grpc.ClientConn{}}
}

// ready returns a connection that can carry a request now, or an error when
// certainly nothing was sent.
func (f *forwarder) ready(ctx context.Context, id string) (*grpc.ClientConn, error) {
	conn, err := f.conn(id)
	if err != nil {
		return nil, err
	}
	if conn.GetState() == connectivity.Ready {
		return conn, nil
	}
	ctx, cancel := context.WithTimeout(ctx, connectWait)
	defer cancel()
	for {
		switch s := conn.GetState(); s {
		case connectivity.Ready:
			return conn, nil
		case connectivity.TransientFailure, connectivity.Shutdown:
			return nil, errNotConnected
		case connectivity.Idle:
			conn.Connect()
			fallthrough
		default:
			if !conn.WaitForStateChange(ctx, s) {
				return nil, errNotConnected
			}
		}
	}
}

func (f *forwarder) conn(id string) (*grpc.ClientConn, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shut {
		return nil, errNotConnected
	}
	if conn := f.conns[id]; conn != nil {
		return conn, nil
	}
	conn, err := grpc.NewClient("passthrough:///"+id,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return f.dial(ctx, id) }),
		grpc.WithDisableRetry(),
		grpc.WithDisableServiceConfig(),
		grpc.WithNoProxy(),
		grpc.WithIdleTimeout(0),
		grpc.WithStaticStreamWindowSize(window),
		grpc.WithStaticConnWindowSize(window),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(math.MaxInt32)),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 20 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 200 * time.Millisecond},
			MinConnectTimeout: 2 * connectWait,
		}))
	if err != nil {
		return nil, err
	}
	f.conns[id] = conn
	return conn, nil
}

func (f *forwarder) dial(ctx context.Context, id string) (net.Conn, error) {
	m, found := f.peers.member(id)
	if !found {
		return nil, errNotConnected
	}
	conn, err := f.endpoint.Dial(ctx, id, m.Peer)
	return conn, f.failures.noteHost(err)
}

// warm connects to a new leader before the first request needs it.
func (f *forwarder) warm(id string) {
	if m, found := f.peers.member(id); !found || memberID(m.ID) == f.peers.number {
		return
	}
	if conn, err := f.conn(id); err == nil {
		conn.Connect()
	}
}

// moved has connections that failed try again at once: a peer may listen
// elsewhere now.
func (f *forwarder) moved() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		conn.ResetConnectBackoff()
	}
}

func (f *forwarder) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shut = true
	var errs []error
	for _, conn := range f.conns {
		errs = append(errs, conn.Close())
	}
	return errors.Join(errs...)
}
