package profiles

import (
	"embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/strictyaml"
)

//go:embed published/*.yaml
var published embed.FS

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

// Open returns a built-in profile by name, or reads the profile file that a path
// leads to.
func Open(nameOrPath string) (Profile, error) {
	if IsFile(nameOrPath) {
		return Load(nameOrPath)
	}
	return Lookup(nameOrPath)
}

// IsFile tells a path, which has a separator or ends in .yaml or .yml, from a
// built-in profile's name.
func IsFile(nameOrPath string) bool {
	ext := filepath.Ext(nameOrPath)
	return ext == ".yaml" || ext == ".yml" || strings.ContainsRune(nameOrPath, filepath.Separator)
}

// Load reads a profile file, in the format of the built-in ones. The profile is
// named after the file, without the extension.
func Load(path string) (Profile, error) {
	data, err := strictyaml.Read(path, "")
	if err != nil {
		return Profile{}, err
	}
	return named(path, data)
}

// OpenWithin is Open for a name or path out of a folder that somebody else may have
// made: a file outside of the folder is an error, and is not read. advice is what to do
// about a file that cannot be.
func OpenWithin(folder, nameOrPath, advice string) (Profile, error) {
	if !IsFile(nameOrPath) {
		return Lookup(nameOrPath)
	}
	data, err := strictyaml.ReadWithin(folder, nameOrPath, advice)
	if err != nil {
		return Profile{}, err
	}
	return named(nameOrPath, data)
}

func named(path string, data []byte) (Profile, error) {
	p, err := Parse(path, data)
	if err != nil {
		return Profile{}, err
	}
	p.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	return p, nil
}

// Names lists the built-in profiles, `none` first, then from near to far.
func Names() []string {
	return []string{
		"none", "same-az", "multi-az", "multi-az-wide",
		"aws-us-3", "azure-us-3", "gcp-3", "aws-global-5", "aws-global-7", "azure-global-7",
	}
}
