package node

import (
	"cmp"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/hashicorp/go-hclog"
	bbolterrors "go.etcd.io/bbolt/errors"

	"github.com/raftbench/raftbench/control"
)

// dataError is that of a store that cannot be opened or read.
type dataError struct{ error }

func (e dataError) Unwrap() error { return e.error }

// openingError is a dataError, unless another process has the store open.
func openingError(err error) error {
	if errors.Is(err, bbolterrors.ErrTimeout) {
		return fmt.Errorf("%w: another process has it open", err)
	}
	return dataError{err}
}

// codeOf is what the launcher is to make of an error; empty where no code fits.
func codeOf(err error) control.Code {
	if err == nil {
		return ""
	}
	if c := cmp.Or(control.CodeOf(err), control.CodeInWords(err.Error())); c != "" {
		return c
	}
	if _, ok := errors.AsType[dataError](err); ok {
		return control.CodeData
	}
	return ""
}

// unlessPanicked turns a panic in read, or a fault in mapped memory, into a
// dataError: this is how bbolt and raft find out that data is damaged or a file
// was cut short. A panic in another goroutine still ends the process.
func unlessPanicked[T any](log hclog.Logger, read func() (T, error)) (result T, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = dataError{fmt.Errorf("panic: %v", p)}
		}
	}()
	return read()
}
