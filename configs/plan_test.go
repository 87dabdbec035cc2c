package configs

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func mustPlan(t *testing.T, text string) Plan {
	t.Helper()
	p, err := planOf([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func cellNames(p Plan) []string {
	var names []string
	for _, s := range p.Setups {
		names = append(names, s.Cell)
	}
	return names
}

func TestDefaultPlan(t *testing.T) {
	p := mustPlan(t, "")
	want := []string{
		"n1-hashicorp-multi-az", "n3-hashicorp-multi-az", "n4-hashicorp-multi-az",
		"n5-hashicorp-multi-az", "n7-hashicorp-multi-az",
	}
	if diff := cmp.Diff(want, cellNames(p)); diff != "" {
		t.Error(diff)
	}
	three := p.Setups[1]
	if three.Leader != "a" || three.Client != "" || len(three.Params) != 0 || three.MessageFaults != nil {
		t.Errorf("%+v", three)
	}
	if got := three.Links["n1"]["n2"].Delay; got != 345*time.Microsecond {
		t.Errorf("a to b takes %s one way, want half of 0.69 ms", got)
	}
	if got := three.Links["client"]; got != nil {
		t.Errorf("a load generator beside the leader has links: %v", got)
	}
	if w := three.Workload; w.Calm.Rate != 20 || w.Saturate.Clients != 64 || w.ValueSize != 256 || w.Sweep != nil {
		t.Errorf("%+v", w)
	}
}

func TestEveryListIsAnAxis(t *testing.T) {
	p := mustPlan(t, `
nodes: [5, 3]
engine: [hashicorp, etcd]
network: {profile: [none, multi-az]}
storage: {sync: [real, 0.5ms]}
raft: {max_rpcs_in_flight: [1, 16]}
workload: {calm: {duration: [1s, 2s]}, saturate: {duration: [1s, 2s]}, load: {limit: [p99 < 20ms, p50 < 5ms]}}
`)
	if len(p.Setups) != 256 {
		t.Fatalf("got %d cells, want 2^8", len(p.Setups))
	}
	// The last axis varies fastest; numbers go from small to large.
	first, last := p.Setups[0], p.Setups[255]
	const wantFirst = "n3-hashicorp-none-sync-real-max-rpcs-in-flight-1-limit-p50-5ms-calm-duration-1s-saturate-duration-1s"
	if first.Cell != wantFirst {
		t.Errorf("first cell\n got %s\nwant %s", first.Cell, wantFirst)
	}
	want := map[string]string{
		"storage.sync": "500µs", "raft.max_rpcs_in_flight": "16", "workload.load.limit": "p99 < 20ms",
		"workload.calm.duration": "2s", "workload.saturate.duration": "2s",
	}
	if diff := cmp.Diff(want, last.Params); diff != "" {
		t.Error(diff)
	}
	if last.Storage.EmulatedSync != 500*time.Microsecond || last.Raft.MaxRPCsInFlight != 16 || last.Nodes != 5 ||
		last.Engine != EngineEtcd || last.Network.Name != "multi-az" {
		t.Errorf("the last cell does not have the last values: %+v", last)
	}
}

// A cell's name is part of file names and of resumed runs.
func TestCellNamesAreUniqueAndPlain(t *testing.T) {
	name := regexp.MustCompile(`^[a-z0-9-]{1,130}$`)
	rapid.Check(t, func(t *rapid.T) {
		e := Default()
		e.Proofs = 0
		e.Nodes = rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 1, 3, rapid.ID).Draw(t, "nodes")
		delays := rapid.SliceOfNDistinct(rapid.IntRange(1, 1_000_000), 1, 3, rapid.ID).Draw(t, "delays")
		link := Link{}
		for _, d := range delays {
			link.Delay = append(link.Delay, Duration(d))
		}
		e.Network.Links = []Link{link}
		e.Workload.ReadRatio = rapid.SliceOfNDistinct(rapid.Float64Range(0, 1), 1, 4, rapid.ID).Draw(t, "ratio")
		p, err := e.Plan()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, n := range cellNames(p) {
			if !name.MatchString(n) || seen[n] {
				t.Fatalf("cell %q: malformed, or there twice", n)
			}
			seen[n] = true
		}
		if len(seen) != len(e.Nodes)*len(delays)*len(e.Workload.ReadRatio) {
			t.Fatalf("%d cells", len(seen))
		}
	})
}

// Resuming reads back what the run wrote: the same plan, to the last field.
func TestResolvedYAMLGivesTheSamePlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plan, err := anyExperiment(t).Plan()
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse(plan.YAML)
		if err != nil {
			t.Fatalf("%v\n%s", err, plan.YAML)
		}
		again, err := e.Plan()
		if err != nil {
			t.Fatalf("%v\n%s", err, plan.YAML)
		}
		plan.Unasked = ""                    // the resolved experiment has the number of its trials written
		if !reflect.DeepEqual(plan, again) { // as cmp.Diff tells at length, and slowly
			t.Fatalf("the plan that was read back differs:\n%s", cmp.Diff(plan, again))
		}
	})
}

// Texts that look like YAML which is not read are quoted.
func TestAnyLabelIsReadBack(t *testing.T) {
	for _, label := range []string{"? A", "?", "&a", "*a", "!a", "%a", "- a", "a: b", "#a", "null", "~", "'", `"`, "|", "<<", "--- a"} {
		e := Default()
		e.Label = label
		plan, err := e.Plan()
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(plan.YAML); err != nil || again.Label != label {
			t.Errorf("%q: got %q (%v)", label, again.Label, err)
		}
	}
}

// anyExperiment is valid, and varies in every kind of value.
func anyExperiment(t *rapid.T) Experiment {
	e := Default()
	e.Name = rapid.StringMatching(`[a-z0-9][ -~]{0,12}`).Draw(t, "name")
	e.Label = rapid.String().Filter(printable).Draw(t, "label")
	e.Engine = List[string]{rapid.SampledFrom(words["engine"]).Draw(t, "engine")}
	e.Nodes = rapid.SliceOfNDistinct(rapid.IntRange(2, 9), 1, 4, rapid.ID).Draw(t, "nodes")
	e.Trials = rapid.IntRange(1, 100).Draw(t, "trials")
	e.Seed = rapid.Int().Draw(t, "seed")
	e.Network.Links = []Link{{
		From: "a", Delay: One(Duration(rapid.IntRange(0, 1e6).Draw(t, "delay"))),
		Loss:  One(Percent(float64(rapid.IntRange(0, 1000).Draw(t, "loss")) / 1000)),
		Rate:  One(Bitrate(rapid.Int64Range(1000, 1<<50).Draw(t, "rate"))),
		Limit: One(Size(rapid.Int64Range(1, 1<<50).Draw(t, "limit"))),
	}}
	e.Network.MessageFaults.Drop = One(Percent(0.125))
	e.Storage.Sync = One(Sync(rapid.IntRange(0, 1e9).Draw(t, "sync")))
	e.Raft.BatchApplyCh = List[bool]{true, false}
	e.Workload.ReadRatio = rapid.SliceOfNDistinct(rapid.Float64Range(0, 1), 1, 3, rapid.ID).Draw(t, "ratio")
	e.Workload.ValueSize = One(Size(rapid.IntRange(16, 1<<20).Draw(t, "value")))
	e.Workload.Warmup = One(Warmup{Auto: true, Length: 500 * time.Millisecond})
	e.Workload.Calm.Rate = One(Rate(rapid.Float64Range(0.01, 1e6).Draw(t, "calm")))
	e.Workload.Load.Limit = One(Limit{Percentile: 99.9, Below: time.Duration(rapid.IntRange(1, 1e10).Draw(t, "limit"))})
	e.Workload.Load.Rates = []Rate{1, 2.5}
	e.Faults = []FaultAt{{At: Duration(time.Second), Action: "partition", Target: "n1->n2"}}
	return e
}

// printable text is what a person writes in a label.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

func TestModesChooseTheWindows(t *testing.T) {
	for mode, want := range map[string]string{
		ModeBoth: "calm 20 saturate 64", ModeCalm: "calm 20 saturate 0", ModeSaturate: "calm 0 saturate 64",
		ModeCapacity: "calm 0 saturate 64 p99 < 20ms", ModeSweep: "calm 0 saturate 0 [10 20]",
	} {
		w := mustPlan(t, fmt.Sprintf("nodes: 3\nworkload: {load: {mode: %s, rates: [10/s, 20/s]}}", mode)).Setups[0].Workload
		got := fmt.Sprintf("calm %v saturate %v", w.Calm.Rate, w.Saturate.Clients)
		if w.Capacity.Percentile > 0 {
			got += " " + w.Capacity.Limit
		}
		if len(w.Sweep) > 0 {
			got += fmt.Sprint(" ", w.Sweep)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", mode, got, want)
		}
	}
}

func TestLinksChangeOnlyWhatIsWritten(t *testing.T) {
	p := mustPlan(t, `
nodes: 4
client: c
network:
  profile: multi-az
  links:
    - {from: a, to: b, jitter: 10us, rate: 1gbit}
    - {from: n4, loss: 1%}
`)
	links := p.Setups[0].Links
	// n1 and n4 stand at a, n2 at b.
	if got := links["n1"]["n2"]; got.Delay != 345*time.Microsecond || got.Jitter != 10*time.Microsecond || got.Rate != 1e9 || got.Loss != 0 {
		t.Errorf("a to b: %+v", got)
	}
	if got := links["n2"]["n1"]; got.Jitter != 0 {
		t.Errorf("b to a changed as well: %+v", got)
	}
	if got := links["n4"]["n2"]; got.Loss != 0.01 || got.Rate != 1e9 {
		t.Errorf("n4 to b: %+v", got)
	}
	if got := links["client"]["n1"].Delay; got != 370*time.Microsecond {
		t.Errorf("the load generator at c reaches a in %s", got)
	}
	if got := links["n1"]["n4"].Delay; got != 50*time.Microsecond {
		t.Errorf("within a site: %s", got)
	}
}

// The presets keep their promise of time on two cores.
func TestPresetsFitTheirTime(t *testing.T) {
	for name, limit := range map[string]time.Duration{"quick": time.Minute, "default": 4 * time.Minute} {
		e, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Plan()
		if err != nil {
			t.Fatal(err)
		}
		if got := Estimate(p); got > limit {
			t.Errorf("%s takes %s, want at most %s", name, got, limit)
		}
	}
	if _, err := Preset("nope"); err == nil {
		t.Error("an unknown preset was found")
	}
}

func TestEstimateFollowsThePlan(t *testing.T) {
	text := "nodes: %s\ntrials: %d\nproofs: %d\napart: %v\nworkload: {warmup: 1s, calm: {duration: 2s}, saturate: {duration: 5s}}"
	const trial = 8*time.Second + bootTime + auditTime
	alone := Estimate(mustPlan(t, fmt.Sprintf(text, "3", 1, 0, true)))
	if alone != trial {
		t.Errorf("one trial alone: got %s, want %s", alone, trial)
	}
	if three := Estimate(mustPlan(t, fmt.Sprintf(text, "3", 3, 0, true))); three != 3*alone {
		t.Errorf("three trials alone: got %s", three)
	}
	// Side by side the light windows are one, and each slice of full load has a
	// ramp of a fifth.
	const boots = blockBoot + time.Second/2 + blockAudit
	const light, full = time.Second/2 + 2*time.Second, 6 * time.Second
	if two := Estimate(mustPlan(t, fmt.Sprintf(text, "[3, 5]", 2, 0, false))); two != 2*(2*(boots+full)+light+blockProbe+idleTime) {
		t.Errorf("two blocks of two: got %s", two)
	}
	// Two failovers of two timeouts each, and the longer of 3 s and three timeouts;
	// over three sites, which are lost one by one, one and a half more.
	const rest = time.Second + bootTime + auditTime
	if proof := Estimate(mustPlan(t, fmt.Sprintf(text, "3", 1, 1, true))) - alone; proof != 7*time.Second+rest+3*time.Second+3*siteBack {
		t.Errorf("a proof takes %s", proof)
	}
	slow := fmt.Sprintf(text, "3", 0, 1, true) + "\nraft: {heartbeat_timeout: 2s, election_timeout: 2s}"
	if proof := Estimate(mustPlan(t, slow)); proof != 14*time.Second+rest+6*time.Second+3*siteBack {
		t.Errorf("a proof with slow elections takes %s", proof)
	}
	// Four nodes stop without zone a, which is watched as long, and elect anew.
	if proof := Estimate(mustPlan(t, fmt.Sprintf(text, "4", 1, 1, true))) - alone; proof != 7*time.Second+rest+8*time.Second+3*siteBack {
		t.Errorf("a proof of four takes %s", proof)
	}
}

// A search for the capacity is announced with its windows, which percentiles
// further out make longer, and a confirmation with fewer.
func TestEstimateCountsTheWindowsOfCapacity(t *testing.T) {
	text := "nodes: 3\ntrials: %d\nproofs: 0\nworkload: {warmup: 1s, calm: {duration: 2s}, load: {mode: capacity, limit: %s}}"
	const around = bootTime + auditTime + time.Second // of warm-up
	probe := 10 * time.Second / 3                     // 1000 operations at 300/s
	probe = probe.Truncate(time.Microsecond)
	for _, c := range []struct {
		trials int
		limit  string
		want   time.Duration
	}{
		{1, "p50 < 5ms", around + time.Second + 12*2*time.Second + 2*2*time.Second},
		{3, "p50 < 5ms", 3*around + time.Second + (12+4+4)*2*time.Second + 3*2*2*time.Second},
		{1, "p99 < 5ms", around + time.Second + 12*probe + 2*2*time.Second},
		{1, "p99.9 < 5ms", around + time.Second + 12*10*time.Second + 2*2*time.Second},
	} {
		if got := Estimate(mustPlan(t, fmt.Sprintf(text, c.trials, c.limit))); (got - c.want).Abs() > time.Millisecond {
			t.Errorf("%d trials of %s: got %s, want %s", c.trials, c.limit, got, c.want)
		}
	}
}

func TestPercentIsExactAfterARoundTrip(t *testing.T) {
	for _, text := range []string{"0%", "0.1%", "12.5%", "33.3%", "100%"} {
		var p Percent
		if err := p.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if back, _ := p.MarshalText(); string(back) != text {
			t.Errorf("%s came back as %s", text, back)
		}
	}
}

func TestJitterAboveTheDelayIsSaid(t *testing.T) {
	p := mustPlan(t, "nodes: 3\nnetwork: {profile: none, links: [{delay: 1ms, jitter: 2ms}]}")
	want := []string{"a jitter of 2ms around a delay of 1ms is cut off at zero: the mean is above 1ms"}
	if diff := cmp.Diff(want, p.Warnings); diff != "" {
		t.Error(diff)
	}
	if p := mustPlan(t, "nodes: 3\nnetwork: {profile: none, links: [{delay: 2ms, jitter: 1ms}]}"); len(p.Warnings) > 0 {
		t.Error(p.Warnings)
	}
}
