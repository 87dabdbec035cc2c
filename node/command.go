package node

import (
	"fmt"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/protobuf/proto"
)

// A command is one log entry: a byte that says which request follows, and the
// request as etcd's protobuf.
//
//	| kind | etcdserverpb message |
//
// The kinds are on disk: a value is never given another meaning.
const (
	kindPut         byte = 1
	kindDeleteRange byte = 2
	kindTxn         byte = 3
)

// maxCommand is etcd's default limit of a request (--max-request-bytes).
const maxCommand = 1.5 * 1024 * 1024

// encodeCommand refuses nothing: requests are checked before they come here.
func encodeCommand(m proto.Message) ([]byte, error) {
	kind, err := kindOf(m)
	if err != nil {
		return nil, err
	}
	var marshal proto.MarshalOptions
	data := make([]byte, 1, 1+marshal.Size(m))
	data[0] = kind
	marshal.UseCachedSize = true
	return marshal.MarshalAppend(data, m)
}

func kindOf(m proto.Message) (byte, error) {
	switch m.(type) {
	case *pb.PutRequest:
		return kindPut, nil
	case *pb.DeleteRangeRequest:
		return kindDeleteRange, nil
	case *pb.TxnRequest:
		return kindTxn, nil
	default:
		return 0, fmt.Errorf("%T is no command", m)
	}
}

func decodeCommand(data []byte) (proto.Message, error) {
	if len(data) == 0 {
		return nil, fmt.Errorf("log entry is empty, want a command")
	}
	var m proto.Message
	switch data[0] {
	case kindPut:
		m = &pb.PutRequest{}
	case kindDeleteRange:
		m = &pb.DeleteRangeRequest{}
	case kindTxn:
		m = &pb.TxnRequest{}
	default:
		return nil, fmt.Errorf("log entry has kind %d, want 1 to 3: it is another program's, or another version's", data[0])
	}
	if err := proto.Unmarshal(data[1:], m); err != nil {
		return nil, fmt.Errorf("log entry of kind %d: %w", data[0], err)
	}
	return m, nil
}
