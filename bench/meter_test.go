package bench

import (
	"encoding/base64"
	"math"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

func encoded(t *testing.T, values ...int64) control.Histogram {
	t.Helper()
	h := hdrhistogram.New(1, time.Minute.Nanoseconds(), 3)
	for _, v := range values {
		if err := h.RecordValue(v); err != nil {
			t.Fatal(err)
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := base64.StdEncoding.DecodeString(string(text)); err != nil {
		t.Fatalf("not the form that nodes send: %v", err)
	}
	return control.Histogram(text)
}

// A window's cost is what the counters gained in it, nothing of before.
func TestCostIsTheDifferenceOfTwoReadings(t *testing.T) {
	began := time.Now()
	before := reading{
		host: host.Counters{At: began, Cores: 2, Idle: of(90 * time.Second), Steal: of(time.Duration(0)), CPUWait: of(time.Second)}, self: time.Second,
		usage: usage{nodes: map[string]nodeReading{"n1": {
			usage: cluster.Usage{CPU: 5 * time.Second, DiskWrite: 1000},
			stats: control.Stats{
				Term: 2, Leader: "n1", Fsyncs: 100, Snapshots: 1, StoreTime: encoded(t, 5_000_000),
				Links: []control.LinkStats{{From: "n2", To: "n1", Asked: 1000, Bytes: 50, Frames: 5, Error: encoded(t, 900_000)}},
			},
		}}},
	}
	after := reading{
		host: host.Counters{
			At: began.Add(2 * time.Second), Cores: 2, Idle: of(91 * time.Second), Steal: of(time.Second / 2), CPUWait: of(1500 * time.Millisecond),
		},
		self: 1500 * time.Millisecond,
		usage: usage{nodes: map[string]nodeReading{"n1": {
			usage: cluster.Usage{CPU: 6 * time.Second, DiskWrite: 4000},
			stats: control.Stats{
				Term: 2, Leader: "n1", Fsyncs: 160, Snapshots: 2, StoreTime: encoded(t, 5_000_000, 1_000_000),
				Links: []control.LinkStats{{From: "n2", To: "n1", Asked: 1000, Bytes: 250, Frames: 8, Error: encoded(t, 900_000, 2000, 2000, 2000), Realised: encoded(t, 4_000_000, 6_000_000)}},
			},
		}}},
	}
	c := after.since(before)
	if c.cpu["n1"] != time.Second || c.client != 500*time.Millisecond || c.disk != 3000 || c.fsyncs != 60 ||
		c.snapshots != 1 || c.network != 200 || c.leaderMoved {
		t.Errorf("got %+v", c)
	}
	// 4 s of CPU passed on the host: 2.5 busy, of which 1.5 were ours.
	var w results.Window
	c.fill(&w)
	f := c.host.facts("")
	if math.Abs(w.HostBusy-0.625) > 1e-9 || math.Abs(w.ForeignBusy-0.25) > 1e-9 ||
		*f.ForeignCores != 0.5 || *f.Steal != 0.125 || *f.RunWait != 0.25 || f.DiskWait != nil || f.DiskBytes != nil {
		t.Errorf("busy %.3f, foreign %.3f, facts %+v; want 0.625, 0.25, half a core, steal 0.125, waiting 0.25, no disk", w.HostBusy, w.ForeignBusy, f)
	}
	// What spinners used is no work of the host's.
	spinning := after.since(before, company{awake: true, spun: time.Second})
	spinning.fill(&w)
	if math.Abs(w.HostBusy-0.375) > 1e-9 || w.ForeignBusy != 0 {
		t.Errorf("with spinners: busy %.3f, foreign %.3f; want 0.375 and none", w.HostBusy, w.ForeignBusy)
	}
	if got := c.store["n1"].ValueAtQuantile(50); got < 999_000 || got > 1_001_000 {
		t.Errorf("store time of the window: median %d ns, want its only value of 1 ms", got)
	}
	if l := c.truth()[0]; math.Abs(l.RealisedMeanNS-5e6) > 5e4 || math.Abs(l.RealisedSDNS-1e6) > 1e4 {
		t.Errorf("realised %.0f ± %.0f ns, want 5 ± 1 ms", l.RealisedMeanNS, l.RealisedSDNS)
	}
	if l := c.truth(); len(l) != 1 || l[0].Frames != 3 || l[0].Samples != 3 || l[0].ErrorP99NS > 2001 {
		t.Errorf("links %+v: want the window's 3 frames, none later than 2 µs", l)
	}
}

// The counters of a node that was restarted began again: nothing of before is
// taken from them. Frames that nobody waited for are no samples.
func TestARestartedNodeCountsFromZero(t *testing.T) {
	node := func(pid int, frames int64, late ...int64) reading {
		return reading{usage: usage{nodes: map[string]nodeReading{"n1": {pid: pid, stats: control.Stats{
			Term: 2, Leader: "n2", Fsyncs: frames, StoreTime: encoded(t, late...),
			Links: []control.LinkStats{{From: "n2", To: "n1", Frames: frames, Bytes: frames, Error: encoded(t, late...)}},
		}}}}}
	}
	before := node(10, 50, 1000, 1000, 1000, 7_000_000)
	for name, test := range map[string]struct {
		after           reading
		frames, samples int64
		p50             int64
	}{
		"the same process": {node(10, 60, 1000, 1000, 1000, 7_000_000, 5000, 5000), 10, 2, 5000},
		"another process":  {node(11, 60, 1000, 1000, 5000), 60, 3, 1000},
	} {
		c := test.after.since(before)
		l := c.truth()[0]
		if l.Frames != test.frames || l.Samples != test.samples || l.ErrorP50NS/10 != test.p50/10 || c.fsyncs != test.frames || c.leaderMoved {
			t.Errorf("%s: got %+v and %d syncs, want %d frames and syncs, %d samples at %d ns", name, l, c.fsyncs, test.frames, test.samples, test.p50)
		}
	}
}

func TestALeaderThatMovedIsSeenByTermOrName(t *testing.T) {
	node := func(term uint64, leader string) reading {
		return reading{usage: usage{nodes: map[string]nodeReading{"n1": {stats: control.Stats{Term: term, Leader: leader}}}}}
	}
	for _, after := range []reading{node(3, "n1"), node(2, "n2")} {
		if !after.since(node(2, "n1")).leaderMoved {
			t.Errorf("%+v after term 2 of n1: not seen", after.nodes["n1"].stats)
		}
	}
}

func TestWhatLimitedAWindowIsNamed(t *testing.T) {
	s := setups(t, "nodes: 3\nnetwork: {profile: none, links: [{delay: 12.5ms}]}")[0]
	busy := func(share float64) map[string]*hdrhistogram.Histogram {
		h := hdrhistogram.New(1, time.Minute.Nanoseconds(), 3)
		_ = h.RecordValue(int64(share * float64(time.Second)))
		return map[string]*hdrhistogram.Histogram{"n1": h}
	}
	for name, c := range map[string]struct {
		window results.Window
		cost   cost
		want   *results.Limit
	}{
		"followers": {
			results.Window{HostBusy: 0.95},
			cost{cpu: map[string]time.Duration{"n1": 3 * time.Second, "n2": 2 * time.Second, "n3": 2 * time.Second}, client: time.Second},
			&results.Limit{Resource: results.LimitCPU, User: results.UserFollowers, Used: 0.95},
		},
		"foreign processes": {
			results.Window{HostBusy: 0.95},
			cost{cpu: map[string]time.Duration{"n1": time.Second}, host: hostCost{Activity: host.Activity{Foreign: of(2 * time.Second)}}},
			&results.Limit{Resource: results.LimitCPU, User: results.UserForeign, Used: 0.95},
		},
		"the disk": {results.Window{}, cost{store: busy(0.9), length: time.Second}, &results.Limit{Resource: results.LimitStore, Used: 0.9}},
		"raft": {
			results.Window{ThroughputOps: 4900}, cost{store: busy(0.1), length: time.Second},
			&results.Limit{Resource: results.LimitPipeline, MaxOps: 5120, Used: 0.957},
		},
		"nothing": {results.Window{ThroughputOps: 1000, HostBusy: 0.5}, cost{store: busy(0.1), length: time.Second}, nil},
	} {
		if diff := cmp.Diff(c.want, limitOf(&c.window, c.cost, s, "n1"), cmpopts.EquateApprox(0, 0.001)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// A link that carried its rate is the limit, whatever else was idle.
func TestTheNetworksRateIsALimit(t *testing.T) {
	s := setups(t, "nodes: 3\nnetwork: {profile: none, links: [{delay: 1ms, rate: 8mbit}]}")[0]
	c := cost{length: time.Second, links: []linkCost{{Link: results.Link{From: "n1", To: "n2", Bytes: 950_000}}}}
	want := &results.Limit{Resource: results.LimitLink, Link: &results.Ends{From: "n1", To: "n2"}, Used: 0.95}
	if diff := cmp.Diff(want, limitOf(&results.Window{}, c, s, "n1")); diff != "" {
		t.Error(diff)
	}
}

// Flushes beyond our syncs are somebody's, on a disk that counts them.
func TestSyncsOfOthersAreWhatTheDiskCountsBeyondOurs(t *testing.T) {
	for _, c := range []struct {
		flushes, ours int64
		want          *int64
	}{{500, 300, of[int64](200)}, {290, 300, of[int64](0)}, {0, 300, nil}, {10, 300, nil}} {
		h := hostCost{Activity: host.Activity{Disks: map[string]host.DiskCounters{"8:0": {Written: 7, Flushes: c.flushes}}}, fsyncs: c.ours}
		f := h.facts("8:0")
		if diff := cmp.Diff(c.want, f.ForeignSyncs); diff != "" || *f.DiskBytes != 7 {
			t.Errorf("%d flushes, %d syncs of ours: (-want +got) %s", c.flushes, c.ours, diff)
		}
	}
}
