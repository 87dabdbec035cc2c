package report

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/report/perfetto/perfettotest"
	"github.com/raftbench/raftbench/report/trace"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// failedOver is a trial whose leader was killed and came back: the third node stood,
// won, and had its first entry at the second.
func failedOver() results.Trial {
	const at = 5_000_000
	return results.Trial{
		SchemaVersion: results.SchemaVersion, Cell: "n3-hashicorp-none", Trial: 2, Kind: results.Outages, Nodes: 3, Attempt: 1, Valid: true,
		Sites: []string{"a", "b", "c"},
		Events: []results.Event{
			{AtNS: at, Node: "n1", Kind: results.EventRole, State: results.StateLeader, Term: 2},
			{AtNS: at + 100, Node: "n1", Kind: results.EventFault, Action: "kill", Target: "leader"},
			{AtNS: at + 300, Node: "n3", Kind: results.EventLeader, Term: 2},
			{AtNS: at + 400, Node: "n3", Kind: results.EventRole, State: results.StateCandidate, Term: 3},
			{AtNS: at + 410, Node: "n2", Kind: results.EventVote, Peer: "n3", Term: 3},
			{AtNS: at + 420, Node: "n3", Kind: results.EventBallot, Peer: "n2", Term: 3, Granted: true},
			{AtNS: at + 500, Node: "n3", Kind: results.EventRole, State: results.StateLeader, Term: 3},
			{AtNS: at + 550, Node: "n3", Kind: results.EventNoop, Peer: "n2", Term: 3, Index: 9},
			{AtNS: at + 800, Node: "n1", Kind: results.EventRestart, Index: 8, Term: 2},
			{AtNS: at + 1000, Node: "n1", Kind: results.EventLeader, Peer: "n3", Term: 3},
		},
		Faults: []results.Fault{{
			Action: "kill", Target: "leader", Nodes: []string{"n1"}, AtNS: at + 100, DoneNS: at + 110, EndNS: at + 800, Leader: "n1", Term: 2, Alive: 3,
			Probes: []results.Probe{{Node: "n1", Failed: 3}, {Node: "n2", FirstAckNS: 600, Acked: 5}, {Node: "n3", FirstAckNS: 500, Acked: 6}},
		}},
	}
}

// Roles, terms, votes, faults and outages of a trial stand on lanes of their own, by
// a reader that knows perfetto's schema alone; times count from the first event.
func TestTraceTellsATrial(t *testing.T) {
	trial := failedOver()
	got := perfettotest.Lines(t, trace.Of(&trial).Encode())
	for _, want := range []string{
		`track n3-hashicorp-none, trial 2 (outages) in "", 0`,
		`track outages in "n3-hashicorp-none, trial 2 (outages)", 1`,
		`track n1 (a) in "n3-hashicorp-none, trial 2 (outages)", 3`,
		`counter term in "n1 (a)", 4`,
		"0 slice_begin n1 (a) leader term=2", "100 slice_end n1 (a)", "100 slice_begin n1 (a) dead", "800 slice_begin n1 (a) follower term=2",
		"100 slice_begin faults kill n1 target=leader", "800 slice_end faults",
		"100 slice_begin outages outage after=kill", "600 slice_end outages",
		"100 slice_begin outages detect", "400 slice_begin outages elect", "500 slice_begin outages commit", "550 slice_begin outages rediscover",
		"0 slice_begin n3 (c) follower", "400 slice_begin n3 (c) candidate term=3", "500 slice_begin n3 (c) leader term=3",
		"400 counter term 3", "300 instant n3 (c) knows no leader term=2",
		"410 instant n2 (b) n3 asks for its vote term=3", "420 instant n3 (c) vote of n2 term=3",
		"550 instant n3 (c) n2 holds the term's first entry term=3 index=9", "700 instant n2 (b) first acknowledgement here",
		"100 instant n1 (a) kill", "800 instant n1 (a) restarted term=2 index=8", "1000 instant n1 (a) follows n3 term=3",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("want %q in:\n%s", want, strings.Join(got, "\n"))
		}
	}
	// What begins ends.
	depth := 0
	for _, line := range got {
		depth += strings.Count(line, " slice_begin ") - strings.Count(line, " slice_end ")
	}
	if depth != 0 {
		t.Errorf("%d more slices begin than end", depth)
	}
}

// A fault after which nothing was acknowledged is out until the next one, faults
// that overlap stand below each other, and a proof has the outage that it timed.
func TestTraceOfOtherOutages(t *testing.T) {
	trial := failedOver()
	at := trial.Events[0].AtNS
	trial.Faults[0].Probes = []results.Probe{{Node: "n2", Failed: 4}}
	trial.Faults = append(trial.Faults, results.Fault{Action: "pause", Nodes: []string{"n2"}, AtNS: at + 700, DoneNS: at + 701, EndNS: at + 900})
	got := perfettotest.Lines(t, trace.Of(&trial).Encode())
	for _, want := range []string{"100 slice_begin outages no write until here after=kill", "700 slice_end outages", "700 slice_begin faults pause n2", "900 slice_end faults"} {
		if !slices.Contains(got, want) {
			t.Errorf("want %q in:\n%s", want, strings.Join(got, "\n"))
		}
	}
	if n := strings.Count(strings.Join(got, "\n"), "track faults in"); n != 2 {
		t.Errorf("two faults that overlap stand on %d tracks", n)
	}
	trial.Faults, trial.Proof = nil, &results.ProofResult{Leader: "n1", OutageNS: 950}
	got = perfettotest.Lines(t, trace.Of(&trial).Encode())
	if !slices.Contains(got, "100 slice_begin outages outage after=kill") || !slices.Contains(got, "1050 slice_end outages") {
		t.Errorf("a proof's outage:\n%s", strings.Join(got, "\n"))
	}
}

// An outage without an end of its own is drawn as long as it was seen: to the first
// acknowledgement after the fault's end, and no longer than anybody wrote.
func TestTheLaneOfOutagesHasNoHoles(t *testing.T) {
	const at = 5_000_000
	kill := func(atNS, endNS, firstAckNS int64) results.Fault {
		return results.Fault{Action: "kill", Nodes: []string{"n1"}, AtNS: at + atNS, DoneNS: at + atNS + 1, UndoNS: at + endNS - 1, EndNS: at + endNS,
			Probes: []results.Probe{{Node: "n2", Failed: 4, FirstAckNS: firstAckNS}}}
	}
	trial := results.Trial{Cell: "n3-hashicorp-none", Trial: 1, Kind: results.Measure, Nodes: 3,
		Windows: []results.Window{{Name: "calm", StartNS: at, DurationNS: 1000}},
		Events:  []results.Event{{AtNS: at, Node: "n1", Kind: results.EventRole, State: results.StateLeader, Term: 2}},
		Faults: []results.Fault{
			kill(100, 200, 250), kill(400, 500, 0),
			{Action: "kill", Target: "n1", AtNS: at + 600, DoneNS: at + 600, EndNS: at + 600, Failed: "n1 does not run"},
			{Action: "pause", Nodes: []string{"n3"}, AtNS: at + 2000, DoneNS: at + 2001, EndNS: at + 3000},
		},
	}
	got := perfettotest.Lines(t, trace.Of(&trial).Encode())
	for _, want := range []string{
		"100 slice_begin outages no write before it was undone after=kill", "350 slice_end outages",
		"400 slice_begin outages no write until here after=kill", "1000 slice_end outages",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("want %q in:\n%s", want, strings.Join(got, "\n"))
		}
	}
}

// A follower that is cut off asks for pre-votes of the next term and is in it never,
// nor is who is asked.
func TestATermIsDrawnOnlyOnceItIsOne(t *testing.T) {
	trial := failedOver()
	at := trial.Events[0].AtNS
	trial.Events = []results.Event{
		{AtNS: at, Node: "n1", Kind: results.EventRole, State: results.StateLeader, Term: 2},
		{AtNS: at + 100, Node: "n3", Kind: results.EventRole, State: results.StateCandidate, Term: 2},
		{AtNS: at + 110, Node: "n2", Kind: results.EventVote, Peer: "n3", Term: 3, PreVote: true},
		{AtNS: at + 120, Node: "n3", Kind: results.EventBallot, Peer: "n2", Term: 3, PreVote: true},
	}
	text := strings.Join(perfettotest.Lines(t, trace.Of(&trial).Encode()), "\n")
	if strings.Contains(text, "counter term 3") || !strings.Contains(text, "counter term 2") {
		t.Errorf("term 3 was only ever proposed, and is drawn:\n%s", text)
	}
}

// A foreign folder's names and instants do no harm, and its traces have an end.
func TestTraceOfAForeignTrial(t *testing.T) {
	trial := failedOver()
	trial.Events[2].Node, trial.Events[3].State, trial.Events[4].Peer = "\x1b[2J", "lead\xff\u202eer", strings.Repeat("x", 1000)
	trial.Events[5].Term = 1<<64 - 1
	trial.Windows = []results.Window{{Name: "calm", StartNS: 1, DurationNS: 1<<63 - 1}}
	text := strings.Join(perfettotest.Lines(t, trace.Of(&trial).Encode()), "\n")
	if strings.ContainsAny(text, "\x1b\u202e") || strings.Contains(text, strings.Repeat("x", 200)) {
		t.Errorf("a name was not cleaned:\n%q", text)
	}
	r := &Report{options: Options{Trace: true}, run: &results.Run{}}
	many := results.Trial{Cell: "n1-x", Trial: 1, Events: make([]results.Event, mostTraced-100)}
	r.run.Trials = []results.Trial{many, many, failedOver(), {Cell: "n1-x", Trial: 3}}
	if trials, left := r.traced(); len(trials) != 1 || left != 2 {
		t.Errorf("%d trials have traces and %d are left out, want 1 and 2: the last has no event", len(trials), left)
	}
}

// Traces are files of the report: written when asked for, and gone when not.
func TestTracesAreWrittenWhenAskedFor(t *testing.T) {
	dir := t.TempDir()
	write := func(trace bool) []string {
		run := &results.Run{Environment: host(), Trials: []results.Trial{failedOver()}}
		r := New(run, summary.Analysis{Summary: typical()}, Options{Trace: trace})
		if _, err := r.Write(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		names, _ := filepath.Glob(filepath.Join(dir, "trace-*"))
		return names
	}
	names := write(true)
	if diff := cmp.Diff([]string{filepath.Join(dir, "trace-n3-hashicorp-none-2.ndjson"), filepath.Join(dir, "trace-n3-hashicorp-none-2.perfetto-trace")}, names); diff != "" {
		t.Fatal(diff)
	}
	content, err := os.ReadFile(names[1])
	if err != nil || len(perfettotest.Lines(t, content)) < 20 {
		t.Errorf("%v: got %d bytes", err, len(content))
	}
	if names := write(false); len(names) > 0 {
		t.Errorf("an earlier report's traces stay: %v", names)
	}
}
