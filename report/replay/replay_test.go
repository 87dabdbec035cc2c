package replay

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/report/replay/replaytest"
	"github.com/raftbench/raftbench/results"
)

// The states are those of the events, a pre-candidate's apart from a candidate's.
func TestAReplaysStates(t *testing.T) {
	r := Of(replaytest.ElectionTrial())
	ms := func(states [][4]int64) (out []string) {
		for _, s := range states {
			out = append(out, fmt.Sprintf("%d role %d term %d follows %d", s[0]/1e6, s[1], s[2], s[3]))
		}
		return out
	}
	for i, want := range [][]string{
		{"0 role 1 term 0 follows -1", "3 role 1 term 2 follows -1", "4 role 4 term 2 follows -1", "100 role 0 term 0 follows -1",
			"300 role 1 term 0 follows -1", "301 role 1 term 2 follows -1", "315 role 1 term 4 follows 1"},
		{"0 role 0 term 0 follows -1", "1 role 1 term 0 follows -1", "3 role 1 term 1 follows -1", "5 role 1 term 2 follows 0", "140 role 2 term 2 follows -1", "147 role 3 term 3 follows -1",
			"190 role 2 term 3 follows -1", "194 role 3 term 4 follows -1", "200 role 4 term 4 follows -1"},
		{"0 role 0 term 0 follows -1", "2 role 1 term 0 follows -1", "3 role 1 term 1 follows -1", "198 role 1 term 4 follows -1", "201 role 1 term 4 follows 1"},
	} {
		if d := cmp.Diff(want, ms(r.Nodes[i].States)); d != "" {
			t.Errorf("%s (-want +got):\n%s", r.Nodes[i].ID, d)
		}
	}
	if want := int64(850e6); r.Length != want {
		t.Errorf("it lasts %d ns, want %d: until the load's end, without the shutdown", r.Length, want)
	}
}

// An answer's arrow begins where its request ended, a request's where its sender began
// to stand, and where it began anew nobody knows, at its arrival.
func TestAReplaysArrows(t *testing.T) {
	const ms = int64(1e6)
	want := [][8]int64{
		{140 * ms, 143 * ms, 1, 2, 0, 1, 0, 3}, {143 * ms, 146 * ms, 2, 1, 1, 1, 1, 3},
		{147 * ms, 150 * ms, 1, 2, 0, 0, 0, 3}, {150 * ms, 152 * ms, 2, 1, 1, 0, 0, 3},
		{147 * ms, 190 * ms, 1, 2, 0, 1, 0, 4}, {190 * ms, 193 * ms, 2, 1, 1, 1, 1, 4},
		{194 * ms, 197 * ms, 1, 2, 0, 0, 0, 4}, {197 * ms, 199 * ms, 2, 1, 1, 0, 1, 4},
	}
	want[4][0] = want[4][1] // it asks for pre-votes again, since when is not on record
	if d := cmp.Diff(want, Of(replaytest.ElectionTrial()).Arrows); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// What happens is told in plain words, a term without a winner and a member that catches
// up among it.
func TestAReplaysWords(t *testing.T) {
	r := Of(replaytest.ElectionTrial())
	var said []string
	for _, s := range r.Steps {
		said = append(said, fmt.Sprintf("%d %s", s.At/1e6, s.Text))
	}
	for _, want := range []string{
		"100 Fault: kill n1 (leader)",
		"140 n2 stands: it asks the others whether they would vote for it in the next term (pre-vote)",
		"143 n2 asks n3: would you vote for me in term 3? (pre-vote)",
		"147 n2 enters term 3, votes for itself and asks the others for their votes",
		"152 n3 refuses n2 its vote in term 3",
		"199 n3 votes for n2 in term 4: 2 of 3, it takes 2",
		"200 n2 leads in term 4: 2 of 3 votes (its own and n3)",
		"203 n3 holds the first entry of term 4: with n2 a quorum of 2 does, so it is committed",
		"205 A write sent after kill n1 (leader) is acknowledged: 105 ms after it",
		"310 n1 listens again; the log on its disk reaches entry 20",
		"361 n1 has caught up: it knows all 40 entries to be committed that were when it came back",
		"700 Fault: isolate n1 n2 | n3. n1 n2 can go on with a quorum of 2; n3 cannot",
		"800 The network is whole again: isolate n1 n2 | n3 is healed",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("it does not say %q, but\n%s", want, strings.Join(said, "\n"))
		}
	}
	var scenes []string
	for _, s := range r.Scenes {
		scenes = append(scenes, s.Title)
	}
	if want := []string{"n1 elected in term 2, kill n1 (leader), n2 elected in term 4, n1 is back, 1 more", "isolate n1 n2 | n3"}; !cmp.Equal(scenes, want) {
		t.Errorf("scenes %q, want %q", scenes, want)
	}
}

// Two that stand in one term, and nobody who is elected in it, are a split vote.
func TestASplitVoteIsTold(t *testing.T) {
	trial := replaytest.ElectionTrial()
	trial.Events = slices.Insert(trial.Events, slices.IndexFunc(trial.Events, func(e results.Event) bool { return e.AtNS == 1e12+150e6 }),
		results.Event{AtNS: 1e12 + 148e6, Node: "n3", Kind: results.EventRole, State: "candidate", Term: 2},
		results.Event{AtNS: 1e12 + 149e6, Node: "n3", Kind: results.EventTerm, Term: 3})
	var said []string
	for _, s := range Of(trial).Steps {
		if strings.HasPrefix(s.Text, "Split vote") {
			said = append(said, fmt.Sprintf("%d %s", s.At/1e6, s.Text))
		}
	}
	want := []string{"190 Split vote in term 3, nobody was elected: n2 had 1 vote and n3 had 1 vote, their own among them; it takes 2"}
	if d := cmp.Diff(want, said); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// A record without what newer ones have is replayed all the same, and says what it lacks.
func TestAReplayOfAnOlderRecord(t *testing.T) {
	trial := replaytest.ElectionTrial()
	trial.Writes = nil
	trial.Events = slices.DeleteFunc(trial.Events, func(e results.Event) bool { return e.Kind == results.EventProgress || e.Kind == results.EventOpening })
	r := Of(trial)
	want := []string{"How far the nodes' logs reached was not recorded in this trial.", "The client's writes were not recorded one by one in this trial."}
	if d := cmp.Diff(want, r.Notes); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if first := r.Nodes[1].States[0]; first[1] != follower {
		t.Errorf("n2 begins as %v, want it to follow: nobody told of its start", first)
	}
}

// A replay is bounded, and says where it ends.
func TestAReplayIsBounded(t *testing.T) {
	trial := replaytest.ElectionTrial()
	last := trial.Events[len(trial.Events)-3]
	trial.Events = trial.Events[:len(trial.Events)-2]
	for i := range int64(3 * mostReplayed) {
		e := last
		e.AtNS, e.Index = last.AtNS+i*1e6, uint64(i)
		trial.Events = append(trial.Events, e)
	}
	r := Of(trial)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 1<<20 || len(r.Notes) == 0 || !strings.HasPrefix(r.Notes[0], "The replay ends after") {
		t.Errorf("%d bytes, notes %q", len(text), r.Notes)
	}
	for _, n := range r.Nodes {
		for _, p := range n.Log {
			if p[0] > r.Length {
				t.Fatalf("%v is told after the end at %d", p, r.Length)
			}
		}
	}
}

// Those trials are replayed in which most happened, and what is left out is said.
func TestWhichTrialsAreReplayed(t *testing.T) {
	run := &results.Run{}
	for i := range 6 {
		trial := *replaytest.ElectionTrial()
		trial.Trial = i + 1
		if i >= 4 {
			trial.Cell = "n5-hashicorp-none"
		}
		run.Trials = append(run.Trials, trial)
	}
	run.Trials[2].Findings = []results.Finding{{Class: results.Safety}}
	run.Trials[5].Faults = nil
	run.Trials[0].Kind = results.Proof
	called := func(t *results.Trial) string { return fmt.Sprintf("%s, trial %d", t.Cell, t.Trial) }
	all, note := All(run.Trials, called)
	var got []string
	for _, one := range all {
		got = append(got, one.Title)
	}
	if want := []string{"n3-hashicorp-none, trial 3", "n3-hashicorp-none, trial 1", "n5-hashicorp-none, trial 5"}; !cmp.Equal(got, want) {
		t.Errorf("replayed %q, want %q", got, want)
	}
	if want := "Replayed are 3 of 5 trials with faults"; !strings.HasPrefix(note, want) {
		t.Errorf("note %q, want %q", note, want)
	}
	run.Trials = run.Trials[5:]
	if all, note := All(run.Trials, called); len(all) > 0 || note != "" {
		t.Errorf("a run without faults has %d replays and the note %q", len(all), note)
	}
}

// A kill that is not undone by itself, as in a proof, stands until its member runs again.
func TestAReplayedKillEndsWithTheNextProcess(t *testing.T) {
	trial := replaytest.ElectionTrial()
	trial.Faults[0].UndoNS, trial.Faults[0].EndNS = 0, 0
	if f := Of(trial).Faults[0]; f.From != 100e6 || f.To != 300e6 {
		t.Errorf("it stands from %d to %d ns, want from 100 to 300 ms", f.From, f.To)
	}
	trial.Events = slices.DeleteFunc(trial.Events, func(e results.Event) bool {
		return e.Kind == results.EventOpening && e.AtNS > trial.Faults[0].AtNS
	})
	r := Of(trial)
	if f := r.Faults[0]; f.To != 310e6 || stateAt(r, 0, 309e6)[1] != down || stateAt(r, 0, 310e6) != [4]int64{310e6, follower, 2, -1} {
		t.Errorf("without its opening it stands until %d ns, and states are %v: want until it listened again", f.To, r.Nodes[0].States)
	}
	trial.Events = slices.DeleteFunc(trial.Events, func(e results.Event) bool { return e.Kind == results.EventRestart })
	if r := Of(trial); r.Faults[0].To != r.Length {
		t.Errorf("it stands until %d ns, want the end at %d: nothing of it ran again", r.Faults[0].To, r.Length)
	}
}

// stateAt is what a member was.
func stateAt(r Trial, node int, ns int64) (last [4]int64) {
	for _, s := range r.Nodes[node].States {
		if s[0] <= ns {
			last = s
		}
	}
	return last
}
