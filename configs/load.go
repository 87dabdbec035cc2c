package configs

import (
	"embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/strictyaml"
)

//go:embed presets/*.yaml
var presets embed.FS

// Example is the commented experiment that init writes; it says what the
// defaults are and what every key means.
//
//go:embed example.yaml
var Example []byte

// Load reads the experiment in a file. What the file leaves out has Default's
// value. Mistakes are of type *strictyaml.Error or strictyaml.Errors.
func Load(path string) (Experiment, error) {
	data, err := strictyaml.Read(path, "name an experiment's file; `raftbench init` writes an example")
	if err != nil {
		return Experiment{}, err
	}
	return parse(path, data)
}

// LoadRecorded reads the experiment of a run's folder. Whoever made the folder chose
// what stands in it: a file outside, be it named as a profile or by a symbolic link,
// is refused, by Plan too, and no line of it is quoted.
func LoadRecorded(folder, name string) (Experiment, error) {
	path := filepath.Join(folder, name)
	data, err := strictyaml.ReadWithin(folder, path, "")
	if err != nil {
		return Experiment{}, err
	}
	e, err := parse(path, data)
	if err != nil {
		return Experiment{}, err
	}
	e.origin.folder, err = filepath.Abs(folder)
	return e, err
}

// Parse reads an experiment from memory, such as a Plan's YAML.
func Parse(data []byte) (Experiment, error) { return parse("experiment.yaml", data) }

// Preset returns an embedded experiment by name.
func Preset(name string) (Experiment, error) {
	data, err := presets.ReadFile("presets/" + name + ".yaml")
	if err != nil {
		return Experiment{}, &strictyaml.Error{
			Message: fmt.Sprintf("got the preset %q, want one of %s", name, strings.Join(PresetNames(), ", ")),
			Advice:  strictyaml.Meant(name, PresetNames(), "`raftbench run FILE` takes an experiment of your own"),
		}
	}
	return parse("preset "+name, data)
}

// PresetNames lists the presets, in alphabetical order.
func PresetNames() []string {
	entries, _ := presets.ReadDir("presets") // embedded: it is there
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = strings.TrimSuffix(e.Name(), ".yaml")
	}
	return names
}

func parse(path string, data []byte) (Experiment, error) {
	file, err := strictyaml.Parse(path, data, everyKey)
	if err != nil {
		return Experiment{}, err
	}
	e := Default()
	e.origin = &origin{path: path, file: file}
	e.decode(file.Root())
	if len(file.Mistakes()) == 0 {
		return e, nil
	}
	return Experiment{}, e.withRanges(file.Mistakes()).Told()
}

// withRanges adds to what could not be read what is out of range elsewhere, so
// that a person is told all of it at once.
func (e Experiment) withRanges(unread strictyaml.Errors) strictyaml.Errors {
	all := slices.Clone(unread)
	for _, m := range e.check() {
		covered := slices.ContainsFunc(unread, func(u *strictyaml.Error) bool {
			return follows(m.told.Key, u.Key)
		})
		if !covered && m.told.Line > 0 { // the rest is of defaults that nobody wrote
			all = append(all, m.told)
		}
	}
	return all
}

// follows tells that a mistake at a path may come of one at another, which
// could not be read: that is part of it, or of the same list.
func follows(path, unread string) bool {
	if strings.HasSuffix(path, "]") {
		path = parent(path) + "["
	}
	return strings.HasPrefix(unread, path)
}

// origin remembers where an experiment's values were written.
type origin struct {
	path string
	file *strictyaml.File
	// flags holds the flag that set a YAML path.
	flags map[string]string
	// folder is the run's, of a recorded experiment: its profiles lie within.
	folder string
}

// keptCopy is what to do where a run's folder has no such profile within.
const keptCopy = "a run keeps its own copy of a profile file in " + networksDir + "/, and names that; restore the run's experiment"

// profile is built in, or in a file that this experiment may name.
func (o *origin) profile(name string) (profiles.Profile, error) {
	if o != nil && o.folder != "" {
		return profiles.OpenWithin(o.folder, name, keptCopy)
	}
	return profiles.Open(name)
}

// read a file that this experiment may name.
func (o *origin) read(path string) ([]byte, error) {
	if o != nil && o.folder != "" {
		return strictyaml.ReadWithin(o.folder, path, keptCopy)
	}
	return strictyaml.Read(path, "")
}

// mistake is made at the first of these paths that was written. A path whose
// index was not written stands for the whole list.
func (o *origin) mistake(message, advice string, paths ...string) *mistake {
	for _, path := range paths {
		for p := path; p != ""; p = parent(p) {
			if e := o.at(p, message, advice); e != nil {
				return &mistake{told: e}
			}
			if !strings.HasSuffix(p, "]") {
				break
			}
		}
	}
	return &mistake{told: &strictyaml.Error{Key: paths[0], Message: message, Advice: orWrittenLike(advice, "", paths[0])}}
}

// at makes a mistake at a path, or nil where it was not written.
func (o *origin) at(path, message, advice string) *strictyaml.Error {
	if o == nil {
		return nil
	}
	if flag, ok := o.flags[path]; ok {
		return &strictyaml.Error{File: flag, Message: message, Advice: orWrittenLike(advice, flag, path)}
	}
	if o.file == nil {
		return nil
	}
	if v, written := o.file.Find(path); written {
		return v.Mistake(orWrittenLike(advice, "", path), message)
	}
	return nil
}

// parent of a.b[2] is a.b, of a.b is a.
func parent(path string) string {
	i := strings.LastIndexAny(path, ".[")
	return path[:max(i, 0)]
}

// clone is for an overlay that must not reach the original.
func (o *origin) clone() *origin {
	c := origin{flags: map[string]string{}}
	if o != nil {
		c.path, c.file, c.folder = o.path, o.file, o.folder
		for path, flag := range o.flags {
			c.flags[path] = flag
		}
	}
	return &c
}
