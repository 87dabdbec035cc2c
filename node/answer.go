package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
)

// Answer serves writes of the API that are answered at once and kept nowhere, on
// a port of this host that it writes to out in one line, until in ends. What a
// client sees of it is what gRPC, Go and the loopback take by themselves.
func Answer(in io.Reader, out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	s := grpc.NewServer(grpc.NumStreamWorkers(workers), grpc.StaticStreamWindowSize(window), grpc.StaticConnWindowSize(window))
	pb.RegisterKVServer(s, atOnce{})
	pb.RegisterMaintenanceServer(s, statusAtOnce{})
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		s.Stop()
		return err
	}
	_, err = io.Copy(io.Discard, in)
	s.Stop()
	return errors.Join(err, <-served) // nil where it was stopped, as asked
}

// atOnce answers every write.
type atOnce struct{ pb.UnimplementedKVServer }

// Put implements pb.KVServer.
func (atOnce) Put(context.Context, *pb.PutRequest) (*pb.PutResponse, error) {
	return &pb.PutResponse{Header: &pb.ResponseHeader{Revision: 1}}, nil
}

// statusAtOnce is what a client asks for when it connects.
type statusAtOnce struct {
	pb.UnimplementedMaintenanceServer
}

// Status implements pb.MaintenanceServer.
func (statusAtOnce) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	return &pb.StatusResponse{Header: &pb.ResponseHeader{}}, nil
}
