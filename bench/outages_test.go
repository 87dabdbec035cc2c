package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// timed is an outage trial of three quick nodes.
func timed(t *testing.T, faults int, s script) results.Trial {
	t.Helper()
	text := quickly + "outages: {repeat: 3, rate: 120/s}\n"
	runner := testRunner(t, text, s.start)
	trial := runner.newTrial(Job{Setup: setups(t, text)[0], Kind: results.Outages, Trial: 1, Seed: 1, Faults: faults}, 1)
	trial.tell = func(stage Stage) {
		if act := s.at[stage]; act != nil {
			act(trial.system)
		}
	}
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trial.record.Trial
}

// Each kill is the first failure of a whole cluster, hits whoever leads, and ends
// where every client that it left alone is answered; what was acknowledged is there.
func TestOutagesAreTimedOneAfterAnother(t *testing.T) {
	r := timed(t, 3, script{})
	if !r.Valid || len(r.Faults) != 3 || r.Audit == nil || r.Audit.Lost != 0 || r.Audit.Nodes != 3 || r.Audit.Acked == 0 {
		t.Fatalf("valid %v %+v %+v, %d faults, audit %+v", r.Valid, r.Remarks, r.Findings, len(r.Faults), r.Audit)
	}
	for i, f := range r.Faults {
		if f.Repeat != i+1 || f.Alive != r.Nodes || !slices.Equal(f.Nodes, []string{f.Leader}) || f.AtNS > f.DoneNS || f.DoneNS >= f.EndNS {
			t.Errorf("fault %+v: want the leader of a whole cluster killed, and started again", f)
		}
		if i > 0 && (f.AtNS <= r.Faults[i-1].EndNS || f.Term <= r.Faults[i-1].Term) {
			t.Errorf("fault %+v: want it after %+v was undone, in a later term", f, r.Faults[i-1])
		}
		elected := slices.ContainsFunc(r.Events, func(e results.Event) bool {
			return e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS > f.AtNS && e.AtNS < f.EndNS && e.Term > f.Term
		})
		committed := slices.ContainsFunc(r.Events, func(e results.Event) bool {
			return e.Kind == results.EventNoop && e.AtNS > f.AtNS && e.AtNS < f.EndNS && e.Term > f.Term && e.Index > 0 && !slices.Contains(f.Nodes, e.Peer)
		})
		if !elected || !committed {
			t.Errorf("after fault %d: an election %v and its first commit %v, want both", f.Repeat, elected, committed)
		}
		for k, p := range f.Probes {
			victim := slices.Contains(f.Nodes, p.Node)
			answered := p.FirstAckNS > 0 && p.Acked > 0
			// The victim may be answered as soon as its process listens, which is before
			// all of its start is over.
			if p.Node != r.Faults[0].Probes[k].Node || !answered || !victim && p.FirstAckNS >= f.EndNS-f.AtNS || victim && p.FirstAckNS <= f.UndoNS-f.AtNS {
				t.Errorf("fault %d: probe %+v: want an answer before the restart, of the victim after it", f.Repeat, p)
			}
		}
		if len(f.Probes) != r.Nodes {
			t.Errorf("fault %d has %d probes, want one a member", f.Repeat, len(f.Probes))
		}
	}
}

// A prober counts a write to the fault that it was sent after, whenever it ends, and
// holds nothing but what was sent after the fault took effect for an end of the outage.
func TestAProbersWritesBelongToTheFaultBefore(t *testing.T) {
	p := &probers{stop: func() error { return nil }}
	n1 := &prober{of: p, node: "n1"}
	p.all = []*prober{n1}
	rejected := errors.Join(loadgen.ErrRejected)
	end := func(sent, done int64, err error) { p.ended(probe{n1, sent, done, err}) }
	end(5, 6, nil) // before any fault
	p.begin()
	end(9, 30, nil)       // sent before it, acknowledged after
	end(11, 12, nil)      // sent before it had taken effect
	end(13, 14, rejected) // while nobody knew when the fault was
	p.settle(instants{10, 20})
	end(21, 45, nil)
	end(22, 40, nil)
	p.begin()
	p.settle(instants{100, 100})
	end(30, 140, context.DeadlineExceeded) // long in flight: the first fault's
	end(110, 120, nil)
	seen, err := p.end()
	want := results.Probe{Node: "n1", FirstAckNS: 30, Acked: 3, Failed: 1, Unknown: 1}
	if err != nil || seen[0][0] != want {
		t.Errorf("of the first fault: got %+v, %v, want %+v", seen[0][0], err, want)
	}
	if s := seen[1][0]; s.FirstAckNS != 20 || s.Acked != 1 || s.Failed+s.Unknown != 0 {
		t.Errorf("of the second: got %+v, want one write acknowledged after 20 ns", s)
	}
	if n := p.unanswered(110); !slices.Equal(n, []string{"n1"}) || len(p.unanswered(109)) > 0 {
		t.Errorf("unanswered since 110: %v, want n1, and since 109 nobody", n)
	}
}

// A plan of outages is split into trials that live at once as far as there is room,
// every setup's in turn.
func TestOutageTrialsLiveAtOnce(t *testing.T) {
	plan := configs.Plan{Outages: 25, Seed: 1}
	for _, n := range []int{1, 3, 4, 5, 6, 7} {
		plan.Setups = append(plan.Setups, configs.Setup{Cell: "n" + string(rune('0'+n)), Nodes: n})
	}
	jobs := Order(plan)
	faults, at := map[string]int{}, map[[2]int]int{}
	for _, j := range jobs {
		if j.Kind != results.Outages || j.Setup.Nodes == 1 || j.Before != faults[j.Setup.Cell] || j.Faults > configs.FaultsATrial {
			t.Errorf("job %+v", j)
		}
		faults[j.Setup.Cell] += j.Faults
		at[[2]int{j.Block, j.Group}] += j.Setup.Nodes
	}
	for cell, n := range faults {
		if n != 25 {
			t.Errorf("%s has %d faults, want 25", cell, n)
		}
	}
	if len(faults) != 5 || len(at) != 3*3 {
		t.Errorf("got %d cells in %d groups, want 5 in 9: %v", len(faults), len(at), at)
	}
	for group, processes := range at {
		if processes > configs.MostHarmed {
			t.Errorf("group %v has %d processes, want at most %d", group, processes, configs.MostHarmed)
		}
	}
	plan.Apart = true
	if groups := plan.OutageGroups(); len(groups) != 5 {
		t.Errorf("apart: got groups %v, want each setup alone", groups)
	}
}

// Outages that were interrupted keep the trials that are over: what is left is the
// others, at their places.
func TestOutagesAreResumed(t *testing.T) {
	plan := somePlan(2, 1, 1, 3)
	plan.Outages = 15
	for i := range plan.Setups {
		plan.Setups[i].Nodes = 3
	}
	all := Order(plan)
	var done []results.Trial
	for _, j := range all[:5] {
		done = append(done, results.Trial{Cell: j.Setup.Cell, Trial: j.Trial, Kind: j.Kind, Block: j.Block, Valid: true, Attempt: 1})
	}
	left := remaining(plan, done)
	if len(left) != len(all)-5 || left[0].Kind != results.Outages || left[0].Seed != all[5].Seed || left[0].Faults != all[5].Faults {
		t.Errorf("left are %d of %d, the first is %+v, want %+v", len(left), len(all), left[0], all[5])
	}
}

// A cluster whose leader is not really killed shows no outage, one of which a member
// does not run or lags is not taken for whole, and one that elects nobody is a finding
// on liveness.
func TestOutagesAreOfAWholeCluster(t *testing.T) {
	deeds["nothing"] = deed{do: func(*harm, context.Context, *inflicted) error { return nil }}
	t.Cleanup(func() { delete(deeds, "nothing") })
	// With timeouts of minutes nobody stands for election by chance: all that is seen is
	// what was done. Only the pauses between are short.
	steadily := strings.Replace(quickly, "heartbeat_timeout: 150ms, election_timeout: 150ms, leader_lease_timeout: 100ms",
		"heartbeat_timeout: 300s, election_timeout: 300s, leader_lease_timeout: 250s", 1)
	c, events, setup := bootSystem(t, steadily+"outages: {repeat: 1, rate: 300/s}\n")
	setup.Raft.HeartbeatTimeout, setup.Raft.ElectionTimeout = 150*time.Millisecond, 150*time.Millisecond
	job := Job{Setup: setup, Kind: results.Outages, Trial: 1, Seed: 1, Faults: 1}
	rec, ctx := newRecord(job, 1), t.Context()
	p, err := startProbers(ctx, c, setup, workload(setup, "k", 1), time.Minute, nil)
	if err != nil {
		t.Fatal(err)
	}
	o := newOutages(job, c, events, rec, p)

	o.job.Setup.Outage = configs.RepeatedFault{Action: "nothing", Target: "n2"}
	if _, err := o.once(ctx, 1, 0); err != nil {
		t.Fatal(err)
	}
	stood := slices.ContainsFunc(events.all(), func(e results.Event) bool {
		return e.AtNS > rec.Faults[0].AtNS && (e.Kind == results.EventRole || e.Kind == results.EventNoop)
	})
	if silent := p.silent([]string{"n1", "n2", "n3"}); len(silent) > 0 || stood {
		t.Errorf("nothing was done: no answer at %v, an election %v, want answers at all and none", silent, stood)
	}

	n3 := member(c, "n3")
	for _, harm := range []struct {
		do, undo func(context.Context) error
		says     string
	}{
		{func(ctx context.Context) error { _, err := n3.Kill(ctx); return err }, n3.Restart, "n3 does not run"},
		{func(ctx context.Context) error { return errors.Join(n3.Pause(ctx), behindBy(ctx, p, 2*behind)) }, n3.Resume, "n3"},
	} {
		if err := harm.do(ctx); err != nil {
			t.Fatal(err)
		}
		bounded, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
		if _, missing := o.missing(bounded, 0); !strings.Contains(missing, harm.says) {
			t.Errorf("missing of a whole cluster: %q, want that %s", missing, harm.says)
		}
		cancel()
		if err := harm.undo(ctx); err != nil {
			t.Fatal(err)
		}
		if _, err := o.whole(ctx, 0); err != nil {
			t.Fatal(err)
		}
	}

	for _, m := range []string{"n1", "n2"} {
		if _, err := member(c, m).Kill(ctx); err != nil {
			t.Fatal(err)
		}
	}
	o.patience = 300 * time.Millisecond
	f := &inflicted{Fault: results.Fault{Action: "kill", Nodes: []string{"n1"}}, action: configs.Action{Members: true, Lasts: true}}
	p.begin()
	p.settle(instants{clock.Now(), clock.Now()})
	o.job.Setup.Nodes = 1 // what is expected of a cluster of which one may answer
	if err := o.goesOn(ctx, f); err == nil || len(rec.Findings) != 1 || rec.Findings[0].Class != results.Liveness || len(rec.Findings[0].Log) == 0 {
		t.Errorf("got %v, findings %+v: want one on liveness, with a log", err, rec.Findings)
	}
	if _, err := p.end(); err != nil {
		t.Error(err)
	}
}

// behindBy waits until so many writes are acknowledged.
func behindBy(ctx context.Context, p *probers, writes int64) error {
	p.begin()
	now := clock.Now()
	p.settle(instants{now, now})
	for {
		p.mu.Lock()
		var acked int64
		for _, each := range p.all {
			acked += each.seen[len(each.seen)-1].Acked
		}
		p.mu.Unlock()
		if acked >= writes || ctx.Err() != nil {
			return ctx.Err()
		}
		time.Sleep(time.Millisecond)
	}
}

// What a node says it did not tell reaches the record.
func TestDroppedEventsReachTheRecord(t *testing.T) {
	events := &timeline{}
	events.heard("n2", control.Event{Kind: control.EventDropped, AtNS: 5, Count: 9})
	events.heard("n2", control.Event{Kind: control.EventNoop, AtNS: 6, From: "n1", Term: 3, Index: 4})
	events.heard("n2", control.Event{Kind: control.EventRole, AtNS: 7, State: "Follower", Term: 3, Lease: true})
	want := []results.Event{
		{AtNS: 5, Node: "n2", Kind: results.EventDropped, Count: 9},
		{AtNS: 6, Node: "n2", Kind: results.EventNoop, Peer: "n1", Term: 3, Index: 4},
		{AtNS: 7, Node: "n2", Kind: results.EventRole, State: results.StateFollower, Term: 3, Lease: true},
	}
	if got := events.all(); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// Outage trials of two sizes live at once. An interruption keeps those that are over,
// and a resumed run does the others.
func TestOutagesOfSeveralSizesAtOnce(t *testing.T) {
	text := strings.Replace(quickly, "nodes: 3", "nodes: [3, 5]", 1) + "outages: {repeat: 1, rate: 150/s}\n"
	runner := testRunner(t, text, nil)
	runner.Plan = configs.Plan{Setups: setups(t, text), Outages: 1, Seed: 1}
	ctx, interrupt := context.WithCancel(t.Context())
	runner.Progress = func(p Progress) {
		if p.Finished != nil {
			interrupt()
		}
	}
	_, err := runner.Run(ctx)
	run, openErr := results.Open(runner.Writer.Dir())
	if openErr != nil || len(run.Trials) == 0 || len(run.Trials) == 1 && !errors.Is(err, context.Canceled) {
		t.Fatalf("on record: %+v, %v, after %v: want the trial that was over", run, openErr, err)
	}
	if first := run.Trials[0]; !first.Valid || len(first.Beside) != 1 || first.Faults[0].Alive != first.Nodes {
		t.Errorf("on record: %+v, want a valid trial beside the other size's", first)
	}
	runner.Done, runner.Progress = run.Trials, nil
	out, err := runner.Run(t.Context())
	if err != nil || out.Settled != 2 || out.Failed != 0 || len(out.Starved) > 0 {
		t.Errorf("resumed: got %+v, %v, want both trials", out, err)
	}
}
