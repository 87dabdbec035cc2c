package report

import (
	"bytes"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/results"
)

// forOtherTools are the files that other programs read: every trial as CSV,
// the trials as benchstat reads them, and each setup's pooled latencies as
// HdrHistogram's plotter reads them.
func (r *Report) forOtherTools(ds []distribution) ([]file, error) {
	var trials, bench bytes.Buffer
	named := *r.run
	named.Environment = r.env
	if err := results.WriteBenchfmt(&bench, &named); err != nil {
		return nil, err
	}
	named.Trials = clean.DefusedTrials(r.run.Trials)
	if err := results.WriteCSV(&trials, &named); err != nil {
		return nil, err
	}
	files := []file{{"trials.csv", trials.Bytes()}, {"trials.bench", bench.Bytes()}}
	for _, d := range ds {
		var b bytes.Buffer
		if err := results.WriteHGRM(&b, d.pool.Histogram); err != nil {
			return nil, err
		}
		files = append(files, file{d.cell.Cell + ".hgrm", b.Bytes()})
	}
	return files, nil
}
