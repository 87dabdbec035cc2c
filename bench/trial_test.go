package bench

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// quickly is three nodes that elect fast, with a light window only.
const quickly = `
nodes: 3
network: {profile: none}
raft: {heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms}
workload:
  warmup: 100ms
  load: {mode: calm}
  calm: {rate: 100/s, duration: 600ms}
`

// script is what a test does to a trial beside its load.
type script struct {
	start Starter // in place of the real program's
	// at is called when a stage begins, beside it; what it takes is waited for.
	at map[Stage]func(System)
}

// runTrial runs one trial on real nodes.
func runTrial(t *testing.T, text string, kind results.TrialKind, s script) results.Trial {
	t.Helper()
	runner := testRunner(t, text, s.start)
	trial := runner.newTrial(Job{Setup: setups(t, text)[0], Kind: kind, Trial: 1, Seed: 1}, 1)
	var beside sync.WaitGroup
	trial.tell = func(stage Stage) {
		if act := s.at[stage]; act != nil {
			beside.Go(func() { act(trial.system) })
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := trial.run(ctx); err != nil {
		t.Fatal(err)
	}
	beside.Wait()
	return trial.record.Trial
}

// runTimeline runs a trial with a longer load where that of its text had ended before all
// of its faults were begun, as on a busy host.
func runTimeline(t *testing.T, text, load string, enough func(results.Trial) bool) (r results.Trial) {
	t.Helper()
	for _, longer := range []string{load, "10s", "1m"} {
		if r = runTrial(t, strings.Replace(text, "duration: "+load, "duration: "+longer, 1), results.Measure, script{}); enough(r) {
			break
		}
	}
	return r
}

// allBegun tells whether no fault was left undone for want of load.
func allBegun(faults []results.Fault) bool {
	return !slices.ContainsFunc(faults, func(f results.Fault) bool { return f.Failed == loadEnded })
}

// testRunner records into a folder of its own.
func testRunner(tb testing.TB, text string, start Starter) *Runner {
	tb.Helper()
	w, err := results.Create(filepath.Join(tb.TempDir(), "run"), results.Environment{}, []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = w.Close() })
	if start == nil {
		start = starter(tb)
	}
	return &Runner{Writer: w, Start: func(configs.Setup) Starter { return start }, Host: results.Environment{FsyncReal: true}, capacities: map[string]float64{}}
}

// during does something a while after the light window began.
func during(act func(System)) script {
	return script{at: map[Stage]func(System){results.WindowCalm: func(s System) {
		time.Sleep(200 * time.Millisecond)
		act(s)
	}}}
}

func TestALeaderThatChangesSpoilsALightWindow(t *testing.T) {
	r := runTrial(t, quickly, results.Measure, during(func(s System) {
		if err := s.(*ownCluster).cluster.Transfer(context.Background(), "n2"); err != nil {
			t.Error(err)
		}
	}))
	if m, found := says(r.Remarks, results.CodeLeaderChanged); r.Valid || !found || m.Severity != results.Invalid {
		t.Errorf("valid %v, remarks %+v; want the change of leader", r.Valid, r.Remarks)
	}
	if !slices.ContainsFunc(r.Events, func(e results.Event) bool {
		return e.Kind == results.EventRole && e.Node == "n2" && e.State == results.StateLeader && e.AtNS > r.Windows[0].StartNS
	}) {
		t.Errorf("events %+v do not tell of n2's election within the window", r.Events)
	}
}

// A node that dies unasked fails its trial with how it ended and its last
// words, and the audit still looks at what can be asked.
func TestANodeThatDiesFailsItsTrialWithItsLog(t *testing.T) {
	r := runTrial(t, quickly, results.Measure, during(func(s System) {
		if err := syscall.Kill(s.(*ownCluster).cluster.Member("n3").PID(), syscall.SIGKILL); err != nil {
			t.Error(err)
		}
	}))
	m, found := says(r.Remarks, results.CodeFailed)
	if r.Valid || !found || !strings.Contains(m.Detail, "n3") || !strings.Contains(m.Detail, "killed; its log's last word: ") || strings.ContainsAny(m.Detail, "\n{") {
		t.Errorf("valid %v, remark %+v; want the death of n3 and the last word of its log, in one line", r.Valid, m)
	}
	if r.Audit == nil || r.Audit.Lost != 0 || len(r.Findings) > 0 {
		t.Errorf("audit %+v, findings %+v; want one without objections", r.Audit, r.Findings)
	}
}

func TestASnapshotInAWindowIsRemarked(t *testing.T) {
	r := runTrial(t, quickly, results.Measure, during(func(s System) {
		if err := s.(*ownCluster).cluster.Member("n1").Snapshot(context.Background()); err != nil {
			t.Error(err)
		}
	}))
	if m, found := says(r.Remarks, results.CodeSnapshot); !found || m.Got != 1 || m.Window != results.WindowCalm {
		t.Errorf("remarks %+v do not tell of the snapshot", r.Remarks)
	}
}

// Every core is kept busy by others for the whole trial.
func TestABusyHostIsRemarked(t *testing.T) {
	for range 2 * runtime.NumCPU() {
		spin := exec.Command("sh", "-c", "while :; do :; done")
		if err := spin.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = spin.Process.Kill()
			_ = spin.Wait()
		}()
	}
	// One node under raft's own timeouts: nothing is lost when it starves.
	r := runTrial(t, "nodes: 1\nnetwork: {profile: none}\nworkload: {warmup: 100ms, load: {mode: calm}, calm: {rate: 100/s, duration: 600ms}}", results.Measure, script{})
	_, busy := says(r.Remarks, results.CodeHostBusy)
	if _, foreign := says(r.Remarks, results.CodeForeignCPU); !busy || !foreign {
		t.Errorf("remarks %+v do not tell of the busy host", r.Remarks)
	}
}

// A disk that does not sync is said beside every number it made faster, and not
// beside those of a disk that is emulated, or of a cluster elsewhere.
func TestAnUnrealSyncIsRemarked(t *testing.T) {
	for text, want := range map[string]bool{quickly: true, strings.Replace(quickly, "nodes: 3", "nodes: 1\nstorage: {sync: 1ms}", 1): false} {
		c, events, _ := bootSystem(t, text)
		trial := &trial{job: Job{Setup: setups(t, text)[0]}, system: c, events: events, record: &record{},
			runner: &Runner{Host: results.Environment{Filesystem: "tmpfs", FsyncP50NS: 200}}}
		trial.describe()
		if m, found := says(trial.record.Remarks, results.CodeFsyncNotReal); found != want || want && (m.Detail != "tmpfs" || m.Got != 200) {
			t.Errorf("remarks %+v, want one: %v", trial.record.Remarks, want)
		}
	}
	elsewhere := &trial{job: Job{Setup: setups(t, quickly)[0]}, system: &endpoints{}, events: &timeline{}, record: &record{}, runner: &Runner{}}
	if elsewhere.describe(); len(elsewhere.record.Remarks) > 0 {
		t.Error("a cluster elsewhere was judged by this host's disk")
	}
}

// Faults that an experiment asks for are done, survived and audited; when each
// happened and to whom is on record, and the operations that failed meanwhile
// count against every percentile.
func TestAnExperimentsFaultsAreDone(t *testing.T) {
	text := strings.Replace(quickly, "600ms", "2s", 1) +
		"faults: [{at: 200ms, action: kill, target: leader}, {at: 1s, action: restart, target: leader}, {at: 1200ms, action: isolate, target: follower}, {at: 1500ms, action: heal, target: follower}]\n"
	r := runTimeline(t, text, "2s", func(r results.Trial) bool {
		return slices.ContainsFunc(r.Events, func(e results.Event) bool { return e.Action == "heal" })
	})
	if !r.Valid || r.Audit == nil || r.Audit.Nodes != 3 || r.Audit.Acked == 0 {
		t.Fatalf("invalid: %+v, %+v, audit %+v", r.Remarks, r.Findings, r.Audit)
	}
	replayable(t, r)
	w := r.Windows[0]
	var done []string
	for _, e := range r.Events {
		if e.Kind == results.EventFault {
			done = append(done, e.Action+" "+e.Target)
			if e.AtNS < w.StartNS || !slices.Contains([]string{"n1", "n2", "n3"}, e.Node) {
				t.Errorf("fault %+v: want whom it hit, after the window began at %d", e, w.StartNS)
			}
		}
	}
	if want := []string{"kill leader", "restart leader", "isolate follower", "heal follower"}; !slices.Equal(done, want) {
		t.Errorf("got faults %q, want %q", done, want)
	}
	if !w.Harmed || w.Failed() == 0 || w.Completed+w.Failed() != w.Attempted || w.Latency.Failed != w.FailedWrites || w.Latency.MaxNS != results.Never {
		t.Errorf("window %+v: was the leader killed at all? Want its failures counted", w)
	}
}

// A timeline ends its faults by itself, overlapping ones each at its own time, and
// each is on record with its end. A rolling restart has had everybody.
func TestATimelineEndsItsFaults(t *testing.T) {
	text := strings.Replace(quickly, "600ms", "2500ms", 1) + `
faults:
  - {at: 100ms, action: kill, target: leader, for: 500ms}
  - {at: 200ms, action: slow, target: n1->n2, link: {delay: 1ms}, for: 200ms}
  - {at: 900ms, action: rolling-restart}
`
	r := runTimeline(t, text, "2500ms", func(r results.Trial) bool { return allBegun(r.Faults) })
	if !r.Valid || len(r.Faults) != 3 {
		t.Fatalf("invalid: %+v, %+v, faults %+v", r.Remarks, r.Findings, r.Faults)
	}
	kill, slow, rolling := r.Faults[0], r.Faults[1], r.Faults[2]
	if kill.Leader == "" || !slices.Equal(kill.Nodes, []string{kill.Leader}) || kill.EndNS-kill.AtNS < 500*ms || kill.Alive != 3 {
		t.Errorf("got %+v, want the leader's end half a second long", kill)
	}
	acked, first := int64(0), int64(0)
	for i, p := range slow.Probes { // until the rolling restart, with an election in it
		acked += p.Acked
		if p.Node != []string{"n1", "n2", "n3"}[i] {
			t.Errorf("probe %d is of %s", i, p.Node)
		}
		if p.FirstAckNS > 0 && (first == 0 || p.FirstAckNS < first) {
			first = p.FirstAckNS
		}
	}
	if acked == 0 || first == 0 || slow.AtNS+first < electedAfter(r.Events, kill.AtNS) {
		t.Errorf("%d writes acknowledged, the first %d ns after it: before anybody led at %d", acked, first, electedAfter(r.Events, kill.AtNS))
	}
	if slow.EndNS-slow.AtNS < 200*ms || slow.AtNS < kill.DoneNS {
		t.Errorf("got %+v, want it after %+v, and 200 ms long", slow, kill)
	}
	restarted := map[string]bool{}
	for _, e := range r.Events {
		if e.Kind == results.EventRestart && e.AtNS > rolling.AtNS && e.AtNS <= rolling.DoneNS {
			restarted[e.Node] = true
		}
	}
	last := rolling.Leader == "" || len(rolling.Nodes) == 3 && rolling.Nodes[2] == rolling.Leader // on a busy host nobody may lead then
	if len(rolling.Nodes) != 3 || !last || len(restarted) != 3 || rolling.EndNS != rolling.DoneNS {
		t.Errorf("got %+v, restarted %v; want all three, the leader last", rolling, restarted)
	}
}

// electedAfter is when a member began to lead after an instant.
func electedAfter(events []results.Event, atNS int64) int64 {
	for _, e := range events {
		if e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS > atNS {
			return e.AtNS
		}
	}
	return 0
}

// A store that keeps nothing shows that writes go on and stop; what a restart
// would show stays unproven, and is no violation.
func TestAProofWithoutDurabilityIsNoViolation(t *testing.T) {
	text := strings.Replace(quickly, "network:", "storage: {store: inmem}\nnetwork:", 1)
	r := runTrial(t, text, results.Proof, script{})
	if !r.Valid || r.Proof.Survived != 1 || r.Proof.BlockedAt != 2 || r.Proof.Recovered {
		t.Errorf("valid %v %+v, proof %+v; want survived 1, blocked at 2, no restart", r.Valid, r.Remarks, r.Proof)
	}
	if _, found := says(r.Remarks, results.CodeNotDurable); !found {
		t.Errorf("remarks %+v do not say what was not proven", r.Remarks)
	}
}

// auditedAfter is a measuring trial to whose members something is done between its load
// and its audit.
func auditedAfter(t *testing.T, text string, act func(ctx context.Context, s System) error) results.Trial {
	t.Helper()
	trial := testRunner(t, text, nil).newTrial(Job{Setup: setups(t, text)[0], Kind: results.Measure, Trial: 1, Seed: 1}, 1)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	trial.tell = func(stage Stage) {
		if stage != StageAuditing {
			return
		}
		if err := act(ctx, trial.system); err != nil {
			t.Error(err)
		}
	}
	if err := trial.run(ctx); err != nil {
		t.Fatal(err)
	}
	return trial.record.Trial
}

// anew kills all members and starts them again, after something was done to each.
func anew(between func(Member) error) func(context.Context, System) error {
	return func(ctx context.Context, s System) error {
		for _, m := range s.Members() {
			if _, err := m.Kill(ctx); err != nil {
				return err
			}
		}
		for _, m := range s.Members() {
			if err := errors.Join(between(m), m.Restart(ctx)); err != nil {
				return err
			}
		}
		return nil
	}
}

// Members that were all started anew hold everything and have applied nothing: the audit
// waits until one of them was elected, and finds that nothing is lost.
func TestAnAuditWaitsForTheFirstCommit(t *testing.T) {
	slowly := strings.Replace(quickly, "150ms, election_timeout: 150ms, leader_lease_timeout: 100ms", "1s, election_timeout: 1s, leader_lease_timeout: 500ms", 1)
	r := auditedAfter(t, slowly, anew(func(Member) error { return nil }))
	if len(r.Findings) > 0 || r.Audit == nil || r.Audit.Acked == 0 || r.Audit.Lost != 0 || r.Audit.Revision < r.Audit.Acked {
		t.Errorf("audit %+v, findings %+v; want all replicas with all that was acknowledged", r.Audit, r.Findings)
	}
}

// Members that came back without their data will never have what was acknowledged, though
// they agree and nobody leads them: a matter of safety.
func TestAnAuditOfWipedMembersFindsTheLoss(t *testing.T) {
	r := auditedAfter(t, quickly, anew(Member.Wipe))
	if !r.Has(results.Safety) || r.Audit == nil || r.Audit.Lost != r.Audit.Acked || r.Audit.Lost == 0 {
		t.Errorf("audit %+v, findings %+v; want all that was acknowledged to be lost", r.Audit, r.Findings)
	}
}

// What takes effect and was sent by nobody shows in the store's revision, wherever it is.
func TestAnAuditCountsTheRevisions(t *testing.T) {
	r := auditedAfter(t, quickly, func(ctx context.Context, s System) error {
		c, err := s.Servers()[0].Dial(ctx)
		if err != nil {
			return err
		}
		_, err = c.Put(ctx, "elsewhere", nil)
		return errors.Join(err, c.Close())
	})
	if len(r.Findings) != 1 || r.Findings[0].Class != results.Safety || r.Findings[0].Rule != results.RuleVersion || r.Findings[0].Key != "" {
		t.Errorf("audit %+v, findings %+v; want one revision more than writes were sent", r.Audit, r.Findings)
	}
}

// A replica that stands still is found slow, with its last words, and never
// unsafe: nothing was lost. It takes a minute, most of it waiting for the replica.
func TestAReplicaThatStandsStillIsAMatterOfLiveness(t *testing.T) {
	t.Parallel()
	r := runTrial(t, quickly, results.Measure, script{at: map[Stage]func(System){StageAuditing: func(s System) {
		if err := s.(*ownCluster).cluster.Member("n3").Pause(context.Background()); err != nil {
			t.Error(err)
		}
	}}})
	if r.Valid || r.Has(results.Safety) || len(r.Findings) != 1 || r.Findings[0].Rule != results.RuleApplied ||
		r.Findings[0].Node != "n3" || len(r.Findings[0].Log) == 0 {
		t.Errorf("valid %v, findings %+v; want n3 behind, with its log", r.Valid, r.Findings)
	}
}

// What a setup differs in from the defaults is on record.
func TestChangedSettingsAreOnRecord(t *testing.T) {
	s := setups(t, "nodes: 3\nnetwork: {profile: multi-az, links: [{from: a, to: b, delay: 20ms}]}\nraft: {election_timeout: 2s}\nstorage: {sync: 2ms}")[0]
	r := newRecord(Job{Setup: s, Kind: results.Measure, Trial: 1}, 1)
	if r.EmulatedSyncNS != 2*ms || r.Timeouts.ElectionNS != 2000*ms || r.Settings["raft.election_timeout"] != "2s" ||
		r.Settings["network.links.a→b"] != "delay 20ms" || len(r.Settings) != 2 {
		t.Errorf("got sync %d, timeouts %+v, settings %v", r.EmulatedSyncNS, r.Timeouts, r.Settings)
	}
	if got := configs.Changed(setups(t, "nodes: 3")[0]); len(got) != 0 {
		t.Errorf("of the defaults: got %v, want nothing", got)
	}
}
