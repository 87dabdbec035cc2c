package summary

import (
	"slices"

	"github.com/raftbench/raftbench/quorum"
)

// Site is how many members of a cluster stand at one place.
type Site struct {
	Name    string
	Members int
	// Needed: writes stop where the whole site is lost.
	Needed bool
}

// Places are the sites that hold members, in the order in which they came in.
// There are none where it is not on record where the members stand.
func (c Cell) Places() []Site { return placesOf(c.Sites) }

func placesOf(sites []string) []Site {
	var out []Site
	for _, name := range sites {
		i := slices.IndexFunc(out, func(s Site) bool { return s.Name == name })
		if i < 0 {
			i, out = len(out), append(out, Site{Name: name})
		}
		out[i].Members++
	}
	for i := range out {
		out[i].Needed = quorum.Size(len(sites)).NeedsSite(out[i].Members)
	}
	return out
}

// zoneSpare is how many more nodes may die when the worst zone is lost, by
// arithmetic; nil where writes stop with it.
func zoneSpare(sites []string) *int {
	if spare, ok := quorum.Size(len(sites)).SpareAfterSite(membersOf(sites)); ok {
		return &spare
	}
	return nil
}

// ToleratesSites is how many whole sites may be lost at once, whichever they
// are, by arithmetic.
func ToleratesSites(sites []string) int {
	return quorum.Size(len(sites)).ToleratesSites(membersOf(sites))
}

func membersOf(sites []string) (members []int) {
	for _, s := range placesOf(sites) {
		members = append(members, s.Members)
	}
	return members
}
