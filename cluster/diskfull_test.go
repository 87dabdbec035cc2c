package cluster

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/raftbench/raftbench/control"
)

// A death while the disk is asked to be full had to be expected, and so had one by a
// panic over what it did not take, however late. Any other is none of the disk's.
func TestOnlyDeathsOfAFullDiskAreExpected(t *testing.T) {
	const panics, tells = "panic: failed to save current term: no space left on device", `{"error":"no space left on device"}`
	for name, c := range map[string]struct {
		fulls []bool
		log   string
		want  bool
	}{
		"while it is full":             {[]bool{true}, "", true},
		"of it, after there is room":   {[]bool{true, false}, tells + "\n" + panics, true},
		"long after it had told of it": {[]bool{true, false}, tells, false},
		"after it was full":            {[]bool{true, false}, "panic: index out of range", false},
		"never full":                   {[]bool{false}, panics, false},
	} {
		log := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(log, []byte(c.log), 0o600); err != nil {
			t.Fatal(err)
		}
		p := &process{}
		for _, full := range c.fulls {
			p.setFull(full)
		}
		if got := p.diedOfFullDisk(log); got != c.want {
			t.Errorf("%s: expected %v, want %v", name, got, c.want)
		}
	}
}

// A node that was killed by another hand after its disk had room again ended unasked.
func TestADeathAfterAFullDiskIsTold(t *testing.T) {
	t.Parallel()
	c := start(t, fakeSpec(t, sound))
	m := c.Members()[0]
	for _, d := range []control.DiskFault{{Full: true}, {}} {
		if err := m.Disk(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Kill(m.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Died():
	case <-within(t, time.Minute).Done():
		t.Fatal("nothing is told of its death")
	}
}
