package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// testedFor runs one safety trial of an experiment's first setup, on real processes.
func testedFor(t *testing.T, seed int64, text string) results.Trial {
	t.Helper()
	start := starter(t)
	e, err := configs.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	p.Replay, p.KeepHistories = &configs.Replay{Cell: p.Setups[0].Cell, Seed: seed}, true
	p.Setups, p.Safety, p.Retries = p.Setups[:1], 1, 0
	dir := filepath.Join(t.TempDir(), "run")
	w, err := results.Create(dir, results.Environment{RunID: "run", FsyncReal: true}, p.YAML)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	r := &Runner{Plan: p, Writer: w, Start: func(configs.Setup) Starter { return start }}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if _, err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	run, err := results.Open(dir)
	if err != nil || len(run.Trials) != 1 {
		t.Fatalf("got %v, %v, want one trial on record", run, err)
	}
	got := run.Trials[0]
	if got.Seed != seed {
		t.Errorf("got a trial of seed %d, want %d", got.Seed, seed)
	}
	if got.Tested != nil && got.Tested.History != "" {
		if _, err := history.Read(filepath.Join(dir, got.Tested.History)); err != nil {
			t.Error(err)
		}
	}
	return got
}

const shortSafety = `
nodes: 3
trials: 0
proofs: 0
network: {profile: none}
storage: {sync: 1ms}
raft: {heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms, snapshot_threshold: 100, snapshot_interval: 100ms, trailing_logs: 20}
workload: {timeout: 500ms}
`

// Without its log's syncs and with its power cut, a cluster forgets what it had
// acknowledged: the judge says so, and the history and the logs are there.
func TestALossOfWhatWasNeverSyncedIsFound(t *testing.T) {
	got := testedFor(t, 1, shortSafety+`
safety: {trials: 1, duration: 4s, clients: 6, keys: 4, rate: 300/s}
faults:
  - {at: 2s, action: kill, target: all, for: 100ms}
`)
	if got.Has(results.Safety) || got.Tested.Answer != results.Holds {
		t.Fatalf("with syncs: got %q and %v, want a cluster that keeps what it acknowledged", got.Tested.Answer, got.Findings)
	}
	lost := testedFor(t, 1, strings.Replace(shortSafety, "{sync: 1ms}", "{store: boltdb-nosync, power_loss: true}", 1)+`
safety: {trials: 1, duration: 4s, clients: 6, keys: 4, rate: 300/s}
faults:
  - {at: 2s, action: kill, target: all, for: 100ms}
`)
	if !lost.Has(results.Safety) || lost.Tested.Answer != results.Violated || lost.Tested.History == "" {
		t.Errorf("without syncs: got %q, %v, history %q; want a violation with its evidence", lost.Tested.Answer, lost.Findings, lost.Tested.History)
	}
}

// A node that cannot open its own data is tried again, while the others are tested and when
// all is healed; it is one finding, with how often it was made.
func TestWhatIsFoundAgainIsOneFinding(t *testing.T) {
	start, at := beforeRestart(t, only3(corrupt))
	text := shortSafety + "safety: {trials: 1, duration: 1s, clients: 3, keys: 2, rate: 100/s}\nfaults:\n  - {at: 200ms, action: kill, target: n3, for: 100ms}\n"
	job := Job{Setup: setups(t, text)[0], Kind: results.SafetyTest, Trial: 1, Seed: 1}
	runner := testRunner(t, text, start)
	at(dataDir(runner.Writer.Dir(), job))
	trial := runner.newTrial(job, 1)
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	found := slices.DeleteFunc(slices.Clone(trial.record.Findings), func(f results.Finding) bool { return f.Rule != results.RuleUnreadable })
	if len(found) != 1 || found[0].Node != "n3" || found[0].Times < 2 {
		t.Errorf("got %+v, want n3's data found unreadable several times, in one finding", found)
	}
}

// Members that somebody kills are started again, and what they hold is read: that they
// died is no reason not to look for what they lost.
func TestTheDeadOfASafetyTrialAreRead(t *testing.T) {
	text := shortSafety + "safety: {trials: 1, duration: 1s, clients: 2, keys: 2, rate: 50/s}\n"
	trial := testRunner(t, text, nil).newTrial(Job{Setup: setups(t, text)[0], Kind: results.SafetyTest, Trial: 1, Seed: 1}, 1)
	trial.tell = func(s Stage) {
		if s != StageHealing {
			return
		}
		for _, m := range trial.system.(*ownCluster).cluster.Members() {
			_ = syscall.Kill(m.PID(), syscall.SIGKILL)
		}
		for until := time.Now().Add(time.Minute); trial.system.Health() == nil && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
	}
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := trial.record.Trial
	if !got.Has(results.Liveness) || got.Has(results.Safety) || got.Audit == nil || got.Judgement() != results.Holds {
		t.Errorf("got %+v, audit %+v, %+v and %v; want deaths told, and replicas that were read and hold", got.Findings, got.Audit, got.Tested, got.Remarks)
	}
	scans := slices.IndexFunc(got.Tested.Operations, func(o results.OperationCount) bool { return o.Kind == string(history.Scan) && o.OK == 3 })
	if scans < 0 {
		t.Errorf("got %+v, want a scan of each of three replicas", got.Tested.Operations)
	}
}

// What an attempt recorded before it was cut off is judged before another takes its place:
// a violation is what the trial came to, and its history is kept as it is.
func TestTheEvidenceOfACutOffAttemptIsJudged(t *testing.T) {
	text := shortSafety + "safety: {trials: 1, duration: 200ms, clients: 2, keys: 2, rate: 50/s}\n"
	trial := testRunner(t, text, nil).newTrial(Job{Setup: setups(t, text)[0], Kind: results.SafetyTest, Trial: 1, Seed: 1}, 2)
	if err := os.MkdirAll(trial.folder(), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(trial.folder(), historyFile)
	forge(t, path)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	got := trial.record.Trial
	if err != nil || string(after) != string(before) || got.Judgement() != results.Violated || got.Tested.History == "" {
		t.Errorf("got %v, %+v, %+v; want the violation on record, and its history as it was", err, got.Findings, got.Tested)
	}
}

// forge a history in which a write that was acknowledged is gone.
func forge(t *testing.T, path string) {
	t.Helper()
	const key = "p/k0"
	w, err := history.Create(path, history.Header{Seed: 1, Nodes: 3, Prefix: "p/", Alone: true})
	if err != nil {
		t.Fatal(err)
	}
	put := history.Call{ID: 1, Client: 1, Node: "n1", AtNS: 1, Kind: history.Put, Writes: []history.Write{{Key: key, Value: "v"}}}
	get := history.Call{ID: 2, Client: 1, Node: "n1", AtNS: 3, Kind: history.Get, Reads: []string{key}}
	forgot := history.Return{ID: 2, AtNS: 4, Outcome: history.OK, Revision: 2}
	if err := errors.Join(w.Call(put), w.Return(history.Return{ID: 1, AtNS: 2, Outcome: history.OK, Revision: 2}), w.Call(get), w.Return(forgot), w.Close()); err != nil {
		t.Fatal(err)
	}
}

// An earlier attempt's history that nobody can decide, or read, might hold a violation: it
// is kept when another takes its place and holds, and the record says where it is. One in
// which nobody was told anything is removed.
func TestWhatNobodyCouldJudgeIsKept(t *testing.T) {
	hard, err := os.ReadFile("../check/testdata/undecided.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(string(hard), "\n")
	for name, c := range map[string]struct {
		earlier string
		kept    bool
	}{
		"undecided":                {string(hard), true},
		"unreadable":               {head + "\nwhat is this?\n{\"return\":{}}\n{}\n", true},
		"nobody was told anything": {head + "\n", false},
		"nobody was told anything, and it is cut off": {head[:len(head)/2], false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := shortSafety + "safety: {trials: 1, duration: 200ms, clients: 2, keys: 2, rate: 50/s}\n"
			runner := testRunner(t, text, nil)
			trial := runner.newTrial(Job{Setup: setups(t, text)[0], Kind: results.SafetyTest, Trial: 1, Seed: 1}, 2)
			if err := os.MkdirAll(trial.folder(), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(trial.folder(), historyFile), []byte(c.earlier), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := trial.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := trial.record.Trial
			if got.Judgement() != results.Holds || len(got.Tested.UnjudgedAttempts) != btoi(c.kept) {
				t.Fatalf("got %+v, %v; want a trial that holds", got.Tested, got.Remarks)
			}
			left, err := filepath.Glob(filepath.Join(trial.folder(), "*"))
			if err != nil || len(left) != btoi(c.kept) {
				t.Fatalf("got %q (%v), want the earlier attempt's history alone: %t", left, err, c.kept)
			}
			if !c.kept {
				return
			}
			kept, err := os.ReadFile(filepath.Join(runner.Writer.Dir(), got.Tested.UnjudgedAttempts[0]))
			if err != nil || string(kept) != c.earlier {
				t.Errorf("got %v, want the earlier attempt's history as it was", err)
			}
			if out := newTally(runner.Plan, []results.Trial{got}).outcome(); !slices.Equal(out.Undecided, got.Tested.UnjudgedAttempts) {
				t.Errorf("the run's outcome has %q undecided, want %q", out.Undecided, got.Tested.UnjudgedAttempts)
			}
		})
	}
}

// What differs in more than a failed start's other words are several findings.
func TestFindingsOfSeveralCauses(t *testing.T) {
	rec := &record{}
	one := results.Finding{Class: results.Safety, Rule: results.RuleUnreadable, Node: "n1", Got: "no such log\nport 1 is closed", Want: "its data"}
	again, cause, node, key := one, one, one, one
	again.Got, cause.Got, node.Node, key.Key = "no such log\nport 2 is closed", "no such term", "n2", "k"
	rec.find(one, again, cause, node, key, again)
	if f := rec.Findings; len(f) != 4 || f[0].Times != 3 || f[0].Got != one.Got || f[1].Times != 0 {
		t.Errorf("got %+v, want the first three times and the others once", f)
	}
}

// Two quick Ctrl-C end the trial and kill its nodes: their deaths are the user's doing, and
// the trial is run again when the run is resumed.
func TestAnInterruptedSafetyTrialFindsNoDeaths(t *testing.T) {
	text := shortSafety + "safety: {trials: 1, duration: 500ms, clients: 2, keys: 2, rate: 50/s}\n"
	trial := testRunner(t, text, nil).newTrial(Job{Setup: setups(t, text)[0], Kind: results.SafetyTest, Trial: 1, Seed: 1}, 1)
	ctx, interrupt := context.WithTimeout(t.Context(), 5*time.Minute)
	defer interrupt()
	trial.tell = func(s Stage) {
		if s != StageHealing {
			return
		}
		interrupt()
		for _, m := range trial.system.(*ownCluster).cluster.Members() {
			_ = syscall.Kill(m.PID(), syscall.SIGKILL)
		}
		for until := time.Now().Add(time.Minute); trial.system.Health() == nil && time.Now().Before(until); {
			time.Sleep(time.Millisecond)
		}
	}
	if err := trial.run(ctx); !errors.Is(err, context.Canceled) || len(trial.record.Findings) > 0 {
		t.Errorf("got %v and %v, want a trial that was interrupted, and no finding", err, trial.record.Findings)
	}
}

// What clients draw is of their seed: kinds in all shares, values that nobody else
// writes, keys of the trial.
func TestClientsDrawFromTheirSeed(t *testing.T) {
	keys := []string{"p/k0", "p/k1", "p/k2"}
	values := map[string]bool{}
	kinds := map[history.Kind]int{}
	for id := range 3 {
		a, b := newTester(id, 7, keys, nil), newTester(id, 7, keys, nil)
		for range 1000 {
			call := a.draw()
			if again := b.draw(); call.Kind != again.Kind || !slices.Equal(call.Writes, again.Writes) || !slices.Equal(call.Reads, again.Reads) {
				t.Fatalf("one seed draws %+v and %+v", call, again)
			}
			kinds[call.Kind]++
			puts := 0
			for _, w := range call.Writes {
				if w.Delete {
					continue
				}
				puts++
				if values[w.Value] {
					t.Fatalf("%q is written twice", w.Value)
				}
				values[w.Value] = true
			}
			if call.Kind == history.Txn && puts == 0 {
				t.Fatalf("a transaction that puts nothing: %+v", call)
			}
		}
	}
	for _, kind := range []history.Kind{history.Put, history.Get, history.CAS, history.Delete, history.Txn} {
		if kinds[kind] < 50 {
			t.Errorf("%d of %s in 3,000 operations", kinds[kind], kind)
		}
	}
}

// Every safety trial has a seed of its own, one that is done again the seed that was
// written, and setups that have room live at once.
func TestSafetyTrialsAreOrdered(t *testing.T) {
	e, err := configs.Preset("safety")
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.Plan()
	if err != nil {
		t.Fatal(err)
	}
	seeds := map[int64]bool{}
	jobs := Order(p)
	for i, j := range jobs {
		if j.Kind != results.SafetyTest || seeds[j.Seed] || j.Seed < 0 || j.Seed >= 1<<32 {
			t.Errorf("job %d is a %s with seed %d", i, j.Kind, j.Seed)
		}
		seeds[j.Seed] = true
		if i%2 == 1 && !atOnce(j, jobs[i-1]) {
			t.Errorf("jobs %d and %d are not at once", i-1, i)
		}
	}
	if len(jobs) != 2*p.Safety {
		t.Errorf("got %d jobs, want %d of each of two sizes", len(jobs), p.Safety)
	}
	if e, err = e.Apply(configs.Overrides{Replay: p.Setups[1].Cell + ":99"}); err != nil {
		t.Fatal(err)
	}
	if p, err = e.Plan(); err != nil {
		t.Fatal(err)
	}
	if jobs = Order(p); len(jobs) != 1 || jobs[0].Seed != 99 {
		t.Errorf("a replay: got %+v", jobs)
	}
}

// What a safety trial found is never run away from: neither liveness nor a history
// that nobody judged is tried again when the run is resumed.
func TestSafetyTrialsKeepWhatTheyFound(t *testing.T) {
	plan := configs.Plan{Setups: []configs.Setup{{Cell: "n3", Nodes: 3}}, Safety: 1, Retries: 2}
	for name, c := range map[string]struct {
		trial     results.Trial
		undecided []string
		again     string // as unsafe/stuck
	}{
		"stuck":     {results.Trial{Findings: []results.Finding{{Class: results.Liveness, Rule: results.RuleStuck}}, Tested: &results.Tested{Answer: results.Holds}}, nil, "[]/[n3:5]"},
		"unsafe":    {results.Trial{Findings: []results.Finding{{Class: results.Liveness, Rule: results.RuleStuck}, {Class: results.Safety, Rule: results.RuleLost}}, Tested: &results.Tested{Answer: results.Violated}}, nil, "[n3:5]/[]"},
		"undecided": {results.Trial{Tested: &results.Tested{Answer: results.Undecided, History: "trials/n3-1/history.jsonl"}}, []string{"trials/n3-1/history.jsonl"}, "[]/[]"},
	} {
		trial := c.trial
		trial.Cell, trial.Trial, trial.Kind, trial.Attempt, trial.Seed = "n3", 1, results.SafetyTest, 1, 5
		if !settledForGood(plan, trial) {
			t.Errorf("%s: is tried again", name)
		}
		out := newTally(plan, []results.Trial{trial}).outcome()
		if len(out.Unjudged) > 0 {
			t.Errorf("%s: it is told as one that nobody judged", name)
		}
		if got := fmt.Sprintf("%v/%v", out.Unsafe, out.Stuck); got != c.again || !slices.Equal(out.Undecided, c.undecided) {
			t.Errorf("%s: got %+v", name, out)
		}
	}
	failed := results.Trial{Cell: "n3", Trial: 1, Kind: results.SafetyTest, Attempt: 1,
		Remarks: []results.Remark{{Code: results.CodeFailed, Severity: results.Invalid}}}
	if settled(plan, failed) {
		t.Error("a trial that never came to its clients is not tried again")
	}
	// What clients were told is never tried away, whatever kept it from being judged.
	failed.Tested, failed.Seed = &results.Tested{}, 7
	tally := newTally(plan, []results.Trial{failed, {Cell: "n3", Trial: 2, Kind: results.SafetyTest, Attempt: 1, Valid: true, Tested: &results.Tested{Answer: results.Holds}}})
	if out := tally.outcome(); !settled(plan, failed) || out.Settled != 2 || fmt.Sprint(out.Unjudged) != "[n3:7]" {
		t.Errorf("a trial that was not judged: settled is %t, outcome %+v", settled(plan, failed), out)
	}
}

// What was not done at all, since nobody was there, and what was begun and failed are
// counted apart, and neither as done.
func TestFaultsAreCountedByWhatBecameOfThem(t *testing.T) {
	rec := &record{Trial: results.Trial{Faults: []results.Fault{
		{Action: "kill", Nodes: []string{"n1"}, AtNS: 1, DoneNS: 2, EndNS: 9},
		{Action: "kill", Target: "leader", AtNS: 20, DoneNS: 20, EndNS: 20, Failed: "nobody led within 3s"},
		{Action: "transfer", Target: "leader", Nodes: []string{"n1"}, AtNS: 30, DoneNS: 40, EndNS: 40, Failed: "n1 was elected again"},
		{Action: "halves", AtNS: 50, DoneNS: 60, Failed: "n2 does not answer"}, // of links, and it stands
	}}}
	s := &safety{trial: &trial{record: rec, events: &timeline{}}, result: &results.Tested{}}
	s.count()
	if r := s.result; r.Faults["kill"] != 1 || len(r.Faults) != 1 || r.NotDone != 1 || r.FaultsFailed != 2 {
		t.Errorf("got %+v, want 1 done, 1 not done and 2 failed", r)
	}
}

// A fault that cannot be done is told, and the timeline goes on; a fault of the host
// ends it.
func TestANemesisGoesOn(t *testing.T) {
	n := &nemesis{&faults{harm: &harm{}, record: &record{}}}
	if err := n.fatal(errors.New("no member lives")); err != nil {
		t.Errorf("got %v, want to go on", err)
	}
	if err := n.fatal(&cluster.StartError{ID: "n1", Code: control.CodeSpace, Err: errors.New("no room")}); err == nil {
		t.Error("went on after a fault of the host")
	}
}
