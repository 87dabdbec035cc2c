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
		if len(stops[action]) == 1 && !strings.Contains(page, "One fault each: ") {
			t.Errorf("docs/findings.md does not say that %s was done once", action)
		}
	}
	stops = stopsOf(t, "../docs/findings/removed-leader.csv")
	for _, action := range []string{"transfer", "remove-leader"} {
		m := stops[action].Median()
		shows(t, page, "| `"+action+"` | "+told(m)+", "+span(m)+" |")
	}
}

// Of the run that failed over in five sizes, both steps to an even size are told, also the
// one that went the other way.
func TestTheFindingsTellBothStepsToAnEvenSize(t *testing.T) {
	_, row, _ := strings.Cut(read(t, "../docs/elections.md"), "3, 4, 5, 6 and 7 nodes | ")
	row, _, _ = strings.Cut(row, " |")
	sizes := strings.Split(strings.TrimSuffix(row, " s"), ", ") // in seconds, from 3 nodes on
	if len(sizes) != 5 {
		t.Fatalf("got the row %q, want the medians of five sizes", row)
	}
	_, section, _ := strings.Cut(read(t, "../docs/findings.md"), "\n## Four nodes fail over slower than three\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, seconds := range sizes[:4] {
		if !strings.Contains(section, seconds+" s with ") {
			t.Errorf("the finding does not have the %s s of docs/elections.md", seconds)
		}
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
