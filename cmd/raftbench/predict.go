package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
)

type predictOptions struct {
	run    runOptions
	sync   time.Duration
	output string
}

// predicted is one line of predict.
type predicted struct {
	Cell string `json:"cell"`
	configs.Forecast
}

func newPredictCommand() *cobra.Command {
	var o predictOptions
	cmd := &cobra.Command{
		Use:   "predict [FILE]",
		Short: "Say what theory expects of an experiment, without running it",
		Long: `Predict the least that one write takes, the most writes that the pipeline
carries and how long a failover takes, from the links' round trips and the time
of a sync. Processors, queues and a shared disk only add to it: they are what a
run shows beyond.`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.run.file = args[0]
			}
			return runPredict(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	experimentFlags(f, &o.run)
	f.DurationVar(&o.sync, "fsync", 0, "the `TIME` that one sync of the disk takes (default: measured here)")
	outputFlag(f, &o.output, summaryFormats...)
	return cmd
}

func runPredict(ctx context.Context, stdout, stderr io.Writer, o predictOptions) error {
	if err := checkFormat(o.output, summaryFormats...); err != nil {
		return err
	}
	plan, err := sketch(o.run)
	if err != nil {
		return orUsage(err)
	}
	for _, w := range plan.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
	if o.sync < 0 {
		return usage(fmt.Errorf("got --fsync %s, want zero or more", o.sync), "write it like --fsync 150us; 0 probes this disk")
	}
	if o.sync == 0 {
		if o.sync, err = probeSync(ctx, stdout, stderr); err != nil {
			return err
		}
	}
	var all []predicted
	for _, s := range plan.Setups {
		f, err := s.Forecast(o.sync, plan.Seed)
		if err != nil {
			return fail(exitFailed, err, "")
		}
		all = append(all, predicted{s.Cell, f})
	}
	return printPredicted(stdout, all, o.output)
}

// probeSync measures how long a sync of the disk takes here.
func probeSync(ctx context.Context, stdout, stderr io.Writer) (time.Duration, error) {
	ctx, life := begin(ctx, stdout, stderr)
	defer life.end()
	env, err := host.Probe(ctx, nearestDir(resultsDir), true)
	if ctx.Err() != nil {
		return 0, stopped(ctx, "nothing was kept")
	}
	if err != nil {
		return 0, fail(exitFailed, err, "give the time of a sync with --fsync")
	}
	return time.Duration(env.FsyncP50NS), nil
}

// sketch is a plan to predict from: a profile may be slower than the timeouts
// allow, of which a write's cost does not depend.
func sketch(o runOptions) (configs.Plan, error) {
	e, err := experiment(o)
	if err != nil {
		return configs.Plan{}, err
	}
	return e.Sketch()
}

func printPredicted(w io.Writer, all []predicted, output string) error {
	if output == "json" {
		return writeJSON(w, all)
	}
	g := table{header: []string{
		"cell", "quorum", "tolerates", "quorum RTT", "write p50", "write p99", "pipeline", "elected p50", "elected p99",
	}}
	for _, p := range all {
		pipeline, elected, late := "no bound", "never", "never"
		if p.PipelineOps > 0 {
			pipeline = fmt.Sprintf("%.0f/s", p.PipelineOps)
		}
		if p.Failover != nil {
			elected, late = millis(p.Failover.Elected.P50), millis(p.Failover.Elected.P99)
		}
		g.add(p.Cell, fmt.Sprint(p.Quorum), fmt.Sprint(p.Tolerates), p.QuorumRTT.String(),
			micros(p.Write.P50.Nanoseconds()), micros(p.Write.P99.Nanoseconds()), pipeline, elected, late)
	}
	switch output {
	case "csv":
		return g.csv(w)
	case "markdown":
		g.markdown(w)
	default:
		g.text(w)
		fmt.Fprintln(w, "\nFloors by theory: client + sync(leader) + round trip and sync(follower that completes the majority),")
		fmt.Fprintln(w, "before any CPU time; pipeline: the most entries a second that raft keeps on their way. Measured")
		fmt.Fprintln(w, "latencies are higher and rates lower. Elected: time without a leader after a kill.")
	}
	return nil
}

func millis(d time.Duration) string { return d.Round(time.Millisecond).String() }
