package gate

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/summary"
)

// made is one trial of a setup in a block: so many ns of median latency, and the
// rate that goes with it.
func made(cell string, nodes, block int, params map[string]string, p50 float64) results.Trial {
	tr := harmed(block+1, 0)
	tr.Cell, tr.Nodes, tr.Block, tr.Params = cell, nodes, block, params
	tr.Engine, tr.Profile, tr.Load = "hashicorp", "multi-az", "calm+saturate"
	l := &tr.Windows[0].Latency
	l.P50NS, l.P90NS = results.Nanos(p50), results.Nanos(1.2*p50)
	tr.Windows[0].Service = *l
	full := tr.Windows[0]
	full.Name, full.Role, full.Mode = results.WindowSaturate, results.RoleFull, results.ModeClosed
	full.ThroughputOps = 1e13 / p50
	tr.Windows = append(tr.Windows, full)
	tr.Audit = &results.Audit{}
	return tr
}

// arms makes a run of two arms, the second slower by a factor: blocks differ by a
// lot, and what lives in one block by little.
func arms(rng *rand.Rand, blocks int, factor, noise float64) []results.Trial {
	var out []results.Trial
	for b := range blocks {
		host := 2e6 * math.Exp(0.3*rng.NormFloat64())
		out = append(out,
			made("n3-x-a", 3, b, map[string]string{summary.ArmAxis: summary.ArmBase}, host*math.Exp(noise*rng.NormFloat64())),
			made("n3-x-b", 3, b, map[string]string{summary.ArmAxis: summary.ArmTry}, host*factor*math.Exp(noise*rng.NormFloat64())))
	}
	return out
}

func analysed(t *testing.T, trials []results.Trial) summary.Analysis {
	t.Helper()
	a, err := summary.Analyse(&results.Run{Dir: t.TempDir(), Trials: trials})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func rulesOf(t *testing.T, texts ...string) []Rule {
	t.Helper()
	var file strings.Builder
	file.WriteString("rules:\n")
	for _, text := range texts {
		file.WriteString("  - " + strconv.Quote(text) + "\n")
	}
	rules, err := Parse("t.yaml", []byte(file.String()))
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func evaluated(t *testing.T, in Input, texts ...string) Report {
	t.Helper()
	r, err := Evaluate(rulesOf(t, texts...), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Blocks that differ by a third tell apart what differs by some per cent within
// each.
func TestArmsAreComparedWithinBlocks(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	slower := analysed(t, arms(rng, 12, 1.05, 0.005))
	for rule, want := range map[string]string{
		"write_latency_p50 <= 1.02x baseline":                        "fail",
		"write_latency_p50 <= 1.05x baseline":                        "inconclusive",
		"write_latency_p50 <= 1.1x baseline":                         "pass",
		"write_latency_p50 < 1.1 x baseline":                         "pass",
		"write_latency_p50 <= 1.1× baseline":                         "pass",
		"write_latency_p50 > 1.02x baseline":                         "pass",
		"write_latency_p50 >= 1.1x baseline":                         "fail",
		"throughput >= 0.98x baseline":                               "fail",
		"throughput >= 0.9x baseline":                                "pass",
		"throughput[n=3] >= 0.9x baseline":                           "pass",
		"write_latency_p90 <= 0.9x baseline":                         "fail",
		"read_latency_p50 <= 1.1x baseline":                          "inconclusive",
		"write_latency_p999 <= 1.1x baseline":                        "inconclusive",
		"outage_p50 <= 1.1x baseline":                                "inconclusive",
		"write_latency_p50 < 1h":                                     "pass",
		"write_latency_p50[arm=a] < 1ns":                             "fail",
		"write_latency_p50[arm=b] < 1h":                              "pass",
		"write_latency_p50[arm=b] <= 1.02x write_latency_p50[arm=a]": "fail",
	} {
		r := evaluated(t, Input{Run: slower}, rule)
		verdicts := ofRules(r)
		v := verdicts[0]
		if len(verdicts) != 1 || v.Answer != want || r.Answer != want {
			t.Errorf("%s: got %+v, want one verdict, %s", rule, verdicts, want)
		}
		if strings.Contains(rule, "baseline") && (v.Ratio == nil || v.From != "n3-x-a" || v.To != "n3-x-b") {
			t.Errorf("%s: got %+v, want the ratio of arm b to arm a", rule, v)
		}
	}
	v := evaluated(t, Input{Run: slower}, "write_latency_p50 <= 1.02x baseline").Verdicts[0]
	if v.Kind != Relative || v.N != 12 || !v.Interval || math.Abs(*v.Ratio.Ratio-1.05) > 0.01 || *v.CILow <= 1.02 || *v.P > 0.001 || *v.PCorrected != *v.P || v.Questions != 1 {
		t.Errorf("got %+v %+v", v, v.Ratio)
	}
	if sees := *v.SeesFrom; sees < 0.02 || sees > 0.03 {
		t.Errorf("a rule of 1.02x sees from %v on, want a little more than 2 %%", sees)
	}
}

// Absolute rules are about what is tried, and findings about both.
func TestRulesAreAboutArmBAndFindingsAboutBoth(t *testing.T) {
	trials := arms(rand.New(rand.NewPCG(3, 2)), 8, 1, 0.01)
	for i := range trials {
		if trials[i].Params[summary.ArmAxis] == summary.ArmBase {
			trials[i].Audit.Lost = 1
		}
	}
	r := evaluated(t, Input{Run: analysed(t, trials)}, "write_latency_p50 < 1h", "lost_writes == 0")
	if v := ofRules(r); len(v) != 2 || v[0].Cell != "n3-x-b" || v[1].Cell != "n3-x-b" || v[1].Answer != "pass" {
		t.Errorf("got %+v, want both rules on arm b alone", v)
	}
	seen := map[[2]string]bool{}
	for _, v := range r.Verdicts {
		if seen[[2]string{v.Rule, v.Cell}] {
			t.Errorf("%s is judged twice on %s", v.Rule, v.Cell)
		}
		seen[[2]string{v.Rule, v.Cell}] = true
	}
	if !r.Unsafe || r.Answer != "fail" {
		t.Errorf("writes that arm a lost: got %s, unsafe %v", r.Answer, r.Unsafe)
	}
}

// A rule whose limit is the truth fails in at most 5 of 100 runs, whatever the
// number of rules; one of 1.01x seldom fails twins and nearly always what is 5 %
// slower.
func TestRelativeRulesKeepTheirLevel(t *testing.T) {
	const runs = 150
	count := func(factor, noise float64, texts ...string) map[string]int {
		rng := rand.New(rand.NewPCG(7, 11))
		out := map[string]int{}
		for range runs {
			out[evaluated(t, Input{Run: analysed(t, arms(rng, 12, factor, noise))}, texts...).Answer]++
		}
		return out
	}
	// At a level of 5 %, more than 16 of 150 come in one of 1,000 series.
	const most = 16
	if got := count(1.01, 0.02, "write_latency_p50 <= 1.01x baseline"); got["fail"] > most {
		t.Errorf("the limit is the truth: got %v of %d", got, runs)
	}
	if got := count(1, 0.02, "write_latency_p50 <= 1.01x baseline"); got["fail"] > most {
		t.Errorf("twins: got %v of %d", got, runs)
	}
	many := []string{"write_latency_p50 <= 1x baseline", "write_latency_p90 <= 1x baseline", "throughput >= 1x baseline", "saturate_write_latency_p50 <= 1x baseline"}
	if got := count(1, 0.02, many...); got["fail"] > most {
		t.Errorf("four rules whose limits are the truth: got %v of %d", got, runs)
	}
	if got := count(1.05, 0.01, "write_latency_p50 <= 1.01x baseline"); got["fail"] < runs*98/100 {
		t.Errorf("5 %% slower: got %v of %d, want all to fail", got, runs)
	}
}

// What fails alone need not fail among many questions; both probabilities are
// told. More rules never make another one pass.
func TestAFailIsCorrectedForAllThatIsAsked(t *testing.T) {
	run := analysed(t, arms(rand.New(rand.NewPCG(1, 2)), 6, 1.05, 0.002))
	alone := evaluated(t, Input{Run: run}, "write_latency_p50 <= 1.02x baseline").Verdicts[0]
	if alone.Answer != "fail" || *alone.P != 0.03125 || *alone.PCorrected != 0.03125 {
		t.Errorf("alone: got %+v", alone)
	}
	among := evaluated(t, Input{Run: run}, "write_latency_p50 <= 1.02x baseline", "write_latency_p50 < 1h", "outage_p50 < 1s", "nodes == 3")
	v := among.Verdicts[0]
	want := Reason{Code: NotCorrected, Got: 6, Want: 7}
	if v.Answer != "inconclusive" || *v.P != 0.03125 || *v.PCorrected != 3*0.03125 || v.Questions != 3 || !slices.Contains(v.Reasons, want) {
		t.Errorf("among three questions about measured values: got %+v, want %+v", v, want)
	}
	if second := among.Verdicts[1]; second.Answer != "pass" || second.PCorrected != nil {
		t.Errorf("a pass needs no correction: got %+v", second)
	}
}

func TestTooFewBlocksDecideNothing(t *testing.T) {
	for blocks, want := range map[int]Reason{1: {Code: FewBlocks, Got: 1, Want: 6}, 5: {Code: FewBlocks, Got: 5, Want: 6}} {
		run := analysed(t, arms(rand.New(rand.NewPCG(1, 2)), blocks, 3, 0.001))
		if v := evaluated(t, Input{Run: run}, "write_latency_p50 <= 1.02x baseline").Verdicts[0]; v.Answer != "inconclusive" || !slices.Equal(v.Reasons, []Reason{want}) {
			t.Errorf("%d blocks: got %+v, want %+v", blocks, v, want)
		}
	}
	trials := arms(rand.New(rand.NewPCG(1, 2)), 8, 1, 0.001)
	for i := range trials {
		trials[i].Valid = trials[i].Params[summary.ArmAxis] == summary.ArmTry
	}
	if v := evaluated(t, Input{Run: analysed(t, trials)}, "write_latency_p50 <= 2x baseline").Verdicts[0]; v.Answer != "inconclusive" || v.Reasons[0].Code != NoneValid {
		t.Errorf("no valid trial of arm a: got %+v", v)
	}
}

// What is remarked of both arms in one block they share; what is remarked of one
// may have moved that one.
func TestARemarkOnOneArmMayHaveMovedTheRatio(t *testing.T) {
	steal := func(share float64) []results.Remark {
		return []results.Remark{{Code: results.CodeSteal, Severity: results.Doubtful, Window: results.WindowCalm, Got: share, Unit: results.UnitShare}}
	}
	unsteady := func(share float64) []results.Remark {
		return []results.Remark{{Code: results.CodeHalvesDiffer, Severity: results.Doubtful, Window: results.WindowCalm, Got: share, Unit: results.UnitShare}}
	}
	busy := []results.Remark{{Code: results.CodeForeignDisk, Severity: results.Doubtful, Window: results.WindowCalm, Got: 1, Unit: results.UnitShare}}
	for name, c := range map[string]struct {
		a, b   []results.Remark
		blocks int // that have them
		want   string
	}{
		"none":                          {nil, nil, 12, "fail"},
		"of both":                       {steal(0.2), steal(0.2), 12, "fail"},
		"of both, in one a little more": {steal(0.2), steal(0.21), 12, "fail"},
		"of both, in one much more":     {steal(0.02), steal(0.2), 12, "inconclusive"},
		"of one":                        {nil, steal(0.2), 12, "inconclusive"},
		"of one, small":                 {nil, steal(0.005), 12, "fail"},
		"of one block":                  {nil, steal(0.3), 1, "fail"},
		"of the other, unsteady":        {unsteady(0.2), nil, 12, "inconclusive"},
		"of the other, which hid more":  {steal(0.2), nil, 12, "fail"},
		"unknown, of both":              {busy, busy, 12, "fail"},
		"unknown, of one":               {nil, busy, 12, "inconclusive"},
		"unknown, of one block":         {nil, busy, 1, "fail"},
	} {
		trials := arms(rand.New(rand.NewPCG(1, 2)), 12, 1.05, 0.003)
		for i := range trials {
			if trials[i].Block >= c.blocks {
				continue
			}
			trials[i].Remarks = c.a
			if trials[i].Params[summary.ArmAxis] == summary.ArmTry {
				trials[i].Remarks = c.b
			}
		}
		v := evaluated(t, Input{Run: analysed(t, trials)}, "write_latency_p50 <= 1.01x baseline").Verdicts[0]
		if v.Answer != c.want || (c.want == "inconclusive") != slices.Contains(codes(v), Shaken) {
			t.Errorf("%s: got %+v, want %s", name, v, c.want)
		}
	}
}

// What two copies of one build may differ by decides neither way, and says nothing of
// clusters that differ in size.
func TestBelowTheFloorNothingIsClaimed(t *testing.T) {
	for name, c := range map[string]struct {
		factor, floor float64
		rule, want    string
	}{
		"a fail beyond the floor":               {1.01, 0.002, "write_latency_p50 <= 1.005x baseline", "fail"},
		"a fail that bias explains":             {1.01, 0.02, "write_latency_p50 <= 1.005x baseline", "inconclusive"},
		"a fail whose limit is near":            {0.89, 0.05, "write_latency_p50 >= 0.9x baseline", "inconclusive"},
		"a fail far from the limit":             {0.8, 0.05, "write_latency_p50 >= 0.9x baseline", "fail"},
		"an improvement that bias explains":     {0.98, 0.05, "write_latency_p50 < 0.99x baseline", "inconclusive"},
		"an improvement beyond the floor":       {0.9, 0.05, "write_latency_p50 < 0.99x baseline", "pass"},
		"as fast, with room for the floor":      {1.01, 0.02, "write_latency_p50 <= 1.05x baseline", "pass"},
		"as fast, with less room than the bias": {1.01, 0.05, "write_latency_p50 <= 1.05x baseline", "inconclusive"},
		"a metric without a floor":              {1.01, 0.05, "write_latency_p90 <= 1.005x baseline", "fail"},
	} {
		floor := func(metric string) (float64, bool) { return c.floor, metric == "write_latency_p50_ns" }
		run := analysed(t, arms(rand.New(rand.NewPCG(1, 2)), 12, c.factor, 0.001))
		v := evaluated(t, Input{Run: run, Floor: floor}, c.rule).Verdicts[0]
		if v.Answer != c.want || (c.want == "inconclusive") != slices.Contains(codes(v), BelowFloor) {
			t.Errorf("%s: got %+v %+v, want %s", name, v, v.Ratio, c.want)
		}
	}
	// The floor makes a rule see less, by as much.
	run := analysed(t, arms(rand.New(rand.NewPCG(1, 2)), 12, 1, 0.001))
	floor := func(string) (float64, bool) { return 0.05, true }
	without := evaluated(t, Input{Run: run}, "write_latency_p50 <= 1.1x baseline").Verdicts[0]
	with := evaluated(t, Input{Run: run, Floor: floor}, "write_latency_p50 <= 1.1x baseline").Verdicts[0]
	if want := (1+*without.SeesFrom)*1.05 - 1; math.Abs(*with.SeesFrom-want) > 1e-9 || with.Floor == nil || *with.Floor != 0.05 {
		t.Errorf("got %+v, want it to see from %v on", with.Ratio, want)
	}
	v := evaluated(t, Input{Run: analysed(t, sizes(rand.New(rand.NewPCG(1, 2)), 12)), Floor: floor}, "write_latency_p50[n=5] <= 1.18x write_latency_p50[n=3]").Verdicts[0]
	if v.Answer != "fail" || v.Floor != nil {
		t.Errorf("a shape: got %+v %+v", v, v.Ratio)
	}
}

// sizes makes a run of three sizes, of which n3 and n7 never lived at once: n5
// links them.
func sizes(rng *rand.Rand, blocks int) []results.Trial {
	var out []results.Trial
	value := func(base float64) float64 { return base * math.Exp(0.003*rng.NormFloat64()) }
	for b := range blocks {
		host := 1e6 * math.Exp(0.3*rng.NormFloat64())
		for _, s := range []struct {
			cell  string
			nodes int
			group int
			cost  float64
		}{{"n3-x", 3, 0, 1}, {"n5-x", 5, 0, 1.2}, {"n5-x", 5, 1, 1.2}, {"n7-x", 7, 1, 1.5}} {
			tr := made(s.cell, s.nodes, b, nil, value(host*s.cost))
			tr.Trial, tr.Group = 2*b+s.group+1, s.group
			out = append(out, tr)
		}
	}
	return out
}

func TestShapesArePairsWithinBlocks(t *testing.T) {
	run := analysed(t, sizes(rand.New(rand.NewPCG(5, 3)), 12))
	for rule, want := range map[string]string{
		"write_latency_p50[n=5] <= 1.25x write_latency_p50[n=3]":              "pass",
		"write_latency_p50[n=5] <= 1.1x write_latency_p50[n=3]":               "fail",
		"write_latency_p50[n=5] <= 1.2x write_latency_p50[n=3]":               "inconclusive",
		"write_latency_p50[n=7] <= 1.6x write_latency_p50[n=3]":               "pass",
		"write_latency_p50[n=7] <= 1.4x write_latency_p50[n=3]":               "fail",
		"throughput[n=5] >= 0.5x throughput[n=3]":                             "pass",
		"write_latency_p50[setup=n5-x] <= 1.1x write_latency_p50[setup=n3-x]": "fail",
	} {
		v := evaluated(t, Input{Run: run}, rule).Verdicts[0]
		if v.Answer != want || v.Kind != Shape || v.N != 12 {
			t.Errorf("%s: got %+v, want %s", rule, v, want)
		}
		if linked := strings.Contains(rule, "n=7"); linked != slices.Equal(v.Through, []string{"n5-x"}) {
			t.Errorf("%s: got it through %v", rule, v.Through)
		}
	}
}

// Setups of a shape pair up one to one, or the rule is a mistake whose place is
// told.
func TestSelectorsPairUp(t *testing.T) {
	var trials []results.Trial
	for b := range 6 {
		for _, nodes := range []int{3, 5} {
			for _, sync := range []string{"0s", "2ms"} {
				trials = append(trials, made("n"+strconv.Itoa(nodes)+"-"+sync, nodes, b, map[string]string{"storage.sync": sync}, 1e6))
			}
		}
	}
	run := analysed(t, trials)
	if v := ofRules(evaluated(t, Input{Run: run}, "write_latency_p50[n=5] <= 2x write_latency_p50[n=3]")); len(v) != 2 || v[0].From != "n3-0s" || v[0].To != "n5-0s" || v[1].From != "n3-2ms" {
		t.Errorf("got %+v, want a pair for each value of the other axis", v)
	}
	if v := ofRules(evaluated(t, Input{Run: run}, "write_latency_p50[n=5, storage.sync=2ms] <= 2x write_latency_p50[n=3,storage.sync=0s]")); len(v) != 1 || v[0].From != "n3-0s" || v[0].To != "n5-2ms" {
		t.Errorf("got %+v, want the one pair that was named", v)
	}
	for text, want := range map[string]string{
		"write_latency_p50[n=9] <= 2x write_latency_p50[n=3]":                                "5:24 the selector matches no setup of the run: got [nodes=9]",
		"write_latency_p50[n=5] <= 2x write_latency_p50[n=9]":                                "5:53 the selector matches no setup",
		"write_latency_p50[n=5] <= 2x write_latency_p50[storage.sinc=2ms]":                   "5:53 no setup of the run has a \"storage.sinc\"",
		"write_latency_p50[n=5, storage.sync=2ms] <= 2x write_latency_p50[engine=hashicorp]": "several partners",
		"write_latency_p50[engine=hashicorp] <= 2x write_latency_p50[n=3, storage.sync=2ms]": "n3-2ms has no partner",
		"write_latency_p50 <= 1.05x baseline":                                                "5:27 the run has no arms",
	} {
		rules, err := Parse("t.yaml", []byte("rules:\n\n\n\n  - \""+text+"\"\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Evaluate(rules, Input{Run: run})
		var typed *strictyaml.Error
		place, what, both := strings.Cut(want, " ")
		if !both || !strings.Contains(place, ":") {
			place, what = "", want
		}
		if !errors.As(err, &typed) || !strings.Contains(typed.Message, what) || place != "" && place != strconv.Itoa(typed.Line)+":"+strconv.Itoa(typed.Column) || typed.Advice == "" {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

// Facts that are known of a run without a valid trial let nothing pass.
func TestAnEmptyRunNeverPasses(t *testing.T) {
	trials := arms(rand.New(rand.NewPCG(1, 2)), 8, 1, 0.01)
	for i := range trials {
		trials[i].Valid = false
	}
	for _, rule := range []string{"nodes == 3", "lost_writes == 0", "write_latency_p50 < 1h", "write_latency_p50 <= 2x baseline"} {
		r := evaluated(t, Input{Run: analysed(t, trials)}, rule)
		if r.Answer != "inconclusive" {
			t.Errorf("%s: got %+v", rule, r)
		}
	}
}

// An outage is one draw of the timeouts' luck: few faults decide only what is far
// from the limit.
func TestFewFaultsDecideWhatIsFar(t *testing.T) {
	killed := func(outages ...float64) summary.Analysis {
		trials := arms(rand.New(rand.NewPCG(1, 2)), 2, 1, 0.01)
		for i, o := range outages {
			tr := made("n3-x-b", 3, 100+i, map[string]string{summary.ArmAxis: summary.ArmTry}, 1e6)
			tr.Kind, tr.Windows = results.Proof, nil
			tr.Proof = &results.ProofResult{OutageNS: int64(o * 1e9)}
			trials = append(trials, tr)
		}
		return analysed(t, trials)
	}
	for name, c := range map[string]struct {
		outages []float64
		want    string
		code    ReasonCode
	}{
		"far below":     {[]float64{1.1, 1.2, 1.3}, "pass", ByMedian},
		"near":          {[]float64{1.2, 2.9, 1.9}, "inconclusive", FewFaults},
		"two, far":      {[]float64{1.20, 1.21}, "pass", ByMedian},
		"two, apart":    {[]float64{1.0, 1.9}, "inconclusive", FewFaults},
		"one":           {[]float64{0.1}, "inconclusive", OneTrial},
		"far above":     {[]float64{9.5, 9.7, 9.6}, "fail", ByMedian},
		"somewhat more": {[]float64{2.5, 9, 4}, "inconclusive", NotCorrected},
		"six":           {[]float64{1.2, 2.9, 1.9, 1.1, 2, 2.8}, "pass", ""},
	} {
		v := evaluated(t, Input{Run: killed(c.outages...)}, "outage_p50 < 3s").Verdicts[0]
		if v.Answer != c.want || c.code != "" && !slices.Contains(codes(v), c.code) {
			t.Errorf("%s: got %+v, want %s since %s", name, v, c.want, c.code)
		}
	}
}

// Arms are their own baseline; another beside them would leave open which is meant.
func TestArmsTakeNoOtherBaseline(t *testing.T) {
	run := analysed(t, arms(rand.New(rand.NewPCG(1, 2)), 8, 1, 0.01))
	for rule, in := range map[string]Input{
		"write_latency_p50 <= 1.05x baseline":        {Run: run, Baseline: &Baseline{Run: run}},
		"write_latency_p50[arm=a] <= 1.05x baseline": {Run: run},
	} {
		var typed *strictyaml.Error
		if _, err := Evaluate(rulesOf(t, rule), in); !errors.As(err, &typed) || typed.Advice == "" {
			t.Errorf("%s: got %v", rule, err)
		}
	}
}

// A rule sees what exceeds its own allowance by the width that the run is planned
// for, which a throughput may be twice as wide as a latency.
func TestWhatARuleCanSeeIsKnownBefore(t *testing.T) {
	got := Sights(rulesOf(t, "write_latency_p50 <= 1.05x baseline", "nodes == 3", "throughput >= 0.95x baseline", "write_latency_p50[n=5] < 0.9x write_latency_p50[n=3]"), 0.02, 1)
	want := []float64{1.05*1.02 - 1, 1 - 0.95/1.04, 0.9*1.02 - 1}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if math.Abs(got[i].From-want[i]) > 1e-12 {
			t.Errorf("%s: got %v, want %v", got[i].Rule, got[i].From, want[i])
		}
	}
	// Among four questions the first to fail needs p 0.0125: 2.498 standard deviations
	// in place of 1.960.
	among := Sights(rulesOf(t, "write_latency_p50 <= 1.05x baseline"), 0.02, 4)[0].From
	if want := 1.05*math.Pow(1.02, 2.4977/1.95996) - 1; math.Abs(among-want) > 1e-5 {
		t.Errorf("among four: got %v, want %v", among, want)
	}
}

// What the verdict says it sees, it sees: an effect of that size is found about every
// second time among all that is asked, and where too few blocks let nothing be found,
// no size is told.
func TestARuleSeesWhatItSaysAmongAllQuestions(t *testing.T) {
	four := []string{"write_latency_p50 <= 1.05x baseline", "write_latency_p90 <= 2x baseline", "throughput >= 0.5x baseline", "saturate_write_latency_p50 <= 2x baseline"}
	rng := rand.New(rand.NewPCG(5, 12))
	sees := 0.0
	const runs = 60
	for range runs {
		sees += *evaluated(t, Input{Run: analysed(t, arms(rng, 12, 1, 0.01))}, four...).Verdicts[0].SeesFrom / runs
	}
	found := 0
	for range runs {
		if evaluated(t, Input{Run: analysed(t, arms(rng, 12, 1+sees, 0.01))}, four...).Verdicts[0].Answer == "fail" {
			found++
		}
	}
	// At even odds, fewer than 17 or more than 43 of 60 come in fewer than one of
	// 1,000 series; what a single question would see is found one time in ten.
	if found < 17 || found > 43 {
		t.Errorf("%v: found %d of %d times, want about half", sees, found, runs)
	}
	few := evaluated(t, Input{Run: analysed(t, arms(rng, 7, 1, 0.01))}, four...).Verdicts[0]
	if few.SeesFrom != nil || !few.Interval {
		t.Errorf("7 blocks, of which 8 are needed: got %+v", few.Ratio)
	}
}

// Blocks in which one arm alone is valid are no accident where it always is the same
// one: what is left of the other is a selection, and decides nothing.
func TestASelectionOfBlocksDecidesNothing(t *testing.T) {
	for lost, want := range map[int]string{0: "pass", 4: "pass", 6: "inconclusive"} {
		trials := arms(rand.New(rand.NewPCG(1, 2)), 16, 1, 0.005)
		for i := range trials {
			if tr := &trials[i]; tr.Params[summary.ArmAxis] == summary.ArmTry && tr.Block < lost {
				tr.Valid = false
			}
		}
		v := ofRules(evaluated(t, Input{Run: analysed(t, trials)}, "write_latency_p50 <= 1.1x baseline"))[0]
		if v.Answer != want || (want == "inconclusive") != slices.Contains(codes(v), OneSided) {
			t.Errorf("%d of 16 blocks lost to one arm: got %+v, want %s", lost, v, want)
		}
	}
}
