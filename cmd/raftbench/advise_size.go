package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/quorum"
	"github.com/raftbench/raftbench/report/advice"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// adviseSizeOptions are the flags of `advise size`, as they are written.
type adviseSizeOptions struct {
	dir                      string
	mtbf, mttr               string
	zoneMTBF, zoneMTTR, zone string
	nodes, profile           string
	output                   string
}

// adviseFormats are what advice can be printed as with -o.
var adviseFormats = []string{"table", "json", "markdown"}

func newAdviseSizeCommand() *cobra.Command {
	var o adviseSizeOptions
	cmd := &cobra.Command{
		Use:   "size [DIR] --mtbf TIME --mttr TIME",
		Short: "Tell how long each size is down in a year, beside its cost",
		Long: `Tell how many minutes of a year nothing can be written, for each cluster size,
from how often a node fails and how soon it is back: without a majority, and in
elections after the leader failed. Beside it stands what a write costs, and what
an outage lasts, as a run's folder has them: one run of "raftbench run --set
outages.repeat=30" has both. Without DIR outages are predicted from raft's timeouts
and, with --profile, the cost of a write from its round trips.

Times may be days and years: 30d, 1y. Of lists, the first value is n1's, the
second n2's, and the last that of all later nodes.`,
		Example: "  raftbench advise size --mtbf 30d --mttr 10m\n" +
			"  raftbench advise size results/reference --mtbf 30d --mttr 10m --zone-mtbf 1y --zone-mttr 1h",
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.dir = strings.Join(args, "")
			return runAdviseSize(cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	f := cmd.Flags()
	textFlag(f, &o.mtbf, "mtbf", "TIME,...", "how long a node runs between two failures, at the mean: 30d")
	textFlag(f, &o.mttr, "mttr", "TIME,...", "how long a failed node is away until it takes part again, at the mean: 10m")
	textFlag(f, &o.zoneMTBF, "zone-mtbf", "TIME", "how long a zone runs between two failures of all of it: 1y")
	textFlag(f, &o.zoneMTTR, "zone-mttr", "TIME", "how long a failed zone is away: 1h")
	textFlag(f, &o.zone, "zones", "N", "over how many zones nodes are placed in turn (default: as DIR or the profile has them, else 3)")
	textFlag(f, &o.nodes, "nodes", "N,...", "cluster sizes (default: those of DIR, else 1,3,4,5,7)")
	profileFlag(f, &o.profile)
	outputFlag(f, &o.output, adviseFormats...)
	return cmd
}

func runAdviseSize(stdout, stderr io.Writer, o adviseSizeOptions) error {
	if err := checkFormat(o.output, adviseFormats...); err != nil {
		return err
	}
	lives, err := o.lives()
	if err != nil {
		return err
	}
	sizes, err := o.sizes(stderr)
	if err != nil {
		return err
	}
	largest := 0
	for _, s := range sizes {
		largest = max(largest, s.Nodes)
	}
	if n := len(lives.Nodes); n > largest {
		return usage(fmt.Errorf("got times of %d nodes, want at most %d: as many as the largest size has", n, largest),
			"shorten the list of --mtbf or --mttr, or add a size with --nodes")
	}
	if o.zone != "" {
		for i := range sizes {
			sizes[i].Sites = nil // asked for otherwise
		}
	}
	d, err := summary.ExpectDowntime(sizes, lives)
	if err != nil {
		return usage(err, "write how often whole nodes fail, such as --mtbf 30d")
	}
	switch o.output {
	case "json":
		return writeJSON(stdout, d)
	case "markdown":
		return advice.DowntimeMarkdown(stdout, d)
	}
	return advice.DowntimeText(stdout, d)
}

// oneSetupHint tells how to be left with one setup of each size.
func oneSetupHint(s summary.Summary, profile string) string {
	var varied, profiles []string
	seen := map[string]string{}
	for _, c := range s.Cells {
		if !slices.Contains(profiles, c.Profile) {
			profiles = append(profiles, c.Profile)
		}
		for path, value := range c.Params {
			if was, known := seen[path]; known && was != value && !slices.Contains(varied, path) {
				varied = append(varied, path)
			}
			seen[path] = value
		}
	}
	slices.Sort(varied)
	switch {
	case profile != "" && !slices.Contains(profiles, profile) || profile == "" && len(profiles) > 1:
		return "name one profile of the run with --profile, or a run that varies nothing but its nodes"
	case len(varied) == 0:
		return "name a run that varies nothing but its nodes"
	}
	return "name a run that varies nothing but its nodes: this one also varies " + strings.Join(varied, " and ")
}

// sizes are what is known of each size: from a run, or by theory.
func (o adviseSizeOptions) sizes(stderr io.Writer) ([]summary.SizeFacts, error) {
	if o.dir == "" {
		return o.predictedSizes()
	}
	run, err := openHonest(stderr, o.dir)
	if err != nil {
		return nil, err
	}
	s, err := summary.Build(run)
	if err != nil {
		return nil, usage(err, "")
	}
	all, err := summary.SizesOf(s, o.profile)
	if err != nil {
		return nil, usage(err, oneSetupHint(s, o.profile))
	}
	return o.chosen(all)
}

// chosen are the sizes that --nodes names, of those that a run has.
func (o adviseSizeOptions) chosen(all []summary.SizeFacts) ([]summary.SizeFacts, error) {
	if o.nodes == "" {
		return all, nil
	}
	plan, err := sketchElections(runOptions{overrides: configs.Overrides{Nodes: o.nodes}})
	if err != nil {
		return nil, orUsage(err)
	}
	var out []summary.SizeFacts
	for _, s := range plan.Setups {
		i := slices.IndexFunc(all, func(f summary.SizeFacts) bool { return f.Nodes == s.Nodes })
		if i < 0 {
			var has []string
			for _, f := range all {
				has = append(has, strconv.Itoa(f.Nodes))
			}
			return nil, usage(fmt.Errorf("got --nodes %d, and %s has none of that size: want of %s", s.Nodes, o.dir, strings.Join(has, ", ")),
				"leave out --nodes for all of them, or DIR for a prediction")
		}
		out = append(out, all[i])
	}
	return out, nil
}

// predictedSizes are by theory: a write's floor without any disk, and simulated
// elections.
func (o adviseSizeOptions) predictedSizes() ([]summary.SizeFacts, error) {
	plan, err := sketchElections(runOptions{overrides: configs.Overrides{Nodes: cmp.Or(o.nodes, "1,3,4,5,7"), Profile: cmp.Or(o.profile, "none")}})
	if err != nil {
		return nil, orUsage(err)
	}
	var out []summary.SizeFacts
	for _, s := range plan.Setups {
		f, err := s.Forecast(0, plan.Seed)
		if err != nil {
			return nil, fail(exitFailed, err, "")
		}
		if f.NotElected != "" {
			return nil, fail(exitFailed, fmt.Errorf("no prediction for %d nodes: %s", s.Nodes, f.NotElected), "name a profile with shorter round trips")
		}
		size := summary.SizeFacts{Nodes: s.Nodes, OutageBasis: summary.OutagePredicted, OutageNS: (s.Raft.HeartbeatTimeout * 3 / 2).Nanoseconds()}
		if f.Failover != nil {
			size.OutageNS = (f.Failover.Committed.Mean + f.Write.Mean).Nanoseconds()
		}
		if f.Write.P50 > 0 {
			floor := float64(f.Write.P50.Nanoseconds())
			size.Write, size.WriteFloor = &summary.Metric{Median: &floor, N: 1}, true
		}
		for i := range s.Nodes {
			if site := s.Network.Site(i); site != "" {
				size.Sites = append(size.Sites, site)
			}
		}
		out = append(out, size)
	}
	return out, nil
}

const (
	// usualZones are how many a region has.
	usualZones = 3
	// mostZones can be named by a letter each.
	mostZones = 26
)

// lives reads how long nodes and zones run.
func (o adviseSizeOptions) lives() (summary.Lives, error) {
	l := summary.Lives{}
	mtbf, err := times("--mtbf", o.mtbf, "30d")
	if err != nil {
		return l, err
	}
	mttr, err := times("--mttr", o.mttr, "10m")
	if err != nil {
		return l, err
	}
	for i := range max(len(mtbf), len(mttr)) {
		l.Nodes = append(l.Nodes, quorum.Life{MTBF: mtbf[min(i, len(mtbf)-1)], MTTR: mttr[min(i, len(mttr)-1)]})
	}
	if l.Zone, err = o.zoneLife(); err != nil {
		return l, err
	}
	for _, life := range append(slices.Clone(l.Nodes), l.Zone) {
		if life.MTTR > life.MTBF {
			return l, usage(fmt.Errorf("got a mean of %s away after a mean of %s of running, want less", meanTime(life.MTTR), meanTime(life.MTBF)),
				"mtbf is the time between failures, mttr the time of a repair")
		}
	}
	if o.zone == "" {
		if l.Zoned() {
			l.Zones = usualZones
		}
		return l, nil
	}
	if l.Zones, err = strconv.Atoi(o.zone); err != nil || l.Zones < 1 || l.Zones > mostZones {
		return l, usage(fmt.Errorf("got --zones %s, want a number from 1 to %d", o.zone, mostZones), "write it like --zones 3")
	}
	if !l.Zoned() {
		return l, usage(errors.New("got --zones without --zone-mtbf: zones that do not fail change nothing"), "say how often one fails, such as --zone-mtbf 1y")
	}
	return l, nil
}

// meanTime of a life, as people say it: of less than a second too.
func meanTime(d time.Duration) string {
	if d < time.Second {
		return shown(d)
	}
	return units.About(d)
}

// zoneLife is that of a zone; the zero one where zones do not fail.
func (o adviseSizeOptions) zoneLife() (quorum.Life, error) {
	if o.zoneMTBF == "" && o.zoneMTTR == "" {
		return quorum.Life{}, nil
	}
	mtbf, err := times("--zone-mtbf", o.zoneMTBF, "1y")
	if err != nil {
		return quorum.Life{}, err
	}
	mttr, err := times("--zone-mttr", o.zoneMTTR, "1h")
	if err != nil {
		return quorum.Life{}, err
	}
	if len(mtbf) > 1 || len(mttr) > 1 {
		return quorum.Life{}, usage(errors.New("got a list of zones' times, want one time for all zones"), "write it like --zone-mtbf 1y --zone-mttr 1h")
	}
	return quorum.Life{MTBF: mtbf[0], MTTR: mttr[0]}, nil
}

// times reads a list of times above 0.
func times(flag, text, example string) ([]time.Duration, error) {
	if text == "" {
		return nil, usage(fmt.Errorf("got no %s, want a time", flag), "write it like "+flag+" "+example)
	}
	var out []time.Duration
	for part := range strings.SplitSeq(text, ",") {
		d, err := units.ParseDuration(part)
		if err == nil && d == 0 {
			err = errors.New("got 0, want a time above 0")
		}
		if err != nil {
			return nil, usage(fmt.Errorf("%s: %w", flag, err), cmp.Or(hintOf(err), "write it like "+flag+" "+example))
		}
		out = append(out, d)
	}
	return out, nil
}
