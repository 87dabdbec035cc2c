package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/raftbench/raftbench/bench"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/host"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/results"
)

// outputs are the formats that a summary can be printed in.
var outputs = []string{"table", "json", "markdown", "csv"}

// runOptions are run's flags.
type runOptions struct {
	file, preset string
	overrides    configs.Overrides
	out, resume  string
	endpoints    []string
	nodeBinary   string
	output       string
	yes, quiet   bool
}

func newRunCommand() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [FILE]",
		Short: "Measure clusters and prove what they tolerate",
		Long: `Run an experiment: from a FILE (see ` + "`raftbench init`" + `), from a preset, or
from flags alone. Flags stand over RAFTBENCH_* variables, these over the file.

The table goes to stdout, progress to stderr. Interrupted with Ctrl-C, a run
keeps every finished trial and can be taken up again with --resume.`,
		Example: `  raftbench run --preset quick
  raftbench run --nodes 3,5 --profile multi-az --rate 100/s --duration 5s
  raftbench run my.yaml --out results/tuesday`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.file = args[0]
			}
			return runRun(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr(), cmd.InOrStdin(), o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.preset, "preset", "", "a built-in experiment: "+strings.Join(configs.PresetNames(), ", "))
	f.StringVar(&o.overrides.Nodes, "nodes", "", "cluster sizes, such as 1,3,5")
	f.StringVar(&o.overrides.Profile, "profile", "", "the network: a name of `raftbench profiles`, or a file")
	f.StringVar(&o.overrides.Rate, "rate", "", "offered load of the calm window, such as 100/s; without --clients: calm only")
	f.StringVar(&o.overrides.Clients, "clients", "", "callers of the closed loop; without --rate: saturate only")
	f.StringVar(&o.overrides.Duration, "duration", "", "length of each window, such as 5s")
	f.StringVar(&o.overrides.Trials, "trials", "", "measuring trials a setup")
	f.StringVar(&o.overrides.Proofs, "proofs", "", "proof trials a setup")
	f.StringVar(&o.overrides.Seed, "seed", "", "of everything random")
	f.StringVar(&o.overrides.Leader, "leader", "", "the leader's site, or any")
	f.StringVar(&o.overrides.Client, "client", "", "the load generator's site")
	f.StringVar(&o.overrides.Engine, "engine", "", "hashicorp")
	f.StringArrayVar(&o.overrides.Set, "set", nil, "any other key: raft.max_rpcs_in_flight=1,16")
	f.StringVar(&o.out, "out", "", "folder of the results (default results/<name>-<time>)")
	f.StringVar(&o.resume, "resume", "", "go on with the interrupted run in this folder")
	f.StringSliceVar(&o.endpoints, "endpoints", nil, "load a running etcd-API cluster, named by its members' host:port on this machine; nothing is started or harmed")
	f.StringVar(&o.nodeBinary, "node-binary", "", "another build of raftbench to run the nodes with")
	f.StringVarP(&o.output, "output", "o", "table", "table, json, markdown or csv")
	f.BoolVar(&o.yes, "yes", false, "do not ask before a long run")
	f.BoolVar(&o.quiet, "quiet", false, "no progress")
	return cmd
}

// runRun is the main job: measure, then tell.
func runRun(ctx context.Context, stdout, stderr io.Writer, stdin io.Reader, o runOptions) error {
	if !slices.Contains(outputs, o.output) {
		return usage(fmt.Errorf("-o %s: want one of %s", o.output, strings.Join(outputs, ", ")), "")
	}
	run, err := prepare(ctx, stderr, stdin, o)
	if err != nil {
		return err
	}
	defer func() { _ = run.writer.Close() }()
	ctx, stop := interruptible(ctx, stderr, func() { _ = os.RemoveAll(filepath.Join(run.writer.Dir(), "data")) })
	defer stop()
	show := newProgress(stderr, o.quiet)
	runner := bench.Runner{
		Plan: run.plan, Writer: run.writer, Done: run.done, Start: run.start, Host: run.host, Progress: show.step,
		Endpoints: o.endpoints,
	}
	outcome, err := runner.Run(ctx)
	show.close()
	if ctx.Err() != nil {
		return fail(exitInterrupted, errors.New("interrupted; every finished trial is kept"),
			"go on with: raftbench run --resume "+run.writer.Dir())
	}
	if err != nil {
		return fail(exitFailed, err, "")
	}
	if err := tell(context.WithoutCancel(ctx), stdout, io.Discard, run.writer.Dir(), o.output); err != nil {
		return err
	}
	return verdict(outcome, run.writer.Dir())
}

// prepared is a run that is ready to start.
type prepared struct {
	plan   configs.Plan
	writer *results.Writer
	done   []results.Trial
	start  cluster.Starter
	host   results.Environment
}

// prepare reads the experiment, probes the host and opens the run's folder.
func prepare(ctx context.Context, stderr io.Writer, stdin io.Reader, o runOptions) (*prepared, error) {
	binary, err := nodeBinary(o.nodeBinary)
	if err != nil {
		return nil, err
	}
	if o.resume != "" {
		return prepareResume(stderr, o, binary)
	}
	if err := onThisMachine(o.endpoints); err != nil {
		return nil, err
	}
	plan, err := plan(o)
	if err != nil {
		return nil, usage(err, "")
	}
	if err := canLaunch(plan, o); err != nil {
		return nil, err
	}
	if err := announce(stderr, stdin, plan, o); err != nil {
		return nil, err
	}
	dir := o.out
	if dir == "" {
		dir = filepath.Join("results", plan.Name+"-"+time.Now().UTC().Format("20060102-150405"))
	}
	env, err := probe(ctx, dir)
	if err != nil {
		return nil, err
	}
	w, err := results.Create(dir, env, plan.YAML)
	if err != nil {
		return nil, usage(err, "")
	}
	return &prepared{plan: plan, writer: w, start: cluster.Local(binary), host: env}, ctx.Err()
}

func prepareResume(stderr io.Writer, o runOptions, binary string) (*prepared, error) {
	w, run, err := results.Resume(o.resume)
	if err != nil {
		return nil, usage(err, "")
	}
	for _, warning := range run.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", warning)
	}
	if err := cluster.RemoveStale(filepath.Join(o.resume, "data")); err != nil {
		return nil, fail(exitFailed, err, "")
	}
	experiment, err := configs.Parse(run.Experiment)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", filepath.Join(o.resume, "experiment.yaml"), err), "")
	}
	plan, err := experiment.Plan()
	if err != nil {
		return nil, usage(err, "")
	}
	fmt.Fprintf(stderr, "resuming %s: %d trials are on record\n", o.resume, len(run.Trials))
	return &prepared{plan: plan, writer: w, done: run.Trials, start: cluster.Local(binary), host: run.Environment}, nil
}

// plan resolves file or preset, and flags over it.
func plan(o runOptions) (configs.Plan, error) {
	if o.file != "" && o.preset != "" {
		return configs.Plan{}, fmt.Errorf("got both FILE %s and --preset %s, want one of them", o.file, o.preset)
	}
	experiment, err := configs.Default(), error(nil)
	switch {
	case o.file != "":
		experiment, err = configs.Load(o.file)
	case o.preset != "":
		experiment, err = configs.Preset(o.preset)
	}
	if err != nil {
		return configs.Plan{}, err
	}
	if len(o.endpoints) > 0 {
		o.overrides = forEndpoints(o)
	}
	if experiment, err = experiment.Apply(o.overrides); err != nil {
		return configs.Plan{}, err
	}
	return experiment.Plan()
}

// canLaunch refuses engines that this build does not start itself.
func canLaunch(plan configs.Plan, o runOptions) error {
	for _, s := range plan.Setups {
		if s.Engine != configs.EngineHashicorp && len(o.endpoints) == 0 {
			return usage(fmt.Errorf("engine %s: this build starts hashicorp nodes only", s.Engine),
				"start the "+s.Engine+" members yourself and name them with --endpoints")
		}
	}
	return nil
}

// onThisMachine refuses endpoints elsewhere: a load generator is no toy to
// point at other people's servers.
func onThisMachine(endpoints []string) error {
	for _, e := range endpoints {
		address, port, err := net.SplitHostPort(e)
		if err != nil || port == "" {
			return usage(fmt.Errorf("--endpoints %s: want host:port", e), "such as 127.0.0.1:2379")
		}
		ip := net.ParseIP(address)
		if address != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return usage(fmt.Errorf("--endpoints %s: not an address of this machine's loopback", e),
				"reach a cluster elsewhere through a tunnel, such as ssh -L")
		}
	}
	return nil
}

// forEndpoints is what follows from loading a cluster that runs elsewhere: its
// size is given, its network is its own, and nobody may be killed.
func forEndpoints(o runOptions) configs.Overrides {
	v := o.overrides
	v.Nodes, v.Profile, v.Proofs = strconv.Itoa(len(o.endpoints)), "none", "0"
	if v.Name == "" {
		v.Name = "endpoints"
	}
	return v
}

// longRun is the estimate above which a person is asked first.
const longRun = 30 * time.Minute

// announce says what is about to happen, and asks where it will take long.
func announce(stderr io.Writer, stdin io.Reader, plan configs.Plan, o runOptions) error {
	trials := len(plan.Setups) * (plan.Trials + plan.Proofs)
	takes := configs.Estimate(plan)
	if !o.quiet {
		fmt.Fprintf(stderr, "%s: %d trials in %d cells, about %v\n", plan.Name, trials, len(plan.Setups), takes.Round(time.Second))
		if plan.Label != "" {
			fmt.Fprintf(stderr, "%s\n", plan.Label)
		}
	}
	for _, w := range plan.Warnings {
		fmt.Fprintf(stderr, "warning: %s\n", w)
	}
	if takes <= longRun || o.yes {
		return nil
	}
	fmt.Fprintf(stderr, "that is over %v; start? [y/N] ", longRun)
	answer, _ := bufio.NewReader(stdin).ReadString('\n')
	if a := strings.ToLower(strings.TrimSpace(answer)); a == "y" || a == "yes" {
		return nil
	}
	return usage(errors.New("not started"), "give --yes, or fewer --trials or --nodes")
}

// probe tells the host's record, before the run's folder exists.
func probe(ctx context.Context, dir string) (results.Environment, error) {
	parent := existing(dir)
	env, err := host.Probe(ctx, parent, true)
	if err != nil {
		return env, usage(fmt.Errorf("probe the disk under %s: %w", parent, err), "name a folder that can be written with --out")
	}
	env.RunID = filepath.Base(dir)
	env.StartedAt = time.Now().UTC()
	env.Version, env.Commit, env.Versions = version, commit, versions()
	return env, nil
}

// existing is the nearest folder above dir that is there already.
func existing(dir string) string {
	for {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "."
		}
		dir = parent
	}
}

// nodeBinary is the program that runs a node: this one unless told otherwise.
func nodeBinary(given string) (string, error) {
	if given == "" {
		self, err := os.Executable()
		if err != nil {
			return "", fail(exitFailed, fmt.Errorf("find this program's own file: %w", err), "name it with --node-binary")
		}
		return self, nil
	}
	if info, err := os.Stat(given); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		return "", usage(fmt.Errorf("--node-binary %s: not a program that can be run", given), "")
	}
	return filepath.Abs(given)
}

// tell rebuilds everything that is derived, and prints it. The folder is the
// last word, for whoever reads the output by machine.
func tell(ctx context.Context, stdout, stderr io.Writer, dir, output string) error {
	if err := runReport(ctx, stdout, stderr, reportOptions{dirs: []string{dir}, format: output}); err != nil {
		return err
	}
	if output == "table" {
		fmt.Fprintf(stdout, "\nreport:  %s\n", filepath.Join(dir, report.Dir, "report.md"))
		fmt.Fprintf(stdout, "charts:  %s\n", filepath.Join(dir, report.Dir, "*.png"))
		fmt.Fprintf(stdout, "results: %s\n", dir)
	}
	return nil
}

// verdict turns how a run ended into its exit code.
func verdict(o bench.Outcome, dir string) error {
	switch {
	case len(o.Unsafe) > 0:
		return fail(exitSafety, fmt.Errorf("safety violated: %s", strings.Join(o.Unsafe, "; ")),
			"the nodes' logs are under "+filepath.Join(dir, "trials"))
	case o.Trials > 0 && o.Invalid == o.Trials:
		return fail(exitFailed, errors.New("no trial was valid"), "the reasons stand in "+filepath.Join(dir, "trials.jsonl"))
	case len(o.Starved) > 0:
		return fail(exitInconclusive, fmt.Errorf("no valid measuring trial of %s", strings.Join(o.Starved, ", ")),
			"the reasons stand in the table's warnings; an idle host and longer windows help")
	}
	return nil
}
