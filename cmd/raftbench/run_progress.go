package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// progress shows what a run does, how far it is and when it will end: a live
// line on a terminal, a line for each finished trial everywhere.
type progress interface {
	step(bench.Progress)
	close()
}

func newProgress(stderr *console, quiet bool) progress {
	switch {
	case quiet:
		return silent{}
	case stderr.width != nil && os.Getenv("CI") == "":
		return newLive(stderr)
	}
	return lines{stderr}
}

type silent struct{}

func (silent) step(bench.Progress) {}
func (silent) close()              {}

// lines writes one line for each finished trial.
type lines struct{ w io.Writer }

func (l lines) step(p bench.Progress) {
	if p.Outlook != nil {
		sayOutlook(l.w, p.Outlook)
	}
	if p.Finished != nil {
		fmt.Fprintf(l.w, "%s  %s so far, about %s left\n", finishedLine(p), units.About(p.Elapsed), units.About(p.Left))
	}
}
func (lines) close() {}

// live keeps the current trial, its stage and the time that is left at the
// foot of the terminal; finished trials scroll by above it.
type live struct {
	console *console
	stop    chan struct{}
	stopped sync.WaitGroup

	mu   sync.Mutex
	last bench.Progress
	at   time.Time // of the last step
}

// redrawn is how often the live line is: its time runs down, and the terminal
// may have another width.
const redrawn = time.Second

func newLive(c *console) *live {
	l := &live{console: c, stop: make(chan struct{})}
	l.stopped.Go(l.redraw)
	return l
}

func (l *live) redraw() {
	tick := time.NewTicker(redrawn)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case <-tick.C:
			l.draw()
		}
	}
}

func (l *live) step(p bench.Progress) {
	switch {
	case p.Outlook != nil:
		sayOutlook(l.console, p.Outlook)
		return
	case p.Finished != nil:
		fmt.Fprintln(l.console, finishedLine(p))
	}
	l.mu.Lock()
	l.last, l.at = p, time.Now()
	l.mu.Unlock()
	l.draw()
}

func (l *live) draw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.IsZero() {
		return // nothing has begun
	}
	l.console.setLine(liveLine(l.last, time.Since(l.at)))
}

// close removes the line.
func (l *live) close() {
	close(l.stop)
	l.stopped.Wait()
	l.console.setLine("")
}

func sayOutlook(w io.Writer, o *bench.Outlook) {
	if text := outlookText(o); text != "" {
		fmt.Fprintln(w, text)
	}
}

// liveLine says most with its first words: a narrow terminal shows no more.
func liveLine(p bench.Progress, since time.Duration) string {
	done := p.Number
	if p.Finished == nil {
		done--
	}
	left := max(p.Left-since, 0)
	line := fmt.Sprintf("%s %d/%d  %s left", bar(done, p.Of), done, p.Of, units.About(left))
	if p.Of == 0 { // blocks are added: only the time tells how far it is
		gone := p.Elapsed + since
		line = fmt.Sprintf("%s %s  %s left", bar(int(gone/time.Millisecond), int((gone+left)/time.Millisecond)), units.Plural(done, "trial"), units.About(left))
	}
	if p.Finished == nil {
		line += fmt.Sprintf(" · %s, %s %d: %s", p.Job.Setup.Cell, p.Job.Kind, p.Job.Trial, stageText(p.Stage))
	}
	return line
}

// stageText is what a trial does now, in the words of the reports.
func stageText(s bench.Stage) string {
	switch s {
	case results.WindowCalm:
		return "light load"
	case results.WindowSaturate:
		return "full load"
	}
	return string(s)
}

// bar is how much is done, as a picture.
func bar(done, of int) string {
	const width = 10
	full := width * done / max(of, 1)
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

// finishedLine is one trial in a line: what it was and what came of it.
func finishedLine(p bench.Progress) string {
	t := p.Finished
	number := fmt.Sprintf("%3d/%d", p.Number, p.Of)
	if p.Of == 0 {
		number = fmt.Sprintf("%3d", p.Number)
	}
	return fmt.Sprintf("%s  %-28s %-10s %s", number, t.Cell, fmt.Sprintf("%s %d", t.Kind, t.Trial), outcome(t))
}

// outcome is what came of a trial: what it found, why it does not count, or its
// figures.
func outcome(t *results.Trial) string {
	switch {
	case t.Has(results.Safety):
		return "SAFETY VIOLATED: " + report.FindingText(t.Findings[0])
	case len(t.Findings) > 0:
		return "LIVENESS: " + report.FindingText(t.Findings[0])
	case !t.Valid:
		return "INVALID: " + invalidity(t)
	case t.Proof != nil:
		p := t.Proof
		return fmt.Sprintf("survived %d, blocked at %d, %d lost of %d acknowledged", p.Survived, p.BlockedAt, p.Lost, p.Acked)
	}
	if t.Tested != nil {
		return tested(t.Tested)
	}
	return strings.Join(figures(t), ", ")
}

// tested is what came of a safety trial in which nothing was found.
func tested(s *results.Tested) string {
	faults := 0
	for _, n := range s.Faults {
		faults += n
	}
	return fmt.Sprintf("%s: %s under %s, %s", s.Answer, units.Plural(int(s.Judged()), "operation"), units.Plural(faults, "fault"), units.Plural(s.Snapshots+s.Installs, "snapshot"))
}

// invalidity is why a trial does not count.
func invalidity(t *results.Trial) string {
	var why []string
	for _, r := range t.Remarks {
		if r.Severity == results.Invalid {
			why = append(why, report.RemarkText(r))
		}
	}
	return strings.Join(why, "; ")
}

// figures of a trial's windows, for a first look.
func figures(t *results.Trial) []string {
	var parts []string
	best := 0.0
	for i := range t.Windows {
		w := &t.Windows[i]
		switch {
		case w.Role == results.RoleWatch:
			seen := summary.LossesIn(t, w.StartNS, w.StartNS+w.DurationNS)
			parts = append(parts, units.Plural(seen.Elections, "false election"))
		case w.Role == results.RoleFull:
			parts = append(parts, units.Rate.Show(w.ThroughputOps))
		case w.Role == results.RoleLight && w.Latency.P50NS == results.Never:
			parts = append(parts, "p50 never")
		case w.Role == results.RoleLight:
			parts = append(parts, "p50 "+units.Duration.Show(float64(w.Latency.P50NS)))
		}
		if w.Held != nil && *w.Held {
			best = max(best, w.OfferedOps)
		}
		if w.Failed() > 0 && w.Role == results.RoleLight {
			parts = append(parts, fmt.Sprintf("%d of %d failed", w.Failed(), w.Attempted))
		}
	}
	if best > 0 {
		parts = append(parts, "carried "+units.Rate.Show(best))
	}
	return parts
}
