package report

import (
	"slices"

	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/results"
)

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
			text := facts.Limit(l.limit)
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
