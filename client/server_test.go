package client

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"go.etcd.io/etcd/api/v3/mvccpb"
	"go.uber.org/goleak"
	"google.golang.org/grpc"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/loadgen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is an etcd of a few lines: a map, and a hook before each answer.
type server struct {
	pb.UnimplementedKVServer
	pb.UnimplementedMaintenanceServer
	pb.UnimplementedClusterServer

	address string
	grpc    *grpc.Server

	mu       sync.Mutex
	keys     map[string]*mvccpb.KeyValue
	revision int64
	calls    int
	// answer, when set, is called before a Put is stored.
	answer func(ctx context.Context) error
}

// serve runs a server at the address, or anywhere when it is empty.
func serve(t testing.TB, address string) *server {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: l.Addr().String(), grpc: grpc.NewServer(), keys: map[string]*mvccpb.KeyValue{}, revision: 1}
	pb.RegisterKVServer(s.grpc, s)
	pb.RegisterMaintenanceServer(s.grpc, s)
	pb.RegisterClusterServer(s.grpc, s)
	go s.grpc.Serve(l) //nolint:errcheck // ends with Stop
	t.Cleanup(s.grpc.Stop)
	return s
}

func (s *server) Put(ctx context.Context, r *pb.PutRequest) (*pb.PutResponse, error) {
	s.mu.Lock()
	s.calls++
	answer := s.answer
	s.mu.Unlock()
	if answer != nil {
		if err := answer(ctx); err != nil {
			return nil, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revision++
	kv := s.keys[string(r.Key)]
	if kv == nil {
		kv = &mvccpb.KeyValue{Key: r.Key, CreateRevision: s.revision}
		s.keys[string(r.Key)] = kv
	}
	kv.Value, kv.ModRevision, kv.Version = r.Value, s.revision, kv.Version+1
	return &pb.PutResponse{Header: s.header()}, nil
}

func (s *server) Range(_ context.Context, r *pb.RangeRequest) (*pb.RangeResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := &pb.RangeResponse{Header: s.header()}
	from, end := string(r.Key), string(r.RangeEnd)
	var names []string
	for k := range s.keys {
		if k == from || end == "\x00" && k >= from || k >= from && k < end {
			names = append(names, k)
		}
	}
	sort.Strings(names)
	answer.Count = int64(len(names))
	if r.Limit > 0 && int64(len(names)) > r.Limit {
		names, answer.More = names[:r.Limit], true
	}
	for _, k := range names {
		kv := s.keys[k]
		answer.Kvs = append(answer.Kvs, &mvccpb.KeyValue{Key: kv.Key, Value: kv.Value, CreateRevision: kv.CreateRevision, ModRevision: kv.ModRevision, Version: kv.Version})
	}
	return answer, nil
}

func (s *server) Status(context.Context, *pb.StatusRequest) (*pb.StatusResponse, error) {
	return &pb.StatusResponse{Header: s.header(), Version: "3.7.0", Leader: 8, RaftTerm: 3, RaftIndex: 12, RaftAppliedIndex: 11, DbSize: 4096}, nil
}

func (s *server) MemberList(context.Context, *pb.MemberListRequest) (*pb.MemberListResponse, error) {
	return &pb.MemberListResponse{Header: s.header(), Members: []*pb.Member{
		{ID: 8, Name: "other"}, {ID: 9, Name: "this", ClientURLs: []string{"http://" + s.address}},
	}}, nil
}

func (s *server) HashKV(_ context.Context, r *pb.HashKVRequest) (*pb.HashKVResponse, error) {
	at := r.Revision
	if at == 0 {
		at = s.revision
	}
	return &pb.HashKVResponse{Header: s.header(), Hash: 77, HashRevision: at}, nil
}

func (s *server) header() *pb.ResponseHeader {
	return &pb.ResponseHeader{MemberId: 9, Revision: s.revision}
}

func (s *server) answers(f func(ctx context.Context) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = f
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// dialled is a client of the server, closed with the test.
func dialled(t *testing.T, s *server) *Client {
	t.Helper()
	c, err := Dial(within(t, 10*time.Second), s.address, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func TestPutAndGet(t *testing.T) {
	c := dialled(t, serve(t, ""))
	ctx := within(t, 10*time.Second)
	for want := int64(2); want < 5; want++ {
		got, err := c.Put(ctx, "k", []byte{byte(want)})
		if err != nil || got != want {
			t.Fatalf("put: revision %d, %v; wanted %d", got, err, want)
		}
	}
	if _, err := c.Put(ctx, "other", nil); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]loadgen.Read{
		"k":       {Value: []byte{4}, Revision: 4, StoreRevision: 5},
		"nothing": {StoreRevision: 5},
	} {
		if got, err := c.Get(ctx, key, false); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("get of %s: %+v, %v; wanted %+v", key, got, err, want)
		}
	}
}

func TestStatusAndHash(t *testing.T) {
	c := dialled(t, serve(t, ""))
	ctx := within(t, 10*time.Second)
	got, err := c.Status(ctx)
	want := Status{MemberID: 9, Leader: 8, Term: 3, Index: 12, Applied: 11, Revision: 1, Version: "3.7.0", DBSize: 4096}
	if err != nil || got != want {
		t.Errorf("status: got %+v, %v; wanted %+v", got, err, want)
	}
	for asked, at := range map[int64]int64{0: 1, 5: 5} {
		if hash, got, err := c.HashKV(ctx, asked); err != nil || hash != 77 || got != at {
			t.Errorf("hash at %d: got %d at %d, %v", asked, hash, got, err)
		}
	}
}

// Scan is held against all keys of a map, over several pages and at the
// borders of prefixes.
func TestScan(t *testing.T) {
	s := serve(t, "")
	c := dialled(t, s)
	for i := range 2*scanPage + 7 {
		k := fmt.Sprintf("trial/%05d", i)
		s.keys[k] = &mvccpb.KeyValue{Key: []byte(k), Value: []byte("v"), CreateRevision: 2, ModRevision: 3, Version: 4}
	}
	for _, k := range []string{"a", "trial", "trial0", "triam", "\xff", "\xff\xff", "\xffz"} {
		s.keys[k] = &mvccpb.KeyValue{Key: []byte(k)}
	}
	for _, prefix := range []string{"", "trial/", "trial", "t", "\xff", "\xff\xff", "none"} {
		var got []string
		err := c.Scan(within(t, 10*time.Second), prefix, func(kv KeyValue) error {
			got = append(got, kv.Key)
			return nil
		})
		var want []string
		for k := range s.keys {
			if strings.HasPrefix(k, prefix) {
				want = append(want, k)
			}
		}
		sort.Strings(want)
		if err != nil || strings.Join(got, ",") != strings.Join(want, ",") {
			t.Errorf("%q: got %d keys, %v; wanted %d", prefix, len(got), err, len(want))
		}
	}
	enough := errors.New("enough")
	if err := c.Scan(within(t, 10*time.Second), "", func(KeyValue) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("got %v, wanted the callback's own error", err)
	}
}
