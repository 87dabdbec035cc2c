package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/client"
)

// A cluster that is kept up serves, tells of a node that was killed, goes on
// without it, and leaves nothing behind.
func TestUp(t *testing.T) {
	dir := t.TempDir()
	up := program(t, "up", "--nodes", "3", "-o", "json",
		"--set", "raft.heartbeat_timeout=300ms", "--set", "raft.election_timeout=300ms", "--set", "raft.leader_lease_timeout=200ms")
	up.Dir = dir
	stdout, err := up.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := up.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = up.Process.Kill() })

	said := bufio.NewReader(stdout)
	ready := readyLine(t, said)
	if len(ready.Nodes) != 3 || ready.Leader != "n1" {
		t.Fatalf("got %+v, wanted three nodes led by n1", ready)
	}
	for _, n := range ready.Nodes {
		if _, err := os.Stat(n.Log); err != nil || n.PID == 0 || n.Raft == "" {
			t.Errorf("got %+v (%v)", n, err)
		}
	}

	if err := syscall.Kill(ready.Nodes[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	told := bufio.NewReader(stderr)
	if line, err := told.ReadString('\n'); err != nil || !strings.Contains(line, "node n1 (pid ") || !strings.Contains(line, "ended unasked: signal: killed; its log ends:") {
		t.Errorf("got %q (%v)", line, err)
	}
	for line, err := "", error(nil); line != "2 of 3 nodes go on\n"; line, err = told.ReadString('\n') {
		if err != nil {
			t.Fatal("nobody said that the others go on: ", err)
		}
	}
	putSomewhere(t, ready.Nodes[1:])

	if err := up.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if rest, err := said.ReadString(0); rest != "" {
		t.Errorf("more than a line on stdout: %q (%v)", rest, err)
	}
	for err := error(nil); err == nil; _, err = told.ReadString('\n') {
	}
	if err := up.Wait(); err != nil {
		t.Errorf("Ctrl-C: got %v, wanted exit code 0", err)
	}
	for _, n := range ready.Nodes {
		if syscall.Kill(n.PID, 0) == nil {
			t.Errorf("%s still runs as %d", n.ID, n.PID)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// putSomewhere writes once the nodes have a leader again.
func putSomewhere(t *testing.T, nodes []upNode) {
	t.Helper()
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for _, n := range nodes {
			if err = putOnce(t.Context(), n.Client); err == nil {
				return
			}
		}
	}
	t.Errorf("no write in 20s: %v", err)
}

func putOnce(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	c, err := client.Dial(ctx, address, nil)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing is to be kept of it
	_, err = c.Put(ctx, "greeting", []byte("hello"))
	return err
}

// readyLine is what `up -o json` says when its cluster serves.
func readyLine(t *testing.T, out *bufio.Reader) (ready struct {
	Nodes  []upNode
	Leader string
}) {
	t.Helper()
	line, err := out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &ready)
	}
	if err != nil {
		t.Fatalf("%v in %s", err, line)
	}
	return ready
}
