package bench

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// overZones is a proof's cluster over three zones that elects fast.
func overZones(text string) string {
	return strings.Replace(text, "profile: none", "profile: multi-az", 1)
}

// ownProof is a proof with its load on a system that a test harms by itself.
func ownProof(t *testing.T, text string) (*trial, *proof) {
	t.Helper()
	tr := testRunner(t, text, nil).newTrial(Job{Setup: setups(t, text)[0], Kind: results.Proof, Trial: 1, Seed: 1}, 1)
	if err := tr.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := tr.newProof()
	tr.record.Proof = p.result
	if err := p.router.joinAll(t.Context(), p.system); err != nil {
		t.Fatal(err)
	}
	load := tr.offerToProof(t.Context(), p)
	t.Cleanup(func() {
		_, _ = load.stop()
		_ = tr.stop(t.Context())
	})
	return tr, p
}

// siteOf a proof's members.
func siteOf(p *proof, name string) stand {
	all := stands(p.system.Members())
	return all[slices.IndexFunc(all, func(s stand) bool { return s.site == name })]
}

// onlyFinding is the one finding of a proof, which is taken off the record.
func (p *proof) onlyFinding(t *testing.T) (f results.Finding) {
	t.Helper()
	if len(p.record.Findings) != 1 {
		t.Fatalf("got findings %+v, want one", p.record.Findings)
	}
	f, p.record.Findings = p.record.Findings[0], nil
	return f
}

// Four nodes over three zones die with zone a, which has two of them, and with no
// other: seen, and not taken from arithmetic. Where arithmetic is told that they
// are six, their standing still is a matter of liveness.
func TestFourNodesDieWithZoneA(t *testing.T) {
	_, p := ownProof(t, overZones(strings.Replace(quickly, "nodes: 3", "nodes: 4", 1)))
	p.setup.Nodes, p.patience = 6, time.Second
	a := siteOf(p, "a")
	if err := p.loses(t.Context(), []stand{a}); err == nil {
		t.Error("no error tells that the proof did not get to its end")
	}
	if f, z := p.onlyFinding(t), p.result.Zones[0]; f.Class != results.Liveness || z.Survived || z.Blocked {
		t.Errorf("got %+v, %+v, want a matter of liveness and nothing seen", f, z)
	}
	p.setup.Nodes, p.patience, p.result.Zones = 4, recoveryBound(p.setup.Raft), nil
	if err := p.bringBack(t.Context(), p.blows[0], a.members, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.siteBySite(t.Context()); err != nil || len(p.record.Findings) > 0 {
		t.Fatalf("%v, %+v", err, p.record.Findings)
	}
	for _, z := range p.result.Zones {
		a := slices.Equal(z.Sites, []string{"a"})
		if z.Blocked != a || z.Survived == a || a && (z.OutageNS != 0 || !slices.Equal(z.Members, []string{"n1", "n4"})) {
			t.Errorf("got %+v", z)
		}
	}
	if n := len(p.result.Zones); n != 3 || !p.result.Zones[0].LeaderThere {
		t.Errorf("%d zones, %+v: want three, the leader's first", n, p.result.Zones)
	}
	for _, f := range p.faults()[1:] {
		acked := slices.ContainsFunc(f.Probes, func(p results.Probe) bool { return p.FirstAckNS > 0 })
		if f.Alive != 4 || f.Action != actionKill || f.Leader == "" || f.Term == 0 || f.EndNS <= f.DoneNS || f.DoneNS <= f.AtNS || len(f.Probes) != 4 || !acked {
			t.Errorf("on record: %+v", f)
		}
	}
}

// Three nodes survive any zone. Where arithmetic is told that they are two, their
// going on without one is an acknowledgement without a majority.
func TestThreeNodesSurviveAnyZone(t *testing.T) {
	_, p := ownProof(t, overZones(quickly))
	p.setup.Nodes = 2
	c := siteOf(p, "c")
	if err := p.loses(t.Context(), []stand{c}); err != nil {
		t.Fatal(err)
	}
	if f, z := p.onlyFinding(t), p.result.Zones[0]; f.Class != results.Safety || f.Rule != results.RuleQuorum || z.Survived || z.Blocked {
		t.Errorf("got %+v, %+v, want the rule of quorums broken and nothing seen", f, z)
	}
	p.setup.Nodes, p.result.Zones = 3, nil
	if err := p.bringBack(t.Context(), p.blows[0], c.members, nil); err != nil {
		t.Fatal(err)
	}
	if err := p.siteBySite(t.Context()); err != nil || len(p.record.Findings) > 0 {
		t.Fatalf("%v, %+v", err, p.record.Findings)
	}
	for _, z := range p.result.Zones {
		if !z.Survived || z.Blocked || z.OutageNS <= 0 {
			t.Errorf("got %+v", z)
		}
	}
	if n := len(p.result.Zones); n != 3 || !p.result.Zones[0].LeaderThere {
		t.Errorf("%d zones, %+v: want three, the leader's first", n, p.result.Zones)
	}
}
