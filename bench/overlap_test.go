package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// told is a member that keeps what was asked of it.
type told struct {
	Member
	asked []string
}

func (o *told) ID() string                   { return "n1" }
func (o *told) Alive() bool                  { return true }
func (o *told) Pause(context.Context) error  { o.asked = append(o.asked, "pause"); return nil }
func (o *told) Resume(context.Context) error { o.asked = append(o.asked, "resume"); return nil }
func (o *told) Deadlock(_ context.Context, on bool) error {
	o.asked = append(o.asked, map[bool]string{true: "deadlock", false: "go on"}[on])
	return nil
}

// A member of which two pauses or deadlocks overlap goes on when the last of them ends.
func TestOverlappingFaultsOfAProcessEndWithTheLast(t *testing.T) {
	for action, end := range map[string]string{"pause": "resume", "deadlock": "go on"} {
		m := &told{}
		h := newHarm(configs.Setup{Nodes: 1}, aloneSystem{m: m}, &timeline{}, nil)
		var both []*inflicted
		for range 2 {
			f, err := h.do(t.Context(), configs.TimedFault{Action: action, Target: "n1"})
			if err != nil {
				t.Fatal(err)
			}
			both = append(both, f)
		}
		for i, want := range [][]string{{action, action}, {action, action, end}} {
			if err := h.undo(t.Context(), both[i]); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(m.asked, want) {
				t.Errorf("%d of 2 overlapping faults ended: asked of the member was %q, want %q", i+1, m.asked, want)
			}
		}
	}
}

// process is a member without a process. It runs, or does not, as it is told.
type process struct {
	Member
	id    string
	runs  bool
	asked []string
	// voters of the cluster, which all members share.
	voters *[]string
	// killing is called between the signal and the death, started when it runs again.
	killing, started func()
}

// threeProcesses are a cluster of which n1 leads.
func threeProcesses() (*harm, map[string]*process) {
	events, all := &timeline{}, map[string]*process{}
	events.add(leads("n1", 2))
	voters := []string{"n1", "n2", "n3"}
	var s processes
	for _, id := range voters {
		all[id] = &process{id: id, runs: true, voters: &voters, killing: func() {}, started: func() {}}
		s.all = append(s.all, all[id])
	}
	return newHarm(configs.Setup{Nodes: 3}, s, events, nil), all
}

type processes struct {
	System
	all []Member
}

func (p processes) Members() []Member { return p.all }

func (p *process) ID() string                                    { return p.id }
func (p *process) Site() string                                  { return "" }
func (p *process) Alive() bool                                   { return p.runs }
func (p *process) OnDisk() (control.OnDisk, bool)                { return control.OnDisk{}, false }
func (p *process) Disk(context.Context, control.DiskFault) error { return nil }
func (p *process) Shutdown(context.Context) error                { p.runs = false; return nil }
func (p *process) Durable() (uint64, bool)                       { return 0, false }
func (p *process) Resume(context.Context) error                  { return nil }
func (p *process) Deadlock(context.Context, bool) error          { return nil }
func (p *process) Wipe() error                                   { return nil }
func (p *process) AddNonvoter(context.Context, string) error     { return nil }
func (p *process) Counters(context.Context) (control.Stats, error) {
	return control.Stats{Voters: slices.Clone(*p.voters)}, nil
}

func (p *process) Links(context.Context, control.Fault) error { return nil }

func (p *process) AddVoter(_ context.Context, id string) error {
	*p.voters = append(*p.voters, id)
	return nil
}

func (p *process) RemoveServer(_ context.Context, id string) error {
	p.asked = append(p.asked, "remove "+id)
	*p.voters = slices.DeleteFunc(*p.voters, func(v string) bool { return v == id })
	return nil
}

func (p *process) Kill(context.Context) (int64, error) {
	if !p.runs {
		return 0, errors.New("it does not run")
	}
	at := clock.Now()
	p.killing()
	p.runs = false
	return at, nil
}

func (p *process) Restart(context.Context) error {
	if p.runs {
		return errors.New("it still runs")
	}
	p.runs = true
	p.started()
	return nil
}

// inflictOn does a fault that must come to no error.
func inflictOn(t *testing.T, h *harm, action, target string) *inflicted {
	t.Helper()
	f, err := h.do(t.Context(), configs.TimedFault{Action: action, Target: target})
	if err != nil {
		t.Fatalf("%s %s: %v", action, target, err)
	}
	return f
}

func endOf(t *testing.T, h *harm, f *inflicted) {
	t.Helper()
	if err := h.undo(t.Context(), f); err != nil {
		t.Fatalf("end of %s %s: %v", f.Action, f.Target, err)
	}
}

// What needs a process that runs is told as not done to one that is dead, with what it
// died of; to end it changes nothing.
func TestWhatIsDoneToTheDeadIsNotDone(t *testing.T) {
	h, of := threeProcesses()
	killed := inflictOn(t, h, "kill", "n2")
	done := len(h.events.all())
	for _, action := range []string{"kill", "pause", "deadlock", "rolling-restart", "install-snapshot"} {
		f := inflictOn(t, h, action, "n2")
		if f.Failed != "n2 does not run since kill n2" || len(f.Nodes) > 0 || f.AtNS == 0 || f.DoneNS != f.AtNS || f.EndNS != f.AtNS || f.Alive != 2 {
			t.Errorf("%s of the dead is on record as %+v, want it not done, and why", action, f.Fault)
		}
		endOf(t, h, f)
	}
	if n := len(h.events.all()); n != done || of["n2"].runs {
		t.Errorf("%d events of what was not done; n2 runs %v; want none, and n2 dead", n-done, of["n2"].runs)
	}
	if f := inflictOn(t, h, "kill", "nowhere"); f.Failed != "no member of nowhere runs" {
		t.Errorf("a kill of nobody is on record as %+v", f.Fault)
	}
	if endOf(t, h, killed); !of["n2"].runs {
		t.Error("n2 does not run after the end of its kill")
	}
}

// The end of a fault starts nobody whom another fault keeps from running.
func TestAnEndStartsNobodyWhomAnotherFaultHolds(t *testing.T) {
	h, of := threeProcesses()
	killed := inflictOn(t, h, "kill", "n2")
	endOf(t, h, inflictOn(t, h, "disk-full", "n2"))
	if of["n2"].runs {
		t.Error("the end of a full disk started n2, which a kill holds")
	}
	removed := inflictOn(t, h, "remove-node", "n2")
	endOf(t, h, removed)
	if of["n2"].runs || removed.UndoNS == 0 || removed.EndNS != 0 {
		t.Errorf("the end of a removal, %+v: n2 runs %v; want it dead, and not added yet", removed.Fault, of["n2"].runs)
	}
	endOf(t, h, killed)
	if !of["n2"].runs || !slices.Contains(*of["n1"].voters, "n2") || removed.EndNS <= removed.UndoNS {
		t.Errorf("n2 runs %v, voters %q, %+v; want it added when nothing holds it", of["n2"].runs, *of["n1"].voters, removed.Fault)
	}

	removed, killed = inflictOn(t, h, "remove-node", "n2"), inflictOn(t, h, "kill", "n2")
	if killed.Failed != "n2 is out of the configuration since remove-node n2" {
		t.Errorf("a kill of one that was removed is on record as %+v", killed.Fault)
	}
	if endOf(t, h, killed); of["n2"].runs {
		t.Error("the end of a kill started n2, which a removal holds")
	}
	endOf(t, h, removed)

	killed = inflictOn(t, h, "kill", "follower") // which is n2
	inflictOn(t, h, "power-loss", "n2")          // and starts it
	full := inflictOn(t, h, "disk-full", "n2")
	of["n2"].runs = false // it died of it
	if endOf(t, h, full); !of["n2"].runs {
		t.Error("n2 was started before by a power loss, and is dead after its full disk has room again")
	}
	endOf(t, h, killed)
}

// A removal that would leave no quorum is not begun.
func TestARemovalThatLeavesNoQuorumIsNotDone(t *testing.T) {
	h, of := threeProcesses()
	inflictOn(t, h, "kill", "n2")
	for _, f := range []*inflicted{inflictOn(t, h, "remove-leader", ""), inflictOn(t, h, "remove-node", "n3"), inflictOn(t, h, "add-node", "n3")} {
		if !strings.Contains(f.Failed, "of the other 2 members run and are linked to the leader, want 2") || len(f.Nodes) > 0 || !f.over {
			t.Errorf("%s is on record as %+v, want it not done", f.Action, f.Fault)
		}
	}
	if asked := of["n1"].asked; len(asked) > 0 {
		t.Errorf("the leader was asked to %q, want nothing", asked)
	}
	if f := inflictOn(t, h, "remove-node", "n2"); f.Failed != "" { // the two others run
		t.Errorf("the removal of a dead member is on record as %+v, want it done", f.Fault)
	}
}

// A member that is cut off from the leader commits no removal.
func TestARemovalCountsWhomTheLeaderReaches(t *testing.T) {
	for _, action := range []string{"isolate", "send-only", "receive-only"} {
		h, of := threeProcesses()
		cut := inflictOn(t, h, action, "n3")
		if f := inflictOn(t, h, "remove-node", "n2"); !strings.Contains(f.Failed, "1 of the other 2 members run and are linked") || !f.unbegun {
			t.Errorf("%s of n3: a removal of n2 is on record as %+v, want it not done", action, f.Fault)
		}
		if asked := of["n1"].asked; len(asked) > 0 {
			t.Errorf("%s of n3: the leader was asked to %q, want nothing", action, asked)
		}
		endOf(t, h, cut)
		if f := inflictOn(t, h, "remove-node", "n2"); f.Failed != "" {
			t.Errorf("a removal after the end of %s: %s", action, f.Failed)
		}
	}
}

// The end of a removal for which nobody leads is put off, and breaks nothing off.
func TestARemovalThatNobodyCanUndoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, of := threeProcesses()
		removed := inflictOn(t, h, "remove-node", "n2")
		h.events.add(results.Event{AtNS: clock.Now(), Kind: results.EventRole, Node: "n1", State: results.StateFollower, Term: 2})
		endOf(t, h, removed)
		if !h.awaited(removed) || removed.EndNS != 0 || of["n2"].runs {
			t.Errorf("%+v, n2 runs %v: want its end put off until somebody leads", removed.Fault, of["n2"].runs)
		}
		h.events.add(leads("n3", 3))
		if err := h.revive(t.Context(), of["n2"]); err != nil || !of["n2"].runs || removed.EndNS == 0 {
			t.Errorf("%v, %+v: want n2 added once n3 leads", err, removed.Fault)
		}
	})
}

// timelineOn is a timeline of faults to a cluster.
func timelineOn(h *harm, asked ...configs.TimedFault) *faults {
	return &faults{harm: h, asked: asked, record: &record{}}
}

// A fault that waits for a leader does not keep another from ending that nobody leads
// because of.
func TestAFaultThatWaitsKeepsNoOtherFromEnding(t *testing.T) {
	h, of := threeProcesses()
	of["n1"].started = func() { h.events.add(leads("n1", 3)) }
	f := timelineOn(h,
		configs.TimedFault{Action: "kill", Target: "n1", For: 50 * time.Millisecond},
		configs.TimedFault{Action: "kill", Target: configs.Leader, At: time.Millisecond})
	wait := f.during(t.Context())
	deadline := time.Now().Add(time.Minute)
	for len(h.events.all()) < 5 { // n1 leads, is killed, starts, leads, is killed
		if time.Sleep(time.Millisecond); time.Now().After(deadline) {
			t.Fatal("the second kill was never done")
		}
	}
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	if second := f.record.Faults[1]; second.Failed != "" || !slices.Equal(second.Nodes, []string{"n1"}) || second.Term != 3 {
		t.Errorf("%+v: want the leader killed that led once the first kill had ended", second)
	}
}

// What was not begun when the load ended is left undone, says so, and is not waited for.
func TestNothingIsBegunAfterTheLoad(t *testing.T) {
	h, of := threeProcesses()
	killed := make(chan struct{})
	of["n1"].killing = func() { close(killed) }
	f := timelineOn(h,
		configs.TimedFault{Action: "kill", Target: "n1"},
		configs.TimedFault{Action: "kill", Target: configs.Leader, At: time.Millisecond},
		configs.TimedFault{Action: "kill", Target: "n2", At: 2 * time.Millisecond})
	wait := f.during(t.Context())
	<-killed
	if err := wait(); err != nil {
		t.Fatal(err)
	}
	for i, one := range f.record.Faults {
		if left := one.Failed == loadEnded && len(one.Nodes) == 0; left != (i > 0) {
			t.Errorf("%+v: want the first done, and the others left undone since the load had ended", one)
		}
	}
	if len(f.record.Faults) != 3 || !of["n1"].runs || !of["n2"].runs {
		t.Errorf("%d faults, n1 runs %v, n2 %v; want three, and all to run", len(f.record.Faults), of["n1"].runs, of["n2"].runs)
	}
}

// Nobody leads in place of a leader that is dead.
func TestADeadLeaderIsNotOnRecord(t *testing.T) {
	h, _ := threeProcesses()
	if f := inflictOn(t, h, "kill", "n1"); f.Leader != "n1" {
		t.Errorf("killed %+v, want it on record as the leader that it was", f.Fault)
	}
	if f := inflictOn(t, h, "isolate", "n2"); f.Leader != "" || f.Term != 2 {
		t.Errorf("%+v: want no leader, the last having died in term 2", f.Fault)
	}
}

// Nobody's silence counts in which nobody wrote: not of a fault that was the last under
// load, though others were done after it.
func TestNoSilenceIsCountedAfterTheLoad(t *testing.T) {
	h, _ := threeProcesses()
	f := &faults{harm: h, record: &record{}}
	for _, at := range []int64{100, 10_000} {
		f.done = append(f.done, &inflicted{Fault: results.Fault{Action: "pause", AtNS: at}})
	}
	f.witness.saw(witnessed{"n1", 150, 160, nil})
	f.witness.saw(witnessed{"n2", 200, 260, context.DeadlineExceeded})
	f.keep()
	if got := f.record.Faults[0].SilentNS; got != 60 {
		t.Errorf("%d ns without an answer, want 60: the last write was sent 100 ns after the fault, the answer between came after 60", got)
	}
}

// Writes stop for as long as nobody has an answer. Each client alone waits longer, since
// it writes less often than all of them: of a fault that stopped nothing none waits less
// than its own interval.
func TestWritesOfATimelineStopForAsLongAsNobodyIsAnswered(t *testing.T) {
	h, _ := threeProcesses()
	f := &faults{harm: h, record: &record{}}
	for _, at := range []int64{1_000, 4_000} {
		f.done = append(f.done, &inflicted{Fault: results.Fault{Action: "pause", AtNS: at, DoneNS: at + 1}})
	}
	for i := range int64(60) {
		sent := 100 * i
		if sent >= 4_050 && sent < 4_500 {
			continue // nobody is answered after the second fault
		}
		f.witness.saw(witnessed{fmt.Sprintf("n%d", i%3+1), sent, sent + 20, nil})
	}
	f.keep()
	for i, want := range []int64{100, 500} {
		if got := f.record.Faults[i].SilentNS; got != want {
			t.Errorf("fault %d: %d ns without an answer to anybody, want %d", i+1, got, want)
		}
	}
}

// Who still reached whom in a partition is on record.
func TestThePartitionsGroupsAreOnRecord(t *testing.T) {
	h, _ := threeProcesses()
	groups := [][]string{{"n1", "n2"}, {"n3"}}
	f, err := h.do(t.Context(), configs.TimedFault{Action: "partition", Groups: groups})
	if err != nil || !slices.EqualFunc(f.Groups, groups, slices.Equal) {
		t.Errorf("on record is %+v, %v; want groups %q", f, err, groups)
	}
}

// A write that was sent after the signal, and answered before the killed process was
// dead, does not end an outage: in a timeline, and in a proof.
func TestAWriteToTheDyingEndsNoOutage(t *testing.T) {
	h, of := threeProcesses()
	f := &faults{harm: h, record: &record{}}
	p := &proof{system: h.system, events: h.events, acks: &acknowledgements{}, router: &router{}}
	for id, seen := range map[string]func(witnessed){"n1": f.witness.saw, "n2": p.acks.add} {
		of[id].killing = func() {
			sent := clock.Now()
			w := witnessed{"n3", sent, sent + 1, nil}
			seen(w)
			for clock.Now() <= w.doneNS {
				runtime.Gosched()
			}
		}
	}
	if err := f.doNext(t.Context(), configs.TimedFault{Action: "kill", Target: "n1"}); err != nil {
		t.Fatal(err)
	}
	b, err := p.strike(t.Context(), "n2", of["n2"])
	if err != nil {
		t.Fatal(err)
	}
	sent := clock.Now() + 1
	late := witnessed{"n3", sent, sent + 5, nil}
	f.witness.saw(late)
	p.acks.add(late)
	f.keep()
	if got, want := f.record.Faults[0].Probes[2].FirstAckNS, late.doneNS-f.record.Faults[0].AtNS; got != want {
		t.Errorf("first acknowledgement %d ns after the kill, want that of the write sent to the living, %d", got, want)
	}
	if b.mark.count() != 1 || b.mark.first() != late.doneNS {
		t.Errorf("in a proof %d writes, the first at %d, want one at %d", b.mark.count(), b.mark.first(), late.doneNS)
	}
}

// A timeline that kills who is dead already is done as far as it can be, and its trial
// comes to its end. Ends of faults leave dead whom another holds.
func TestATimelineOverTheDeadComesToItsEnd(t *testing.T) {
	r := runTimeline(t, quickly+`faults:
  - {at: 50ms, action: kill, target: n3}
  - {at: 100ms, action: disk-full, target: n3, for: 50ms}
  - {at: 200ms, action: kill, target: followers}
  - {at: 250ms, action: kill, target: n1}
  - {at: 300ms, action: kill, target: n2}
`, "600ms", func(r results.Trial) bool { return allBegun(r.Faults) })
	if _, failed := says(r.Remarks, results.CodeFailed); failed || len(r.Faults) != 5 || r.Audit == nil || r.Audit.Nodes != 3 || r.Audit.Lost != 0 {
		t.Fatalf("remarks %+v, findings %+v, audit %+v; want a trial that came to its end", r.Remarks, r.Findings, r.Audit)
	}
	for _, e := range r.Events {
		if e.Kind == results.EventRestart && e.Node == "n3" && e.AtNS < r.Faults[0].UndoNS {
			t.Errorf("n3 was started at %d, and its kill stood until %d", e.AtNS, r.Faults[0].UndoNS)
		}
	}
	if a, b := r.Faults[3].Failed, r.Faults[4].Failed; (a == "") == (b == "") {
		t.Errorf("kills of n1 and n2, one of which was dead: %q and %q, want one of them not done", a, b)
	}
}
