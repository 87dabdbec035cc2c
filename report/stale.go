package report

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
)

// A report may be smaller than the one before it, of fewer trials or without
// their histograms. What the earlier one left would pass for today's.

// pictureNames are those of the charts, in either format.
var pictureNames = regexp.MustCompile(`^(tradeoff|throughput|latency|reads|curve)(-[0-9]+)?$`)

// shownBy finds the pictures that a page shows.
var shownBy = regexp.MustCompile(`!\[[^\]]*\]\(([a-z0-9-]+)\.png\)`)

// cellColumn of report.csv.
var cellColumn = slices.Index(csvHeader, "cell")

// removeStale removes what the earlier report in dir wrote and this one does
// not. Only that report's own page and table tell what it wrote: a file of the
// user's that they do not name stays, whatever it is called.
func removeStale(dir string, files []file) error {
	for _, name := range earlier(dir) {
		if slices.ContainsFunc(files, func(f file) bool { return f.name == name }) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove what an earlier report left: %w", err)
		}
	}
	return nil
}

// earlier are the charts and distributions of the report that stands in dir.
func earlier(dir string) []string {
	var names []string
	// One that cannot be read names nothing: there is no earlier report.
	page, _ := os.ReadFile(filepath.Join(dir, pageFile))
	if bytes.HasPrefix(page, []byte(pageTitle)) {
		for _, m := range shownBy.FindAllSubmatch(page, -1) {
			if name := string(m[1]); pictureNames.MatchString(name) {
				names = append(names, name+".png", name+".svg")
			}
		}
	}
	table, _ := os.ReadFile(filepath.Join(dir, tableFile))
	rows, err := csv.NewReader(bytes.NewReader(table)).ReadAll()
	if err != nil || len(rows) == 0 || !slices.Equal(rows[0], csvHeader) {
		return names
	}
	for _, row := range rows[1:] {
		if name := distributionFile(row[cellColumn]); filepath.IsLocal(name) && filepath.Base(name) == name && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
