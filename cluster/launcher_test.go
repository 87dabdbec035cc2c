package cluster

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// launcherEnv makes this test binary a launcher that waits to be killed. It
// holds the spec's directory.
const (
	launcherEnv = "RAFTBENCH_TEST_LAUNCHER"
	binaryEnv   = "RAFTBENCH_TEST_BINARY"
)

// runLauncher starts three nodes, pauses one, says their pids, and waits.
func runLauncher(dir string) {
	spec := quickSpecIn(dir, 3)
	spec.Start = Local(os.Getenv(binaryEnv))
	c, err := Start(context.Background(), spec)
	if err == nil {
		err = c.Members()[2].Pause(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stdout, "failed:", err)
		return
	}
	for _, m := range c.Members() {
		fmt.Fprint(os.Stdout, m.PID(), " ")
	}
	fmt.Fprintln(os.Stdout)
	time.Sleep(time.Minute)
}

// However the launcher ends, no node of it runs two seconds later, not even a
// paused one. What it leaves on the disk can be cleared away.
func TestKilledLauncherLeavesNoNode(t *testing.T) {
	adopt(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	launcher := exec.Command(self)
	launcher.Env = append(os.Environ(), launcherEnv+"="+dir, binaryEnv+"="+binary(t))
	launcher.Stderr = os.Stderr
	out, err := launcher.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := launcher.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = launcher.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, word := range strings.Fields(line) {
		var pid int
		if _, err := fmt.Sscan(word, &pid); err != nil {
			t.Fatalf("the launcher said %q", line)
		}
		pids = append(pids, pid)
		if !runs(pid) {
			t.Errorf("node %d does not run", pid)
		}
		t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
	}
	if len(pids) != 3 {
		t.Fatalf("the launcher said %q", line)
	}

	if err := launcher.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = launcher.Wait()
	deadline := time.Now().Add(2 * time.Second)
	for _, pid := range pids {
		for runs(pid) {
			if time.Now().After(deadline) {
				t.Fatalf("node %d still runs 2s after its launcher", pid)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}

	spec := quickSpecIn(dir, 3)
	if _, err := os.Stat(spec.Dir); err != nil {
		t.Fatalf("the test expects to find the data: %v", err)
	}
	if err := RemoveStale(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(spec.Dir); err == nil {
		t.Errorf("%s is still there", spec.Dir)
	}
	if _, err := os.Stat(spec.LogDir); err != nil {
		t.Errorf("the logs are gone: %v", err)
	}
}

// runs reports whether the process is there and no zombie.
func runs(pid int) bool {
	_, _ = syscall.Wait4(pid, nil, syscall.WNOHANG, nil) // it may be ours by adoption
	out, err := exec.Command("ps", "-o", "stat=", "-p", fmt.Sprint(pid)).Output()
	state := strings.TrimSpace(string(out))
	return err == nil && state != "" && !strings.HasPrefix(state, "Z")
}
