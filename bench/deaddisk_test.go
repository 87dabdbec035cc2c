package bench

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/powerloss"
	"github.com/raftbench/raftbench/results"
)

// mortal are disks of which the one of a member is killed once.
type mortal struct {
	binary, member string
	mu             sync.Mutex
	last           *powerloss.Process // that of the member
	killed         bool
}

func (m *mortal) mount(ctx context.Context, behind, at string) (cluster.Disk, error) {
	p, err := powerloss.Start(ctx, powerloss.Command(m.binary, behind, at), at)
	if err == nil && filepath.Base(filepath.Dir(at)) == m.member {
		m.mu.Lock()
		m.last = p
		m.mu.Unlock()
	}
	return p, err
}

// kill the disk, and wait until that is seen.
func (m *mortal) kill(t *testing.T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.killed || m.last == nil {
		return
	}
	m.killed = true
	if err := syscall.Kill(m.last.PID(), syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	select {
	case <-m.last.Died():
	case <-time.After(time.Minute):
		t.Error("the disk's process does not end")
	}
}

// hang stops the disk's process, which is continued by nobody.
func (m *mortal) hang(t *testing.T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.last != nil && !m.killed {
		m.killed = true
		if err := syscall.Kill(m.last.PID(), syscall.SIGSTOP); err != nil {
			t.Error(err)
		}
	}
}

// harmedDisk is a runner of an experiment in which harm is done to the disk of n2 at a
// stage.
func harmedDisk(t *testing.T, path, text string, stage Stage, harm func(*mortal, *testing.T)) *Runner {
	t.Helper()
	e, err := configs.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	disks := &mortal{binary: path, member: "n2"}
	r := testRunner(t, text, nil)
	if r.Plan, err = e.Plan(); err != nil {
		t.Fatal(err)
	}
	r.Mount = disks.mount
	r.Progress = func(p Progress) {
		if p.Stage == stage {
			harm(disks, t)
		}
	}
	return r
}

// cuttable is the program of nodes, on a host where a disk's power can be cut.
func cuttable(t *testing.T) string {
	t.Helper()
	if err := powerloss.Available(); err != nil {
		t.Skip(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestARunOutlivesADiskThatHangs: its member cannot be ended before it is, and nothing
// waits for it without end, nor stays mounted.
func TestARunOutlivesADiskThatHangs(t *testing.T) {
	t.Parallel() // most of its time it waits
	path := cuttable(t)
	text := "retries: 0\n" + strings.Replace(shortSafety, "{sync: 1ms}", "{power_loss: true}", 1) +
		"safety: {trials: 1, duration: 2s, clients: 4, keys: 4, rate: 200/s}\n"
	r := harmedDisk(t, path, text, StageHealing, (*mortal).hang)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := r.Run(ctx)
	if ctx.Err() != nil {
		t.Fatalf("the run did not end: %+v (%v)", out, err)
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil || strings.Contains(string(mounts), r.Writer.Dir()) {
		t.Errorf("something is mounted below %s still (%v)", r.Writer.Dir(), err)
	}
}

// TestATrialWhoseDiskDiesIsVoid, whatever it is for and whenever that is: it is invalid
// for a fault of the tool, nothing is found in it, and it is done again.
func TestATrialWhoseDiskDiesIsVoid(t *testing.T) {
	path := cuttable(t)
	const once = "trials: 0\nproofs: 0\nretries: 1\n"
	for stage, text := range map[Stage]string{
		results.WindowCalm: strings.Replace(once, "trials: 0", "trials: 1", 1) + poweredOff,
		StageRestarting:    strings.Replace(once, "proofs: 0", "proofs: 1", 1) + poweredOff,
		StageTesting: "retries: 1\n" + strings.Replace(shortSafety, "{sync: 1ms}", "{power_loss: true}", 1) +
			"safety: {trials: 1, duration: 2s, clients: 4, keys: 4, rate: 200/s}\n" +
			"faults: [{at: 500ms, action: power-loss, target: n1}, {at: 1s, action: power-loss, target: n2}]\n",
		StageHealing: "retries: 1\n" + strings.Replace(shortSafety, "{sync: 1ms}", "{power_loss: true}", 1) +
			"safety: {trials: 1, duration: 2s, clients: 4, keys: 4, rate: 200/s}\n",
	} {
		t.Run(string(stage), func(t *testing.T) {
			r := harmedDisk(t, path, text, stage, (*mortal).kill)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			out, err := r.Run(ctx)
			if err != nil || len(out.Findings) > 0 || out.Failed > 0 {
				t.Errorf("got %+v (%v), want a run without findings in which nothing failed for good", out, err)
			}
			run, err := results.Open(r.Writer.Dir())
			if err != nil || len(run.Trials) != 2 {
				t.Fatalf("got %+v (%v), want two attempts on record", run, err)
			}
			first, again := run.Trials[0], run.Trials[1]
			i := slices.IndexFunc(first.Remarks, func(m results.Remark) bool { return m.Code == results.CodeDiskDied })
			if first.Valid || len(first.Findings) > 0 || i < 0 {
				t.Fatalf("valid %v, findings %v, remarks %+v; want one of the disk alone", first.Valid, first.Findings, first.Remarks)
			}
			if m := first.Remarks[i]; m.Severity != results.Invalid || m.Node != "n2" || !strings.Contains(m.Detail, "signal: killed; it wrote nothing to its stderr") {
				t.Errorf("got %+v, want how the disk of n2 died", m)
			}
			if voided(again) || again.Attempt != 2 {
				t.Errorf("the second attempt: %+v", again)
			}
		})
	}
}

// What clients were told before a disk died is judged, also where the trial is void and no
// further attempt is made: a violation is what the trial came to.
func TestAViolationBeforeADiskDiedStands(t *testing.T) {
	path := cuttable(t)
	text := "retries: 0\n" + strings.Replace(shortSafety, "{sync: 1ms}", "{power_loss: true}", 1) +
		"safety: {trials: 1, duration: 1s, clients: 4, keys: 4, rate: 200/s}\n"
	var r *Runner
	r = harmedDisk(t, path, text, StageHealing, func(m *mortal, t *testing.T) {
		forged := filepath.Join(t.TempDir(), historyFile)
		forge(t, forged)
		if err := os.Rename(forged, filepath.Join(r.Writer.TrialDir(r.Plan.Setups[0].Cell, 1), historyFile)); err != nil {
			t.Error(err)
		}
		m.kill(t)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	out, err := r.Run(ctx)
	if err != nil || len(out.Findings) == 0 || len(out.Unsafe) != 1 || len(out.Evidence) != 1 {
		t.Fatalf("got %+v (%v), want what was violated", out, err)
	}
	run, err := results.Open(r.Writer.Dir())
	if err != nil || len(run.Trials) != 1 {
		t.Fatalf("got %+v (%v), want one attempt on record", run, err)
	}
	if got := run.Trials[0]; got.Judgement() != results.Violated || got.Has(results.Liveness) || voided(got) || got.Tested.History == "" {
		t.Errorf("got %+v, %+v, %+v; want the violation and its history, and nothing that the disk did", got.Tested, got.Findings, got.Remarks)
	}
}
