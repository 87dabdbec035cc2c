package bench

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/results"
)

// nuisance is what the test's own program does in place of the tests when it is
// asked to: a process that disturbs a run, for as long as it lives.
const nuisance = "RAFTBENCH_TEST_NUISANCE"

// disturb is called first in TestMain.
func disturb() {
	switch os.Getenv(nuisance) {
	case "bursts": // half of each hundred milliseconds, on one core
		for {
			for until := time.Now().Add(50 * time.Millisecond); time.Now().Before(until); {
			}
			time.Sleep(50 * time.Millisecond)
		}
	case "writer":
		f, err := os.CreateTemp(os.Getenv("RAFTBENCH_TEST_DIR"), "writer-*")
		if err != nil {
			panic(err)
		}
		for page := make([]byte, page); ; {
			if _, err := f.Write(page); err != nil {
				panic(err)
			}
			if err := f.Sync(); err != nil {
				panic(err)
			}
		}
	}
}

// disturbed starts a nuisance that ends with the test.
func disturbed(t *testing.T, what, dir string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), nuisance+"="+what, "RAFTBENCH_TEST_DIR="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// One node under raft's own timeouts: nothing is lost when it waits.
const alone = "nodes: 1\nnetwork: {profile: none}\nworkload: {warmup: 100ms, load: {mode: calm}, calm: {rate: 100/s, duration: 600ms}}"

// Processes that work half the time on one core in eight are remarked.
func TestBurstsOfOthersAreRemarked(t *testing.T) {
	for range 1 + runtime.NumCPU()/8 {
		disturbed(t, "bursts", "")
	}
	r := runTrial(t, alone, results.Measure, script{})
	f := r.Windows[0].Host
	if f.ForeignCores == nil {
		t.Skip("this system does not tell what other processes do")
	}
	if _, said := says(r.Remarks, results.CodeForeignCPU); !said {
		t.Errorf("foreign cores %.3f, remarks %+v: want the bursts remarked", *f.ForeignCores, r.Remarks)
	}
}

// A writer that syncs on the nodes' disk is remarked, in the window and by the
// canary before it.
func TestAWriterBesideIsRemarked(t *testing.T) {
	runner := testRunner(t, alone, nil)
	dir := runner.Writer.Dir()
	env, err := host.Probe(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if !env.FsyncReal || host.Device(dir) == "" {
		t.Skipf("%s: %s is on no disk whose writes are counted", dir, env.Filesystem)
	}
	runner.Host = env
	trial := runner.newTrial(Job{Setup: setups(t, alone)[0], Kind: results.Measure, Trial: 1, Seed: 1}, 1)
	disturbed(t, "writer", filepath.Dir(dir))
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := trial.record.Trial
	if _, said := says(r.Remarks, results.CodeForeignDisk); !said {
		f := r.Windows[0].Host
		t.Errorf("remarks %+v, %v bytes and %v syncs of others: want the writer remarked", r.Remarks, *f.ForeignDiskBytes, f.ForeignSyncs)
	}
	if r.CanaryFsyncP50NS == nil || *r.CanaryFsyncP50NS <= 0 {
		t.Errorf("canary %v, want a time", r.CanaryFsyncP50NS)
	}
}

// A sync that takes much longer than when the run began is remarked.
func TestASlowerDiskIsRemarked(t *testing.T) {
	runner := testRunner(t, alone, nil)
	runner.Host.FsyncP50NS = 1
	trial := runner.newTrial(Job{Setup: setups(t, alone)[0], Kind: results.Measure, Trial: 1, Seed: 1}, 1)
	if err := trial.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if m, said := says(trial.record.Remarks, results.CodeSlowSync); !said || m.Got <= m.Want {
		t.Errorf("remarks %+v: want the disk's slowness", trial.record.Remarks)
	}
}

// What the host tells is on record, of both kinds of load, and of each setup that
// stood beside another.
func TestTheHostsFactsAreOnRecord(t *testing.T) {
	known := host.ReadCounters(t.Context())
	if known.Processes == nil || known.CPUWait == nil {
		t.Skip("this system tells little")
	}
	runner := besideRunner(t, nil)
	if _, err := runner.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range recorded(t, runner) {
		for _, w := range r.Windows {
			f := w.Host
			if len(f.Unread()) > 0 || f.DiskStall == nil || f.ForeignDiskBytes == nil || f.NodeWaitSeconds == nil {
				t.Errorf("%s of %s: got %+v, want all facts", w.Name, r.Cell, f)
			}
		}
	}
}
