package node

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/clock"
)

const (
	loopback = "127.0.0.1"
	// lowestPort is where the search begins; below it live other servers.
	lowestPort = 20000
	// rebindFor is how long a wanted port may stay taken, by connections of
	// the process that had it before.
	rebindFor  = 2 * time.Second
	rebindTick = 50 * time.Millisecond
	// portTries bounds the search for a free port.
	portTries = 200
)

// bind listens at address, host:port. Without a port one below the ephemeral
// range is taken, so that no outgoing connection of the host can hold it when
// the node comes back. A port that stays taken is given up for a new one.
func bind(ctx context.Context, address string, remote bool) (net.Listener, error) {
	host, port, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	if err := refuseRemote(host, remote); err != nil {
		return nil, err
	}
	if port == "" || port == "0" {
		return bindFree(ctx, host)
	}
	give := clock.Now() + rebindFor.Nanoseconds()
	for {
		l, err := listen(ctx, host, port)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
		if clock.Now() > give {
			return bindFree(ctx, host)
		}
		select {
		case <-time.After(rebindTick):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func splitAddress(address string) (host, port string, err error) {
	if address == "" {
		return loopback, "", nil
	}
	host, port, err = net.SplitHostPort(address)
	if err != nil {
		return "", "", fmt.Errorf("listen address %q: %w, want host:port", address, err)
	}
	if host == "" {
		host = loopback
	}
	return host, port, nil
}

// refuseRemote keeps a server without any authentication off the network
// unless its owner asked for that.
func refuseRemote(host string, remote bool) error {
	ip := net.ParseIP(host)
	switch {
	case host == "localhost" || (ip != nil && ip.IsLoopback()):
		return nil
	case !remote:
		return fmt.Errorf("listen address %s is not loopback and allow_remote is not set; the node has no authentication", host)
	case ip != nil && ip.IsUnspecified():
		return fmt.Errorf("listen address %s is no address that the other members could dial, want one of this host's own", host)
	default:
		return nil
	}
}

func bindFree(ctx context.Context, host string) (net.Listener, error) {
	low, high := portRange()
	return bindBetween(ctx, host, low, high)
}

// bindBetween takes a free port of [low, high).
func bindBetween(ctx context.Context, host string, low, high int) (net.Listener, error) {
	var taken error
	for range portTries {
		l, err := listen(ctx, host, strconv.Itoa(low+rand.IntN(high-low)))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return l, err
		}
		taken = err
	}
	return nil, fmt.Errorf("no free port on %s between %d and %d in %d tries: %w", host, low, high-1, portTries, taken)
}

// portRange is [low, high) below the system's ephemeral ports.
func portRange() (low, high int) {
	high = ephemeralLow()
	low = lowestPort
	if high-low < 1000 {
		low = high / 2
	}
	return low, high
}

// ephemeralLow reads Linux's setting; elsewhere it is what IANA reserves.
func ephemeralLow() int {
	const iana = 49152
	data, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return iana
	}
	fields := strings.Fields(string(data))
	if len(fields) == 0 {
		return iana
	}
	n, err := strconv.Atoi(fields[0])
	if err != nil || n < 2048 {
		return iana
	}
	return n
}

func listen(ctx context.Context, host, port string) (net.Listener, error) {
	var lc net.ListenConfig
	return lc.Listen(ctx, "tcp", net.JoinHostPort(host, port))
}
