package report

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/figures"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// killing makes a trial that kills the leader of so many nodes again and again, at
// instants as the model of raft's timers draws them.
func killing(nodes, kills int) results.Trial {
	t := results.Trial{
		Cell: fmt.Sprintf("n%d-hashicorp-none", nodes), Trial: 1, Attempt: 1, Kind: results.Outages, Nodes: nodes, Engine: "hashicorp", Profile: "none",
		Load: "calm", Valid: true, Durable: true, Timeouts: usualTimeouts, Audit: &results.Audit{Nodes: nodes},
	}
	r := rand.New(rand.NewPCG(uint64(nodes), 1))
	for i := range kills {
		e := died(nodes, 1, int64(100*nodes+i))
		t.Faults, t.Events = append(t.Faults, kill(t, i)), append(t.Events, election(nodes, i, e)...)
		f := &t.Faults[i]
		for k := 1; k <= nodes; k++ {
			p := results.Probe{Node: fmt.Sprintf("n%d", k), Failed: int64(e.Elected.P50 / (50 * time.Millisecond))}
			if k != 1 {
				p.FirstAckNS = int64(e.Elected.P50) + 4e6 + r.Int64N(50e6)
				p.Acked, p.Unknown = 100, int64(i%2)
			}
			f.Probes = append(f.Probes, p)
		}
	}
	return t
}

// died draws a leader's death with raft's default timeouts.
func died(nodes, draws int, seed int64) quorum.Election {
	rules := quorum.HashiCorp(quorum.Timeouts{Heartbeat: time.Second, Election: time.Second, Lease: time.Second / 2})
	e, err := quorum.Failover{Nodes: quorum.Size(nodes), Dead: 1, Rules: rules}.Predict(draws, seed)
	if err != nil {
		panic(err)
	}
	return e
}

const killEvery = int64(10e9)

func kill(t results.Trial, i int) results.Fault {
	at := killEvery * int64(i+1)
	return results.Fault{
		Action: "kill", Target: "leader", Nodes: []string{"n1"}, Repeat: i + 1, AtNS: at, DoneNS: at + 1e5, Leader: "n1", Term: uint64(2 * (i + 1)), Alive: t.Nodes,
	}
}

// election after the i-th kill; every eighth has a split vote before it.
func election(nodes, i int, e quorum.Election) []results.Event {
	at, term := killEvery*int64(i+1), uint64(2*(i+1))
	out := []results.Event{
		{AtNS: at, Kind: results.EventFault, Node: "n1", Action: "kill"},
		{AtNS: at + int64(e.Candidate.P50), Kind: results.EventRole, Node: "n3", State: results.StateCandidate, Term: term},
	}
	won := at + int64(e.Elected.P50)
	if i%8 == 3 {
		for _, who := range []string{"n2", "n3"} {
			out = append(out, results.Event{AtNS: won - 2e6, Kind: results.EventBallot, Node: who, Peer: "n4", Term: term + 1})
		}
	}
	out = append(out, results.Event{AtNS: won, Kind: results.EventRole, Node: "n2", State: results.StateLeader, Term: term + 2})
	for k := 3; k <= nodes; k++ {
		out = append(out, results.Event{AtNS: won + int64(k)*5e5, Kind: results.EventNoop, Node: "n2", Peer: fmt.Sprintf("n%d", k), Term: term + 2, Index: 7})
	}
	return out
}

// forecastOf a size, simulated once.
var forecastOf = func() func(nodes byte) Forecast {
	known := map[byte]Forecast{}
	return func(nodes byte) Forecast {
		if _, there := known[nodes]; !there {
			e := died(int(nodes), 200, 1)
			known[nodes] = Forecast{P50: float64(e.Committed.P50), P90: float64(e.Committed.P90), SplitShare: e.SplitShare}
		}
		return known[nodes]
	}
}()

// outageRun is a run of repeated kills alone.
func outageRun(t testing.TB, trials ...results.Trial) *Report {
	t.Helper()
	run := &results.Run{Environment: host(), Trials: trials}
	run.Environment.RunID = "20261127-120000-failover"
	a, err := summary.Analyse(run)
	if err != nil {
		t.Fatal(err)
	}
	return New(run, a, Options{Source: source, Forecast: func(cell string) (Forecast, bool) {
		return forecastOf(cell[1] - '0'), true
	}})
}

func failover(t testing.TB) *Report {
	t.Helper()
	var all []results.Trial
	for _, n := range []int{3, 4, 5, 6, 7} {
		all = append(all, killing(n, 30))
	}
	return outageRun(t, all...)
}

// The answer leads: how long a dead leader stops writes, then the distribution with
// what was predicted, and where the time went.
func TestWhatOutagesSayIsPrinted(t *testing.T) {
	r := failover(t)
	text := tableOf(t, r, Terminal{Width: 80})
	if testing.Verbose() {
		t.Log("\n" + text)
	}
	for i, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > 80 {
			t.Errorf("line %d has %d columns: %s", i, n, line)
		}
	}
	flat := strings.Join(strings.Fields(text), " ")
	page := pageText(t, r)
	for _, want := range []string{
		"A dead leader stops writes for", " with 3 nodes, ", "and 1.84 s with 7 (medians of 30 kills).", "This run timed outages alone",
		"When a leader dies", "without writes for", "predicted", "split vote", "Where that time goes, median of each part", "30 of 30",
		"heartbeat 1s, election 1s, leader lease 500ms", "Each fault counts as a draw of its own",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	for _, column := range []string{"without writes for p50", "predicted split", "rediscover", "writes per kill unknown", "The elections after these faults", "| 3 nodes | 30 | 34 | "} {
		if !strings.Contains(page, column) {
			t.Errorf("the page lacks %q", column)
		}
	}
	for _, no := range []string{"no distribution", "not measured", "0 of 0", "No advice"} {
		if strings.Contains(flat, no) {
			t.Errorf("says %q:\n%s", no, text)
		}
	}
	if answer, costs := strings.Index(text, "When a leader dies"), strings.Index(text, "What each size buys"); answer > costs && costs >= 0 {
		t.Errorf("what was not measured stands before what was:\n%s", text)
	}
}

// A part that nobody knows is not printed, and said; so is a fault that hit another
// than was meant.
func TestWhatIsNotKnownOfOutagesIsSaid(t *testing.T) {
	three, five := killing(3, 8), killing(5, 8)
	var kept []results.Event
	for _, e := range three.Events {
		if e.Kind != results.EventNoop {
			kept = append(kept, e)
		}
	}
	three.Events = kept
	i := slices.IndexFunc(five.Events, func(e results.Event) bool { return e.AtNS > killEvery+5e9 })
	five.Events = slices.Insert(five.Events, i, results.Event{AtNS: killEvery + 5e9, Kind: results.EventDropped, Node: "n4", Count: 3},
		results.Event{AtNS: killEvery + 6e9, Kind: results.EventLeader, Node: "n4", Peer: "n2", Term: 4})
	five.Faults[7].Nodes = []string{"n5"}
	r := outageRun(t, three, five)
	text := strings.Join(strings.Fields(tableOf(t, r, Terminal{Width: 100})), " ")
	for _, want := range []string{
		"The parts of 8 outages are not all known: a majority was not seen to hold the new term's first entry.",
		"The parts of 1 outage are not all known: a node could not tell of all its events.",
		"0 of 8", "6 of 7", "Faults that hit another", "5 nodes a follower dies 1",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
}

// Faults of a timeline are listed one by one.
func TestATimelinesFaultsAreListed(t *testing.T) {
	made := killing(3, 2)
	made.Kind, made.Windows = results.Measure, []results.Window{{
		Name: results.WindowCalm, Role: results.RoleLight, Mode: results.ModeOpen, OfferedOps: 100, StartNS: killEvery - 3e9, Harmed: true,
		Attempted: 1000, Completed: 900, Writes: 900, FailedWrites: 100, Errors: 100,
	}}
	made.Faults[0].EndNS = made.Faults[0].AtNS + 4e9
	made.Faults[1].Action, made.Faults[1].Nodes, made.Faults[1].Probes = "isolate", []string{"n3"}, nil
	r := outageRun(t, made)
	text := tableOf(t, r, Terminal{Width: 100})
	for _, want := range []string{"What was done while the load ran", "kill n1 (leader)", "isolate n3 (follower)", "3.00 s", "4.00 s"} {
		if !strings.Contains(text, want) || !strings.Contains(pageText(t, r), "What was done") {
			t.Errorf("lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "When a leader dies") || len(r.outageCharts()) > 0 {
		t.Errorf("a timeline's faults pass for a distribution:\n%s", text)
	}
}

// The chart has every kill in its order, the median with its interval, and the
// prediction.
func TestTheChartOfOutagesHasEveryKill(t *testing.T) {
	tr := killing(5, 12)
	for i := range tr.Faults[4].Probes {
		tr.Faults[4].Probes[i].FirstAckNS, tr.Faults[4].Probes[i].Acked = 0, 0
	}
	charts := outageRun(t, killing(3, 12), tr).outageCharts()
	if len(charts) != 1 {
		t.Fatalf("got %d charts", len(charts))
	}
	c := charts[0]
	dots, medians := c.Series[0], c.Series[len(c.Series)-1]
	if len(dots.Points) != 24 || len(medians.Points) != 2 || medians.Points[0].Low == nil || len(c.Series) != 4 {
		t.Errorf("got %d kills and %d medians in %d series", len(dots.Points), len(medians.Points), len(c.Series))
	}
	if never := dots.Points[16]; never.Y != nil || !never.Beyond || never.Missing != figures.NeverAnswered {
		t.Errorf("got %+v, want the kill after which nothing was answered", never)
	}
	for i, p := range dots.Points[1:12] {
		if p.X <= dots.Points[i].X {
			t.Errorf("kill %d stands left of the one before", i+1)
		}
	}
	for i, l := range c.Labels {
		if at := c.Fields()[0]; at.At(l.Of[0]).Y != medians.Points[i].Y {
			t.Errorf("label %d is not at its median", i)
		}
	}
	if !strings.HasPrefix(c.Title, "When a leader dies, writes stop for ") || !strings.HasSuffix(c.Title, " s (medians)") {
		t.Errorf("got the title %q", c.Title)
	}
}

// Setups that differ in more than their size are each answered once, with what tells
// them apart.
func TestSeveralFaultsAreAnsweredOneByOne(t *testing.T) {
	var all []results.Trial
	for _, n := range []int{3, 5} {
		for _, action := range []string{"kill", "pause"} {
			tr := killing(n, 6)
			tr.Cell, tr.Params = tr.Cell+"-"+action, map[string]string{"outages.action": action}
			for i := range tr.Faults {
				tr.Faults[i].Action = action
			}
			all = append(all, tr)
		}
	}
	text := strings.Join(strings.Fields(tableOf(t, outageRun(t, all...), Terminal{Width: 80})), " ")
	for _, once := range []string{"action kill: A dead leader stops writes for", "action pause: When a leader is paused, writes stop for", "How long faults stop writes"} {
		if strings.Count(text, once) != 1 {
			t.Errorf("got %q %d times, want it once:\n%s", once, strings.Count(text, once), text)
		}
	}
	if strings.Contains(text, "(medians, by size)") || strings.Contains(text, "No advice") {
		t.Errorf("the answers are repeated:\n%s", text)
	}
}

// How long a fault was left standing is not told as how long it stops writes.
func TestWhatWasUndoneIsNotTimed(t *testing.T) {
	tr := killing(3, 6)
	for i := range tr.Faults {
		f := &tr.Faults[i]
		f.Action, f.UndoNS, f.EndNS = "deadlock", f.AtNS+11e8, f.AtNS+11e8
	}
	timed := killing(5, 6)
	for i := range timed.Faults {
		timed.Faults[i].Action = "deadlock"
	}
	text := strings.Join(strings.Fields(tableOf(t, outageRun(t, tr, timed), Terminal{Width: 80})), " ")
	for _, want := range []string{
		"When deadlock is done to a leader, writes stop until it is undone (after 1.10 s) with 3 nodes and for ",
		"writes went on only when the fault was undone",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("got %s\nwant in it: %s", text, want)
		}
	}
	if got := stopped(summary.TrialOutages(&tr)[0], false); got != "until undone" {
		t.Errorf("got %q", got)
	}
}

// A code of a gap that has no words would be shown as none.
func TestEveryGapHasWords(t *testing.T) {
	for _, g := range []summary.Gap{
		summary.GapUnwatched, summary.GapUnanswered, summary.GapUndone, summary.GapNoElection, summary.GapDropped, summary.GapCandidate, summary.GapNoop, summary.GapOrder,
	} {
		if gapWords[g] == "" {
			t.Errorf("%s has no words", g)
		}
	}
}
