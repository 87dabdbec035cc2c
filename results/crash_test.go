package results

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// crashDir, when set, makes the test binary a writer that runs until killed.
const crashDir = "RAFTBENCH_TEST_CRASH_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		writeUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// writeUntilKilled says on stdout each trial that Append has vouched for.
func writeUntilKilled(dir string) {
	w, err := Create(dir, Environment{}, nil)
	for n := 1; err == nil; n++ {
		if err = w.Append(sampleTrial(n)); err == nil {
			_, err = os.Stdout.WriteString(".\n")
		}
	}
	os.Exit(1)
}

func TestKilledWriterLosesNothingItVouchedFor(t *testing.T) {
	for _, after := range []int{1, 2, 7} {
		dir := filepath.Join(t.TempDir(), "run")
		vouched := writeAndKill(t, dir, after)
		w, run, err := Resume(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Trials) < vouched {
			t.Errorf("got %d trials, want at least the %d that were vouched for", len(run.Trials), vouched)
		}
		next := sampleTrial(len(run.Trials) + 1)
		if err := errors.Join(w.Append(next), w.Close()); err != nil {
			t.Errorf("go on after the crash: %v", err)
		}
	}
}

// writeAndKill starts a writer, kills it once it has vouched for some trials,
// and returns for how many it had in the end.
func writeAndKill(t *testing.T, dir string, after int) int {
	t.Helper()
	writer := exec.Command(os.Args[0])
	writer.Env = append(os.Environ(), crashDir+"="+dir)
	out, err := writer.StdoutPipe()
	if err == nil {
		err = writer.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	vouched := 0
	for s := bufio.NewScanner(out); s.Scan(); {
		if vouched++; vouched == after {
			// While it lives, nobody else may write.
			_, _, err := Resume(dir)
			wantError(t, err, "another raftbench is writing this run")
			if err := writer.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := writer.Wait(); err == nil || vouched < after {
		t.Fatalf("the writer ended by itself after %d trials: %v", vouched, err)
	}
	return vouched
}
