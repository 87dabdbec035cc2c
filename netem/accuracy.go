package netem

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/raftbench/raftbench/clock"
)

// MeasureLink sends so many messages, one each interval, over an emulated link
// of this delay within this process, and returns by how much each missed the
// delay, sorted: what a host can be trusted with before a run.
func MeasureLink(ctx context.Context, delay time.Duration, messages int, interval time.Duration) (late []time.Duration, err error) {
	var config net.ListenConfig
	plain, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a, b := NewEndpoint("a", 1), NewEndpoint("b", 1)
	listener := b.Listen(plain)
	// Whoever waits for the other side no longer does when ctx ends.
	release := context.AfterFunc(ctx, func() { _ = listener.Close(); _ = a.Close(); _ = b.Close() })
	defer func() {
		if release() {
			err = errors.Join(err, listener.Close(), a.Close(), b.Close())
		}
	}()
	received := make(chan []time.Duration, 1)
	go func() { received <- receiveStamps(listener, delay, messages) }()
	if err := a.Shape("b", Shape{Delay: delay}); err != nil {
		return nil, err
	}
	conn, err := a.Dial(ctx, "b", plain.Addr().String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := sendStamps(ctx, conn, messages, interval); err != nil {
		return nil, err
	}
	select {
	case late = <-received:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for %d messages: %w", messages, ctx.Err())
	}
	if len(late) < messages {
		return nil, fmt.Errorf("%d of %d messages arrived", len(late), messages)
	}
	slices.Sort(late)
	return late, nil
}

// sendStamps sends the time, once each interval.
func sendStamps(ctx context.Context, conn net.Conn, messages int, interval time.Duration) error {
	var stamp [8]byte
	start := clock.Now()
	for i := range messages {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		clock.SleepUntil(start + int64(i)*interval.Nanoseconds())
		binary.BigEndian.PutUint64(stamp[:], uint64(clock.Now()))
		if _, err := conn.Write(stamp[:]); err != nil {
			return err
		}
	}
	return nil
}

// receiveStamps returns by how much each missed the delay.
func receiveStamps(l net.Listener, delay time.Duration, messages int) []time.Duration {
	conn, err := l.Accept()
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }()
	var late []time.Duration
	var stamp [8]byte
	for len(late) < messages {
		if _, err := io.ReadFull(conn, stamp[:]); err != nil {
			return late
		}
		sent := int64(binary.BigEndian.Uint64(stamp[:]))
		late = append(late, time.Duration(clock.Now()-sent)-delay)
	}
	return late
}
