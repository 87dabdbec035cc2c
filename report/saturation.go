package report

import (
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/report/wording"
	"github.com/raftbench/raftbench/results"
)

// saturated is the most that a closed loop took.
type saturated struct {
	ops     float64
	clients int
}

// saturations are those of the searches for capacity, by setup.
func saturations(trials []results.Trial) map[string]saturated {
	out := map[string]saturated{}
	for i := range trials {
		t := &trials[i]
		if !t.Valid {
			continue
		}
		for _, w := range t.Windows {
			if w.Role == results.RoleGuess && w.ThroughputOps > out[t.Cell].ops {
				out[t.Cell] = saturated{w.ThroughputOps, w.Clients}
			}
		}
	}
	return out
}

// saturationNote says how the capacities compare with what a closed loop takes;
// empty where no capacity was looked for.
func (r *Report) saturationNote() string {
	var parts []string
	for _, g := range r.groups {
		for _, c := range g.cells {
			if s, ok := r.saturations[c.Cell]; ok {
				parts = append(parts, fmt.Sprintf("%s took %s with %s clients", sizeName(g, c), wording.Rate(s.ops), wording.Count(int64(s.clients))))
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "Of a closed loop, its clients doubled until that gained less than 5 % or there were 2,048, " + strings.Join(parts, "; ") +
		". A capacity may be above it, since an open loop waits for no answer, or below, since it keeps a limit."
}
