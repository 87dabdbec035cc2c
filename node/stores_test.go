package node

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/control"
)

func open(t *testing.T, dir string, s control.Storage) *stores {
	t.Helper()
	st, err := openStores(dir, s, testLog(t))
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func entries(from, to uint64) (logs []*raft.Log) {
	for i := from; i <= to; i++ {
		logs = append(logs, &raft.Log{Index: i, Term: 1, Data: bytes.Repeat([]byte{byte(i)}, 100)})
	}
	return logs
}

// TestDiskCounts: two syncs for each committed write transaction of log and
// stable store, none where nothing syncs; each StoreLogs is timed.
func TestDiskCounts(t *testing.T) {
	for name, test := range map[string]struct {
		storage control.Storage
		syncs   int64
	}{
		"boltdb":          {control.DefaultStorage(), 2},
		"boltdb uncached": {control.Storage{Store: control.StoreBolt}, 2},
		"emulated":        {control.Storage{Store: control.StoreBolt, EmulatedSync: time.Millisecond}, 2},
		"nosync":          {control.Storage{Store: control.StoreBoltNoSync}, 0},
		"inmem":           {control.Storage{Store: control.StoreMemory}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			st := open(t, t.TempDir(), test.storage)
			var term uint64
			st.disk.onTerm = func(stored uint64) { term = stored }
			for _, err := range []error{
				st.logs.StoreLogs(entries(1, 64)),
				st.logs.StoreLog(entries(65, 65)[0]),
				st.disk.SetUint64([]byte("CurrentTerm"), 7),
				st.disk.Set([]byte("LastVoteCand"), []byte("n2")),
				st.logs.DeleteRange(1, 3),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			if got, want := st.disk.fsyncs.Load(), 5*test.syncs; got != want {
				t.Errorf("counted %d syncs, want %d", got, want)
			}
			if term != 7 {
				t.Errorf("heard of term %d, want 7", term)
			}
			h, err := hdrhistogram.Decode([]byte(st.disk.storeTime.encode()))
			if err != nil || h.TotalCount() != 2 {
				t.Errorf("timed %v writes (%v), want 2", h, err)
			}
			var got raft.Log
			if err := st.logs.GetLog(65, &got); err != nil || got.Data[0] != 65 {
				t.Errorf("entry 65: %v, %v", got, err)
			}
			if err := st.logs.GetLog(2, &got); test.storage.LogCache == 0 && !errors.Is(err, raft.ErrLogNotFound) {
				t.Errorf("deleted entry: %v", err)
			}
			if err := st.close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestEmulatedDisk: a write never takes less than the device does for the two
// syncs that bbolt makes, and writes of log and stable store queue up for the
// one device.
func TestEmulatedDisk(t *testing.T) {
	const sync, device = 2 * time.Millisecond, 4 * time.Millisecond
	st := open(t, t.TempDir(), control.Storage{Store: control.StoreMemory, EmulatedSync: sync})
	begin := clock.Now()
	done := make(chan error, 4)
	for i := range uint64(4) {
		go func() {
			if i%2 == 0 {
				done <- st.logs.StoreLogs(entries(i+1, i+1))
			} else {
				done <- st.disk.SetUint64([]byte("CurrentTerm"), i)
			}
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Duration(clock.Now() - begin); took < 4*device {
		t.Errorf("four writes took %v, want at least %v", took, 4*device)
	}
	h, err := hdrhistogram.Decode([]byte(st.disk.storeTime.encode()))
	if err != nil {
		t.Fatal(err)
	}
	// The histogram keeps three digits.
	if least := time.Duration(h.Min()); least < device-device/500 {
		t.Errorf("one write took %v, want at least %v", least, device)
	}
}

// slowOnce takes its time for the first write only.
type slowOnce struct {
	*raft.InmemStore
	pause time.Duration
}

func (m *slowOnce) StoreLogs(logs []*raft.Log) error {
	clock.SleepUntil(clock.Now() + m.pause.Nanoseconds())
	m.pause = 0
	return m.InmemStore.StoreLogs(logs)
}

// TestEmulatedDiskIsNeverEarly: the store's own work is part of the device's
// time, and a wrong guess of it does not make the device faster.
func TestEmulatedDiskIsNeverEarly(t *testing.T) {
	const device = 4 * time.Millisecond
	d := &disk{backing: &slowOnce{InmemStore: raft.NewInmemStore(), pause: device / 2}, emulated: device / syncsPerCommit, storeTime: newHistogram()}
	for i := range uint64(3) {
		begin := clock.Now()
		if err := d.StoreLogs(entries(i+1, i+1)); err != nil {
			t.Fatal(err)
		}
		if took := time.Duration(clock.Now() - begin); took < device {
			t.Errorf("write %d took %v, want at least %v", i+1, took, device)
		}
	}
}

// TestPowerLoss: what was never synced is gone after a power loss, and only
// then; what was synced is there.
func TestPowerLoss(t *testing.T) {
	const clean, killed = true, false
	synced, unsynced := control.DefaultStorage(), control.Storage{Store: control.StoreBoltNoSync}
	for name, test := range map[string]struct {
		storage control.Storage
		lost    bool
		end     bool   // how the first run ends; the second is always killed
		want    uint64 // the last index after the second
	}{
		"a crash keeps the page cache":       {unsynced, false, killed, 20},
		"a power loss does not":              {unsynced, true, killed, 0},
		"a clean end syncs":                  {unsynced, true, clean, 10},
		"real sync loses nothing":            {synced, true, killed, 20},
		"an emulated sync counts as a sync":  {control.Storage{Store: control.StoreBolt, EmulatedSync: time.Microsecond}, true, killed, 20},
		"also of a store that does not sync": {control.Storage{Store: control.StoreBoltNoSync, EmulatedSync: time.Microsecond}, true, killed, 20},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			run := func(from, to uint64, end bool) {
				st := open(t, dir, test.storage)
				if err := errors.Join(st.logs.StoreLogs(entries(from, to)), st.disk.SetUint64([]byte("CurrentTerm"), to)); err != nil {
					t.Fatal(err)
				}
				if end == clean {
					if err := st.close(); err != nil {
						t.Fatal(err)
					}
					return
				}
				// A kill leaves the file as it is; only the lock goes.
				if err := copyFile(filepath.Join(dir, logFile), filepath.Join(dir, "left")); err != nil {
					t.Fatal(err)
				}
				if err := st.disk.backing.(interface{ Close() error }).Close(); err != nil {
					t.Fatal(err)
				}
				if err := copyFile(filepath.Join(dir, "left"), filepath.Join(dir, logFile)); err != nil {
					t.Fatal(err)
				}
			}
			run(1, 10, test.end)
			run(11, 20, killed)
			restart := test.storage
			restart.PowerLoss = test.lost
			st := open(t, dir, restart)
			defer st.close() //nolint:errcheck // the data is thrown away
			last, err := st.logs.LastIndex()
			if err != nil {
				t.Fatal(err)
			}
			term, _ := st.disk.GetUint64([]byte("CurrentTerm")) // missing is zero
			if last != test.want || term != test.want {
				t.Errorf("last index %d and term %d, want %d", last, term, test.want)
			}
		})
	}
}

// TestDefaultsAreRafts: what the control channel calls raft's defaults is what
// raft itself would take.
func TestDefaultsAreRafts(t *testing.T) {
	n := &Node{opts: control.Options{ID: "n1", Raft: control.DefaultRaft()}, log: testLog(t)}
	got, want := n.raftConfig(), raft.DefaultConfig()
	want.LocalID, want.Logger, want.NoLegacyTelemetry = "n1", got.Logger, true
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(raft.Config{}, "Logger"), cmpopts.IgnoreUnexported(raft.Config{})); diff != "" {
		t.Error(diff)
	}
	if inFlight := control.DefaultRaft().MaxRPCsInFlight; inFlight != raft.DefaultMaxRPCsInFlight {
		t.Errorf("max_rpcs_in_flight %d, raft's is %d", inFlight, raft.DefaultMaxRPCsInFlight)
	}
}

// TestFreelistIsStored: as in Consul and Nomad, at the price of its pages in
// every transaction. A meta page that names none says so by all ones.
func TestFreelistIsStored(t *testing.T) {
	const pageHeader, freelistOfMeta = 16, 32
	dir := t.TempDir()
	st := open(t, dir, control.DefaultStorage())
	if err := errors.Join(st.logs.StoreLogs(entries(1, 10)), st.close()); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join(dir, logFile))
	if err != nil {
		t.Fatal(err)
	}
	for page := range 2 {
		at := page*os.Getpagesize() + pageHeader + freelistOfMeta
		if list := binary.NativeEndian.Uint64(file[at:]); list == math.MaxUint64 {
			t.Errorf("meta page %d names no freelist", page)
		}
	}
}

// TestRestart: a node that comes back on its data has every acknowledged
// write, from its log and from its snapshot, at the same port.
func TestRestart(t *testing.T) {
	o := testOptions(t, "n1")
	o.Storage = control.DefaultStorage()
	o.Raft.TrailingLogs = 1
	n := startNode(t, o)
	self := peerOf(n)
	if err := n.Bootstrap([]control.Peer{self}); err != nil {
		t.Fatal(err)
	}
	agreed(t, []*Node{n})
	ctx := bounded(t)
	put := func(n *Node, key string) {
		t.Helper()
		if _, err := n.put(ctx, &pb.PutRequest{Key: []byte(key), Value: []byte("v")}); err != nil {
			t.Fatal(err)
		}
	}
	put(n, "before")
	if err := n.Snapshot(); err != nil {
		t.Fatal(err)
	}
	put(n, "after")
	want, revision := n.machine.hash()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	o.Listen = n.Listen()
	again := startNode(t, o)
	if again.Listen() != n.Listen() {
		t.Errorf("listens at %+v, before at %+v", again.Listen(), n.Listen())
	}
	agreed(t, []*Node{again})
	if r, err := again.rangeKeys(ctx, &pb.RangeRequest{Key: []byte("after")}); err != nil || r.Count != 1 {
		t.Errorf("read after restart: %v, %v", r, err)
	}
	if got, at := again.machine.hash(); got != want || at != revision {
		t.Errorf("hash %x at %d, before %x at %d", got, at, want, revision)
	}
	put(again, "later")
	if at := again.machine.position(); at.revision != revision+1 {
		t.Errorf("revision %d, want %d", at.revision, revision+1)
	}
	if err := again.Bootstrap([]control.Peer{self}); !errors.Is(err, raft.ErrCantBootstrap) {
		t.Errorf("second bootstrap: %v", err)
	}
}
