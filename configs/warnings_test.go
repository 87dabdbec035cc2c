package configs

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	withoutLocal = "sites: [a, b]\nrtt: {a: {b: 1ms}}\n"
	safetyRun    = "message faults: a safety run, labelled so: its figures are no performance result, and raft's pipelining is off"
)

func TestWhatDoesNothingIsSaid(t *testing.T) {
	for text, want := range map[string][]string{
		"{profile: multi-az, links: [{from: a, to: b}]}":                                        {"network.links[0]: the link a→b is not changed: no figure is given"},
		"{profile: none, links: [{from: n1, to: n9, delay: 1ms}]}":                              {"network.links[0]: does nothing: no size has a member n9"},
		"{profile: none, links: [{from: n1, to: n3, delay: 1ms}]}":                              nil,
		"{profile: aws-global-7, links: [{from: sao-paulo, loss: 1%}]}":                         {"network.links[0]: does nothing: no size has the link sao-paulo→every end"},
		"{profile: none, links: [{from: n1, to: n2, correlation: 25%}]}":                        {"network.links[0]: correlation and distribution are of the jitter, and the link n1→n2 has none: they do nothing"},
		"{profile: none, links: [{distribution: normal}]}":                                      {"network.links[0]: correlation and distribution are of the jitter, and the link every end→every end has none: they do nothing"},
		"{profile: none, links: [{distribution: normal}, {from: n1, delay: 1ms, jitter: 1us}]}": nil,
		"{profile: none, links: [{loss: 100%}]}":                                                {"with 3 nodes no member reaches a quorum, so none is elected: a loss of 100% cuts a link for good"},
		"{profile: none, links: [{from: n1, loss: 100%}, {to: n1, loss: 100%}]}":                nil,
		"{profile: none, links: [{from: n1, loss: 100%}, {from: n2, loss: 100%}]}":              {"with 3 nodes no member reaches a quorum, so none is elected: a loss of 100% cuts a link for good"},
		"{profile: none, message_faults: {drop: 1%}}":                                           {safetyRun},
		"{profile: none, message_faults: {drop: 1%, max_delay: 1ms}}":                           {safetyRun, "network.message_faults.max_delay does nothing: neither delay nor reorder has a share of the messages"},
		"{profile: none, message_faults: {max_delay: 1ms}}":                                     {"network.message_faults.max_delay does nothing: neither delay nor reorder has a share of the messages"},
	} {
		p := mustPlan(t, "nodes: [1, 3]\nraft: {leader_lease_timeout: 900ms}\nnetwork: "+text)
		if diff := cmp.Diff(want, p.Warnings, cmp.Transformer("empty", func(s []string) string { return fmt.Sprintf("%q", s) })); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	p := mustPlan(t, "nodes: 1\nnetwork: {profile: none, message_faults: {drop: 1%}}")
	if diff := cmp.Diff([]string{"message faults do nothing: a cluster of 1 sends no messages, and yet the run is labelled a safety run"}, p.Warnings); diff != "" {
		t.Error(diff)
	}
}

// What the experiment itself makes impossible is said before it is run.
func TestADiskOrATimeoutThatCannotDoIsSaid(t *testing.T) {
	const fast = "raft: {heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms}\nnodes: 3\nnetwork: {profile: none}\n"
	for text, want := range map[string][]string{
		"storage: {sync: 25ms}":                            {"storage.sync: none may be elected: with 25ms for a sync a vote takes 150ms to write, and the election_timeout is 150ms"},
		"storage: {sync: 10ms}":                            nil,
		"storage: {sync: 5ms}\nworkload: {timeout: 10ms}":  {"workload.timeout: hardly a write is answered within 10ms: its round trip and syncs take 20ms"},
		"storage: {sync: 5ms}\nworkload: {timeout: 100ms}": nil,
	} {
		p := mustPlan(t, fast+text)
		if diff := cmp.Diff(want, p.Warnings, cmp.Transformer("empty", func(s []string) string { return fmt.Sprintf("%q", s) })); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

// A round trip inside a site that nobody gave is not invented, and said to be
// none where members share a site.
func TestSharedSitesWithoutLocalAreSaid(t *testing.T) {
	path := write(t, t.TempDir(), "lab.yaml", withoutLocal)
	const want = "profile lab gives no `local`, and some members share a site: members of one site have no delay between them"
	for text, warned := range map[string]bool{
		"nodes: 2\nnetwork: {profile: %s}":                                        false,
		"nodes: [1, 3]\nnetwork: {profile: %s}":                                   true,
		"nodes: 3\nnetwork: {profile: %s, links: [{from: a, to: a, delay: 1ms}]}": false,
	} {
		p := mustPlan(t, fmt.Sprintf(text, path))
		if got := len(p.Warnings) == 1 && p.Warnings[0] == want; got != warned || len(p.Warnings) > 1 {
			t.Errorf("%s: got %q", text, p.Warnings)
		}
	}
}

// What a profile says to no effect reaches those who run it.
func TestWarningsOfAProfileAreThePlans(t *testing.T) {
	path := write(t, t.TempDir(), "lab.yaml", withoutLocal+"links: [{from: a, to: b}]\n")
	p := mustPlan(t, "nodes: 2\nnetwork: {profile: "+path+"}")
	if diff := cmp.Diff([]string{"profile lab: link a→b changes nothing: it has no figures"}, p.Warnings); diff != "" {
		t.Error(diff)
	}
}

// Experiment and profile read the same units; what is written is read back.
func TestUnitsOfLinks(t *testing.T) {
	for text, want := range map[string]string{
		"rate: 1Gbit": "1gbit", "rate: 1tbit": "1tbit", "rate: 1gibit": "1073741824bit", "rate: 10kibit": "10240bit",
		"rate: 1mbps": "8mbit", "rate: 0": "0bit", "rate: 0bit": "0bit", "rate: 1.001mbit": "1001kbit",
	} {
		p := mustPlan(t, "nodes: 2\nnetwork: {profile: none, links: [{from: n1, "+text+"}]}")
		if got, _ := Bitrate(p.Setups[0].Links["n1"]["n2"].Rate).MarshalText(); string(got) != want {
			t.Errorf("%s: got %s, wanted %s", text, got, want)
		}
	}
	p := mustPlan(t, "nodes: 2\nnetwork: {profile: none, links: [{delay: 5msec, jitter: 20usecs, loss: 1e-3%, limit: 4MB}]}")
	if got := p.Setups[0].Links["n1"]["n2"]; got.Delay != 5e6 || got.Jitter != 2e4 || got.Loss != 1e-5 || got.Limit != 4e6 {
		t.Errorf("got %+v", got)
	}
}

func TestTheMarkOfUTF8IsSkipped(t *testing.T) {
	if p := mustPlan(t, "\ufeffnodes: 3"); p.Setups[0].Nodes != 3 {
		t.Errorf("got %+v", p)
	}
}

// A loss of power that was asked for and cannot come about is said before the run.
func TestAPowerLossThatCannotBeIsSaid(t *testing.T) {
	const base = "nodes: 3\nnetwork: {profile: none}\ntrials: 1\n"
	for text, want := range map[string][]string{
		"storage: {power_loss: true}":                             nil,
		"storage: {power_loss: true, store: boltdb-nosync}":       nil,
		"storage: {sync: 1ms}":                                    nil,
		"storage: {power_loss: [false, true], sync: [real, 1ms]}": {"storage.power_loss does nothing: with storage.sync 1ms the disk is emulated, and its power cannot be cut (set storage.sync: real)"},
		"storage: {power_loss: true, store: inmem}":               {"storage.power_loss does nothing: the store inmem has no disk whose power could be cut (set storage.store: boltdb)"},
	} {
		p := mustPlan(t, base+text)
		if diff := cmp.Diff(want, p.Warnings, cmp.Transformer("empty", func(s []string) string { return fmt.Sprintf("%q", s) })); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}
