package report

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// heading names the run, its host and day, and what was set otherwise than
// usual. The label, a warning of the experiment's own, stands apart.
func (r *Report) heading() []string {
	first := []string{"run " + r.summary.RunID}
	if !r.env.StartedAt.IsZero() {
		first = append(first, r.env.StartedAt.UTC().Format("2006-01-02 15:04 UTC"))
	}
	out := []string{strings.Join(first, " · "), strings.Join(r.host(), " · ")}
	if placed := r.placements(); placed != "" {
		out = append(out, "members: "+placed)
	}
	if set := r.changed(); len(set) > 0 {
		out = append(out, "set: "+strings.Join(set, " · "))
	}
	if arms := r.arms(); len(arms) > 0 {
		out = append(out, "arms: "+strings.Join(arms, " · "))
	}
	return out
}

// arms are what tells a run's arms apart, the base first: a raftbench devel
// (4f2c1d0), b storage.apply_delay 75µs.
func (r *Report) arms() []string {
	var names []string
	own := map[string][]string{}
	for _, b := range r.env.Arms {
		own[b.Arm] = append(own[b.Arm], b.Build)
	}
	for _, c := range r.summary.Cells {
		name, is := c.Params[summary.ArmAxis]
		if is && !slices.Contains(names, name) {
			names = append(names, name)
		}
		for _, path := range slices.Sorted(maps.Keys(c.Settings)) {
			if text := path + " " + c.Settings[path]; is && r.armsDiffer(path) && !slices.Contains(own[name], text) {
				own[name] = append(own[name], text)
			}
		}
	}
	slices.SortStableFunc(names, wording.Natural)
	for i, name := range names {
		if what := own[name]; len(what) > 0 {
			names[i] += " " + strings.Join(what, ", ")
		}
	}
	return names
}

// armsDiffer tells whether a setting is not that of all arms.
func (r *Report) armsDiffer(path string) bool {
	if strings.HasPrefix(path, linkSettings) {
		return false // links are of the network, in which arms cannot differ
	}
	values := map[string]bool{}
	arms := false
	for _, c := range r.summary.Cells {
		if _, axis := c.Params[path]; axis {
			return false
		}
		_, is := c.Params[summary.ArmAxis]
		arms = arms || is
		values[c.Settings[path]] = true
	}
	return arms && len(values) > 1
}

// host is the machine and the network.
func (r *Report) host() []string {
	var out []string
	add := func(ok bool, text string) {
		if ok {
			out = append(out, text)
		}
	}
	env := r.env
	add(env.Hostname != "", "host "+wording.Shorten(env.Hostname, 24))
	add(env.Cores > 0, units.Plural(env.Cores, "core"))
	add(env.OS != "", strings.TrimSpace(env.OS+"/"+env.Arch))
	add(env.Filesystem != "", env.Filesystem)
	add(env.FsyncP50NS > 0 && r.disks() != allEmulated, "fsync "+wording.Duration(float64(env.FsyncP50NS)))
	add(len(r.profiles()) > 0, "network "+strings.Join(r.profiles(), ", ")+r.changedLinks())
	return out
}

func (r *Report) profiles() []string {
	var out []string
	for _, c := range r.summary.Cells {
		if c.Profile != "" && !slices.Contains(out, c.Profile) {
			out = append(out, c.Profile)
		}
	}
	return out
}

// linkSettings begin the paths of links that were changed:
// network.links.a→b.
const linkSettings = "network.links."

// maxChanges are how many changed links a heading lists.
const maxChanges = 6

// changedLinks follow the network's name: ", 1 link changed: a→b delay 20ms".
func (r *Report) changedLinks() string {
	links := r.settings(func(path string) bool { return strings.HasPrefix(path, linkSettings) })
	if len(links) == 0 {
		return ""
	}
	if all := everyLink(links); all != "" {
		return ", every link changed: " + all
	}
	var texts []string
	for i, l := range links {
		if i == maxChanges {
			texts = append(texts, fmt.Sprintf("%d more", len(links)-i))
			break
		}
		texts = append(texts, strings.TrimPrefix(l.path, linkSettings)+" "+l.value)
	}
	return ", " + units.Plural(len(links), "link") + " changed: " + strings.Join(texts, "; ")
}

// fewestAlike are the links from which on they are told in one, where all were changed
// alike.
const fewestAlike = 3

// everyLink is what all changed links were changed to, or one after the other as an
// axis of the experiment has it; empty where they differ.
func everyLink(links []settingOf) string {
	paths := map[string][]string{} // by what they are
	var values []string
	for _, l := range links {
		if len(paths[l.value]) == 0 {
			values = append(values, l.value)
		}
		paths[l.value] = append(paths[l.value], l.path)
	}
	for _, v := range values {
		if n := len(paths[v]); n != len(paths[values[0]]) || n < fewestAlike {
			return ""
		}
	}
	if len(values)*len(paths[values[0]]) != len(links) {
		return ""
	}
	return strings.Join(values, "; or ")
}

// timelineSetting is the path of the faults done under load, which have a table of their
// own.
const timelineSetting = "faults"

// changed are the settings that are not the usual ones.
func (r *Report) changed() []string {
	var out []string
	for _, s := range r.settings(func(path string) bool { return !strings.HasPrefix(path, linkSettings) && path != timelineSetting }) {
		if !r.armsDiffer(s.path) {
			out = append(out, s.path+" "+s.value)
		}
	}
	for _, text := range r.timeouts() {
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

type settingOf struct{ path, value string }

// settings are those of the chosen paths, of any setup, once each. What varies
// as an axis of the experiment stands in the setups' names.
func (r *Report) settings(chosen func(path string) bool) []settingOf {
	var out []settingOf
	for _, c := range r.summary.Cells {
		for _, path := range slices.Sorted(maps.Keys(c.Settings)) {
			s := settingOf{path, c.Settings[path]}
			if _, axis := c.Params[path]; chosen(path) && !axis && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// usualTimeouts are those of hashicorp/raft's DefaultConfig.
var usualTimeouts = results.Timeouts{HeartbeatNS: 1e9, ElectionNS: 1e9, LeaseNS: 5e8}

// timeouts are raft's where they are not the usual ones and no axis of the
// experiment says so already.
func (r *Report) timeouts() []string {
	var out []string
	for _, c := range r.summary.Cells {
		for _, t := range []struct {
			path       string
			got, usual int64
		}{
			{"raft.heartbeat_timeout", c.Timeouts.HeartbeatNS, usualTimeouts.HeartbeatNS},
			{"raft.election_timeout", c.Timeouts.ElectionNS, usualTimeouts.ElectionNS},
			{"raft.leader_lease_timeout", c.Timeouts.LeaseNS, usualTimeouts.LeaseNS},
		} {
			text := t.path + " " + wording.Setting(t.got)
			if _, axis := c.Params[t.path]; !axis && !r.armsDiffer(t.path) && t.got > 0 && t.got != t.usual && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}

// disks tells whose disks the logs were on.
type disks int

const (
	allReal disks = iota
	someEmulated
	allEmulated
)

func (r *Report) disks() disks {
	emulated := 0
	for _, c := range r.summary.Cells {
		if c.EmulatedSyncNS > 0 {
			emulated++
		}
	}
	switch {
	case emulated == 0:
		return allReal
	case emulated == len(r.summary.Cells):
		return allEmulated
	}
	return someEmulated
}

// colocation is said with every result: what grows with N on one host is
// partly the host.
func (r *Report) colocation() string {
	if len(r.env.Endpoints) > 0 {
		return "The cluster ran already: where its nodes are, and what they share, is not known here."
	}
	cores := "cores"
	if r.env.Cores > 0 {
		cores = units.Plural(r.env.Cores, "core")
	}
	const host = ": part of what grows with N is the host, not Raft."
	switch r.disks() {
	case allEmulated:
		return fmt.Sprintf("All N nodes share this host's %s; each has an emulated disk of its own, %s a sync, of which a write transaction makes two%s",
			cores, r.syncs(), host)
	case someEmulated:
		return fmt.Sprintf("All N nodes share this host's %s, and its one disk where each has no emulated one of its own (%s a sync)%s",
			cores, r.syncs(), host)
	}
	return "All N nodes share this host's " + cores + " and one disk" + host
}

// syncs are the times that emulated disks take.
func (r *Report) syncs() string {
	var out []string
	for _, c := range r.summary.Cells {
		if text := wording.Setting(c.EmulatedSyncNS); c.EmulatedSyncNS > 0 && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return strings.Join(out, " or ")
}

// unreal says what else was not as in production.
func (r *Report) unreal() []string {
	var out []string
	any := func(has func(summary.Cell) bool) bool { return slices.ContainsFunc(r.summary.Cells, has) }
	if any(func(c summary.Cell) bool { return c.MessageFaults }) {
		out = append(out, "Messages were dropped, delayed or doubled on purpose: a run for safety, no performance result.")
	}
	if any(func(c summary.Cell) bool { return !c.Durable }) {
		out = append(out, "Not durable: some of these stores keep nothing over a restart.")
	}
	return out
}
