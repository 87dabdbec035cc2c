package report

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/raftbench/raftbench/report/chart"
	"github.com/raftbench/raftbench/report/draw"
	"github.com/raftbench/raftbench/report/export"
	"github.com/raftbench/raftbench/results"
)

// Dir is where a run's report stands, inside the run's folder.
const Dir = "report"

// pageFile is the page for a repository, which has everything.
const pageFile = "report.md"

// file is one file of a report, whole in memory before any of it is written.
type file struct {
	name    string
	content []byte
}

// Write writes the whole report into dir, or into the run's own folder where
// dir is empty, and returns the paths written, the page first. Each file is
// replaced whole, so that a crash leaves the old or the new one and never half
// of one; files of an earlier report that this one has not are removed. Nothing
// is written outside of the folder, wherever symbolic links in it point. It ends with
// ctx, after the file that is being written.
func (r *Report) Write(ctx context.Context, dir string) ([]string, error) {
	files, err := r.files()
	if err != nil {
		return nil, err
	}
	return r.put(ctx, dir, files)
}

// put writes the files of a report and removes those of an earlier one.
func (r *Report) put(ctx context.Context, dir string, files []file) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	out, err := r.folder(dir)
	if err != nil {
		return nil, fmt.Errorf("make the report's folder: %w", err)
	}
	return out.replace(ctx, files)
}

// replace writes the files of a report, removes those of an earlier one, and closes the
// folder.
func (f folder) replace(ctx context.Context, files []file) (paths []string, err error) {
	defer func() { err = errors.Join(err, f.root.Close()) }()
	names := make([]string, len(files))
	for i, one := range files {
		names[i] = one.name
	}
	earlier := f.listed()
	// Both lists first: a crash must not leave files that no list knows.
	if err := f.list(union(names, earlier)); err != nil {
		return nil, err
	}
	for _, one := range files {
		if err := ctx.Err(); err != nil {
			return paths, err
		}
		if err := results.WriteFile(f.root, f.path(one.name), one.content); err != nil {
			return paths, err
		}
		paths = append(paths, filepath.Join(f.root.Name(), f.path(one.name)))
	}
	if err := f.removeStale(earlier, names); err != nil {
		return paths, err
	}
	return append(paths, filepath.Join(f.root.Name(), f.path(manifestFile))), f.list(names)
}

func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(a, s) {
			out = append(out, s)
		}
	}
	return out
}

// folder is where a report goes: a folder below root, which nothing leaves.
type folder struct {
	root *os.Root
	sub  string
}

func (f folder) path(name string) string { return filepath.Join(f.sub, name) }

// folder opens where the report goes. The run's own is opened from the run's
// folder, so that a link in a foreign run leads nowhere else; one that the user
// named is the user's choice.
func (r *Report) folder(dir string) (folder, error) {
	if dir != "" {
		return chosenFolder(dir)
	}
	root, err := os.OpenRoot(r.run.Dir)
	if err != nil {
		return folder{}, err
	}
	if err := root.MkdirAll(Dir, 0o755); err != nil {
		return folder{}, errors.Join(notMade(root, err), root.Close())
	}
	results.RemoveUnfinished(root, Dir)
	return folder{root, Dir}, nil
}

// chosenFolder opens a folder that the user named, and makes it where there is none.
func chosenFolder(dir string) (folder, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return folder{}, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return folder{}, err
	}
	out := folder{root, "."}
	if err := out.refused(dir); err != nil {
		return folder{}, errors.Join(err, root.Close())
	}
	results.RemoveUnfinished(root, ".")
	return out, nil
}

// CheckFolder says why a report cannot be written into a folder that the user named, and
// writes nothing itself: nil for one that is still to be made, an empty one, and that of
// an earlier report.
func CheckFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.IsDir():
		return &results.Error{Path: dir, What: "is a file, want a folder", Do: "name a folder with --out"}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return &results.Error{Path: dir, What: "cannot be opened", Err: err, Do: "name a folder that can be written to with --out"}
	}
	return errors.Join(folder{root, "."}.refused(dir), root.Close())
}

// refused says why no report is written into a folder: it holds something and no earlier
// report, and files that are not a report's would be replaced.
func (f folder) refused(dir string) error {
	entries, err := os.ReadDir(dir)
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return results.IsUnfinished(e.Name()) })
	if err == nil && len(entries) > 0 && !f.holdsReport() {
		err = &results.Error{Path: dir, What: fmt.Sprintf("holds %s and no report; a report wants a folder of its own", entries[0].Name()),
			Do: "name a new or empty folder with --out"}
	}
	return err
}

// notMade says why the run's own folder of reports cannot be had.
func notMade(root *os.Root, err error) error {
	e := &results.Error{Path: filepath.Join(root.Name(), Dir), What: "cannot be written", Err: err, Do: "make the run's folder writable, or name another with --out"}
	info, lstat := root.Lstat(Dir)
	switch {
	case lstat != nil:
	case info.Mode()&os.ModeSymlink != 0:
		e.What, e.Err = "is a link to outside of the run's folder, which a report does not follow", nil
		e.Do = "remove the link, or name the folder that you mean with --out"
	case !info.IsDir():
		e.What, e.Err, e.Do = "is a file, want a folder", nil, "remove it, or name a folder with --out"
	}
	return e
}

// files makes everything that a report consists of.
func (r *Report) files() ([]file, error) {
	ds := r.distributions()
	charts := r.charts(ds)
	var table, data bytes.Buffer
	if err := r.Table(&table, Terminal{}); err != nil {
		return nil, err
	}
	if err := export.CSV(&data, r.summary); err != nil {
		return nil, err
	}
	tolerance, err := r.toleranceCSV()
	if err != nil {
		return nil, err
	}
	out := []file{
		{pageFile, []byte(r.markdown(charts))},
		{"report.txt", table.Bytes()},
		{"report.csv", data.Bytes()},
		{toleranceFile, tolerance},
	}
	index, err := r.index(charts)
	if err != nil {
		return nil, err
	}
	out = append([]file{{PageFile, index}}, out...)
	pictures, err := drawAll(charts)
	if err != nil {
		return nil, err
	}
	faults, err := r.faultFiles()
	if err != nil {
		return nil, err
	}
	safety, err := r.safetyFiles()
	if err != nil {
		return nil, err
	}
	others, err := r.forOtherTools(ds)
	return slices.Concat(out, faults, safety, pictures, others, r.traces()), err
}

// drawAll are the pictures of charts.
func drawAll(charts []chart.Chart) ([]file, error) {
	drawn, err := draw.Files(charts)
	out := make([]file, len(drawn))
	for i, f := range drawn {
		out[i] = file{f.Name, f.Content}
	}
	return out, err
}
