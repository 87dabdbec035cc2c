package summary

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/results"
)

// loss is a fault of a cluster of which so many members lived, after which writes
// went on after so many milliseconds; 0: they did not.
func loss(alive int, target string, ms int64, nodes ...string) results.Fault {
	f := results.Fault{Action: "kill", Target: target, Nodes: nodes, Leader: "n1", Alive: alive, AtNS: 1, DoneNS: 2}
	probe := results.Probe{Node: "n2", Failed: 3}
	if ms > 0 {
		probe.Acked, probe.FirstAckNS = 5, ms*1e6
	}
	f.Probes = []results.Probe{probe}
	return f
}

func losing(t results.Trial, faults ...results.Fault) *results.Trial {
	for i := range faults {
		faults[i].AtNS = int64(i+1) * 10e9
		faults[i].DoneNS = faults[i].AtNS + 1
	}
	t.Valid, t.Faults = true, faults
	return &t
}

// A loss counts where the cluster goes on without it; the first failures of a full
// cluster before others, and kills again and again before a proof's.
func TestLossesAreOfWhatIsTolerated(t *testing.T) {
	five := results.Trial{Kind: results.Proof, Nodes: 5, Sites: []string{"a", "b", "c", "a", "b"}}
	again := five
	again.Kind = results.Outages
	proof := losing(five,
		loss(5, "follower", 4, "n5"), loss(4, "leader", 2000, "n1"), loss(3, "follower", 0, "n2"),
		loss(5, "a", 1800, "n1", "n4"), loss(5, "c", 6, "n3"), loss(5, "b", 8, "n2", "n5"))
	ms := func(v float64) *float64 { return number(v * 1e6) }
	for name, c := range map[string]struct {
		trials []*results.Trial
		want   []Loss
	}{
		"a proof": {[]*results.Trial{proof}, []Loss{
			{LostFollower, ms(5), ms(6), 2, true}, {LostLeader, ms(2000), ms(2000), 1, false}, {LostZone, ms(1800), ms(1800), 1, true},
		}},
		"kills again and again": {[]*results.Trial{proof, losing(again, loss(5, "leader", 1500, "n1"), loss(5, "leader", 2500, "n1"), loss(5, "leader", 0, "n1"))}, []Loss{
			{LostFollower, ms(5), ms(6), 2, true}, {LostLeader, ms(2500), number(math.Inf(1)), 3, true}, {LostZone, ms(1800), ms(1800), 1, true},
		}},
		"a record without faults": {[]*results.Trial{{Kind: results.Proof, Nodes: 5, Proof: &results.ProofResult{OutageNS: 2e9}}}, []Loss{
			{LostLeader, ms(2000), ms(2000), 1, false},
		}},
		"nothing": {nil, nil},
	} {
		if diff := cmp.Diff(c.want, losses(c.trials)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

// What may die whichever zone it is comes from what was seen: one zone that takes
// the cluster down is believed of any trial, that none does of a valid one that lost
// every zone.
func TestZonesSurvivedAreThoseSeen(t *testing.T) {
	survived := func(sites ...string) results.ZoneResult { return results.ZoneResult{Sites: sites, Survived: true} }
	abc := []string{"a", "b", "c"}
	all := []results.ZoneResult{survived("b"), survived("a"), survived("c")}
	for name, c := range map[string]struct {
		valid bool
		sites []string
		zones []results.ZoneResult
		want  int
		seen  bool
	}{
		"each":                     {true, abc, all, 1, true},
		"an invalid trial":         {false, abc, all, 0, false},
		"one was not lost":         {true, abc, all[:2], 0, false},
		"one was not seen":         {true, abc, append(all[:2:2], results.ZoneResult{Sites: []string{"c"}}), 0, false},
		"one blocks":               {false, abc, append(all[:2:2], results.ZoneResult{Sites: []string{"c"}, Blocked: true}), 0, true},
		"two at once":              {true, abc, append(all[:3:3], survived("a", "b")), 2, true},
		"two at once, not each":    {true, abc, []results.ZoneResult{survived("a", "b")}, 0, false},
		"all stand in one":         {true, []string{"a", "a", "a"}, nil, 0, true},
		"they stand nowhere":       {true, nil, nil, 0, false},
		"one, and it was no proof": {false, []string{"a", "a", "a"}, nil, 0, false},
	} {
		tr := &results.Trial{Valid: c.valid, Sites: c.sites, Nodes: 3, Proof: &results.ProofResult{BlockedAt: 2, Zones: c.zones}}
		if got, seen := zonesSurvived(tr, 1); seen != c.seen || seen && got != c.want {
			t.Errorf("%s: got %d, %v; want %d, %v", name, got, seen, c.want, c.seen)
		}
	}
}
