package report

import (
	"encoding/csv"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// counted are kills after the i-th of which i writes failed and two are unknown at
// members that live, and a hundred failed at the one that was killed.
func counted(nodes, kills int) results.Trial {
	t := killing(nodes, kills)
	for i := range t.Faults {
		for k := range t.Faults[i].Probes {
			p := &t.Faults[i].Probes[k]
			p.Failed, p.Unknown = 0, 0
			switch p.Node {
			case "n1":
				p.Failed = 100
			case "n2":
				p.Failed, p.Unknown = int64(i+1), 2
			}
		}
	}
	return t
}

// Writes that failed are told for each kill, at the median and at most: over all of
// them they would grow with how often the leader was killed.
func TestFailedWritesAreThoseOfEachKill(t *testing.T) {
	r := outageRun(t, counted(3, 30))
	got := map[string]entry{}
	for _, col := range r.outageColumns() {
		got[col.head()] = col.value(r.summary.Cells[0])
	}
	if e := got["writes per kill failed"]; e.main != "16" || e.interval != "max 30" {
		t.Errorf("failed: got %+v among %v, want 16 at the median of 1 to 30, and 30 at most", e, got)
	}
	if e := got["writes per kill unknown"]; e.main != "2" || e.interval != "max 2" {
		t.Errorf("unknown: got %+v, want 2", e)
	}
	if text := flat(tableOf(t, r, Terminal{Width: 100})); strings.Contains(text, "465") || !strings.Contains(text, "the median over the faults, and below it the most") {
		t.Errorf("it tells of all kills together, or does not say what stands there:\n%s", text)
	}
}

// A column of outages says what it holds: a newcomer reads "(max, kills)" as anything.
func TestTheToleranceTableNamesItsOutages(t *testing.T) {
	text := table(t, typical(), 100)
	for _, want := range []string{"median outage on losing (max of N)", "6.30 ms of 2", "1 kill", "of how many kills"} {
		if !strings.Contains(flat(text), want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}

// elected gives an operation's setup an election with its parts.
func elected(c summary.Cell) summary.Cell {
	for i, name := range []string{figures.DetectP50, figures.ElectP50, figures.CommitP50, figures.RediscoverP50} {
		c.Metrics[name] = around(float64(10+i)*1e6, 5)
	}
	return c
}

// Operations stand in the order in which they are told, and by what they are called,
// in each of their tables; where their time goes stands behind what they cost.
func TestTablesOfOperationsAreInOneOrder(t *testing.T) {
	leader, transfer := elected(operation(3, "remove-leader", 2400, 0)), elected(operation(3, "transfer", 120, 0))
	transfer.UnderLoad[0].Metrics[summary.WriteDuring] = summary.Metric{N: 8, Interval: true}
	r := reportOf(summary.Summary{SchemaVersion: summary.SchemaVersion, Cells: []summary.Cell{leader, transfer}})
	text := tableOf(t, r, Terminal{Width: 100})
	costs, parts := strings.Index(text, "What an operation under load costs"), strings.Index(text, "Where an operation's election takes its time")
	if costs < 0 || parts < costs {
		t.Fatalf("costs stand at %d, where the time goes at %d; want the second behind the first:\n%s", costs, parts, text)
	}
	if first, second := strings.Index(text[parts:], "leadership transfer"), strings.Index(text[parts:], "removing the leader"); first < 0 || second < first {
		t.Errorf("got the transfer at %d and the removal at %d:\n%s", first, second, text[parts:])
	}
	at := -1
	for _, part := range []string{"detect", "elect ", "commit", "rediscover"} {
		next := strings.Index(text[parts:], part)
		if next <= at {
			t.Errorf("%s does not stand behind what comes before it:\n%s", part, text[parts:])
		}
		at = next
	}
	for _, want := range []string{"at the p50 half of those sent during it or more", "Detect: until a follower stands", "fewer than 6 times", "writes, all times"} {
		if !strings.Contains(flat(text), want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Medians over trials") {
		t.Error("it says that medians of operations are over trials")
	}
	if got := r.Closing(); !strings.HasPrefix(got, "Removing the leader: writes stop for 2.40 s") {
		t.Errorf("it closes with %q, want the operation that stops writes longest", got)
	}
}

// Every table keeps to a terminal that nobody widened.
func TestTablesOfFaultsFitTheTerminal(t *testing.T) {
	parts := operation(5, "install-snapshot", 12, 3)
	runs := map[string]*Report{
		"operations": reportOf(summary.Summary{SchemaVersion: summary.SchemaVersion, Cells: []summary.Cell{
			elected(operation(3, "transfer", 42, 1)), elected(operation(5, "remove-leader", 2400, 0)), operation(3, "rolling-restart", 42, 0), parts,
		}}),
		"outages":  outageRun(t, counted(3, 30), counted(4, 30), counted(5, 30)),
		"watches":  reportOf(watchedRun()),
		"degraded": reportOf(degradedRun()),
	}
	for name, r := range runs {
		for _, width := range []int{40, 80} {
			for line := range strings.Lines(tableOf(t, r, Terminal{Width: width})) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width {
					t.Errorf("%s at %d columns: a line of %d: %q", name, width, n, line)
				}
			}
		}
	}
}

// Setups of one size each, such as arms, stand side by side in one chart in the order
// of their numbers, and its title is the message.
func TestArmsOfOneSizeShareAChart(t *testing.T) {
	var all []results.Trial
	for _, arm := range []string{"t100", "t25"} {
		tr := killing(3, 8)
		tr.Cell, tr.Params = tr.Cell+"-"+arm, map[string]string{summary.ArmAxis: arm}
		all = append(all, tr)
	}
	charts := outageRun(t, all...).outageCharts()
	if len(charts) != 1 {
		t.Fatalf("got %d charts, want one", len(charts))
	}
	c := charts[0]
	if len(c.X.Ticks) != 2 || c.X.Ticks[0].Label != "arm t25" || c.X.Ticks[1].Label != "arm t100" || c.X.Ticks[0].Under != "3 nodes, 8 kills" {
		t.Errorf("got %+v, want t25 before t100", c.X.Ticks)
	}
	if !strings.HasPrefix(c.Title, "When a leader dies, writes stop for ") {
		t.Errorf("got the title %q", c.Title)
	}
}

func TestNamesStandInTheOrderOfTheirNumbers(t *testing.T) {
	got := []string{"t100", "t25", "b", "", "t025", "t25, x", "a2b10", "a2b9"}
	slices.SortStableFunc(got, wording.Natural)
	if want := []string{"", "a2b9", "a2b10", "b", "t25", "t025", "t25, x", "t100"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// faultsOf reads the file of faults, a map a line.
func faultsOf(t *testing.T, r *Report) []map[string]string {
	t.Helper()
	files, err := r.faultFiles()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		return nil
	}
	rows, err := csv.NewReader(strings.NewReader(string(files[0].content))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		line := map[string]string{}
		for i, name := range rows[0] {
			line[name] = row[i]
		}
		out = append(out, line)
	}
	return out
}

// Every fault is a line for other programs, with the parts of its outage, what became
// of the writes, and why it was not done or is not known.
func TestEveryFaultIsALine(t *testing.T) {
	tr := counted(3, 4)
	tr.Faults[1].Failed = "=n1 leads again"
	tr.Faults[2].Nodes = []string{"n1", "n3"}
	tr.Faults[0].DoneNS = tr.Faults[0].AtNS + 543e6
	for i := range tr.Faults[3].Probes {
		tr.Faults[3].Probes[i].FirstAckNS, tr.Faults[3].Probes[i].Acked = 0, 0
	}
	lines := faultsOf(t, outageRun(t, tr))
	if len(lines) != 4 {
		t.Fatalf("got %d lines, want one for each of 4 faults", len(lines))
	}
	want := summary.TrialOutages(&tr)[0]
	for name, text := range map[string]string{
		"run_id": "20261127-120000-failover", "cell": "n3-hashicorp-none", "kind": "outages", "repeat": "1", "action": "kill", "target": "leader", "node": "n1", "hit": "leader",
		"at_ns": "10000000000", "done_ns": "10543000000", "outage_ns": optionalWhole(want.TotalNS), "detect_ns": optionalWhole(want.DetectNS), "elect_ns": optionalWhole(want.ElectNS),
		"commit_ns": optionalWhole(want.CommitNS), "rediscover_ns": optionalWhole(want.RediscoverNS), "failed": "1", "unknown": "2", "split_votes": "0", "not_done": "", "not_known": "", "valid": "true",
	} {
		if got := lines[0][name]; got != text || want.DetectNS == nil {
			t.Errorf("%s: got %q, want %q", name, got, text)
		}
	}
	if got := lines[1]["not_done"]; got != "'=n1 leads again" {
		t.Errorf("got %q, want why it was not done, and no formula", got)
	}
	if got := lines[2]["node"] + " " + lines[2]["hit"]; got != "n1;n3 leader-too" {
		t.Errorf("got %q", got)
	}
	if l := lines[3]; l["outage_ns"] != "" || l["not_known"] != "unanswered" || l["split_votes"] == "" {
		t.Errorf("got %v, want no outage, since nothing was answered", l)
	}
	if lines := faultsOf(t, reportOf(typical())); lines != nil {
		t.Errorf("a run without faults has %v", lines)
	}
}

// Each column of the file is told of, and a later report removes the file.
func TestTheFileOfFaultsIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/outages.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range faultsHead {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("docs/outages.md does not tell of %s", name)
		}
	}
	for _, name := range []string{faultsFile, "elections.png", "elections-2.svg"} {
		if !ownNames.MatchString(name) {
			t.Errorf("a later report would leave %s behind", name)
		}
	}
}

// Reads that were answered in two ways stand beside each other, by size, in one table.
func TestBothKindsOfReadsStandBesideEachOther(t *testing.T) {
	s := degradedRun()
	var all []summary.Cell
	for _, c := range s.Cells {
		for i, kind := range []string{"linearizable", "serializable"} {
			o := c
			o.Cell += "-" + kind
			o.Params = map[string]string{summary.DeadAxis: c.Params[summary.DeadAxis], summary.LeaderAxis: c.Params[summary.LeaderAxis], readsAxis: kind}
			read := *c.Metrics[figures.ReadP50].Median / float64(1+i)
			o.Metrics = map[string]summary.Metric{figures.WriteP50: c.Metrics[figures.WriteP50], figures.ReadP50: around(read, 1)}
			all = append(all, o)
		}
	}
	s.Cells, s.Differences = all, nil
	sh := reportOf(s).degradedSheet()
	if len(sh.groups) != 2 || sh.groups[1].name != "leader b" {
		t.Fatalf("got the groups %+v, want one for each place of the leader", sh.groups)
	}
	got := map[string]string{}
	for _, col := range sh.columns {
		got[col.head()] = col.value(sh.groups[1].cells[0]).main
	}
	for head, want := range map[string]string{
		"write latency p50 1 dead": "1.72 ms", "linearizable read latency p50 all alive": "700 µs", "serializable read latency p50 all alive": "350 µs",
		"serializable read latency p50 1 dead": "550 µs",
	} {
		if got[head] != want {
			t.Errorf("%s: got %q among %v, want %s", head, got[head], got, want)
		}
	}
}

// What a simulation expects stands beside what was counted; where it expects nothing
// it says why.
func TestFalseElectionsStandBesideTheirPrediction(t *testing.T) {
	r := reportOf(watchedRun())
	r.options.FalseElections = func(cell string) FalseForecast {
		switch {
		case strings.Contains(cell, "jitter-20ms-t50"):
			return FalseForecast{PerHour: 1120, UpperPerHour: 1300}
		case strings.Contains(cell, "jitter-20ms"):
			return FalseForecast{UpperPerHour: 13}
		case strings.Contains(cell, "t50"):
			return FalseForecast{}
		}
		return FalseForecast{Unknown: "the experiment has no such setup"}
	}
	var col *column
	sh := r.electionSheet()
	for i := range sh.columns {
		if sh.columns[i].head() == "false elections predicted" {
			col = &sh.columns[i]
		}
	}
	if col == nil {
		t.Fatal("no column of predictions")
	}
	for i, want := range []entry{{main: "none"}, {main: units.Absent}, {main: "1,120"}, {main: "none", interval: "<13"}} {
		if got := col.value(r.summary.Cells[i]); got != want {
			t.Errorf("%s: got %+v, want %+v", r.summary.Cells[i].Cell, got, want)
		}
	}
	text := flat(tableOf(t, r, Terminal{Width: 140}))
	for _, want := range []string{"Where no rate is predicted: the experiment has no such setup.", "Predicted is by a simulation of raft's heartbeats"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q:\n%s", want, text)
		}
	}
}
