package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sync/errgroup"

	"github.com/raftbench/raftbench/clock"
)

var delays = []time.Duration{
	250 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 33 * time.Millisecond, 150 * time.Millisecond,
}

// spread collects signed errors; HDR histograms know no negative values.
type spread struct {
	late     *hdrhistogram.Histogram
	earliest int64
	// rounds are the p99 of each in µs: a host that stalls once spoils one.
	rounds []float64
}

func newSpread() *spread {
	return &spread{late: hdrhistogram.New(1, int64(time.Minute), 3), earliest: 1 << 62}
}

func (s *spread) add(ns int64) {
	s.earliest = min(s.earliest, ns)
	_ = s.late.RecordValue(max(ns, 0))
}

// round runs one, and takes it in.
func (s *spread) round(run func(*spread) error) error {
	one := newSpread()
	if err := run(one); err != nil {
		return err
	}
	s.merge(one)
	s.rounds = append(s.rounds, one.us(99))
	return nil
}

func (s *spread) merge(o *spread) {
	s.late.Merge(o.late)
	s.earliest = min(s.earliest, o.earliest)
}

func (s *spread) us(quantile float64) float64 { return float64(s.late.ValueAtQuantile(quantile)) / 1e3 }

// What is asked of netem on an otherwise idle host, in µs; the bare nanosleep
// tells whether it is one.
const (
	medianWithin = 10
	p99Within    = 200
	neverEarlier = -1
)

// closer is by how many times netem's median is to be nearer than toxiproxy's.
var closer = map[time.Duration]float64{time.Millisecond: 4, 5 * time.Millisecond: 20, 33 * time.Millisecond: 20}

// accuracy prints how far one-way delays are from the asked.
func accuracy(stdout io.Writer, o options) ([]claim, error) {
	results := map[time.Duration]map[string]*spread{}
	var claims []claim
	for _, delay := range delays {
		found, err := accuracyAt(delay, o)
		if err != nil {
			return nil, fmt.Errorf("at %v: %w", delay, err)
		}
		results[delay] = found
		claims = append(claims, asked(delay, found)...)
	}
	return claims, table(stdout, "One-way delay error in µs, ping-pong of 200 messages/s", func(w io.Writer) {
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

// asked holds what was found at one delay against what is asked.
func asked(delay time.Duration, found map[string]*spread) []claim {
	ours := found["netem"]
	claims := []claim{
		atMost(fmt.Sprintf("%v: netem's median error in µs", delay), ours.us(50), medianWithin),
		atMost(fmt.Sprintf("%v: netem's p99 error in µs, the middle round's", delay), median(ours.rounds), p99Within),
		atLeast(fmt.Sprintf("%v: netem's earliest in µs", delay), float64(ours.earliest)/1e3, neverEarlier),
	}
	if times, theirs := closer[delay], found["toxiproxy"]; times > 0 && theirs != nil {
		claims = append(claims, atLeast(fmt.Sprintf("%v: toxiproxy's median to netem's", delay), theirs.us(50)/max(ours.us(50), 0.001), times))
	}
	return claims
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
			if err := found[name].round(func(s *spread) error { return pingPong(w, delay, o.messages/o.rounds, s) }); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
		}
		bare(delay, o.messages/o.rounds, found["bare nanosleep"])
	}
	return found, nil
}

// size of a message: its stamp, and as much again as a small record.
const size = 256

// pace is the interval of pings: with their answers, 200 messages a second.
const pace = 10 * time.Millisecond

// pingPong sends n pings, each answered when it is heard. The next ping does
// not wait for the answer, so that a long delay makes no lower rate.
func pingPong(w *wire, delay time.Duration, n int, s *spread) error {
	there, back := newSpread(), newSpread()
	var ends errgroup.Group
	ends.Go(func() error {
		for range n {
			if err := hear(w.server, delay, there); err != nil {
				return err
			}
			if err := say(w.server); err != nil {
				return err
			}
		}
		return nil
	})
	ends.Go(func() error {
		for range n {
			if err := hear(w.client, delay, back); err != nil {
				return err
			}
		}
		return nil
	})
	ends.Go(func() error { return ping(w, n) })
	err := ends.Wait()
	s.merge(there)
	s.merge(back)
	return err
}

// ping sends off the beat: where the delay is a multiple of the pace, sender
// and readers would else wait for the same instants.
func ping(w *wire, n int) error {
	begin, rng := clock.Now(), rand.New(rand.NewPCG(1, 1))
	for i := range n {
		clock.SleepUntil(begin + int64(i)*int64(pace) + rng.Int64N(int64(pace)*4/5))
		if err := say(w.client); err != nil {
			return err
		}
	}
	return nil
}

func say(c net.Conn) error {
	var b [size]byte
	binary.BigEndian.PutUint64(b[:], uint64(clock.Now()))
	_, err := c.Write(b[:])
	return err
}

func hear(c net.Conn, delay time.Duration, s *spread) error {
	var b [size]byte
	if _, err := io.ReadFull(c, b[:]); err != nil {
		return err
	}
	s.add(clock.Now() - int64(binary.BigEndian.Uint64(b[:])) - int64(delay))
	return nil
}
