package node

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/control"
)

// heard collects a node's events.
type heard struct {
	mu      sync.Mutex
	events  []control.Event
	onFlush func()
}

func (h *heard) Emit(e control.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

func (h *heard) Flush() {
	if h.onFlush != nil {
		h.onFlush()
	}
}

func (h *heard) of(kind control.EventKind) (of []control.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.events {
		if e.Kind == kind {
			of = append(of, e)
		}
	}
	return of
}

// reports are the indices that were reported durable, in order.
func (h *heard) reports() (indices []uint64) {
	for _, e := range h.of(control.EventDurable) {
		indices = append(indices, e.Index)
	}
	return indices
}

// store writes a snapshot up to index.
func (s *stores) store(t *testing.T, index uint64) {
	t.Helper()
	_, transport := raft.NewInmemTransport("")
	sink, err := s.snaps.Create(1, index, 1, raft.Configuration{}, 1, transport)
	if err == nil {
		err = sink.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAccountIsTheDisk: after every step the account says what a process that
// starts now would find.
func TestAccountIsTheDisk(t *testing.T) {
	st := open(t, t.TempDir(), control.DefaultStorage())
	defer st.close() //nolint:errcheck // the data is thrown away
	account := newDurable(st.found, &heard{})
	st.disk.durable, st.snaps.durable = account, account
	for _, step := range []struct {
		name string
		do   func() error
		want uint64
	}{
		{"nothing", func() error { return nil }, 0},
		{"entries", func() error { return st.logs.StoreLogs(entries(1, 10)) }, 10},
		{"a truncation", func() error { return st.logs.DeleteRange(8, 10) }, 7},
		{"entries in their place", func() error { return st.logs.StoreLogs(entries(8, 20)) }, 20},
		{"a snapshot", func() error { st.store(t, 15); return nil }, 20},
		{"compaction", func() error { return st.logs.DeleteRange(1, 12) }, 20},
		{"a truncation to the snapshot", func() error { return st.logs.DeleteRange(16, 20) }, 15},
		{"compaction of all", func() error { return st.logs.DeleteRange(13, 15) }, 15},
		{"an installed snapshot", func() error { st.store(t, 100); return nil }, 100},
		{"entries behind it", func() error { return st.logs.StoreLogs(entries(101, 103)) }, 103},
		{"a truncation of them all", func() error { return st.logs.DeleteRange(101, 103) }, 100},
	} {
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		found, err := onDisk(st.disk.backing, st.snaps.SnapshotStore)
		if got := account.index(); err != nil || *got != step.want || found.Last() != step.want {
			t.Errorf("after %s the account is %d and the disk holds %d (%v), want %d", step.name, *got, found.Last(), err, step.want)
		}
	}
}

// TestTruncationIsSaidFirst: a kill between the word and the deed leaves more
// on the disk than was said, never less.
func TestTruncationIsSaidFirst(t *testing.T) {
	st := open(t, t.TempDir(), control.DefaultStorage())
	defer st.close() //nolint:errcheck // the data is thrown away
	h := &heard{}
	st.disk.durable = newDurable(st.found, h)
	if err := st.logs.StoreLogs(entries(1, 10)); err != nil {
		t.Fatal(err)
	}
	flushed := false
	h.onFlush = func() {
		flushed = true
		last, err := st.disk.LastIndex()
		if said := h.reports(); err != nil || last != 10 || !slices.Equal(said, []uint64{7}) {
			t.Errorf("when the launcher had been told %v the disk held %d (%v), want 7 and 10", said, last, err)
		}
	}
	if err := st.logs.DeleteRange(8, 10); err != nil || !flushed {
		t.Errorf("truncated with %v, the launcher told: %v", err, flushed)
	}
}

// TestNoAccountOfWhatPromisesNothing: neither memory nor an unsynced file.
func TestNoAccountOfWhatPromisesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		storage  control.Storage
		promises bool
	}{
		"boltdb":            {control.DefaultStorage(), true},
		"emulated sync":     {control.Storage{Store: control.StoreBolt, EmulatedSync: 1}, true},
		"nosync":            {control.Storage{Store: control.StoreBoltNoSync}, false},
		"memory":            {control.Storage{Store: control.StoreMemory}, false},
		"emulated, memory":  {control.Storage{Store: control.StoreMemory, EmulatedSync: 1}, false},
		"emulated, no sync": {control.Storage{Store: control.StoreBoltNoSync, EmulatedSync: 1}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := &heard{}
			o := testOptions(t, "n1")
			o.Storage = test.storage
			n, err := New(t.Context(), o, testLog(t), h)
			if err != nil {
				t.Fatal(err)
			}
			if err := n.Bootstrap([]control.Peer{peerOf(n)}); err != nil {
				t.Fatal(err)
			}
			agreed(t, []*Node{n})
			durable := n.Stats().DurableIndex
			if err := n.Close(); err != nil {
				t.Fatal(err)
			}
			if (durable != nil) != test.promises || (len(h.reports()) > 0) != test.promises {
				t.Errorf("stats say %v, reported were %v; want some: %v", durable, h.reports(), test.promises)
			}
		})
	}
}

// TestGrowthIsReportedInTime: at once after a silence, then now and then, and
// at the end; never for each write.
func TestGrowthIsReportedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &heard{}
		d := newDurable(control.OnDisk{}, h)
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() { reportGrowth(ctx, d.changed, d.reportNow) })
		for i := range uint64(30) { // the first at 7 ms, so reports at 57 ms and so on
			time.Sleep(7 * time.Millisecond)
			d.stored(i + 1)
		}
		synctest.Wait()
		if got, want := h.reports(), []uint64{1, 8, 15, 22, 29}; !slices.Equal(got, want) {
			t.Errorf("reported %v, want %v", got, want)
		}
		cancel()
		all.Wait()
		if got := h.reports(); got[len(got)-1] != 30 {
			t.Errorf("the last report is %v, want 200", got)
		}
	})
}

// TestFoundOnDisk: what a node says that it found is what the process before
// left, compacted log and snapshot included.
func TestFoundOnDisk(t *testing.T) {
	o := testOptions(t, "n1")
	o.Storage = control.DefaultStorage()
	first := &heard{}
	n, err := New(t.Context(), o, testLog(t), first)
	if err != nil {
		t.Fatal(err)
	}
	if got := *first.of(control.EventListening)[0].OnDisk; got != (control.OnDisk{}) {
		t.Errorf("a new node found %+v", got)
	}
	if err := n.Bootstrap([]control.Peer{peerOf(n)}); err != nil {
		t.Fatal(err)
	}
	agreed(t, []*Node{n})
	if _, err := n.put(bounded(t), &pb.PutRequest{Key: []byte("k")}); err != nil {
		t.Fatal(err)
	}
	if err := n.Snapshot(); err != nil {
		t.Fatal(err)
	}
	snapshots := first.of(control.EventSnapshot)
	if len(snapshots) != 1 || snapshots[0].Index == 0 || len(first.of(control.EventInstall)) > 0 {
		t.Errorf("a snapshot taken here was told as %+v, of all events %+v", snapshots, first.events)
	}
	stats := n.Stats()
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	second := &heard{}
	again, err := New(t.Context(), o, testLog(t), second)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close() //nolint:errcheck // the test is over
	want := control.OnDisk{
		FirstIndex: 1, LastIndex: stats.LastIndex, LastTerm: stats.Term,
		SnapshotIndex: snapshots[0].Index, SnapshotTerm: stats.Term, Term: stats.Term,
	}
	if diff := cmp.Diff(want, *second.of(control.EventListening)[0].OnDisk); diff != "" {
		t.Error(diff)
	}
	if said := first.reports(); said[len(said)-1] != want.Last() || *stats.DurableIndex != want.Last() {
		t.Errorf("reported %v and %d, found %d", said, *stats.DurableIndex, want.Last())
	}
}

// watched is a store that looks at the account while it writes, and then fails.
type watched struct {
	*raft.InmemStore
	during func()
	fails  error
}

func (w *watched) StoreLogs([]*raft.Log) error {
	w.during()
	return w.fails
}

// TestAccountNeverRunsAhead: what is being written, or could not be, does not
// count.
func TestAccountNeverRunsAhead(t *testing.T) {
	account := newDurable(control.OnDisk{LastIndex: 10}, &heard{})
	check := func() {
		if got := *account.index(); got != 10 {
			t.Errorf("the account is %d, want 10", got)
		}
	}
	d := &disk{backing: &watched{during: check, fails: errors.New("no room")}, durable: account, storeTime: newHistogram()}
	if err := d.StoreLogs(entries(11, 12)); err == nil {
		t.Error("the store did not fail")
	}
	check()
}
