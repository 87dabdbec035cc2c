package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/netem"
)

type profilesOptions struct {
	name   string // empty: list them
	output string
}

func newProfilesCommand() *cobra.Command {
	opts := profilesOptions{output: "table"}
	cmd := &cobra.Command{
		Use:               "profiles [NAME|FILE]",
		Short:             "List the network profiles, or print one's round trips with their source",
		Args:              arguments(0, 1),
		ValidArgsFunction: cobra.FixedCompletions(netem.Names(), cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				opts.name = args[0]
			}
			return runProfiles(cmd.OutOrStdout(), opts)
		},
	}
	cmd.Flags().StringVarP(&opts.output, "output", "o", opts.output, "table or json")
	return cmd
}

func runProfiles(stdout io.Writer, opts profilesOptions) error {
	if err := checkFormat(opts.output, "table", "json"); err != nil {
		return err
	}
	if opts.name == "" {
		return listProfiles(stdout, opts.output)
	}
	p, err := netem.Open(opts.name)
	if err != nil {
		return usage(err, configs.ProfileAdvice(opts.name, err))
	}
	if opts.output == "json" {
		return writeJSON(stdout, describeProfile(p))
	}
	return printProfile(stdout, p)
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

func describeProfile(p netem.Profile) profileView {
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
	views := []profileView{}
	for _, name := range netem.Names() {
		p, err := netem.Lookup(name)
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

func printProfile(stdout io.Writer, p netem.Profile) error {
	w := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(stdout, "%s: round trips in ms; a one-way delay is half\n\n", p.Name)
	for _, to := range p.Sites {
		fmt.Fprintf(w, "\t%s", to)
	}
	if len(p.Sites) > 0 {
		fmt.Fprintln(w, "\t")
	}
	for _, from := range p.Sites {
		fmt.Fprint(w, from)
		for _, to := range p.Sites {
			fmt.Fprintf(w, "\t%s", inMS(p.RTT(from, to)))
		}
		fmt.Fprintln(w, "\t")
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(stdout, "\nsource: %s\n", p.Source)
	if p.Date != "" {
		fmt.Fprintf(stdout, "measured: %s\n", p.Date)
	}
	return nil
}

func inMS(d time.Duration) string {
	return fmt.Sprintf("%.2f", float64(d)/float64(time.Millisecond))
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
