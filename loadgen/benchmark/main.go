// Command benchmark sends on the same plan with raftbench's pacer, vegeta's and
// fortio's, in turns on one machine, and prints how late each sent.
//
// Each is run as its own users run it, against a server that answers at once
// and notes the instant. Lateness is counted from the plan's own instants,
// start + i/rate; as no tool says when it started, a tool's start is taken to
// be the one that makes its most punctual operation exactly punctual.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

func main() {
	rate := flag.Int("rate", 5000, "operations per second")
	duration := flag.Duration("duration", 2*time.Second, "of one run")
	rounds := flag.Int("rounds", 5, "runs of each, interleaved")
	flag.Parse()
	if err := run(os.Stdout, *rate, *duration, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// tool sends rate operations a second for a duration, each to arrive.
type tool struct {
	name string
	send func(ctx context.Context, rate int, d time.Duration, arrive func()) error
}

func run(w io.Writer, rate int, d time.Duration, rounds int) error {
	tools := []tool{{"raftbench", raftbench}, {"vegeta", vegetaAttack}, {"fortio", fortioRun}}
	lateness := make([]lateness, len(tools))
	for range rounds {
		for i, t := range tools {
			a := newArrivals(rate, d)
			if err := t.send(context.Background(), rate, d, a.arrive); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			late, err := a.late(rate)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			lateness[i].add(late)
		}
	}
	return table(w, tools, lateness)
}

// lateness is a tool's percentiles, one of each a round.
type lateness struct{ p50, p99 []time.Duration }

func (l *lateness) add(late []time.Duration) {
	l.p50 = append(l.p50, late[len(late)/2])
	l.p99 = append(l.p99, late[len(late)*99/100])
}

// table shows the median round, and how many times closer raftbench is.
func table(w io.Writer, tools []tool, all []lateness) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "pacer\tlag p50\tlag p99\tp50 / raftbench's\tp99 / raftbench's")
	base50, base99 := median(all[0].p50), median(all[0].p99)
	for i, tool := range tools {
		p50, p99 := median(all[i].p50), median(all[i].p99)
		fmt.Fprintf(t, "%s\t%v\t%v\t%.1f\t%.1f\n", tool.name, p50, p99,
			float64(p50)/float64(base50), float64(p99)/float64(base99))
	}
	return t.Flush()
}

func median(d []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}
