package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/control"
)

const (
	// maxLine bounds one line of a node, in bytes. Stats with the histograms
	// of a hundred links stay far below it.
	maxLine = 16 << 20
	// drainTime is how long the output of an ended process is still read.
	// Only a process of its own that holds the pipe open can need it.
	drainTime = time.Second
)

// startID is the number of the first command, which is the start.
const startID = 1

// errEnded is the error of a call to a process that no longer runs.
var errEnded = errors.New("the process has ended")

// process is one node process and its control channel. How it was started
// (here, through ssh, in a container) is the Starter's business.
//
// It goes through these states, and never back:
//
//	launched  it runs; the start may be sent to it, nothing else
//	opening   it is opening its stores, and may die of them
//	listens   its addresses are known
//	started   it has answered the start: commands may be sent to it
//	over      it is reaped and all its output is read
//
// It may be over from any of them. Each is set by the goroutine that reads its
// output, except over, which the one that reaps it sets.
type process struct {
	id   string
	cmd  *exec.Cmd
	in   *os.File
	hear func(*process, control.Event)

	// asked is set before the launcher itself ends the process.
	asked atomic.Bool
	// full while its disk was asked to be full, wasFull ever since: see diedOfFullDisk.
	full, wasFull atomic.Bool
	listens       atomic.Bool
	opening       atomic.Bool
	// logFrom is the offset in the log file where this process's lines begin.
	logFrom int64
	started atomic.Bool
	// last is its usage when last sampled; guarded by the Member's mutex.
	last Usage
	// state is set before over. done is closed after the cluster has handled the
	// end.
	state *os.ProcessState
	over  atomic.Bool
	done  chan struct{}

	write       sync.Mutex // held while a command's line is written
	mu          sync.Mutex
	lastID      int64
	pending     map[int64]chan control.Event
	protocolErr error // why its output cannot be understood
	// hostErr is the first fault of the host that it has reported of its stores.
	hostErr *HostError
}

// launch starts the process on the spawner's thread, its stderr appended to
// the log. hear is called for each event, in order, by one goroutine; ended,
// once, after the last event.
func launch(s *spawner, id string, cmd *exec.Cmd, logPath string, hear func(*process, control.Event), ended func(*process)) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // the node has its own descriptor; nothing was written to ours
	logFrom, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	inR, inW, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, inR.Close(), inW.Close())
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = inR, outW, log
	isolate(cmd)
	err = s.do(cmd.Start)
	_, _ = inR.Close(), outW.Close()
	if err != nil {
		_, _ = inW.Close(), outR.Close()
		return nil, forkError{err}
	}
	p := &process{
		id: id, cmd: cmd, in: inW, hear: hear, logFrom: logFrom,
		done: make(chan struct{}), pending: map[int64]chan control.Event{},
	}
	read := make(chan struct{})
	go func() { defer close(read); p.read(outR) }()
	go p.reap(outR, read, ended)
	return p, nil
}

// read handles the process's lines until its output ends.
func (p *process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	lines.Split(wholeLines)
	for lines.Scan() {
		e, err := control.Decode[control.Event](lines.Bytes())
		if err != nil || e.Kind == "" {
			p.failProtocol(fmt.Errorf("got %q on its stdout, wanted one event a line as JSON", clip(lines.Bytes())))
			break
		}
		p.hear(p, e)
		if e.Kind == control.EventReply {
			p.answer(e)
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		p.failProtocol(fmt.Errorf("got a line of more than %d bytes on its stdout", maxLine))
	}
	// A process that cannot write may never end.
	_, _ = io.Copy(io.Discard, out)
}

// wholeLines is bufio.ScanLines without the torn line that a killed process
// leaves at the end.
func wholeLines(data []byte, atEOF bool) (int, []byte, error) {
	advance, token, err := bufio.ScanLines(data, false)
	if atEOF && advance == 0 && err == nil {
		return len(data), nil, nil
	}
	return advance, token, err
}

// clip shortens a line for an error.
func clip(line []byte) []byte {
	const most = 120
	if len(line) > most {
		return append(line[:most:most], "…"...)
	}
	return line
}

// failProtocol ends a process whose channel can no longer be understood.
func (p *process) failProtocol(why error) {
	p.mu.Lock()
	p.protocolErr = why
	p.mu.Unlock()
	_ = p.cmd.Process.Kill()
}

func (p *process) answer(e control.Event) {
	p.mu.Lock()
	waiting := p.pending[e.ID]
	delete(p.pending, e.ID)
	p.mu.Unlock()
	if waiting != nil {
		waiting <- e
	}
}

func (p *process) reap(out *os.File, read <-chan struct{}, ended func(*process)) {
	_ = p.cmd.Wait() // how it ended is in ProcessState
	select {
	case <-read:
	case <-time.After(drainTime):
		_ = out.SetReadDeadline(time.Now())
		<-read
	}
	_, _ = out.Close(), p.in.Close()
	p.state = p.cmd.ProcessState
	p.over.Store(true)
	ended(p)
	close(p.done)
}

// post sends a command without waiting for the reply: a paused process reads it
// when it is resumed, before whatever is sent later.
func (p *process) post(ctx context.Context, c control.Command) error {
	began := time.Now()
	p.mu.Lock()
	p.lastID++
	c.ID = p.lastID
	p.mu.Unlock()
	if err := p.send(ctx, c); err != nil {
		return p.failed(fmt.Sprintf("room for %s on the stdin of %s", c.Op, p.id), began, err)
	}
	return nil
}

// call sends a command and waits for its reply. The reply's own error becomes
// the call's.
func (p *process) call(ctx context.Context, c control.Command) (control.Event, error) {
	began := time.Now()
	reply := make(chan control.Event, 1)
	p.mu.Lock()
	p.lastID++
	c.ID = p.lastID
	p.pending[c.ID] = reply
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.pending, c.ID)
		p.mu.Unlock()
	}()

	what := fmt.Sprintf("answer of %s to %s", p.id, c.Op)
	if err := p.send(ctx, c); err != nil {
		return control.Event{}, p.failed(what, began, err)
	}
	select {
	case e := <-reply:
		if e.Error != "" {
			return e, &CommandError{ID: p.id, Op: c.Op, Code: e.Code, Problem: strings.ReplaceAll(e.Error, "\n", "; ")}
		}
		return e, nil
	case <-p.done:
		return control.Event{}, p.failed(what, began, errEnded)
	case <-ctx.Done():
		return control.Event{}, p.failed(what, began, context.Cause(ctx))
	}
}

// send writes the command's line, until ctx's deadline at most: a process that
// does not read leaves its stdin full.
func (p *process) send(ctx context.Context, c control.Command) error {
	line, err := json.Marshal(c)
	if err != nil {
		return err
	}
	p.write.Lock()
	defer p.write.Unlock()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	deadline, _ := ctx.Deadline()
	_ = p.in.SetWriteDeadline(deadline)
	n, err := p.in.Write(append(line, '\n'))
	switch {
	case errors.Is(err, os.ErrClosed) || errors.Is(err, syscall.EPIPE):
		return errEnded
	case err != nil && n > 0:
		// The next command would be appended to half of this one.
		p.failProtocol(fmt.Errorf("its stdin was full: took %d of %d bytes of a command", n, len(line)+1))
	}
	return err
}

// failed makes the error of a call. Output that could not be understood is the
// reason where there was any.
func (p *process) failed(what string, began time.Time, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.protocolErr != nil {
		err = p.protocolErr
	}
	return &WaitError{For: what, Waited: time.Since(began), Err: err}
}

// recordHostError keeps the first one.
func (p *process) recordHostError(e *HostError) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hostErr == nil {
		p.hostErr = e
	}
}

// kill ends the process and waits until it is reaped.
func (p *process) kill(ctx context.Context) error {
	p.asked.Store(true)
	began := time.Now()
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill of %s (pid %d): %w", p.id, p.cmd.Process.Pid, err)
	}
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return &WaitError{For: fmt.Sprintf("end of %s (pid %d) after SIGKILL", p.id, p.cmd.Process.Pid), Waited: time.Since(began), Err: context.Cause(ctx)}
	}
}

// setFull notes whether its disk was asked to be full.
func (p *process) setFull(full bool) {
	p.full.Store(full)
	if full {
		p.wasFull.Store(true)
	}
}

// diedOfFullDisk tells whether the process, which is over, died of the disk that was
// asked to be full: raft panics when it cannot store its term. It may end a little
// after there is room again; its panic then names what it could not write.
func (p *process) diedOfFullDisk(logPath string) bool {
	return p.full.Load() || p.wasFull.Load() && slices.ContainsFunc(linesOf(logPath, p.logFrom, faultBytes), func(line string) bool {
		return isPanic(line) && control.CodeInWords(line) == control.CodeSpace
	})
}

// running reports whether the process has not been reaped.
func (p *process) running() bool { return !p.over.Load() }
