package host

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/shirou/gopsutil/v4/disk"

	"github.com/raftbench/raftbench/results"
)

// The probe appends as much as a small batch of entries takes, as often as a
// p99 needs, but not for too long on a slow disk.
const (
	probeAppend  = 4 << 10
	probeSyncs   = 400
	fewestSyncs  = 20
	probeTime    = time.Second
	longestProbe = 5 * time.Second
	slowestSync  = time.Minute // a longer one counts as this
)

// fastestReal is the probe median below which no disk was reached: a tmpfs
// answers in a fraction of a microsecond, an NVMe drive with a capacitor in
// some twenty.
const fastestReal = 20 * time.Microsecond

// canarySyncs are as many as a median needs, and take some ten milliseconds.
const canarySyncs = 40

// SyncTime is what an append and its fdatasync take in a directory now, at the
// median of a few. Where a disk is so slow that they take long, of fewer.
func SyncTime(ctx context.Context, dir string) (time.Duration, error) {
	syncs, err := probeFsync(ctx, dir, canarySyncs)
	if err != nil {
		return 0, err
	}
	return time.Duration(syncs.ValueAtQuantile(50)), nil
}

// probeFsync times one append and its fdatasync, again and again, in ns.
func probeFsync(ctx context.Context, dir string, most int) (syncs *hdrhistogram.Histogram, err error) {
	f, err := os.CreateTemp(dir, "fsync-probe-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	syncs = hdrhistogram.New(1, slowestSync.Nanoseconds(), 3)
	block := make([]byte, probeAppend)
	began := time.Now()
	for n := 0; n < most && !spent(time.Since(began), n) && ctx.Err() == nil; n++ {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return nil, err
		}
		if err := datasync(f); err != nil {
			return nil, err
		}
		_ = syncs.RecordValue(min(max(1, time.Since(start).Nanoseconds()), slowestSync.Nanoseconds())) // within the range
	}
	return syncs, ctx.Err()
}

// spent reports whether the probe has taken long enough. A slow disk gets more
// time, until there are fewestSyncs.
func spent(took time.Duration, syncs int) bool {
	return took > longestProbe || (took > probeTime && syncs >= fewestSyncs)
}

// inMemory are filesystems whose sync reaches no disk.
var inMemory = []string{"tmpfs", "ramfs", "devtmpfs"}

func isReal(env results.Environment) bool {
	return !slices.Contains(inMemory, env.Filesystem) && env.FsyncP50NS >= fastestReal.Nanoseconds()
}

// filesystem is the type of the mount that holds dir: ext4, tmpfs, apfs.
func filesystem(ctx context.Context, dir string) string {
	mounts, err := disk.PartitionsWithContext(ctx, true)
	if err != nil {
		return ""
	}
	resolved, err := realPath(dir)
	if err != nil {
		return ""
	}
	best := disk.PartitionStat{}
	for _, m := range mounts {
		// Later mounts hide earlier ones at the same place.
		if within(resolved, m.Mountpoint) && len(m.Mountpoint) >= len(best.Mountpoint) {
			best = m
		}
	}
	return best.Fstype
}

func realPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return abs, nil
	}
	return resolved, err
}

func within(path, mount string) bool {
	return path == mount || strings.HasPrefix(path, strings.TrimSuffix(mount, "/")+"/")
}
