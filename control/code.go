package control

import (
	"errors"
	"strings"
	"syscall"
)

// Code says what an error is a case of, where that decides what is to be done:
// a node's own data that cannot be read is a finding, a full disk is the host's.
type Code string

// The codes. All but CodeData are faults of the host: the same would happen to
// any program there.
const (
	// CodeData: the node's own log, stable or snapshot store cannot be opened
	// or read, and not for want of anything below.
	CodeData      Code = "data"
	CodeSpace     Code = "space"     // a full disk, a quota, or a limit of file sizes
	CodeFiles     Code = "files"     // too many open files
	CodePorts     Code = "ports"     // no free port
	CodeProcesses Code = "processes" // no further process or thread
	CodeMemory    Code = "memory"    // no memory
)

// codes of what the system answers. EAGAIN is none: only of a fork does it
// mean that there are too many processes.
var codes = map[syscall.Errno]Code{
	syscall.ENOSPC:     CodeSpace,
	syscall.EDQUOT:     CodeSpace,
	syscall.EFBIG:      CodeSpace,
	syscall.EMFILE:     CodeFiles,
	syscall.ENFILE:     CodeFiles,
	syscall.EADDRINUSE: CodePorts,
	syscall.ENOMEM:     CodeMemory,
}

// CodeOf is the host's fault that an error comes from, or empty.
func CodeOf(err error) Code {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return codes[errno]
	}
	return ""
}

// words of the system's errors, and those of Go's runtime for what it dies of.
var words = map[string]Code{
	syscall.ENOSPC.Error():           CodeSpace,
	syscall.EDQUOT.Error():           CodeSpace,
	syscall.EFBIG.Error():            CodeSpace,
	syscall.EMFILE.Error():           CodeFiles,
	syscall.ENFILE.Error():           CodeFiles,
	syscall.ENOMEM.Error():           CodeMemory,
	"out of memory":                  CodeMemory,
	"failed to create new OS thread": CodeProcesses,
	"pthread_create failed":          CodeProcesses,
}

// CodeInWords is CodeOf where no more than words are left of an error: raft,
// bbolt and raft-boltdb pass some of the system's errors on as text, and a
// process that died has left its log.
func CodeInWords(text string) Code {
	for part, code := range words {
		if strings.Contains(text, part) {
			return code
		}
	}
	return ""
}

// IsHost reports whether the code names a fault of the host.
func (c Code) IsHost() bool { return c != "" && c != CodeData }
