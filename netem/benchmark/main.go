// Command benchmark holds netem against what else delays a TCP stream in Go:
// toxiproxy, and the latency package of grpc-go. All run in this one process,
// interleaved, over the same ping-pong; a bare absolute nanosleep that ends in
// a spin of 20 µs is timed beside them, so that a noisy host shows.
//
// It is a module of its own, so that nobody else pays for its dependencies.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"text/tabwriter"
	"time"
)

type options struct {
	messages int
	rounds   int
	bulk     time.Duration
	parts    []part
}

// part measures one thing, prints it, and says what it shows of what is asked.
type part func(io.Writer, options) ([]claim, error)

func main() {
	var o options
	flag.IntVar(&o.messages, "messages", 500, "pings of each emulator and delay, 100 a second; each is answered")
	flag.IntVar(&o.rounds, "rounds", 5, "turns that the pings are cut into, one emulator after the other")
	flag.DurationVar(&o.bulk, "bulk", 2*time.Second, "duration of each bulk transfer and CPU measurement")
	only := flag.String("only", "", "one part alone: accuracy, cpu or bulk")
	busy := flag.Bool("busy", false, "keep all cores busy meanwhile, and time delays only")
	spinning := flag.Bool("spin", false, "")
	flag.Parse()
	if *spinning {
		spin()
	}
	if err := start(o, *only, *busy); err != nil {
		log.Fatal(err)
	}
}

func start(o options, only string, busy bool) error {
	byName := map[string]part{"accuracy": accuracy, "cpu": cpuPerMessage, "bulk": throughput}
	o.parts = []part{accuracy, cpuPerMessage, throughput}
	if only != "" {
		if byName[only] == nil {
			return fmt.Errorf("got the part %q, wanted accuracy, cpu or bulk", only)
		}
		o.parts = []part{byName[only]}
	}
	if busy {
		ctx, cancel := context.WithCancel(context.Background())
		wait, err := keepBusy(ctx)
		defer wait()
		defer cancel()
		if err != nil {
			return err
		}
		o.parts = []part{busyAccuracy}
	}
	return run(os.Stdout, o)
}

func run(stdout io.Writer, o options) error {
	var claims []claim
	for _, part := range o.parts {
		more, err := part(stdout, o)
		if err != nil {
			return err
		}
		claims = append(claims, more...)
	}
	return judge(stdout, claims)
}

// busyAccuracy shows what a busy host makes of delays; nothing is asked there.
func busyAccuracy(stdout io.Writer, o options) ([]claim, error) {
	_, err := accuracy(stdout, o)
	return nil, err
}

// table prints aligned columns.
func table(w io.Writer, title string, rows func(w io.Writer)) error {
	fmt.Fprintf(w, "%s\n\n", title)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	rows(t)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w)
	return nil
}
