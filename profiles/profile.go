package profiles

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/strictyaml"
	"github.com/raftbench/raftbench/units"
)

//go:embed published/*.yaml
var published embed.FS

// Profile is the shapes between sites, with where its figures are from.
type Profile struct {
	Name   string
	Source string // who published it
	Date   string // when it was measured
	Sites  []string
	// Local is the shape between two members of one site.
	Local netem.Shape
	// NoLocal tells that the file does not say it: Local does nothing.
	NoLocal bool
	// Links by from-site and to-site.
	Links map[string]map[string]netem.Shape
	// Warnings are what the file says to no effect.
	Warnings []string
}

// unknownProfile is the error of Lookup.
type unknownProfile struct{ name string }

func (e unknownProfile) Error() string {
	return fmt.Sprintf("unknown network profile %q: there are %s", e.name, strings.Join(Names(), ", "))
}

func (e unknownProfile) Hint() string {
	return "a profile of your own is a YAML file: profile: ./my.yaml"
}

// Lookup returns a built-in profile; the error lists the names there are.
func Lookup(name string) (Profile, error) {
	if !slices.Contains(Names(), name) {
		return Profile{}, unknownProfile{name}
	}
	data, err := published.ReadFile("published/" + name + ".yaml")
	if err != nil {
		return Profile{}, fmt.Errorf("read the built-in profile %s: %w", name, err)
	}
	return parse(name, data) // none alone has no sites
}

// Open returns a built-in profile by name, or reads the file that a path (what
// has a separator or ends in .yaml or .yml) leads to.
func Open(nameOrPath string) (Profile, error) {
	ext := filepath.Ext(nameOrPath)
	if ext == ".yaml" || ext == ".yml" || strings.ContainsRune(nameOrPath, filepath.Separator) {
		return Load(nameOrPath)
	}
	return Lookup(nameOrPath)
}

// Load reads a profile from a file in the format of the built-in ones.
// It is named after the file, without the extension.
func Load(path string) (Profile, error) {
	data, err := strictyaml.Read(path, "")
	if err != nil {
		return Profile{}, err
	}
	p, err := Parse(path, data)
	p.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return p, err
}

// Names lists the built-in profiles, `none` first, then from near to far.
func Names() []string {
	return []string{
		"none", "same-az", "multi-az", "multi-az-wide",
		"aws-us-3", "azure-us-3", "gcp-3", "aws-global-5", "aws-global-7", "azure-global-7",
	}
}

// Site tells where member i (from 0) stands: members go round the sites.
// It is empty where the profile has no sites.
func (p Profile) Site(i int) string {
	if len(p.Sites) == 0 {
		return ""
	}
	return p.Sites[i%len(p.Sites)]
}

// netem.Shape of the directed link between two members at these sites.
func (p Profile) Shape(from, to string) netem.Shape {
	if from == to {
		return p.Local
	}
	return p.Links[from][to]
}

// RTT is the round trip between two sites by the links' plain delays.
func (p Profile) RTT(a, b string) time.Duration { return p.Shape(a, b).Delay + p.Shape(b, a).Delay }

// YAML writes the profile as a file that gives the same profile when it is
// read. None is written for a profile without sites.
func (p Profile) YAML() []byte {
	var b bytes.Buffer
	b.WriteString("# Round trips; a one-way delay is half of them. For your own profile: change this\n" +
		"# file, and name it under network.profile or with --profile.\n")
	for _, line := range [][2]string{{"source", p.Source}, {"date", p.Date}} {
		if line[1] != "" {
			fmt.Fprintf(&b, "%s: %s\n", line[0], quoted(line[1]))
		}
	}
	names := make([]string, len(p.Sites))
	for i, site := range p.Sites {
		names[i] = word(site)
	}
	fmt.Fprintf(&b, "sites: [%s]\n", strings.Join(names, ", "))
	if !p.NoLocal {
		fmt.Fprintf(&b, "local: %s # between two members of one site\n", units.FormatMillis(2*p.Local.Delay))
	}
	p.writeRTT(&b)
	p.writeLinks(&b)
	return b.Bytes()
}

func (p Profile) writeRTT(b *bytes.Buffer) {
	for i, from := range p.Sites[:max(0, len(p.Sites)-1)] {
		if i == 0 {
			b.WriteString("rtt: # each pair once\n")
		}
		var cells []string
		for _, to := range p.Sites[i+1:] {
			cells = append(cells, word(to)+": "+units.FormatMillis(p.RTT(from, to)))
		}
		fmt.Fprintf(b, "  %s: {%s}\n", word(from), strings.Join(cells, ", "))
	}
}

func (p Profile) writeLinks(b *bytes.Buffer) {
	for i, l := range p.Shaped() {
		if i == 0 {
			b.WriteString("links: # one direction each\n")
		}
		fields := []string{"from: " + word(l.From), "to: " + word(l.To)}
		if l.Shape.Delay == 0 {
			fields = append(fields, "delay: 0s")
		}
		for _, f := range l.Shape.Figures() {
			fields = append(fields, f.Key+": "+f.Value)
		}
		fmt.Fprintf(b, "  - {%s}\n", strings.Join(fields, ", "))
	}
}

// Direction is one directed link of a profile.
type Direction struct {
	From, To string
	Shape    netem.Shape
}

// Shaped lists the directions, site by site, that do more than half of a round
// trip: those whose way back takes longer or shorter, and those with other
// figures than a delay.
func (p Profile) Shaped() []Direction {
	var out []Direction
	for _, from := range p.Sites {
		for _, to := range p.Sites {
			s := p.Shape(from, to)
			if from != to && (s != netem.Shape{Delay: s.Delay} || s.Delay != p.Shape(to, from).Delay) {
				out = append(out, Direction{from, to, s})
			}
		}
	}
	return out
}

var plainWord = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// word is a site's name in YAML. Some words are no text there.
func word(site string) string {
	if plainWord.MatchString(site) && !slices.Contains([]string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}, site) {
		return site
	}
	return quoted(site)
}

// quoted is a JSON string, which is one in YAML too.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string into memory
	return strings.TrimSpace(b.String())
}
