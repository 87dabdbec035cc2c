package report

import (
	"fmt"
	"slices"
	"strings"

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

// alarms are what no Raft may do, told before everything else: what is lost or
// wrong, then what stands still, then proofs that contradict theory.
func alarms(gs []group) []string {
	var lost, stuck, theory []string
	for _, g := range gs {
		for _, c := range g.cells {
			name, f := sizeName(g, c), c.Faults
			lost = append(lost, findingLines("SAFETY VIOLATED, "+name, withLosses(f))...)
			stuck = append(stuck, findingLines("LIVENESS, "+name, f.Liveness)...)
			for _, text := range disagreements(c) {
				theory = append(theory, name+": "+text)
			}
		}
	}
	return append(append(lost, stuck...), theory...)
}

// withLosses are the findings on safety; the writes that are gone are counted,
// however few of them were found one by one.
func withLosses(f summary.Faults) []summary.Findings {
	out := slices.Clone(f.Safety)
	if f.LostWrites == 0 {
		return out
	}
	i := slices.IndexFunc(out, func(x summary.Findings) bool { return x.Rule == results.RuleLost })
	if i < 0 {
		return append([]summary.Findings{{Rule: results.RuleLost, Count: int(f.LostWrites)}}, out...)
	}
	out[i].Count = max(out[i].Count, int(f.LostWrites))
	return out
}

func findingLines(head string, findings []summary.Findings) []string {
	var out []string
	for _, f := range findings {
		line := fmt.Sprintf("%s: %s", head, sayRule(f.Rule))
		if f.Count > 1 {
			line += ", " + times(f.Count)
		}
		if values := findingValues(f.First); values != "" {
			line += " (" + values + ")"
		}
		out = append(out, line)
	}
	return out
}

// sayRule words a rule. One that this build does not know is told as it stands.
func sayRule(rule string) string {
	if words, ok := ruleWords[rule]; ok {
		return words
	}
	return fmt.Sprintf("the rule %q is broken", rule)
}

// Finding words one finding: what is broken, where, and by what values.
func Finding(f results.Finding) string {
	line := sayRule(f.Rule)
	if values := findingValues(f); values != "" {
		line += " (" + values + ")"
	}
	return line
}

// findingValues are those of one finding: n2, key k17: got version 3, wanted 4
// to 5.
func findingValues(f results.Finding) string {
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
		what = append(what, times(f.Times))
	}
	parts := []string{}
	for _, p := range [][]string{where, what} {
		if len(p) > 0 {
			parts = append(parts, strings.Join(p, ", "))
		}
	}
	return strings.Join(parts, ": ")
}

// disagreements are what a setup's proofs saw that theory has otherwise.
func disagreements(c summary.Cell) (out []string) {
	if s := c.Faults.Survived; s != nil && *s != c.Tolerates {
		out = append(out, fmt.Sprintf("writes went on after %s where theory says %d", failures(*s), c.Tolerates))
	}
	if b := c.Faults.BlockedAt; b != nil && *b != c.Tolerates+1 {
		out = append(out, fmt.Sprintf("not seen to stop with %d of %d dead, one more than it tolerates", c.Tolerates+1, c.Nodes))
	}
	return out
}

// logs are the ends of nodes' logs that came with findings, for the details.
func logs(gs []group) []nodeLog {
	var out []nodeLog
	for _, g := range gs {
		for _, c := range g.cells {
			for _, fs := range [][]summary.Findings{c.Faults.Safety, c.Faults.Liveness} {
				for _, f := range fs {
					if len(f.First.Log) > 0 {
						out = append(out, nodeLog{sizeName(g, c) + ", " + f.First.Node + ": " + sayRule(f.Rule), f.First.Log})
					}
				}
			}
		}
	}
	return out
}

type nodeLog struct {
	title string
	lines []string
}
