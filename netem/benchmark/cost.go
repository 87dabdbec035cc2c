package main

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/raftbench/raftbench/stats"
)

// rate of messages whose CPU time is taken.
const rate = 2000

// turns are how often each emulator's CPU time and throughput are taken, one
// after the other: the host's mood moves by more within a minute than the
// emulators differ.
const turns = 10

// What is claimed of ratios within turns holds for the lower bound of their
// interval, on bad hours too: those of bulk throughput were 1.4 to 2.6 on one
// host at different hours, those of CPU time 1.2 to 1.6.
const (
	leastBulk = 1.1
	leastCPU  = 1.0
)

// ratioAtLeast claims that the ratio of b to a is at least bound, by the lower
// bound of its 95 % interval over turns.
func ratioAtLeast(what string, a, b []float64, bound float64) ([]claim, error) {
	pairs := make([]stats.Pair, len(a))
	for i := range a {
		pairs[i] = stats.Pair{A: a[i], B: b[i]}
	}
	compared, err := stats.ComparePairs(pairs, 0.95)
	if err != nil {
		return nil, err
	}
	r := compared.Ratio
	return []claim{atLeast(fmt.Sprintf("%s: %.2f, at the lower bound", what, r.Center), r.Low, bound)}, nil
}

// cpuPerMessage prints the CPU time of one message, all of it: the sender's
// pacing and both ends' sockets too, which the plain row shows alone. Ratios
// are of the same turn.
func cpuPerMessage(stdout io.Writer, o options) ([]claim, error) {
	all := append([]emulator{{"plain TCP", viaTCP}}, emulators()...)
	used := map[string][]float64{}
	for range turns {
		for _, e := range all {
			each, err := cpuOf(e, o.bulk/4+500*time.Millisecond)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.name, err)
			}
			used[e.name] = append(used[e.name], each)
		}
	}
	claims, err := ratioAtLeast("toxiproxy's CPU time for a message to netem's", used["netem"], used["toxiproxy"], leastCPU)
	if err != nil {
		return nil, err
	}
	return claims, table(stdout, cpuTitle, func(w io.Writer) {
		fmt.Fprintln(w, "emulator\tmedian\tabove plain\t: netem's\tleast\tmost\t")
		for _, e := range all {
			ratios := quotients(used[e.name], used["netem"])
			fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.2f\t%.2f\t%.2f\t\n", e.name, median(used[e.name]),
				median(used[e.name])-median(used["plain TCP"]), median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
	})
}

var cpuTitle = fmt.Sprintf("CPU time per message in µs, %d messages/s one way over 10 ms, %d turns", rate, turns)

func quotients(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] / y[i]
	}
	return out
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

func cpuOf(e emulator, d time.Duration) (float64, error) {
	w, err := e.connect(10 * time.Millisecond)
	if err != nil {
		return 0, err
	}
	defer w.close()
	ticks, err := metronome(time.Second / rate)
	if err != nil {
		return 0, err
	}
	defer func() { _ = ticks.Close() }()
	n := int(d.Seconds() * rate)
	heard := make(chan error, 1)
	begin := cpuTime()
	go func() {
		for range n {
			if err := hear(w.server, 0, ignored); err != nil {
				heard <- err
				return
			}
		}
		heard <- nil
	}()
	for sent := 0; sent < n; {
		var missed [8]byte
		if _, err := ticks.Read(missed[:]); err != nil {
			return 0, err
		}
		for range min(binary.NativeEndian.Uint64(missed[:]), uint64(n-sent)) {
			if err := say(w.client); err != nil {
				return 0, err
			}
			sent++
		}
	}
	err = <-heard
	return float64(cpuTime()-begin) / float64(n) / 1e3, err
}

var ignored = newSpread()

// bulkTitle says what differs: what is under way bounds each figure. 32 MiB in
// 10 ms are 3,355 MB/s. The buffers of two pairs of sockets come on top of what
// toxiproxy holds; grpc's latency package reads one packet ahead.
const bulkTitle = "Bulk throughput over 10 ms in MB/s, both ends and the proxy in this process.\n" +
	"netem: at most 32 MiB under way, sockets included. toxiproxy: 1024 chunks of\n" +
	"at most 32 KiB, and two pairs of sockets. grpc latency: a pair of sockets."

// throughput prints what a bulk transfer reaches over a 10 ms link.
func throughput(stdout io.Writer, o options) ([]claim, error) {
	reached := map[string][]float64{}
	for range turns {
		for _, e := range emulators() {
			got, err := bulk(e, o.bulk/4+500*time.Millisecond)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", e.name, err)
			}
			reached[e.name] = append(reached[e.name], got)
		}
	}
	claims, err := ratioAtLeast("netem's bulk throughput to toxiproxy's", reached["toxiproxy"], reached["netem"], leastBulk)
	if err != nil {
		return nil, err
	}
	return claims, table(stdout, bulkTitle, func(w io.Writer) {
		fmt.Fprintln(w, "emulator\tmedian\tnetem's :\tleast\tmost\t")
		for _, e := range emulators() {
			ratios := quotients(reached["netem"], reached[e.name])
			fmt.Fprintf(w, "%s\t%.0f\t%.2f\t%.2f\t%.2f\t\n", e.name, median(reached[e.name]), median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
	})
}

func bulk(e emulator, d time.Duration) (float64, error) {
	w, err := e.connect(10 * time.Millisecond)
	if err != nil {
		return 0, err
	}
	defer w.close()
	go func() {
		chunk := make([]byte, 256<<10)
		for {
			if _, err := w.client.Write(chunk); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 256<<10)
	total, begin := 0, time.Now()
	for time.Since(begin) < d {
		n, err := w.server.Read(buf)
		if total += n; err != nil {
			return 0, err
		}
	}
	return float64(total) / 1e6 / time.Since(begin).Seconds(), nil
}
