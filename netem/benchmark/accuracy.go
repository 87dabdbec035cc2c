package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/raftbench/raftbench/netem"
)

var delays = []time.Duration{
	250 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 33 * time.Millisecond, 150 * time.Millisecond,
}

// spread collects signed errors; HDR histograms know no negative values.
type spread struct {
	late     *hdrhistogram.Histogram
	earliest int64
}

func newSpread() *spread {
	return &spread{late: hdrhistogram.New(1, int64(time.Minute), 3), earliest: 1 << 62}
}

func (s *spread) add(ns int64) {
	s.earliest = min(s.earliest, ns)
	_ = s.late.RecordValue(max(ns, 0))
}

func (s *spread) us(quantile float64) float64 { return float64(s.late.ValueAtQuantile(quantile)) / 1e3 }

// accuracy prints how far one-way delays are from the asked.
func accuracy(stdout io.Writer, o options) error {
	results := map[time.Duration]map[string]*spread{}
	for _, delay := range delays {
		found, err := accuracyAt(delay, o)
		if err != nil {
			return fmt.Errorf("at %v: %w", delay, err)
		}
		results[delay] = found
	}
	return table(stdout, "One-way delay error in µs, ping-pong at 200 messages/s", func(w io.Writer) {
		fmt.Fprintln(w, "delay\temulator\tmedian\tp99\tearliest\tmedian : netem's\t")
		for _, delay := range delays {
			for _, name := range []string{"netem", "toxiproxy", "grpc latency", "bare nanosleep"} {
				s := results[delay][name]
				if s == nil {
					fmt.Fprintf(w, "%v\t%s\t%v\t\t\t\t\n", delay, name, errFraction)
					continue
				}
				ratio := s.us(50) / max(results[delay]["netem"].us(50), 0.001)
				fmt.Fprintf(w, "%v\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t\n", delay, name, s.us(50), s.us(99), float64(s.earliest)/1e3, ratio)
			}
		}
	})
}

func accuracyAt(delay time.Duration, o options) (map[string]*spread, error) {
	found := map[string]*spread{"bare nanosleep": newSpread()}
	wires := map[string]*wire{}
	for _, e := range emulators() {
		w, err := e.connect(delay)
		if errors.Is(err, errFraction) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.name, err)
		}
		defer w.close()
		wires[e.name], found[e.name] = w, newSpread()
	}
	for range o.rounds {
		for name, w := range wires {
			if err := pingPong(w, delay, o.messages/o.rounds, found[name]); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		bare(delay, o.messages/o.rounds, found["bare nanosleep"])
	}
	return found, nil
}

// size of a message: its stamp, and as much again as a small record.
const size = 256

// pingPong sends n messages each way, a hundred pairs a second or as many as
// the delay allows.
func pingPong(w *wire, delay time.Duration, n int, s *spread) error {
	answered := make(chan error, 1)
	there := newSpread()
	go func() {
		for range n {
			if err := hear(w.server, delay, there); err != nil {
				answered <- err
				return
			}
			if err := say(w.server); err != nil {
				answered <- err
				return
			}
		}
		answered <- nil
	}()
	next := netem.Now()
	for range n {
		next = max(next+int64(10*time.Millisecond), netem.Now())
		netem.SleepUntil(next)
		if err := say(w.client); err != nil {
			return err
		}
		if err := hear(w.client, delay, s); err != nil {
			return err
		}
	}
	err := <-answered
	s.late.Merge(there.late)
	s.earliest = min(s.earliest, there.earliest)
	return err
}

func say(c net.Conn) error {
	var b [size]byte
	binary.BigEndian.PutUint64(b[:], uint64(netem.Now()))
	_, err := c.Write(b[:])
	return err
}

func hear(c net.Conn, delay time.Duration, s *spread) error {
	var b [size]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return err
	}
	s.add(netem.Now() - int64(binary.BigEndian.Uint64(b[:])) - int64(delay))
	return nil
}
