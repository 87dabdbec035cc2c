package node

import (
	"errors"
	"net"
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

// exhausted is a listener of a process that has no file left, and now and then of one
// whose peers gave up.
type exhausted struct {
	net.Listener
	errs []error
}

func (e *exhausted) Accept() (net.Conn, error) {
	err := e.errs[0]
	e.errs = e.errs[1:]
	return nil, err
}

// TestTheLauncherIsToldWhyNoConnectionIsAccepted: gRPC tries again without a word. That a
// peer gave up is no fault of the host.
func TestTheLauncherIsToldWhyNoConnectionIsAccepted(t *testing.T) {
	h := &heard{}
	full := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	gone := &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.ECONNABORTED)}
	l := accepting{&exhausted{errs: []error{gone, full, full}}, newFailures(h, control.EventHostFault)}
	for _, want := range []error{gone, full, full} {
		if _, err := l.Accept(); !errors.Is(err, want) {
			t.Errorf("the server is told %v, want %v", err, want)
		}
	}
	told := h.of(control.EventHostFault)
	if len(told) != 1 || told[0].Code != control.CodeFiles || told[0].Error != full.Error() {
		t.Errorf("told %+v, want once that files are wanting", told)
	}
}
