package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/profiles"
)

// binary is the real program, built once for all tests that run processes.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(tempDir, "raftbench")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/raftbench").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build raftbench: %w\n%s", err, out)
	}
	return path, nil
})

var tempDir string

func TestMain(m *testing.M) {
	disturb()
	var err error
	if tempDir, err = os.MkdirTemp("", "raftbench-bench-"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(tempDir)
	os.Exit(code)
}

func starter(tb testing.TB) cluster.Starter {
	tb.Helper()
	path, err := binary()
	if err != nil {
		tb.Fatal(err)
	}
	return cluster.Local(path)
}

// bootCluster starts nodes and stops them with the test.
func bootCluster(tb testing.TB, nodes []control.Options) (*cluster.Cluster, *cluster.Member) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, err := cluster.Start(ctx, cluster.Spec{
		Start: starter(tb), Dir: tb.TempDir(), LogDir: tb.TempDir(), Nodes: nodes, Leader: nodes[0].ID,
	})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := c.Stop(ctx); err != nil {
			tb.Error(err)
		}
	})
	leader, _, err := c.Leader(ctx)
	if err != nil {
		tb.Fatal(err)
	}
	return c, leader
}

// closedLoop loads the leader and returns what the generator saw.
func closedLoop(tb testing.TB, leader *cluster.Member, clients int, d time.Duration) loadgen.Recording {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d+30*time.Second)
	defer cancel()
	var targets []loadgen.Target
	for range min(clients, connectionsOfLoad) {
		c, err := client.Dial(ctx, leader.Listen().Client, nil)
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		targets = append(targets, c)
	}
	gen := loadgen.New(targets, loadgen.Workload{KeyPrefix: "b/", Keys: 1000, KeySize: 16, ValueSize: 256})
	rec, err := gen.Run(ctx, loadgen.Window{Name: "bench", Clients: clients, Duration: d, Timeout: 10 * time.Second})
	if err != nil {
		tb.Fatal(err)
	}
	if rec.FirstError != nil {
		tb.Fatal(rec.FirstError)
	}
	return rec
}

// profile that must exist.
func profile(tb testing.TB, name string) profiles.Profile {
	tb.Helper()
	p, err := profiles.Lookup(name)
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
