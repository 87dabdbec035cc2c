package report

import (
	"fmt"
	"slices"

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
		return "the leader's log store, at work " + share(l.Used) + " of the time"
	},
	results.LimitLink: func(l results.Limit) string {
		name := "a link's rate"
		if l.Link != nil {
			name = "the rate of the link " + linkName(cleanEnds(l.Link))
		}
		return name + ", " + share(l.Used) + " of it used"
	},
	results.LimitPipeline: func(l results.Limit) string {
		return "raft's own pipeline, which carries at most " + rate(l.MaxOps) + " over this round trip"
	},
}

var userWords = map[string]string{
	results.UserLeader: "the leader", results.UserFollowers: "the followers", results.UserClient: "the load generator",
	results.UserForeign: "processes that are none of ours",
}

func sayLimit(l results.Limit) string {
	if words, ok := limitWords[l.Resource]; ok {
		return words(l)
	}
	return fmt.Sprintf("%q, which this build of raftbench has no words for", cleanName(l.Resource))
}

// limited is what kept the full load of a setup from carrying more.
type limited struct {
	limit  results.Limit // of the first trial
	trials int
	of     int
}

// limits finds, of each setup by name, what ended most of its trials at full
// load.
func limits(trials []results.Trial) map[string]limited {
	type kind struct{ cell, resource, user string }
	counts := map[kind]*limited{}
	of := map[string]int{}
	for i := range trials {
		t := &trials[i]
		w := t.Window(results.RoleFull)
		if !t.Valid || t.Kind != results.Measure || w == nil {
			continue
		}
		of[t.Cell]++
		if w.Limit == nil {
			continue
		}
		k := kind{t.Cell, w.Limit.Resource, w.Limit.User}
		if counts[k] == nil {
			counts[k] = &limited{limit: *w.Limit}
		}
		counts[k].trials++
	}
	out := map[string]limited{}
	for k, l := range counts {
		best, there := out[k.cell]
		if !there || l.trials > best.trials || l.trials == best.trials && k.resource+k.user < best.limit.Resource+best.limit.User {
			out[k.cell] = limited{l.limit, l.trials, of[k.cell]}
		}
	}
	return out
}

// limitLines say of each setup what limited it; setups that ran into the same
// are told together.
func limitLines(gs []group, ls map[string]limited) []string {
	var lines []*said
	texts := map[*said]string{}
	setups := 0
	for _, g := range gs {
		for _, c := range g.cells {
			setups++
			l, ok := ls[c.Cell]
			if !ok {
				continue
			}
			text := sayLimit(l.limit)
			i := slices.IndexFunc(lines, func(s *said) bool { return texts[s] == text })
			if i < 0 {
				i, lines = len(lines), append(lines, &said{})
				texts[lines[i]] = text
			}
			lines[i].of = append(lines[i].of, remarked{sizeName(g, c), l.trials, l.of, 1})
		}
	}
	var out []string
	for _, s := range lines {
		out = append(out, "Full load was limited by "+texts[s]+". "+s.who(setups)+".")
	}
	return out
}
