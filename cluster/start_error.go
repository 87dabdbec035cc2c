package cluster

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/raftbench/raftbench/control"
)

// StartError is a node that could not be started or restarted. No process of it
// is left.
type StartError struct {
	ID string
	// Code tells a node that cannot open its own data (control.CodeData) from
	// a host that has no room for it; empty where neither is known.
	Code control.Code
	// Err is what the node answered (*CommandError), how it died
	// (*DeathError), that it did not answer (*WaitError), why there is no process,
	// or that its disk died (*DiskError).
	Err error
}

func (e *StartError) Error() string {
	_, refused := errors.AsType[*CommandError](e.Err)
	_, died := errors.AsType[*DeathError](e.Err)
	_, silent := errors.AsType[*WaitError](e.Err)
	_, disk := errors.AsType[*DiskError](e.Err)
	if refused || died || silent || disk {
		return e.Err.Error() // names the node itself
	}
	return fmt.Sprintf("start of %s: %v", e.ID, e.Err)
}

func (e *StartError) Unwrap() error { return e.Err }

// Hint tells what to do; it may be empty.
func (e *StartError) Hint() string {
	if e.Code == control.CodeData {
		return "its data is damaged, or is none of its own; keep the directory if you want to find out why"
	}
	if hint := hostHints[e.Code]; hint != "" {
		return hint
	}
	var hinted interface{ Hint() string }
	if errors.As(e.Err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// HostHint tells what to do about a fault of the host; empty for any other code.
func HostHint(cause control.Code) string { return hostHints[cause] }

var hostHints = map[control.Code]string{
	control.CodeSpace:     "free some space, or name a directory on another disk",
	control.CodeFiles:     "raise the limit of open files: ulimit -n",
	control.CodePorts:     "end what listens on the ports from 20000 up to the ephemeral ones",
	control.CodeProcesses: "raise the limit of processes: ulimit -u",
	control.CodeMemory:    "free some memory, or run fewer nodes",
}

// HostError is a running node that a fault of the host keeps from its work: its stores
// could not be written, or it could not accept or open a connection.
type HostError struct {
	ID      string
	Code    control.Code
	Doing   string // what it cannot do
	Problem string
}

func (e *HostError) Error() string {
	return fmt.Sprintf("%s cannot %s: %s", e.ID, e.Doing, e.Problem)
}

// hostWork is what a node could not do, by the kind of event that tells of it.
var hostWork = map[control.EventKind]string{
	control.EventStoreError: "store",
	control.EventHostFault:  "open a connection",
}

// HostFault tells whether an error comes from a fault of the host, and from which:
// space, files, ports, processes or memory. A repetition would meet it again.
func HostFault(err error) (cause control.Code, ok bool) {
	for _, code := range []control.Code{codeIn[*StartError](err), codeIn[*HostError](err), codeIn[*DeathError](err), control.CodeOf(err)} {
		if code != "" && !code.IsHost() {
			return "", false
		}
		if code != "" {
			return code, true
		}
	}
	return "", false
}

func (e *StartError) code() control.Code { return e.Code }
func (e *HostError) code() control.Code  { return e.Code }
func (e *DeathError) code() control.Code { return e.Code }

// codeIn is the code of the first error of type E in the chain.
func codeIn[E interface {
	error
	code() control.Code
}](err error) control.Code {
	if e, ok := errors.AsType[E](err); ok {
		return e.code()
	}
	return ""
}

// forkError is why the system made no process.
type forkError struct{ error }

func (e forkError) Unwrap() error { return e.error }

// launchCode is the code of the error that kept a process from being made.
func launchCode(err error) control.Code {
	if fork, ok := errors.AsType[forkError](err); ok && errors.Is(fork, syscall.EAGAIN) {
		return control.CodeProcesses
	}
	return control.CodeOf(err)
}

// startFailed ends what is left of a process that did not start, and makes the
// error. A process that exited while it was opening its stores could not read
// them, unless it leaves word of a fault of the host.
func (m *Member) startFailed(p *process, err error) *StartError {
	failed := &StartError{ID: m.ID(), Err: err}
	if refused, ok := errors.AsType[*CommandError](err); ok {
		failed.Code = refused.Code
	} else if p.awaitExit(err) {
		dead := death(p, m.LogPath())
		failed.Err, failed.Code = dead, dead.Code
		if dead.Code == "" && p.opening.Load() && !p.listens.Load() && p.state.Exited() {
			failed.Code = control.CodeData
		}
	}
	if disk := m.diskDeath(); disk != nil { // it cannot open what is not there
		failed.Err, failed.Code = disk, ""
	}
	reap, cancel := context.WithTimeout(context.Background(), reapTime)
	defer cancel()
	if err := p.kill(reap); err != nil {
		failed.Err = errors.Join(failed.Err, err)
	}
	return failed
}

// awaitExit waits for the end of a process that has closed its stdin or was
// killed for its output, and reports whether it came.
func (p *process) awaitExit(err error) bool {
	p.mu.Lock()
	broken := p.protocolErr != nil
	p.mu.Unlock()
	if !errors.Is(err, errEnded) && !broken {
		return false
	}
	select {
	case <-p.done:
		return true
	case <-time.After(drainTime):
		return false
	}
}
