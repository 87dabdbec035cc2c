package bench

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// judge reads the history back, as anybody could, and has it judged.
func (s *safety) judge(path string) error {
	h, err := history.Read(path)
	if err != nil {
		return fmt.Errorf("judge: %w", err)
	}
	s.result.Operations = countOperations(h)
	v := inRealTime(h)
	s.record.find(v...)
	s.result.Answer = results.Holds
	if len(v) > 0 || s.record.found(results.Safety) {
		s.result.Answer = results.Violated
	}
	return nil
}

// inRealTime holds every answer against what had been acknowledged before its question
// was sent.
func inRealTime(h *history.History) (out []results.Finding) {
	returns := []*history.Operation{}
	for i := range h.Operations {
		if o := &h.Operations[i]; o.Outcome() == history.OK {
			returns = append(returns, o)
		}
	}
	calls := slices.Clone(returns)
	slices.SortFunc(returns, func(a, b *history.Operation) int { return cmp.Compare(a.Return.AtNS, b.Return.AtNS) })
	slices.SortFunc(calls, func(a, b *history.Operation) int { return cmp.Compare(a.AtNS, b.AtNS) })
	frontier, k := int64(0), 0
	for _, o := range calls {
		for ; k < len(returns) && returns[k].Return.AtNS < o.AtNS; k++ {
			if !returns[k].Serializable {
				frontier = max(frontier, returns[k].Return.Revision)
			}
		}
		if !o.Serializable && o.Return.Revision < frontier {
			out = append(out, results.Finding{Class: results.Safety, Rule: results.RuleRevision, Node: o.Node,
				Got: fmt.Sprintf("%s at revision %d", o.Kind, o.Return.Revision), Want: fmt.Sprintf("at least %d, which was acknowledged before", frontier)})
		}
	}
	return out[:min(len(out), 100)]
}
