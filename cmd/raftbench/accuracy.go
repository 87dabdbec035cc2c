package main

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
	"github.com/raftbench/raftbench/netem"
)

// How much doctor measures: some two seconds of timers and four of links.
const (
	timerRounds  = 60
	linkMessages = 200
	linkPace     = 5 * time.Millisecond // 200 messages a second
)

var (
	timerWaits = []time.Duration{
		50 * time.Microsecond, 500 * time.Microsecond, time.Millisecond,
		5 * time.Millisecond, 12500 * time.Microsecond,
	}
	linkDelays = []time.Duration{250 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 33 * time.Millisecond}
)

// timerRow says how late a wait ends: by Go's timer, and by the one that
// produces delays.
type timerRow struct {
	AskedNS      int64 `json:"asked_ns"`
	SleepP50NS   int64 `json:"sleep_p50_ns"`
	SleepP99NS   int64 `json:"sleep_p99_ns"`
	PreciseP50NS int64 `json:"precise_p50_ns"`
	PreciseP99NS int64 `json:"precise_p99_ns"`
}

// linkRow says how late an emulated link delivers.
type linkRow struct {
	AskedNS    int64 `json:"asked_ns"`
	ErrorP50NS int64 `json:"error_p50_ns"`
	ErrorP99NS int64 `json:"error_p99_ns"`
	Messages   int   `json:"messages"`
}

func measureTimers(ctx context.Context) []timerRow {
	var rows []timerRow
	for _, asked := range timerWaits {
		if ctx.Err() != nil {
			break
		}
		sleep := lateness(asked, func(int64) { time.Sleep(asked) })
		precise := lateness(asked, func(due int64) { clock.SleepUntil(due) })
		rows = append(rows, timerRow{
			AskedNS:    asked.Nanoseconds(),
			SleepP50NS: rank(sleep, 50), SleepP99NS: rank(sleep, 99),
			PreciseP50NS: rank(precise, 50), PreciseP99NS: rank(precise, 99),
		})
	}
	return rows
}

// lateness of a wait, sorted, in ns.
func lateness(asked time.Duration, wait func(due int64)) []int64 {
	late := make([]int64, timerRounds)
	for i := range late {
		due := clock.Now() + asked.Nanoseconds()
		wait(due)
		late[i] = clock.Now() - due
	}
	slices.Sort(late)
	return late
}

// measureLinks sends stamps over an emulated link within this process.
func measureLinks(ctx context.Context) ([]linkRow, error) {
	var rows []linkRow
	for _, delay := range linkDelays {
		late, err := measureLink(ctx, delay)
		if err != nil {
			return rows, fmt.Errorf("emulated link of %s: %w", delay, err)
		}
		rows = append(rows, linkRow{
			AskedNS: delay.Nanoseconds(), ErrorP50NS: rank(late, 50), ErrorP99NS: rank(late, 99), Messages: len(late),
		})
	}
	return rows, nil
}

func measureLink(ctx context.Context, delay time.Duration) (late []int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var config net.ListenConfig
	plain, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	a, b := netem.NewEndpoint("a", 1), netem.NewEndpoint("b", 1)
	listener := b.Listen(plain)
	defer func() { err = errors.Join(err, listener.Close(), a.Close(), b.Close()) }()
	received := make(chan []int64, 1)
	go func() { received <- receive(ctx, listener, delay) }()

	if err := a.Shape("b", netem.Shape{Delay: delay}); err != nil {
		return nil, err
	}
	conn, err := a.Dial(ctx, "b", plain.Addr().String())
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	if err := send(conn); err != nil {
		return nil, err
	}
	select {
	case late = <-received:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting for %d messages: %w", linkMessages, ctx.Err())
	}
	if len(late) < linkMessages {
		return nil, fmt.Errorf("%d of %d messages arrived", len(late), linkMessages)
	}
	slices.Sort(late)
	return late, nil
}

// send writes a stamp every linkPace.
func send(conn net.Conn) error {
	var stamp [8]byte
	start := clock.Now()
	for i := range linkMessages {
		clock.SleepUntil(start + int64(i)*linkPace.Nanoseconds())
		binary.BigEndian.PutUint64(stamp[:], uint64(clock.Now()))
		if _, err := conn.Write(stamp[:]); err != nil {
			return err
		}
	}
	return nil
}

// receive returns how late each stamp came.
func receive(ctx context.Context, l net.Listener, delay time.Duration) []int64 {
	conn, err := l.Accept()
	if err != nil {
		return nil
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetReadDeadline(deadline)
	}
	var late []int64
	var stamp [8]byte
	for len(late) < linkMessages {
		if _, err := io.ReadFull(conn, stamp[:]); err != nil {
			return late
		}
		sent := int64(binary.BigEndian.Uint64(stamp[:]))
		late = append(late, clock.Now()-sent-delay.Nanoseconds())
	}
	return late
}

// rank is the p-th percentile of sorted values, by nearest rank.
func rank(sorted []int64, p int) int64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}
