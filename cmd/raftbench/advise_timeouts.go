package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/advice"
	"github.com/raftbench/raftbench/units"
)

// adviseTimeoutsOptions are the flags of `advise timeouts`, as they are written.
type adviseTimeoutsOptions struct {
	nodes, profile, leader string
	most                   string
	pauses, stalls         []string
	sync                   string
	seed                   string
	draws                  int
	output                 string
	// measure is the folder of the run that measures the row, for so long; empty where
	// all is to be predicted alone.
	measure, row, measureFor string
}

// usualPauses of a process are assumed where none are stated: a hiccup of the host
// each minute, and now and then a long one.
var usualPauses = []string{"100ms/1m", "500ms/30d"}

func newAdviseTimeoutsCommand() *cobra.Command {
	var o adviseTimeoutsOptions
	cmd := &cobra.Command{
		Use:   "timeouts [--profile NAME] [--measure DIR]",
		Short: "Recommend timeouts: a fast failover, and few false elections",
		Long: `Recommend heartbeat, election and lease timeouts: those with the fastest
failover whose false elections, of a leader that nothing is wrong with, stay
under a rate. Beside it stands what the defaults of Consul, Nomad, Vault and
etcd get.

What deposes a healthy leader is a silence: a process that does not run for a
while (--pause), or a message that was lost and sent again. Say how long such
pauses last and how often each node has one; nothing that is not said is in the
answer. All of it is predicted.

--measure DIR runs the advised timeouts under all that is stated, with real
pauses of real processes. All times are shortened by one factor, and pauses are
so frequent that minutes hold as many as years would: what is measured is how
many of them cost the leader its place. It ends with the upper bound on false
elections, and with exit code 3 where the limit is broken, 5 where it is not
decided.`,
		Example: "  raftbench advise timeouts --profile multi-az\n" +
			"  raftbench advise timeouts --profile multi-az --measure results/advised\n" +
			"  raftbench advise timeouts --nodes 5 --profile aws-us-3 \\\n" +
			"    --max-false-elections 1/30d --pause 200ms/1h --stall 2s/10m",
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runAdviseTimeouts(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.InOrStdin(), o)
		},
	}
	f := cmd.Flags()
	textFlag(f, &o.nodes, "nodes", "N", "the cluster's size (default 3)")
	profileFlag(f, &o.profile)
	textFlag(f, &o.leader, "leader", "SITE", "where the leader is")
	textFlag(f, &o.most, "max-false-elections", "N/TIME", "how many false elections are acceptable, such as 1/30d (default 1/year)")
	f.StringArrayVar(&o.pauses, "pause", nil, "each process does not run for `LENGTH/EVERY`, such as 200ms/1h; may be given again (default "+strings.Join(usualPauses, " and ")+")")
	f.StringArrayVar(&o.stalls, "stall", nil, "each disk holds its writes for `LENGTH/EVERY`, such as 2s/10m; may be given again")
	textFlag(f, &o.sync, "fsync", "TIME", "how long a sync of the disk takes (default 1ms)")
	textFlag(f, &o.seed, "seed", "N", "what everything random comes from")
	f.IntVar(&o.draws, "draws", tuningDraws, "how many coincidences of each kind are played: the `NUMBER` that bounds what is rare")
	textFlag(f, &o.measure, "measure", "DIR", "measure it, too: a folder for the run, or that of one which was interrupted")
	textFlag(f, &o.row, "row", "NAME", "measure this row of the table, such as nomad (default "+rowAdvised+")")
	textFlag(f, &o.measureFor, "for", "TIME", "how long is measured (default: what proves the limit, 1m to 5m)")
	outputFlag(f, &o.output, adviseFormats...)
	return cmd
}

func runAdviseTimeouts(ctx context.Context, stdout, stderr io.Writer, stdin io.Reader, o adviseTimeoutsOptions) error {
	if err := checkFormat(o.output, adviseFormats...); err != nil {
		return err
	}
	if o.measure == "" && (o.row != "" || o.measureFor != "") {
		return usage(errors.New("got --row or --for without --measure"), "name the folder of the run: --measure results/advised")
	}
	if err := o.measurable(); err != nil {
		return err
	}
	setup, seed, err := o.setup()
	if err != nil {
		return err
	}
	a, err := o.stated(setup)
	if err != nil {
		return err
	}
	w := weighing{advice: &a, setup: setup, seed: seed, draws: o.draws, show: newWeighed(stderr, setup.Nodes)}
	if err := w.weigh(); err != nil {
		return err
	}
	if o.measure == "" {
		a.Measure = o.measureCommand()
		return printTimeouts(stdout, a, o.output)
	}
	if o.output == "table" {
		if err := advice.TimeoutsText(stdout, a); err != nil {
			return err
		}
	}
	return o.measureRow(ctx, stdout, stderr, stdin, a, setup, w.tuning(configs.EngineHashicorp).Healthy)
}

func printTimeouts(stdout io.Writer, a advice.Timeouts, output string) error {
	switch output {
	case "json":
		return writeJSON(stdout, a)
	case "markdown":
		return advice.TimeoutsMarkdown(stdout, a)
	}
	return advice.TimeoutsText(stdout, a)
}

// cluster is the experiment that the flags describe.
func (o adviseTimeoutsOptions) cluster() runOptions {
	return runOptions{overrides: configs.Overrides{
		Nodes: cmp.Or(o.nodes, "3"), Profile: cmp.Or(o.profile, "none"), Leader: o.leader, Seed: o.seed,
	}}
}

// setup is the cluster, whatever its timeouts.
func (o adviseTimeoutsOptions) setup() (configs.Setup, int64, error) {
	plan, err := sketchElections(o.cluster())
	if err != nil {
		return configs.Setup{}, 0, orUsage(err)
	}
	if len(plan.Setups) != 1 {
		return configs.Setup{}, 0, usage(fmt.Errorf("got --nodes %s and --profile %s, want one of each", o.nodes, cmp.Or(o.profile, "none")), "ask once for each of them")
	}
	s := plan.Setups[0]
	if s.Nodes < 3 {
		return configs.Setup{}, 0, usage(fmt.Errorf("got --nodes %d, want 3 or more", s.Nodes), "with fewer there is no failover: nothing may fail")
	}
	return s, plan.Seed, nil
}

// stated is what was said of the cluster's host.
func (o adviseTimeoutsOptions) stated(s configs.Setup) (advice.Timeouts, error) {
	a := advice.Timeouts{Nodes: s.Nodes, Profile: s.Network.Name, Assumed: len(o.pauses) == 0, Sync: time.Millisecond}
	var err error
	if a.MostPerHour, err = perHour("--max-false-elections", cmp.Or(o.most, "1/year")); err != nil {
		return a, err
	}
	pauses := o.pauses
	if a.Assumed {
		pauses = usualPauses
	}
	if a.Pauses, err = interruptions("--pause", pauses); err != nil {
		return a, err
	}
	if a.Stalls, err = interruptions("--stall", o.stalls); err != nil {
		return a, err
	}
	if o.draws < 1 || o.draws > mostDraws {
		return a, usage(fmt.Errorf("got --draws %d, want 1 to %d", o.draws, mostDraws), "leave it out for the default")
	}
	if o.sync != "" {
		if a.Sync, err = units.ParseDuration(o.sync); err != nil {
			return a, usage(fmt.Errorf("--fsync: %w", err), cmp.Or(hintOf(err), "write it like --fsync 1ms"))
		}
		if a.Sync > longestSync {
			return a, usage(fmt.Errorf("got --fsync %s, want at most %s", o.sync, longestSync), "write it like --fsync 1ms")
		}
	}
	return a, nil
}

// tuningDraws of coincidences are enough that a rate near the limit is not judged by
// its noise.
const (
	tuningDraws = 300
	mostDraws   = 10_000
)

// weighing fills in what timeouts get.
type weighing struct {
	advice *advice.Timeouts
	setup  configs.Setup
	seed   int64
	draws  int
	show   func(quorum.Timeouts)
}

// tuning by an engine's rules.
func (w weighing) tuning(engine string) quorum.Tuning {
	s := w.setup.OfEngine(engine)
	return quorum.Tuning{
		Failover: func(t quorum.Timeouts) quorum.Failover { return s.WithTimeouts(t).Failover(w.advice.Sync) },
		Healthy: func(t quorum.Timeouts) quorum.Healthy {
			h := s.WithTimeouts(t).Healthy(w.advice.Pauses)
			h.Stalls = w.advice.Stalls
			return h
		},
		Allows:      s.Allows,
		MostPerHour: w.advice.MostPerHour, Draws: w.draws, Seed: w.seed, Trying: w.show,
	}
}

// weigh the advised timeouts and the products'.
func (w weighing) weigh() error {
	a := w.advice
	best, err := w.tuning(configs.EngineHashicorp).Fastest()
	switch {
	case errors.Is(err, quorum.ErrNoTimeouts):
		a.Why = err.Error()
	case err != nil:
		return fail(exitFailed, err, "")
	default:
		a.Advised = &best
	}
	for _, p := range configs.Products() {
		got, err := w.tuning(p.Engine).Get(p.Timeouts)
		if err != nil {
			return fail(exitFailed, err, "")
		}
		a.Others = append(a.Others, advice.Product{Name: p.Name, What: p.What, Tuned: got})
	}
	multiplied, place, err := w.tuning(configs.EngineHashicorp).FirstOf(configs.Multiplied())
	if err != nil {
		return fail(exitFailed, err, "")
	}
	a.Multiplied, a.Multiplier = multiplied, place+1
	return nil
}

// fewSimulated are the nodes whose simulation takes no time to speak of.
const fewSimulated = 3

// newWeighed tells on stderr what is simulated, where that takes long enough for
// somebody to wonder.
func newWeighed(stderr io.Writer, nodes int) func(quorum.Timeouts) {
	tried := 0
	return func(t quorum.Timeouts) {
		if nodes <= fewSimulated {
			return
		}
		if tried == 0 {
			fmt.Fprintf(stderr, "simulating %d nodes: some dozen timeouts, each in seconds where nodes are many; fewer --draws take less, and bound less\n", nodes)
		}
		tried++
		fmt.Fprintf(stderr, "  %d: heartbeat %s, lease %s\n", tried, units.FormatDuration(t.Heartbeat), units.FormatDuration(t.Lease))
	}
}

// longestPause of a process, or stall of a disk, that is asked about: longer ones
// are failures.
const longestPause = time.Minute

// interruptions are read from LENGTH/EVERY.
func interruptions(flag string, texts []string) ([]quorum.Interruption, error) {
	all := []quorum.Interruption{}
	for _, text := range texts {
		length, every, found := strings.Cut(text, "/")
		i := quorum.Interruption{}
		var err error
		if !found {
			err = fmt.Errorf("got %q, want LENGTH/EVERY", text)
		}
		if err == nil {
			i.Length, err = units.ParseDuration(length)
		}
		if err == nil {
			i.Every, err = units.ParseDuration(every)
		}
		switch {
		case err != nil:
		case i.Length <= 0:
			err = fmt.Errorf("got a length of %s, want more than 0", length)
		case i.Length > longestPause:
			err = fmt.Errorf("got a length of %s, want at most %s", length, units.FormatDuration(longestPause))
		case i.Every < 10*i.Length:
			err = fmt.Errorf("got %s every %s, want ten times its length or more between two", length, every)
		}
		if err != nil {
			return nil, usage(fmt.Errorf("%s: %w", flag, err), cmp.Or(hintOf(err), "write it like "+flag+" 200ms/1h: for 200 ms, once an hour"))
		}
		all = append(all, i)
	}
	return all, nil
}

// mostFalseElections an hour that are asked about: one a second.
const mostFalseElections = 3600

// perHour reads N/TIME, such as 1/30d or 2/year.
func perHour(flag, text string) (float64, error) {
	number, unit, found := strings.Cut(text, "/")
	n, err := strconv.ParseFloat(number, 64)
	switch {
	case !found:
		err = fmt.Errorf("got %q, want a number and a time", text)
	case err != nil || !units.Finite(n) || n <= 0:
		err = fmt.Errorf("got %q, want a number above 0", number)
	}
	if err != nil {
		return 0, usage(fmt.Errorf("%s: %w", flag, err), "write it like "+flag+" 1/year or 2/30d")
	}
	if words := map[string]string{"hour": "1h", "day": "1d", "week": "7d", "month": "30d", "year": "1y", "y": "1y"}; words[unit] != "" {
		unit = words[unit]
	}
	every, err := units.ParseDuration(unit)
	if err == nil && every == 0 {
		err = errors.New("got 0, want a time above 0")
	}
	if err != nil {
		return 0, usage(fmt.Errorf("%s: %w", flag, err), "write it like "+flag+" 1/year or 2/30d")
	}
	rate := n / every.Hours()
	if rate > mostFalseElections {
		return 0, usage(fmt.Errorf("%s: got %s, want at most %d an hour", flag, text, mostFalseElections), "write it like "+flag+" 1/year or 2/30d")
	}
	return rate, nil
}
