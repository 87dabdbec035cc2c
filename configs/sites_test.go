package configs

import (
	"strings"
	"testing"
)

// sitesOf are the sites of a setup's members, n1 first.
func sitesOf(s Setup) string {
	var out []string
	for i := range s.Nodes {
		out = append(out, s.Network.Site(i))
	}
	return strings.Join(out, "")
}

// Members go round the sites, each as long as it has room; without a placement
// they go round all of them. What is written is read back the same.
func TestMembersStandWhereTheyArePlaced(t *testing.T) {
	for text, want := range map[string]struct {
		sites   []string // by size
		leaders []string
		changed string // of the first size
	}{
		"nodes: [3, 5]": {[]string{"abc", "abcab"}, []string{"a", "a"}, ""},
		"nodes: 5\nnetwork: {sites: {a: 2, b: 2, c: 1}}":                                   {[]string{"abcab"}, []string{"a"}, ""},
		"nodes: 5\nnetwork: {sites: {c: 1, a: 3, b: 1}}":                                   {[]string{"abcaa"}, []string{"a"}, "a=3,b=1,c=1"},
		"nodes: 3\nnetwork: {sites: {a: 0, b: 2, c: 1}}":                                   {[]string{"bcb"}, []string{"b"}, "b=2,c=1"},
		"nodes: [3, 5]\nnetwork: {sites: [{b: 3}, {a: 1, b: 3, c: 1}]}":                    {[]string{"bbb", "abcbb"}, []string{"b", "a"}, "b=3"},
		"nodes: [3, 5]\nleader: b\nnetwork: {sites: [{a: 1, b: 3, c: 1}, {b: 1, c: 2}]}\n": {[]string{"bcc", "abcbb"}, []string{"b", "b"}, "b=1,c=2"},
	} {
		p := mustPlan(t, text)
		again := mustPlan(t, string(p.YAML))
		for i, s := range p.Setups {
			if got := sitesOf(s); got != want.sites[i] || s.Leader != want.leaders[i] || sitesOf(again.Setups[i]) != got {
				t.Errorf("%q, %d nodes: got %s with the leader at %s, read back %s; want %s, %s",
					text, s.Nodes, got, s.Leader, sitesOf(again.Setups[i]), want.sites[i], want.leaders[i])
			}
		}
		if got := Changed(p.Setups[0])["network.sites"]; got != want.changed {
			t.Errorf("%q: told as changed: %q, want %q", text, got, want.changed)
		}
	}
}

// The links are those between the sites where the members were put.
func TestLinksFollowThePlacement(t *testing.T) {
	s := mustPlan(t, "nodes: 3\nnetwork: {sites: {a: 1, b: 2}}").Setups[0]
	if got, want := s.Links["n2"]["n3"].Delay, s.Network.Local.Delay; got != want {
		t.Errorf("n2→n3, both at b: got %v, want %v", got, want)
	}
	if got, want := s.Links["n1"]["n3"].Delay, s.Network.Shape("a", "b").Delay; got != want {
		t.Errorf("n1→n3: got %v, want %v", got, want)
	}
}

// A flag has the same placements in its own words.
func TestSitesFlag(t *testing.T) {
	apply := func(nodes, sites string) (Plan, error) {
		e, err := Default().Apply(Overrides{Nodes: nodes, Sites: sites})
		if err != nil {
			return Plan{}, err
		}
		return e.Plan()
	}
	p, err := apply("3,5", "a=1,b=1,c=1; a=3, b=1, c=1")
	if err != nil || len(p.Setups) != 2 || sitesOf(p.Setups[0]) != "abc" || sitesOf(p.Setups[1]) != "abcaa" {
		t.Errorf("got %v, %v", p.Setups, err)
	}
	for _, wrong := range []string{"a", "a=1,a=2", "a=x", "a=2", "d=3"} {
		if _, err := apply("3", wrong); err == nil || !strings.Contains(err.Error(), "--sites") {
			t.Errorf("--sites %s: got %v, want an error that names the flag", wrong, err)
		}
	}
}
