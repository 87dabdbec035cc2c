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

// hostFault is the fault of the host that the process suffered last: what its
// stores told, or else what its log ends with.
func (p *process) hostFault(logPath string) control.Code {
	p.mu.Lock()
	told := p.storeErr
	p.mu.Unlock()
	if told != nil {
		return told.Code
	}
	return faultIn(linesOf(logPath, p.logFrom, faultBytes))
}

// faultIn looks around the panic that ended the log, or at its end.
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

// isPanic reports whether Go's runtime begins to say why it ends the process.
func isPanic(line string) bool {
	return strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "runtime: ")
}
