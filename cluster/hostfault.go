package cluster

import (
	"slices"
	"strings"

	"github.com/raftbench/raftbench/control"
)

const (
	// faultBytes of a log's end are searched; a panic with its stacks fits.
	faultBytes = 256 << 10
	// faultLines before a panic, or at the log's end, may say what led to it.
	faultLines = 20
)

// hostFault is the fault of the host that the process died of: the one that it
// reported when its stores failed, or else one that its log names at the end.
func (p *process) hostFault(logPath string) control.Code {
	p.mu.Lock()
	told := p.hostErr
	p.mu.Unlock()
	if told != nil {
		return told.Code
	}
	return faultIn(linesOf(logPath, p.logFrom, faultBytes))
}

// faultIn finds the words of a fault in the lines around the panic, or in the
// last ones where there is no panic.
func faultIn(lines []string) control.Code {
	end := len(lines)
	if i := slices.IndexFunc(lines, isPanic); i >= 0 {
		end = min(i+faultLines, end)
		lines = lines[max(0, i-faultLines):end]
	} else {
		lines = lines[max(0, end-faultLines):]
	}
	for _, line := range slices.Backward(lines) {
		if code := control.CodeInWords(line); code != "" {
			return code
		}
	}
	return ""
}

// isPanic reports whether the line is the first of what Go's runtime prints when
// it ends the process.
func isPanic(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "runtime: ")
}
