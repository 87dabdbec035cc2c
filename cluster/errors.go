package cluster

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
)

// logTail is how many last lines of a dead node's log an error shows, and
// logTailBytes how many bytes at most.
const (
	logTail      = 20
	logTailBytes = 16 << 10
)

// WaitError says what was waited for in vain, and for how long.
type WaitError struct {
	For    string
	Waited time.Duration
	Err    error
	hint   string
}

func (e *WaitError) Error() string {
	s := fmt.Sprintf("no %s after %v", e.For, e.Waited.Round(time.Millisecond))
	if e.Err == nil || errors.Is(e.Err, context.DeadlineExceeded) || errors.Is(e.Err, os.ErrDeadlineExceeded) {
		return s
	}
	return s + ": " + e.Err.Error()
}

func (e *WaitError) Unwrap() error { return e.Err }

// Hint tells what to do; it may be empty.
func (e *WaitError) Hint() string { return e.hint }

// CommandError is what a node answered to a command that it could not do.
type CommandError struct {
	ID      string
	Op      control.Op
	Problem string
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("%s could not %s: %s", e.ID, e.Op, e.Problem)
}

// DeathError is a node that ended unasked.
type DeathError struct {
	ID  string
	PID int
	How string // as os.ProcessState says it, or what broke the control channel
	Log string // path
	// Tail is the end of the log, oldest line first.
	Tail []string
}

func (e *DeathError) Error() string {
	s := fmt.Sprintf("node %s (pid %d) ended unasked: %s", e.ID, e.PID, e.How)
	if len(e.Tail) == 0 {
		return s + "; its log is empty"
	}
	return fmt.Sprintf("%s; its log ends:\n  %s", s, strings.Join(e.Tail, "\n  "))
}

// Hint says where the whole log is.
func (e *DeathError) Hint() string { return "the whole log is " + e.Log }

// death describes the end of a process.
func death(p *process, logPath string) *DeathError {
	how := p.state.String()
	p.mu.Lock()
	if p.spoilt != nil {
		how = p.spoilt.Error()
	}
	p.mu.Unlock()
	return &DeathError{ID: p.id, PID: p.cmd.Process.Pid, How: how, Log: logPath, Tail: tail(logPath)}
}

// tail reads the last lines of a file; what cannot be read is not there.
func tail(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // opened for reading
	if size, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(0, size-logTailBytes), io.SeekStart)
	}
	b, _ := io.ReadAll(io.LimitReader(f, logTailBytes))
	b = bytes.TrimRight(b, "\n")
	if len(b) == 0 {
		return nil
	}
	lines := strings.Split(string(b), "\n")
	return lines[max(0, len(lines)-logTail):]
}
