package bench

import (
	"context"
	"errors"
	"slices"
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
