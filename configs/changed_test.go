package configs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
