package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// patience is how long a test waits for what is to come at once: it ends a
// test that hangs, and says nothing of time.
const patience = 2 * time.Minute

// longTrial is a run whose only trial goes on until it is stopped.
var longTrial = []string{
	"run", "--nodes", "3", "--profile", "none", "--trials", "1", "--proofs", "0",
	"--rate", "50/s", "--duration", "4m", "--yes",
}

// Whatever ends a program by hand or with its terminal ends it cleanly.
func TestEverySignalStopsARunCleanly(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			cmd := program(t, append(longTrial, "--out", dir)...)
			var said bytes.Buffer
			cmd.Stderr = &said
			nodes := startWithNodes(t, cmd, 3)
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			exits130(t, cmd)
			awaitEnd(t, nodes)
			gone(t, filepath.Join(dir, "data"))
			if want := "hint: go on with: raftbench run --resume " + dir; !strings.Contains(said.String(), want) {
				t.Errorf("want %q in\n%s", want, said.String())
			}
		})
	}
}

// A second signal waits for no node, not even for one that hangs; and nothing
// is left behind all the same.
func TestASecondSignalStopsAtOnce(t *testing.T) {
	work := t.TempDir()
	for name, args := range map[string][]string{
		"run": append(longTrial, "--out", filepath.Join(work, "r")),
		"up":  {"up", "--nodes", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := program(t, args...)
			cmd.Dir = work
			pipe, err := cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			var text bytes.Buffer
			said := io.TeeReader(pipe, &text)
			nodes := startWithNodes(t, cmd, 3)
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			for lines := bufio.NewScanner(said); lines.Scan() && !strings.HasPrefix(lines.Text(), "stopping"); {
			}
			_ = cmd.Process.Signal(os.Interrupt)
			_, _ = io.Copy(io.Discard, said)
			err = cmd.Wait()
			// It may have ended cleanly before the second came: up's end is no failure.
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted && (name != "up" || code != exitOK) {
				t.Errorf("got %v, want exit code %d", err, exitInterrupted)
			}
			if want := "hint: go on with: raftbench run --resume " + filepath.Join(work, "r"); name == "run" && strings.Count(text.String(), want) != 1 {
				t.Errorf("want %q once in\n%s", want, text.String())
			}
			awaitEnd(t, nodes)
			gone(t, filepath.Join(work, "r", "data"))
			gone(t, filepath.Join(work, "results"))
		})
	}
}

// raftbench run 2>&1 | head -1
func TestARunEndsWhenNobodyReadsIt(t *testing.T) {
	for name, args := range map[string][]string{
		"progress": {"--trials", "500", "--yes"}, // ends with its next line
		"results":  {"--trials", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			cmd := program(t, append([]string{"run", "--nodes", "1", "--profile", "none", "--proofs", "0",
				"--rate", "50/s", "--duration", "100ms", "--set", "retries=0", "--out", dir}, args...)...)
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			if cmd.Stderr = writer; name == "results" {
				cmd.Stdout, cmd.Stderr = writer, &said
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			killLater(t, cmd)
			_ = writer.Close()
			if name == "progress" {
				if _, err := bufio.NewReader(reader).ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			_ = reader.Close()
			err = cmd.Wait()
			// A busy host may leave no valid trial besides.
			if code := cmd.ProcessState.ExitCode(); code != exitFailed && (name != "results" || code != exitInconclusive) {
				t.Errorf("got %v, want exit code %d\n%s", err, exitFailed, said.String())
			}
			if name == "results" && !strings.Contains(said.String(), "broken pipe") {
				t.Errorf("no word of the pipe in\n%s", said.String())
			}
			if n := len(trialsIn(t, dir)); n < 1 || n > 499 {
				t.Errorf("got %d trials on record, want those before the reader went away", n)
			}
			gone(t, filepath.Join(dir, "data"))
		})
	}
}

// What a killed program left is removed by the next one, and nothing that is
// in use.
func TestWhatKilledProgramsLeftIsRemoved(t *testing.T) {
	work := t.TempDir()
	start := func(args ...string) (*exec.Cmd, []*process.Process) {
		cmd := program(t, args...)
		cmd.Dir = work
		return cmd, startWithNodes(t, cmd, 1)
	}
	kill := func(cmd *exec.Cmd, nodes []*process.Process) {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		awaitEnd(t, nodes)
	}
	inResults := func(pattern string) []string {
		found, _ := filepath.Glob(filepath.Join(work, "results", pattern))
		return found
	}
	// A run's own folder may begin as a temporary one does, and one that holds
	// no mark is somebody else's.
	mine := filepath.Join(work, "results", "up-mine")
	if err := os.MkdirAll(filepath.Join(mine, "data", "n1", "data"), 0o755); err != nil {
		t.Fatal(err)
	}
	start("up", "--nodes", "1")
	used := inResults("up-[0-9]*")
	if len(used) != 1 {
		t.Fatalf("got %v, want one temporary folder", used)
	}
	kill(start("up", "--nodes", "1"))
	alone := append(slices.Clone(longTrial), "--nodes", "1")
	living, _ := start(append(alone, "--set", "name=living")...)
	kill(start(append(alone, "--set", "name=killed")...))
	if data := inResults("*/data"); len(data) != 4 {
		t.Fatalf("got data in %v, want it in four folders: that of the living up, that of the living run, the killed run's and ours", data)
	}
	if got := inResults("up-[0-9]*"); !slices.Equal(got, used) {
		t.Errorf("a run left %v, want %v", got, used)
	}
	kill(start("up", "--nodes", "1"))
	kill(start("up", "--nodes", "1", "--out", "named"))
	// The data in a folder of one's own is taken away, too: it is used again.
	again := program(t, "up", "--nodes", "1", "--out", "named", "-o", "json")
	again.Dir = work
	stdout, err := again.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	startWithNodes(t, again, 1)
	readyLine(t, bufio.NewReader(stdout))
	start("up", "--nodes", "1")
	if got := inResults("up-[0-9]*"); len(got) != 2 || !slices.Contains(got, used[0]) {
		t.Errorf("the next up left %v, want %v and its own", got, used)
	}
	if got := inResults("killed-*/data"); len(got) > 0 {
		t.Errorf("the killed run's data was left: %v", got)
	}
	if got := inResults("living-*/data/*/n1"); len(got) != 1 {
		t.Errorf("the living run has its data in %v", got)
	}
	if _, err := os.Stat(filepath.Join(mine, "data", "n1", "data")); err != nil {
		t.Error(err)
	}
	if err := living.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	exits130(t, living)
}

// Ctrl-C while the disk is probed leaves no file and no folder of a run.
func TestInterruptedProbeLeavesNothing(t *testing.T) {
	for name, args := range map[string][]string{
		"run":     {"run", "--nodes", "1", "--out", "r"},
		"doctor":  {"doctor"},
		"predict": {"predict"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				dir := t.TempDir()
				cmd := program(t, args...)
				cmd.Dir = dir
				var said bytes.Buffer
				cmd.Stderr = &said
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				killLater(t, cmd)
				seen := awaitProbe(dir, cmd.Process)
				_ = cmd.Process.Signal(os.Interrupt)
				err := cmd.Wait()
				if !seen {
					continue // a disk as quick as memory: the probe was over too soon
				}
				if cmd.ProcessState.ExitCode() != exitInterrupted {
					t.Errorf("got %v, want exit code %d\n%s", err, exitInterrupted, said.String())
				}
				if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				return
			}
			t.Skip("the probe was never seen at work")
		})
	}
}

func awaitProbe(dir string, p *os.Process) bool {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if found, _ := filepath.Glob(filepath.Join(dir, "fsync-probe-*")); len(found) > 0 {
			return true
		}
		if _, err := os.Stat(filepath.Join(dir, "r")); err == nil || !lives(p.Pid) {
			return false
		}
	}
	return false
}

func lives(pid int) bool {
	p, err := process.NewProcess(int32(pid)) //nolint:gosec // a PID fits
	return err == nil && runs(p)
}

// startWithNodes starts a program and waits until so many nodes of it run.
func startWithNodes(t *testing.T, cmd *exec.Cmd, n int) []*process.Process {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killLater(t, cmd)
	parent, err := process.NewProcess(int32(cmd.Process.Pid)) //nolint:gosec // a PID fits
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if nodes := nodesOfProcess(parent); len(nodes) == n {
			return nodes
		}
	}
	t.Fatalf("%d nodes did not start within %v", n, patience)
	return nil
}

// nodesOfProcess are its children less those that describe the host.
func nodesOfProcess(parent *process.Process) (nodes []*process.Process) {
	children, _ := parent.Children()
	for _, c := range children {
		if args, _ := c.CmdlineSlice(); len(args) == 2 && args[1] == "node" {
			nodes = append(nodes, c)
		}
	}
	return nodes
}

// killLater ends a program with its test, and one that hangs.
func killLater(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	timer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	t.Cleanup(func() {
		timer.Stop()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

func exits130(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	err := cmd.Wait()
	if cmd.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("got %v, want exit code %d", err, exitInterrupted)
	}
}

func gone(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s was left behind (%v)", path, err)
	}
}
