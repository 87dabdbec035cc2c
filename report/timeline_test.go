package report

import (
	"fmt"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// underLoad are faults that were done while load was measured.
func underLoad(faults ...results.Fault) results.Trial {
	made := killing(3, 1)
	made.Kind, made.Events, made.Faults = results.Measure, nil, faults
	made.Windows = []results.Window{{
		Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, StartNS: 1e9, Harmed: true,
		Attempted: 1000, Completed: 1000, Writes: 1000,
	}}
	return made
}

// What was not done says so and why; a partition says which links; and writes stopped
// for as long as no client had an answer, of which what each of them saw alone does not tell.
func TestWhatWasDoneUnderLoadIsToldWhole(t *testing.T) {
	text := tableOf(t, outageRun(t, underLoad(
		results.Fault{Action: "transfer", Target: "leader", Nodes: []string{"n1"}, Leader: "n1", AtNS: 2e9, DoneNS: 2e9 + 1e6, Failed: "n1 leads again, want another"},
		results.Fault{Action: "isolate", Nodes: []string{"n1"}, Leader: "n1", AtNS: 4e9, DoneNS: 4e9 + 1e6, SilentNS: 13e8, Probes: []results.Probe{
			{Node: "n1", FirstAckNS: 3e6, Acked: 1}, // answered before it was cut off
			{Node: "n2", FirstAckNS: 14e8, Acked: 90, Unknown: 2}, {Node: "n3", FirstAckNS: 15e8, Acked: 90},
		}},
		results.Fault{Action: "partition", Target: "n1->n2", AtNS: 9e9, DoneNS: 9e9 + 1e6},
		results.Fault{Action: "partition", Groups: [][]string{{"n1", "n2"}, {"n3"}}, AtNS: 10e9, DoneNS: 10e9 + 1e6},
		results.Fault{Action: "kill", Target: "n3", AtNS: 11e9, DoneNS: 11e9, EndNS: 11e9, Failed: "n3 does not run since kill follower"},
	)), Terminal{Width: 160})
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{
		"transfer n1 (leader), not finished: n1 leads again, want another",
		"isolate n1 (leader) 1 3.00 s – 1.30 s 0 2",
		"partition n1->n2",
		"partition n1 n2 | n3",
		"kill n3, not done: n3 does not run since kill follower",
		"in which no client had an answer", "may have been committed or not",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// A fault after which no write went on at all stopped them as long as anybody looked,
// which is the opposite of never.
func TestWritesThatDidNotGoOnStoppedUntilSomethingEnded(t *testing.T) {
	dead := func(node string, atNS int64) results.Fault {
		return results.Fault{Action: "kill", Nodes: []string{node}, Leader: "n1", AtNS: atNS, DoneNS: atNS + 1e6, Probes: []results.Probe{{Node: "n3", Failed: 40}}}
	}
	text := tableOf(t, outageRun(t, underLoad(dead("n1", 2e9), dead("n2", 4e9))), Terminal{Width: 160})
	flat := strings.Join(strings.Fields(text), " ")
	for _, want := range []string{"kill n1 (leader) 1 1.00 s – until the next fault 40 0", "kill n2 (follower) 1 3.00 s – until the load ended 40 0"} {
		if !strings.Contains(flat, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(flat, wording.Never) {
		t.Errorf("says that writes never stopped, or were never answered:\n%s", text)
	}
}

// Of several faults all are answered, the leader's first, and nothing is said of
// intervals over trials.
func TestWhatBefallsTheLeaderIsAnsweredFirst(t *testing.T) {
	var all []results.Trial
	for i, action := range []string{"pause", "isolate", "restart", "slow-disk", "deadlock", "kill"} {
		tr := killing(3, 6)
		tr.Cell, tr.Params = tr.Cell+"-"+fmt.Sprint(i), map[string]string{"outages.action": action}
		for k := range tr.Faults {
			if tr.Faults[k].Action = action; action != "kill" {
				tr.Faults[k].Nodes = []string{"n3"}
			}
		}
		all = append(all, tr)
	}
	text := strings.Join(strings.Fields(tableOf(t, outageRun(t, all...), Terminal{Width: 80})), " ")
	leader, follower := strings.Index(text, "action kill: A dead leader"), strings.Index(text, "action pause: When a follower")
	if leader < 0 || follower < leader || strings.Contains(text, "see the tables") {
		t.Errorf("the leader's death is not first, or something is left out:\n%s", text)
	}
	if closing := outageRun(t, all...).Closing(); !strings.HasPrefix(closing, "A dead leader stops writes for") {
		t.Errorf("ends with %q", closing)
	}
	if strings.Contains(text, "Medians over trials") {
		t.Errorf("speaks of intervals over trials, where each fault counts:\n%s", text)
	}
}

// A run that was to measure no costs does not end by missing them.
func TestARunWithoutCostsEndsWithWhatItSaw(t *testing.T) {
	proved := cell(4, 1, 0)
	proved.Trials, proved.ValidTrials, proved.Metrics = 0, 0, nil
	for _, tt := range []struct {
		cell summary.Cell
		want string
	}{
		{operation(4, "transfer", 42, 0), "Leadership transfer: writes stop for 42.0 ms with 4 nodes."},
		{proved, "4 nodes survived one dead."},
	} {
		r := reportOf(summary.Summary{SchemaVersion: summary.SchemaVersion, Cells: []summary.Cell{tt.cell}})
		text := tableOf(t, r, Terminal{Width: 80})
		if got := r.Closing(); got != tt.want || strings.Contains(text, "not measured") || strings.Contains(text, "No advice: no size") {
			t.Errorf("ends with %q, want %q, after:\n%s", got, tt.want, text)
		}
	}
}

// On a narrow terminal what a fault did to the writes stays, and a column that has no room
// is told of.
func TestANarrowTerminalKeepsWhatAFaultDidToTheWrites(t *testing.T) {
	r := outageRun(t, underLoad(
		results.Fault{Action: "transfer", Target: "leader", Nodes: []string{"n1"}, Leader: "n1", AtNS: 2e9, DoneNS: 2e9 + 1e6, Failed: "n1 leads again after five attempts, want another leader"},
		results.Fault{Action: "pause", Nodes: []string{"n1"}, Leader: "n1", AtNS: 4e9, DoneNS: 4e9 + 1e6, UndoNS: 5e9, EndNS: 5e9 + 1e6, Probes: []results.Probe{
			{Node: "n2", FirstAckNS: 11e8, Acked: 90, Failed: 1234, Unknown: 77},
		}},
	))
	for _, width := range []int{70, 80, 100} {
		text := tableOf(t, r, Terminal{Width: width})
		_, text, _ = strings.Cut(text, "What was done while the load ran")
		flat := strings.Join(strings.Fields(text), " ")
		for _, want := range []string{"writes stopped failed unknown", "pause n1 (leader)", "until undone 1,234 77", "left out to fit", "until undone: they went on only once"} {
			if !strings.Contains(flat, want) {
				t.Errorf("at %d columns: lacks %q:\n%s", width, want, text)
			}
		}
	}
	if text := tableOf(t, r, Terminal{Width: 200}); strings.Contains(text, "left out") {
		t.Errorf("leaves a column out where there is room:\n%s", text)
	}
}
