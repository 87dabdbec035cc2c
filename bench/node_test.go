package bench

import (
	"context"
	"sort"
	"testing"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
)

// BenchmarkNodeAPI prices the node's gRPC API: the same writes to the same
// three nodes, once through the API and once by goroutines that call
// raft.Apply inside the leader, in interleaved pairs. Figures are medians of
// the pairs.
func BenchmarkNodeAPI(b *testing.B) {
	const pairs, window = 5, 2 * time.Second
	nodes := cluster.Nodes(3, profile(b, "none"), control.DefaultRaft(), control.DefaultStorage(), 1)
	_, leader := bootCluster(b, nodes)
	closedLoop(b, leader, 64, time.Second) // warm
	for b.Loop() {
		var ratios, extra []float64
		for range pairs {
			busy := closedLoop(b, leader, 64, window)
			api := busy.Throughput()
			inside := apply(b, leader, 64, window)
			ratio := api / (float64(inside.Writes) / inside.Took.Seconds())
			ratios = append(ratios, ratio)

			one := closedLoop(b, leader, 1, window)
			alone := apply(b, leader, 1, window)
			more := float64(one.Latency.ValueAtQuantile(50)-alone.P50.Nanoseconds()) / 1e6
			extra = append(extra, more)
			b.Logf("64 clients: %.0f/s through the API, %.2f of raft.Apply; one client: %.3f ms above %.3f ms",
				api, ratio, more, float64(alone.P50)/1e6)
		}
		b.ReportMetric(middle(ratios), "of-raft.Apply")
		b.ReportMetric(middle(extra), "ms-above-raft.Apply")
	}
}

func apply(b *testing.B, leader *cluster.Member, writers int, d time.Duration) control.ApplyResult {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d+30*time.Second)
	defer cancel()
	r, err := leader.Apply(ctx, control.Apply{Writers: writers, ValueSize: 256, Duration: d})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func middle(v []float64) float64 {
	sort.Float64s(v)
	return v[len(v)/2]
}
