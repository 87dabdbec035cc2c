package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// timed is an outage trial of three quick nodes.
func timed(t *testing.T, faults int, s script) results.Trial {
	t.Helper()
	text := quickly + "outages: {repeat: 3, rate: 40/s}\n"
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
			answered := p.FirstAckNS > 0 && p.Acked > 0 && p.GapNS >= p.FirstAckNS
			if p.Node != r.Faults[0].Probes[k].Node || !answered || !victim && p.FirstAckNS >= f.EndNS-f.AtNS || victim && p.FirstAckNS <= f.EndNS-f.AtNS {
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
	want := results.Probe{Node: "n1", FirstAckNS: 30, GapNS: 55, Acked: 3, Failed: 1, Unknown: 1}
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
	if len(faults) != 5 || len(at) != 3*2 {
		t.Errorf("got %d cells in %d groups, want 5 in 6: %v", len(faults), len(at), at)
	}
	for group, processes := range at {
		if processes > MostProcesses {
			t.Errorf("group %v has %d processes, want at most %d", group, processes, MostProcesses)
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

// What is killed but lives on shows no outage: nothing here takes a fault for one.
func TestAFaultThatIsNoneShowsNoOutage(t *testing.T) {
	p := &probers{stop: func() error { return nil }}
	n1 := &prober{of: p, node: "n1"}
	p.all = []*prober{n1}
	p.begin()
	p.settle(instants{1000, 1000})
	if silent := p.silent([]string{"n1"}); !slices.Equal(silent, []string{"n1"}) {
		t.Errorf("silent before any write: %v, want n1", silent)
	}
	p.ended(probe{n1, 1001, 1003, nil})
	if silent := p.silent([]string{"n1", "n2"}); len(silent) > 0 {
		t.Errorf("silent: %s, want nobody", strings.Join(silent, ", "))
	}
	if seen, _ := p.end(); seen[0][0].FirstAckNS != 3 {
		t.Errorf("got %+v, want the next write's 3 ns", seen[0][0])
	}
}
