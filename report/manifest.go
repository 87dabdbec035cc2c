package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/raftbench/raftbench/results"
)

// A report may be smaller than the one before it, of fewer trials or without
// their histograms. What the earlier one left would pass for today's, so each
// report lists its own files in one more, and the next removes what it no
// longer writes. A file of the user's is in no list, and stays.

// manifestFile lists the other files of a report.
const manifestFile = "files.json"

type manifest struct {
	Files []string `json:"files"`
}

// maxManifest in bytes and in names: a run's folder may come from anybody.
const (
	maxManifest      = 1 << 20
	maxManifestNames = 1 << 14
)

// ownNames are those that a report gives its files, and the only ones that a
// list may make it remove.
var ownNames = regexp.MustCompile(`^(index\.html|report\.(md|txt|csv|json)|trials\.(csv|bench)|(tolerance|faults|safety)\.csv|(run-[0-9]+-)?(beside|tradeoff|tolerance|throughput|latency|reads|curve|outages|elections|writepath|model|heat|timeline|resources|downtime)(-[0-9]+)?\.(png|svg)|[a-z0-9]+(-[a-z0-9]+)*\.hgrm|trace-[a-z0-9]+(-[a-z0-9]+)*\.(perfetto-trace|ndjson))$`)

// listed are the files of the report that stands there; none where there is no
// list that this build would have written.
func (f folder) listed() []string {
	m, ok := f.manifest()
	if !ok || len(m.Files) > maxManifestNames {
		return nil
	}
	return slices.DeleteFunc(m.Files, func(name string) bool { return !ownNames.MatchString(name) })
}

// holdsReport tells whether a report was written there.
func (f folder) holdsReport() bool {
	m, ok := f.manifest()
	return ok && m.Files != nil
}

func (f folder) manifest() (m manifest, ok bool) {
	text, err := readRegular(f.root, f.path(manifestFile), maxManifest)
	return m, err == nil && json.Unmarshal(text, &m) == nil
}

// readRegular reads a regular file below root of at most so many bytes; a pipe
// would hang its reader.
func readRegular(root *os.Root, name string, most int64) ([]byte, error) {
	f, err := root.OpenFile(name, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s: %w", name, results.ErrTooLarge)
	}
	return io.ReadAll(io.LimitReader(f, most))
}

// list writes which files are the report's.
func (f folder) list(names []string) error {
	text, err := json.MarshalIndent(manifest{names}, "", "  ")
	if err != nil {
		return err
	}
	return results.WriteFile(f.root, f.path(manifestFile), append(text, '\n'))
}

// removeStale removes what an earlier report listed and this one has not.
func (f folder) removeStale(earlier, names []string) error {
	for _, name := range earlier {
		if slices.Contains(names, name) {
			continue
		}
		if err := f.root.Remove(f.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what an earlier report left: %w", err)
		}
	}
	return nil
}
