package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// limited starts nodes under a limit of the shell's.
func limited(binary, limit string) Starter {
	return func(context.Context, string) (*exec.Cmd, error) {
		return exec.Command("/bin/sh", "-c", limit+` && exec "$0" node`, binary), nil
	}
}

// A host that has no room for a node is told from a node that is broken, by
// whatever the system refuses first.
func TestHostFaultsAtBoot(t *testing.T) {
	for name, test := range map[string]struct {
		start func(t *testing.T) Starter
		want  control.Code
	}{
		"no file to be had": {func(t *testing.T) Starter { return limited(binary(t), "ulimit -n 10") }, control.CodeFiles},
		"no room":           {func(t *testing.T) Starter { return limited(binary(t), "ulimit -f 16") }, control.CodeSpace},
		"no port": {func(*testing.T) Starter {
			return fake(map[string]string{"n1": refusesWithCode + string(control.CodePorts)}, nil)
		}, control.CodePorts},
		"no pipe": {func(*testing.T) Starter {
			return func(context.Context, string) (*exec.Cmd, error) {
				return nil, os.NewSyscallError("pipe2", syscall.EMFILE)
			}
		}, control.CodeFiles},
		"no process": {func(*testing.T) Starter {
			return func(context.Context, string) (*exec.Cmd, error) {
				return nil, forkError{&os.PathError{Op: "fork/exec", Err: syscall.EAGAIN}}
			}
		}, control.CodeProcesses},
		"no such program": {func(*testing.T) Starter { return Local("/nowhere/raftbench") }, ""},
		"no node":         {func(*testing.T) Starter { return Local("/bin/false") }, ""},
		"a node of another protocol": {func(*testing.T) Starter {
			return fake(map[string]string{"n1": refusesToStart}, nil)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec := quickSpec(t, 1)
			spec.Start = test.start(t)
			c, err := Start(t.Context(), spec)
			if err == nil {
				t.Fatal(c.Stop(context.Background()), "got a cluster")
			}
			failed, ok := errors.AsType[*StartError](err)
			if !ok || failed.ID != "n1" || failed.Code != test.want {
				t.Fatalf("got %T with code %q: %v; wanted a StartError with %q", err, failed.Code, err, test.want)
			}
			if cause, is := HostFault(err); cause != test.want || is != (test.want != "") {
				t.Errorf("a fault of the host: %v, %q; wanted %q", is, cause, test.want)
			}
			if test.want != "" && failed.Hint() == "" {
				t.Error("does not say what to do")
			}
		})
	}
}

// Damaged data is the node's own, whatever finds it out: an error of bbolt or
// raft, a panic of theirs, or a fault in the mapped file.
func TestDamagedDataIsToldAtRestart(t *testing.T) {
	t.Parallel()
	c := start(t, quickSpec(t, 1))
	m := c.Members()[0]
	put := connect(t, m)
	for i := range 200 {
		if _, err := put.Put(within(t, time.Minute), fmt.Sprint(i), make([]byte, 1024)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := m.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	db := filepath.Join(m.DataDir(), "raft.db")
	whole, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	overwritten := func(from int, with byte) []byte {
		damaged := bytes.Clone(whole)
		copy(damaged[from:], bytes.Repeat([]byte{with}, len(whole)-from))
		return damaged
	}
	for name, damaged := range map[string][]byte{
		"no database":       overwritten(0, 'x'),
		"zeros":             overwritten(0, 0),
		"no pages":          overwritten(2*page, 0),
		"garbage for pages": overwritten(2*page, 0xff),
		"half":              whole[:len(whole)/2],
		"two pages":         whole[:2*page],
	} {
		if err := os.WriteFile(db, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		err := m.Restart(t.Context())
		failed, ok := errors.AsType[*StartError](err)
		if !ok || failed.Code != control.CodeData || m.Alive() {
			t.Errorf("%s: got %T, alive %v: %v; wanted a StartError with %q and no process", name, err, m.Alive(), err, control.CodeData)
		}
		if cause, is := HostFault(err); is {
			t.Errorf("%s: counts as a fault of the host: %s", name, cause)
		}
	}
	if err := c.Err(); err != nil {
		t.Errorf("a start that failed counts as death: %v", err)
	}
	if err := os.WriteFile(db, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := m.Restart(t.Context()); err != nil {
		t.Errorf("with its data back: %v", err)
	}
}

// A disk that fills up under a running node is told as that, though raft goes
// on to look for a leader who could write.
func TestFullDiskIsTold(t *testing.T) {
	t.Parallel()
	spec := quickSpec(t, 1)
	spec.Start = limited(binary(t), "ulimit -f 200")
	c := start(t, spec)
	put := connect(t, c.Members()[0])
	for ctx := within(t, time.Minute); c.HostErr() == nil; {
		if ctx.Err() != nil {
			t.Fatal("nothing failed")
		}
		_, _ = put.Put(within(t, time.Second), "k", make([]byte, 32<<10))
	}
	if cause, is := HostFault(c.HostErr()); !is || cause != control.CodeSpace {
		t.Errorf("got %v, %q for %v", is, cause, c.HostErr())
	}
}

// What a node could say of the host before it died, or while nobody leads, is
// not lost.
func TestHostFaultsOfRunningNodes(t *testing.T) {
	for flaw, want := range map[string]control.Code{
		logsAndDies + "panic: failed to save current term: write raft.db: no space left on device":                                  control.CodeSpace,
		logsAndDies + `{"@message":"failed to accept","error":"accept4: too many open files"}`:                                      control.CodeFiles,
		logsAndDies + "runtime: failed to create new OS thread (have 8 already; errno=11)":                                          control.CodeProcesses,
		logsAndDies + "fatal error: runtime: out of memory":                                                                         control.CodeMemory,
		logsAndDies + "panic: index out of range":                                                                                   "",
		logsAndDies + "accept4: too many open files" + strings.Repeat("\nall is well again", 2*faultLines) + "\npanic: out of luck": "",
		failsToStore: control.CodeSpace,
	} {
		spec := fakeSpec(t, flaw)
		_, err := Start(t.Context(), spec)
		dead, ok := errors.AsType[*DeathError](err)
		if !ok || dead.Code != want {
			t.Errorf("%.60s: got %T with code %q, wanted a DeathError with %q", flaw, err, dead.Code, want)
		}
		if cause, is := HostFault(err); cause != want || is != (want != "") {
			t.Errorf("%.60s: a fault of the host: %v, %q; wanted %q", flaw, is, cause, want)
		}
	}
	spec := fakeSpec(t, cannotStore)
	spec.BootTimeout = 300 * time.Millisecond
	_, err := Start(t.Context(), spec)
	if cause, is := HostFault(err); cause != control.CodeSpace || !is || !strings.Contains(err.Error(), "n1 cannot store: disk full") {
		t.Errorf("no leader for a full disk: got %q (%v): %v", cause, is, err)
	}
}

// What fails before there is a node counts too.
func TestHostFaultsOfTheLauncher(t *testing.T) {
	for err, want := range map[error]control.Code{
		fmt.Errorf("directories: %w", &os.PathError{Op: "mkdir", Err: syscall.ENOSPC}): control.CodeSpace,
		&os.PathError{Op: "open", Err: syscall.EDQUOT}:                                 control.CodeSpace,
		os.NewSyscallError("pipe2", syscall.ENFILE):                                    control.CodeFiles,
		errors.Join(errors.New("x"), syscall.ENOMEM):                                   control.CodeMemory,
		&os.PathError{Op: "flock", Err: syscall.EAGAIN}:                                "", // in use by another cluster
		&os.PathError{Op: "open", Err: syscall.EACCES}:                                 "",
		errors.New("no space left on device"):                                          "", // words decide nothing
	} {
		if cause, is := HostFault(err); cause != want || is != (want != "") {
			t.Errorf("%v: got %v, %q; wanted %q", err, is, cause, want)
		}
	}
}
