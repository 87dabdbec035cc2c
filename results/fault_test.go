package results

import (
	"strings"
	"testing"
)

// A fault's figures are bounded like all others, and contradict nothing.
func TestFaultsOutOfRangeAreRefused(t *testing.T) {
	good := func() Fault {
		return Fault{
			Action: "kill", Target: "leader", Nodes: []string{"n1"}, Repeat: 1, AtNS: 5, DoneNS: 6, EndNS: 9, Leader: "n1", Term: 2, Alive: 3,
			Probes: []Probe{{Node: "n1", FirstAckNS: 3, Acked: 1}},
		}
	}
	check := func(f Fault) error {
		trial := sampleTrial(1)
		trial.Attempt, trial.Kind, trial.Faults = 1, Outages, []Fault{f}
		return trial.check()
	}
	if err := check(good()); err != nil {
		t.Fatal(err)
	}
	for want, do := range map[string]func(*Fault){
		"want them in that order":      func(f *Fault) { f.EndNS = 4 },
		"done at 4":                    func(f *Fault) { f.DoneNS = 4 },
		"alive 100":                    func(f *Fault) { f.Alive = 100 },
		"want at least that one":       func(f *Fault) { f.Probes[0].Acked = 0 },
		"a count of -1":                func(f *Fault) { f.Probes[0].Unknown = -1 },
		"letters, digits":              func(f *Fault) { f.Action = "kill\x1b[2J" },
		"letters, digits and":          func(f *Fault) { f.Nodes[0] = "n\n1" },
		"a time in nanoseconds of -20": func(f *Fault) { f.Probes[0].FirstAckNS = -20 },
	} {
		f := good()
		do(&f)
		if err := check(f); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it refused with %q", err, want)
		}
	}
}

func TestEveryKindOfTrialIsRead(t *testing.T) {
	for kind, ok := range map[TrialKind]bool{Measure: true, Proof: true, Outages: true, Watch: true, "outage": false, "": false} {
		trial := sampleTrial(1)
		trial.Attempt, trial.Kind = 1, kind
		if err := trial.check(); ok != (err == nil) {
			t.Errorf("kind %q: got %v", kind, err)
		}
	}
}
