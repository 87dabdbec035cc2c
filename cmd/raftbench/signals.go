package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// hurryTime is how long a command may take to end once it is told to stop at
// once and its nodes are killed.
const hurryTime = 5 * time.Second

// interruption is why a command's context ends: a signal came.
type interruption struct{ signal os.Signal }

func (i *interruption) Error() string {
	if i.signal == os.Interrupt {
		return "interrupted"
	}
	return fmt.Sprintf("interrupted by a signal (%v)", i.signal)
}

// closedOutput is why a command's context ends: nobody reads what it writes.
type closedOutput struct{ err error }

func (c *closedOutput) Error() string {
	return fmt.Sprintf("nobody reads the output any more: %v", c.err)
}
func (c *closedOutput) Unwrap() error { return c.err }

// lifetime is that of a command with processes and data to clean up. Its first
// signal, or a write that finds no reader, ends the command's context for a
// clean stop; a second signal kills the nodes first.
type lifetime struct {
	stdout  io.Writer
	stderr  *console
	signals chan os.Signal
	cancel  context.CancelCauseFunc
	done    chan struct{} // the command has cleaned up
	ended   chan struct{} // no signal is waited for any more

	mu        sync.Mutex
	temporary string // the folder that nothing of the command may outlive
	resume    string // the command that goes on with what is stopped
}

// begin starts a command's lifetime; end must be called when it has cleaned
// up. The command writes to the lifetime's stdout and stderr.
func begin(ctx context.Context, stdout, stderr io.Writer) (context.Context, *lifetime) {
	ctx, cancel := context.WithCancelCause(ctx)
	l := &lifetime{
		stdout: watch(stdout, cancel), stderr: newConsole(watch(stderr, cancel), widthOf(stderr)),
		signals: make(chan os.Signal, 2), cancel: cancel,
		done: make(chan struct{}), ended: make(chan struct{}),
	}
	signal.Notify(l.signals, stopSignals()...)
	// Asked for, SIGPIPE kills nobody, and writes to a closed pipe fail instead.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go l.wait()
	return ctx, l
}

// stopSignals are those that end a program by a person's hand, a terminal's or
// a supervisor's. A program that nohup started goes on without its terminal.
func stopSignals() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

func (l *lifetime) end() {
	signal.Stop(l.signals)
	close(l.done)
	<-l.ended
	l.cancel(nil)
}

func (l *lifetime) wait() {
	defer close(l.ended)
	select {
	case s := <-l.signals:
		fmt.Fprintln(l.stderr, "\nstopping; once more to stop at once")
		l.cancel(&interruption{s})
	case <-l.done:
		return
	}
	select {
	case <-l.signals:
		l.stopAtOnce()
	case <-l.done:
	}
}

// stopAtOnce kills the nodes: the command, which already stops, then has
// nothing to wait for and cleans up at once.
func (l *lifetime) stopAtOnce() {
	l.stderr.setLine("")
	late := time.After(hurryTime)
	for {
		killChildren()
		select {
		case <-l.done:
			l.exit()
		case <-late:
			l.removeTemporary()
			l.exit()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// exit ends the program before its command comes to say that it was interrupted.
func (l *lifetime) exit() {
	l.mu.Lock()
	resume := l.resume
	l.mu.Unlock()
	if resume != "" {
		tellError(l.stderr, errors.New("interrupted; every finished trial is kept"), "go on with: "+resume)
	}
	os.Exit(exitInterrupted)
}

// setResume names the command that goes on with what is stopped: the first one given,
// since a run among several is not gone on with alone.
func (l *lifetime) setResume(command string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resume = cmp.Or(l.resume, command)
}

// setTemporary names the folder that is removed when the command is stopped
// at once and does not get to it itself.
func (l *lifetime) setTemporary(dir string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.temporary = dir
}

func (l *lifetime) removeTemporary() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.temporary != "" {
		_ = os.RemoveAll(l.temporary)
	}
}

// killChildren kills every process that this one started: all are nodes.
func killChildren() {
	self, err := process.NewProcess(int32(os.Getpid())) //nolint:gosec // a process's number fits
	if err != nil {
		return
	}
	children, _ := self.Children()
	for _, c := range children {
		_ = c.Kill()
	}
}

// watched is an output that ends a command when nobody reads it any more.
type watched struct {
	io.Writer
	cancel context.CancelCauseFunc
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		w.cancel(&closedOutput{err})
	}
	return n, err
}

// watch leaves a terminal as it is: it is no pipe, and is asked for its width.
func watch(w io.Writer, cancel context.CancelCauseFunc) io.Writer {
	if isTerminal(w) {
		return w
	}
	return &watched{w, cancel}
}
