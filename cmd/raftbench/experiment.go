package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/results"
)

// experimentFlags adds the flags that say what is to be measured. The same
// ones stand at run, validate and predict, so that each resolves a file,
// variables and flags to the same experiment.
func experimentFlags(f *pflag.FlagSet, o *runOptions) {
	v := &o.overrides
	textFlag(f, &o.preset, "preset", "NAME", "a built-in experiment: "+strings.Join(configs.PresetNames(), ", "))
	textFlag(f, &v.Nodes, "nodes", "N,...", "cluster sizes, such as 1,3,5")
	profileFlag(f, &v.Profile)
	sitesFlag(f, v)
	textFlag(f, &v.Rate, "rate", "RATE", "light load: the writes offered, such as 100/s; without --clients there is no full load")
	textFlag(f, &v.Clients, "clients", "N", "full load: how many clients write without pause; without --rate there is no light load")
	textFlag(f, &v.Duration, "duration", "TIME", "how long each load is measured, such as 5s")
	textFlag(f, &v.Precision, "precision", "SHARE", "measure until differences are known to within it: 2%")
	textFlag(f, &v.Budget, "budget", "TIME", "longest time of a run that a precision is asked of: 10m")
	textFlag(f, &v.Trials, "trials", "N", "measuring trials of each setup")
	textFlag(f, &v.Proofs, "proofs", "N", "trials of each setup that kill nodes, to prove what it survives")
	f.BoolFunc("apart", "measure one setup at a time; all of a block side by side unless given", func(text string) error {
		v.Apart = text
		return nil
	})
	seedFlag(f, v)
	leaderFlag(f, v)
	textFlag(f, &v.Client, "client", "SITE", "where the load comes from; beside the leader unless given")
	textFlag(f, &v.Engine, "engine", "NAME", "the Raft implementation: hashicorp; with --endpoints also etcd")
	f.StringArrayVar(&v.Set, "set", nil, "any other key of an experiment, as `KEY=VALUE`; raft.max_rpcs_in_flight=1,16 makes a setup of each; may be given again")
}

func profileFlag(f *pflag.FlagSet, profile *string) {
	f.Var((*profileName)(profile), "profile", "the network: a name that \"raftbench profiles\" lists, or a file")
}

func sitesFlag(f *pflag.FlagSet, v *configs.Overrides) {
	textFlag(f, &v.Sites, "sites", "SITE=N,...", "how many members stand at each site: a=2,b=2,c=1; with several sizes one for each, after semicolons; round the sites unless given")
}

func seedFlag(f *pflag.FlagSet, v *configs.Overrides) {
	textFlag(f, &v.Seed, "seed", "N", "what everything random comes from")
}

func leaderFlag(f *pflag.FlagSet, v *configs.Overrides) {
	textFlag(f, &v.Leader, "leader", "SITE", "where the leader is, or any")
}

func endpointsFlag(f *pflag.FlagSet, o *runOptions) {
	f.StringSliceVar(&o.endpoints, "endpoints", nil, "measure an etcd-API cluster that runs on this machine, by the `HOST:PORT,...` of one member or of all; nothing is started, killed or changed")
}

func nodeBinaryFlag(f *pflag.FlagSet, binary *string) {
	textFlag(f, binary, "node-binary", "FILE", "another build of raftbench to run the nodes with")
}

// plan resolves file or preset, and flags over it.
func plan(o runOptions) (configs.Plan, error) {
	e, err := experiment(o)
	if err != nil {
		return configs.Plan{}, err
	}
	p, err := e.Plan()
	if told := besideSafety(e, o.overrides); err == nil && told != "" {
		p.Warnings = append(p.Warnings, told)
	}
	return p, err
}

// besideSafety warns of flags that are about measuring trials, which an experiment of
// safety trials has none of but for them.
func besideSafety(e configs.Experiment, v configs.Overrides) string {
	if e.Safety.Trials == 0 || v.Trials == "" && v.Duration == "" {
		return ""
	}
	return "--trials and --duration are of measuring trials; those of safety trials are --set safety.trials=1 --set safety.duration=5s"
}

// experiment is a file's, a preset's or one that was made, and flags over it.
func experiment(o runOptions) (configs.Experiment, error) {
	if o.file != "" && o.preset != "" {
		return configs.Experiment{}, usage(fmt.Errorf("got both FILE %s and --preset %s, want one of them", o.file, o.preset), "leave out the one or the other")
	}
	e, err := configs.Default(), error(nil)
	switch {
	case o.made != nil:
		e = *o.made
	case o.file != "" && isFile(filepath.Join(o.file, results.ExperimentFile)):
		return configs.Experiment{}, usage(fmt.Errorf("%s: it is a folder, want an experiment's file", o.file),
			"name the run's experiment: "+quoted(filepath.Join(o.file, results.ExperimentFile)))
	case o.file != "":
		e, err = configs.Load(o.file)
	case o.preset != "":
		e, err = configs.Preset(o.preset)
	}
	if err != nil {
		return configs.Experiment{}, err
	}
	preset := e
	e, err = e.Apply(o.overrides)
	if o.preset != "" && (e.Trials != preset.Trials || e.Precision != preset.Precision) && e.Label == preset.Label {
		e.Label = "" // it says how often the preset measures
	}
	if err != nil || len(o.arms) == 0 || o.resume != "" {
		return e, err
	}
	return withArms(e, o.arms), nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// profileName is a flag that is not empty: a script's variable that was never
// set must not measure the default network in silence.
type profileName string

func (p *profileName) Set(s string) error {
	if s == "" {
		return errors.New("an empty name")
	}
	*p = profileName(s)
	return nil
}

func (p *profileName) String() string { return string(*p) }

// Type stands for a value in the help.
func (p *profileName) Type() string { return "NAME" }
