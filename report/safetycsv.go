package report

import (
	"bytes"
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/results"
)

// safetyFile has every safety trial of a run, for other programs; only a run that has
// any has it.
const safetyFile = "safety.csv"

// safetyHead is a line for each attempt of each safety trial. Times are integers of
// nanoseconds; what is not known is empty.
var safetyHead = []string{
	"run_id", "cell", "size", "trial", "attempt", "seed", "valid", "answer", "findings", "undecided_keys",
	"ok", "rejected", "unknown", "operations", "done", "faults", "not_done", "faults_failed", "nemesis_version",
	"snapshots", "installs", "restarts", "restores",
	"stale_reads", "stale", "behind_p50", "behind_p99", "behind_max", "age_p50_ns", "age_p99_ns", "age_max_ns",
	"history", "unjudged_attempts",
}

// safetyFiles are the safety trials as CSV; none where there was none.
func (r *Report) safetyFiles() ([]file, error) {
	rows := [][]string{safetyHead}
	for i := range r.run.Trials {
		if t := &r.run.Trials[i]; t.Kind == results.SafetyTest {
			rows = append(rows, r.safetyRow(t))
		}
	}
	if len(rows) == 1 {
		return nil, nil
	}
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(rows)
	return []file{{safetyFile, b.Bytes()}}, err
}

// safetyRow is one trial's; what it did is empty where it did not come to be tested.
func (r *Report) safetyRow(t *results.Trial) []string {
	row := []string{
		clean.Defuse(r.summary.RunID), clean.Defuse(clean.Text(t.Cell)), strconv.Itoa(t.Nodes), strconv.Itoa(t.Trial), strconv.Itoa(t.Attempt),
		wholeOf(t.Seed), strconv.FormatBool(t.Valid),
	}
	if t.Tested == nil {
		row = append(row, string(t.Judgement()), foundRules(t.Findings))
		return append(row, make([]string, len(safetyHead)-len(row))...)
	}
	s := t.Tested
	row = append(row, string(t.Judgement()), foundRules(t.Findings), strconv.Itoa(len(s.UndecidedKeys)))
	row = append(row, outcomes(s.Operations)...)
	row = append(row, faultsDone(s.Faults)...)
	for _, n := range []int{s.NotDone, s.FaultsFailed, s.Nemesis, s.Snapshots, s.Installs, s.Restarts, s.Restores} {
		row = append(row, strconv.Itoa(n))
	}
	return append(append(row, stalenessFields(s.Staleness)...), clean.Defuse(clean.Text(s.History)), strconv.Itoa(len(s.UnjudgedAttempts)))
}

// foundRules are what was found, each rule once: safety:lost-write;liveness:catch-up.
func foundRules(findings []results.Finding) string {
	var out []string
	for _, f := range findings {
		if rule := clean.Text(string(f.Class)) + ":" + clean.Name(f.Rule); !slices.Contains(out, rule) {
			out = append(out, rule)
		}
	}
	return clean.Defuse(strings.Join(out, ";"))
}

// outcomes of all operations, and each kind's: put=200/1/2, in the order of the columns.
func outcomes(kinds []results.OperationCount) []string {
	var ok, rejected, unknown int64
	var each []string
	for _, k := range kinds {
		ok, rejected, unknown = ok+k.OK, rejected+k.Rejected, unknown+k.Unknown
		each = append(each, clean.Name(k.Kind)+"="+wholeOf(k.OK)+"/"+wholeOf(k.Rejected)+"/"+wholeOf(k.Unknown))
	}
	return []string{wholeOf(ok), wholeOf(rejected), wholeOf(unknown), clean.Defuse(strings.Join(each, ";"))}
}

// faultsDone are how many were, and of each action: kill=5;pause=2.
func faultsDone(byAction map[string]int) []string {
	done := 0
	var each []string
	for _, action := range slices.Sorted(maps.Keys(byAction)) {
		done += byAction[action]
		each = append(each, clean.Name(action)+"="+strconv.Itoa(byAction[action]))
	}
	return []string{strconv.Itoa(done), clean.Defuse(strings.Join(each, ";"))}
}

// stalenessFields are empty where nothing was read from a replica's own store.
func stalenessFields(s *results.Staleness) []string {
	fields := make([]string, 8)
	if s == nil {
		return fields
	}
	for i, v := range []int64{s.Reads, s.Stale, s.BehindP50, s.BehindP99, s.BehindMax, s.AgeP50NS, s.AgeP99NS, s.AgeMaxNS} {
		fields[i] = wholeOf(v)
	}
	return fields
}
