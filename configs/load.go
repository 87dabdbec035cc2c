package configs

import (
	"embed"
	"fmt"
	"slices"
	"strings"

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
		c.path, c.file = o.path, o.file
		for path, flag := range o.flags {
			c.flags[path] = flag
		}
	}
	return &c
}
