package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/units"
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
	// another: a fault is done that is not the leader's death, and of its outage nothing
	// is predicted.
	another bool
}

// forecast of a setup. Its outage is that of a leader's death, and left out where the
// experiment times another fault.
func forecast(s configs.Setup, sync time.Duration, seed int64) (predicted, error) {
	f, err := s.Forecast(sync, seed)
	p := predicted{Cell: s.Cell, Forecast: f}
	if f.Tolerates > 0 && (s.Outage.Action != "kill" || s.Outage.Target == configs.Follower || s.Outage.Target == configs.Followers) {
		p.another, p.Failover, p.NotElected = true, nil, ""
	}
	return p, err
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
	if o.sync < 0 || o.sync > longestSync {
		return usage(fmt.Errorf("got --fsync %s, want 0 to %s", o.sync, longestSync), "write it like --fsync 150us; 0 probes this disk")
	}
	if o.sync == 0 {
		if o.sync, err = probeSync(ctx, stdout, stderr); err != nil {
			return err
		}
	}
	var all []predicted
	for _, s := range plan.Setups {
		p, err := forecast(s, o.sync, plan.Seed)
		if err != nil {
			return fail(exitFailed, err, "")
		}
		all = append(all, p)
	}
	return printPredicted(stdout, all, o.output)
}

// longestSync of a disk that is asked about: a slower one is broken.
const longestSync = 10 * time.Second

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

// sketchElections is a sketch of clusters whose elections can be simulated.
func sketchElections(o runOptions) (configs.Plan, error) {
	plan, err := sketch(o)
	for _, s := range plan.Setups {
		if s.Nodes > quorum.MaxMembers {
			return configs.Plan{}, usage(fmt.Errorf("got %d nodes, want at most %d", s.Nodes, quorum.MaxMembers), "elections of larger clusters are not simulated")
		}
	}
	return plan, err
}

func printPredicted(w io.Writer, all []predicted, output string) error {
	if output == "json" {
		return writeJSON(w, all)
	}
	if output == "csv" {
		return predictedFigures(all).csv(w)
	}
	if output == "markdown" {
		predictedTable(all, "").markdown(w)
		return nil
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Cell)
	}
	shared := sharedEnd(names)
	if shared != "" {
		fmt.Fprintf(w, "setups: N%s\n\n", shared)
	}
	predictedTable(all, shared).text(w)
	fmt.Fprintln(w)
	paragraph(w, "", "These are floors by theory: client + sync(leader) + round trip and sync(the follower that completes the majority), "+
		"before any processor time. Measured latencies are higher and rates lower. Pipeline: the most entries a second that raft keeps under way. "+
		"Outage: from the death of the leader to the first entry that its successor commits, simulated.")
	if slices.ContainsFunc(all, func(p predicted) bool { return p.another }) {
		paragraph(w, "", "–: the fault that the experiment times there is not the death of the leader, and how long it stops writes is not predicted.")
	}
	for _, p := range all {
		if p.NotElected != "" {
			paragraph(w, "", "No prediction for "+p.Cell+": "+p.NotElected+".")
		}
	}
	return nil
}

// predictedTable is for people; the end that all names share is left out.
func predictedTable(all []predicted, shared string) *table {
	t := &table{header: []string{
		"setup", "tolerates", "quorum RTT", "write p50", "p99", "pipeline", "outage p50", "p99",
	}}
	for _, p := range all {
		pipeline, usual, late := "no bound", "no end", "no end"
		if p.PipelineOps > 0 {
			pipeline = units.Rate.Show(p.PipelineOps)
		}
		switch {
		case p.another:
			usual, late = "–", "–"
		case p.Failover != nil:
			usual, late = showNS(p.Failover.Committed.P50.Nanoseconds()), showNS(p.Failover.Committed.P99.Nanoseconds())
		case p.NotElected != "":
			usual, late = "no prediction", "no prediction"
		}
		t.add(strings.TrimSuffix(p.Cell, shared), fmt.Sprint(p.Tolerates), showNS(p.QuorumRTT.Nanoseconds()),
			showNS(p.Write.P50.Nanoseconds()), showNS(p.Write.P99.Nanoseconds()), pipeline, usual, late)
	}
	return t
}

// predictedFigures is for programs; what has no bound or no end is empty.
func predictedFigures(all []predicted) *table {
	t := &table{header: []string{
		"cell", "quorum", "tolerates", "quorum_rtt_ns", "write_latency_p50_ns", "write_latency_p99_ns", "pipeline_ops", "outage_p50_ns", "outage_p99_ns",
	}}
	ns := func(d time.Duration) string { return fmt.Sprint(d.Nanoseconds()) }
	for _, p := range all {
		pipeline, usual, late := "", "", ""
		if p.PipelineOps > 0 {
			pipeline = fmt.Sprintf("%.0f", p.PipelineOps)
		}
		if p.Failover != nil {
			usual, late = ns(p.Failover.Committed.P50), ns(p.Failover.Committed.P99)
		}
		t.add(p.Cell, fmt.Sprint(p.Quorum), fmt.Sprint(p.Tolerates), ns(p.QuorumRTT), ns(p.Write.P50), ns(p.Write.P99), pipeline, usual, late)
	}
	return t
}

// sharedEnd is the end that several names share, from a hyphen on.
func sharedEnd(names []string) string {
	if len(names) < 2 {
		return ""
	}
	shared := names[0]
	for _, n := range names[1:] {
		for !strings.HasSuffix(n, shared) {
			shared = shared[1:]
		}
	}
	if i := strings.Index(shared, "-"); i >= 0 {
		return shared[i:]
	}
	return ""
}
