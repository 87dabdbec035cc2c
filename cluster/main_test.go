package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/profiles"
)

func TestMain(m *testing.M) {
	if flaw := os.Getenv(fakeEnv); flaw != "" {
		runFake(flaw)
		return
	}
	if dir := os.Getenv(launcherEnv); dir != "" {
		runLauncher(dir)
		return
	}
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

var built struct {
	once sync.Once
	dir  string
	err  error
}

// binary builds raftbench once for all tests.
func binary(t *testing.T) string {
	t.Helper()
	built.once.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "raftbench-cluster-test-"); built.err != nil {
			return
		}
		out, err := exec.Command("go", "build", "-o", filepath.Join(built.dir, "raftbench"), "../cmd/raftbench").CombinedOutput()
		if err != nil {
			built.err = fmt.Errorf("%w: %s", err, out)
		}
	})
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(built.dir, "raftbench")
}

// quickRaft elects within tenths of a second.
func quickRaft() control.Raft {
	r := control.DefaultRaft()
	r.HeartbeatTimeout, r.ElectionTimeout, r.LeaderLeaseTimeout = 150*time.Millisecond, 150*time.Millisecond, 100*time.Millisecond
	return r
}

// steadyRaft keeps its leader on a busy host too, for tests that rely on it.
func steadyRaft() control.Raft {
	r := control.DefaultRaft()
	r.HeartbeatTimeout, r.ElectionTimeout, r.LeaderLeaseTimeout = 500*time.Millisecond, 500*time.Millisecond, 400*time.Millisecond
	return r
}

// steadySpec is of n real nodes that keep their leader.
func steadySpec(t *testing.T, n int) Spec {
	t.Helper()
	spec := quickSpec(t, n)
	for i := range spec.Nodes {
		spec.Nodes[i].Raft = steadyRaft()
	}
	return spec
}

// quickSpec is of n real nodes with no network and short timeouts.
func quickSpec(t *testing.T, n int) Spec {
	t.Helper()
	return quickSpecIn(t.TempDir(), n)
}

func quickSpecIn(dir string, n int) Spec {
	return Spec{
		Dir: filepath.Join(dir, "data"), LogDir: filepath.Join(dir, "logs"),
		Nodes: Nodes(n, profiles.Profile{Name: "none"}, quickRaft(), control.DefaultStorage(), 1),
	}
}

// start starts a cluster that is stopped with the test, and checks that
// nothing of it is left.
func start(t *testing.T, spec Spec) *Cluster {
	t.Helper()
	if spec.Start == nil {
		spec.Start = Local(binary(t))
	}
	c, err := Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(context.Background()); err != nil {
			t.Error(err)
		}
		gone(t, c)
		if t.Failed() {
			for _, m := range c.Members() {
				t.Logf("log of %s: %q", m.ID(), m.LogTail(logTail))
			}
		}
	})
	return c
}

// gone checks that a stopped cluster left neither processes nor data.
func gone(t *testing.T, c *Cluster) {
	t.Helper()
	for _, m := range c.Members() {
		if m.PID() != 0 {
			t.Errorf("%s still runs as %d", m.ID(), m.PID())
		}
	}
	if _, err := os.Stat(c.spec.Dir); !errors.Is(err, os.ErrNotExist) && !c.spec.KeepData {
		t.Errorf("the data directory %s is left behind (%v)", c.spec.Dir, err)
	}
}

// within gives a context for waits that must end long before.
func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}
