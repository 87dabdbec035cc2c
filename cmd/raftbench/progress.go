package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

// progress shows what a run does, how far it is and when it will end: a live
// bar on a terminal, plain lines elsewhere.
type progress interface {
	step(bench.Progress)
	close()
}

func newProgress(stderr io.Writer, quiet bool) progress {
	switch {
	case quiet:
		return silent{}
	case isTerminal(stderr) && os.Getenv("CI") == "":
		return &live{container: mpb.New(mpb.WithOutput(stderr), mpb.WithWidth(30))}
	}
	return lines{stderr}
}

type silent struct{}

func (silent) step(bench.Progress) {}
func (silent) close()              {}

// lines writes one line for each finished trial.
type lines struct{ w io.Writer }

func (l lines) step(p bench.Progress) {
	if p.Finished != nil {
		fmt.Fprintf(l.w, "%s  %s elapsed, about %s left\n", finishedLine(p), stopwatch(p.Elapsed), stopwatch(p.Left))
	}
}
func (lines) close() {}

// live is a bar with the current trial and its stage; finished trials scroll
// by above it.
type live struct {
	container *mpb.Progress
	bar       *mpb.Bar
	now       atomic.Value // string
}

func (l *live) step(p bench.Progress) {
	l.now.Store(fmt.Sprintf("%s left · %s %s %d: %s", stopwatch(p.Left), p.Job.Setup.Cell, p.Job.Kind, p.Job.Trial, p.Stage))
	if l.bar == nil {
		l.bar = l.container.AddBar(int64(p.Of),
			mpb.PrependDecorators(decor.CountersNoUnit("%d/%d")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return l.now.Load().(string) })))
	}
	if p.Finished != nil {
		_, _ = fmt.Fprintln(l.container, finishedLine(p))
		l.bar.SetCurrent(int64(p.Number))
	}
}

func (l *live) close() {
	if l.bar != nil {
		l.bar.Abort(true)
	}
	l.container.Wait()
}

// finishedLine is one trial in a line: what it was and what came of it.
func finishedLine(p bench.Progress) string {
	t := p.Finished
	return fmt.Sprintf("%3d/%d  %-28s %-10s %s", p.Number, p.Of, t.Cell, fmt.Sprintf("%s %d", t.Kind, t.Trial), outcome(t))
}

func outcome(t *results.Trial) string {
	if !t.Valid {
		return "INVALID: " + strings.Join(t.InvalidReasons, "; ")
	}
	if p := t.Proof; p != nil {
		return fmt.Sprintf("survived %d, blocked at %d, %d lost of %d acknowledged", p.Survived, p.BlockedAt, p.Lost, p.Acked)
	}
	var parts []string
	best := 0.0
	for _, w := range t.Windows {
		if w.Held != nil && *w.Held {
			best = max(best, w.OfferedOps)
		}
	}
	for _, w := range t.Windows {
		if w.Name != results.WindowCalm && w.Name != results.WindowSaturate {
			continue
		}
		if w.Mode == results.ModeClosed {
			parts = append(parts, fmt.Sprintf("%.0f/s", w.ThroughputOps))
			continue
		}
		parts = append(parts, fmt.Sprintf("p50 %.2f ms", float64(w.Latency.P50NS)/1e6))
	}
	if best > 0 {
		parts = append(parts, fmt.Sprintf("carried %.0f/s", best))
	}
	if n := len(t.Flags); n > 0 {
		parts = append(parts, units.Plural(n, "warning"))
	}
	return strings.Join(parts, ", ")
}

// stopwatch is a duration as a person reads it off a watch: 1m20s.
func stopwatch(d time.Duration) string { return d.Round(time.Second).String() }

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) //nolint:gosec // a file descriptor is a small number
}

// colorful is whether ANSI escapes may be written (https://no-color.org).
func colorful(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }
