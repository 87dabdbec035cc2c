package configs

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The faults of a timeline are among a setup's settings, the same text for all that do
// the same.
func TestTheTimelineIsASetting(t *testing.T) {
	of := func(faults string) string {
		p, err := planOf([]byte("nodes: 3\nworkload: {calm: {duration: 20s}}\n" + faults))
		if err != nil {
			t.Fatal(err)
		}
		return Changed(p.Setups[0])["faults"]
	}
	for text, want := range map[string]string{
		"seed: 1\n": "",
		"faults: [{at: 1s, action: kill, target: leader, for: 500ms}, {at: 3000ms, action: disk-slow, target: n2, sync: 20ms}]":                  "at 1s kill leader for 500ms; at 3s disk-slow n2 sync 20ms",
		"faults: [{at: 1000ms, action: kill, target: leader, for: 0.5s}, {at: 3s, action: disk-slow, target: n2, sync: 20ms}]":                   "at 1s kill leader for 500ms; at 3s disk-slow n2 sync 20ms",
		"faults: [{at: 1s, action: partition, groups: [[n1, n2], [n3]]}, {at: 2s, action: slow, target: n1->n2, link: {loss: 1%, delay: 20ms}}]": "at 1s partition n1 n2 | n3; at 2s slow n1->n2 link.delay 20ms link.loss 1%",
		"faults: [{at: 1s, action: message-faults, target: all, messages: {drop: 1%, delay: 5%, max_delay: 2ms}}]":                               "at 1s message-faults all messages.delay 0.05 messages.drop 0.01 messages.max_delay 2ms",
	} {
		if got := of(text); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", text, got, want)
		}
	}
	long := Setup{Faults: slices.Repeat([]TimedFault{{Action: "kill", Target: "leader"}}, 10_000)}
	other := Setup{Faults: append(slices.Clone(long.Faults), TimedFault{Action: "pause", Target: "leader"})}
	if text := long.timeline(); len(text) > 2*mostTimeline || text == other.timeline() {
		t.Errorf("a timeline of 10,000 faults is told in %d bytes, and one of another as %v the same", len(text), text == other.timeline())
	}
}

// A link that was changed is told with what it became: of the sites where all
// links between them changed alike, else of the members.
func TestChangedLinksAreToldByWhatTheyBecame(t *testing.T) {
	for text, want := range map[string]map[string]string{
		"nodes: 3\nnetwork: {profile: multi-az}": {},
		"nodes: 5\nnetwork: {profile: multi-az, links: [{from: a, to: b, delay: 20ms, loss: 1%}]}": {
			"network.links.a→b": "delay 20ms, loss 1%",
		},
		"nodes: 5\nnetwork: {profile: multi-az, links: [{from: n1, to: n2, rate: 10mbit}]}": {
			"network.links.n1→n2": "rate 10mbit",
		},
		"nodes: 3\nnetwork: {profile: none, links: [{from: n1, to: n2, delay: 3ms}]}": {
			"network.links.n1→n2": "delay 3ms",
		},
		"nodes: 3\nnetwork: {profile: multi-az, links: [{from: a, to: b, delay: 0ms}]}": {
			"network.links.a→b": "no delay",
		},
	} {
		p, err := planOf([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, Changed(p.Setups[0])); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}
