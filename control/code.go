package control

import (
	"errors"
	"strings"
	"syscall"
)

// Code is the kind of an error, where something depends on it: data that a node
// cannot read is a finding about the node, a full disk is one about the host.
type Code string

// The codes. All but CodeData are faults of the host.
const (
	// CodeData: the node's log, stable or snapshot store cannot be opened or read,
	// for none of the other reasons.
	CodeData      Code = "data"
	CodeSpace     Code = "space"     // a full disk, a quota, or a limit of file sizes
	CodeFiles     Code = "files"     // too many open files
	CodePorts     Code = "ports"     // no free port
	CodeProcesses Code = "processes" // no further process or thread
	CodeMemory    Code = "memory"    // no memory
)

// codes of the system's errors. EAGAIN is not among them: it means too many
// processes only when a fork returns it.
var codes = map[syscall.Errno]Code{
	syscall.ENOSPC:     CodeSpace,
	syscall.EDQUOT:     CodeSpace,
	syscall.EFBIG:      CodeSpace,
	syscall.EMFILE:     CodeFiles,
	syscall.ENFILE:     CodeFiles,
	syscall.EADDRINUSE: CodePorts,
	syscall.ENOMEM:     CodeMemory,
}

// CodeOf is the fault of the host that an error comes from, or empty.
func CodeOf(err error) Code {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return codes[errno]
	}
	return ""
}

// words of the system's errors, and of what Go's runtime prints before it ends a
// process.
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

// CodeInWords is CodeOf where only the text of an error is left: raft and bbolt
// pass on some of the system's errors as text, and of a process that died there
// is its log.
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
