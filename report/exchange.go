package report

import (
	"bytes"

	"github.com/raftbench/raftbench/results"
)

// forOtherTools are the files that other programs read: every trial as CSV,
// the trials as benchstat reads them, and each cell's pooled latencies as
// HdrHistogram's plotter reads them.
func forOtherTools(run *results.Run, ds []distribution) ([]file, error) {
	var trials, bench bytes.Buffer
	if err := results.WriteCSV(&trials, run); err != nil {
		return nil, err
	}
	if err := results.WriteBenchfmt(&bench, run); err != nil {
		return nil, err
	}
	files := []file{{"trials.csv", trials.Bytes()}, {"trials.bench", bench.Bytes()}}
	for _, d := range ds {
		var b bytes.Buffer
		if err := results.WriteHGRM(&b, d.h); err != nil {
			return nil, err
		}
		files = append(files, file{distributionFile(d.cell.Cell), b.Bytes()})
	}
	return files, nil
}

// distributionFile is where a cell's pooled latencies stand.
func distributionFile(cell string) string { return cell + ".hgrm" }
