package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/strictyaml"
)

// planOptions are the flags of `plan`, as they are written.
type planOptions struct {
	profile                 string
	tolerate, tolerateSites int
	limits                  []string
	nodes, leader, client   string
	engine                  string
	sync                    time.Duration
	from                    string
	lives                   adviseSizeOptions
	output                  string
}

func newPlanCommand() *cobra.Command {
	o := planOptions{tolerate: 1}
	cmd := &cobra.Command{
		Use:   "plan --profile NAME",
		Short: "Tell how many nodes to run, and where, on a map of sites",
		Long: `Search for the sizes, the placements and the leader's site with the least write
latency, among those that outlive the loss of so many nodes and, apart from
that, of so many whole sites. Nothing is run: all of it is a prediction for
machines of their own, whose processors take no time; with --from DIR, a run of
1 and 3 nodes under light load, they take what they took there. "raftbench run"
with the printed --sites and --leader shows on this machine what they add.

Where the profile has three or more sites, the loss of any one of them is to be
outlived unless --tolerate-zones says otherwise: 0 also takes placements that
one site takes down.

A limit is on what a write takes for the clients (p50, p90 or p99), or on the
time of a year without writes (downtime).`,
		Example: `  raftbench plan --profile aws-global-7 --tolerate 2 --tolerate-zones 1
  raftbench plan --profile aws-us-3 --limit "p50 < 20ms" --limit "downtime < 1h"
  raftbench plan --profile aws-global-7 --client us-east-1=3,tokyo=1 -o json
  raftbench plan --profile aws-us-3 --tolerate-zones 1 --from results/reference`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("tolerate-zones") {
				o.tolerateSites = sitesByDefault
			}
			return runPlan(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	profileFlag(f, &o.profile)
	f.IntVar(&o.tolerate, "tolerate", 1, "outlive the loss of any `N` nodes")
	f.IntVar(&o.tolerateSites, "tolerate-zones", 0, "outlive the loss of any `N` whole sites of the profile (default: 1 of three or more)")
	f.StringArrayVar(&o.limits, "limit", nil, "what is to be met, as `LIMIT` such as \"p50 < 120ms\" or \"downtime < 30m\"; may be given again")
	textFlag(f, &o.nodes, "nodes", "N,...", "cluster sizes (default: the smallest that will do, and two more)")
	textFlag(f, &o.leader, "leader", "SITE", "where the leader is to stand (default: wherever it is best)")
	textFlag(f, &o.client, "client", "SITE[=WEIGHT],...", "where the load comes from (default: all sites alike)")
	textFlag(f, &o.engine, "engine", "NAME", "hashicorp, whose leader writes its log first, or etcd")
	f.DurationVar(&o.sync, "fsync", 0, "the `TIME` that one sync of a disk takes (default: measured here)")
	fromFlag(f, &o.from)
	o.lives = adviseSizeOptions{mtbf: "30d", mttr: "10m", zoneMTBF: "1y", zoneMTTR: "1h"}
	textFlag(f, &o.lives.mtbf, "mtbf", "TIME", "how long a node runs between two failures, at the mean")
	textFlag(f, &o.lives.mttr, "mttr", "TIME", "how long a failed node is away")
	textFlag(f, &o.lives.zoneMTBF, "zone-mtbf", "TIME", "how long a site runs between two failures of all of it")
	textFlag(f, &o.lives.zoneMTTR, "zone-mttr", "TIME", "how long a failed site is away")
	outputFlag(f, &o.output, summaryFormats...)
	return cmd
}

// sitesByDefault: how many sites are to be outlived was not asked.
const sitesByDefault = -1

// question is what a plan is asked, with all names resolved.
type question struct {
	profile profiles.Profile
	// profileName as it was written: a name, or a file.
	profileName string
	search      quorum.Search
	limits      []planLimit
	engine      string
	sync        time.Duration
	// from is the folder of the run whose code and logs are taken.
	from string
	// fullLoad is what one node of that run did at full load, a second; 0: not known.
	fullLoad float64
	// siteByDefault: nobody asked that the loss of a site be outlived.
	siteByDefault bool
	node          quorum.Life
	site          quorum.Life
	seed          int64
	// asked weights of clients by site; nil: all alike.
	weights map[string]float64
}

func runPlan(ctx context.Context, stdout, stderr io.Writer, o planOptions) error {
	if err := checkFormat(o.output, summaryFormats...); err != nil {
		return err
	}
	q, err := o.question()
	if err != nil {
		return err
	}
	if o.sync < 0 || o.sync > longestSync {
		return usage(fmt.Errorf("got --fsync %s, want 0 to %s", o.sync, longestSync), "write it like --fsync 150us; 0 probes this disk")
	}
	if err := o.times(ctx, &q, stdout, stderr); err != nil {
		return err
	}
	p, err := q.plan()
	if err != nil {
		return err
	}
	return printWhole(stdout, "plan", func(w io.Writer) error { return printPlan(w, p, o.output) })
}

// times of logs and code: as a run had them, or a disk's alone.
func (o planOptions) times(ctx context.Context, q *question, stdout, stderr io.Writer) (err error) {
	if o.from == "" {
		if q.sync = o.sync; q.sync == 0 {
			q.sync, err = probeSync(ctx, stdout, stderr)
		}
		q.search.Store = quorum.Always(configs.SyncsPerWrite * q.sync)
		return err
	}
	if o.sync > 0 {
		return errTwoDisks
	}
	measured, err := calibrate(stderr, o.from)
	if err != nil {
		return err
	}
	asked, err := q.setup(placed{Nodes: 1, Leader: q.profile.Sites[0], sites: q.profile.Sites[0] + "=1"})
	if err != nil {
		return orUsage(err)
	}
	one, err := measured.as(asked)
	if err != nil {
		return err
	}
	t := writeTimes(one.OwnMachines(make([]quorum.Law, 2)))
	q.from, q.sync, q.fullLoad = o.from, t.LeaderLog/configs.SyncsPerWrite, one.fullLoad
	q.search.Store, q.search.Code, q.search.HandOver = quorum.Always(t.LeaderLog), quorum.Always(t.Code), t.Follower-t.LeaderLog
	return nil
}

// question reads what was asked. Whatever cannot be meant is told with what can.
func (o planOptions) question() (question, error) {
	q := question{profileName: o.profile, engine: cmp.Or(o.engine, configs.EngineHashicorp), seed: 1}
	if o.profile == "" {
		return q, usage(errors.New("got no --profile, want a map of sites"), "`raftbench profiles` lists the built-in ones; raftbench plan --profile aws-us-3")
	}
	var err error
	if q.profile, err = profiles.Open(o.profile); err != nil {
		return q, usage(err, configs.ProfileAdvice(o.profile, err))
	}
	if len(q.profile.Sites) == 0 {
		return q, usage(fmt.Errorf("got the profile %s, which has no sites, want one that has", q.profile.Name), "raftbench plan --profile multi-az")
	}
	if engines := []string{configs.EngineHashicorp, configs.EngineEtcd}; !slices.Contains(engines, q.engine) {
		return q, usage(fmt.Errorf("got --engine %q, want hashicorp or etcd", q.engine), strictyaml.MeantName(q.engine, engines, "write it like --engine etcd"))
	}
	if o.tolerateSites == sitesByDefault {
		o.tolerateSites = 0
		if q.siteByDefault = len(q.profile.Sites) >= 3 && o.tolerate > 0; q.siteByDefault {
			o.tolerateSites = 1
		}
	}
	for _, read := range []func(*question) error{o.tolerances, o.sizes, o.places, o.wanted, o.fates} {
		if err := read(&q); err != nil {
			return q, err
		}
	}
	q.search.Overlap = q.engine == configs.EngineEtcd
	return q, nil
}

// tolerances that the sites allow.
func (o planOptions) tolerances(q *question) error {
	sites := len(q.profile.Sites)
	if most := quorum.Size(configs.MaxNodes).Tolerates(); o.tolerate < 0 || o.tolerate > most {
		return usage(fmt.Errorf("got --tolerate %d, want 0 to %d: a cluster has at most %d nodes here", o.tolerate, most, configs.MaxNodes), "two is much: it takes five nodes")
	}
	if most := (sites - 1) / 2; o.tolerateSites < 0 || o.tolerateSites > most {
		return usage(fmt.Errorf("got --tolerate-zones %d, want 0 to %d: %s has %d, and the others must hold a majority", o.tolerateSites, most, q.profile.Name, sites),
			fmt.Sprintf("to outlive the loss of %d, name a profile with at least %d sites", max(1, o.tolerateSites), 2*max(1, o.tolerateSites)+1))
	}
	q.search.Tolerate, q.search.TolerateSites = o.tolerate, o.tolerateSites
	return nil
}

// sizesTried beside the smallest: they tolerate as much or one more.
const sizesTried = 3

// sizes to search among.
func (o planOptions) sizes(q *question) error {
	least := 2*max(o.tolerate, o.tolerateSites) + 1
	if o.nodes == "" {
		for n := least; n < least+sizesTried && n <= configs.MaxNodes; n++ {
			q.search.Sizes = append(q.search.Sizes, quorum.Size(n))
		}
		return nil
	}
	for part := range strings.SplitSeq(o.nodes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < least || n > configs.MaxNodes {
			return usage(fmt.Errorf("got --nodes %s, want numbers from %d to %d: fewer do not outlive what was asked", o.nodes, least, configs.MaxNodes),
				fmt.Sprintf("write it like --nodes %d,%d", least, least+2))
		}
		q.search.Sizes = append(q.search.Sizes, quorum.Size(n))
	}
	slices.Sort(q.search.Sizes)
	q.search.Sizes = slices.Compact(q.search.Sizes)
	return nil
}

// places of the clients and of the leader, and the ways between all sites.
func (o planOptions) places(q *question) error {
	sites := q.profile.Sites
	q.search.Clients = slices.Repeat([]float64{1}, len(sites))
	for _, from := range sites {
		var row []quorum.Law
		for _, to := range sites {
			row = append(row, configs.OneWay(q.profile.Shape(from, to)).Plus(configs.OneWay(q.profile.Shape(to, from))))
		}
		q.search.Trip = append(q.search.Trip, row)
	}
	if o.leader != "" && o.leader != configs.AnyLeader {
		i := slices.Index(sites, o.leader)
		if i < 0 {
			return noSite("--leader", o.leader, q.profile)
		}
		q.search.Leaders = []int{i}
	}
	if o.client == "" {
		return nil
	}
	q.weights, q.search.Clients = map[string]float64{}, make([]float64, len(sites))
	for part := range strings.SplitSeq(o.client, ",") {
		name, text, weighted := strings.Cut(strings.TrimSpace(part), "=")
		weight := 1.0
		if weighted {
			var err error
			if weight, err = strconv.ParseFloat(text, 64); err != nil || !(weight >= leastWeight && weight <= quorum.MostWeight) {
				return usage(fmt.Errorf("got --client %s, want a weight from %.6f to %.0f after =", part, leastWeight, quorum.MostWeight), "write it like --client "+sites[0]+"=3")
			}
		}
		i := slices.Index(sites, name)
		if i < 0 {
			return noSite("--client", name, q.profile)
		}
		if _, twice := q.weights[name]; twice {
			return usage(fmt.Errorf("got --client with %s twice, want each site once", name), "add up its weights: --client "+name+"=3")
		}
		q.weights[name], q.search.Clients[i] = weight, weight
	}
	return nil
}

// leastWeight of a site named with --client: that of no load is left out.
const leastWeight = 1 / quorum.MostWeight

func noSite(flag, name string, p profiles.Profile) error {
	return usage(fmt.Errorf("got %s %q, want a site of %s: %s", flag, name, p.Name, strings.Join(p.Sites, ", ")),
		strictyaml.MeantName(name, p.Sites, "`raftbench profiles "+p.Name+"` shows them"))
}

// wanted limits.
func (o planOptions) wanted(q *question) error {
	for _, text := range o.limits {
		l, err := parsePlanLimit(text)
		if err != nil {
			return err
		}
		q.limits = append(q.limits, l)
	}
	q.search.Missed = func(p quorum.Prediction) (worst float64) {
		for _, l := range q.limits {
			if got, ok := l.ofWrite(p); ok {
				worst = max(worst, l.missed(got))
			}
		}
		return worst
	}
	return nil
}

// fates of nodes and sites.
func (o planOptions) fates(q *question) error {
	lives, err := o.lives.lives()
	if err != nil {
		return err
	}
	q.node, q.site = lives.Nodes[0], lives.Zone
	return nil
}

// planLimit is what a plan is to meet.
type planLimit struct {
	Text string
	of   string // p50, p90, p99 or downtime
	most time.Duration
}

func parsePlanLimit(text string) (planLimit, error) {
	refused := usage(fmt.Errorf("got --limit %q, want p50, p90, p99 or downtime, <, and a time", text), `write it like --limit "p50 < 120ms" or --limit "downtime < 30m"`)
	name, bound, found := strings.Cut(text, "<")
	l := planLimit{of: strings.TrimSpace(name)}
	if !found || !slices.Contains([]string{"p50", "p90", "p99", "downtime"}, l.of) {
		return l, refused
	}
	all, err := times("--limit", strings.TrimSpace(bound), "30m")
	if err != nil || len(all) != 1 {
		return l, refused
	}
	l.most, l.Text = all[0], l.of+" < "+strings.TrimSpace(bound)
	return l, nil
}

// ofWrite is what the limit is on; ok is false where it is not on writes.
func (l planLimit) ofWrite(p quorum.Prediction) (got time.Duration, ok bool) {
	switch l.of {
	case "p50":
		return p.P50, true
	case "p90":
		return p.P90, true
	case "p99":
		return p.P99, true
	}
	return 0, false
}

// missed is by which share of the limit it is missed; 0 where it is met.
func (l planLimit) missed(got time.Duration) float64 {
	if got < l.most {
		return 0
	}
	return max(float64(got)/float64(l.most)-1, 1e-9)
}
