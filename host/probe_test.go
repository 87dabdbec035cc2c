package host

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/raftbench/raftbench/results"
)

func TestProbeDescribesTheHostAndLeavesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there", "yet")
	env, err := Probe(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if env.Cores < 1 || env.OS == "" || env.Kernel == "" || env.Filesystem == "" || env.MemoryBytes == 0 {
		t.Errorf("something is not described: %+v", env)
	}
	if env.FsyncP50NS <= 0 || env.FsyncP99NS < env.FsyncP50NS {
		t.Errorf("fsync p50 %d ns, p99 %d ns", env.FsyncP50NS, env.FsyncP99NS)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestProbeKnowsMemoryFromDisk(t *testing.T) {
	const shm = "/dev/shm"
	if _, err := os.Stat(shm); err != nil {
		t.Skip("no " + shm)
	}
	dir, err := os.MkdirTemp(shm, "raftbench-probe-")
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	env, err := Probe(t.Context(), dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if env.Filesystem != "tmpfs" || env.FsyncReal {
		t.Errorf("got %s, real %v, want tmpfs, not real", env.Filesystem, env.FsyncReal)
	}
}

func TestProbeRefusesWhereNothingCanBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Probe(t.Context(), filepath.Join(file, "below"), true); err == nil {
		t.Error("a directory below a file was accepted")
	}
}

func TestFsyncIsRealOnlyOnADiskThatTakesTime(t *testing.T) {
	for _, c := range []struct {
		fs   string
		p50  time.Duration
		want bool
	}{
		{"ext4", 140 * time.Microsecond, true},
		{"ext4", 19 * time.Microsecond, false}, // a write cache, or eatmydata
		{"tmpfs", 140 * time.Microsecond, false},
	} {
		if got := isReal(results.Environment{Filesystem: c.fs, FsyncP50NS: c.p50.Nanoseconds()}); got != c.want {
			t.Errorf("%s at %s: real %v, want %v", c.fs, c.p50, got, c.want)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		path, mount string
		want        bool
	}{
		{"/data/x", "/", true}, {"/data/x", "/data", true}, {"/data", "/data", true},
		{"/database", "/data", false}, {"/", "/", true},
	} {
		if got := within(c.path, c.mount); got != c.want {
			t.Errorf("%s within %s: %v, want %v", c.path, c.mount, got, c.want)
		}
	}
}

// The study behind how much slower a sync must be to be remarked: medians of one
// directory by turns, alone and beside one writer that syncs (-benchtime 40x).
func BenchmarkSyncTime(b *testing.B) {
	dir := b.TempDir()
	var took [2][]time.Duration
	for b.Loop() {
		for beside := range took {
			quit, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				if beside == 1 {
					writeUntil(quit, filepath.Join(dir, "writer"))
				}
			}()
			d, err := SyncTime(b.Context(), dir)
			close(quit)
			<-done
			if err != nil {
				b.Fatal(err)
			}
			took[beside] = append(took[beside], d)
		}
	}
	for beside, all := range took {
		slices.Sort(all)
		b.Logf("%d writers beside: medians %v to %v, in the middle %v, of %d", beside, all[0], all[len(all)-1], all[len(all)/2], len(all))
	}
}

func writeUntil(quit <-chan struct{}, name string) {
	f, err := os.Create(name)
	if err != nil {
		return
	}
	defer func() { _ = f.Close() }()
	for page := make([]byte, 4096); ; {
		select {
		case <-quit:
			return
		default:
			_, _ = f.Write(page)
			_ = f.Sync()
		}
	}
}
