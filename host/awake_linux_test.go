package host

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// spinning makes the test's own program a spinner.
const spinning = "RAFTBENCH_TEST_SPIN"

func TestMain(m *testing.M) {
	if os.Getenv(spinning) != "" {
		if err := Spin(os.Stdin, os.Stdout); err != nil {
			panic(err)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func spinner(t *testing.T) *exec.Cmd {
	t.Helper()
	if err := AwakeUnavailable(); err != nil {
		t.Skip(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), spinning+"=1")
	return cmd
}

// Each core has a spinner, all in the idle class, and none is left afterwards.
func TestCoresAreKeptAwakeInTheIdleClassUntilStopped(t *testing.T) {
	a, err := KeepAwake(spinner(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Stop)
	idle := 0
	threads, err := os.ReadDir("/proc/" + strconv.Itoa(a.PID()) + "/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		text, err := os.ReadFile("/proc/" + strconv.Itoa(a.PID()) + "/task/" + thread.Name() + "/stat")
		if err != nil {
			continue // it has ended
		}
		f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if f[38] == "5" { // the policy, SCHED_IDLE
			idle++
		}
	}
	if want := ReadCounters(t.Context()).Cores; idle == 0 || idle > want {
		t.Errorf("%d threads in the idle class, want one a core that may be used, of %d", idle, want)
	}
	// They spin, however little a full host leaves them.
	for until := time.Now().Add(2 * time.Minute); a.CPU() < 20*time.Millisecond; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("the spinners used %v in two minutes", a.CPU())
		}
	}
	a.Stop()
	if _, err := os.Stat("/proc/" + strconv.Itoa(a.PID())); err == nil {
		t.Error("the process is still there")
	}
}

func TestWhatDoesNotSpinIsAnError(t *testing.T) {
	_ = spinner(t)
	if _, err := KeepAwake(exec.Command("echo", "hello, world")); err == nil || !strings.Contains(err.Error(), "hello") {
		t.Errorf("got %v, want what it said", err)
	}
	if _, err := KeepAwake(exec.Command("/not/there")); err == nil {
		t.Error("a program that is not there was started")
	}
}

func TestAQuotaForbidsSpinning(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"version 2":             {map[string]string{"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "50000 100000\n"}, true},
		"version 2 without one": {map[string]string{"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, false},
		"version 1":             {map[string]string{"proc/self/cgroup": "1:cpu,cpuacct:/\n", "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n"}, true},
		"version 1 without one": {map[string]string{"proc/self/cgroup": "1:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n"}, false},
	} {
		if got := files(c.files).cpuQuota(); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
