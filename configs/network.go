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
)

// network is what follows from size, places, profile and links alone.
type network struct {
	profile netem.Profile
	leader  string
	links   map[string]map[string]netem.Shape
	// slowest is the longest round trip to a quorum, and why.
	slowest time.Duration
	reason  string
	// blame is found out only when that is too long.
	blame *blame
}

// blame for a round trip: how long it is without changed links, and the link
// that makes the most of it.
type blame struct {
	without time.Duration
	link    int
}

// networkKey tells networks apart.
func (c cell) networkKey() string {
	var key strings.Builder
	for i, path := range c.paths {
		if path == "nodes" || path == "leader" || path == "client" || strings.HasPrefix(path, "network.") {
			fmt.Fprintf(&key, "%s=%s\n", path, c.texts[i])
		}
	}
	return key.String()
}

// network is shared where an earlier cell had the same.
func (c cell) network() (*network, error) {
	key := c.networkKey()
	if n, known := c.networks[key]; known {
		return n, nil
	}
	profile, err := c.profile()
	if err != nil {
		return nil, err
	}
	s := Setup{Nodes: c.Nodes.First(), Network: profile, Leader: c.Leader.First(), Client: c.Client.First()}
	if s.Leader == "" {
		s.Leader = firstSite(profile)
	}
	s.Links = c.links(s)
	n := &network{profile: profile, leader: s.Leader, links: s.Links}
	n.slowest, n.reason = s.slowestQuorum(c.kills())
	c.networks[key] = n
	return n, nil
}

// profile is built in, or in a file of one's own.
func (c cell) profile() (netem.Profile, error) {
	name := c.Network.Profile.First()
	if isFile(name) {
		return netem.LoadProfile(name)
	}
	return netem.Lookup(name)
}

// noProfile tells why there is no profile: where it is named, and in a file of
// one's own the line as well.
func (c cell) noProfile(err error) *Error {
	advice := ProfileAdvice(c.Network.Profile.First(), err)
	var inFile *netem.ProfileError
	if !errors.As(err, &inFile) {
		return c.origin.mistake(err.Error(), advice, c.at("network.profile"))
	}
	theirs := *inFile
	theirs.File = fromHere(theirs.File)
	e := c.origin.mistake(theirs.Told(), advice, c.at("network.profile"))
	if e.Excerpt != "" {
		e.Excerpt = strings.TrimRight(e.Excerpt, "\n") + "\n" + theirs.File + ":\n"
	}
	e.Excerpt += theirs.Excerpt
	return e
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
	if isFile(name) {
		return cmp.Or(advice(err), "`raftbench profiles` lists the built-in ones; a file of one's own is found from where the experiment stands, with --profile from here")
	}
	return meantName(name, netem.Names(), advice(err))
}

// networksDir holds matrices of one's own beside the experiment that names them.
const networksDir = "networks"

// bundle copies the matrices of one's own, and names the copies instead: an
// experiment that is run again tomorrow must not depend on what somebody else
// made of a file since.
func (e *Experiment) bundle() (map[string][]byte, error) {
	copies := map[string][]byte{}
	for i, path := range e.Network.Profile {
		if !isFile(path) {
			continue
		}
		data, err := os.ReadFile(path)
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
		dir = filepath.Dir(e.origin.file)
	}
	profiles := slices.Clone(e.Network.Profile)
	for i, name := range profiles {
		if !isFile(name) || filepath.IsAbs(name) {
			continue
		}
		if abs, err := filepath.Abs(filepath.Join(dir, name)); err == nil {
			profiles[i] = abs
		}
	}
	e.Network.Profile = profiles
}

func isFile(profile string) bool {
	return strings.ContainsRune(profile, filepath.Separator) ||
		strings.HasSuffix(profile, ".yaml") || strings.HasSuffix(profile, ".yml")
}

func firstSite(p netem.Profile) string {
	if len(p.Sites) == 0 {
		return AnyLeader
	}
	return p.Sites[0]
}
