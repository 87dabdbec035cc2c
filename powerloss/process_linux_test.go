package powerloss

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestADiskThatDiesIsTold, and why, as far as it had a word left.
func TestADiskThatDiesIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(p *Process, at string) error
		says string
	}{
		"killed":    {func(p *Process, _ string) error { return syscall.Kill(p.PID(), syscall.SIGKILL) }, "signal: killed; it wrote nothing to its stderr"},
		"panicked":  {func(p *Process, _ string) error { return syscall.Kill(p.PID(), syscall.SIGQUIT) }, "exit status 2; its stderr ends: SIGQUIT"},
		"unmounted": {func(_ *Process, at string) error { return syscall.Unmount(at, syscall.MNT_DETACH) }, "exit status 1; its stderr ends: power loss: the disk at "},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Available(); err != nil {
				t.Skip(err)
			}
			behind, at := t.TempDir(), t.TempDir()
			p, err := Start(t.Context(), exec.Command(os.Args[0], "serve", behind, at), at) //nolint:gosec // this test itself
			if err != nil {
				t.Fatal(err)
			}
			if p.Err() != nil {
				t.Errorf("of a disk that is served got %v", p.Err())
			}
			if err := c.end(p, at); errors.Is(err, syscall.EPERM) {
				t.Skip("unmounting needs root")
			} else if err != nil {
				t.Fatal(err)
			}
			select {
			case <-p.Died():
			case <-time.After(time.Minute):
				t.Fatal("nothing is told")
			}
			_, err = p.Cut(t.Context())
			for _, err := range []error{p.Err(), err} {
				if death, ok := errors.AsType[*DeathError](err); !ok || death.PID != p.PID() || !strings.Contains(err.Error(), c.says) {
					t.Errorf("got %v, want the death of pid %d: %s", err, p.PID(), c.says)
				}
			}
			if err := p.Close(); err != nil {
				t.Errorf("closing it: %v", err)
			}
			if left, err := os.ReadDir(at); err != nil || len(left) > 0 {
				t.Errorf("where it was mounted: %v, %v", left, err)
			}
		})
	}
}
