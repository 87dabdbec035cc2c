package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/units"
)

type profilesOptions struct {
	name   string // empty: list them
	output string
}

func newProfilesCommand() *cobra.Command {
	opts := profilesOptions{}
	cmd := &cobra.Command{
		Use:   "profiles [NAME|FILE]",
		Short: "List the networks that can be emulated, or print one",
		Long: `List the built-in networks, or print one: its round trips, its shaped links and
where the figures are from. A FILE is a network of your own, which is checked.
With -o yaml one is printed as a file that can be changed and used.`,
		Example: `  raftbench profiles multi-az
  raftbench profiles multi-az -o yaml > my.yaml
  raftbench profiles ./my.yaml`,
		Args:              arguments(0, 1),
		ValidArgsFunction: cobra.FixedCompletions(profiles.Names(), cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				if opts.name = args[0]; opts.name == "" {
					return usage(errors.New(`got "", want a profile's name or a file`), "`raftbench profiles` lists the built-in ones")
				}
			}
			return runProfiles(cmd.OutOrStdout(), opts)
		},
	}
	outputFlag(cmd.Flags(), &opts.output, "table", "json", "yaml")
	return cmd
}

func runProfiles(stdout io.Writer, opts profilesOptions) error {
	if err := checkFormat(opts.output, "table", "json", "yaml"); err != nil {
		return err
	}
	if opts.name == "" {
		return listProfiles(stdout, opts.output)
	}
	p, err := profiles.Open(opts.name)
	if err != nil {
		return usage(err, configs.ProfileAdvice(opts.name, err))
	}
	switch opts.output {
	case "json":
		return writeJSON(stdout, describeProfile(p))
	case "yaml":
		return writeProfile(stdout, p)
	}
	return printProfile(stdout, p)
}

// writeProfile writes the file of a profile: only of one that has any.
func writeProfile(stdout io.Writer, p profiles.Profile) error {
	if len(p.Sites) == 0 {
		return usage(fmt.Errorf("profile %s has no sites, so there is no file to write", p.Name), "`raftbench profiles multi-az -o yaml` writes one to start from")
	}
	_, err := stdout.Write(p.YAML())
	return err
}

// profileView is a profile as JSON: round trips in ns by site and site.
type profileView struct {
	Name    string                              `json:"name"`
	Source  string                              `json:"source"`
	Date    string                              `json:"date,omitempty"`
	Sites   []string                            `json:"sites"`
	LocalNS time.Duration                       `json:"local_rtt_ns"`
	RTT     map[string]map[string]time.Duration `json:"rtt_ns"`
	Links   map[string]map[string]netem.Shape   `json:"links"`
}

func describeProfile(p profiles.Profile) profileView {
	v := profileView{
		Name: p.Name, Source: p.Source, Date: p.Date, Sites: append([]string{}, p.Sites...),
		LocalNS: 2 * p.Local.Delay, RTT: map[string]map[string]time.Duration{}, Links: p.Links,
	}
	for _, from := range p.Sites {
		v.RTT[from] = map[string]time.Duration{}
		for _, to := range p.Sites {
			v.RTT[from][to] = p.RTT(from, to)
		}
	}
	return v
}

func listProfiles(stdout io.Writer, output string) error {
	if output == "yaml" {
		return usage(errors.New("got -o yaml and no profile, want one"), "raftbench profiles multi-az -o yaml")
	}
	views := []profileView{}
	for _, name := range profiles.Names() {
		p, err := profiles.Lookup(name)
		if err != nil {
			return err
		}
		views = append(views, describeProfile(p))
	}
	if output == "json" {
		return writeJSON(stdout, views)
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROFILE\tSITES\tROUND TRIPS\tMEASURED")
	for _, v := range views {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", v.Name, len(v.Sites), v.span(), v.Date)
	}
	return w.Flush()
}

// span is the nearest and the farthest round trip between sites.
func (v profileView) span() string {
	low, high := time.Duration(0), time.Duration(0)
	for from, row := range v.RTT {
		for to, rtt := range row {
			if from == to {
				continue
			}
			if low == 0 || rtt < low {
				low = rtt
			}
			high = max(high, rtt)
		}
	}
	switch {
	case len(v.Sites) == 0:
		return "nothing injected"
	case high == 0:
		return inMS(v.LocalNS) + " ms"
	case low == high:
		return inMS(low) + " ms"
	}
	return inMS(low) + " to " + inMS(high) + " ms"
}

func printProfile(stdout io.Writer, p profiles.Profile) error {
	fmt.Fprintf(stdout, "%s: %s\n\n", p.Name, halves(p))
	if err := printTrips(stdout, p); err != nil {
		return err
	}
	printLinks(stdout, p.Shaped())
	fmt.Fprintln(stdout, wrapped("source: "+cmp.Or(p.Source, "not given"), "", "  "))
	if p.Date != "" {
		fmt.Fprintf(stdout, "measured: %s\n", p.Date)
	}
	if p.NoLocal && len(p.Sites) > 0 {
		fmt.Fprintln(stdout, "local: not given: members of one site have no delay between them")
	}
	for _, w := range p.Warnings {
		fmt.Fprintln(stdout, wrapped("warning: "+w, "", "  "))
	}
	return nil
}

// halves says what a one-way delay is to a round trip.
func halves(p profiles.Profile) string {
	oneSided := func(l profiles.Direction) bool { return l.Shape.Delay != p.Shape(l.To, l.From).Delay }
	switch {
	case len(p.Sites) == 0:
		return "no link is shaped"
	case slices.ContainsFunc(p.Shaped(), oneSided):
		return "round trips in ms; a one-way delay is half where no link below says otherwise"
	}
	return "round trips in ms; a one-way delay is half"
}

func printTrips(stdout io.Writer, p profiles.Profile) error {
	if len(p.Sites) == 0 {
		return nil
	}
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, to := range p.Sites {
		fmt.Fprintf(w, "\t%s", to)
	}
	fmt.Fprintln(w, "\t")
	for _, from := range p.Sites {
		fmt.Fprint(w, from)
		for _, to := range p.Sites {
			text := inMS(p.RTT(from, to))
			if from == to && p.NoLocal {
				text = "–"
			}
			fmt.Fprintf(w, "\t%s", text)
		}
		fmt.Fprintln(w, "\t")
	}
	fmt.Fprintln(w)
	return w.Flush()
}

// printLinks tells what single directions do beyond half of a round trip.
func printLinks(stdout io.Writer, links []profiles.Direction) {
	if len(links) == 0 {
		return
	}
	fmt.Fprintln(stdout, "shaped links, one direction each:")
	for _, l := range links {
		var figures []string
		for _, f := range l.Shape.Figures() {
			figures = append(figures, f.Key+" "+f.Value)
		}
		fmt.Fprintf(stdout, "  %s→%s: %s\n", l.From, l.To, cmp.Or(strings.Join(figures, ", "), "no delay"))
		if l.Shape.Clamped() {
			fmt.Fprintln(stdout, wrapped("its jitter reaches below a delay of zero and is cut off there: the mean is above "+units.FormatMillis(l.Shape.Delay), "    ", "      "))
		}
	}
	fmt.Fprintln(stdout)
}

func inMS(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}
