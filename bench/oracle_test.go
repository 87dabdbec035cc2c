package bench

import (
	"context"
	"math"
	"runtime"
	"testing"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/quorum"
)

// quorumTrip is the oracle: the round trip from the first node to the follower
// that completes its quorum.
func quorumTrip(p profiles.Profile, n int) time.Duration {
	var rtts []time.Duration
	for i := 1; i < n; i++ {
		rtts = append(rtts, roundTrip(p, p.Site(0), p.Site(i)))
	}
	return quorum.CompletingRTT(rtts, n)
}

func roundTrip(p profiles.Profile, a, b string) time.Duration {
	return p.Shape(a, b).Delay + p.Shape(b, a).Delay
}

// inMemory removes the disk from what is measured.
func inMemory() control.Storage {
	return control.Storage{Store: control.StoreMemory, LogCache: 512}
}

// patient timeouts hold a leader over the longest of the profiles' links.
func patient() control.Raft {
	r := control.DefaultRaft()
	r.HeartbeatTimeout, r.ElectionTimeout, r.LeaderLeaseTimeout = 2*time.Second, 2*time.Second, time.Second
	return r
}

// A cluster never commits sooner than the quorum's round trip (Ongaro,
// dissertation §10.2.1): a majority must have answered. The bound is exact and
// one-sided, so no slow host can break it.
func TestNoCommitBeforeTheQuorumsRoundTrip(t *testing.T) {
	p := profile(t, "multi-az-wide")
	for _, n := range []int{3, 4} {
		nodes := cluster.Nodes(n, p, control.DefaultRaft(), inMemory(), 1)
		_, leader := bootCluster(t, nodes)
		rec := closedLoop(t, leader, 1, 300*time.Millisecond)
		if rec.Writes == 0 {
			t.Fatalf("n=%d: nothing was written", n)
		}
		// The histogram keeps three digits, so its least value may be rounded
		// down by a thousandth.
		if least := time.Duration(rec.Latency.Min()); float64(least) < 0.999*float64(quorumTrip(p, n)) {
			t.Errorf("n=%d: committed after %v, sooner than the quorum's round trip of %v", n, least, quorumTrip(p, n))
		}
	}
}

// BenchmarkOracle holds the emulated network against arithmetic: for each
// profile and size, a single client's commit latency with the links' delays
// less the same without them must equal the round trip to the follower that
// completes the quorum, within the larger of 2 % and 0.3 ms. Both are measured
// on one cluster with its delays switched on and off in turn.
//
// Every process keeps to one core at a time. With more, Go wakes a second one
// at each hand-over between goroutines: that costs little without delays, when
// none of them sleeps, and a wake-up each with them, and what is compared would
// differ by the host's idle states.
func BenchmarkOracle(b *testing.B) {
	oneCoreEach(b)
	for _, name := range profiles.Names() {
		p := profile(b, name)
		if len(p.Sites) == 0 {
			continue
		}
		for _, n := range []int{3, 4, 5, 7} {
			b.Run(name+"/n="+control.MemberID(n - 1)[1:], func(b *testing.B) { oracle(b, p, n) })
		}
	}
}

// oneCoreEach holds this process, and those that it starts, to one at a time.
func oneCoreEach(b *testing.B) {
	cores := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(cores) })
	b.Setenv("GOMAXPROCS", "1")
}

func oracle(b *testing.B, p profiles.Profile, n int) {
	const pairs = 5
	nodes := cluster.Nodes(n, p, patient(), inMemory(), 1)
	c, leader := bootCluster(b, nodes)
	want := quorumTrip(p, n)
	window := max(300*time.Millisecond, 12*want)
	for b.Loop() {
		var differences []float64
		for range pairs {
			shape(b, c, nodes, true)
			slow := closedLoop(b, leader, 1, window)
			shape(b, c, nodes, false)
			fast := closedLoop(b, leader, 1, 300*time.Millisecond)
			differences = append(differences, float64(slow.Latency.ValueAtQuantile(50)-fast.Latency.ValueAtQuantile(50)))
		}
		got := middle(differences)
		off := got - float64(want)
		allowed := math.Max(0.02*float64(want), float64(300*time.Microsecond))
		b.ReportMetric(float64(want)/1e6, "ms-expected")
		b.ReportMetric(got/1e6, "ms-measured")
		b.ReportMetric(off/1e3, "µs-off")
		b.ReportMetric(0, "ns/op")
		if math.Abs(off) > allowed {
			b.Errorf("%s, %d nodes: got %.3f ms over the zero-delay figure, want %v within %.3f ms", p.Name, n, got/1e6, want, allowed/1e6)
		}
	}
}

// shape switches all links between members on or off.
func shape(b *testing.B, c *cluster.Cluster, nodes []control.Options, on bool) {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, o := range nodes {
		for to, s := range o.Links {
			if !on {
				s = netem.Shape{}
			}
			f := control.Fault{Action: control.FaultShape, To: []string{to}, Shape: s}
			if err := c.Member(o.ID).Links(ctx, f); err != nil {
				b.Fatal(err)
			}
		}
	}
	time.Sleep(100 * time.Millisecond) // what was sent under the old shape arrives
}
