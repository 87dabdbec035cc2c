package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/ci"
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/results"
)

// ciFormat is a file, its flag, and how it is written.
type ciFormat struct {
	flag, help string
	save       func(path string, j ci.Judged) error
}

// ciFormats are the files that a verdict is written to for a pipeline, each with
// its flag.
var ciFormats = []ciFormat{
	{"junit", "write the verdicts as JUnit XML, a suite a setup and a test a rule", replace(ci.JUnit)},
	{"github-summary", "add the verdicts to this Markdown file: $GITHUB_STEP_SUMMARY in a GitHub workflow", appendSummary},
	{"openmetrics", "write the verdicts and all figures as OpenMetrics text", replace(ci.OpenMetrics)},
	{"benchmark-action", "write what should be low, for github-action-benchmark's customSmallerIsBetter", replace(smallerIsBetter)},
	{"benchmark-action-bigger", "write what should be high, for its customBiggerIsBetter", replace(biggerIsBetter)},
	{"bencher", "write the figures as Bencher's JSON (BMF)", replace(ci.Bencher)},
	{"gobench", "write the trials in the Go benchmark format, for benchstat", replace(goBenchmarks)},
	{"otava", "add the run to this CSV file, a history for Apache Otava", addToHistory},
}

func smallerIsBetter(w io.Writer, j ci.Judged) error { return ci.BenchmarkAction(w, j, false) }
func biggerIsBetter(w io.Writer, j ci.Judged) error  { return ci.BenchmarkAction(w, j, true) }
func goBenchmarks(w io.Writer, j ci.Judged) error    { return results.WriteBenchfmt(w, j.Run) }

// ciFiles are those that were asked for. They are written whatever the verdict
// is.
type ciFiles struct {
	paths       map[string]*string // by flag; an empty one is not written
	annotations bool               // GitHub's, in the command's own output
}

// ciFlags adds the files' flags.
func ciFlags(f *pflag.FlagSet) *ciFiles {
	c := &ciFiles{paths: map[string]*string{}}
	for _, format := range ciFormats {
		c.paths[format.flag] = new(string)
		textFlag(f, c.paths[format.flag], format.flag, "FILE", format.help)
	}
	f.BoolVar(&c.annotations, "annotations", os.Getenv("GITHUB_ACTIONS") == "true", "print GitHub's ::error lines, too; in a GitHub workflow by default")
	f.Lookup("annotations").DefValue = "" // which of the two is said already
	return c
}

// path of the file of a flag; empty where there is none.
func (c *ciFiles) path(flag string) string {
	if p := c.paths[flag]; p != nil {
		return *p
	}
	return ""
}

// check refuses, before anything is measured, what could not be written
// afterwards, or must not be: these are inputs.
func (c *ciFiles) check(inputs ...string) error {
	taken := map[string]string{}
	for _, path := range inputs {
		taken[fileID(path)] = "input"
	}
	for _, format := range ciFormats {
		path := c.path(format.flag)
		if path == "" {
			continue
		}
		if err := writable(format.flag, path); err != nil {
			return err
		}
		switch other := taken[fileID(path)]; other {
		case "":
		case "input":
			return usage(fmt.Errorf("got --%s %s, which is read here and would be lost", format.flag, path), "name another file")
		default:
			return usage(fmt.Errorf("got the file %s for both --%s and --%s, want one for each", path, other, format.flag), "")
		}
		taken[fileID(path)] = format.flag
	}
	return nil
}

// fileID is one text for all spellings of a path, there or not.
func fileID(path string) string {
	full, err := filepath.Abs(path)
	if err != nil {
		return filepath.Clean(path)
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(full)); err == nil {
		full = filepath.Join(dir, filepath.Base(full))
	}
	return full
}

// writable tries whether a file can be put at a path. What is there and no plain file
// is refused: a device, such as /dev/stdout, would be replaced by a file, and the
// target of a link would stay as it was.
func writable(flag, path string) error {
	info, err := os.Lstat(path)
	dir := filepath.Dir(path)
	switch {
	case err == nil && info.IsDir():
		return usage(fmt.Errorf("got --%s %s, which is a folder, want a file", flag, path), "")
	case err == nil && !info.Mode().IsRegular():
		return usage(fmt.Errorf("got --%s %s, which is no plain file", flag, path), "name a file; a link's target by its own name")
	}
	if parent, err := os.Stat(dir); err != nil || !parent.IsDir() {
		return usage(fmt.Errorf("got --%s %s, but there is no folder %s", flag, path, dir), "make the folder first")
	}
	trial, err := os.CreateTemp(dir, ".raftbench-*")
	if err != nil {
		return usage(fmt.Errorf("got --%s %s, but nothing can be written to %s: %w", flag, path, dir, bare(err)), "name a file in a folder that can be written")
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}

// write writes the files and the annotations, and returns the command's error:
// the verdict's where there is one, since that outweighs a file that cannot be
// written; then the file is told in a warning. Annotations go to stdout, or to
// stderr, where GitHub looks as well, if a program or a page reads stdout.
func (c *ciFiles) write(stdout, stderr io.Writer, output string, j ci.Judged, verdict error) error {
	var failed error
	for _, format := range ciFormats {
		path := c.path(format.flag)
		if path == "" {
			continue
		}
		var notAdded *ci.NotAdded
		switch err := format.save(path, j); {
		case errors.As(err, &notAdded):
			fmt.Fprintf(stderr, "warning: --%s %s: %v\n", format.flag, path, err)
		case err != nil:
			failed = errors.Join(failed, fmt.Errorf("--%s %s: %w", format.flag, path, err))
		}
	}
	if c.annotations {
		w := stderr
		if output == "table" {
			w = stdout
		}
		j.Rules = fromHere(j.Rules)
		failed = errors.Join(failed, ci.Annotations(w, j))
	}
	switch {
	case failed == nil:
		return verdict
	case verdict == nil:
		return fail(exitFailed, failed, "give files that can be written to")
	}
	fmt.Fprintf(stderr, "warning: %v\n", failed)
	return verdict
}

// fromHere has the rules' files relative to the working directory, as GitHub
// wants them.
func fromHere(rules []gate.Rule) []gate.Rule {
	here, err := os.Getwd()
	if err != nil {
		return rules
	}
	out := slices.Clone(rules)
	for i := range out {
		if path, err := filepath.Rel(here, out[i].File); err == nil && filepath.IsAbs(out[i].File) && !strings.HasPrefix(path, "..") {
			out[i].File = path
		}
	}
	return out
}

// replace writes a file whole or not at all.
func replace(write func(io.Writer, ci.Judged) error) func(string, ci.Judged) error {
	return func(path string, j ci.Judged) error {
		var text bytes.Buffer
		if err := write(&text, j); err != nil {
			return err
		}
		return replaceFile(path, text.Bytes())
	}
}

func replaceFile(path string, text []byte) (err error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	return results.WriteFile(root, filepath.Base(path), text)
}

// appendSummary leaves what other steps of a job have written there.
func appendSummary(path string, j ci.Judged) (err error) {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return ci.GitHubSummary(f, j)
}

// maxHistory of a file for Otava, in bytes: some ten thousand runs of ten setups.
const maxHistory = 64 << 20

func addToHistory(path string, j ci.Judged) error {
	old, err := results.ReadFile(path, maxHistory)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	text, err := ci.Otava(old, j)
	if err != nil {
		return err
	}
	return replaceFile(path, text)
}

// writesFile tells whether a flag asks for one of the files, or the annotations.
func writesFile(flag string) bool {
	return flag == "annotations" || slices.ContainsFunc(ciFormats, func(f ciFormat) bool { return f.flag == flag })
}
