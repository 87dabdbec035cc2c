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
	from   string
	output string
}

// predicted is one line of predict.
type predicted struct {
	Cell string `json:"cell"`
	configs.Forecast
	// Here and Own are what a write takes at p50 with what code and logs take on the
	// host of a run: of members that share it, and of members on machines of their own
	// like it. Nil where no run was named.
	Here *time.Duration `json:"write_here_p50_ns,omitempty"`
	Own  *time.Duration `json:"write_own_machines_p50_ns,omitempty"`
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
run shows beyond. With --from DIR what they add on the host of that run, which
must have 1 and 3 nodes under light load, is added at any size: for members that
share the host, and for members on machines of their own like it.`,
		Example: `  raftbench predict --profile aws-us-3 --nodes 3,5
  raftbench predict --profile multi-az --nodes 3,5,7,9 --from results/reference`,
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
	fromFlag(f, &o.from)
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
	if o.from != "" && o.sync > 0 {
		return errTwoDisks
	}
	measured, err := calibrate(stderr, o.from)
	if err != nil {
		return err
	}
	if o.from != "" {
		o.sync = measured.sync
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
		if o.from != "" {
			here, own, err := measured.ofSetup(s)
			if err != nil {
				return err
			}
			p.Here, p.Own = &here, &own
		}
		all = append(all, p)
	}
	return printWhole(stdout, "prediction", func(w io.Writer) error { return printPredicted(w, all, o) })
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

func printPredicted(w io.Writer, all []predicted, o predictOptions) error {
	if o.output == "json" {
		return writeJSON(w, all)
	}
	if o.output == "csv" {
		return predictedFigures(all).csv(w)
	}
	if o.output == "markdown" {
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
	if o.from != "" {
		paragraph(w, "", "Predicted, not measured. Here: all members on the host of "+o.from+". Own machines: each on one like it. "+
			"Both are p50 of a lone write, from the parts of a write at 1 and 3 nodes there (docs/model.md).")
	}
	rates := " Pipeline: the most entries a second that raft keeps under way; measured rates are lower."
	if o.from != "" {
		rates = ""
	}
	paragraph(w, "", "Floor: client + sync(leader) + round trip and sync(the follower that completes the majority), "+
		"with "+shown(o.sync)+" for a sync of a real disk, before any processor time: measured latencies are higher."+rates+
		" Outage: from the death of the leader to the first entry that its successor commits, simulated.")
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
	t := &table{header: []string{"setup", "tolerates", "quorum RTT", "floor p50"}}
	measured := len(all) > 0 && all[0].Here != nil
	if measured { // no more fits 80 columns
		t.header = append(t.header, "here p50", "own machines")
	} else {
		t.header = append(t.header, "p99", "pipeline")
	}
	t.header = append(t.header, "outage p50", "p99")
	for _, p := range all {
		usual, late := "no end", "no end"
		switch {
		case p.another:
			usual, late = "–", "–"
		case p.Failover != nil:
			usual, late = showNS(p.Failover.Committed.P50.Nanoseconds()), showNS(p.Failover.Committed.P99.Nanoseconds())
		case p.NotElected != "":
			usual, late = "no prediction", "no prediction"
		}
		row := []string{strings.TrimSuffix(p.Cell, shared), fmt.Sprint(p.Tolerates), shown(p.QuorumRTT), shown(p.Write.P50)}
		switch {
		case measured:
			row = append(row, shown(*p.Here), shown(*p.Own))
		case p.PipelineOps > 0:
			row = append(row, shown(p.Write.P99), units.Rate.Show(p.PipelineOps))
		default:
			row = append(row, shown(p.Write.P99), "no bound")
		}
		t.add(append(row, usual, late)...)
	}
	return t
}

// predictedFigures is for programs; what has no bound or no end is empty.
func predictedFigures(all []predicted) *table {
	t := &table{header: []string{
		"cell", "quorum", "tolerates", "quorum_rtt_ns", "write_latency_p50_ns", "write_latency_p99_ns", "pipeline_ops", "outage_p50_ns", "outage_p99_ns",
		"write_here_p50_ns", "write_own_machines_p50_ns",
	}}
	ns := func(d time.Duration) string { return fmt.Sprint(d.Nanoseconds()) }
	for _, p := range all {
		pipeline, usual, late, here, own := "", "", "", "", ""
		if p.Here != nil {
			here, own = ns(*p.Here), ns(*p.Own)
		}
		if p.PipelineOps > 0 {
			pipeline = fmt.Sprintf("%.0f", p.PipelineOps)
		}
		if p.Failover != nil {
			usual, late = ns(p.Failover.Committed.P50), ns(p.Failover.Committed.P99)
		}
		t.add(p.Cell, fmt.Sprint(p.Quorum), fmt.Sprint(p.Tolerates), ns(p.QuorumRTT), ns(p.Write.P50), ns(p.Write.P99), pipeline, usual, late, here, own)
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
