package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/check"
	records "github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/units"
)

type judgeOptions struct {
	file   string
	within time.Duration
	output string
}

// longestJudging is more than anybody waits for.
const longestJudging = time.Hour

func newJudgeCommand() *cobra.Command {
	o := judgeOptions{}
	cmd := &cobra.Command{
		Use:   "judge FILE",
		Short: "Say whether a recorded history of operations is linearizable",
		Long: `Read a history, a file of JSON lines with every operation that clients sent and
what they were told, and look for one order of all operations that explains
every answer and respects real time. It holds only if such an order was found,
and is violated only if there can be none, or an answer has not the form of one.
A page with porcupine's picture of the operations around the first violation is
written beside the file, where one key's operations show it.

Exit codes: 0 it holds; 4 safety is violated; 5 neither was shown in time, or no
operation was answered; 2 the file is no history that can be judged.`,
		Example: "  raftbench judge history.jsonl",
		Args:    arguments(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runJudge(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	f.DurationVar(&o.within, "within", 30*time.Second, "give up searching after this `TIME`")
	outputFlag(f, &o.output, "table", "json")
	return cmd
}

func runJudge(ctx context.Context, stdout, stderr io.Writer, o judgeOptions) error {
	if err := checkFormat(o.output, "table", "json"); err != nil {
		return err
	}
	if o.within <= 0 || o.within > longestJudging {
		return usage(fmt.Errorf("got --within %s, want more than 0 and at most %s", o.within, longestJudging), "write it like --within 30s")
	}
	if within := historiesIn(o.file); len(within) > 0 {
		return usage(fmt.Errorf("%s: it is a folder, want a history's file", o.file), "name the file: "+judgeCommand(within[0], o.within))
	}
	h, err := records.Read(o.file)
	if err != nil {
		return usage(err, "")
	}
	if h.Torn {
		fmt.Fprintf(stderr, "warning: %s: dropped a torn last line (the recording was cut off while writing it)\n", o.file)
	}
	if h.Unfinished > 0 {
		fmt.Fprintf(stderr, "warning: %s: %s without an end; what became of them counts as unknown\n", o.file, units.Plural(h.Unfinished, "operation"))
	}
	v, err := judgement(ctx, h, o.within)
	if err != nil {
		return err
	}
	page := drawPage(stderr, o.file+".html", v)
	if o.output == "json" {
		err = writeJSON(stdout, v)
	} else {
		_, err = io.WriteString(stdout, judgeText(v, page))
	}
	if err != nil {
		return err
	}
	return judgeError(o, v)
}

// historiesIn are the histories in a run's folder, or in that of one trial.
func historiesIn(dir string) []string {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil
	}
	own, _ := filepath.Glob(filepath.Join(dir, "history.jsonl"))
	trials, _ := filepath.Glob(filepath.Join(dir, results.TrialsDir, "*", "history.jsonl"))
	return append(own, trials...)
}

// judgement waits for the judge, or for a signal.
func judgement(ctx context.Context, h *records.History, within time.Duration) (check.Verdict, error) {
	done := make(chan check.Verdict, 1)
	go func() { done <- check.Judge(h, within) }()
	select {
	case v := <-done:
		return v, nil
	case <-ctx.Done():
		return check.Verdict{}, stopped(ctx, "nothing was judged")
	}
}

// drawPage writes the picture of a violation and returns the file's name, or
// nothing.
func drawPage(stderr io.Writer, path string, v check.Verdict) string {
	if !v.Pictured() {
		return ""
	}
	var page bytes.Buffer
	err := v.Visualize(&page)
	if err == nil {
		err = replaceFile(path, page.Bytes())
	}
	if err != nil {
		fmt.Fprintf(stderr, "warning: the page of the violation was not written: %v\n", err)
		return ""
	}
	return path
}

func judgeError(o judgeOptions, v check.Verdict) error {
	switch v.Answer {
	case check.Holds:
		return nil
	case check.Violated:
		return fail(exitSafety, fmt.Errorf("%s: safety is violated, %s", o.file, units.Plural(int(v.Objections), "objection")),
			"keep the history, the nodes' logs and the seed: they are the evidence")
	}
	if v.Answered() == 0 {
		return fail(exitInconclusive, fmt.Errorf("%s: got no operation that was answered, want one at least", o.file), "record a history while the cluster has a leader")
	}
	longer := min(max(10*o.within, patientJudging), longestJudging)
	return fail(exitInconclusive, fmt.Errorf("%s: not decided within %s, which is no pass", o.file, o.within),
		"give it longer, or record a shorter history: "+judgeCommand(o.file, longer))
}

// judgeCommand judges a history for at most so long.
func judgeCommand(file string, within time.Duration) string {
	return commandLine("judge", file, "--within", units.FormatDuration(within))
}

// judgeText is the answer, then what was judged, in lines of at most 80 columns.
func judgeText(v check.Verdict, page string) string {
	var b strings.Builder
	line := func(text, hang string) { b.WriteString(wrapped(text, "", hang) + "\n") }
	switch {
	case v.Answer == check.Holds:
		line("LINEARIZABLE: one order of all operations explains every answer", "")
	case v.Answer == check.Violated:
		for _, f := range v.Findings[:min(len(v.Findings), shownFindings)] {
			line("SAFETY VIOLATED: "+facts.Finding(f), "  ")
		}
		if more := int(v.Objections) - shownFindings; more > 0 {
			line("and "+units.Plural(more, "more objection")+"; -o json lists the first hundred", "")
		}
	case v.Answered() == 0:
		line("UNDECIDED: nothing was answered, so nothing is shown", "")
	default:
		line("UNDECIDED: neither an order of all operations nor a contradiction was found for "+units.Plural(len(v.UndecidedKeys), "key")+": "+strings.Join(v.UndecidedKeys, ", "), "  ")
	}
	if page != "" {
		fmt.Fprintf(&b, "page: %s\n", page)
	}
	b.WriteString("\n" + judgedText(v))
	return b.String()
}

// shownFindings are enough to see what is wrong; most follow from the first.
const shownFindings = 5

// judgedText says what the judgement rests on.
func judgedText(v check.Verdict) string {
	var b strings.Builder
	total := 0
	fmt.Fprintf(&b, "%-8s %9s %9s %9s\n", "kind", "ok", "rejected", "unknown")
	for _, c := range v.Operations {
		total += c.OK + c.Rejected + c.Unknown
		fmt.Fprintf(&b, "%-8s %9d %9d %9d\n", c.Kind, c.OK, c.Rejected, c.Unknown)
	}
	b.WriteString(wrapped(fmt.Sprintf("%s of %s on %s, up to revision %d; %d of unknown outcome are known to have taken effect.",
		units.Plural(total, "operation"), units.Plural(v.Clients, "client"), units.Plural(v.Keys, "key"), v.Revision, v.TookEffect), "", "") + "\n")
	if s := v.Staleness; s.Reads > 0 {
		age := func(ns int64) string { return units.FormatDuration(time.Duration(ns).Round(time.Microsecond)) }
		b.WriteString(wrapped(fmt.Sprintf("Serializable reads: %d, of which %d stale. Behind by p50 %d, p99 %d, at most %s; overtaken at least p50 %s, p99 %s, at most %s before they were sent.",
			s.Reads, s.Stale, s.Revisions.P50, s.Revisions.P99, units.Plural(int(s.Revisions.Max), "revision"), age(s.NS.P50), age(s.NS.P99), age(s.NS.Max)), "", "") + "\n")
	}
	return b.String()
}
