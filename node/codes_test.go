package node

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/hashicorp/raft"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/raftbench/raftbench/control"
)

// TestDamagedDataHasItsCode: also where the log is whole and only what it goes
// on from is not.
func TestDamagedDataHasItsCode(t *testing.T) {
	o := testOptions(t, "n1")
	o.Storage, o.Raft.TrailingLogs = control.DefaultStorage(), 1
	n := startNode(t, o)
	if err := n.Bootstrap([]control.Peer{peerOf(n)}); err != nil {
		t.Fatal(err)
	}
	agreed(t, []*Node{n})
	for range 5 {
		if _, err := n.put(bounded(t), &pb.PutRequest{Key: []byte("k")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Snapshot(); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	states, err := filepath.Glob(filepath.Join(o.DataDir, "snapshots", "*", "state.bin"))
	if err != nil || len(states) != 1 {
		t.Fatalf("%d snapshots (%v), want 1", len(states), err)
	}
	for _, damage := range []struct {
		name string
		do   func() error
	}{
		{"a snapshot of garbage", func() error { return os.WriteFile(states[0], []byte("garbage"), 0o600) }},
		{"no snapshot", func() error { return os.RemoveAll(filepath.Dir(states[0])) }},
		{"no directory", func() error {
			return errors.Join(os.RemoveAll(o.DataDir), os.WriteFile(o.DataDir, nil, 0o600))
		}},
	} {
		if err := damage.do(); err != nil {
			t.Fatal(err)
		}
		again, err := New(t.Context(), o, testLog(t), nil)
		if err == nil {
			_ = again.Close()
		}
		if got := codeOf(err); got != control.CodeData {
			t.Errorf("%s: got %v with code %q, want %q", damage.name, err, got, control.CodeData)
		}
	}
}

// TestStoreErrorsAreToldFirst: the launcher knows before raft does, once for
// each code.
func TestStoreErrorsAreToldFirst(t *testing.T) {
	h := &heard{}
	flushes := 0
	h.onFlush = func() { flushes++ }
	full := &os.PathError{Op: "write", Path: "raft.db", Err: syscall.ENOSPC}
	d := &disk{backing: &watched{InmemStore: raft.NewInmemStore(), during: func() {}, fails: full}, storeTime: newHistogram(), failures: newFailures(h, control.EventStoreError)}
	for range 3 {
		if err := d.StoreLogs(entries(1, 1)); !errors.Is(err, full) {
			t.Errorf("raft is told %v, want %v", err, full)
		}
	}
	d.backing.(*watched).fails = errors.New("something else")
	_ = d.StoreLogs(entries(1, 1))
	var codes []control.Code
	for _, e := range h.of(control.EventStoreError) {
		codes = append(codes, e.Code)
	}
	if !slices.Equal(codes, []control.Code{control.CodeSpace, ""}) || flushes != 2 {
		t.Errorf("told codes %q in %d flushes, want space and none in 2", codes, flushes)
	}
}
