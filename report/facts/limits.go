package facts

import (
	"fmt"

	"github.com/raftbench/raftbench/report/clean"
	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
)

// limitWords say what a window ran out of.
var limitWords = map[string]func(l results.Limit) string{
	results.LimitCPU: func(l results.Limit) string {
		if who := userWords[l.User]; who != "" {
			return "the host's CPU, most of it used by " + who
		}
		return "the host's CPU"
	},
	results.LimitStore: func(l results.Limit) string {
		return "the leader's log store, at work " + wording.Share(l.Used) + " of the time"
	},
	results.LimitLink: func(l results.Limit) string {
		name := "a link's rate"
		if l.Link != nil {
			name = "the rate of the link " + linkName(clean.Ends(l.Link))
		}
		return name + ", " + wording.Share(l.Used) + " of it used"
	},
	results.LimitPipeline: func(l results.Limit) string {
		return "raft's own pipeline, which carries at most " + wording.Rate(l.MaxOps) + " over this round trip"
	},
}

var userWords = map[string]string{
	results.UserLeader: "the leader", results.UserFollowers: "the followers", results.UserClient: "the load generator",
	results.UserForeign: "processes that are none of ours",
}

// Limit words what a window ran out of. A resource that this build does not know is told as
// it stands.
func Limit(l results.Limit) string {
	if words, ok := limitWords[l.Resource]; ok {
		return words(l)
	}
	return fmt.Sprintf("%q, which this build of raftbench has no words for", clean.Name(l.Resource))
}
