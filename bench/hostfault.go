package bench

import (
	"errors"

	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/control"
)

// HostFaultError is a fault of the host that no repetition mends: a full disk,
// no descriptor, port, process or memory left. A run stops at the first, so that
// it does not burn its trials one after another.
type HostFaultError struct {
	Cause control.Code // what the host has no more of
	Err   error
}

func (e *HostFaultError) Error() string { return e.Err.Error() }

// Unwrap returns what failed of it.
func (e *HostFaultError) Unwrap() error { return e.Err }

// Hint tells what to do.
func (e *HostFaultError) Hint() string { return cluster.HostHint(e.Cause) }

// outOfFiles tells of nodes that have no file left for whoever would ask them anything.
func outOfFiles(err error) bool {
	fault := hostFault(err)
	return fault != nil && fault.Cause == control.CodeFiles
}

// hostFault tells a fault of the host from all else that goes wrong; nil where
// it is none.
func hostFault(err error) *HostFaultError {
	var known *HostFaultError
	if errors.As(err, &known) {
		return known
	}
	if cause, ok := cluster.HostFault(err); ok {
		return &HostFaultError{Cause: cause, Err: err}
	}
	return nil
}
