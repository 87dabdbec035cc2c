package bench

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

// A trial fails while a member is paused, by another's death. The audit has that
// one go on first: what it could not do while it was paused is no finding.
func TestAFailedTrialsFaultsEndBeforeItsAudit(t *testing.T) {
	text := strings.Replace(quickly, "nodes: 3", "nodes: 5", 1) + "outages: {repeat: 1, action: pause, target: n2, rate: 10/s}\n"
	trial := testRunner(t, text, nil).newTrial(Job{Setup: setups(t, text)[0], Kind: results.Outages, Trial: 1, Seed: 1, Faults: 1}, 1)
	over := make(chan struct{})
	go func() {
		for !killOneOf(trial, "n4", "n5") {
			select {
			case <-over:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	err := trial.run(t.Context())
	close(over)
	if err != nil {
		t.Fatal(err)
	}
	if r := trial.record; len(r.Findings) > 0 || r.Valid || r.Audit == nil || r.Audit.Nodes != 5 {
		t.Errorf("valid %v, findings %+v, audit %+v, remarks %+v; want a failed trial of which all 5 nodes agree", r.Valid, r.Findings, r.Audit, r.Remarks)
	}
}

// killOneOf kills the first of these that does not lead, once a member is paused.
func killOneOf(trial *trial, nodes ...string) bool {
	events := trial.events.all()
	at := slices.IndexFunc(events, func(e results.Event) bool { return e.Kind == results.EventFault && e.Action == "pause" })
	if at < 0 {
		return false
	}
	victim := without(nodes, trial.events.leaderAt(events[at].AtNS))[0]
	_ = syscall.Kill(trial.system.(*ownCluster).cluster.Member(victim).PID(), syscall.SIGKILL)
	return true
}
