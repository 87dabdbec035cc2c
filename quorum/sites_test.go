package quorum

import "testing"

// roundRobin spreads members over sites as profiles do.
func roundRobin(nodes, sites int) []int {
	out := make([]int, min(nodes, sites))
	for i := range nodes {
		out[i%sites]++
	}
	return out
}

// Every choice of sites is tried: the oracle of ToleratesSites.
func TestToleratesSitesAgainstAllChoices(t *testing.T) {
	for nodes := 1; nodes <= 9; nodes++ {
		for sites := 1; sites <= 7; sites++ {
			members := roundRobin(nodes, sites)
			want := len(members)
			for choice := range 1 << len(members) {
				lost, alive := 0, nodes
				for i, m := range members {
					if choice&(1<<i) != 0 {
						lost, alive = lost+1, alive-m
					}
				}
				if alive < Size(nodes).Quorum() {
					want = min(want, lost-1)
				}
			}
			if got := Size(nodes).ToleratesSites(members); got != want {
				t.Errorf("%d nodes over %d sites, %v: got %d sites, want %d", nodes, sites, members, got, want)
			}
		}
	}
}

func TestTheFourthNodeOverThreeSites(t *testing.T) {
	for nodes, want := range map[int]int{1: 0, 2: 0, 3: 1, 4: 0, 5: 1, 6: 1, 7: 1} {
		if got := Size(nodes).ToleratesSites(roundRobin(nodes, 3)); got != want {
			t.Errorf("%d nodes over three sites: got %d, want %d", nodes, got, want)
		}
	}
	if !Size(4).NeedsSite(2) || Size(4).NeedsSite(1) || Size(5).NeedsSite(2) {
		t.Error("four nodes need the site of two of them, and none other; five need none of two")
	}
}

// One more and one more member is taken away after the worst site: the oracle of
// SpareAfterSite.
func TestSpareAfterTheWorstSite(t *testing.T) {
	for nodes := 1; nodes <= 12; nodes++ {
		for sites := 1; sites <= 7; sites++ {
			members := roundRobin(nodes, sites)
			want := nodes
			for _, lost := range members {
				spare := -1
				for dead := 0; dead <= nodes-lost && nodes-lost-dead >= Size(nodes).Quorum(); dead++ {
					spare = dead
				}
				want = min(want, spare)
			}
			if got, ok := Size(nodes).SpareAfterSite(members); ok != (want >= 0) || ok && got != want {
				t.Errorf("%d nodes over %v: got %d, %v; want %d", nodes, members, got, ok, want)
			}
		}
	}
	for nodes, want := range map[int]int{3: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 1} {
		if got, ok := Size(nodes).SpareAfterSite(roundRobin(nodes, 3)); !ok || got != want {
			t.Errorf("%d nodes over three sites: got %d, %v, want %d", nodes, got, ok, want)
		}
	}
}
