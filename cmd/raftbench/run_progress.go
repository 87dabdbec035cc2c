package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/report/facts"
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
	return newLines(stderr)
}

type silent struct{}

func (silent) step(bench.Progress) {}
func (silent) close()              {}

// quietFor is how long nothing may be told where there is no live line: whoever reads
// along then, or a service that ends what seems to hang, learns that the run goes on.
const quietFor = 10 * time.Second

// remindEvery is how often it is looked whether it was that long.
const remindEvery = time.Second

// lines writes one line for each finished trial, and one about the trials under way
// when it has written none for a while: a single trial may take minutes.
type lines struct {
	w       io.Writer
	stop    chan struct{}
	stopped sync.WaitGroup

	mu    sync.Mutex // held while a line is written
	now   underWay
	wrote time.Time
}

func newLines(w io.Writer) *lines {
	l := &lines{w: w, stop: make(chan struct{}), wrote: time.Now()}
	l.stopped.Go(l.remind)
	return l
}

func (l *lines) step(p bench.Progress) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p.Outlook != nil {
		sayOutlook(l.w, p.Outlook)
		l.wrote = time.Now()
		return
	}
	if p.Finished != nil {
		fmt.Fprintf(l.w, "%s  %s so far, about %s left\n", finishedLine(p), units.About(p.Elapsed), units.About(p.Left))
		l.wrote = time.Now()
	}
	l.now.step(p, time.Now())
}

// remind writes a line whenever none was written for quietFor.
func (l *lines) remind() {
	tick := time.NewTicker(remindEvery)
	defer tick.Stop()
	for {
		select {
		case <-l.stop:
			return
		case now := <-tick.C:
			l.mu.Lock()
			if now.Sub(l.wrote) > quietFor-remindEvery/2 && !l.now.at.IsZero() {
				fmt.Fprintln(l.w, l.now.text(now))
				l.wrote = now
			}
			l.mu.Unlock()
		}
	}
}

func (l *lines) close() {
	close(l.stop)
	l.stopped.Wait()
}

// live keeps the trials under way, their stages and the time that is left at the
// foot of the terminal; finished trials scroll by above it.
type live struct {
	console *console
	stop    chan struct{}
	stopped sync.WaitGroup

	mu  sync.Mutex
	now underWay
}

// underWay is what a run is at. Several trials may be under way at once, whose steps come
// in any order: what is shown of them stands in the order of their numbers, and how many
// are done and how long it takes is counted from the first of them, or from the end of one.
type underWay struct {
	trials []bench.Progress // the last step of each, by number
	// done trials of how many; 0: nobody knows.
	done, of int
	// elapsed and left were true at that instant.
	elapsed, left time.Duration
	at            time.Time
	// one of those that began together with the present ones has ended.
	ended bool
}

// step takes what a trial does now, or that it ended.
func (u *underWay) step(p bench.Progress, now time.Time) {
	if p.Finished != nil {
		u.trials = slices.DeleteFunc(u.trials, func(o bench.Progress) bool { return sameTrial(o, p) })
		u.ended = true
		u.count(p, p.Number, now)
		return
	}
	if len(u.trials) == 0 {
		u.ended = false
	}
	if i := slices.IndexFunc(u.trials, func(o bench.Progress) bool { return sameTrial(o, p) }); i >= 0 {
		u.trials[i] = p
		return
	}
	u.trials = append(u.trials, p)
	slices.SortFunc(u.trials, func(a, b bench.Progress) int { return cmp.Compare(a.Number, b.Number) })
	if !u.ended && sameTrial(u.trials[0], p) {
		u.count(p, p.Number-1, now)
	}
}

func (u *underWay) count(p bench.Progress, done int, now time.Time) {
	u.done, u.of, u.elapsed, u.left, u.at = done, p.Of, p.Elapsed, p.Left, now
}

func sameTrial(a, b bench.Progress) bool {
	return a.Job.Setup.Cell == b.Job.Setup.Cell && a.Job.Kind == b.Job.Kind && a.Job.Trial == b.Job.Trial
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
	l.now.step(p, time.Now())
	l.mu.Unlock()
	l.draw()
}

func (l *live) draw() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.now.at.IsZero() {
		return // nothing has begun
	}
	l.console.setLine(l.now.line(time.Now()))
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

// line says most with its first words: a narrow terminal shows no more.
func (u *underWay) line(now time.Time) string {
	gone, left := u.times(now)
	if u.of == 0 { // blocks are added: only the time tells how far it is
		return fmt.Sprintf("%s %s  %s left", bar(int(gone/time.Millisecond), int((gone+left)/time.Millisecond)), units.Plural(u.done, "trial"), units.About(left)) + u.doing()
	}
	return fmt.Sprintf("%s %d/%d  %s left", bar(u.done, u.of), u.done, u.of, units.About(left)) + u.doing()
}

// text is the same for a log, which has no room for a picture and keeps what was.
func (u *underWay) text(now time.Time) string {
	gone, left := u.times(now)
	done := units.Plural(u.done, "trial")
	if u.of > 0 {
		done = fmt.Sprintf("%d of %d", u.done, u.of)
	}
	return fmt.Sprintf("  %s done  %s so far, about %s left", done, units.About(gone), units.About(left)) + u.doing()
}

// times are how long the run goes on, and about how long still.
func (u *underWay) times(now time.Time) (gone, left time.Duration) {
	since := now.Sub(u.at)
	return u.elapsed + since, max(u.left-since, 0)
}

// doing is what the trials under way do; empty where there is none.
func (u *underWay) doing() string {
	switch len(u.trials) {
	case 0:
		return ""
	case 1:
		p := u.trials[0]
		return fmt.Sprintf(" · %s, %s %d: %s", p.Job.Setup.Cell, p.Job.Kind, p.Job.Trial, stageText(p.Stage))
	}
	var each []string
	for _, p := range u.trials {
		each = append(each, p.Job.Setup.Cell+" "+stageText(p.Stage))
	}
	return fmt.Sprintf(" · %d at once: %s", len(each), strings.Join(each, ", "))
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
		return "SAFETY VIOLATED: " + facts.Finding(t.Findings[0])
	case len(t.Findings) > 0:
		return "LIVENESS: " + facts.Finding(t.Findings[0])
	case !t.Valid:
		return "INVALID: " + invalidity(t)
	case t.Proof != nil:
		p := t.Proof
		return fmt.Sprintf("survived %d, blocked at %d, %d lost of %d acknowledged", p.Survived, p.BlockedAt, p.Lost, p.Acked)
	}
	if t.Tested != nil {
		return tested(t.Tested)
	}
	return strings.Join(firstFigures(t), ", ")
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
			why = append(why, facts.Remark(r))
		}
	}
	return strings.Join(why, "; ")
}

// firstFigures of a trial's windows, for a first look.
func firstFigures(t *results.Trial) []string {
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
