package configs

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var updateTimeline = flag.Bool("update-timeline", false, "write the nemesis' timeline into testdata: only with a new NemesisVersion")

// testedSetups of the safety preset: 3 and 5 nodes.
func testedSetups(t *testing.T, set ...string) []Setup {
	t.Helper()
	e, err := Preset("safety")
	if err != nil {
		t.Fatal(err)
	}
	if e, err = e.Apply(Overrides{Set: set}); err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return p.Setups
}

// The same seed and the same settings make the same faults, and another seed others.
func TestATimelineIsItsSeeds(t *testing.T) {
	for _, s := range testedSetups(t) {
		seen := map[string]int64{}
		for seed := range int64(100) {
			got := s.ForSafety(seed)
			if !reflect.DeepEqual(got, s.ForSafety(seed)) {
				t.Fatalf("%s, seed %d: two timelines", s.Cell, seed)
			}
			text := timelineText(got)
			if other, twice := seen[text]; twice {
				t.Errorf("%s: seeds %d and %d have one timeline", s.Cell, other, seed)
			}
			seen[text] = seed
		}
	}
}

// A generator that makes something else of a seed is another version: whoever changes
// it raises NemesisVersion, and then writes this file anew.
func TestTheGeneratorIsThatOfItsVersion(t *testing.T) {
	var b strings.Builder
	fmt.Fprintf(&b, "version %d\n", NemesisVersion)
	for _, s := range testedSetups(t, "nemesis.actions="+strings.Join(NemesisActions(), ","), "storage.power_loss=true", "storage.sync=real") {
		for seed := range int64(20) {
			fmt.Fprintf(&b, "%s, seed %d:\n%s", s.Cell, seed, timelineText(s.ForSafety(seed)))
		}
	}
	const file = "testdata/nemesis.txt"
	if *updateTimeline {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || string(want) != b.String() {
		t.Errorf("the timelines are not those of testdata (%v): raise NemesisVersion, then go test ./configs -run Generator -update-timeline", err)
	}
}

func timelineText(s Setup) string {
	var b strings.Builder
	for _, f := range s.Faults {
		b.WriteString("  " + f.text() + "\n")
	}
	return b.String()
}

// Every fault is one that an experiment may have, done within the load and over with
// it; and in many trials each action occurs.
func TestANemesisDoesWhatAnExperimentMay(t *testing.T) {
	for _, s := range testedSetups(t, "nemesis.actions="+strings.Join(NemesisActions(), ","), "storage.power_loss=true", "storage.sync=real", "nodes=1,2,3,4,5,7") {
		done := map[string]bool{}
		for seed := range int64(300) {
			got := s.ForSafety(seed)
			for i, f := range got.Faults {
				at := faultCheck{setup: got, i: i, f: f}
				at.Safety.Trials = 1
				at.action, _ = ActionNamed(f.Action)
				at.instants()
				at.target()
				at.groups()
				at.means()
				// That who is hit, or too many for a quorum, may be dead by then is part of it.
				for _, m := range at.errs {
					if !strings.Contains(m.told.Message, " dead") {
						t.Fatalf("%s, seed %d, %s: %v", s.Cell, seed, f.Action, m.told)
					}
				}
				if at.action.Lasts != (f.For > 0) || f.At+f.For > s.Safety.Duration {
					t.Fatalf("%s, seed %d: %s at %v for %v", s.Cell, seed, f.Action, f.At, f.For)
				}
				done[f.Action] = true
			}
		}
		for _, word := range s.fitting() {
			if !done[nemesisAction(word).Name] {
				t.Errorf("%s: no %s in 300 trials", s.Cell, word)
			}
		}
	}
}

// Each trial does some of the actions, at least a few of them, and hardly ever all.
func TestEachTrialDrawsItsActions(t *testing.T) {
	s := testedSetups(t)[0]
	sizes := map[int]int{}
	for seed := range int64(500) {
		kinds := map[string]bool{}
		for _, f := range s.ForSafety(seed).Faults {
			kinds[f.Action] = true
		}
		sizes[len(kinds)]++
	}
	if all := sizes[len(s.fitting())]; all > 0 {
		t.Errorf("%d of 500 trials did every action", all)
	}
	few := 0
	for n, trials := range sizes {
		if n < 2 {
			few += trials
		}
	}
	if few > 5 {
		t.Errorf("%d of 500 trials did fewer than two kinds of fault: %v", few, sizes)
	}
}

// The faults of the file are done too, in the order of their instants; messages can be
// harmed only by a transport that was made for it.
func TestForSafetyKeepsTheFilesFaults(t *testing.T) {
	s := testedSetups(t)[0]
	s.Faults = []TimedFault{{At: 5 * time.Second, Action: "kill", Target: "n1"}}
	for seed := range int64(20) {
		got := s.ForSafety(seed)
		if !slices.IsSortedFunc(got.Faults, func(a, b TimedFault) int { return int(a.At - b.At) }) {
			t.Fatalf("seed %d: not in order:\n%s", seed, timelineText(got))
		}
		if !slices.ContainsFunc(got.Faults, func(f TimedFault) bool { return f.At == 5*time.Second && f.Target == "n1" && f.For == 0 }) {
			t.Fatalf("seed %d: the file's own fault is gone:\n%s", seed, timelineText(got))
		}
		if harmed := got.harmsMessages(); harmed != (got.MessageFaults != nil) {
			t.Errorf("seed %d: message faults %v, and a transport for them %v", seed, harmed, got.MessageFaults != nil)
		}
	}
	if len(s.Faults) != 1 || s.MessageFaults != nil {
		t.Error("the setup itself was changed")
	}
}

// A replay is one trial of one setup, with the seed that was written, and its
// experiment.yaml says so.
func TestAReplayIsOneTrial(t *testing.T) {
	e, err := Preset("safety")
	if err != nil {
		t.Fatal(err)
	}
	if e, err = e.Apply(Overrides{Replay: "n5-hashicorp-none:4242", Trials: "3", Proofs: "2"}); err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Setups) != 1 || p.Setups[0].Nodes != 5 || p.Safety != 1 || p.Trials+p.Proofs != 0 || p.Replay == nil || p.Replay.Seed != 4242 || !p.KeepHistories {
		t.Errorf("got %d setups, %d safety trials, %d others, %v", len(p.Setups), p.Safety, p.Trials+p.Proofs, p.Replay)
	}
	again, err := Parse(p.YAML)
	if err != nil {
		t.Fatal(err)
	}
	q, err := again.Plan()
	if err != nil || q.Replay == nil || *q.Replay != *p.Replay || !reflect.DeepEqual(q.Setups, p.Setups) {
		t.Errorf("read back: %v, %+v", err, q.Replay)
	}
	for _, wrong := range []string{"n4-hashicorp-none:1", "n3-hashicorp-none", "n3-hashicorp-none:-1", ":5", "n3-hashicorp-none:x"} {
		applied, err := e.Apply(Overrides{Replay: wrong})
		if err == nil {
			_, err = applied.Plan()
		}
		if err == nil || !strings.Contains(err.Error(), "--replay") {
			t.Errorf("%s: got %v, want a refusal that names --replay", wrong, err)
		}
	}
}

// The preset has many snapshots due: entries enough for several of them are written in
// each trial, and a member that is away for a second needs one.
func TestTheSafetyPresetForcesSnapshots(t *testing.T) {
	for _, s := range testedSetups(t) {
		writes := 0.6 * s.Safety.Rate * s.Safety.Duration.Seconds()
		if least := 5 * float64(s.Raft.SnapshotThreshold); writes < least {
			t.Errorf("%s: some %.0f writes, want %.0f for several snapshots", s.Cell, writes, least)
		}
		if s.Raft.TrailingLogs > uint64(s.Safety.Rate/4) {
			t.Errorf("%s: %d entries are kept behind a snapshot: who is away for a second still finds them", s.Cell, s.Raft.TrailingLogs)
		}
	}
}
