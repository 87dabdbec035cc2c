package summary

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/strictyaml"
)

// written is what a YAML document has at each path, in its order. A list of plain
// values is one of them, written with commas.
type written struct {
	paths []string
	at    map[string]string
}

// readSettings is nil of a text that cannot be read key by key.
func readSettings(text []byte) *written {
	file, err := strictyaml.Parse(results.ExperimentFile, text, "")
	if err != nil {
		return nil
	}
	w := &written{at: map[string]string{}}
	w.add(file.Root())
	if file.Err() != nil {
		return nil
	}
	return w
}

func (w *written) add(v strictyaml.Value) {
	switch {
	case v.Empty():
	case v.IsSection():
		entries, _ := v.Entries("")
		for _, e := range entries {
			w.add(e)
		}
	case v.IsList():
		values, _ := v.List("")
		if slices.ContainsFunc(values, func(e strictyaml.Value) bool { return e.IsSection() || e.IsList() }) {
			for _, e := range values {
				w.add(e)
			}
			return
		}
		var texts []string
		for _, e := range values {
			text, _ := e.Text("")
			texts = append(texts, text)
		}
		w.set(v.Path(), strings.Join(texts, ", "))
	default:
		text, _ := v.Text("")
		w.set(v.Path(), text)
	}
}

// set leaves out what says nothing: an empty text or list is what a key stands
// for that is not written.
func (w *written) set(path, text string) {
	if text != "" {
		w.paths, w.at[path] = append(w.paths, path), text
	}
}

// pathsOf both, in the order of the first with what only the second has behind.
func pathsOf(a, b *written) []string {
	out := slices.Clone(a.paths)
	for _, path := range b.paths {
		if _, known := a.at[path]; !known {
			out = append(out, path)
		}
	}
	return out
}

// timelineSetting is the path of the faults that are done under load.
const timelineSetting = "faults"

// timelines bars the cells whose load ran under other faults: what those do is no change
// of the build. It tells whether there are any.
func (u *unlikeness) timelines(old, latest Side, pairs []cellPair) bool {
	at := len(u.differ)
	for _, p := range pairs {
		was, is := old.Summary.Cells[p.old], latest.Summary.Cells[p.new]
		u.bar(at, Contrast{What: TraitFaults, Old: was.Settings[timelineSetting], New: is.Settings[timelineSetting]}, was.Cell)
	}
	return len(u.differ) > at
}

// settings compares the experiments key by key; those that say how often, and
// not what is measured, come last. Timelines of faults that differ may be told as a
// whole before.
func (u *unlikeness) settings(old, latest *results.Run, timelinesTold bool) {
	a, b := readSettings(old.Experiment), readSettings(latest.Experiment)
	if a == nil || b == nil {
		if !bytes.Equal(old.Experiment, latest.Experiment) {
			u.differ = append(u.differ, Contrast{What: TraitExperiment})
		}
		return
	}
	paths := pathsOf(a, b)
	slices.SortStableFunc(paths, func(x, y string) int { return howOften(x) - howOften(y) })
	for _, path := range paths {
		if timelinesTold && strings.HasPrefix(path, timelineSetting+"[") {
			continue
		}
		u.compare(Contrast{What: TraitSetting, Name: path, Old: a.at[path], New: b.at[path]})
	}
}

// howOften is 1 of the settings that say how often an experiment is done.
func howOften(path string) int {
	if slices.Contains(unmeasured, path) {
		return 1
	}
	return 0
}

// profileFile is the copy of a profile file that a run holds: nil where there is
// none, or none that can be read.
func profileFile(run *results.Run, path string) *written {
	text, err := strictyaml.ReadWithin(run.Dir, filepath.Join(run.Dir, path), "")
	if err != nil {
		return nil
	}
	return readSettings(text)
}

// profileFiles are the paths of the profile files that an experiment names.
func profileFiles(run *results.Run) []string {
	w := readSettings(run.Experiment)
	if w == nil {
		return nil
	}
	var out []string
	for _, name := range strings.Split(w.at["network.profile"], ", ") {
		if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" {
			out = append(out, name)
		}
	}
	return out
}
