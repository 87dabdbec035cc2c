package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
)

// runOptions are run's flags.
type runOptions struct {
	file, preset string
	made         *configs.Experiment // in place of a file or a preset
	overrides    configs.Overrides
	out, resume  string
	endpoints    []string
	nodeBinary   string
	arms         []arm       // variants of every setup, the first being the base
	rules        []gate.Rule // that the run will be judged by; may be none
	output       string
	yes, quiet   bool
	repeat       int // whole runs, see runRepeated; 0: one run that is no repeat
	// measureOn is set where a run is resumed that may be over; nil elsewhere.
	measureOn *measureOn
	// answer prints what the run came to; nil: the report.
	answer func(ctx context.Context, stdout io.Writer, dir string) error
	// again is the verb that a run is gone on with, and its flags; empty: run.
	again []string
	// given are the arguments and flags that say what is to be measured, or
	// where the results go: all but those that a resumed run takes too.
	given []string
}

func newRunCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [FILE]",
		Short: "Measure clusters and prove what they tolerate",
		Long: `Run an experiment: a FILE (see "raftbench init"), a preset, or the default one.
A flag, or else its variable (RAFTBENCH_TRIALS is --trials), stands over them.

The table goes to stdout, progress to stderr. Interrupted with Ctrl-C, a run
keeps every finished trial and can be gone on with by --resume.`,
		Example: `  raftbench run --preset quick
  raftbench run --nodes 3,5 --profile multi-az --rate 100/s --duration 5s
  raftbench run my.yaml --out results/tuesday`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkReplay(cmd); err != nil {
				return err
			}
			o.given = notResumable(cmd)
			if len(args) == 1 {
				o.file = args[0]
				o.given = append([]string{"FILE " + o.file}, o.given...)
			}
			if o.repeat > 0 {
				return runRepeated(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.InOrStdin(), o)
			}
			return runRun(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.InOrStdin(), o)
		},
	}
	f := cmd.Flags()
	experimentFlags(f, &o)
	endpointsFlag(f, &o)
	nodeBinaryFlag(f, &o.nodeBinary)
	outputFlag(f, &o.output, summaryFormats...)
	textFlag(f, &o.out, "out", "DIR", "a new folder for the results (default results/NAME-TIME)")
	textFlag(f, &o.resume, "resume", "DIR", "go on with the interrupted run in this folder")
	repeatFlag(f, &o.repeat)
	textFlag(f, &o.overrides.Replay, "replay", "SETUP:SEED", "one safety trial again, with the same faults and clients, in place of all that the experiment has")
	f.BoolVar(&o.yes, "yes", false, "do not ask before a run of over half an hour")
	f.BoolVar(&o.quiet, "quiet", false, "no progress")
	return cmd
}

// checkReplay refuses to replay nothing, as a script's variable that was never set asks
// for, and flags that ask for more than the one trial.
func checkReplay(cmd *cobra.Command) error {
	f := cmd.Flags()
	if !f.Changed("replay") {
		return nil
	}
	replay := f.Lookup("replay")
	if replay.Value.String() == "" {
		return usage(fmt.Errorf(`got %s "", want a setup's name and a seed`, spelt(replay)), "write it like --replay n3-hashicorp-none:7, or leave it out to run the whole experiment")
	}
	for _, name := range beyondOneTrial {
		if f.Changed(name) {
			return usage(fmt.Errorf("got %s, which does one safety trial, and --%s", spelt(replay), name), "give one of the two")
		}
	}
	return nil
}

// beyondOneTrial are the flags that ask for more than the one trial that is replayed.
// Their variables, which a shell may hold for every run, are left out of account then:
// the command that plays a trial again has to run in the shell in which it was printed.
var beyondOneTrial = []string{"trials", "proofs", "repeat"}

// runRun is the main job: measure, then report.
func runRun(ctx context.Context, stdout, stderr io.Writer, stdin io.Reader, o runOptions) error {
	if err := checkFormat(o.output, summaryFormats...); err != nil {
		return err
	}
	ctx, life := begin(ctx, stdout, stderr)
	defer life.end()
	return measureRun(ctx, life, life.stdout, stdin, o)
}

// measureRun is one run within a command's lifetime.
func measureRun(ctx context.Context, life *lifetime, stdout io.Writer, stdin io.Reader, o runOptions) error {
	run, err := prepareRun(ctx, life.stderr, stdin, o)
	if err != nil {
		return err
	}
	defer func() { _ = run.writer.Close() }()
	dir := run.writer.Dir()
	life.setTemporary(filepath.Join(dir, "data"))
	show := newProgress(life.stderr, o.quiet)
	mount, noMount := disks(run.plan)
	runner := bench.Runner{
		Plan: run.plan, Writer: run.writer, Done: run.done, Start: run.start, Mount: mount, NoMount: noMount, Host: run.host, Progress: show.step,
		Endpoints: run.host.Endpoints, Outlook: outlookOf(run.plan, asked(run.plan, o.rules)), Spinner: spinner(), MeasureOn: o.measureOn != nil,
	}
	end := ending{dir: dir, resume: resumeCommand(dir, run.host, o.again...), host: run.host}
	life.setResume(end.resume)
	end.outcome, end.run = runner.Run(ctx)
	show.close()
	if end.run == nil && ctx.Err() == nil {
		// Who measures on from here has seen what came out.
		end.run = results.KeepEnd(dir, time.Now())
	}
	if ctx.Err() != nil {
		end.stopped, end.run = stopped(ctx, "every finished trial is kept"), nil
	} else {
		end.report = o.print(context.WithoutCancel(ctx), stdout, dir)
	}
	return end.verdict()
}

// print what came out, in the way that the command's reader wants it first.
func (o runOptions) print(ctx context.Context, stdout io.Writer, dir string) error {
	if o.answer != nil {
		return o.answer(ctx, stdout, dir)
	}
	return printResults(ctx, stdout, io.Discard, dir, o.output)
}

// printResults rebuilds everything that is derived, and prints it. The folder
// is the last word, for whoever reads the output by machine. A run that was stopped
// before its first trial has nothing to print.
func printResults(ctx context.Context, stdout, stderr io.Writer, dir, output string) error {
	if run, err := results.Open(dir); err == nil && len(run.Trials) == 0 {
		return nil
	}
	if err := runReport(ctx, stdout, stderr, reportOptions{dirs: []string{dir}, format: output, own: true}); err != nil {
		return err
	}
	if output != "table" {
		return nil
	}
	text := "\nreport:  " + filepath.Join(dir, report.Dir, report.PageFile) + "\n"
	charts := filepath.Join(dir, report.Dir, "*.png")
	if drawn, _ := filepath.Glob(charts); len(drawn) > 0 {
		text += "charts:  " + charts + "\n"
	}
	_, err := fmt.Fprintf(stdout, "%sresults: %s\n", text, dir)
	return err
}
