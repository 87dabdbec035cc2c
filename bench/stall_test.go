package bench

import (
	"context"
	"testing"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
)

// A server that stops for a second must cost a second's worth of operations
// their wait: at 500/s, the one that was due q into the stop waits for the
// rest of it, so some 500 latencies form a ramp from 0 to 1 s. A generator
// that waited before it sent the next would show a single one (coordinated
// omission). One node, since with more the lease lapses and it becomes an
// election. The bounds are one-sided: a slow host only adds to the waits.
func TestAStoppedServerCostsARampAndNotOneSample(t *testing.T) {
	const rate, stop = 500, time.Second
	nodes := cluster.Nodes(1, profile(t, "none"), control.DefaultRaft(), inMemory(), 1)
	_, leader := bootCluster(t, nodes)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := client.Dial(ctx, leader.Listen().Client, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()

	stopped := make(chan error, 1)
	go func() {
		time.Sleep(300 * time.Millisecond)
		err := leader.Pause(ctx)
		time.Sleep(stop) // at least so long: a timer never fires early
		if e := leader.Resume(ctx); err == nil {
			err = e
		}
		stopped <- err
	}()
	gen := loadgen.New([]loadgen.Target{c}, loadgen.Workload{KeyPrefix: "s/", Keys: 100, KeySize: 16, ValueSize: 64})
	rec, err := gen.Run(ctx, loadgen.Window{
		Name: "stall", Schedule: loadgen.Constant(rate), Duration: 2 * time.Second, Timeout: 20 * time.Second, MaxInFlight: maxInFlight,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if rec.Completed != rec.Due || rec.Dropped != 0 {
		t.Fatalf("%d of %d completed, %d dropped: want all", rec.Completed, rec.Due, rec.Dropped)
	}
	for _, q := range []float64{0.2, 0.5, 0.8} {
		var waited int64
		for _, bar := range rec.Latency.Distribution() {
			if bar.From >= int64(q*float64(stop)) {
				waited += bar.Count
			}
		}
		if want := int64(rate * (1 - q) * 0.98); waited < want {
			t.Errorf("%d operations waited for over %.1f s, want at least %d", waited, q, want)
		}
	}
}
