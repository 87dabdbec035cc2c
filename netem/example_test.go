package netem_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/raftbench/raftbench/netem"
)

// from is the header by which the peers of etcd say who they are.
const from = "X-Server-From"

var members = map[string]string{"a1": "n1", "b2": "n2", "c3": "n3"}

// proxied starts a server that knows nothing of netem and a proxy before it,
// where its peers are to dial it.
func proxied(name string, ends map[string]*netem.Endpoint) (addr string, stop func(), err error) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s answers %s", name, members[r.Header.Get(from)])
	}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		server.Close()
		return "", nil, err
	}
	proxy := &netem.Proxy{
		To:       name,
		Target:   server.Listener.Addr().String(),
		Classify: netem.FromHeader(from, members),
		End:      func(name string) *netem.Endpoint { return ends[name] },
		Failed:   func(err error) { fmt.Println(err) },
	}
	var serving sync.WaitGroup
	serving.Go(func() { _ = proxy.Serve(l) })
	return l.Addr().String(), func() {
		_ = l.Close()
		serving.Wait()
		server.Close()
	}, nil
}

// ask has a member ask a server over a connection of its own, and tells
// whether that took at least two round trips: one to connect, one to ask.
func ask(id, addr string, roundTrip time.Duration) (string, error) {
	r, err := http.NewRequest(http.MethodGet, "http://"+addr, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set(from, id)
	r.Close = true
	begin := time.Now()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return fmt.Sprintf("%s, after two of %v: %v", text, roundTrip, time.Since(begin) >= 2*roundTrip), err
}

// Three servers that know nothing of netem, each behind a proxy. Two are near
// each other and far from the third.
func ExampleProxy() {
	near, far := netem.Shape{Delay: time.Millisecond}, netem.Shape{Delay: 20 * time.Millisecond}
	ends := map[string]*netem.Endpoint{}
	for i, name := range []string{"n1", "n2", "n3"} {
		ends[name] = netem.NewEndpoint(name, int64(i))
		defer func() { _ = ends[name].Close() }()
	}
	for _, link := range []struct {
		a, b  string
		shape netem.Shape
	}{{"n1", "n2", near}, {"n1", "n3", far}, {"n2", "n3", far}} {
		_ = ends[link.a].Shape(link.b, link.shape)
		_ = ends[link.b].Shape(link.a, link.shape)
	}
	addresses := map[string]string{}
	for name := range ends {
		addr, stop, err := proxied(name, ends)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer stop()
		addresses[name] = addr
	}

	fmt.Println(ask("a1", addresses["n2"], 2*near.Delay))
	fmt.Println(ask("a1", addresses["n3"], 2*far.Delay))
	fmt.Println(ask("c3", addresses["n2"], 2*far.Delay))
	// Output:
	// n2 answers n1, after two of 2ms: true <nil>
	// n3 answers n1, after two of 40ms: true <nil>
	// n2 answers n3, after two of 40ms: true <nil>
}
