package bench

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/powerloss"
	"github.com/raftbench/raftbench/results"
)

const poweredOff = quickly + "storage: {power_loss: true}\n"

// proofWithDisks runs a proof whose members' data stand on disks of this kind.
func proofWithDisks(t *testing.T, mount cluster.Mounter, why error) results.Trial {
	t.Helper()
	job := Job{Setup: setups(t, poweredOff)[0], Kind: results.Proof, Trial: 1, Seed: 1}
	runner := testRunner(t, poweredOff, nil)
	runner.Mount, runner.NoMount = mount, why
	trial := runner.newTrial(job, 1)
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return trial.record.Trial
}

func cutOff(trial results.Trial) (members []string) {
	for _, e := range trial.Events {
		if e.Kind == results.EventPowerLoss && !slices.Contains(members, e.Node) {
			members = append(members, e.Node)
		}
	}
	return members
}

// TestAStoreThatSyncsSurvivesALossOfPower of every member at once. That one which does
// not sync loses what it promised is seen by the mutant bolt-without-sync.
func TestAStoreThatSyncsSurvivesALossOfPower(t *testing.T) {
	if err := powerloss.Available(); err != nil {
		t.Skip(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	trial := proofWithDisks(t, cluster.LocalDisk(path), nil)
	if !trial.Valid || trial.Proof == nil || !trial.Proof.Recovered || len(cutOff(trial)) != 3 {
		t.Errorf("recovered %+v, cut off %v, findings %v, remarks %v", trial.Proof, cutOff(trial), trial.Findings, trial.Remarks)
	}
}

// forgetful is a disk that loses all, synced or not, when its power is cut.
type forgetful struct {
	cluster.Disk
	at string
}

func (f forgetful) Cut(ctx context.Context) (powerloss.Lost, error) {
	lost, err := f.Disk.Cut(ctx)
	return lost, errors.Join(err, loseTail(10)("", f.at))
}

// TestALossOfWhatWasSyncedIsFound: a disk that loses what a store has synced, under
// honest nodes.
func TestALossOfWhatWasSyncedIsFound(t *testing.T) {
	if err := powerloss.Available(); err != nil {
		t.Skip(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	trial := proofWithDisks(t, func(ctx context.Context, behind, at string) (cluster.Disk, error) {
		disk, err := cluster.LocalDisk(path)(ctx, behind, at)
		return forgetful{disk, at}, err
	}, nil)
	if !slices.ContainsFunc(trial.Findings, func(f results.Finding) bool { return f.Rule == results.RuleDisk }) {
		t.Errorf("findings %v, want that stores lost what they had reported durable", trial.Findings)
	}
}

// TestPowerThatCannotBeCutIsNotSurvived: the record says so, and why.
func TestPowerThatCannotBeCutIsNotSurvived(t *testing.T) {
	trial := proofWithDisks(t, nil, errors.New("no /dev/fuse here"))
	i := slices.IndexFunc(trial.Remarks, func(r results.Remark) bool { return r.Code == results.CodePowerUncut })
	if i < 0 || trial.Remarks[i].Detail != "no /dev/fuse here" || len(cutOff(trial)) != 0 {
		t.Errorf("remarks %v, cut off %v", trial.Remarks, cutOff(trial))
	}
}

// TestALossOfPowerThatCannotBeIsNotDone: as a kill it would pass for what it is not.
// The fault is on record with why, in a timeline and in a safety trial; an outage that
// cannot be done ends its trial with that reason.
func TestALossOfPowerThatCannotBeIsNotDone(t *testing.T) {
	const want = "no power was cut: no /dev/fuse here"
	for kind, text := range map[results.TrialKind]string{
		results.Measure:    "faults: [{at: 100ms, action: power-loss, target: all}]\n",
		results.SafetyTest: "safety: {trials: 1, duration: 1s}\nfaults: [{at: 100ms, action: power-loss, target: all}]\n",
		results.Outages:    "outages: {repeat: 1, action: power-loss}\n",
	} {
		t.Run(string(kind), func(t *testing.T) {
			job := Job{Setup: setups(t, poweredOff+text)[0], Kind: kind, Trial: 1, Seed: 1, Faults: 1}
			runner := testRunner(t, poweredOff+text, nil)
			runner.NoMount = errors.New("no /dev/fuse here")
			trial := runner.newTrial(job, 1)
			if err := trial.run(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := trial.record.Trial
			failed := slices.ContainsFunc(got.Remarks, func(r results.Remark) bool {
				return r.Code == results.CodeFailed && strings.Contains(r.Detail, want)
			})
			told := len(got.Faults) == 1 && got.Faults[0].Failed == want && len(got.Faults[0].Nodes) == 0
			restarted := slices.ContainsFunc(got.Events, func(e results.Event) bool { return e.Kind == results.EventRestart })
			if told == (kind == results.Outages) || failed != (kind == results.Outages) || restarted && kind != results.SafetyTest {
				t.Errorf("got faults %+v, remarks %+v, a restart %v; want %q and nobody killed", got.Faults, got.Remarks, restarted, want)
			}
			if kind == results.SafetyTest && (got.Tested.NotDone != 1 || len(got.Tested.Faults) > 0) {
				t.Errorf("got %d not done, done %v; want 1 and none", got.Tested.NotDone, got.Tested.Faults)
			}
		})
	}
}
