package bench

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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

// judgeVoid judges what clients were told before an emulated disk died. A disk's death
// explains no violation of what was acknowledged before: a member whose disk died is not
// started on it again, so that it is one that stopped, and has forgotten nothing that it
// could speak for. What is violated is on record, and not void; of all else the trial says
// nothing, and its history stands for whoever judges it for longer.
func (s *safety) judgeVoid(path string) error {
	s.tell(StageJudging)
	h, err := history.Read(path)
	if err != nil {
		return nil //nolint:nilerr // the trial is void, and the file is kept
	}
	v := check.Judge(h, judgeBound)
	if v.Answer != check.Violated {
		return nil
	}
	return s.take(v, path)
}

// earlier judges what an attempt left that was cut off, by whoever killed the run, or whose
// emulated disk died. Where it is violated, that is what the trial came to: nothing is done
// again that would take the place of the evidence. Where it holds it makes place for the
// new attempt's, and so does one in which nobody was told anything. Where it is not
// decided, or nobody can read it, it is kept beside it, and told of.
func (s *safety) earlier(path string) (violated bool, err error) {
	h, err := history.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err == nil:
		s.tell(StageJudging)
		v := check.Judge(h, judgeBound)
		if v.Answer == check.Violated {
			return true, errors.Join(s.listUnjudged(path), s.take(v, path))
		}
		err = s.setAside(path, v.Answer == check.Undecided && v.Answered() > 0)
	default:
		err = s.setAside(path, anyReturn(path))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("the history of an earlier attempt: %w", err)
	}
	return false, s.listUnjudged(path)
}

// setAside gives an earlier attempt's history a name of its own, or removes it where
// there is nothing to keep.
func (s *safety) setAside(path string, keep bool) error {
	if !keep {
		return os.Remove(path)
	}
	for n := 1; ; n++ {
		to := filepath.Join(filepath.Dir(path), fmt.Sprintf(unjudgedFile, n))
		if _, err := os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(path, to)
		}
	}
}

// listUnjudged puts on record where the histories of earlier attempts are that nobody
// could judge.
func (s *safety) listUnjudged(path string) error {
	pattern := strings.Replace(unjudgedFile, "%d", "*", 1)
	all, err := fs.Glob(os.DirFS(filepath.Dir(path)), pattern)
	for _, name := range all {
		s.result.UnjudgedAttempts = append(s.result.UnjudgedAttempts, filepath.Join(results.TrialsDir, filepath.Base(filepath.Dir(path)), name))
	}
	return err
}

// anyReturn tells whether a damaged history holds an answer: a recording that was cut off
// before the first one says nothing of anybody.
func anyReturn(path string) bool {
	text, err := os.ReadFile(path)
	return err != nil || bytes.Contains(text, []byte(`{"return":`))
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
	found := withLogs(s.system, v.Findings)
	s.record.find(found...)
	s.record.standing = found
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
