package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/units"
)

type doctorOptions struct {
	dir    string // where a run's data would lie
	output string
}

// How much doctor measures: some two seconds of timers and four of links.
const (
	timerRounds  = 60
	linkMessages = 200
	linkInterval = 5 * time.Millisecond // 200 messages a second
)

var (
	timerWaits = []time.Duration{
		50 * time.Microsecond, 500 * time.Microsecond, time.Millisecond,
		5 * time.Millisecond, 12500 * time.Microsecond,
	}
	linkDelays = []time.Duration{250 * time.Microsecond, time.Millisecond, 5 * time.Millisecond, 33 * time.Millisecond}
)

// timerRow says how late a wait ends: by Go's timer, and by the one that
// produces delays.
type timerRow struct {
	AskedNS      int64 `json:"asked_ns"`
	SleepP50NS   int64 `json:"sleep_p50_ns"`
	SleepP99NS   int64 `json:"sleep_p99_ns"`
	PreciseP50NS int64 `json:"precise_p50_ns"`
	PreciseP99NS int64 `json:"precise_p99_ns"`
}

// linkRow says how late an emulated link delivers.
type linkRow struct {
	AskedNS    int64 `json:"asked_ns"`
	ErrorP50NS int64 `json:"error_p50_ns"`
	ErrorP99NS int64 `json:"error_p99_ns"`
	Messages   int   `json:"messages"`
}

// diagnosis is what doctor prints with -o json.
type diagnosis struct {
	Host      results.Environment `json:"host"`
	Meanwhile hostRow             `json:"meanwhile"`
	Timers    []timerRow          `json:"timers"`
	Links     []linkRow           `json:"links"`
	// Advice says what the figures mean for a run here.
	Advice []string `json:"advice"`
}

func newDoctorCommand() *cobra.Command {
	o := doctorOptions{}
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Measure what a run on this host can be trusted with",
		Long: `Measure, in some ten seconds, how late this host's timers fire, how long its
disk takes to sync, how true its emulated links are, what else goes on here and
what the waking of idle cores costs, and say what that means for a run. Leave
the host idle meanwhile, as for a run.`,
		Args: arguments(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), o)
		},
	}
	o.dir = resultsDir
	textFlag(cmd.Flags(), &o.dir, "dir", "DIR", "the folder whose disk is measured")
	outputFlag(cmd.Flags(), &o.output, "table", "json")
	return cmd
}

func runDoctor(ctx context.Context, stdout, stderr io.Writer, o doctorOptions) error {
	if err := checkFormat(o.output, "table", "json"); err != nil {
		return err
	}
	ctx, life := begin(ctx, stdout, stderr)
	defer life.end()
	fmt.Fprintln(life.stderr, "measuring disk, timers, emulated links and the waking of cores: some ten seconds")
	d, err := diagnose(ctx, o.dir)
	if ctx.Err() != nil {
		return stopped(ctx, "nothing was kept")
	}
	if err != nil {
		return fail(exitFailed, err, "")
	}
	if o.output == "json" {
		return writeJSON(stdout, d)
	}
	d.print(stdout)
	return nil
}

func diagnose(ctx context.Context, dir string) (diagnosis, error) {
	// A diagnosis creates no folder.
	dir, before := nearestDir(dir), host.ReadCounters(ctx)
	env, err := host.Probe(ctx, dir, true)
	if err != nil {
		return diagnosis{}, err
	}
	d := diagnosis{Host: env, Timers: measureTimers(ctx)}
	if d.Links, err = measureLinks(ctx); err != nil {
		return diagnosis{}, err
	}
	if d.Meanwhile, err = measureHost(ctx, dir, before); err != nil {
		return diagnosis{}, err
	}
	d.Advice = d.advise()
	return d, nil
}

func measureTimers(ctx context.Context) []timerRow {
	var rows []timerRow
	for _, asked := range timerWaits {
		if ctx.Err() != nil {
			break
		}
		sleep := clock.Lateness(asked, timerRounds, func(int64) { time.Sleep(asked) })
		precise := clock.Lateness(asked, timerRounds, func(due int64) { clock.SleepUntil(due) })
		rows = append(rows, timerRow{
			AskedNS:    asked.Nanoseconds(),
			SleepP50NS: percentile(sleep, 50), SleepP99NS: percentile(sleep, 99),
			PreciseP50NS: percentile(precise, 50), PreciseP99NS: percentile(precise, 99),
		})
	}
	return rows
}

func measureLinks(ctx context.Context) ([]linkRow, error) {
	var rows []linkRow
	for _, delay := range linkDelays {
		late, err := netem.MeasureLink(ctx, delay, linkMessages, linkInterval)
		if err != nil {
			return rows, fmt.Errorf("emulated link of %s: %w", delay, err)
		}
		rows = append(rows, linkRow{
			AskedNS: delay.Nanoseconds(), ErrorP50NS: percentile(late, 50), ErrorP99NS: percentile(late, 99), Messages: len(late),
		})
	}
	return rows, nil
}

// percentile of sorted values, in ns.
func percentile(sorted []time.Duration, p float64) int64 {
	return sorted[stats.Rank(p, int64(len(sorted)))-1].Nanoseconds()
}

func (d diagnosis) print(w io.Writer) {
	h := d.Host
	fmt.Fprintf(w, "%s: %s (%s), %.1f GiB, %s %s, load %.2f\n",
		h.Hostname, units.Plural(h.Cores, "core"), h.CPUModel, float64(h.MemoryBytes)/(1<<30), h.OS, h.Kernel, h.Load1)
	fmt.Fprintf(w, "disk: %s, append 4 KiB and sync: p50 %s, p99 %s\n\n",
		h.Filesystem, showNS(h.FsyncP50NS), showNS(h.FsyncP99NS))

	timers := table{header: []string{"wait", "time.Sleep late p50", "p99", "ours late p50", "p99"}}
	for _, r := range d.Timers {
		timers.add(showNS(r.AskedNS), showNS(r.SleepP50NS), showNS(r.SleepP99NS),
			showNS(r.PreciseP50NS), showNS(r.PreciseP99NS))
	}
	timers.text(w)
	fmt.Fprintln(w)

	links := table{header: []string{"emulated delay", "late p50", "p99", "allowed at the median"}}
	for _, r := range d.Links {
		links.add(showNS(r.AskedNS), showNS(r.ErrorP50NS), showNS(r.ErrorP99NS), showNS(allowed(r)))
	}
	links.text(w)
	fmt.Fprintln(w)
	d.Meanwhile.print(w)
	fmt.Fprintln(w)
	for _, a := range d.Advice {
		paragraph(w, "- ", a)
	}
}

// showNS is a duration in ns, for people.
func showNS(ns int64) string { return units.Duration.Show(float64(ns)) }

// allowed is by how much a link may miss its delay at the median before a
// trial is invalid: 5 % or 100 µs, whichever is larger.
func allowed(r linkRow) int64 { return max(r.AskedNS/20, (100 * time.Microsecond).Nanoseconds()) }

// advise says what the figures mean for a run here.
func (d diagnosis) advise() []string {
	return append([]string{d.adviseLinks(), d.adviseDisk(), d.adviseCores(), d.adviseLoad()}, d.Meanwhile.advise()...)
}

func (d diagnosis) adviseLinks() string {
	for _, r := range d.Links {
		if r.ErrorP50NS > allowed(r) {
			return fmt.Sprintf("links: a delay of %s is missed by %s at the median; trials with such links will be invalid here. "+
				"Is the host busy? Longer delays are less sensitive.", showNS(r.AskedNS), showNS(r.ErrorP50NS))
		}
	}
	return "links: every delay keeps the rule of 5 % or 100 µs at the median; a busy host may still break it, and each trial measures its own"
}

func (d diagnosis) adviseDisk() string {
	if !d.Host.FsyncReal {
		return fmt.Sprintf("disk: %s does not reach a disk when it syncs (median %s); write latency will be flagged. "+
			"Use --out on a real disk, or emulate one with storage.sync: 2ms.", d.Host.Filesystem, showNS(d.Host.FsyncP50NS))
	}
	// bbolt syncs twice a transaction; hashicorp/raft's leader stores first.
	alone := 2 * d.Host.FsyncP50NS
	return fmt.Sprintf("disk: boltdb syncs twice a write, so one write takes at least %s on one node and %s on more, "+
		"and all nodes share this disk; storage.sync: 2ms gives each an emulated one of its own", showNS(alone), showNS(2*alone))
}

func (d diagnosis) adviseCores() string {
	return fmt.Sprintf("cores: all nodes and the load generator share %d; in a closed loop with more nodes than cores "+
		"the processor is the limit, and throughput by size is partly the host's", d.Host.Cores)
}

// busyLoad is the load a core at which other work shows in the results.
const busyLoad = 0.3

func (d diagnosis) adviseLoad() string {
	if d.Host.Load1 > busyLoad*float64(d.Host.Cores) {
		return fmt.Sprintf("load: %.2f on %s: something else is running, and trials may be flagged or invalid", d.Host.Load1, units.Plural(d.Host.Cores, "core"))
	}
	return "load: the host is quiet"
}
