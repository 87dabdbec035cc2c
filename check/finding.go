package check

import (
	"fmt"

	"github.com/raftbench/raftbench/results"
)

// maxFindings kept in a report; the rest is counted.
const maxFindings = 100

// Finding is one objection.
type Finding = results.Finding

// broken is a finding of safety: something that no Raft may do.
func broken(rule, node, key, got, want string) Finding {
	return Finding{Class: results.Safety, Rule: rule, Node: node, Key: key, Got: got, Want: want}
}

// findings keeps the first hundred and counts all.
type findings struct {
	first []Finding
	total int64
}

func (f *findings) add(one Finding) {
	f.total++
	if len(f.first) < maxFindings {
		f.first = append(f.first, one)
	}
}

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }
