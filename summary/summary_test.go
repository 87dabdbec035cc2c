package summary

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
)

// The file is read by other programs: a change of it is a change of contract.
// One more write uses the slope between the rates, whatever is used at rest.
func TestOneMoreWriteUsesTheSlope(t *testing.T) {
	used := func(w results.Window, perSecond, base, each float64) results.Window {
		w.DurationNS, w.Writes = 2e9, int64(2*perSecond)
		w.Attempted, w.Completed = w.Writes, w.Writes
		w.CPUSeconds, w.Fsyncs = 2*(0.01+0.001*perSecond), int64(2*(base+each*perSecond))
		w.NetworkBytes, w.DiskBytes = int64(2*(1000+300*perSecond)), int64(2*100*perSecond)
		return w
	}
	tr := trial(1, time.Millisecond, 300)
	tr.Windows = []results.Window{used(light(time.Millisecond, 80), 40, 50, 0.5), used(full(time.Millisecond, 4000), 4000, 50, 0.5)}
	m := cellOf(t, tr).Metrics
	for name, want := range map[string]float64{
		"marginal_cpu_seconds_per_kwrite": 1, "marginal_network_bytes_per_write": 300, "marginal_disk_bytes_per_write": 100, "marginal_fsyncs_per_write": 0.5,
	} {
		if got := m[name].Median; got == nil || math.Abs(*got-want) > 1e-6 {
			t.Errorf("%s: got %v, want %v", name, m[name], want)
		}
	}
	// A write at the light load carries its share of what is used at rest.
	if got := *m["fsyncs_per_write"].Median; math.Abs(got-1.75) > 1e-6 {
		t.Errorf("fsyncs a write at 40/s: got %v, want 70 a second over 40", got)
	}
	for _, windows := range [][]results.Window{tr.Windows[:1], {tr.Windows[0], used(full(time.Millisecond, 60), 60, 50, 0.5)}} {
		tr.Windows = windows
		if m := cellOf(t, tr).Metrics["marginal_fsyncs_per_write"]; m.Median != nil {
			t.Errorf("%d windows at no two rates apart: got %v, want none", len(windows), m)
		}
	}
}

// Where the members stand is carried to the summary, with what the loss of a
// zone does.
func TestMembersStandInZones(t *testing.T) {
	tr := trial(1, time.Millisecond, 300)
	tr.Cell, tr.Nodes, tr.Sites = "n4-x", 4, []string{"a", "b", "c", "a"}
	c := cellOf(t, tr)
	want := []Site{{"a", 2, true}, {"b", 1, false}, {"c", 1, false}}
	if c.ToleratesSites == nil || *c.ToleratesSites != 0 || !slices.Equal(c.Places(), want) {
		t.Errorf("got %+v of %v, want %+v: without zone a no majority is left", c.Places(), c.ToleratesSites, want)
	}
	if c := cellOf(t, trial(1, time.Millisecond, 300)); c.ToleratesSites != nil || len(c.Places()) > 0 {
		t.Errorf("no zones on record: got %+v", c)
	}
}

func TestSummaryOfTheTinyRun(t *testing.T) {
	got, err := buildTiny(t).JSON()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/tiny.json"
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, got, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Fatal(diff)
	}
}

func TestSizesSurviveWhatArithmeticSays(t *testing.T) {
	var nodes, survived, blocked []int
	for _, c := range buildTiny(t).Cells {
		nodes = append(nodes, c.Nodes)
		survived = append(survived, *c.Faults.Survived)
		blocked = append(blocked, *c.Faults.BlockedAt)
	}
	for name, c := range map[string]struct{ got, want []int }{
		"nodes":      {nodes, []int{1, 3, 4, 5, 7}},
		"survived":   {survived, []int{0, 1, 1, 2, 3}},
		"blocked at": {blocked, []int{1, 2, 2, 3, 4}},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEveryMetricOfARunIsKnownByName(t *testing.T) {
	known := MetricNames()
	for _, c := range buildTiny(t).Cells {
		for name := range c.Metrics {
			if !slices.Contains(known, name) {
				t.Errorf("%s is not among MetricNames", name)
			}
		}
	}
	for _, name := range slices.Concat(headlines, compared, primaries) {
		if !slices.Contains(known, name) {
			t.Errorf("%s is spoken of and not among MetricNames", name)
		}
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestWriteIsTheSummary(t *testing.T) {
	s, dir := buildTiny(t), t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	var got Summary
	d := json.NewDecoder(bytes.NewReader(read(t, filepath.Join(dir, File))))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Fatal(diff)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("got %v, %v in the folder, want %s alone", entries, err, File)
	}
}

// A foreign folder may hold a link in place of its summary. What it points to
// is no concern of ours.
func TestWriteFollowsNoLink(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "precious")
	if err := os.WriteFile(outside, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, File)); err != nil {
		t.Fatal(err)
	}
	if err := buildTiny(t).Write(dir); err != nil {
		t.Fatal(err)
	}
	if got := string(read(t, outside)); got != "precious" {
		t.Errorf("the file that the link points to was overwritten with %d bytes", len(got))
	}
	if info, err := os.Lstat(filepath.Join(dir, File)); err != nil || !info.Mode().IsRegular() {
		t.Errorf("got %v, %v, want a file in place of the link", info, err)
	}
}

// Whoever reads while it is written sees the old summary or the new one: the
// file is another one, put in its place.
func TestWriteReplacesTheFileWhole(t *testing.T) {
	s, dir := buildTiny(t), t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	before, err := os.Open(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = before.Close() }()
	s.RunID = "another"
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	var old Summary
	if err := json.NewDecoder(before).Decode(&old); err != nil || old.RunID != "tiny" {
		t.Errorf("who had the file open reads run %q, %v, want the old one whole", old.RunID, err)
	}
}

// What a later version wrote is kept. Anything else is built anew.
func TestWriteKeepsWhatANewerVersionWrote(t *testing.T) {
	for text, keep := range map[string]bool{
		`{"schema_version": 99, "known": "to later versions only"}`: true,
		`{"schema_version": 1}`: false,
		`{}`:                    false,
		`{`:                     false,
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, File)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := buildTiny(t).Write(dir)
		var refused *results.Error
		if keep && (!errors.As(err, &refused) || !strings.Contains(err.Error(), "schema_version 99: this build writes 2") || refused.Hint() == "") {
			t.Errorf("%s: got %v, want a refusal that names both versions", text, err)
		}
		if !keep && err != nil {
			t.Errorf("%s: got %v, want it replaced", text, err)
		}
		if kept := string(read(t, path)) == text; kept != keep {
			t.Errorf("%s: got kept %v, want %v", text, kept, keep)
		}
	}
}

func TestFewTrialsHaveNoInterval(t *testing.T) {
	var trials []results.Trial
	for n := 1; n <= 6; n++ {
		trials = append(trials, trial(n, time.Duration(n)*time.Millisecond, 2000))
		m := cellOf(t, trials...).Metrics["write_latency_p50_ns"]
		if want := n >= 6; m.Interval != want || (m.CILow != nil) != want || m.N != n {
			t.Errorf("%d trials: got %+v, want an interval: %v", n, m, want)
		}
	}
}

func TestNothingMeasuredIsNothingSaid(t *testing.T) {
	dead := results.Trial{Cell: "n3-x", Trial: 1, Kind: results.Measure, Nodes: 3}
	c := cellOf(t, dead)
	if len(c.Metrics) != 0 || c.ValidTrials != 0 || len(c.Remarks) != 0 {
		t.Errorf("got %+v", c)
	}
	if s := build(t, &results.Run{}); s.Cells == nil || len(s.Cells) != 0 || s.Differences == nil {
		t.Errorf("an empty run: got %+v", s)
	}
}

// What message faults harmed proves safety and measures nothing.
func TestMessageFaultsAreNoPerformanceResult(t *testing.T) {
	harmed := trial(1, 2*time.Millisecond, 1000)
	harmed.MessageFaults = true
	c := cellOf(t, harmed)
	if len(c.Metrics) > 0 || !c.MessageFaults {
		t.Errorf("got metrics %v of a run with message faults (%v), want none", c.Metrics, c.MessageFaults)
	}
}

// What the trials share is found in the cell.
func TestACellSaysWhatItIs(t *testing.T) {
	tr := sized(5, 0, time.Millisecond, 1000)
	tr.Engine, tr.Profile, tr.Load, tr.Limit = "hashicorp", "multi-az", "capacity", "p99 < 20ms"
	tr.Timeouts = results.Timeouts{HeartbeatNS: 1e9, ElectionNS: 2e9, LeaseNS: 5e8}
	tr.Settings = map[string]string{"raft.commit_timeout": "5ms"}
	tr.EmulatedSyncNS = 2e6
	tr.Windows[0].Reads, tr.Windows[0].Writes = 3, 297
	c := cellOf(t, tr, proofTrialOf(tr))
	want := Cell{
		Cell: "n5-x", Nodes: 5, Quorum: 3, Tolerates: 2, Engine: "hashicorp", Profile: "multi-az", Load: "capacity", Limit: "p99 < 20ms",
		Settings: tr.Settings, Timeouts: tr.Timeouts, EmulatedSyncNS: 2e6, Clients: 64, Durable: true,
		Trials: 1, ValidTrials: 1, Proofs: 1, ValidProofs: 1, ReadsIncluded: true, Unpooled: 1,
		Operations: Operations{Attempted: 300, Completed: 300}, Remarks: []Remark{},
	}
	c.Metrics, c.Faults = nil, Faults{}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

func proofTrialOf(t results.Trial) results.Trial {
	p := proofTrial(9, results.ProofResult{})
	p.Cell, p.Nodes, p.Engine, p.Profile, p.Load, p.Limit = t.Cell, t.Nodes, t.Engine, t.Profile, t.Load, t.Limit
	return p
}

// A window is what its role says, whatever it is called.
func TestWindowsAreToldByTheirRole(t *testing.T) {
	plain := trial(1, time.Millisecond, 2000)
	share := light(3*time.Millisecond, 2000)
	share.Role, share.LoadShare, share.Name = results.RoleShare, 0.5, "somehow"
	plain.Windows = append(plain.Windows, full(8*time.Millisecond, 900), share)
	renamed := plain
	renamed.Windows = slices.Clone(plain.Windows)
	for i, name := range []string{"sweep-7", "capacity-guess", "calm"} {
		renamed.Windows[i].Name = name
	}
	was, is := cellOf(t, plain), cellOf(t, renamed)
	if diff := cmp.Diff(was.Metrics, is.Metrics); diff != "" {
		t.Errorf("other names, other metrics: %s", diff)
	}
	for name, want := range map[string]float64{"write_latency_p50_ns": 1e6, "throughput_ops": 900, "capacity_at_50_write_latency_p50_ns": 3e6, "saturate_write_latency_p50_ns": 8e6} {
		if m := is.Metrics[name]; m.Median == nil || *m.Median != want {
			t.Errorf("%s: got %+v, want %v", name, m, want)
		}
	}
}

// Setups of one size stand in the order in which people count.
func TestSetupsAreInTheOrderOfTheirValues(t *testing.T) {
	var trials []results.Trial
	for i, v := range []string{"16", "1", "4KiB", "2", "500us", "5ms", "slow", "512B", ""} {
		tr := trial(1, time.Millisecond, 300)
		tr.Cell, tr.Params = "n3-"+string(rune('a'+i)), map[string]string{"axis": v}
		trials = append(trials, tr)
	}
	big := trial(1, time.Millisecond, 300)
	big.Cell, big.Nodes = "a", 5
	var got []string
	for _, c := range build(t, recorded(t, append(trials, big)...)).Cells {
		got = append(got, c.Params["axis"])
	}
	if diff := cmp.Diff([]string{"", "1", "2", "16", "512B", "4KiB", "500us", "5ms", "slow", ""}, got); diff != "" {
		t.Error(diff)
	}
}

// Twice the setups take twice the work, whatever is asked of them. Allocations
// stand for the work: they are the same on a busy machine.
func TestWorkGrowsWithTheSetups(t *testing.T) {
	work := func(setups int) float64 {
		run := &results.Run{}
		for i := range setups {
			for block := range 3 {
				tr := sized(3, block, time.Millisecond+time.Duration(i*block), 1000)
				tr.Cell, tr.Params = fmt.Sprintf("n3-%d", i), map[string]string{"axis": strconv.Itoa(i)}
				run.Trials = append(run.Trials, remarked(tr, busy))
			}
		}
		return testing.AllocsPerRun(1, func() {
			if _, err := Compare(run, run, nil); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := work(100), work(200); many > 2.3*few {
		t.Errorf("100 setups take %v allocations, 200 take %v: want about twice as many", few, many)
	}
}
