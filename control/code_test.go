package control

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
)

// Some libraries pass the system's error on, others only its words.
func TestCodesOfErrorsAndOfTheirWords(t *testing.T) {
	for err, want := range map[error]Code{
		&os.PathError{Op: "write", Path: "raft.db", Err: syscall.ENOSPC}: CodeSpace,
		fmt.Errorf("x: %w", os.NewSyscallError("pipe2", syscall.EMFILE)): CodeFiles,
		errors.Join(errors.New("x"), syscall.EDQUOT):                     CodeSpace,
		syscall.ENOMEM: CodeMemory,
		syscall.EPERM:  "",
	} {
		if got := CodeOf(err); got != want {
			t.Errorf("%v: got %q, wanted %q", err, got, want)
		}
		if got := CodeInWords(fmt.Sprintf("bbolt: %v", err)); got != want {
			t.Errorf("%v in words: got %q, wanted %q", err, got, want)
		}
	}
	if got := CodeOf(errors.New("no space left on device")); got != "" {
		t.Errorf("an error of no system call counts as %q", got)
	}
	for code, host := range map[Code]bool{CodeSpace: true, CodePorts: true, CodeData: false, "": false} {
		if code.IsHost() != host {
			t.Errorf("%q is of the host: %v", code, code.IsHost())
		}
	}
}
