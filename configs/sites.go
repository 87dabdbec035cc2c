package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/strictyaml"
)

// Placements say where members stand, one placement for each size of cluster.
// There is none where members go round the profile's sites, which is the default.
// It is no axis: a size has one placement, the one that adds up to it.
type Placements []Placement

// Placement is how many members of a cluster stand at each site, as written.
type Placement []SiteMembers

// SiteMembers are so many members at a site.
type SiteMembers struct {
	Site    string
	Members int
}

// placementWant says what a placement looks like.
const placementWant = "the members at each site such as {a: 2, b: 2, c: 1}"

// total of its members.
func (p Placement) total() (n int) {
	for _, s := range p {
		n += s.Members
	}
	return n
}

// String is the placement as a flag has it: a=2,b=2,c=1.
func (p Placement) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = fmt.Sprintf("%s=%d", s.Site, s.Members)
	}
	return strings.Join(parts, ",")
}

// members are the sites of n1, n2 and so on: they go round the sites, each as long
// as it has room, so that a placement as even as the default is the default.
func (p Placement) members(sites []string) []string {
	left := map[string]int{}
	for _, s := range p {
		left[s.Site] = s.Members
	}
	var out []string
	for more := true; more; {
		more = false
		for _, site := range sites {
			if left[site] > 0 {
				left[site]--
				out, more = append(out, site), true
			}
		}
	}
	return out
}

// ofSize is the placement of so many members, with its place in the list.
func (ps Placements) ofSize(nodes int) (p Placement, at int, ok bool) {
	at = slices.IndexFunc(ps, func(p Placement) bool { return p.total() == nodes })
	if at < 0 {
		return nil, at, false
	}
	return ps[at], at, true
}

func (ps Placements) path(i int) string { return element("network.sites", i, len(ps)) }

// sites holds the placements against the sizes: each size has one, and each is of a
// size.
func (c *checker) sites(ps Placements, sizes []int) {
	var told bool
	seen := map[int]bool{}
	for i, p := range ps {
		n := p.total()
		switch {
		case !slices.Contains(sizes, n):
			c.wrongSites(ps.path(i), fmt.Sprintf("got %d members (%s), want as many as nodes has: %s", n, p, numbers(sizes)))
			told = true
		case seen[n]:
			c.wrongSites(ps.path(i), fmt.Sprintf("got a second placement of %d members (%s), want one for each size", n, p))
		}
		seen[n] = true
	}
	for _, n := range sizes {
		if len(ps) > 0 && !seen[n] && !told {
			c.wrongSites("network.sites", fmt.Sprintf("got no placement of %d members, want one for each size in nodes: %s", n, numbers(sizes)))
		}
	}
}

func (c *checker) wrongSites(path, message string) {
	c.errs = append(c.errs, c.origin.mistake(message,
		"one size has sites: {a: 2, b: 2, c: 1}, several have a list of these; without any, members go round the sites", path, "network.sites"))
}

func numbers(of []int) string {
	texts := make([]string, len(of))
	for i, n := range of {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ", ")
}

// placed is the profile with the members where the experiment puts them.
func (c combination) placed(p profiles.Profile) profiles.Profile {
	if placement, _, ok := c.Network.Sites.ofSize(c.Nodes.First()); ok {
		p.Members = placement.members(p.Sites)
	}
	return p
}

// checkSites refuses a placement at a site that the profile does not have.
func (c combination) checkSites(s Setup) mistakes {
	placement, at, ok := c.Network.Sites.ofSize(s.Nodes)
	if !ok {
		return nil
	}
	var errs mistakes
	for _, p := range placement {
		if slices.Contains(s.Network.Sites, p.Site) {
			continue
		}
		path := c.Network.Sites.path(at)
		errs = append(errs, c.origin.mistake(fmt.Sprintf("profile %s has no site %q", s.Network.Name, p.Site),
			strictyaml.MeantName(p.Site, s.Network.Sites, siteAdvice(s.Network, "leave sites out, or name a profile that has some")),
			path+"."+p.Site, path, "network.sites"))
	}
	return errs
}

// changedSites is a placement that is not the default, for who reads the figures.
func (s Setup) changedSites() (string, bool) {
	var p Placement
	for i := range s.Nodes {
		site := s.Network.Site(i)
		at := slices.IndexFunc(p, func(m SiteMembers) bool { return m.Site == site })
		if at < 0 {
			at, p = len(p), append(p, SiteMembers{Site: site})
		}
		p[at].Members++
	}
	usual := s.Network
	usual.Members = nil
	for i := range s.Nodes {
		if s.Network.Site(i) != usual.Site(i) {
			return p.String(), true
		}
	}
	return "", false
}

// decodeSites reads one placement, or a list of them; an empty one is none.
func decodeSites(v strictyaml.Value, into *Placements) {
	all := []strictyaml.Value{v}
	if v.IsList() {
		all, _ = v.List("")
	}
	if len(all) > maxValues {
		v.Wrong("keep those of the sizes in nodes", "got %d placements, want at most %d", len(all), maxValues)
		return
	}
	*into = Placements{}
	for _, one := range all {
		if p := decodePlacement(one); len(p) > 0 {
			*into = append(*into, p)
		}
	}
}

func decodePlacement(v strictyaml.Value) (p Placement) {
	entries, _ := v.Entries(placementWant)
	for _, e := range entries {
		text, ok := e.Text("a number of members")
		if !ok {
			continue
		}
		n, err := membersAt(text)
		if err != nil {
			e.Wrong("write how many members stand there, such as "+e.Key()+": 2", "%v", err)
			continue
		}
		p = append(p, SiteMembers{e.Key(), n})
	}
	return p
}

func membersAt(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > MaxNodes {
		return 0, wanted(text, fmt.Sprintf("a whole number of members from 0 to %d", MaxNodes))
	}
	return n, nil
}

// set implements values: a flag's a=2,b=2,c=1, and more after semicolons.
func (ps *Placements) set(texts []string) error {
	all := Placements{}
	for one := range strings.SplitSeq(texts[0], ";") {
		var p Placement
		for part := range strings.SplitSeq(one, ",") {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			site, count, found := strings.Cut(part, "=")
			if site = strings.TrimSpace(site); !found || site == "" {
				return wanted(part, "a site and its members, such as a=2")
			}
			n, err := membersAt(strings.TrimSpace(count))
			if err != nil {
				return err
			}
			if slices.ContainsFunc(p, func(s SiteMembers) bool { return s.Site == site }) {
				return fmt.Errorf("got the site %s twice, want each once", site)
			}
			p = append(p, SiteMembers{site, n})
		}
		if len(p) > 0 {
			all = append(all, p)
		}
	}
	*ps = all
	return nil
}

func (ps *Placements) one() bool    { return true }
func (ps *Placements) want() string { return placementWant }

// MarshalYAML writes one placement plainly, several as a list, and none as {}.
func (ps Placements) MarshalYAML() (any, error) {
	all := make([]yaml.MapSlice, len(ps))
	for i, p := range ps {
		all[i] = yaml.MapSlice{}
		for _, s := range p {
			all[i] = append(all[i], yaml.MapItem{Key: s.Site, Value: s.Members})
		}
	}
	switch len(all) {
	case 0:
		return yaml.MapSlice{}, nil
	case 1:
		return all[0], nil
	}
	return all, nil
}
