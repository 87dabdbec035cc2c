package summary

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// runOf makes a run of one cell from its trials' medians.
func runOf(t *testing.T, medians ...time.Duration) *results.Run {
	t.Helper()
	var trials []results.Trial
	for i, p50 := range medians {
		trials = append(trials, trial(i+1, p50, 2000))
	}
	return recorded(t, trials...)
}

// spread of six repeats whose medians are off by these shares.
func spread(t *testing.T, off ...float64) *Spread {
	t.Helper()
	var runs []*results.Run
	for _, share := range off {
		var medians []time.Duration
		for i := range 6 {
			medians = append(medians, time.Duration((1+share)*float64(100_000+100*i)))
		}
		runs = append(runs, runOf(t, medians...))
	}
	s, err := SpreadOf(runs)
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

func changeOf(t *testing.T, metric string, before, after *results.Run, spread *Spread) Change {
	t.Helper()
	c, err := Compare(before, after, spread)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(c.Changes, func(c Change) bool { return c.Metric == metric })
	if i < 0 {
		t.Fatalf("no change of %s in %+v", metric, c)
	}
	return c.Changes[i]
}

const p50 = "write_latency_p50_ns"

// Twenty per cent stand out of repeats that lie within one, and not of those
// that lie ten apart, however clear the trials of the two runs are.
func TestCompareHoldsARunAgainstTheSpread(t *testing.T) {
	before, after := runOf(t, 100_000, 101_000, 102_000, 103_000, 104_000, 105_000), runOf(t, 120_000, 121_000, 122_000, 123_000, 124_000, 125_000)
	narrow, wide := spread(t, 0, 0.01, -0.01, 0.005, -0.005, 0), spread(t, 0, 0.1, -0.1, 0.05, -0.05, 0)
	c := changeOf(t, p50, before, after, narrow)
	if c.Decided != stats.Found || *c.P > 0.01 || *c.Ratio < 1.19 || *c.Ratio > 1.2 || *c.CILow < 1.1 || *c.CIHigh > 1.3 || c.Untested != "" {
		t.Errorf("got %+v, ratio %v, p %v", c, *c.Ratio, *c.P)
	}
	c = changeOf(t, p50, before, after, wide)
	if c.Decided != stats.Undecided || !c.Interval || *c.CILow > 1 || *c.CIHigh < 1.2 {
		t.Errorf("got %+v, want it undecided", c)
	}
	c = changeOf(t, p50, before, runOf(t, 100_000, 101_000, 102_000, 103_000, 104_000, 105_000), spread(t, 0, 0.001, -0.001, 0))
	if c.Decided != stats.Bounded {
		t.Errorf("got %+v, want it bounded", c)
	}
}

// Without the spread between runs nothing is called different, be it twice as
// slow in every trial.
func TestWithoutASpreadNothingIsDifferent(t *testing.T) {
	before, after := runOf(t, 100, 101, 102, 103, 104, 105), runOf(t, 200, 201, 202, 203, 204, 205)
	other := spread(t, 0, 0.01, -0.01)
	other.Host.Cores++
	renamed := spread(t, 0, 0.01, -0.01)
	renamed.Cells = map[string]map[string]MetricSpread{"n9": renamed.Cells["n3-x"]}
	for name, c := range map[string]struct {
		spread *Spread
		want   Untested
	}{"none": {nil, SpreadUnknown}, "of another host": {other, SpreadUnknown}, "of another setup": {renamed, NotRepeated}} {
		got := changeOf(t, p50, before, after, c.spread)
		if got.Decided != stats.Undecided || got.Untested != c.want || got.P != nil || got.Interval || *got.Ratio < 1.9 {
			t.Errorf("%s: got %+v, want %s", name, got, c.want)
		}
	}
}

// The medians and throughputs of all sizes are one family.
func TestCompareCorrectsForItsQuestions(t *testing.T) {
	run := func(slower time.Duration) *results.Run {
		var trials []results.Trial
		for size := range 4 {
			for block := range 5 {
				trials = append(trials, sized(size+1, block, slower*(time.Millisecond+time.Duration(block)*time.Microsecond), 1000+float64(block)))
			}
		}
		return recorded(t, trials...)
	}
	s, err := SpreadOf([]*results.Run{run(1), run(1), run(1), run(1)})
	if err != nil {
		t.Fatal(err)
	}
	c := changeOf(t, p50, run(1), run(2), &s)
	if c.Questions != 8 || c.Decided != stats.Found {
		t.Errorf("got %+v, want it found among 8 questions", c)
	}
}

// Repeats are of one experiment, by one build, on one host.
func TestOnlyRepeatsTellASpread(t *testing.T) {
	a, b, c := runOf(t, 1000), runOf(t, 1100), runOf(t, 1200)
	if _, err := SpreadOf([]*results.Run{a, b}); err == nil {
		t.Error("two runs told a spread")
	}
	for name, change := range map[string]func(*results.Run){
		"another host":       func(r *results.Run) { r.Environment.Cores = 64 },
		"another build":      func(r *results.Run) { r.Environment.Commit = "cafe" },
		"another experiment": func(r *results.Run) { r.Experiment = append(r.Experiment, "nodes: 7\n"...) },
	} {
		other := *c
		change(&other)
		if _, err := SpreadOf([]*results.Run{a, b, &other}); err == nil {
			t.Errorf("%s: told a spread", name)
		}
	}
	other := *c
	other.Experiment = []byte("# a comment\nname: another\ntrials: 9\nseed: 3\n")
	if _, err := SpreadOf([]*results.Run{a, b, &other}); err != nil {
		t.Errorf("the same under another name: %v", err)
	}
}

// A spread is read back as it was written; a damaged one is refused.
func TestASpreadIsKept(t *testing.T) {
	s := spread(t, 0, 0.01, -0.01)
	path, err := s.Write(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadSpread(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*s, got); diff != "" {
		t.Error(diff)
	}
	for name, text := range map[string]string{
		"another version": `{"schema_version": 7}`, "no JSON": "x", "unknown": `{"schema_version": 1, "speed": 1}`,
		"a negative spread": `{"schema_version": 1, "cells": {"n3": {"x": {"log_sd": -1, "trials": 1, "runs": 6}}}}`,
		"of two runs":       `{"schema_version": 1, "cells": {"n3": {"x": {"log_sd": 1, "trials": 1, "runs": 2}}}}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSpread(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: got %v, want it refused by name", name, err)
		}
	}
}

func TestCompareOfARunWithItself(t *testing.T) {
	s, err := SpreadOf([]*results.Run{openTiny(t), openTiny(t), openTiny(t)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Compare(openTiny(t), openTiny(t), &s)
	if err != nil {
		t.Fatal(err)
	}
	for _, ch := range c.Changes {
		if ch.Decided == stats.Found {
			t.Errorf("a run differs from itself: %+v", ch)
		}
		if ch.Metric == "write_latency_p99_ns" && (!ch.Old.Pooled || ch.P == nil || ch.Decided != stats.Bounded) {
			t.Errorf("pooled: got %+v", ch)
		}
	}
	if len(c.Unlike)+len(c.OnlyOld)+len(c.OnlyNew) > 0 {
		t.Errorf("a run is unlike itself: %+v", c)
	}
	if c.Changes[0].Metric != p50 {
		t.Errorf("first metric: got %s", c.Changes[0].Metric)
	}
}

func TestWhatIsTheSameIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		before, after []time.Duration
		want          bool
	}{
		"one value in all trials": {[]time.Duration{100, 100, 100, 100}, []time.Duration{100, 100, 100, 100}, true},
		"two values":              {[]time.Duration{100, 100, 100, 100}, []time.Duration{100, 101, 100, 100}, false},
		"one trial a side":        {[]time.Duration{100}, []time.Duration{101}, false},
	} {
		got := changeOf(t, p50, runOf(t, c.before...), runOf(t, c.after...), nil)
		if got.Same != c.want || got.Decided == stats.Found {
			t.Errorf("%s: got %+v, want same %v", name, got, c.want)
		}
	}
}

func TestCompareSaysWhatMakesRunsUnlike(t *testing.T) {
	before, after := runOf(t, 1), runOf(t, 1)
	before.Environment = results.Environment{RunID: "a", Hostname: "a", FsyncP50NS: 100_000, Versions: map[string]string{"raft": "v1", "grpc": "v3"}}
	after.Environment = results.Environment{RunID: "b", Hostname: "b", FsyncP50NS: 300_000, Versions: map[string]string{"raft": "v2"}}
	before.Experiment = []byte("name: a\nnodes: [1, 3]\nraft:\n  commit_timeout: 50ms\n")
	after.Experiment = []byte("# a comment\nname: b\nnodes:\n- 1\n- 3\nraft: {commit_timeout: 5ms, max_rpcs_in_flight: 16}\nlabel: \"\"\n")
	after.Trials[0].Cell = "n9"
	after.Trials[0].Nodes = 9
	c, err := Compare(before, after, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := Comparison{
		Old: "a", New: "b", OldDir: before.Dir, NewDir: after.Dir, Changes: []Change{}, Means: []Mean{}, OnlyOld: []string{"n3-x"}, OnlyNew: []string{"n9"},
		Unlike: []Contrast{
			{What: TraitHost, Old: "a", New: "b"}, {What: TraitFsync, Old: "100000", New: "300000"},
			{What: TraitVersion, Name: "grpc", Old: "v3"}, {What: TraitVersion, Name: "raft", Old: "v1", New: "v2"},
			{What: TraitSetting, Name: "raft.commit_timeout", Old: "50ms", New: "5ms"}, {What: TraitSetting, Name: "raft.max_rpcs_in_flight", New: "16"},
			{What: TraitSetting, Name: "name", Old: "a", New: "b"},
		},
		Same: Common{Traits: []Trait{TraitFsyncReal}, Settings: 1}, More: []Comparison{},
	}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Error(diff)
	}
}

// What a host was doing, and how much was measured, is told where it is far off.
func TestCompareTellsTheConditionsThatAreFarOff(t *testing.T) {
	before, after := runOf(t, 1), runOf(t, 1)
	before.Environment = results.Environment{FsyncP50NS: 100, FsyncP99NS: 1000, Load1: 0.01}
	after.Environment = results.Environment{FsyncP50NS: 150, FsyncP99NS: 3000, Load1: 0.2}
	differ, _ := unlikeOf(t, before, after)
	if diff := cmp.Diff([]Contrast{{What: TraitFsyncP99, Old: "1000", New: "3000"}}, differ); diff != "" {
		t.Error(diff)
	}
	after.Environment = before.Environment
	after.Environment.Load1 = 3.4
	for i := range before.Trials {
		after.Trials[i].Windows = slices.Clone(after.Trials[i].Windows)
		after.Trials[i].Window(results.RoleLight).ForeignBusy = 0.4
	}
	more := runOf(t, 1, 1, 1)
	more.Environment = after.Environment
	for i := range more.Trials {
		more.Trials[i].Block = i
	}
	differ, _ = unlikeOf(t, after, more)
	if len(differ) != 2 || differ[0].What != TraitOthers || differ[1].What != TraitBlocks || differ[1].Old != "1" || differ[1].New != "3" {
		t.Errorf("got %+v, want others' share and the blocks", differ)
	}
	differ, _ = unlikeOf(t, before, after)
	if len(differ) != 2 || differ[0].What != TraitLoad || differ[0].Old != "0.01" || differ[0].New != "3.4" || differ[1].What != TraitOthers {
		t.Errorf("got %+v, want the load before and others' share", differ)
	}
}

// Two runs of arms differ where one of the arms was built of something else.
func TestCompareTellsTheArmsBuilds(t *testing.T) {
	before, after := runOf(t, 1), runOf(t, 1)
	arm := func(name, build, sum, raft string) results.ArmBuild {
		return results.ArmBuild{Arm: name, Build: build, SHA256: strings.Repeat(sum, 64), Versions: map[string]string{"raft": raft}}
	}
	before.Environment.Arms = []results.ArmBuild{arm("a", "devel", "0", "v1"), arm("b", "devel", "1", "v1")}
	after.Environment.Arms = []results.ArmBuild{arm("a", "devel", "0", "v1"), arm("b", "devel", "2", "v2")}
	differ, same := unlikeOf(t, before, after)
	want := []Contrast{
		{What: TraitArmBuild, Arm: "b", Old: "devel, SHA-256 111111111111", New: "devel, SHA-256 222222222222"},
		{What: TraitVersion, Name: "raft", Arm: "b", Old: "v1", New: "v2"},
	}
	if diff := cmp.Diff(want, differ); diff != "" {
		t.Error(diff)
	}
	if same.Versions != 1 || !slices.Contains(same.Traits, TraitArmBuild) {
		t.Errorf("got %+v the same", same)
	}
}

func experimentOf(run *results.Run, text string) *results.Run {
	run.Experiment = []byte(text)
	return run
}

func unlikeOf(t *testing.T, before, after *results.Run) ([]Contrast, Common) {
	t.Helper()
	c, err := Compare(before, after, nil)
	if err != nil {
		t.Fatal(err)
	}
	return c.Unlike, c.Same
}

// Settings are named by their path, whichever way a list or a section is written;
// of lists of sections each key has its index.
func TestSettingsAreNamedByTheirPath(t *testing.T) {
	old := experimentOf(runOf(t, 1), "trials: 6\nnodes: 3\nstorage: {sync: 2ms}\nnetwork:\n  links:\n  - {from: a, to: b, delay: 5ms}\nfaults: []\n")
	latest := experimentOf(runOf(t, 1), "nodes: [3]\ntrials: 9\nstorage:\n  sync: real\nnetwork:\n  links: [{from: a, to: b, delay: 8ms}, {to: c}]\n")
	got, same := unlikeOf(t, old, latest)
	want := []Contrast{
		{What: TraitSetting, Name: "storage.sync", Old: "2ms", New: "real"}, {What: TraitSetting, Name: "network.links[0].delay", Old: "5ms", New: "8ms"},
		{What: TraitSetting, Name: "network.links[1].to", New: "c"}, {What: TraitSetting, Name: "trials", Old: "6", New: "9"},
	}
	if diff := cmp.Diff(want, got); diff != "" || same.Settings != 3 {
		t.Errorf("%d the same, want 3 (nodes and both ends of a link)\n%s", same.Settings, diff)
	}
}

// Two runs under other faults are told apart by them, as a whole, and their figures are
// not compared; under the same they are.
func TestOtherFaultsAreToldAndBar(t *testing.T) {
	under := func(text, experiment string) *results.Run {
		tr := trial(1, 100_000, 2000)
		if text != "" {
			tr.Settings = map[string]string{"faults": text}
		}
		return experimentOf(recorded(t, tr), experiment)
	}
	kill, pause := "at 1s kill leader", "at 1s pause leader"
	ofKill, ofPause := "faults: [{at: 1s, action: kill, target: leader}]\n", "faults: [{at: 1s, action: pause, target: leader}]\n"
	got, _ := unlikeOf(t, under(kill, ofKill), under(pause, ofPause))
	want := []Contrast{{What: TraitFaults, Old: kill, New: pause, Bars: true, Cells: []string{"n3-x"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got, _ := unlikeOf(t, under("", "faults: []\n"), under(pause, ofPause)); len(got) != 1 || got[0].Old != "" || !got[0].Bars {
		t.Errorf("faults against none: got %+v, want it told", got)
	}
	if got, _ := unlikeOf(t, under(kill, ofKill), under(kill, ofKill)); len(got) > 0 {
		t.Errorf("the same faults: got %+v, want nothing told", got)
	}
}

// What cannot be read key by key is told to differ as a whole, or not at all.
func TestAnExperimentThatCannotBeReadIsTold(t *testing.T) {
	broken := "nodes: [3\n"
	for other, want := range map[string][]Contrast{broken: {}, "nodes: 3\n": {{What: TraitExperiment}}, "nodes: 3\nnodes: 5\n": {{What: TraitExperiment}}} {
		if got, _ := unlikeOf(t, experimentOf(runOf(t, 1), broken), experimentOf(runOf(t, 1), other)); len(got) != len(want) {
			t.Errorf("%q: got %+v, want %+v", other, got, want)
		}
	}
}

// A folder that names a file outside of itself as its profile has none.
func TestNoProfileOutsideOfARunIsRead(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "mine.yaml")
	if err := os.WriteFile(outside, []byte("secret: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := runOf(t, 1)
	relative, err := filepath.Rel(run.Dir, outside)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{outside, relative} {
		if profileFile(run, path) != nil {
			t.Errorf("%s was read", path)
		}
	}
	if err := errors.Join(os.Mkdir(filepath.Join(run.Dir, "networks"), 0o755), os.WriteFile(filepath.Join(run.Dir, "networks", "mine.yaml"), []byte("sites: [a]\n"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if w := profileFile(run, "networks/mine.yaml"); w == nil || w.at["sites"] != "a" {
		t.Errorf("got %+v", w)
	}
}

// A setup whose network has another name is shown beside its like, where that is
// one; of several nobody knows which is meant.
func TestSetupsOfOtherNetworksAreMatchedByTheRest(t *testing.T) {
	on := func(profiles ...string) *results.Run {
		var trials []results.Trial
		for _, profile := range profiles {
			tr := trial(1, 1000, 2000)
			tr.Cell, tr.Profile = "n3-"+profile, profile
			trials = append(trials, tr)
		}
		return recorded(t, trials...)
	}
	c, err := Compare(on("az"), on("wan"), spread(t, 0, 0.01, -0.01))
	if err != nil || len(c.Changes) == 0 || len(c.OnlyOld)+len(c.OnlyNew) > 0 {
		t.Fatalf("got %+v, %v", c, err)
	}
	for _, ch := range c.Changes {
		if ch.Cell != "n3-az" || ch.NewCell != "n3-wan" || ch.Verdict != Incomparable || ch.P != nil || ch.Decided != stats.Undecided {
			t.Errorf("got %+v", ch)
		}
	}
	if len(c.Means) > 0 || len(c.Unlike) != 1 || !c.Unlike[0].Bars {
		t.Errorf("got means %+v, unlike %+v", c.Means, c.Unlike)
	}
	c, err = Compare(on("az"), on("wan", "lan"), nil)
	if err != nil || len(c.Changes) > 0 || len(c.OnlyOld) != 1 || len(c.OnlyNew) != 2 {
		t.Errorf("several: got %+v, %v", c, err)
	}
}

// The more runs are asked about at once, the more evidence each answer needs.
func TestAllRunsAreAskedAtOnce(t *testing.T) {
	s := spread(t, 0, 0.01, -0.01, 0.005, -0.005, 0)
	side := func(run *results.Run) Side {
		side, err := SideOf(run)
		if err != nil {
			t.Fatal(err)
		}
		return side
	}
	base, slower := side(runOf(t, 100_000, 101_000, 102_000)), side(runOf(t, 104_000, 105_040, 106_080))
	pOf := func(later ...Side) (p float64, questions int) {
		spreads := make([]*Spread, len(later))
		for i := range spreads {
			spreads[i] = s
		}
		c, err := CompareAll(base, later, spreads)
		if err != nil {
			t.Fatal(err)
		}
		ch := c.Changes[slices.IndexFunc(c.Changes, func(ch Change) bool { return ch.Metric == p50 })]
		if len(c.More) != len(later)-1 {
			t.Errorf("got %d more, want %d", len(c.More), len(later)-1)
		}
		return *ch.P, ch.Questions
	}
	alone, one := pOf(slower)
	among, four := pOf(slower, base, base, base)
	if one != 1 || four != 4 || alone > 0.05 || among < 3.9*alone || among <= 0.05 {
		t.Errorf("got p %v of %d questions alone, %v of %d among four runs", alone, one, among, four)
	}
}

// There is a geometric mean of several setups whose figures all have a logarithm.
func TestGeometricMeans(t *testing.T) {
	run := func(slower ...time.Duration) *results.Run {
		var trials []results.Trial
		for i, by := range slower {
			tr := trial(1, by*time.Millisecond, 2000)
			tr.Cell, tr.Nodes = fmt.Sprintf("n%d-x", i+1), i+1
			trials = append(trials, tr)
		}
		return recorded(t, trials...)
	}
	meansOf := func(old, latest *results.Run) map[string]Mean {
		c, err := Compare(old, latest, nil)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]Mean{}
		for _, m := range c.Means {
			out[m.Metric] = m
		}
		return out
	}
	m := meansOf(run(1, 4), run(2, 8))[p50]
	if m.Cells != 2 || math.Abs(m.Old-2e6) > 1 || math.Abs(m.New-4e6) > 1 || math.Abs(m.Ratio-2) > 1e-9 {
		t.Errorf("got %+v, want 2 ms, 4 ms and their ratio of 2", m)
	}
	if m, there := meansOf(run(1, 4), run(2, 8))["availability"]; there {
		t.Errorf("a share: got %+v", m)
	}
	if m, there := meansOf(run(1), run(2))[p50]; there {
		t.Errorf("one setup: got %+v", m)
	}
	failed := run(1, 4)
	l := &failed.Trials[0].Windows[0].Latency
	l.P50NS, l.P90NS, l.P99NS, l.P999NS, l.MaxNS = results.Never, results.Never, results.Never, results.Never, results.Never
	if m, there := meansOf(run(1, 4), failed)[p50]; there {
		t.Errorf("one never came back: got %+v", m)
	}
}

func TestASpreadThatEndedBeforeItBeganIsRefused(t *testing.T) {
	s := Spread{SchemaVersion: SpreadVersion, Begun: time.Unix(1, 0), Ended: time.Unix(2, 0)}
	if err := s.check(); err != nil {
		t.Error(err)
	}
	if s.Begun = time.Unix(3, 0); s.check() == nil {
		t.Error("got no error")
	}
}
