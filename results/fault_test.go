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
		"want them in that order":       func(f *Fault) { f.EndNS = 4 },
		"done at 4":                     func(f *Fault) { f.DoneNS = 4 },
		"alive 100":                     func(f *Fault) { f.Alive = 100 },
		"want at least that one":        func(f *Fault) { f.Probes[0].Acked = 0 },
		"a count of -1":                 func(f *Fault) { f.Probes[0].Unknown = -1 },
		"letters, digits":               func(f *Fault) { f.Action = "kill\x1b[2J" },
		"letters, digits and":           func(f *Fault) { f.Nodes[0] = "n\n1" },
		"a time in nanoseconds of -20":  func(f *Fault) { f.Probes[0].FirstAckNS = -20 },
		"a time in nanoseconds of 259":  func(f *Fault) { f.Probes[0].FirstAckNS = 3 * 24 * 3600 * 1e9 },
		"nanoseconds of 25920000000000": func(f *Fault) { f.SilentNS = 300 * 24 * 3600 * 1e9 },
		"nanoseconds of 17280000000000": func(f *Fault) { f.EndNS = 6 + 200*24*3600*1e9 },
		"done at 6 and undone at 5":     func(f *Fault) { f.EndNS = 5 },
		"done at 0":                     func(f *Fault) { f.DoneNS, f.EndNS = 0, 0 },
		"alive before a fault 4":        func(f *Fault) { f.Alive = 4 },
		"alive before a fault 0":        func(f *Fault) { f.Alive = 0 },
		`got "n4", want members`:        func(f *Fault) { f.Nodes[0] = "n4" },
		`got "n01", want members`:       func(f *Fault) { f.Nodes[0] = "n01" },
		`got "n1" twice`:                func(f *Fault) { f.Nodes = []string{"n1", "n1"} },
		`fault: got "n0"`:               func(f *Fault) { f.Leader = "n0" },
		`fault: got "n7"`:               func(f *Fault) { f.Probes[0].Node = "n7" },
		`probes of a fault: got "n1"`:   func(f *Fault) { f.Probes = append(f.Probes, f.Probes[0]) },
		"has repeat 2: want 1":          func(f *Fault) { f.Repeat = 2 },
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
		trial.Attempt, trial.Kind, trial.Valid = 1, kind, false
		if err := trial.check(); ok != (err == nil) {
			t.Errorf("kind %q: got %v", kind, err)
		}
	}
}

// A record tells of faults and events in the order in which they came, of what the
// cluster can have had, and of sites at which its members stand.
func TestFaultsEventsAndZonesAgreeWithTheCluster(t *testing.T) {
	good := func() Trial {
		trial := sampleTrial(1)
		trial.Attempt, trial.Kind, trial.Sites = 1, Proof, []string{"a", "a", "b"}
		trial.Faults = []Fault{{Action: "kill", AtNS: 5, DoneNS: 6, Alive: 3}, {Action: "kill", AtNS: 5, DoneNS: 6}} // none was left alive
		trial.Events = []Event{{AtNS: 4, Node: Client, Kind: EventFault}, {AtNS: 4, Kind: EventFault}, {AtNS: 5, Node: "n3", Peer: "n1", Kind: EventVote}}
		trial.Proof = &ProofResult{Killed: []string{"n2", "n1"}, Leader: "n1", Acked: 1, Zones: []ZoneResult{
			{Sites: []string{"a"}, Members: []string{"n1", "n2"}, Blocked: true}, {Sites: []string{"b"}, Members: []string{"n3"}, Survived: true, OutageNS: 7},
		}}
		return trial
	}
	trial := good()
	if err := trial.check(); err != nil {
		t.Fatal(err)
	}
	for want, do := range map[string]func(*Trial){
		"a fault at 4 ns after one at 5":       func(t *Trial) { t.Faults[1].AtNS = 4 },
		"has repeat 1: want 0":                 func(t *Trial) { t.Faults[0].Repeat = 1 },
		`groups of a partition: got "n9"`:      func(t *Trial) { t.Faults[0].Groups = [][]string{{"n1"}, {"n9"}} },
		`groups of a partition: got "n1" twic`: func(t *Trial) { t.Faults[0].Groups = [][]string{{"n1"}, {"n1"}} },
		"prepared from 7 on: want it prepared": func(t *Trial) { t.Faults[1].PrepareNS = 7 },
		"an event at 3 ns after one at 4":      func(t *Trial) { t.Events[1].AtNS = 3 },
		"of an event -4":                       func(t *Trial) { t.Events[0].AtNS = -4 },
		`an event of "n4"`:                     func(t *Trial) { t.Events[2].Node = "n4" },
		`an event of "b"`:                      func(t *Trial) { t.Events[2].Peer = "b" },
		`killed of a proof: got "n2" twice`:    func(t *Trial) { t.Proof.Killed[1] = "n2" },
		`killed of a proof: got "n9"`:          func(t *Trial) { t.Proof.Killed[1] = "n9" },
		`leader of a proof: got "n9"`:          func(t *Trial) { t.Proof.Leader = "n9" },
		`the loss of sites ["z"]`:              func(t *Trial) { t.Proof.Zones[0].Sites[0] = "z" },
		`the loss of sites ["a" "a"]`:          func(t *Trial) { t.Proof.Zones[0].Sites = []string{"a", "a"} },
		`members of a loss: got "n5"`:          func(t *Trial) { t.Proof.Zones[1].Members[0] = "n5" },
		`took ["n1"]: want all who stand`:      func(t *Trial) { t.Proof.Zones[0].Members = []string{"n1"} },
		"survived and blocked":                 func(t *Trial) { t.Proof.Zones[1].Blocked = true },
		"want no end of it":                    func(t *Trial) { t.Proof.Zones[0].OutageNS = 7 },
		"a valid outage trial without a fault": func(t *Trial) { t.Kind, t.Proof, t.Faults = Outages, nil, nil },
		"has repeat 3: want 2": func(t *Trial) {
			t.Kind, t.Proof = Outages, nil
			t.Faults[0].Repeat, t.Faults[1].Repeat, t.Faults[1].Alive = 1, 3, 3
		},
	} {
		trial := good()
		do(&trial)
		if err := trial.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it refused with %q", err, want)
		}
	}
}
