package quorum

import "slices"

// ToleratesSites is how many whole sites a cluster may lose at once, whichever
// they are, with writes going on. members are how many stand at each site, the
// empty sites left out. With the members spread round robin over three sites,
// three and five survive any one of them, and four do not: two of the four
// stand together, and the other two are no majority.
func (n Size) ToleratesSites(members []int) int {
	largest := slices.Sorted(slices.Values(members))
	slices.Reverse(largest)
	dead := 0
	for k, m := range largest {
		if dead += m; dead > n.Tolerates() {
			return k
		}
	}
	return len(largest) // no members, nothing to lose
}

// NeedsSite tells whether the cluster stops with one site of so many members.
func (n Size) NeedsSite(members int) bool { return members > n.Tolerates() }

// SpareAfterSite is how many more members may die when the largest site is lost,
// with writes going on; ok is false where writes stop with that site already.
// Three nodes over three sites have none to spare then, and so have five to
// eight; nine have one.
func (n Size) SpareAfterSite(members []int) (spare int, ok bool) {
	if len(members) == 0 {
		return n.Tolerates(), true
	}
	spare = int(n) - slices.Max(members) - n.Quorum()
	return max(spare, 0), spare >= 0
}
