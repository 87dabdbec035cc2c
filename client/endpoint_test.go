package client

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
)

// An address that is no etcd is refused with what is wrong, in bounded time.
func TestDialRefuses(t *testing.T) {
	refused := listen(t)
	_ = refused.Close()

	silent := listen(t)

	web := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(web.Close)

	other := listen(t)
	plain := grpc.NewServer()
	go plain.Serve(other) //nolint:errcheck // ends with Stop
	t.Cleanup(plain.Stop)

	tests := []struct{ name, address, want string }{
		{"nothing listens", refused.Addr().String(), "refuses connections"},
		{"accepts and says nothing", silent.Addr().String(), "was not ready for gRPC within"},
		{"a web server", web.Listener.Addr().String(), "is not an etcd server"},
		{"another gRPC server", other.Addr().String(), "speaks gRPC, but not etcd's API"},
		{"no port", "localhost", "is not host:port"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ctx := within(t, 10*time.Second)
			if test.address == silent.Addr().String() {
				ctx = within(t, 200*time.Millisecond)
			}
			_, err := Dial(ctx, test.address, nil)
			var endpoint *EndpointError
			if !errors.As(err, &endpoint) {
				t.Fatalf("got %v, wanted an EndpointError", err)
			}
			for _, own := range []string{"rpc error", "code = ", "desc = ", `\"`} {
				if strings.Contains(err.Error(), own) {
					t.Errorf("got %q, wanted it without gRPC's own words, such as %q", err, own)
				}
			}
			if !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.address) || endpoint.Hint() == "" {
				t.Errorf("got %q (hint %q), wanted it to contain %q and the address", err, endpoint.Hint(), test.want)
			}
		})
	}
}

func TestDialIsInterruptible(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := Dial(ctx, listen(t).Addr().String(), nil); err == nil || !strings.Contains(err.Error(), "gave up") {
		t.Errorf("got %v, wanted it to be for the caller's cancelling", err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
