package cluster

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
)

const (
	// logTail is how many last lines of a dead node's log an error shows.
	logTail = 20
	// logLine is how many bytes of a log are read for each line that is wanted;
	// where lines are longer on average, fewer are shown.
	logLine = 800
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
	if store, ok := errors.AsType[*HostError](e.Err); ok {
		return s + ": " + store.Error()
	}
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
	Code    control.Code // empty where none fits
	Problem string
}

func (e *CommandError) Error() string {
	return fmt.Sprintf("%s could not %s: %s", e.ID, e.Op, e.Problem)
}

// DeathError is a node that ended without having been told to.
type DeathError struct {
	ID  string
	PID int
	How string // as os.ProcessState says it, or what broke the control channel
	Log string // path
	// Tail is the end of the log, oldest line first.
	Tail []string
	// Code is the fault of the host that it died of; empty where it left no word
	// of one.
	Code control.Code
}

func (e *DeathError) Error() string {
	s := fmt.Sprintf("node %s (pid %d) ended unasked: %s", e.ID, e.PID, e.How)
	if len(e.Tail) == 0 {
		return s + "; its log is empty"
	}
	return fmt.Sprintf("%s; its log ends:\n  %s", s, strings.Join(e.Tail, "\n  "))
}

// Cause is what Error says in one line, for a list of what went wrong: in place of
// the log's end the one line of it that tells most.
func (e *DeathError) Cause() string {
	s := fmt.Sprintf("node %s (pid %d) ended unasked: %s", e.ID, e.PID, e.How)
	if line := lastWord(e.Tail); line != "" {
		s += "; its log's last word: " + line
	}
	return s
}

// CauseOf is an error's text in one line: a node's death in it is told by its cause.
func CauseOf(err error) string {
	text := err.Error()
	if death, ok := errors.AsType[*DeathError](err); ok {
		text = strings.Replace(text, death.Error(), death.Cause(), 1)
	}
	return text
}

// longestWord is how many runes of a log's line a cause has.
const longestWord = 160

// lastWord is the line of a log that tells most of an end: the panic's, or else the
// last one; of a structured line its message and error alone.
func lastWord(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	line := lines[len(lines)-1]
	if i := slices.IndexFunc(lines, isPanic); i >= 0 {
		line = lines[i]
	}
	var told struct {
		Message string `json:"@message"`
		Error   string `json:"error"`
	}
	if _ = json.Unmarshal([]byte(line), &told); told.Message != "" {
		if line = told.Message; told.Error != "" {
			line += ": " + told.Error
		}
	}
	if r := []rune(line); len(r) > longestWord {
		line = string(r[:longestWord-1]) + "…"
	}
	return line
}

// Hint says where the whole log is.
func (e *DeathError) Hint() string { return "the whole log is " + e.Log }

// death describes the end of a process.
func death(p *process, logPath string) *DeathError {
	how := p.state.String()
	p.mu.Lock()
	if p.protocolErr != nil {
		how = p.protocolErr.Error()
	}
	p.mu.Unlock()
	return &DeathError{
		ID: p.id, PID: p.cmd.Process.Pid, How: how, Log: logPath,
		Tail: tail(logPath, logTail), Code: p.hostFault(logPath),
	}
}

// tail reads the last lines of a file; none where it cannot be read.
func tail(path string, lines int) []string {
	size := int64(lines) * logLine
	all := linesOf(path, 0, size)
	return all[max(0, len(all)-lines):]
}

// linesOf reads a file from an offset to its end, at most its last size bytes.
func linesOf(path string, from, size int64) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // opened for reading
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		_, _ = f.Seek(max(from, end-size), io.SeekStart)
	}
	b, _ := io.ReadAll(io.LimitReader(f, size))
	b = bytes.TrimRight(b, "\n")
	if len(b) == 0 {
		return nil
	}
	return strings.Split(string(b), "\n")
}
