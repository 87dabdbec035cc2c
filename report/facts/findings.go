package facts

import (
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
)

// ruleWords say what is broken where a rule is.
var ruleWords = map[string]string{
	results.RuleLost:         "an acknowledged write is gone",
	results.RuleVersion:      "more writes took effect than were sent",
	results.RuleRevision:     "a key is older than its last acknowledged write",
	results.RuleValue:        "a key holds a value that nobody wrote there",
	results.RuleUnexpected:   "there is a key that nobody wrote",
	results.RuleHash:         "replicas differ at one revision",
	results.RuleOrder:        "the revisions of acknowledged writes contradict the order in which they were made",
	results.RuleStale:        "a linearizable read missed a write that was known to be done",
	results.RuleLinearizable: "no order of the operations explains their answers",
	results.RuleRealTime:     "an answer left out writes that were known to be done when it was asked for",
	results.RuleLeaders:      "two nodes led in one term",
	results.RuleTerm:         "a node came back in an older term",
	results.RuleVotes:        "a node voted for two candidates in one term",
	results.RuleUnelected:    "a node led that no majority had voted for",
	results.RuleUnstored:     "a node stood for election or led in a term that it had not stored",
	results.RuleIncomplete:   "a leader was elected whose log lacks what an earlier one had acknowledged",
	results.RuleQuorum:       "a write was acknowledged without a majority alive",
	results.RuleDisk:         "a store lost what it had reported durable",
	results.RuleUnreadable:   "a node cannot open its own data",
	results.RuleAborted:      "a write that was refused took effect",
	results.RuleFuture:       "a value was read before it was written",
	results.RuleTwice:        "an operation took effect more than once",
	results.RuleAtomic:       "a part of a transaction took effect without the rest",
	results.RuleCompare:      "a compare went otherwise than the key's state has it",
	results.RuleSkew:         "an answer contradicts the revision that it names",
	results.RuleMalformed:    "an answer has not the form of one",

	results.RuleApplied:  "a replica did not catch up",
	results.RuleNoLeader: "a whole cluster elects no leader",
	results.RuleStuck:    "writes do not go on where they should",
	results.RuleDied:     "a node's process ended unasked",
}

// Rule words a rule. One that this build does not know is told as it stands.
func Rule(rule string) string {
	if words, ok := ruleWords[rule]; ok {
		return words
	}
	return fmt.Sprintf("the rule %q is broken", rule)
}

// Values are those of one finding: n2, key k17: got version 3, wanted 4
// to 5.
func Values(f results.Finding) string {
	var where, what []string
	if f.Node != "" {
		where = append(where, f.Node)
	}
	if f.Key != "" {
		where = append(where, "key "+f.Key)
	}
	if f.Got != "" {
		what = append(what, "got "+f.Got)
	}
	if f.Want != "" {
		what = append(what, "wanted "+f.Want)
	}
	if f.Times > 1 {
		what = append(what, wording.Times(f.Times))
	}
	parts := []string{}
	for _, p := range [][]string{where, what} {
		if len(p) > 0 {
			parts = append(parts, strings.Join(p, ", "))
		}
	}
	return strings.Join(parts, ": ")
}

// Finding says one finding in plain English, with its values.
func Finding(f results.Finding) string {
	f = clean.Findings([]summary.Findings{{Rule: f.Rule, First: f}})[0].First
	text := Rule(f.Rule)
	if values := Values(f); values != "" {
		text += " (" + values + ")"
	}
	return text
}

// FindingName says a finding without its values: what happened, to what key or where.
func FindingName(f results.Finding) string {
	f = clean.Findings([]summary.Findings{{Rule: f.Rule, First: f}})[0].First
	text := Rule(f.Rule)
	switch {
	case f.Key != "":
		text += ", key " + f.Key
	case f.Node != "":
		text += ", " + f.Node
	}
	return text
}
