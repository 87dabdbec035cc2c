package bench

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// judge reads the history back, as anybody could, and has it judged. What is found is
// on record; the error is of the reading and of the page.
func (s *safety) judge(path string) error {
	h, err := history.Read(path)
	if err != nil {
		return fmt.Errorf("judge: %w", err)
	}
	return s.take(check.Judge(h, judgeBound), path)
}

// earlier judges what an attempt left that was cut off, by whoever killed the run, or whose
// emulated disk died. Where it is violated, that is what the trial came to: nothing is done
// again that would take the place of the evidence. A disk's death explains no violation of
// what was acknowledged before: a member whose disk died is not started on it again, so
// that it is one that stopped, and has forgotten nothing that it could speak for. Where it
// holds, or is not decided, or nobody can read it, it makes place for the new attempt's.
func (s *safety) earlier(path string) (violated bool, err error) {
	if h, err := history.Read(path); err == nil {
		s.tell(StageJudging)
		if v := check.Judge(h, judgeBound); v.Answer == check.Violated {
			return true, s.take(v, path)
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("the history of an earlier attempt: %w", err)
	}
	return false, nil
}

// take puts on record what the judge came to, and draws it beside the history.
func (s *safety) take(v check.Verdict, path string) error {
	s.result.Answer, s.result.UndecidedKeys = answers[v.Answer], v.UndecidedKeys
	for _, c := range v.Operations {
		s.result.Operations = append(s.result.Operations, results.OperationCount{
			Kind: string(c.Kind), OK: int64(c.OK), Rejected: int64(c.Rejected), Unknown: int64(c.Unknown),
		})
	}
	s.result.Staleness = staleness(v.Staleness)
	s.record.find(withLogs(s.system, v.Findings)...)
	if v.Answer == check.Undecided {
		s.record.remark(results.Remark{Code: results.CodeUndecidedHistory, Severity: results.Invalid,
			Got: float64(len(v.UndecidedKeys)), Of: s.result.Judged(), Want: float64(judgeBound), Unit: results.UnitCount})
	}
	return draw(v, filepath.Join(filepath.Dir(path), pageFile))
}

// answers of the judge, as a record has them.
var answers = map[check.Answer]results.Answer{
	check.Holds: results.Holds, check.Violated: results.Violated, check.Undecided: results.Undecided,
}

func staleness(s check.Staleness) *results.Staleness {
	if s.Reads == 0 {
		return nil
	}
	return &results.Staleness{
		Reads: int64(s.Reads), Stale: int64(s.Stale),
		BehindP50: s.Revisions.P50, BehindP99: s.Revisions.P99, BehindMax: s.Revisions.Max,
		AgeP50NS: s.NS.P50, AgeP99NS: s.NS.P99, AgeMaxNS: s.NS.Max,
	}
}

// draw writes porcupine's page of what was violated, where there is one.
func draw(v check.Verdict, path string) error {
	if !v.Pictured() {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("the page of the violation: %w", err)
	}
	return errors.Join(v.Visualize(f), f.Close())
}
