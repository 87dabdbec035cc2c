//go:build mutants

package metamorphic

import (
	"context"
	"os"
	"os/exec"
	"testing"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/node"
)

const tags = "mutants"

// broken nodes, in the environment.
func broken(t *testing.T, mutant string) cluster.Starter {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return func(context.Context, string) (*exec.Cmd, error) {
		cmd := exec.Command(path, "node")
		cmd.Env = append(os.Environ(), node.MutantVariable+"="+mutant)
		return cmd, nil
	}
}

// TestNodesThatAreBrokenComeToAnotherEnd: each mutant in the setup that is to show it, or
// in one of the histories that follow, as far as it is broken by chance.
func TestNodesThatAreBrokenComeToAnotherEnd(t *testing.T) {
	const (
		chances = 3
		// operations suffice for a mutant that breaks each 50th put.
		operations = 300
	)
	calm := setup{nodes: 3, store: control.StoreMemory, way: direct}
	harmed := setup{nodes: 3, store: control.StoreBoltNoSync, way: direct, snapshots: true, faults: true}
	for mutant, s := range map[string]setup{
		"skipped-applies":      calm,
		"double-applies":       calm,
		"local-reads":          calm,
		"never-proposed":       calm,
		"snapshot-misses-keys": harmed,
	} {
		t.Run(mutant, func(t *testing.T) {
			t.Parallel()
			for seed := *firstSeed; seed < *firstSeed+chances; seed++ {
				if diff := s.compare(t, broken(t, mutant), seed, operations, nil); diff != "" {
					t.Logf("seed %d: %s", seed, diff)
					return
				}
			}
			t.Errorf("%d histories come to the same end as with honest nodes", chances)
		})
	}
}
