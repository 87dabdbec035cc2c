package results

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// The files of a run's folder.
const (
	ExperimentFile  = "experiment.yaml"
	EnvironmentFile = "environment.json"
	TrialsFile      = "trials.jsonl"
	TrialsDir       = "trials"
)

// Run is a run's folder, read.
type Run struct {
	Dir         string
	Environment Environment
	// Experiment is experiment.yaml as it stands: the resolved intent.
	Experiment []byte
	// Trials are all that finished, in the order they were recorded, every
	// attempt of a repeated one included; see Latest.
	Trials []Trial
	// Ends that its measuring came to by its own rule, where it has one.
	Ends []End
	// Warnings are what is odd about the folder and yet no error, such as a
	// last line that a crash tore.
	Warnings []string
	// Told hears of each warning that Warn adds; nil: nobody does.
	Told func(warning string)
}

// Warn adds, once, what turns out to be odd only while more of the folder is read.
func (r *Run) Warn(warning string) {
	if slices.Contains(r.Warnings, warning) {
		return
	}
	r.Warnings = append(r.Warnings, warning)
	if r.Told != nil {
		r.Told(warning)
	}
}

// Open reads a run's folder; a run may still be going on in it. Its errors
// are of type *Error.
func Open(dir string) (*Run, error) {
	run, _, err := open(dir)
	return run, err
}

// open also returns how much of trials.jsonl was understood.
func open(dir string) (run *Run, good int64, err error) {
	if err := folder(dir); err != nil {
		return nil, 0, err
	}
	run = &Run{Dir: dir}
	text, err := readPart(dir, EnvironmentFile, maxEnvironment)
	if err != nil {
		return nil, 0, err
	}
	err = decodeStrict(text, &run.Environment)
	if err == nil {
		err = run.Environment.check()
	}
	if err != nil {
		return nil, 0, located(err, filepath.Join(dir, EnvironmentFile), 0)
	}
	if run.Experiment, err = readPart(dir, ExperimentFile, maxExperiment); err != nil {
		return nil, 0, err
	}
	text, err = readPart(dir, TrialsFile, maxTrials)
	if err != nil {
		return nil, 0, err
	}
	if run.Ends, err = readEnds(dir); err != nil {
		return nil, 0, err
	}
	run.Trials, good, run.Warnings, err = decodeTrials(filepath.Join(dir, TrialsFile), text)
	if err != nil {
		return nil, 0, err
	}
	if err := run.sideBySide(); err != nil {
		return nil, 0, located(err, filepath.Join(dir, TrialsFile), 0)
	}
	return run, good, nil
}

const folderHint = "give the folder that `raftbench run` printed after `results:`"

// folder tells what is wrong with a path that is none.
func folder(dir string) error {
	switch info, err := os.Stat(dir); {
	case errors.Is(err, fs.ErrNotExist):
		return &Error{Path: dir, What: "not a run's folder: there is none of that name", Do: folderHint}
	case err != nil:
		return &Error{Path: dir, What: "cannot be read", Err: bare(err), Do: folderHint}
	case !info.IsDir():
		return &Error{Path: dir, What: "not a run's folder: it is a file", Do: folderHint}
	}
	return nil
}

// readPart reads one of the three files that make a folder a run's.
func readPart(dir, name string, most int64) ([]byte, error) {
	text, err := readWithin(dir, name, most)
	switch {
	case err == nil:
		return text, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{
			Path: dir,
			What: fmt.Sprintf("not a run's folder: it holds no %s", name),
			Do:   hintWithin(dir),
		}
	default:
		return nil, &Error{Path: filepath.Join(dir, name), What: "cannot be read", Err: bare(err), Do: "make it readable, or restore it"}
	}
}

// hintWithin names the first of repeated runs where the folder given is that of all
// of them.
func hintWithin(dir string) string {
	first := filepath.Join(dir, "1")
	if _, err := os.Stat(filepath.Join(first, EnvironmentFile)); err != nil {
		return folderHint
	}
	return "it holds repeated runs: give one of them, such as " + first
}

// bare strips the path that an *fs.PathError repeats.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Latest returns the last attempt of each trial, in the order of first
// attempts.
func (r *Run) Latest() []Trial {
	type place struct {
		cell  string
		trial int
	}
	at := map[place]int{}
	var latest []Trial
	for _, t := range r.Trials {
		p := place{t.Cell, t.Trial}
		i, ok := at[p]
		if !ok {
			at[p] = len(latest)
			latest = append(latest, t)
			continue
		}
		if t.Attempt >= latest[i].Attempt {
			latest[i] = t
		}
	}
	return latest
}
