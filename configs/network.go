package configs

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/strictyaml"
)

// network is what follows from size, places, profile and links alone.
type network struct {
	profile profiles.Profile
	leader  string
	links   map[string]map[string]netem.Shape
	// slowest is the longest round trip to a quorum, and why.
	slowest time.Duration
	reason  string
	// bottleneck is looked for only when that is too long.
	bottleneck *bottleneck
}

// bottleneck of a round trip: how long it is without changed links, and the
// link that makes the most of it.
type bottleneck struct {
	without time.Duration
	link    int
}

// shared is what combinations have in common, each thing made once.
type shared struct {
	profiles map[string]loaded
	// links differ with the members' and the load generator's places, networks
	// with the leader's as well.
	links    map[string]map[string]map[string]netem.Shape
	networks map[string]*network
}

func newShared() *shared {
	return &shared{map[string]loaded{}, map[string]map[string]map[string]netem.Shape{}, map[string]*network{}}
}

// loaded is a profile, or why there is none.
type loaded struct {
	profile profiles.Profile
	err     error
}

// varies is what a combination has of these axes and of those of the network.
func (c combination) varies(axes ...string) string {
	var key strings.Builder
	for i, path := range c.paths {
		if slices.Contains(axes, path) || strings.HasPrefix(path, "network.") {
			fmt.Fprintf(&key, "%s=%s\n", path, c.texts[i])
		}
	}
	return key.String()
}

// network is shared where an earlier combination had the same.
func (c combination) network() (*network, error) {
	key := c.varies("nodes", "leader", "client")
	if n, known := c.shared.networks[key]; known {
		return n, nil
	}
	profile, err := c.profile()
	if err != nil {
		return nil, err
	}
	profile = c.placed(profile)
	s := Setup{Nodes: c.Nodes.First(), Network: profile, Leader: c.Leader.First(), Client: c.Client.First()}
	if s.Leader == "" {
		s.Leader = firstSite(profile)
	}
	places := c.varies("nodes", "client")
	if c.shared.links[places] == nil {
		c.shared.links[places] = c.links(s)
	}
	s.Links = c.shared.links[places]
	n := &network{profile: profile, leader: s.Leader, links: s.Links}
	n.slowest, n.reason = s.slowestQuorum(c.kills())
	c.shared.networks[key] = n
	return n, nil
}

// profile is built in, or in a file.
func (c combination) profile() (profiles.Profile, error) {
	name := c.Network.Profile.First()
	p, known := c.shared.profiles[name]
	if !known {
		p.profile, p.err = c.origin.profile(name)
		c.shared.profiles[name] = p
	}
	return p.profile, p.err
}

// noProfile tells why there is no profile: in a file of one's own, each of its
// mistakes; else where it is named.
func (c combination) noProfile(err error) mistakes {
	var theirs strictyaml.Errors
	if !errors.As(err, &theirs) {
		return mistakes{c.origin.mistake(err.Error(), ProfileAdvice(c.Network.Profile.First(), err), c.at("network.profile"))}
	}
	all := make(mistakes, len(theirs))
	for i, e := range theirs {
		told := *e
		told.File = fromHere(e.File)
		all[i] = &mistake{told: &told}
	}
	return all
}

// fromHere shortens a path to one from the working directory, where it leads
// down from there.
func fromHere(path string) string {
	dir, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// ProfileAdvice says what to do where a profile cannot be had: what is wrong in
// its file, where such a file is looked for, or which built-in one is meant.
func ProfileAdvice(name string, err error) string {
	if profiles.IsFile(name) {
		return cmp.Or(advice(err), "`raftbench profiles` lists the built-in ones; a file of one's own is found from where the experiment stands, with --profile from here")
	}
	return strictyaml.MeantName(name, profiles.Names(), advice(err))
}

// networksDir holds profile files beside the experiment that names them.
const networksDir = "networks"

// bundle copies the profile files, and names the copies instead: an
// experiment that is run again tomorrow must not depend on what somebody else
// made of a file since.
func (e *Experiment) bundle() (map[string][]byte, error) {
	copies := map[string][]byte{}
	for i, path := range e.Network.Profile {
		if !profiles.IsFile(path) {
			continue
		}
		data, err := e.origin.read(path)
		if err != nil {
			return nil, fmt.Errorf("keep a copy of the network profile: %w", err)
		}
		to := networksDir + "/" + filepath.Base(path)
		for n := 2; copies[to] != nil; n++ { // the file's name is the profile's
			to = fmt.Sprintf("%s/%d/%s", networksDir, n, filepath.Base(path))
		}
		copies[to], e.Network.Profile[i] = data, to
	}
	return copies, nil
}

// absolute names profiles of one's own by their full path. A file names them
// from where it stands.
func (e *Experiment) absolute() {
	dir := ""
	if e.origin != nil && e.origin.flags["network.profile"] == "" {
		dir = filepath.Dir(e.origin.path)
	}
	names := slices.Clone(e.Network.Profile)
	for i, name := range names {
		if !profiles.IsFile(name) || filepath.IsAbs(name) {
			continue
		}
		if abs, err := filepath.Abs(filepath.Join(dir, name)); err == nil {
			names[i] = abs
		}
	}
	e.Network.Profile = names
}

// firstSite is the first of the profile's sites that has a member.
func firstSite(p profiles.Profile) string {
	if len(p.Sites) == 0 {
		return AnyLeader
	}
	return p.Site(0)
}
