package main

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal makes a terminal of 80 columns: what a program writes to its
// end can be read from ours.
func openTerminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminals here: ", err)
	}
	fd := int(ours.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		t.Fatal(err)
	}
	theirs, err = os.OpenFile(filepath.Join("/dev/pts", strconv.Itoa(number)), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// On a real terminal the live line is one row, and is gone in the end: after
// the last trial and before an error.
func TestARunOnATerminal(t *testing.T) {
	ours, theirs := openTerminal(t)
	cmd := program(t, "run", "--nodes", "1", "--profile", "none", "--trials", "2", "--proofs", "0",
		"--rate", "50/s", "--duration", "1s", "--set", "raft.max_append_entries=64,65", "--set", "retries=0",
		"--out", filepath.Join(t.TempDir(), "r"))
	cmd.Env = append(os.Environ(), "CI=", "TERM=xterm", "NO_COLOR=")
	cmd.Stderr = theirs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killLater(t, cmd)
	_ = theirs.Close()
	written, err := io.ReadAll(ours) // EIO: nobody has the other end any more
	if len(written) == 0 {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	s, drawn := &screen{width: 80}, 0
	for _, part := range strings.SplitAfter(string(written), "\x1b[J") {
		_, _ = s.Write([]byte(strings.TrimSuffix(part, "\x1b[J")))
		for _, row := range s.rows {
			if strings.Contains(string(row), "░") {
				drawn++
			}
		}
		if n := strings.Count(s.String(), "░ "); n > 1 {
			t.Fatalf("%d live lines:\n%s", n, s)
		}
		if strings.HasSuffix(part, "\x1b[J") {
			_, _ = s.Write([]byte("\x1b[J"))
		}
	}
	if drawn == 0 {
		t.Errorf("no live line was drawn:\n%q", written)
	}
	last := s.String()
	if strings.ContainsAny(last, "░█") || !strings.Contains(last, "\n  4/4  ") {
		t.Errorf("got\n%s\nwant four trials and no bar", last)
	}
}
