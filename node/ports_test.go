package node

import (
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// TestPortsBelowEphemeral: no outgoing connection of the host can take such a
// port while the node is away.
func TestPortsBelowEphemeral(t *testing.T) {
	for range 20 {
		l, err := bind(t.Context(), "", false)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() //nolint:errcheck // only held
		at := l.Addr().(*net.TCPAddr)
		if !at.IP.IsLoopback() || at.Port >= ephemeralLow() || at.Port < 1024 {
			t.Errorf("bound %v, want loopback and a port below %d", at, ephemeralLow())
		}
	}
}

// TestNoFreePort: that every port is taken is the host's affair.
func TestNoFreePort(t *testing.T) {
	held, err := bind(t.Context(), "", false)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close() //nolint:errcheck // only held
	only := held.Addr().(*net.TCPAddr).Port
	l, err := bindBetween(t.Context(), loopback, only, only+1)
	if err == nil {
		_ = l.Close()
	}
	if got := codeOf(err); got != control.CodePorts {
		t.Errorf("got %v with code %q, want %q", err, got, control.CodePorts)
	}
}

// TestPortTaken: a wanted port is waited for, then given up for another.
func TestPortTaken(t *testing.T) {
	held, err := bind(t.Context(), "", false)
	if err != nil {
		t.Fatal(err)
	}
	port := held.Addr().(*net.TCPAddr).Port
	want := net.JoinHostPort(loopback, strconv.Itoa(port))
	begin := time.Now()
	other, err := bind(t.Context(), want, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := other.Addr().String(); got == want || time.Since(begin) < rebindFor {
		t.Errorf("bound %s after %v, want another than %s after %v", got, time.Since(begin), want, rebindFor)
	}
	_ = other.Close()

	freed := time.AfterFunc(4*rebindTick, func() { _ = held.Close() })
	defer freed.Stop()
	back, err := bind(t.Context(), want, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := back.Addr().String(); got != want {
		t.Errorf("bound %s, want %s as soon as it is free", got, want)
	}
	_ = back.Close()
}
