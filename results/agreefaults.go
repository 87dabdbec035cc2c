package results

import (
	"slices"
	"strconv"
	"strings"
)

// longestNS bounds every stretch of a fault's: twice what any window may last.
const longestNS = 2 * 24 * 3600 * 1e9

// isMember tells the cluster's members, n1 to as many as it has, from other names.
// A node that is added takes the name of one that was removed.
func (t *Trial) isMember(name string) bool {
	digits, _ := strings.CutPrefix(name, "n")
	i, err := strconv.Atoi(digits)
	return err == nil && i >= 1 && i <= t.Nodes && name == "n"+strconv.Itoa(i)
}

// areMembers wants members of the cluster, each once.
func (t *Trial) areMembers(r *ranges, what string, names []string) {
	for i, name := range names {
		switch {
		case !t.isMember(name):
			r.fail("%s: got %.40q, want members of n1 to n%d", what, name, t.Nodes)
		case slices.Contains(names[:i], name):
			r.fail("%s: got %.40q twice, want each member once", what, name)
		}
	}
}

// agreeOnFaults wants faults that this cluster can have had, in the order in which
// they were done. One goroutine does them, so that none begins before the one
// before; the clock may give two the same instant.
func (t *Trial) agreeOnFaults(r *ranges) {
	if t.Valid && t.Kind == Outages && len(t.Faults) == 0 {
		r.fail("a valid outage trial without a fault: want what it timed")
	}
	for i := range t.Faults {
		f := &t.Faults[i]
		t.agreeOnFault(r, f)
		if i > 0 && f.AtNS < t.Faults[i-1].AtNS {
			r.fail("a fault at %d ns after one at %d: want them in ascending order", f.AtNS, t.Faults[i-1].AtNS)
		}
		want := 0 // only an outage trial repeats its fault
		if t.Kind == Outages {
			want = i + 1
		}
		if f.Repeat != want {
			r.fail("fault %d of a trial of kind %q has repeat %d: want %d", i+1, t.Kind, f.Repeat, want)
		}
	}
}

func (t *Trial) agreeOnFault(r *ranges, f *Fault) {
	least := 0 // a timeline, or a proof, may have killed all before
	if t.Kind == Outages {
		least = 1
	}
	r.within("alive before a fault", int64(f.Alive), int64(least), int64(t.Nodes))
	t.areMembers(r, "the nodes of a fault", f.Nodes)
	if f.Leader != "" {
		t.areMembers(r, "the leader before a fault", []string{f.Leader})
	}
	var grouped, probed []string
	for _, g := range f.Groups {
		grouped = append(grouped, g...)
	}
	t.areMembers(r, "the groups of a partition", grouped)
	for i := range f.Probes {
		probed = append(probed, f.Probes[i].Node)
	}
	t.areMembers(r, "the probes of a fault", probed)
}

// agreeOnEvents wants what happened to this cluster, in order. A fault that is done
// to links names their ends, the client among them; one that ends others names nobody.
func (t *Trial) agreeOnEvents(r *ranges) {
	for i := range t.Events {
		e := &t.Events[i]
		for _, name := range []string{e.Node, e.Peer} {
			if name != "" && name != Client && !t.isMember(name) {
				r.fail("an event of %.40q: want one of a member, n1 to n%d, or of %q", name, t.Nodes, Client)
			}
		}
		r.within("the instant in nanoseconds of an event", e.AtNS, 0, maxTimeNS)
		if i > 0 && e.AtNS < t.Events[i-1].AtNS {
			r.fail("an event at %d ns after one at %d: want them in ascending order", e.AtNS, t.Events[i-1].AtNS)
		}
	}
}

// agreeOnZones wants the loss of sites at which members stand, of all of these.
func (t *Trial) agreeOnZones(r *ranges, zones []ZoneResult) {
	for i := range zones {
		z := &zones[i]
		var there []string
		for m, site := range t.Sites {
			if slices.Contains(z.Sites, site) {
				there = append(there, "n"+strconv.Itoa(m+1))
			}
		}
		for k, site := range z.Sites {
			if !slices.Contains(t.Sites, site) || slices.Contains(z.Sites[:k], site) {
				r.fail("the loss of sites %.200q: want each once, of those of the members, %.200q", z.Sites, t.Sites)
			}
		}
		t.areMembers(r, "the members of a loss", z.Members)
		if lost := slices.Sorted(slices.Values(z.Members)); !slices.Equal(lost, slices.Sorted(slices.Values(there))) {
			r.fail("the loss of sites %.200q took %.200q: want all who stand there, %.200q", z.Sites, z.Members, there)
		}
		if z.Blocked && z.OutageNS > 0 {
			r.fail("the loss of sites %.200q blocked, and was out for %d ns: want no end of it", z.Sites, z.OutageNS)
		}
	}
}
