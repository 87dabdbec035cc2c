package client

import (
	"testing"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
)

// What the client adds to gRPC's plain stub: telling apart what was sent.
func BenchmarkPut(b *testing.B) {
	c, err := Dial(b.Context(), serve(b, "").address, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the benchmark is over
	value := make([]byte, 256)
	b.Run("stub", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.kv.Put(b.Context(), &pb.PutRequest{Key: []byte("k"), Value: value}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("client", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Put(b.Context(), "k", value); err != nil {
				b.Fatal(err)
			}
		}
	})
}
