package quorum

// CanOutlive tells whether members can be placed at so many sites so that any lost of
// these sites may fail with writes going on. The fullest lost sites may hold as many
// members together as may fail, so that the least full of them holds at most an even
// share of these, and every other site no more than that.
func (n Size) CanOutlive(lost, sites int) bool {
	switch {
	case lost <= 0:
		return sites > 0
	case lost >= sites:
		return false
	}
	return int(n) <= n.Tolerates()+(sites-lost)*(n.Tolerates()/lost)
}

// fills are placements that outlive the loss of exactly so many sites, one of which
// answers soonest of all such placements where no time varies. sites stand in the order
// of their distance from the leader, its own first.
//
// They hold as many members at the nearest sites as may fail with these, and at each
// other site at most as many as at the least full of these. That makes a majority at
// the nearest sites that can hold one. The rest stands as near as it can, or evenly over
// the fewest sites that will do, or over all.
func (n Size) fills(lost int, sites []int) [][]int {
	if !n.CanOutlive(lost, len(sites)) {
		return nil
	}
	first, near, most := n.Quorum(), 1, int(n) // a majority at the leader's site
	if lost > 0 {
		first, near, most = n.Tolerates(), lost, n.Tolerates()/lost
	}
	others, rest := sites[near:], int(n)-first
	begin := make([]int, len(sites))
	evenly(begin, sites[:near], first)
	if rest == 0 || len(others) == 0 {
		begin[sites[0]] += rest
		return [][]int{begin}
	}
	var out [][]int
	fewest := min(max((rest+most-1)/most, lost+1), len(others))
	for _, over := range [][]int{others[:fewest], others} {
		members := append([]int(nil), begin...)
		evenly(members, over, rest)
		out = append(out, members)
	}
	for _, site := range others { // begin becomes the one that stands as near as it can
		n := min(rest, most)
		begin[site], rest = begin[site]+n, rest-n
	}
	return append(out, begin)
}

// evenly adds so many members at sites, one more at the first of them where they do not
// come out even.
func evenly(members, sites []int, n int) {
	for i, site := range sites {
		members[site] += n / len(sites)
		if i < n%len(sites) {
			members[site]++
		}
	}
}
