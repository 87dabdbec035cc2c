package gate

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

func codes(v Verdict) []ReasonCode {
	var out []ReasonCode
	for _, r := range v.Reasons {
		out = append(out, r.Code)
	}
	return out
}

func TestWithoutAnInterval(t *testing.T) {
	median := 10e6
	for name, c := range map[string]struct {
		trials, valid, n int
		pooled           bool
		want             string
		reason           Reason
	}{
		"a run planned for two": {2, 2, 2, false, "pass", Reason{Code: ByMedian, Got: 2}},
		"one trial":             {1, 1, 1, false, "inconclusive", Reason{Code: OneTrial, Got: 1}},
		"one trial, pooled":     {1, 1, 1, true, "inconclusive", Reason{Code: OneTrial, Got: 1}},
		"six trials, pooled":    {6, 6, 6, true, "inconclusive", Reason{Code: ByPool, Got: 6}},
		"a trial was lost":      {6, 5, 5, false, "inconclusive", Reason{Code: FewValid, Got: 5, Want: 6}},
	} {
		cell := cell()
		cell.Trials, cell.ValidTrials = c.trials, c.valid
		cell.Metrics["write_latency_p50_ns"] = summary.Metric{Median: &median, N: c.n, Pooled: c.pooled}
		if v := judge(t, "write_latency_p50 < 12ms", cell); v.Answer != c.want || !slices.Equal(v.Reasons, []Reason{c.reason}) {
			t.Errorf("%s: got %+v, want %s since %+v", name, v, c.want, c.reason)
		}
	}
	none := cell()
	none.ValidTrials, none.Metrics = 0, nil
	if v := judge(t, "write_latency_p50 < 12ms", none); v.Answer != "inconclusive" || v.Reasons[0] != (Reason{Code: NoneValid, Want: 6}) {
		t.Errorf("no trial is valid: got %+v", v)
	}
}

// An outage is taken from proofs, so that lost measuring trials do not weaken it
// and lost proofs do.
func TestAnOutageRestsOnProofs(t *testing.T) {
	median := 2e9
	c := cell()
	c.Metrics["outage_p50_ns"] = summary.Metric{Median: &median, N: 3}
	c.ValidTrials, c.Proofs, c.ValidProofs = 1, 4, 3
	if v := judge(t, "outage_p50 < 5s", c); v.Answer != "inconclusive" || v.Reasons[0] != (Reason{Code: FewValid, Got: 3, Want: 4}) {
		t.Errorf("three of four: got %+v", v)
	}
}

func TestWhatWasNotTriedIsInconclusive(t *testing.T) {
	c := cell()
	c.Faults = summary.Faults{}
	for rule, want := range map[string]ReasonCode{
		"survived == tolerates": NotProven, "blocked_at == 2": NotProven, "recovered == durable": NotProven, "nodes == survived": NotProven,
		"lost_writes == 0": NotAudited, "violations == 0": NotAudited, "liveness == 0": NotAudited, "read_latency_p50 < 1s": NotMeasured,
	} {
		if v := judge(t, rule, c); v.Answer != "inconclusive" || !slices.Equal(codes(v), []ReasonCode{want}) {
			t.Errorf("%s: got %+v, want %s", rule, v, want)
		}
	}
	c.Proofs, c.ValidProofs = 0, 0
	for _, rule := range []string{"survived == tolerates", "blocked_at == 2", "recovered == durable", "zones_survived == 1"} {
		if v := judge(t, rule, c); v.Answer != "inconclusive" || !slices.Equal(codes(v), []ReasonCode{NoProofs}) {
			t.Errorf("without a proof: %s: got %+v, want %s", rule, v, NoProofs)
		}
	}
}

var (
	lost   = results.Finding{Class: results.Safety, Rule: results.RuleLost, Key: "k7", Got: "nothing", Want: "version 3"}
	behind = results.Finding{Class: results.Liveness, Rule: results.RuleApplied, Node: "n3"}
)

// Safety and liveness are told apart, and neither can be let pass by any rule.
func TestFindingsHoldWhateverTheRulesAsk(t *testing.T) {
	rules, err := Parse("t", []byte("rules: [nodes == 3]"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		faults        summary.Faults
		unsafe, stuck bool
	}{
		"nothing":        {summary.Faults{}, false, false},
		"a loss counted": {summary.Faults{LostWrites: 1}, true, false},
		"a finding":      {summary.Faults{Safety: []summary.Findings{{Rule: lost.Rule, Count: 1, First: lost}}}, true, false},
		"a slow replica": {summary.Faults{Liveness: []summary.Findings{{Rule: behind.Rule, Count: 2, First: behind}}}, false, true},
	} {
		well := cell()
		well.Faults = c.faults
		well.Faults.Audited = 1
		r, err := Evaluate(rules, Input{Run: summary.Analysis{Summary: summary.Summary{Cells: []summary.Cell{well}}}})
		if err != nil || r.Unsafe != c.unsafe || r.Stuck != c.stuck || ofRules(r)[0].Answer != "pass" || (r.Answer == "pass") == (c.unsafe || c.stuck) {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
		if want := len(c.faults.Safety) + len(c.faults.Liveness); len(r.Findings) != want {
			t.Errorf("%s: got findings %+v, want %d", name, r.Findings, want)
		}
	}
	bad := cell()
	bad.Faults = summary.Faults{LostWrites: 1, Safety: []summary.Findings{{Count: 2}, {Count: 1}}, Liveness: []summary.Findings{{Count: 4}}}
	for _, rule := range []string{"lost_writes == 1", "violations == 3", "liveness == 4"} {
		if v := judge(t, rule, bad); v.Answer != "pass" {
			t.Errorf("%s: got %+v", rule, v)
		}
	}
}

func TestADoubtIsSaidBesideTheVerdict(t *testing.T) {
	by := 0.08
	c := cell()
	late := results.Remark{Code: results.CodeLinkLate, Got: 7}
	c.Remarks = []summary.Remark{{Code: results.CodeSnapshot}, {Code: results.CodeLinkLate, Worst: late, Bounds: map[string]*float64{"throughput_ops": &by}}}
	m := c.Metrics["throughput_ops"]
	m.Doubts = []int{1}
	c.Metrics["throughput_ops"] = m
	want := []Reason{{Code: Doubtful, Remark: results.CodeLinkLate, By: &by, Worst: &late}}
	v := judge(t, "throughput > 1000/s", c)
	if diff := cmp.Diff(want, v.Reasons); v.Answer != "pass" || diff != "" {
		t.Errorf("got %+v: %s", v, diff)
	}
}

// A remark takes back what it may have decided: by more than the value is away
// from the limit, or by nobody knows how much. Facts it does not touch.
func TestARemarkTakesBackWhatItMayHaveDecided(t *testing.T) {
	share := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		rule string
		by   []*float64 // of throughput_ops, 8000 to 10000/s around 9000
		want string
	}{
		"none":                {"throughput > 7000/s", nil, "pass"},
		"of nothing":          {"throughput > 7000/s", []*float64{share(0)}, "pass"},
		"too small":           {"throughput > 7000/s", []*float64{share(0.1)}, "pass"},
		"beyond the limit":    {"throughput > 7000/s", []*float64{share(0.12)}, "inconclusive"},
		"two together":        {"throughput > 7000/s", []*float64{share(0.07), share(0.07)}, "inconclusive"},
		"unknown":             {"throughput > 1/s", []*float64{nil}, "inconclusive"},
		"a failure, unknown":  {"throughput > 1000000/s", []*float64{nil}, "inconclusive"},
		"a failure, bounded":  {"throughput > 1000000/s", []*float64{share(0.5)}, "fail"},
		"a failure, just":     {"throughput > 10100/s", []*float64{share(0.05)}, "inconclusive"},
		"a fact":              {"survived == tolerates", []*float64{nil}, "pass"},
		"of another figure":   {"write_latency_p50 < 12ms", []*float64{nil}, "pass"},
		"lost writes, though": {"lost_writes == 1", []*float64{nil}, "fail"},
	} {
		cell := cell()
		for _, by := range c.by {
			cell.Remarks = append(cell.Remarks, summary.Remark{Code: results.CodeWarmupUnsteady, Severity: results.Doubtful, Bounds: map[string]*float64{"throughput_ops": by}})
		}
		v := judge(t, c.rule, cell)
		if v.Answer != c.want || (c.want == "inconclusive") != slices.Contains(codes(v), Shaken) {
			t.Errorf("%s: got %+v, want %s", name, v, c.want)
		}
	}
}

// What can only have made a value worse takes back no answer that says it is better
// than the limit: alone it would have been better still. Answers that say it is
// worse it does take back.
func TestADisturbanceCannotHaveMadeAValueBetter(t *testing.T) {
	for rule, want := range map[string]string{ // of throughput, 8000 to 10000/s
		"throughput > 7000/s": "pass", "throughput < 7000/s": "fail",
		"throughput > 20000/s": "inconclusive", "throughput < 20000/s": "inconclusive",
	} {
		for _, code := range []results.Code{results.CodeForeignCPU, results.CodeSteal, results.CodeRunWait, results.CodeSlowSync} {
			c := cell()
			c.Remarks = []summary.Remark{{Code: code, Severity: results.Doubtful, Bounds: map[string]*float64{"throughput_ops": nil}}}
			if v := judge(t, rule, c); v.Answer != want {
				t.Errorf("%s, %s: got %+v, want %s", rule, code, v, want)
			}
		}
	}
}

// unchanged writes a run of so many trials of 300 writes, whose true p99 is
// 3.5 ms: lognormal latencies, and trials that lie 5 % apart.
func unchanged(t *testing.T, rng *rand.Rand, trials int) *results.Run {
	t.Helper()
	const writes, spread, between = 300, 0.3, 0.05
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, results.Environment{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	z99 := math.Sqrt2 * math.Erfinv(0.98)
	scale := 3.5e6 / math.Exp(z99*math.Hypot(spread, between))
	for n := 1; n <= trials; n++ {
		h := hdrhistogram.New(1, int64(time.Minute), 3)
		speed := scale * math.Exp(between*rng.NormFloat64())
		for range writes {
			err = errors.Join(err, h.RecordValue(int64(speed*math.Exp(spread*rng.NormFloat64()))))
		}
		tr := harmed(n, 0)
		l := &tr.Windows[0].Latency
		tr.Windows[0].Attempted, tr.Windows[0].Completed, tr.Windows[0].Writes, l.Count = writes, writes, writes, writes
		l.P50NS, l.P90NS, l.P99NS, l.MaxNS = results.Nanos(h.ValueAtPercentile(50)), results.Nanos(h.ValueAtPercentile(90)), results.Nanos(h.ValueAtPercentile(99)), results.Nanos(h.Max())
		l.P999NS = l.MaxNS
		tr.Windows[0].Service = *l
		err = errors.Join(err, w.WriteHistograms(tr.Cell, n, []results.NamedHistogram{{Name: "calm.latency", Histogram: h}}), w.Append(tr))
	}
	run, openErr := results.Open(dir)
	if err := errors.Join(err, w.Close(), openErr); err != nil {
		t.Fatal(err)
	}
	return run
}

// Ten runs of one and the same system, whose p99 is the limit: to pass four of
// them and fail six is to throw a coin. What is far from the limit is said.
func TestTheSameSystemGetsTheSameVerdict(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	answers := map[string]map[string]int{}
	for range 10 {
		s, err := summary.Analyse(unchanged(t, rng, 8))
		if err != nil {
			t.Fatal(err)
		}
		for _, rule := range []string{"write_latency_p99 < 3.5ms", "write_latency_p99 < 5ms", "write_latency_p99 < 2.5ms"} {
			if answers[rule] == nil {
				answers[rule] = map[string]int{}
			}
			answers[rule][judgeRun(t, rule, s).Answer]++
		}
	}
	t.Log(answers)
	if n := answers["write_latency_p99 < 3.5ms"]["inconclusive"]; n < 9 {
		t.Errorf("the limit is the truth: got %v, want it open in at least 9 of 10", answers)
	}
	if answers["write_latency_p99 < 5ms"]["pass"] < 9 || answers["write_latency_p99 < 2.5ms"]["fail"] < 9 {
		t.Errorf("far from the limit: got %v", answers)
	}
}

// harmed makes a measuring trial in which the leader was killed: 525 of 1,200
// operations failed, the others were quick.
func harmed(number int, failed int64) results.Trial {
	l := results.Latency{P50NS: 1_730_000, P90NS: 2e6, P99NS: 3_260_000, P999NS: 4e6, MaxNS: 5e6, Count: 1200 - failed, Failed: failed, EffectiveN: 1200}
	if failed > 0 {
		l.P99NS, l.P999NS, l.MaxNS = results.Never, results.Never, results.Never
	}
	if failed > 120 {
		l.P90NS = results.Never
	}
	return results.Trial{
		Cell: "n3-x", Trial: number, Block: number - 1, Kind: results.Measure, Nodes: 3, Valid: true, Durable: true,
		Windows: []results.Window{{
			Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 300, Harmed: failed > 0, Attempted: 1200,
			Completed: 1200 - failed, Writes: 1200 - failed, FailedWrites: failed, Unknown: failed, Latency: l, Service: l,
		}},
	}
}

// A gate on a window in which the cluster was harmed cannot pass by leaving out
// what failed.
func TestAnOutageFailsTheGate(t *testing.T) {
	for name, c := range map[string]struct {
		failed []int64 // of each trial
		rule   string
		want   string
	}{
		"every trial":           {[]int64{525, 525}, "write_latency_p99 < 5ms", "fail"},
		"with an interval":      {[]int64{525, 525, 525, 525, 525, 525}, "write_latency_p99 < 5ms", "fail"},
		"half of the trials":    {[]int64{525, 525, 525, 0, 0, 0}, "write_latency_p99 < 5ms", "inconclusive"},
		"one trial":             {[]int64{525}, "write_latency_p99 < 5ms", "inconclusive"},
		"nothing failed":        {[]int64{0, 0, 0, 0, 0, 0}, "write_latency_p99 < 5ms", "pass"},
		"few, and no interval":  {[]int64{0, 0}, "write_latency_p99 < 5ms", "inconclusive"},
		"the median came back":  {[]int64{525, 525}, "write_latency_p50 < 5ms", "pass"},
		"however large":         {[]int64{525, 525}, "write_latency_p99 < 1h", "fail"},
		"a lower limit is kept": {[]int64{525, 525}, "write_latency_p99 > 1h", "pass"},
		"errors":                {[]int64{525, 525}, "error_ratio < 1%", "fail"},
		"availability":          {[]int64{525, 525}, "availability > 99%", "fail"},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		w, err := results.Create(dir, results.Environment{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, failed := range c.failed {
			err = errors.Join(err, w.Append(harmed(i+1, failed)))
		}
		run, openErr := results.Open(dir)
		if err := errors.Join(err, w.Close(), openErr); err != nil {
			t.Fatal(err)
		}
		s, err := summary.Analyse(run)
		if err != nil {
			t.Fatal(err)
		}
		v := judgeRun(t, c.rule, s)
		if v.Answer != c.want {
			t.Errorf("%s, %s: got %+v, want %s", name, c.rule, v, c.want)
		}
		if never := strings.HasPrefix(c.rule, "write_latency_p99") && c.failed[0] > 0; never != slices.Contains(codes(v), NeverAnswered) {
			t.Errorf("%s, %s: got reasons %v, want it said whether it was ever answered", name, c.rule, fmt.Sprint(codes(v)))
		}
	}
}

// What was measured by too few operations for a far percentile is not called not
// measured.
func TestAFarPercentileOfFewOperationsIsToldApart(t *testing.T) {
	c := summary.Cell{ValidTrials: 6, Metrics: map[string]summary.Metric{"write_latency_p50_ns": {}}}
	for metric, want := range map[string]ReasonCode{
		"write_latency_p999_ns": FewOperations, "read_latency_p999_ns": NotMeasured, "throughput_ops": NotMeasured,
	} {
		if got := missing(c, metric).Code; got != want {
			t.Errorf("%s: got %s, want %s", metric, got, want)
		}
	}
}
