package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/results"
)

// beforeRestart starts nodes of the real program, and does something to each
// node's data before it is started again: as a broken build, or a broken disk,
// would have left it.
func beforeRestart(t *testing.T, harm func(id, data string) error) (start Starter, at func(dir string)) {
	real := starter(t)
	var mu sync.Mutex
	started := map[string]int{}
	var root string
	return func(ctx context.Context, id string) (*exec.Cmd, error) {
		mu.Lock()
		defer mu.Unlock()
		if started[id]++; started[id] > 1 {
			if err := harm(id, filepath.Join(root, id, "data")); err != nil {
				return nil, err
			}
		}
		return real(ctx, id)
	}, func(dir string) { root = dir }
}

// proofOn runs a proof on nodes whose data is harmed before each restart.
func proofOn(t *testing.T, text string, harm func(id, data string) error) results.Trial {
	t.Helper()
	start, at := beforeRestart(t, harm)
	job := Job{Setup: setups(t, text)[0], Kind: results.Proof, Trial: 1, Seed: 1}
	runner := testRunner(t, text, start)
	at(dataDir(runner.Writer.Dir(), job))
	trial := runner.newTrial(job, 1)
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trial.record.Trial
}

// wipe is a disk that forgets everything.
func wipe(_, data string) error { return errors.Join(os.RemoveAll(data), os.MkdirAll(data, 0o755)) }

// loseTail is a store that loses its last entries.
func loseTail(entries uint64) func(id, data string) error {
	return func(_, data string) error {
		store, err := raftboltdb.NewBoltStore(filepath.Join(data, "raft.db"))
		if err != nil {
			return err
		}
		last, err := store.LastIndex()
		if err == nil && last > entries {
			err = store.DeleteRange(last-entries+1, last)
		}
		return errors.Join(err, store.Close())
	}
}

// corrupt is a disk that gives back something else.
func corrupt(_, data string) error {
	return os.WriteFile(filepath.Join(data, "raft.db"), []byte(strings.Repeat("not a database", 1000)), 0o600)
}

// The restart proves something: nodes that lose what they had reported durable
// are caught at every size, and honest ones pass.
func TestTheRestartCatchesWhatLosesData(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(id, data string) error
		rule string
	}{
		"honest":         {func(string, string) error { return nil }, ""},
		"wiped":          {wipe, results.RuleDisk},
		"loses 20":       {loseTail(20), results.RuleDisk},
		"corrupt":        {corrupt, results.RuleUnreadable},
		"one of them":    {only3(wipe), results.RuleDisk},
		"one is corrupt": {only3(corrupt), results.RuleUnreadable},
	} {
		for _, nodes := range []int{1, 3} {
			if nodes == 1 && strings.HasPrefix(name, "one") {
				continue
			}
			t.Run(fmt.Sprintf("%s, %d nodes", name, nodes), func(t *testing.T) {
				if c.rule != "" { // only an honest node asks for a host that is not busy
					t.Parallel()
				}
				text := strings.Replace(quickly, "nodes: 3", fmt.Sprintf("nodes: %d", nodes), 1)
				if c.rule == "" {
					text = overZones(text)
				}
				r := proofOn(t, text, c.harm)
				tolerates := (nodes - 1) / 2
				if r.Proof.Survived != tolerates || r.Proof.BlockedAt != tolerates+1 {
					t.Errorf("proof %+v, remarks %+v: want %d survived", r.Proof, r.Remarks, tolerates)
				}
				if c.rule == "" {
					if !r.Valid || !r.Proof.Recovered || len(r.Findings) > 0 || len(r.Proof.Disks) != nodes {
						t.Errorf("an honest node: valid %v, proof %+v, findings %+v, remarks %+v", r.Valid, r.Proof, r.Findings, r.Remarks)
					}
					// All that was acknowledged on its few keys has an order.
					if a := r.Audit; a == nil || a.Keys != proofKeys || a.Linearizable != results.Linearizable || int64(a.LinearizableOps) < r.Proof.Acked {
						t.Errorf("audit %+v of a proof that acknowledged %d writes: want all of them, on %d keys, in an order", a, r.Proof.Acked, proofKeys)
					}
					if zones := r.Proof.Zones; nodes == 3 && (len(zones) != 3 || !zones[0].Survived || !zones[1].Survived || !zones[2].Survived) {
						t.Errorf("three nodes over three zones: got %+v", zones)
					}
					return
				}
				if f := r.Findings; c.rule == results.RuleUnreadable && len(f) > 0 && strings.HasPrefix(f[0].Got, f[0].Node) {
					t.Errorf("got %q of %s, whose name stands before it already", f[0].Got, f[0].Node)
				}
				if r.Valid || r.Proof.Recovered || !r.Has(results.Safety) || r.Findings[0].Rule != c.rule {
					t.Errorf("valid %v, proof %+v, findings %+v: want %s", r.Valid, r.Proof, r.Findings, c.rule)
				}
			})
		}
	}
}

// only3 harms the third node alone.
func only3(harm func(id, data string) error) func(id, data string) error {
	return func(id, data string) error {
		if id != "n3" {
			return nil
		}
		return harm(id, data)
	}
}

// Who is killed as the leader is the leader, also when another led before the
// links were calibrated and the load began.
func TestTheLeaderThatIsKilledLeads(t *testing.T) {
	r := runTrial(t, quickly, results.Proof, script{at: map[Stage]func(System){StageCalibrating: func(s System) {
		if err := s.(*ownCluster).cluster.Transfer(context.Background(), "n2"); err != nil {
			t.Error(err)
		}
	}}})
	p := r.Proof
	if !r.Valid || p.Leader != "n2" || p.Killed[0] != "n2" || p.ElectionNS <= 0 || p.OutageNS < p.ElectionNS {
		t.Errorf("valid %v, proof %+v, remarks %+v: want n2 killed, an election after it, and then the end of the outage", r.Valid, p, r.Remarks)
	}
}

// A fault of the host ends the run with its cause, and takes no trial with it:
// resumed, the run goes on where it stopped.
func TestAFaultOfTheHostStopsTheRun(t *testing.T) {
	text := strings.Replace(quickly, "nodes: 3", "nodes: 1", 1)
	var limited bool
	real := starter(t)
	runner := testRunner(t, text, func(ctx context.Context, id string) (*exec.Cmd, error) {
		cmd, err := real(ctx, id)
		if limited && err == nil { // too few descriptors to open a store
			cmd = exec.Command("sh", "-c", `ulimit -n $(($(ls /proc/self/fd | wc -l) + 4)); exec "$0" node`, cmd.Path)
		}
		return cmd, err
	})
	runner.Plan = somePlan(1, 3, 0, 1)
	runner.Plan.Setups = setups(t, text)
	runner.Progress = func(p Progress) { limited = limited || p.Finished != nil }
	out, err := runner.Run(t.Context())
	var fault *HostFaultError
	if !errors.As(err, &fault) || fault.Cause == "" || out.Settled != 1 {
		t.Fatalf("got %+v, %v: want the fault after one trial", out, err)
	}
	run, err := results.Open(runner.Writer.Dir())
	if err != nil || len(run.Trials) != 1 {
		t.Fatalf("on record: %+v, %v: want the one trial", run, err)
	}
	runner.Done, runner.Progress, limited = run.Trials, nil, false
	if out, err := runner.Run(t.Context()); err != nil || out.Settled != 3 {
		t.Errorf("resumed: got %+v, %v, want all three", out, err)
	}
}

var _ Member = (*cluster.Member)(nil)
