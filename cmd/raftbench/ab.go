package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/ci"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/gate"
	"github.com/raftbench/raftbench/report"
	"github.com/raftbench/raftbench/report/facts"
	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
	"github.com/raftbench/raftbench/summary"
	"github.com/raftbench/raftbench/units"
)

// The arms' names: a is the base, b what is tried.
const armA, armB = summary.ArmBase, summary.ArmTry

// abFormats of output.
var abFormats = []string{"table", "json", "markdown"}

// abOptions are those of ab and aa.
type abOptions struct {
	run          runOptions
	a, b         string // builds
	aSets, bSets []string
	rules        string // a file; empty: nothing is judged but safety
	files        *ciFiles
}

func newABCommand() *cobra.Command {
	o := abOptions{}
	cmd := &cobra.Command{
		Use:   "ab [FILE]",
		Short: "Compare two builds or settings side by side",
		Long: `Compare b with a, the base: two builds' nodes, two settings, or both. Clusters
of both live at once and are written to in turn, operation by operation, on
fresh nodes in every block, so that what the host does it does to both alike.

  raftbench ab --a ./raftbench-main --b ./raftbench-pr
  raftbench ab --a-set storage.sync=1ms --b-set storage.sync=2ms

Blocks are added until the ratios of b to a are known to the precision asked
for, or the budget is spent; never until something is found. The load comes from
this raftbench; a build whose nodes speak another control protocol is refused.

With --rules the run is judged as by "raftbench gate", and ends with its exit
code. Without, only safety and liveness decide (exit codes 4 and 6).`,
		Example: `  raftbench ab --a ./raftbench-main --b ./raftbench-pr --rules rules.yaml
  raftbench ab --b-set storage.store=inmem --nodes 3,5`,
		Args: arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run.arms = []arm{{name: armA, binary: o.a, set: o.aSets}, {name: armB, binary: o.b, set: o.bSets}}
			if o.run.resume == "" && o.a == "" && o.b == "" && len(o.aSets)+len(o.bSets) == 0 {
				return usage(errors.New("got nothing that tells b from a"), "name two builds (--a FILE --b FILE) or settings (--b-set KEY=VALUE); raftbench aa runs one build as both")
			}
			return runAB(cmd, args, o, "ab")
		},
	}
	f := cmd.Flags()
	textFlag(f, &o.a, "a", "FILE", "the base: a build of raftbench (default this one)")
	textFlag(f, &o.b, "b", "FILE", "what is tried: a build of raftbench (default this one)")
	f.StringArrayVar(&o.aSets, "a-set", nil, "what a has otherwise, as `KEY=VALUE`; may be given again")
	f.StringArrayVar(&o.bSets, "b-set", nil, "what b has otherwise, as `KEY=VALUE`; may be given again")
	textFlag(f, &o.rules, "rules", "FILE", "judge by a YAML file of rules, or safety for the built-in ones")
	o.files = ciFlags(f)
	armFlags(f, &o.run)
	return cmd
}

func newAACommand() *cobra.Command {
	o := abOptions{files: &ciFiles{}}
	cmd := &cobra.Command{
		Use:   "aa [FILE]",
		Short: "Measure how far one build differs from itself here",
		Long: `Run one build as both arms of "raftbench ab". Whatever differs is no difference
of builds: it is what measuring side by side cannot tell apart on this class of
host (CPU model, cores, file system). That floor is kept in a file beside the
run's folder; ab and gate claim no difference below it there. The longer the
budget, the lower the floor.`,
		Example: "  raftbench aa\n  raftbench aa --budget 15m --nodes 3",
		Args:    arguments(0, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run.arms = []arm{{name: armA}, {name: armB}}
			return runAB(cmd, args, o, "aa")
		},
	}
	armFlags(cmd.Flags(), &o.run)
	return cmd
}

// armFlags are those that ab and aa share.
func armFlags(f *pflag.FlagSet, o *runOptions) {
	experimentFlags(f, o)
	outputFlag(f, &o.output, abFormats...)
	textFlag(f, &o.out, "out", "DIR", "a new folder for the results (default results/NAME-TIME)")
	textFlag(f, &o.resume, "resume", "DIR", "go on with the interrupted run in this folder; name its builds again")
	f.BoolVar(&o.yes, "yes", false, "do not ask before a run of over half an hour")
	f.BoolVar(&o.quiet, "quiet", false, "no progress")
}

// runAB measures two arms, and judges them where there are rules.
func runAB(cmd *cobra.Command, args []string, o abOptions, name string) error {
	if err := checkFormat(o.run.output, abFormats...); err != nil {
		return err
	}
	if err := o.files.check(o.rules); err != nil {
		return err
	}
	var rules []gate.Rule
	if o.rules != "" {
		var err error
		if rules, err = gate.Load(o.rules); err != nil {
			return usage(err, "")
		}
	}
	o.run.again = []string{name}
	if o.rules != "" {
		o.run.again = append(o.run.again, "--rules", o.rules)
	}
	o.run.given = notResumable(cmd)
	if len(args) == 1 {
		o.run.file = args[0]
		o.run.given = append([]string{"FILE " + o.run.file}, o.run.given...)
	}
	if o.run.resume == "" {
		o.run.overrides = armDefaults(o.run, name)
		if err := decidable(o.run, rules); err != nil {
			return err
		}
		if planned, err := plan(o.run); err == nil && !o.run.quiet { // the run itself tells of mistakes
			tellSights(cmd.ErrOrStderr(), rules, planned)
		}
	}
	o.run.rules = rules
	var judged error
	o.run.answer = func(_ context.Context, stdout io.Writer, dir string) error {
		text, j, err := o.answer(dir, name, rules)
		if err == nil {
			_, err = stdout.Write(text)
		}
		if err == nil {
			var verdict error
			if rules != nil {
				verdict = gateError(j.Report)
			}
			verdict = heavier(failingArm(j.Run), verdict)
			judged = o.files.write(stdout, cmd.ErrOrStderr(), o.run.output, j, verdict)
		}
		return err
	}
	ctx, life := begin(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
	defer life.end()
	return heavier(measureRun(ctx, life, life.stdout, cmd.InOrStdin(), o.run), judged)
}

// The defaults of a comparison: a quarter of the default run's work, on the
// smallest cluster that tolerates a failure.
const (
	armNodes     = "3"
	armPrecision = "2%"
	armBudget    = "3m"
)

// armDefaults fills in what was not asked for, where there is no experiment of
// one's own.
func armDefaults(o runOptions, name string) configs.Overrides {
	v := o.overrides
	if o.file != "" || o.preset != "" {
		return v
	}
	set := func(value *string, to string) {
		if *value == "" {
			*value = to
		}
	}
	set(&v.Name, name)
	set(&v.Nodes, armNodes)
	if v.Trials == "" {
		set(&v.Precision, armPrecision)
		set(&v.Budget, armBudget)
	}
	processes := 0
	for text := range strings.SplitSeq(v.Nodes, ",") {
		n, _ := strconv.Atoi(strings.TrimSpace(text)) // a mistake is told by the plan
		processes += n * len(o.arms)
	}
	if v.Rate == "" && v.Clients == "" {
		rate := configs.LightRate(processes, runtime.NumCPU())
		v.Set = append([]string{"workload.calm.rate=" + units.FormatRate(rate)}, v.Set...)
	}
	return v
}

// decidable refuses what the budget could never decide, whatever is measured: a
// question needs so many blocks to be found at all, corrected for the others.
func decidable(o runOptions, rules []gate.Rule) error {
	plan, err := plan(o)
	if err != nil {
		return orUsage(err)
	}
	if plan.Apart {
		return usage(errors.New("got --apart, but arms are compared side by side"), "leave it out; raftbench run --apart measures one setup at a time")
	}
	questions, err := questionsOf(plan, rules)
	if err != nil {
		return err
	}
	least := stats.PairsNeeded(questions, stats.Alpha)
	needed := plan
	needed.Precision, needed.Trials = 0, least
	takes := configs.Estimate(needed)
	switch {
	case plan.Precision > 0 && takes > plan.Budget:
		return usage(fmt.Errorf("got a budget of %s, but %s can be decided by %d blocks at the least, which take about %s with their proofs",
			units.About(plan.Budget), units.Plural(questions, "question"), least, units.About(takes)), "give a longer --budget, fewer --nodes, or --proofs 0")
	case plan.Precision == 0 && plan.Trials < least:
		return usage(fmt.Errorf("got %s, but %s can be decided by %d blocks at the least", units.Plural(plan.Trials, "trial"), units.Plural(questions, "question"), least),
			fmt.Sprintf("give --trials %d or more, or a --precision", least))
	}
	return nil
}

// questionsOf a plan of arms: the median and the throughput of each arm against the
// base, or what the rules ask where that is more.
func questionsOf(plan configs.Plan, rules []gate.Rule) (int, error) {
	own := 0
	for _, s := range plan.Setups {
		if s.Params[configs.ArmAxis] == plan.Setups[0].Params[configs.ArmAxis] {
			continue
		}
		if s.Load != configs.ModeSaturate {
			own++
		}
		if s.Load != configs.ModeCalm {
			own++
		}
	}
	asked, err := gate.Questions(rules, cellsOf(plan))
	if err != nil {
		return 0, usage(err, "")
	}
	return max(own, asked), nil
}

// comparison is the JSON of ab.
type comparison struct {
	RunID  string             `json:"run_id"`
	Dir    string             `json:"dir"`
	Arms   []results.ArmBuild `json:"arms,omitempty"`
	Setups []summary.ArmPair  `json:"setups"`
	Floor  *summary.Floor     `json:"floor"`
	Gate   *gate.Report       `json:"gate,omitempty"`
}

// answer is what a finished run says, and the verdict on it: without rules on its
// safety and liveness alone.
func (o abOptions) answer(dir, name string, rules []gate.Rule) (text []byte, j ci.Judged, err error) {
	if err := runReport(context.Background(), io.Discard, io.Discard, reportOptions{dirs: []string{dir}, format: "table", own: true}); err != nil {
		return nil, j, err
	}
	run, err := results.Open(dir)
	if err != nil {
		return nil, j, unreadable(err)
	}
	s, err := summary.Build(run)
	if err != nil {
		return nil, j, unreadable(err)
	}
	c := comparison{RunID: s.RunID, Dir: dir, Arms: run.Environment.Arms}
	floorFile := ""
	if name == "aa" {
		if floorFile, err = keepFloor(run); err != nil {
			return nil, j, err
		}
	}
	if c.Floor, err = summary.FloorFor(run); err != nil {
		return nil, j, unreadable(err)
	}
	told := c.Floor
	if name == "aa" {
		told = nil // what it is measured by cannot be held against itself
	}
	c.Setups = s.Arms(told)
	if j, err = judge(io.Discard, run, rules, gateOptions{dir: dir}); err != nil {
		return nil, j, err
	}
	if rules != nil {
		c.Gate = &j.Report
	}
	var b bytes.Buffer
	err = c.print(&b, o.run.output, floorFile)
	return b.Bytes(), j, err
}

// failingArm is an error where one arm's trials did not get to their end, by far
// more often than the base's: a build that does not start, or crashes, is no noise of
// the host's.
func failingArm(run *results.Run) error {
	for _, f := range summary.Failures(run) {
		if f.Significant() {
			return fail(exitFailed, fmt.Errorf("%s failed in %d of %s, and %s beside it in %d: %s",
				f.Tried, f.TriedFailed, units.Plural(f.Blocks, "block"), f.Base, f.BaseFailed, facts.Remark(f.First)),
				"the last lines of its nodes' logs are under "+filepath.Join(run.Dir, "trials"))
		}
	}
	return nil
}

// keepFloor writes what two copies of one build differ by beside the run, unless a
// longer run has left more there, and says where.
func keepFloor(run *results.Run) (path string, err error) {
	f, err := summary.FloorOf(run)
	if err != nil {
		return "", fail(exitInconclusive, err, "")
	}
	full, err := filepath.Abs(run.Dir)
	if err != nil {
		return "", fail(exitFailed, err, "")
	}
	if before, err := summary.FloorFor(run); err == nil && before != nil && before.Run != f.Run && before.Blocks() > f.Blocks() {
		return fmt.Sprintf("kept that of %s, of %s", before.Run, units.Plural(before.Blocks(), "block")), nil
	}
	if path, err = f.Write(filepath.Dir(full)); err != nil {
		return "", unreadable(err)
	}
	return path, nil
}

func (c comparison) print(w *bytes.Buffer, output, floorFile string) error {
	switch output {
	case "json":
		return writeJSON(w, c)
	case "markdown":
		if err := report.ArmsMarkdown(w, c.Setups, c.Floor); err != nil {
			return err
		}
		if c.Gate != nil {
			w.WriteString("\n")
			return printVerdicts(w, *c.Gate, output, false)
		}
		return nil
	}
	if err := report.ArmsText(w, c.Setups, c.Floor); err != nil {
		return err
	}
	if c.Gate != nil {
		w.WriteString("\n")
		if err := printVerdicts(w, *c.Gate, output, false); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\nreport:  %s\nresults: %s\n", filepath.Join(c.Dir, report.Dir, report.PageFile), c.Dir)
	if floorFile != "" {
		fmt.Fprintf(w, "floor:   %s\n", floorFile)
	}
	return nil
}
