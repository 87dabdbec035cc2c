package quorum

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// mapOf sites on a line, at these distances in ms of a round trip.
func mapOf(places ...int) [][]Law {
	out := make([][]Law, len(places))
	for i, a := range places {
		for _, b := range places {
			trip := time.Duration(math.Abs(float64(a-b)))*ms + ms/10
			out[i] = append(out[i], Always(trip))
		}
	}
	return out
}

// slowestOf is the oracle of a placement's commit: every choice of followers that
// makes a majority with the leader, and the fastest of them.
func slowestOf(trips []time.Duration, store time.Duration, n Size) time.Duration {
	best := time.Duration(math.MaxInt64)
	for choice := range 1 << len(trips) {
		acks, slowest := 1, time.Duration(0)
		for i, trip := range trips {
			if choice&(1<<i) != 0 {
				acks, slowest = acks+1, max(slowest, trip+store)
			}
		}
		if acks >= n.Quorum() {
			best = min(best, slowest)
		}
	}
	return best
}

// survives is the oracle of what a placement tolerates: every choice of lost sites.
func survives(members []int, sites int, n Size) bool {
	for choice := range 1 << len(members) {
		lost, alive := 0, 0
		for i, m := range members {
			if choice&(1<<i) != 0 {
				lost++
			} else {
				alive += m
			}
		}
		if lost <= sites && alive < n.Quorum() {
			return false
		}
	}
	return true
}

// The best of each size against a search that gives every member a site in turn, and
// a leader, and asks the oracles.
func TestBestPlacementAgainstAllOfThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.IntRange(0, 200), 2, 4).Draw(t, "places")
		n := Size(rapid.IntRange(1, 5).Draw(t, "nodes"))
		sites := rapid.IntRange(0, 2).Draw(t, "sites")
		s := Search{Trip: mapOf(places...), Store: Always(ms), Code: Always(2 * ms), Sizes: []Size{n}, TolerateSites: sites}
		for range places {
			s.Clients = append(s.Clients, float64(rapid.IntRange(0, 3).Draw(t, "weight"))+0.5)
		}
		want := time.Duration(math.MaxInt64)
		at := make([]int, n) // the site of each member, the first leads
		for code := range int(math.Pow(float64(len(places)), float64(n))) {
			members := make([]int, len(places))
			for i := range at {
				at[i] = code % len(places)
				code /= len(places)
				members[at[i]]++
			}
			if !survives(members, sites, n) {
				continue
			}
			var trips []time.Duration
			for _, site := range at[1:] {
				trips = append(trips, s.Trip[at[0]][site].Mean())
			}
			commit := 3*ms + slowestOf(trips, ms, n)
			if n == 1 {
				commit = 3 * ms
			}
			want = min(want, middleOf(s, at[0])+commit)
		}
		found, err := s.Find()
		if err != nil {
			t.Fatal(err)
		}
		got := time.Duration(math.MaxInt64)
		for _, p := range found.Best {
			got = min(got, p.Write.P50)
			if !survives(p.Members, p.ToleratesSites, n) || survives(p.Members, p.ToleratesSites+1, n) && p.ToleratesSites < len(occupied(p.Members)) {
				t.Fatalf("%v of %d is said to survive the loss of %d sites", p.Members, n, p.ToleratesSites)
			}
		}
		if got != want {
			t.Fatalf("%d at %v, %d sites: got %s, want %s", n, places, sites, got, want)
		}
	})
}

// middleOf all clients' ways to a leader.
func middleOf(s Search, leader int) time.Duration {
	type way struct {
		trip   time.Duration
		weight float64
	}
	var ways []way
	var all, sum float64
	for i, w := range s.Clients {
		ways = append(ways, way{s.Trip[leader][i].Mean(), w})
		all += w
	}
	slices.SortFunc(ways, func(a, b way) int { return int(a.trip - b.trip) })
	for _, w := range ways {
		if sum += w.weight; sum >= all/2-1e-9 {
			return w.trip
		}
	}
	return 0
}

// With jitter, what is said of the best is what it is: a simulation of it agrees.
func TestAPlacementWithJitterAgainstSimulation(t *testing.T) {
	s := Search{Trip: mapOf(0, 20, 50), Clients: []float64{1, 0, 0}, Store: Exponential(ms, ms), Sizes: []Size{5}, TolerateSites: 1}
	for i := range s.Trip {
		for j := range s.Trip[i] {
			s.Trip[i][j] = s.Trip[i][j].Plus(Exponential(0, 3*ms))
		}
	}
	found, err := s.Find()
	if err != nil || found.Redone == 0 {
		t.Fatal(found, err)
	}
	p := found.Best[0]
	r := rand.New(rand.NewPCG(5, 5))
	const draws = 100_000
	below := 0.0
	for range draws {
		var acks []time.Duration
		for site, n := range p.Members {
			for i := range n {
				if site != p.Leader || i > 0 {
					acks = append(acks, s.Trip[p.Leader][site].Draw()(r)+s.Store.Draw()(r))
				}
			}
		}
		slices.Sort(acks)
		if s.Trip[p.Leader][0].Draw()(r)+s.Store.Draw()(r)+acks[1] <= p.Write.P50 {
			below++
		}
	}
	if off := math.Abs(below/draws - 0.5); off > 0.01 {
		t.Errorf("%v led from %d: %.3f of the writes are below the p50 of %s", p.Members, p.Leader, below/draws, p.Write.P50)
	}
}

// Too many placements are not tried; those near the leader are, and that is said.
func TestALargeMapIsBounded(t *testing.T) {
	var places []int
	for i := range 60 {
		places = append(places, i*i)
	}
	s := Search{Trip: mapOf(places...), Clients: slices.Repeat([]float64{1}, 60), Sizes: []Size{5, 7, 9}, Tolerate: 2, TolerateSites: 1}
	found, err := s.Find()
	if err != nil || found.Nearest >= 60 || found.Nearest < 3 || found.Tried > mostTried || len(found.Best) == 0 {
		t.Errorf("got %d of 60 sites, %d tried, %d found, %v", found.Nearest, found.Tried, len(found.Best), err)
	}
	large := Search{Trip: mapOf(0, 1, 2), Clients: []float64{1, 1, 1}, Sizes: []Size{101}, Tolerate: 50, TolerateSites: 1}
	if found, err := large.Find(); err != nil || found.Nearest != 3 || len(found.Best) == 0 {
		t.Errorf("101 members: got %+v, %v", found, err)
	}
}

// Where not every way to place members is tried, what is found is as good: the best of
// each kind takes as long as the best of all of them, and no kind is missing.
func TestACutSearchFindsTheBestOfEachKind(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.SliceOfN(rapid.IntRange(0, 200), 2, 7).Draw(t, "places")
		n := Size(rapid.IntRange(1, 9).Draw(t, "nodes"))
		s := Search{Trip: mapOf(places...), Clients: slices.Repeat([]float64{1}, len(places)), Store: Always(ms), TolerateSites: rapid.IntRange(0, 3).Draw(t, "sites")}
		best := func(nearest int) map[kind]time.Duration {
			f := finder{Search: s, plain: s.plain(), store: ms, kept: map[kind][]Placement{}, nearest: nearest}
			f.Sizes = []Size{n}
			for leader := range places {
				f.from(leader)
			}
			out := map[kind]time.Duration{}
			for k, all := range f.kept {
				out[k] = all[0].Write.P50
			}
			return out
		}
		all, cut := best(len(places)), best(1)
		if !maps.Equal(all, cut) {
			t.Fatalf("%d at %v: got %v, want %v", n, places, cut, all)
		}
		_, can := all[kind{n, s.TolerateSites}]
		if got := n.CanOutlive(s.TolerateSites, len(places)); got != (len(all) > 0) || can && !got {
			t.Fatalf("%d at %d sites can outlive %d: got %v, found %v", n, len(places), s.TolerateSites, got, all)
		}
	})
}

// Seven sites of which three may fail take every size that an even spread allows, also
// where there are too many placements to compare.
func TestLargeClustersOutliveManySites(t *testing.T) {
	s := Search{Trip: mapOf(0, 64, 70, 149, 219, 200, 115), Clients: slices.Repeat([]float64{1}, 7), TolerateSites: 3}
	for _, n := range []Size{7, 15, 21, 25, 35, 49, 99} {
		s.Sizes = []Size{n}
		found, err := s.Find()
		if err != nil || len(found.Best) != 1 || !survives(found.Best[0].Members, 3, n) {
			t.Errorf("%d members: got %+v, %v", n, found, err)
		}
	}
	s.Sizes = []Size{11} // 2-2-2-2-1-1-1 is the most even, and loses 6 of 11
	if found, err := s.Find(); err != nil || len(found.Best) > 0 {
		t.Errorf("11 members: got %+v, %v", found, err)
	}
}

func TestSearchesThatCannotBeMeant(t *testing.T) {
	for _, s := range []Search{{}, {Trip: mapOf(1), Clients: []float64{1, 2}}, {Trip: mapOf(1), Clients: []float64{1}, Sizes: []Size{4}, Tolerate: 2}, {Trip: mapOf(1), Clients: []float64{1e308}, Sizes: []Size{1}}} {
		if got, err := s.Find(); err == nil {
			t.Errorf("got %+v", got)
		}
	}
}

// Seven regions and three sizes; 101 members over three zones.
func BenchmarkPlacement(b *testing.B) {
	for b.Loop() {
		s := Search{Trip: mapOf(0, 64, 70, 149, 219, 200, 115), Clients: slices.Repeat([]float64{1}, 7), Sizes: []Size{5, 6, 7}, Tolerate: 2}
		if _, err := s.Find(); err != nil {
			b.Fatal(err)
		}
	}
}
