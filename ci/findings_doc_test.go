package ci

import (
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/units"
)

// What docs/findings.md tells of runs whose faults it keeps is what they kept.
func TestTheFindingsHaveTheirEvidence(t *testing.T) {
	page := read(t, "../docs/findings.md")
	stops := stopsOf(t, "../docs/findings/faults.csv")
	for _, action := range []string{"kill", "pause", "deadlock", "disk-stall"} {
		shows(t, page, "| `"+action+"` | "+told(stops[action].Median())+" |")
	}
	stops = stopsOf(t, "../docs/findings/removed-leader.csv")
	for _, action := range []string{"transfer", "remove-leader"} {
		m := stops[action].Median()
		shows(t, page, "| `"+action+"` | "+told(m)+", "+span(m)+" |")
	}
}

func shows(t *testing.T, page, row string) {
	t.Helper()
	if !strings.Contains(page, row+"\n") {
		t.Errorf("docs/findings.md has not the row\n%s", row)
	}
}

func told(m stats.Interval) string {
	if math.IsInf(m.Center, 1) {
		return "until undone"
	}
	return units.Duration.Show(m.Center)
}

// stopsOf a report's faults that hit a leader: for how long no client had an answer, in ns,
// by what was done; +Inf where they had none until it was undone.
func stopsOf(t *testing.T, file string) map[string]stats.Sample {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(read(t, file))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	out := map[string]stats.Sample{}
	for _, row := range rows[1:] {
		if row[column("hit")] != "leader" || row[column("valid")] != "true" || row[column("not_done")] != "" {
			continue
		}
		stopped, err := strconv.ParseFloat(row[column("silent_ns")], 64)
		if err != nil {
			t.Fatal(err)
		}
		if row[column("not_known")] == "undone" {
			stopped = math.Inf(1)
		}
		out[row[column("action")]] = append(out[row[column("action")]], stopped)
	}
	return out
}
