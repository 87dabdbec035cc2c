package summary

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
)

var update = flag.Bool("update", false, "write testdata anew")

func tiny(t *testing.T) *results.Run {
	t.Helper()
	run, err := results.Open("../results/testdata/tiny")
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// tinySummary is built once: its 29 trials' histograms take their time.
var tinySummary = sync.OnceValues(func() (Summary, error) {
	run, err := results.Open("../results/testdata/tiny")
	if err != nil {
		return Summary{}, err
	}
	return Build(run)
})

func buildTiny(t *testing.T) Summary {
	t.Helper()
	s, err := tinySummary()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func build(t *testing.T, run *results.Run) Summary {
	t.Helper()
	s, err := Build(run)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The file is read by other programs: a change of it is a change of contract.
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

func TestWriteThenRead(t *testing.T) {
	s, dir := buildTiny(t), t.TempDir()
	if err := s.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := Read(filepath.Join(dir, File))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s, got); diff != "" {
		t.Fatal(diff)
	}
}

func TestReadRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), File)
	for text, want := range map[string]string{
		"{":                    "is no summary",
		"{}":                   "schema_version 0",
		`{"schema_version":9}`: "schema_version 9",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var typed *results.Error
		if _, err := Read(path); !errors.As(err, &typed) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
	if _, err := Read(path + "x"); err == nil {
		t.Error("no file: got no error")
	}
}

// trial makes a measuring trial whose calm window has so many samples.
func trial(number int, p50 time.Duration, samples int64) results.Trial {
	return results.Trial{
		Cell: "n3-x", Trial: number, Attempt: 1, Kind: results.Measure, Nodes: 3, Valid: true, Durable: true,
		Windows: []results.Window{{Name: results.WindowCalm, Mode: results.ModeOpen, Writes: samples,
			Latency: results.Latency{P50NS: int64(p50), P99NS: 2 * int64(p50), Count: samples}}},
	}
}

func cellOf(t *testing.T, trials ...results.Trial) Cell {
	t.Helper()
	return build(t, &results.Run{Trials: trials}).Cells[0]
}

func TestFewTrialsHaveNoInterval(t *testing.T) {
	var trials []results.Trial
	for n := 1; n <= 6; n++ {
		trials = append(trials, trial(n, time.Duration(n)*time.Millisecond, 2000))
		m := cellOf(t, trials...).Metrics["write_latency_p50_ns"]
		if got, want := m.CILow != nil, n >= 6; got != want || m.N != n {
			t.Errorf("%d trials: got %+v, want an interval: %v", n, m, want)
		}
	}
}

func TestInvalidTrialsDoNotCount(t *testing.T) {
	bad := trial(2, time.Hour, 2000)
	bad.Valid, bad.InvalidReasons = false, []string{"dropped 3"}
	c := cellOf(t, trial(1, time.Millisecond, 2000), bad)
	if c.Trials != 2 || c.ValidTrials != 1 || c.Metrics["write_latency_p50_ns"].Median != 1e6 {
		t.Errorf("got %+v", c)
	}
	if !slices.Contains(c.Warnings, "1 of 2 trials invalid: dropped 3") {
		t.Errorf("warnings: got %q", c.Warnings)
	}
}

func TestARepeatedTrialCountsOnceAndIsSaid(t *testing.T) {
	bad, good := trial(1, time.Hour, 2000), trial(1, time.Millisecond, 2000)
	bad.Valid, bad.InvalidReasons, good.Attempt = false, []string{"lagged by 7ms"}, 2
	c := cellOf(t, bad, good)
	if c.Trials != 1 || c.ValidTrials != 1 || !slices.Contains(c.Warnings, "1 repeated, since invalid: lagged by 7ms") {
		t.Errorf("got %+v", c)
	}
}

func TestWarningsOfOneKindAreCounted(t *testing.T) {
	a, b := trial(1, time.Millisecond, 2000), trial(2, time.Millisecond, 2000)
	a.Flags, b.Flags = []string{"host 91 % busy", "host +92 % busy"}, []string{"host -88.5 % busy"}
	if got := cellOf(t, a, b).Warnings; len(got) != 1 || got[0] != "2 of 2 trials: host 91 % busy (and alike)" {
		t.Errorf("got %q", got)
	}
}

func TestOneTrialIsNoPlural(t *testing.T) {
	a := trial(1, time.Millisecond, 2000)
	a.Flags = []string{"the host was busy"}
	if got := cellOf(t, a).Warnings; len(got) != 1 || got[0] != "1 of 1 trial: the host was busy" {
		t.Errorf("got %q", got)
	}
}

func TestFarPercentilesArePooledOrLeftOut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, results.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// One trial of 600 fast writes, one of 600 of which 15 are slow: 1.25 % of all.
	for n := 1; n <= 2; n++ {
		h := hdrhistogram.New(1, int64(time.Minute), 3)
		slow := 0
		if n == 2 {
			slow = 15
		}
		err = errors.Join(err, h.RecordValues(int64(time.Millisecond), int64(600-slow)), h.RecordValues(int64(time.Second), int64(slow)),
			w.WriteHistograms("n3-x", n, []results.NamedHistogram{{Name: "calm.latency", Histogram: h}}),
			w.Append(trial(n, time.Millisecond, 600)))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	m := build(t, run).Cells[0].Metrics
	p99 := m["write_latency_p99_ns"]
	if !p99.Pooled || p99.CILow != nil || p99.N != 2 || p99.Median < 0.99e9 {
		t.Errorf("p99: got %+v, want 1 s pooled over two trials", p99)
	}
	if p999, ok := m["write_latency_p999_ns"]; ok {
		t.Errorf("p99.9 of 1,200 writes: got %+v, want none", p999)
	}
}

// What was pooled of fewer trials says so, and does not pass for all of them.
func TestMissingHistogramsAreToldOf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.CopyFS(dir, os.DirFS("../results/testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{2, 5} {
		if err := os.Remove(filepath.Join(dir, "trials", fmt.Sprintf("n3-hashicorp-multi-az-%d.hlog", n))); err != nil {
			t.Fatal(err)
		}
	}
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Warnings) != 1 || !strings.Contains(run.Warnings[0], "n3-hashicorp-multi-az-2.hlog and 1 more: missing") {
		t.Errorf("got the warnings %q, want the missing files", run.Warnings)
	}
	for _, c := range build(t, run).Cells {
		told := slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "without a histogram file") })
		if told != (c.Nodes == 3) {
			t.Errorf("%s: got the warnings %q", c.Cell, c.Warnings)
		}
		if n := c.Metrics["write_latency_p99_ns"].N; c.Nodes == 3 && n != 4 {
			t.Errorf("p99 of 3 nodes: got n = %d, want the 4 trials that it was pooled of", n)
		}
	}
}

func TestPercentilesOfLongTrialsHaveIntervals(t *testing.T) {
	var trials []results.Trial
	for n := 1; n <= 6; n++ {
		trials = append(trials, trial(n, time.Duration(n)*time.Millisecond, 1000))
	}
	if m := cellOf(t, trials...).Metrics["write_latency_p99_ns"]; m.Pooled || m.CILow == nil || m.Median != 7e6 {
		t.Errorf("got %+v, want the median of the trials' p99", m)
	}
	trials[3].Windows[0].Latency.Count = 999
	if m, ok := cellOf(t, trials...).Metrics["write_latency_p99_ns"]; ok {
		t.Errorf("one trial too short and no histograms: got %+v, want none", m)
	}
}

func proofTrial(number int, f results.Fault) results.Trial {
	return results.Trial{Cell: "n3-x", Trial: number, Attempt: 1, Kind: results.Proof, Nodes: 3, Valid: true, Durable: true, Proof: &f}
}

func TestFaultsAreTheWorst(t *testing.T) {
	good := results.Fault{Killed: []string{"n1", "n2"}, Survived: 1, BlockedAt: 2}
	dies := results.Fault{Killed: []string{"n1"}}
	leaks := results.Fault{Killed: []string{"n1", "n2"}, Survived: 1}
	for name, c := range map[string]struct {
		trials            []results.Trial
		survived, blocked *int
		lost              int64
		violations        int
	}{
		"all well":                         {[]results.Trial{proofTrial(1, good)}, ptr(1), ptr(2), 0, 0},
		"none tried":                       {[]results.Trial{trial(1, 1, 1)}, nil, nil, 0, 0},
		"one did not survive":              {[]results.Trial{proofTrial(1, good), proofTrial(2, results.Fault{Killed: []string{"n1"}})}, ptr(0), ptr(2), 0, 0},
		"one did not block":                {[]results.Trial{proofTrial(1, good), proofTrial(2, results.Fault{Killed: []string{"n1", "n2"}, Survived: 1})}, ptr(1), ptr(0), 0, 0},
		"one never booted":                 {[]results.Trial{proofTrial(1, good), proofTrial(2, results.Fault{})}, ptr(1), ptr(2), 0, 0},
		"held, but not valid":              {[]results.Trial{invalid(proofTrial(1, good))}, nil, nil, 0, 0},
		"died, and not valid":              {[]results.Trial{invalid(proofTrial(1, dies))}, ptr(0), nil, 0, 0},
		"leaked, and not valid":            {[]results.Trial{invalid(proofTrial(1, leaks))}, nil, ptr(0), 0, 0},
		"died, then repeated until it did": {[]results.Trial{invalid(proofTrial(1, dies)), again(proofTrial(1, good))}, ptr(0), ptr(2), 0, 0},
		"never tried, then repeated":       {[]results.Trial{invalid(proofTrial(1, results.Fault{})), again(proofTrial(1, good))}, ptr(1), ptr(2), 0, 0},
		"a loss, told twice":               {[]results.Trial{withAudit(proofTrial(1, results.Fault{Lost: 3}), 3)}, nil, nil, 3, 1},
		"a loss while measuring":           {[]results.Trial{withAudit(trial(1, 1, 1), 2)}, nil, nil, 2, 1},
		"replicas disagree":                {[]results.Trial{withAudit(trial(1, 1, 1), 0, "n1 and n2 differ")}, nil, nil, 0, 1},
		"a store without promise":          {[]results.Trial{notDurable(withAudit(proofTrial(1, good), 9, "gone"))}, ptr(1), ptr(2), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			want := Faults{Survived: c.survived, BlockedAt: c.blocked, LostWrites: c.lost, Violations: c.violations}
			got := cellOf(t, c.trials...).Faults
			got.Audited, got.Recovered = 0, nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func invalid(t results.Trial) results.Trial {
	t.Valid = false
	return t
}

func again(t results.Trial) results.Trial {
	t.Attempt++
	return t
}

// A proof holds to its end only where the killed came back and an audit found
// what was acknowledged.
func TestRecoveryIsProvenByRestartAndAudit(t *testing.T) {
	back := results.Fault{Killed: []string{"n1", "n2"}, Survived: 1, BlockedAt: 2, Restarted: true}
	gone := back
	gone.Restarted = false
	whole := withAudit(proofTrial(1, back), 0)
	for name, c := range map[string]struct {
		trials []results.Trial
		want   *bool
	}{
		"all well":           {[]results.Trial{whole}, ptr(true)},
		"none tried":         {[]results.Trial{trial(1, 1, 1)}, nil},
		"not valid":          {[]results.Trial{invalid(whole)}, nil},
		"not audited":        {[]results.Trial{proofTrial(1, back)}, ptr(false)},
		"not restarted":      {[]results.Trial{withAudit(proofTrial(1, gone), 0)}, ptr(false)},
		"not durable":        {[]results.Trial{notDurable(proofTrial(1, gone))}, ptr(false)},
		"one of two did not": {[]results.Trial{withAudit(proofTrial(1, gone), 0), withAudit(proofTrial(2, back), 0)}, ptr(false)},
		"lost writes":        {[]results.Trial{withAudit(proofTrial(1, back), 3)}, ptr(false)},
	} {
		if diff := cmp.Diff(c.want, cellOf(t, c.trials...).Faults.Recovered); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestProofsAreCounted(t *testing.T) {
	dead := results.Fault{}
	c := cellOf(t, trial(1, 1, 1), invalid(proofTrial(2, dead)), again(proofTrial(2, dead)), proofTrial(3, dead))
	if c.Proofs != 2 || c.Trials != 1 {
		t.Errorf("got %d proofs and %d trials, want 2 and 1", c.Proofs, c.Trials)
	}
}

func withAudit(t results.Trial, lost int64, found ...string) results.Trial {
	t.Audit = &results.Audit{Lost: lost, Findings: found}
	return t
}

func notDurable(t results.Trial) results.Trial {
	t.Durable = false
	return t
}

func TestALossInAnInvalidAttemptStillCounts(t *testing.T) {
	bad, good := withAudit(trial(1, 1, 1), 1), trial(1, 1, 1)
	bad.Valid, good.Attempt = false, 2
	if got := cellOf(t, bad, good).Faults.LostWrites; got != 1 {
		t.Errorf("got %d lost writes, want 1", got)
	}
}

func TestAuditsAreCounted(t *testing.T) {
	keepsNothing := notDurable(withAudit(proofTrial(3, results.Fault{}), 0))
	got := cellOf(t, trial(1, 1, 1), withAudit(trial(2, 1, 1), 0), keepsNothing).Faults.Audited
	if got != 1 {
		t.Errorf("one audit, one trial without, one that promised nothing: got %d audited, want 1", got)
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
}

func TestCurveOfASweep(t *testing.T) {
	tr := trial(1, time.Millisecond, 2000)
	for rate, p50 := range map[float64]time.Duration{500: 2 * time.Millisecond, 100: time.Millisecond} {
		tr.Windows = append(tr.Windows, results.Window{Name: "sweep-" + time.Duration(rate).String(), OfferedOps: rate,
			Latency: results.Latency{P50NS: int64(p50), P99NS: 3 * int64(p50), Count: 1000}})
	}
	tr.Windows = append(tr.Windows,
		results.Window{Name: "capacity-guess", Latency: results.Latency{P50NS: 1, Count: 10}},
		results.Window{Name: "capacity-confirm-1", OfferedOps: 840, Held: ptr(false), Latency: results.Latency{P50NS: 7, Count: 10}},
		results.Window{Name: "capacity-confirm-2", OfferedOps: 800, Held: ptr(true), Latency: results.Latency{P50NS: 5, Count: 10}},
		results.Window{Name: "capacity-at-50", OfferedOps: 400, Latency: results.Latency{P50NS: 3, Count: 10}})
	c := cellOf(t, tr)
	var rates []float64
	for _, p := range c.Curve {
		rates = append(rates, p.OfferedOps)
	}
	if diff := cmp.Diff([]float64{100, 500, 800, 840}, rates); diff != "" {
		t.Fatal(diff)
	}
	if p := c.Curve[1]; p.P50.Median != 2e6 || p.P99 == nil || p.P99.Median != 6e6 {
		t.Errorf("at 500/s: got %+v", p)
	}
	if p := c.Curve[2]; p.P99 != nil {
		t.Errorf("p99 of ten writes: got %+v, want null", p.P99)
	}
	if held := []*bool{c.Curve[0].Held, c.Curve[2].Held, c.Curve[3].Held}; held[0] != nil || !*held[1] || *held[2] {
		t.Errorf("held: got %v at 100/s, %v at 800/s, %v at 840/s, want nothing, true and false", held[0], *held[1], *held[2])
	}
	if got := c.Metrics["capacity_ops"].Median; got != 800 {
		t.Errorf("capacity: got %v, want the 800 that were confirmed", got)
	}
	if got := c.Metrics["capacity_at_50_write_latency_p50_ns"].Median; got != 3 {
		t.Errorf("latency at half the capacity: got %v, want 3", got)
	}
	for name := range c.Metrics {
		if !slices.Contains(MetricNames(), name) {
			t.Errorf("%s is not among MetricNames", name)
		}
	}
}

// tried makes a trial of a capacity load: rates tried under a prefix, the
// negative ones not held.
func tried(number int, prefix string, rates ...float64) results.Trial {
	t := results.Trial{Cell: "n3-x", Trial: number, Attempt: 1, Kind: results.Measure, Nodes: 3, Valid: true, Durable: true}
	for i, rate := range rates {
		t.Windows = append(t.Windows, results.Window{Name: prefix + strconv.Itoa(i+1), Mode: results.ModeOpen,
			OfferedOps: math.Abs(rate), Held: ptr(rate > 0), Latency: results.Latency{P50NS: 5, Count: 10}})
	}
	return t
}

func TestCapacityIsWhatFreshClustersConfirm(t *testing.T) {
	const unconfirmed = "capacity is not confirmed by a fresh cluster: give at least 2 trials"
	search := tried(1, "capacity-probe-", 500, 1000, -2000, 1500, -1700)
	var six []results.Trial
	for i, rate := range []float64{1400, 1350, 1450, 1400, 1300, 1500} {
		six = append(six, tried(i+2, "capacity-confirm-", -1600, rate))
	}
	for name, c := range map[string]struct {
		trials    []results.Trial
		want      float64
		n, fresh  int
		bounded   bool
		confirmed bool
	}{
		"searched only":         {[]results.Trial{search}, 1500, 1, 0, false, false},
		"confirmed lower":       {[]results.Trial{search, six[0]}, 1400, 1, 1, false, true},
		"stepped up, then lost": {[]results.Trial{search, tried(2, "capacity-confirm-", 1500, 1600, -1700)}, 1600, 1, 1, false, true},
		"six of them":           {append([]results.Trial{search}, six...), 1400, 6, 6, true, true},
		"none valid":            {[]results.Trial{search, invalid(six[0])}, 1500, 1, 0, false, false},
	} {
		cell := cellOf(t, c.trials...)
		m := cell.Metrics["capacity_ops"]
		if m.Median != c.want || m.N != c.n || (m.CILow != nil) != c.bounded || cell.CapacityConfirmed != c.fresh {
			t.Errorf("%s: got %+v, %d confirmed", name, m, cell.CapacityConfirmed)
		}
		if slices.Contains(cell.Warnings, unconfirmed) == c.confirmed {
			t.Errorf("%s: got warnings %q", name, cell.Warnings)
		}
	}
	if m, ok := cellOf(t, tried(1, "capacity-probe-", -500)).Metrics["capacity_ops"]; ok {
		t.Errorf("no rate held: got %+v, want none", m)
	}
}

func TestNothingMeasuredIsNothingSaid(t *testing.T) {
	dead := results.Trial{Cell: "n3-x", Trial: 1, Attempt: 1, Kind: results.Measure, Nodes: 3}
	c := cellOf(t, dead)
	if len(c.Metrics) != 0 || c.ValidTrials != 0 || len(c.Warnings) != 1 {
		t.Errorf("got %+v", c)
	}
	if s := build(t, &results.Run{}); s.Cells == nil || len(s.Cells) != 0 {
		t.Errorf("an empty run: got %+v", s)
	}
}

// What message faults harmed proves safety and measures nothing.
func TestMessageFaultsAreNoPerformanceResult(t *testing.T) {
	harmed := trial(1, 2*time.Millisecond, 1000)
	harmed.MessageFaults = true
	c := cellOf(t, harmed)
	if len(c.Metrics) > 0 {
		t.Errorf("got metrics %v of a run with message faults, want none", c.Metrics)
	}
	if !slices.ContainsFunc(c.Warnings, func(w string) bool { return strings.Contains(w, "message faults") }) {
		t.Errorf("warnings %q do not say that messages were harmed", c.Warnings)
	}
}

// What a later version wrote is not overwritten by an earlier one.
func TestANewerSummaryIsKept(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, File)
	newer := []byte(`{"schema_version": 99, "known": "to later versions only"}`)
	if err := os.WriteFile(path, newer, 0o644); err != nil {
		t.Fatal(err)
	}
	err := buildTiny(t).Write(dir)
	var refused *results.Error
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "99") {
		t.Errorf("got %v, want a refusal that names version 99", err)
	}
	if kept, _ := os.ReadFile(path); string(kept) != string(newer) {
		t.Errorf("the newer summary was overwritten: %s", kept)
	}
}
