package netem

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fullHost makes this binary's child one that all others go before.
const fullHost = "NETEM_FULL_HOST"

// parts in ns, as the child tells them: the median of the link's own, and the
// 90th percentile of the waits, some of which find a core at once.
type parts struct{ Own, CoreWait int64 }

// TestCarryOnAFullHost is the child of the test below, and nothing by itself.
func TestCarryOnAFullHost(t *testing.T) {
	if os.Getenv(fullHost) == "" {
		t.Skip("run by TestAFullHostIsNotTheLinksFault")
	}
	for known := false; !known; _, known = timers.Late() {
		carry(t, newPair(t, Shape{Delay: 20 * time.Millisecond}, Shape{}), 10, 30*time.Millisecond)
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, thread := range threads {
		tid, _ := strconv.Atoi(thread.Name())
		if err := unix.Setpriority(unix.PRIO_PROCESS, tid, 19); err != nil {
			t.Fatal(err)
		}
	}
	got := carry(t, newPair(t, Shape{Delay: 20 * time.Millisecond}, Shape{}), 100, 30*time.Millisecond)
	text, _ := json.Marshal(parts{got.Own.ValueAtQuantile(50), got.CoreWait.ValueAtQuantile(90)})
	if err := os.WriteFile(os.Getenv(fullHost), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Where every core has others that go first, frames are late because their
// reader waits: the wait is told as that, and the link's own part stays small
// beside it. The child has the lowest priority and the spinners have the usual
// one, so that most of its wake-ups have to wait.
func TestAFullHostIsNotTheLinksFault(t *testing.T) {
	if testing.Short() {
		t.Skip("keeps all cores busy for seconds")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	for range 2 * runtime.NumCPU() {
		spin := exec.CommandContext(ctx, "sh", "-c", "while :; do :; done")
		if err := spin.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() {
			_ = spin.Process.Kill()
			_ = spin.Wait()
		}()
	}
	told := t.TempDir() + "/parts.json"
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestCarryOnAFullHost$")
	child.Env = append(os.Environ(), fullHost+"="+told)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(told)
	if err != nil {
		t.Fatal(err)
	}
	var got parts
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	t.Logf("own %v, waiting for a core %v", time.Duration(got.Own), time.Duration(got.CoreWait))
	if got.CoreWait < int64(200*time.Microsecond) || got.Own*2 > got.CoreWait {
		t.Errorf("own error %v, wait for a core %v; want the wait to be most of it, and above 200 µs",
			time.Duration(got.Own), time.Duration(got.CoreWait))
	}
}
