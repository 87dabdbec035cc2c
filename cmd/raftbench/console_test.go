package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// screen is a terminal that understands what the console writes. It never
// scrolls: every row that was ever written can be looked at.
type screen struct {
	mu       sync.Mutex
	width    int
	rows     [][]rune
	row, col int
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := []rune(string(p))
	for i := 0; i < len(text); i++ {
		switch r := text[i]; r {
		case '\r':
			s.col = 0
		case '\n':
			s.row, s.col = s.row+1, 0
		case '\x1b':
			i += s.escape(text[i+1:])
		default:
			s.put(r)
		}
	}
	return len(p), nil
}

// escape obeys "[nA" and "[J", and returns their length.
func (s *screen) escape(text []rune) int {
	for i, r := range text {
		switch r {
		case 'A':
			up := 1
			_, _ = fmt.Sscanf(string(text[1:i]), "%d", &up)
			s.row = max(s.row-up, 0)
			return i + 1
		case 'J':
			if s.row < len(s.rows) {
				s.rows = s.rows[:s.row+1]
				s.rows[s.row] = s.rows[s.row][:min(s.col, len(s.rows[s.row]))]
			}
			return i + 1
		}
	}
	return len(text)
}

func (s *screen) put(r rune) {
	if s.col == s.width {
		s.row, s.col = s.row+1, 0
	}
	for len(s.rows) <= s.row {
		s.rows = append(s.rows, nil)
	}
	for len(s.rows[s.row]) <= s.col {
		s.rows[s.row] = append(s.rows[s.row], ' ')
	}
	s.rows[s.row][s.col] = r
	s.col++
}

// resize wraps the rows anew, as terminals of today do; all of them end with a
// newline but the last.
func (s *screen) resize(width int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.rows
	s.width, s.rows, s.row, s.col = width, nil, 0, 0
	for i, row := range old {
		for _, r := range row {
			s.put(r)
		}
		if i < len(old)-1 {
			s.row, s.col = s.row+1, 0
		}
	}
}

func (s *screen) columns() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.width
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func someStep(finished bool) bench.Progress {
	p := bench.Progress{
		Job:    bench.Job{Setup: configs.Setup{Cell: "n5-hashicorp-multi-az-wide-pipelining-16"}, Kind: results.Measure, Trial: 2},
		Number: 3, Of: 30, Left: 95 * time.Second, Stage: "killing the leader, failure 1 of 2 tolerated",
	}
	if finished {
		p.Finished = &results.Trial{Cell: p.Job.Setup.Cell, Kind: p.Job.Kind, Trial: 2, Remarks: []results.Remark{{Code: results.CodeNothing, Severity: results.Invalid}}}
	}
	return p
}

// The line fits, whatever the terminal's width and however that changes;
// finished trials stand above it, and nothing of it is left in the end.
func TestTheLiveLineFitsAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &screen{width: 80}
		c := newConsole(s, s.columns)
		l := newLive(c)
		l.step(someStep(false))
		want := "░░░░░░░░░░ 2/30  1 min 35 s left · n5-hashicorp-multi-az-wide-pipelining-16, m…"
		if got := s.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		time.Sleep(2*redrawn + redrawn/2)
		synctest.Wait()
		if got := s.String(); !strings.Contains(got, "1 min 33 s left") || strings.Contains(got, "\n") {
			t.Errorf("the time does not run down on one line:\n%s", got)
		}
		s.resize(30) // three rows of what was one
		time.Sleep(redrawn)
		synctest.Wait()
		if got, want := s.String(), "░░░░░░░░░░ 2/30  1 min 32 s…"; got != want {
			t.Errorf("after a resize got\n%s\nwant\n%s", got, want)
		}
		s.resize(80)
		fmt.Fprintln(c, "\nstopping; once more to stop at once")
		l.step(someStep(true))
		l.close()
		fmt.Fprintln(c, "error: interrupted")
		want = "\nstopping; once more to stop at once\n" +
			"  3/30  n5-hashicorp-multi-az-wide-pipelining-16 measure 2  INVALID: no operatio\nn was completed\nerror: interrupted"
		if got := s.String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

// Trials side by side take steps in any order. The line has each at its place all the
// time, and neither the number of those that are done nor the time that is left goes to
// and fro with whoever made the last step.
func TestTheLiveLineOfTrialsSideBySideStandsStill(t *testing.T) {
	began := time.Now()
	var u underWay
	step := func(number int, cell string, stage bench.Stage, finished bool) string {
		p := bench.Progress{
			Job: bench.Job{Setup: configs.Setup{Cell: cell}, Kind: results.SafetyTest, Trial: 1}, Number: number, Of: 4,
			Left: time.Duration(5-number) * time.Minute, Stage: stage,
		}
		if finished {
			p.Finished, p.Left, p.Stage = &results.Trial{Cell: cell}, time.Duration(4-number)*time.Minute, ""
		}
		u.step(p, began)
		return u.line(began.Add(time.Second))
	}
	step(2, "n5", bench.StageBooting, false)
	for _, c := range []struct{ got, want string }{
		{step(1, "n3", bench.StageBooting, false), "░░░░░░░░░░ 0/4  3 min 59 s left · 2 at once: n3 booting, n5 booting"},
		{step(2, "n5", bench.StageTesting, false), "░░░░░░░░░░ 0/4  3 min 59 s left · 2 at once: n3 booting, n5 reading and writing"},
		{step(1, "n3", bench.StageTesting, false), "░░░░░░░░░░ 0/4  3 min 59 s left · 2 at once: n3 reading and writing, n5 reading and writing"},
		{step(2, "n5", bench.StageHealing, false), "░░░░░░░░░░ 0/4  3 min 59 s left · 2 at once: n3 reading and writing, n5 healing all"},
		{step(1, "n5", "", true), "██░░░░░░░░ 1/4  2 min 59 s left · n3, safety 1: reading and writing"}, // counted as they end
		{step(1, "n3", bench.StageHealing, false), "██░░░░░░░░ 1/4  2 min 59 s left · n3, safety 1: healing all"},
		{step(2, "n3", "", true), "█████░░░░░ 2/4  1 min 59 s left"},
		{step(3, "n3", bench.StageBooting, false), "█████░░░░░ 2/4  1 min 59 s left · n3, safety 1: booting"},
		{step(3, "n3", "", true), "███████░░░ 3/4  59 s left"},
		{step(3, "n3", bench.StageBooting, false), "█████░░░░░ 2/4  1 min 59 s left · n3, safety 1: booting"}, // once more
	} {
		if c.got != c.want {
			t.Errorf("got\n%s\nwant\n%s", c.got, c.want)
		}
	}
}

func TestCut(t *testing.T) {
	for want, c := range map[string]struct {
		line    string
		columns int
	}{
		"": {"abc", 0}, "…": {"abc", 1}, "ab": {"ab", 2}, "abc…": {"abc def", 5}, "äöü…": {"äöüäöü", 4},
	} {
		if got := cut(c.line, c.columns); got != want {
			t.Errorf("%q in %d: got %q, want %q", c.line, c.columns, got, want)
		}
	}
}
