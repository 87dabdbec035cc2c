package results

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/tiny anew")

// testdata/tiny is a made-up run of the default preset's shape, for the tests
// of everything that reads runs: five sizes, six measuring trials and one
// proof each. Of size 5, trial 4 was invalid once and repeated; of size 7,
// trial 2 is flagged and trial 6 stayed invalid.
const tinyDir = "testdata/tiny"

// tinySize is what the made-up run pretends of a size.
type tinySize struct {
	nodes         int
	p50           time.Duration // of a write at a light rate
	saturated     float64       // operations per second
	cpuPerKWrite  float64
	outage        time.Duration
	syncsPerWrite float64 // saturated; 2 for each node at a light rate
}

var tinySizes = []tinySize{
	{1, 480 * time.Microsecond, 18_000, 0.11, 0, 0.06},
	{3, 1720 * time.Microsecond, 9_300, 0.34, 2130 * time.Millisecond, 0.21},
	{4, 1960 * time.Microsecond, 7_100, 0.52, 2290 * time.Millisecond, 0.31},
	{5, 1990 * time.Microsecond, 5_900, 0.71, 2040 * time.Millisecond, 0.42},
	{7, 2310 * time.Microsecond, 4_200, 1.18, 2170 * time.Millisecond, 0.63},
}

var tinyStart = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func TestTinyRunIsAsGenerated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	writeTiny(t, dir)
	if *update {
		if err := errors.Join(os.RemoveAll(tinyDir), os.CopyFS(tinyDir, os.DirFS(dir))); err != nil {
			t.Fatal(err)
		}
	}
	want, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open(tinyDir)
	if err != nil {
		t.Fatal(err)
	}
	want.Dir = tinyDir
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s is stale (run with -update): %s", tinyDir, diff)
	}
}

func writeTiny(t *testing.T, dir string) {
	t.Helper()
	w, err := Create(dir, tinyEnvironment(), []byte(tinyExperiment))
	if err != nil {
		t.Fatal(err)
	}
	m := &maker{rng: rand.New(rand.NewPCG(1, 2)), at: tinyStart, w: w}
	for trial := 1; trial <= 6; trial++ {
		for _, i := range m.rng.Perm(len(tinySizes)) {
			err = errors.Join(err, m.measure(tinySizes[i], trial))
		}
	}
	for _, s := range tinySizes {
		err = errors.Join(err, m.prove(s))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
}

// maker makes trials up.
type maker struct {
	rng *rand.Rand
	at  time.Time
	w   *Writer
}

func (m *maker) trial(s tinySize, number int, kind TrialKind, took time.Duration) Trial {
	t := Trial{
		Cell: fmt.Sprintf("n%d-hashicorp-multi-az", s.nodes), Trial: number, Kind: kind, Attempt: 1, Block: number - 1,
		Timeouts: Timeouts{HeartbeatNS: 1e9, ElectionNS: 1e9, LeaseNS: 5e8},
		Seed:     m.rng.Int64N(1 << 40), StartedAt: m.at, TookNS: int64(took), BootNS: int64(time.Second) + m.rng.Int64N(int64(time.Second)),
		Nodes: s.nodes, Engine: "hashicorp", Profile: "multi-az", Load: "calm+saturate", Durable: true, Valid: true,
		Leader: "n1", LeaderSite: "a",
	}
	m.at = m.at.Add(took)
	return t
}

func (m *maker) measure(s tinySize, number int) error {
	t := m.trial(s, number, Measure, 7*time.Second)
	noise := math.Exp(0.04 * m.rng.NormFloat64())
	calm, h1 := m.window(s, WindowCalm, time.Duration(noise*float64(s.p50)), 3*time.Second, 100)
	rate := s.saturated / noise
	saturate, h2 := m.window(s, WindowSaturate, time.Duration(64/rate*1e9*0.95), 1500*time.Millisecond, rate)
	t.Windows = []Window{calm, saturate}
	m.fill(&t, s)
	switch {
	case s.nodes == 5 && number == 4:
		t = m.again(t)
	case s.nodes == 7 && number == 2:
		t.Remarks = []Remark{{Code: CodeHostBusy, Severity: Doubtful, Window: WindowCalm, Got: 0.91, Want: 0.85, Unit: UnitShare}}
	case s.nodes == 7 && number == 6:
		t.Valid, t.Remarks = false, []Remark{{Code: CodeLeaderChanged, Severity: Invalid, Window: WindowCalm}}
	}
	if err := m.w.WriteHistograms(t.Cell, number, append(h1, h2...)); err != nil {
		return err
	}
	return m.w.Append(t)
}

// again records t as invalid and returns it as the repetition.
func (m *maker) again(t Trial) Trial {
	bad := t
	bad.Valid = false
	bad.Remarks = []Remark{{Code: CodeIncomplete, Severity: Invalid, Window: WindowCalm, Got: 294, Want: 297, Of: 300, Unit: UnitCount}}
	if err := m.w.Append(bad); err != nil {
		panic(err)
	}
	t.Attempt = 2
	return t
}

func (m *maker) fill(t *Trial, s tinySize) {
	writes := t.Windows[0].Writes + t.Windows[1].Writes
	t.Audit = &Audit{Nodes: s.nodes, Keys: writes / 2, Acked: writes, Revision: writes + 1}
	for i := 2; i <= s.nodes; i++ {
		asked := int64(345_000)
		l := Link{From: "n1", To: fmt.Sprintf("n%d", i), AskedNS: asked, Frames: writes, Bytes: writes * 420,
			LinkTruth: LinkTruth{Samples: writes, ErrorP50NS: 4_000, ErrorP90NS: 21_000, ErrorP99NS: 90_000 + m.rng.Int64N(40_000),
				RealisedP50NS: asked + 4_000, RealisedP90NS: asked + 21_000, RealisedP99NS: asked + 100_000}}
		back := l
		back.From, back.To = l.To, l.From
		t.Links = append(t.Links, l, back)
	}
	for i := 1; i <= s.nodes; i++ {
		t.Resources = append(t.Resources, Resource{Node: fmt.Sprintf("n%d", i), CPUSeconds: 0.8 + m.rng.Float64(), RSSBytes: 48 << 20, DiskBytes: writes * 2100, NetworkBytes: writes * 420, StoreTimeP50NS: 290_000, StoreTimeP99NS: 1_100_000, Fsyncs: writes / 4})
	}
}

// window makes one window of lognormal latencies up.
func (m *maker) window(s tinySize, name string, p50, d time.Duration, rate float64) (Window, []NamedHistogram) {
	count := int64(rate * d.Seconds())
	latency, service, lag := newHistogram(), newHistogram(), newHistogram()
	for range count {
		v := int64(float64(p50) * math.Exp(0.18*m.rng.NormFloat64()))
		late := int64(20_000 * m.rng.ExpFloat64())
		if name == WindowSaturate {
			late = 0
		}
		record(latency, v)
		record(service, v-late)
		record(lag, late)
	}
	w := Window{
		Name: name, Role: RoleLight, Mode: ModeOpen, StartNS: m.at.Sub(tinyStart).Nanoseconds(), OfferedOps: rate, DurationNS: int64(d),
		Attempted: count, Completed: count, Writes: count,
		ThroughputOps: float64(count) / d.Seconds(), Latency: summarise(latency), Service: summarise(service), Lag: summarise(lag),
		MeanInFlight: rate * p50.Seconds() * 1.016, HostBusy: 0.2 + 0.03*float64(s.nodes), ForeignBusy: 0.02,
		CPUSeconds: float64(count) / 1000 * s.cpuPerKWrite * 3, ClientCPUSeconds: 0.1, NetworkBytes: count * int64(s.nodes-1) * 640,
		DiskBytes: count * int64(s.nodes) * 9000, Fsyncs: 2 * count * int64(s.nodes),
		Series: points(d, time.Second, count, p50), Parts: points(d, d/10, count, p50),
	}
	if name == WindowSaturate {
		w.Role, w.Mode, w.OfferedOps, w.Clients, w.HostBusy = RoleFull, ModeClosed, 0, 64, 0.93
		w.Limit = &Limit{Resource: LimitCPU, User: UserFollowers}
		w.CPUSeconds, w.DiskBytes, w.Fsyncs = w.CPUSeconds/3, w.DiskBytes/4, int64(float64(count)*s.syncsPerWrite)
	}
	hs := []NamedHistogram{{name + ".latency", m.at, d, latency}}
	if name == WindowCalm {
		hs = append(hs, NamedHistogram{name + ".service", m.at, d, service}, NamedHistogram{name + ".lag", m.at, d, lag})
	}
	return w, hs
}

func (m *maker) prove(s tinySize) error {
	t := m.trial(s, 7, Proof, 13*time.Second)
	tolerates := (s.nodes - 1) / 2
	f := &ProofResult{Survived: tolerates, BlockedAt: tolerates + 1, Acked: 160, Unknown: 2, Recovered: true}
	for i := range tolerates - 1 {
		f.Killed = append(f.Killed, fmt.Sprintf("n%d", i+2))
	}
	f.Killed = append(f.Killed, "n1")
	if tolerates > 0 {
		f.Killed = append(f.Killed, fmt.Sprintf("n%d", s.nodes))
		f.Leader = "n1"
		f.OutageNS = int64(s.outage)
		f.ElectionNS = int64(s.outage - 12*time.Millisecond)
	}
	for i := range s.nodes {
		f.Disks = append(f.Disks, Disk{Node: fmt.Sprintf("n%d", i+1), Durable: uint64(150 + i), Found: uint64(152 + i)})
	}
	t.Proof = f
	t.Audit = &Audit{Nodes: s.nodes, Keys: 80, Acked: 160, Unknown: 2, Revision: 161}
	return m.w.Append(t)
}

func points(d, length time.Duration, count int64, p50 time.Duration) []Point {
	var out []Point
	for at := time.Duration(0); at < d; at += length {
		length := min(length, d-at)
		out = append(out, Point{AtNS: int64(at), LengthNS: int64(length), Completed: count * int64(length) / int64(d), P50NS: int64(p50), P99NS: int64(p50) * 3 / 2})
	}
	return out
}

func newHistogram() *hdrhistogram.Histogram { return hdrhistogram.New(1, int64(time.Minute), 3) }

func record(h *hdrhistogram.Histogram, v int64) {
	if err := h.RecordValue(max(v, 1)); err != nil {
		panic(err)
	}
}

func summarise(h *hdrhistogram.Histogram) Latency {
	return Latency{
		P50NS: Nanos(h.ValueAtPercentile(50)), P90NS: Nanos(h.ValueAtPercentile(90)), P99NS: Nanos(h.ValueAtPercentile(99)),
		P999NS: Nanos(h.ValueAtPercentile(99.9)), MaxNS: Nanos(h.Max()), MeanNS: math.Round(h.Mean()), Count: h.TotalCount(), EffectiveN: h.TotalCount(),
	}
}

func tinyEnvironment() Environment {
	return Environment{
		RunID: "tiny", StartedAt: tinyStart, Hostname: "example", OS: "linux", Arch: "amd64", Kernel: "6.12.0",
		CPUModel: "Example CPU @ 2.50GHz", Cores: 2, MemoryBytes: 8 << 30, Filesystem: "ext4", FsyncP50NS: 290_000, FsyncP99NS: 900_000, FsyncReal: true,
		Load1: 0.2, GoVersion: "go1.26.8", Version: "devel", Commit: "0123456789ab",
		Versions: map[string]string{"github.com/hashicorp/raft": "v1.8.0", "github.com/hashicorp/raft-boltdb/v2": "v2.4.2"},
	}
}

const tinyExperiment = `name: tiny
engine: hashicorp
nodes: [1, 3, 4, 5, 7]
trials: 6
seed: 1
network:
  profile: multi-az
workload:
  value_size: 256B
  calm: {rate: 100/s, duration: 3s}
  saturate: {clients: 64, duration: 1500ms}
`
