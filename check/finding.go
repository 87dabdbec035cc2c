package check

import (
	"fmt"
	"strings"
)

// The rules of an audit.
const (
	RuleLost       = "lost write"     // an acknowledged write is not there
	RuleVersion    = "version"        // more writes took effect than were sent
	RuleRevision   = "revision"       // older than the highest acknowledged
	RuleValue      = "value"          // a value that nobody wrote there
	RuleUnexpected = "unexpected key" // a key that nobody wrote
	RuleHash       = "hash"           // replicas differ at one revision
	RuleApplied    = "applied"        // a replica never caught up
	RuleOrder      = "order"          // acknowledged revisions contradict real time
	RuleStale      = "stale read"     // a linearizable read missed a known write
)

// maxFindings kept in a report; the rest is counted.
const maxFindings = 100

// Finding is one objection.
type Finding struct {
	// Rule that is broken, one of the Rule constants.
	Rule string
	// Node and Key are empty where the objection is not to one node's, or one
	// key's, content.
	Node, Key string
	Got, Want string
}

// String reads: lost write: node n2, key "k7": got version 3, want 4 or 5.
func (f Finding) String() string {
	var where []string
	if f.Node != "" {
		where = append(where, "node "+f.Node)
	}
	if f.Key != "" {
		where = append(where, fmt.Sprintf("key %q", f.Key))
	}
	s := f.Rule + ": "
	if len(where) > 0 {
		s += strings.Join(where, ", ") + ": "
	}
	return s + "got " + f.Got + ", want " + f.Want
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
