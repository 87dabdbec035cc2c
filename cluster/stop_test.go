package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/profiles"
)

// wide is a profile of three sites, any two this far apart one way.
func wide(oneWay time.Duration) profiles.Profile {
	p := profiles.Profile{Name: "wide", Sites: []string{"a", "b", "c"}, Links: map[string]map[string]netem.Shape{}}
	for _, from := range p.Sites {
		p.Links[from] = map[string]netem.Shape{}
		for _, to := range p.Sites {
			p.Links[from][to] = netem.Shape{Delay: oneWay}
		}
	}
	return p
}

// exists reports whether the process is there and no zombie of ours.
func exists(pid int) bool { return syscall.Kill(pid, 0) == nil }

func TestStopIsIdempotentAndClean(t *testing.T) {
	c := start(t, fakeSpec(t, sound))
	p := c.Members()[0].process()
	for range 3 {
		if err := c.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !p.state.Success() {
		t.Errorf("the node ended with %v, wanted it to have stopped by itself", p.state)
	}
	if c.Err() != nil {
		t.Errorf("a stop that was asked for counts as death: %v", c.Err())
	}
}

func TestStopKillsWhatDoesNotStop(t *testing.T) {
	t.Parallel()
	c := start(t, fakeSpec(t, ignoresStop))
	p := c.Members()[0].process()
	began := time.Now()
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < stopTime {
		t.Errorf("killed after %v, before the node's %v were over", took, stopTime)
	}
	if p.state.Success() || exists(p.cmd.Process.Pid) {
		t.Errorf("the node ended with %v, wanted it killed", p.state)
	}
}

func TestStopWithoutPatience(t *testing.T) {
	c := start(t, fakeSpec(t, ignoresStop))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	began := time.Now()
	if err := c.Stop(ctx); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took >= stopTime {
		t.Errorf("took %v although the caller had given up", took)
	}
}

func TestStopEndsWaits(t *testing.T) {
	c := start(t, fakeSpec(t, sound))
	m := c.Members()[0]
	if err := m.Pause(t.Context()); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		_, err := m.Stats(context.Background())
		failed <- err
	}()
	time.Sleep(20 * time.Millisecond)
	if err := c.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err == nil {
		t.Error("got an answer of a paused node")
	}
	if err := m.Restart(t.Context()); err == nil || !strings.Contains(err.Error(), "being stopped") {
		t.Errorf("restart in a stopped cluster: got %v", err)
	}
}

// An unasked end is told with its reason; one that was asked for is not.
func TestDeaths(t *testing.T) {
	spec := fakeSpec(t, sound)
	deaths := make(chan *DeathError, 2)
	spec.OnDeath = func(d *DeathError) { deaths <- d }
	c := start(t, spec)
	m := c.Members()[0]
	if _, err := m.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Died():
		t.Fatalf("a kill that was asked for counts as death: %v", c.Err())
	default:
	}
	if err := syscall.Kill(m.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Died():
	case <-time.After(10 * time.Second):
		t.Fatal("nobody noticed the death")
	}
	var death *DeathError
	if !errors.As(c.Err(), &death) || death.How != "signal: killed" || !strings.Contains(death.Hint(), "n1.log") {
		t.Errorf("got %#v", c.Err())
	}
	if d := <-deaths; !errors.Is(c.Err(), d) || len(deaths) != 0 {
		t.Errorf("was told of %v and %d more deaths", d, len(deaths))
	}
	if _, err := m.Stats(t.Context()); err == nil || !strings.Contains(err.Error(), "n1 does not run") {
		t.Errorf("asking the dead: %v", err)
	}
	if _, _, err := c.Leader(t.Context()); err == nil || !strings.Contains(err.Error(), "no member of the cluster is running") {
		t.Errorf("leader of the dead: %v", err)
	}
}

func TestRemoveStale(t *testing.T) {
	c := start(t, fakeSpec(t, sound))
	m := c.Members()[0]
	if err := RemoveStale(c.spec.Dir); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(m.DataDir()); err != nil {
		t.Errorf("took a living cluster's data: %v", err)
	}
	if mark, err := os.ReadFile(filepath.Join(c.spec.Dir, lockName)); err != nil || !strings.Contains(string(mark), fmt.Sprint(os.Getpid())) {
		t.Errorf("a living cluster's mark is %q (%v), wanted its launcher's pid in it", mark, err)
	}
	if _, err := Start(t.Context(), c.spec); err == nil || !strings.Contains(err.Error(), "in use by a running cluster") {
		t.Errorf("a second cluster in the same directory: %v", err)
	}

	// What a killed launcher leaves: the mark without its lock, and the data.
	left := t.TempDir()
	lock, err := lockDir(left + "/run/trial")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"n1/data", "n2/data", "n2/disk"} {
		if err := os.MkdirAll(left+"/run/trial/"+dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	kept := left + "/run/trial/n2/n2.log"
	if err := os.WriteFile(kept, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := lock.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := RemoveStale(left); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Errorf("removed a log: %v", err)
	}
	if _, err := os.Stat(left + "/run/trial/n1"); err == nil {
		t.Error("left the data of n1")
	}
	if err := RemoveStale(left + "/nowhere"); err != nil {
		t.Errorf("of nothing: %v", err)
	}
}
