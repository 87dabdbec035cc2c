package quorum

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// Search asks where members of a cluster, and its leader, best stand on a map of
// sites.
type Search struct {
	// Trip is the law of a round trip between two members at these sites, those of one
	// site included. It need not be alike in both directions: the first is the leader's.
	Trip [][]Law
	// Clients weigh the sites by how much is written from there. They write to the
	// leader.
	Clients []float64
	// Store is one write to a member's log, Code what the write takes beside logs and
	// network.
	Store, Code Law
	// HandOver is what a follower's answer takes beside its log and its round trip; one
	// member alone waits for none.
	HandOver time.Duration
	// Overlap as in a Write.
	Overlap bool
	// Sizes to try. A placement must tolerate the loss of any so many members, and of
	// any so many whole sites; not of both at once.
	Sizes                   []Size
	Tolerate, TolerateSites int
	// Leaders are the sites where the leader may stand; empty: any.
	Leaders []int
	// Missed tells by how much what all clients see misses what was asked, 0 where it
	// does not; nil: nothing was asked. Placements that miss less are better, whatever
	// else.
	Missed func(write Prediction) float64
}

// Placement is a cluster on the map.
type Placement struct {
	// Members at each site, Leader is the leader's site.
	Members []int `json:"members"`
	Leader  int   `json:"leader"`
	Nodes   Size  `json:"nodes"`
	// Tolerates members, and whole sites.
	Tolerates      int `json:"tolerates"`
	ToleratesSites int `json:"tolerates_sites"`
	// Commit is a write as a client beside the leader sees it, Write as all clients do.
	Commit Prediction `json:"commit"`
	Write  Prediction `json:"write"`
	// QuorumRTT is the usual round trip to the follower that completes the quorum.
	QuorumRTT time.Duration `json:"quorum_rtt_ns"`
}

// Placements are the best that were found: of each size, and of each number of sites
// that may be lost, from the least asked for up. Best of all first within a size.
type Placements struct {
	Best []Placement
	// Tried is how many were compared. Nearest is over how many sites members were
	// placed in every way, those nearest to the leader; all of them where it is the
	// number of sites. Where it is fewer, those placements over all sites were compared
	// too that put a majority as near to the leader as the sites to outlive allow.
	Tried, Nearest int
	// Redone is how many of each kind were calculated with their jitter, after all had
	// been compared without; 0 where no link has any.
	Redone int
}

// MostWeight of a site's clients: sums and products of weights and times stay exact enough
// far beyond any ratio of loads.
const MostWeight = 1e6

const (
	// mostTried bounds a search to about a second.
	mostTried = 200_000
	// redone of a kind: jitter changes the order of close ones.
	redone = 24
)

// Find searches. Without jitter the best of each kind takes the least that any
// placement of it can; with jitter that is so where every site is among the Nearest and no
// more than Redone of a kind come near each other. Where it finds nothing there is nothing.
func (s Search) Find() (Placements, error) {
	if err := s.check(); err != nil {
		return Placements{}, err
	}
	f := finder{Search: s, plain: s.plain(), store: s.Store.Quantile(0.5), code: s.Code.Quantile(0.5), kept: map[kind][]Placement{}}
	f.nearest = f.affordable()
	for _, leader := range s.leaders() {
		f.from(leader)
	}
	out := Placements{Tried: f.tried, Nearest: f.nearest}
	if s.varies() {
		out.Redone = redone
	}
	for _, k := range f.kinds() {
		out.Best = append(out.Best, f.best(k, out.Redone > 0))
	}
	return out, nil
}

func (s Search) leaders() []int {
	if len(s.Leaders) > 0 {
		return s.Leaders
	}
	all := make([]int, len(s.Trip))
	for i := range all {
		all[i] = i
	}
	return all
}

// varies tells whether any time is not constant.
func (s Search) varies() bool {
	for _, row := range s.Trip {
		if slices.ContainsFunc(row, func(l Law) bool { return !l.constant() }) {
			return true
		}
	}
	return !s.Store.constant() || !s.Code.constant()
}

// plain are the medians of all round trips.
func (s Search) plain() [][]time.Duration {
	out := make([][]time.Duration, len(s.Trip))
	for i, row := range s.Trip {
		for _, l := range row {
			out[i] = append(out[i], l.Quantile(0.5))
		}
	}
	return out
}

// kind of placements that are compared with one another.
type kind struct {
	size  Size
	sites int // tolerated
}

// finder compares placements without jitter and keeps the best of each kind.
type finder struct {
	Search
	plain       [][]time.Duration
	store, code time.Duration
	// ways of all clients to the leader whose placements are tried.
	ways    Prediction
	kept    map[kind][]Placement
	nearest int
	tried   int
}

// affordable is over how many sites all placements can be tried.
func (f *finder) affordable() int {
	for sites := len(f.Trip); sites > 1; sites-- {
		n := 0
		for _, size := range f.Sizes {
			n += len(f.leaders()) * spreads(int(size)-1, sites, mostTried)
		}
		if n <= mostTried {
			return sites
		}
	}
	return 1
}

// spreads counts the ways to put so many members at so many sites, up to a bound.
func spreads(members, sites, most int) int {
	n := 1
	for i := 1; i < sites; i++ {
		if n = n * (members + i) / i; n > most {
			return most + 1
		}
	}
	return n
}

// from tries all placements with this leader.
func (f *finder) from(leader int) {
	order := f.leadersView(leader)
	laws := make([]Law, len(f.Clients))
	for site := range laws {
		laws[site] = Always(f.plain[leader][site])
	}
	f.ways = Mixed(f.Clients, laws)
	for _, size := range f.Sizes {
		members := make([]int, len(f.Trip))
		members[leader] = 1
		f.place(leader, order[:f.nearest], size, int(size)-1, members)
		if f.nearest < len(order) {
			f.fill(leader, order, size)
		}
	}
}

// fill tries the placements over all sites that put a majority nearest to the leader.
func (f *finder) fill(leader int, order []int, size Size) {
	for lost := f.TolerateSites; 2*lost < len(order); lost++ {
		for _, members := range size.fills(lost, order) {
			f.consider(leader, size, members)
		}
	}
}

// leadersView are the sites by their distance from the leader, its own first.
func (f *finder) leadersView(leader int) []int {
	var order []int
	for i := range f.Trip {
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if a == leader || b == leader {
			return cmp.Compare(btoi(b == leader), btoi(a == leader))
		}
		return cmp.Compare(f.plain[leader][a], f.plain[leader][b])
	})
	return order
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// place puts the rest of the members at the sites left, in every way.
func (f *finder) place(leader int, sites []int, size Size, rest int, members []int) {
	if len(sites) == 1 {
		members[sites[0]] += rest
		f.consider(leader, size, members)
		members[sites[0]] -= rest
		return
	}
	for n := range rest + 1 {
		members[sites[0]] += n
		f.place(leader, sites[1:], size, rest-n, members)
		members[sites[0]] -= n
	}
}

// consider keeps a placement that is among the best of its kind.
func (f *finder) consider(leader int, size Size, members []int) {
	f.tried++
	sites := size.ToleratesSites(occupied(members))
	if sites < f.TolerateSites {
		return
	}
	p := Placement{Members: members, Leader: leader, Nodes: size, Tolerates: size.Tolerates(), ToleratesSites: sites}
	f.plainly(&p)
	k := kind{size, sites}
	at, known := slices.BinarySearchFunc(f.kept[k], p, f.compare)
	if at >= redone || known {
		return
	}
	p.Members = slices.Clone(members)
	f.kept[k] = slices.Insert(f.kept[k], at, p)
	f.kept[k] = f.kept[k][:min(len(f.kept[k]), redone)]
}

func occupied(members []int) []int {
	return slices.DeleteFunc(slices.Clone(members), func(m int) bool { return m == 0 })
}

// plainly predicts a placement without jitter.
func (f *finder) plainly(p *Placement) {
	p.QuorumRTT = CompletingRTT(f.trips(p), int(p.Nodes))
	commit := f.code + f.store
	if p.Nodes.Followers() > 0 {
		commit += p.QuorumRTT + f.HandOver
		if !f.Overlap {
			commit += f.store
		}
	}
	p.Commit = Prediction{P50: commit, P90: commit, P99: commit, Mean: commit}
	p.Write = Prediction{P50: f.ways.P50 + commit, P90: f.ways.P90 + commit, P99: f.ways.P99 + commit, Mean: f.ways.Mean + commit}
}

// trips are the usual round trips from the leader to each follower.
func (f *finder) trips(p *Placement) []time.Duration {
	var out []time.Duration
	for site, n := range p.Members {
		if site == p.Leader {
			n--
		}
		for range n {
			out = append(out, f.plain[p.Leader][site])
		}
	}
	return out
}

// compare puts the better placement first: what misses less of what was asked, then
// what half of the writes take, then what
// 99 % do, then at the leader, and then that with fewer members at its fullest site.
func (f *finder) compare(a, b Placement) int {
	missed := 0
	if f.Missed != nil {
		missed = cmp.Compare(f.Missed(a.Write), f.Missed(b.Write))
	}
	return cmp.Or(
		missed,
		cmp.Compare(a.Write.P50, b.Write.P50), cmp.Compare(a.Write.P99, b.Write.P99), cmp.Compare(a.Commit.P50, b.Commit.P50),
		cmp.Compare(slices.Max(a.Members), slices.Max(b.Members)),
		cmp.Compare(len(occupied(b.Members)), len(occupied(a.Members))),
		cmp.Compare(a.Leader, b.Leader),
		slices.Compare(b.Members, a.Members),
	)
}

// kinds that were found, by size and then by how many sites may be lost.
func (f *finder) kinds() []kind {
	var out []kind
	for k := range f.kept {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b kind) int { return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.sites, b.sites)) })
	return out
}

// best of a kind, with its jitter.
func (f *finder) best(k kind, jitter bool) Placement {
	all := f.kept[k]
	if jitter {
		for i := range all {
			f.exactly(&all[i])
		}
		slices.SortFunc(all, f.compare)
	}
	return all[0]
}

// exactly predicts a placement with its jitter.
func (s Search) exactly(p *Placement) {
	w := Write{LeaderSync: s.Store, Apply: s.Code, Overlap: s.Overlap}
	for site, n := range p.Members {
		if site == p.Leader {
			n--
		}
		for range n {
			w.Followers = append(w.Followers, s.Trip[p.Leader][site].Plus(s.Store).Plus(Always(s.HandOver)))
		}
	}
	commit := w.Law()
	p.Commit = commit.Summary()
	var laws []Law
	for site := range s.Clients {
		laws = append(laws, s.Trip[p.Leader][site].Plus(commit))
	}
	p.Write = Mixed(s.Clients, laws)
}

func (s Search) check() error {
	if len(s.Trip) == 0 || len(s.Clients) != len(s.Trip) {
		return fmt.Errorf("got a map of %d sites and clients at %d, want as many, and at least one", len(s.Trip), len(s.Clients))
	}
	for _, weight := range s.Clients {
		if !(weight >= 0 && weight <= MostWeight) {
			return fmt.Errorf("got clients of weight %g, want 0 to %g", weight, MostWeight)
		}
	}
	for _, size := range s.Sizes {
		if size < 1 || size.Tolerates() < s.Tolerate {
			return fmt.Errorf("got %d members, which tolerate the loss of %d, want at least %d", size, size.Tolerates(), 2*s.Tolerate+1)
		}
	}
	return nil
}
