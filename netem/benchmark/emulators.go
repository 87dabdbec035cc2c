package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"google.golang.org/grpc/benchmark/latency"

	"github.com/raftbench/raftbench/netem"
)

// emulator connects two sockets of this process over a link of the same
// one-way delay in both directions.
type emulator struct {
	name    string
	connect func(delay time.Duration) (*wire, error)
}

// wire is a connection, seen from both of its ends.
type wire struct {
	client, server net.Conn
	stop           []func()
}

func (w *wire) close() {
	_ = w.client.Close()
	_ = w.server.Close()
	for _, f := range w.stop {
		f()
	}
}

func emulators() []emulator {
	return []emulator{{"netem", viaNetem}, {"toxiproxy", viaToxiproxy}, {"grpc latency", viaLatency}}
}

// bulkLimit is what toxiproxy's latency toxic buffers: 1024 chunks of 32 KiB.
const bulkLimit = 32 << 20

func viaNetem(delay time.Duration) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a, b := netem.NewEndpoint("a", 1), netem.NewEndpoint("b", 1)
	shape := netem.Shape{Delay: delay, Limit: bulkLimit}
	for e, to := range map[*netem.Endpoint]string{a: "b", b: "a"} {
		if err := e.Shape(to, shape); err != nil {
			return nil, err
		}
	}
	return pairUp(b.Listen(l), func() (net.Conn, error) {
		return a.Dial(context.Background(), "b", l.Addr().String())
	}, func() { _ = a.Close() }, func() { _ = b.Close() })
}

func viaToxiproxy(delay time.Duration) (*wire, error) {
	if delay%time.Millisecond != 0 {
		return nil, errFraction
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "link", "127.0.0.1:0", l.Addr().String())
	if err := proxy.Start(); err != nil {
		return nil, err
	}
	for _, stream := range []string{"upstream", "downstream"} {
		toxic := fmt.Sprintf(`{"type":"latency","stream":%q,"attributes":{"latency":%d}}`, stream, delay.Milliseconds())
		if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			return nil, err
		}
	}
	return pairUp(l, func() (net.Conn, error) { return net.Dial("tcp", proxy.Listen) }, proxy.Stop)
}

func viaLatency(delay time.Duration) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := latency.Network{Latency: delay}
	return pairUp(n.Listener(l), func() (net.Conn, error) {
		return n.Dialer(net.Dial)("tcp", l.Addr().String())
	})
}

func viaTCP(time.Duration) (*wire, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	return pairUp(l, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) })
}

// errFraction is toxiproxy's: it knows whole milliseconds only.
var errFraction = fmt.Errorf("whole milliseconds only")

func pairUp(l net.Listener, dial func() (net.Conn, error), stop ...func()) (*wire, error) {
	w := &wire{stop: append(stop, func() { _ = l.Close() })}
	accepted := make(chan error, 1)
	go func() {
		var err error
		w.server, err = l.Accept()
		accepted <- err
	}()
	var err error
	if w.client, err = dial(); err != nil {
		return nil, err
	}
	return w, <-accepted
}
