package bench

import (
	"slices"
	"testing"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
)

// setups of an experiment as a person writes it.
func setups(tb testing.TB, text string) []configs.Setup {
	tb.Helper()
	e, err := configs.Parse([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		tb.Fatal(err)
	}
	return p.Setups
}

// A link that the experiment changes is the node's, not the profile's; both
// ends of the load generator's links are set; idle links are probed.
func TestNodesGetTheExperimentsLinks(t *testing.T) {
	s := setups(t, `
nodes: 3
client: b
network:
  profile: multi-az
  links: [{from: n1, to: n2, delay: 7ms}]
`)[0]
	nodes := nodeOptions(s, 1)
	if got := nodes[0].Links["n2"].Delay; got != 7*time.Millisecond {
		t.Errorf("n1→n2: got %v, want the 7ms written", got)
	}
	if got, want := nodes[1].Links["n1"].Delay, s.Network.Shape("b", "a").Delay; got != want {
		t.Errorf("n2→n1: got %v, want the profile's %v", got, want)
	}
	if got, want := nodes[0].Links[control.ClientLink].Delay, s.Network.Shape("a", "b").Delay; got != want {
		t.Errorf("n1→client: got %v, want %v", got, want)
	}
	c := &ownCluster{setup: s}
	if err := c.placeClient(1); err != nil || c.client == nil {
		t.Fatalf("the load generator has no end of its links: %v", err)
	}
	defer func() { _ = c.client.Close() }()
	for _, n := range nodes {
		if n.Probe != linkProbe {
			t.Errorf("%s: idle links are probed every %v, want %v", n.ID, n.Probe, linkProbe)
		}
	}
}

// Every trial records where its members stand.
func TestATrialRecordsItsSites(t *testing.T) {
	for text, want := range map[string][]string{
		"nodes: 4\nnetwork: {profile: multi-az}": {"a", "b", "c", "a"},
		"nodes: 3\nnetwork: {profile: none}":     nil,
	} {
		if got := newRecord(Job{Setup: setups(t, text)[0]}, 1).Sites; !slices.Equal(got, want) {
			t.Errorf("%q: got sites %q, want %q", text, got, want)
		}
	}
}

func TestTheLeaderStandsWhereItWasPut(t *testing.T) {
	for text, want := range map[string]string{
		"nodes: 5\nnetwork: {profile: multi-az}":              "n1",
		"nodes: 5\nleader: c\nnetwork: {profile: multi-az}":   "n3",
		"nodes: 5\nleader: any\nnetwork: {profile: multi-az}": "",
	} {
		s := setups(t, text)[0]
		if got := wantedLeader(s, nodeOptions(s, 1)); got != want {
			t.Errorf("%q: got leader %q, want %q", text, got, want)
		}
	}
}

// The pipeline's bound is that of the follower that completes the quorum: two
// batches of 64 in flight over a round trip of 25 ms carry 5,120 entries/s.
func TestPipelineBound(t *testing.T) {
	s := setups(t, "nodes: 3\nnetwork: {profile: none, links: [{delay: 12.5ms}]}")[0]
	if got := pipelineBound(s, "n1"); got < 5119 || got > 5121 {
		t.Errorf("got %.1f entries/s, want 2·64/25ms = 5120", got)
	}
}
