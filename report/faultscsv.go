package report

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// faultsFile has every fault of a run, for other programs; only a run that has any
// has it.
const faultsFile = "faults.csv"

// faultsHead is a line for each fault of each attempt of each trial. Times are
// integers of nanoseconds; what is not known, or did not come, is empty.
var faultsHead = []string{
	"run_id", "cell", "trial", "attempt", "valid", "kind", "size", "repeat", "action", "target", "node", "hit", "at_ns", "done_ns", "lasted_ns",
	"outage_ns", "detect_ns", "elect_ns", "commit_ns", "rediscover_ns", "not_known", "silent_ns",
	"acked", "failed", "unknown", "split_votes", "terms", "candidates", "not_done",
}

// faultFiles are the faults as CSV; none where nothing was done to any cluster.
func (r *Report) faultFiles() ([]file, error) {
	rows := [][]string{faultsHead}
	for i := range r.run.Trials {
		t := &r.run.Trials[i]
		for k, o := range summary.TrialOutages(t) {
			rows = append(rows, r.faultRow(t, &t.Faults[k], &o))
		}
	}
	if len(rows) == 1 {
		return nil, nil
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return []file{{faultsFile, b.Bytes()}}, err
}

func (r *Report) faultRow(t *results.Trial, f *results.Fault, o *summary.Outage) []string {
	row := []string{
		clean.Defuse(r.summary.RunID), clean.Defuse(clean.Text(t.Cell)), strconv.Itoa(t.Trial), strconv.Itoa(t.Attempt), strconv.FormatBool(t.Valid),
		clean.Defuse(clean.Text(string(t.Kind))), strconv.Itoa(t.Nodes), strconv.Itoa(f.Repeat), clean.Defuse(clean.Text(f.Action)), clean.Defuse(clean.Name(f.Target)),
		clean.Defuse(clean.Text(strings.Join(f.Nodes, ";"))), string(o.Hit), wholeOf(f.AtNS), orEmpty(f.DoneNS), orEmpty(o.LastedNS),
	}
	for _, part := range []*int64{o.TotalNS, o.DetectNS, o.ElectNS, o.CommitNS, o.RediscoverNS} {
		row = append(row, optionalWhole(part))
	}
	row = append(row, gapList(o.Gaps), orEmpty(o.SilentNS), wholeOf(o.Acked), wholeOf(o.Failed), wholeOf(o.Unknown))
	for _, n := range []int{o.Elections.SplitVotes, o.Elections.Terms, o.Elections.Candidates} {
		row = append(row, strconv.Itoa(n))
	}
	return append(row, clean.Defuse(clean.Detail(f.Failed)))
}

// gapList are the codes of what is not known of an outage, and why.
func gapList(gaps []summary.Gap) string {
	var out []string
	for _, g := range gaps {
		out = append(out, string(g))
	}
	return strings.Join(slices.Compact(out), ";")
}

func wholeOf(v int64) string { return strconv.FormatInt(v, 10) }

// orEmpty is empty for 0, which stands for a time that is not known.
func orEmpty(v int64) string {
	if v == 0 {
		return ""
	}
	return wholeOf(v)
}

func optionalWhole(v *int64) string {
	if v == nil {
		return ""
	}
	return wholeOf(*v)
}
