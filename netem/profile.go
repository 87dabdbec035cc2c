package netem

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

//go:embed profiles/*.yaml
var profileFiles embed.FS

// Profile is a matrix of shapes between sites, with where its figures are from.
type Profile struct {
	Name   string
	Source string // who published it
	Date   string // when it was measured
	Sites  []string
	// Local is the shape between two members of one site.
	Local Shape
	// Links by from-site and to-site.
	Links map[string]map[string]Shape
}

// unknownProfile is the error of Lookup.
type unknownProfile struct{ name string }

func (e unknownProfile) Error() string {
	return fmt.Sprintf("unknown network profile %q: there are %s", e.name, strings.Join(Names(), ", "))
}

func (e unknownProfile) Hint() string {
	return "a matrix of your own is a YAML file: profile: ./my.yaml"
}

// Lookup returns a built-in profile; the error lists the names there are.
func Lookup(name string) (Profile, error) {
	if !slices.Contains(Names(), name) {
		return Profile{}, unknownProfile{name}
	}
	data, err := profileFiles.ReadFile("profiles/" + name + ".yaml")
	if err != nil {
		return Profile{}, fmt.Errorf("read the built-in profile %s: %w", name, err)
	}
	return ParseProfile(name, data)
}

// Open returns a built-in profile by name, or reads the file that a path (what
// has a separator or ends in .yaml or .yml) leads to.
func Open(nameOrPath string) (Profile, error) {
	ext := filepath.Ext(nameOrPath)
	if ext == ".yaml" || ext == ".yml" || strings.ContainsRune(nameOrPath, filepath.Separator) {
		return LoadProfile(nameOrPath)
	}
	return Lookup(nameOrPath)
}

// LoadProfile reads a profile from a file in the format of the built-in ones.
// It is named after the file, without the extension.
func LoadProfile(path string) (Profile, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Profile{}, fmt.Errorf("read the network profile: %w", err)
	}
	p, err := ParseProfile(path, data)
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

// Shape of the directed link between two members at these sites.
func (p Profile) Shape(from, to string) Shape {
	if from == to {
		return p.Local
	}
	return p.Links[from][to]
}

// RTT is the round trip between two sites by the links' plain delays.
func (p Profile) RTT(a, b string) time.Duration { return p.Shape(a, b).Delay + p.Shape(b, a).Delay }
