package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/raftbench/raftbench/configs"
)

// experimentOptions adds the flags that say what is to be measured. The same
// ones stand at run, validate and predict, so that each resolves a file,
// variables and flags to the same experiment.
func experimentOptions(f *pflag.FlagSet, o *runOptions) {
	f.StringVar(&o.preset, "preset", "", "a built-in experiment: "+strings.Join(configs.PresetNames(), ", "))
	f.StringVar(&o.overrides.Nodes, "nodes", "", "cluster sizes, such as 1,3,5")
	f.Var((*profileName)(&o.overrides.Profile), "profile", "the network: a name that \"raftbench profiles\" lists, or a file")
	f.StringVar(&o.overrides.Rate, "rate", "", "offered load of the calm window, such as 100/s; without --clients: calm only")
	f.StringVar(&o.overrides.Clients, "clients", "", "callers of the closed loop; without --rate: saturate only")
	f.StringVar(&o.overrides.Duration, "duration", "", "length of each window, such as 5s")
	f.StringVar(&o.overrides.Trials, "trials", "", "measuring trials a setup")
	f.StringVar(&o.overrides.Proofs, "proofs", "", "proof trials a setup")
	f.StringVar(&o.overrides.Seed, "seed", "", "of everything random")
	f.StringVar(&o.overrides.Leader, "leader", "", "the leader's site, or any")
	f.StringVar(&o.overrides.Client, "client", "", "the load generator's site")
	f.StringVar(&o.overrides.Engine, "engine", "", "hashicorp, or what --endpoints must be: hashicorp or etcd")
	f.StringArrayVar(&o.overrides.Set, "set", nil, "any other key: raft.max_rpcs_in_flight=1,16")
}

// plan resolves file or preset, and flags over it.
func plan(o runOptions) (configs.Plan, error) {
	if o.file != "" && o.preset != "" {
		return configs.Plan{}, usage(fmt.Errorf("got both FILE %s and --preset %s, want one of them", o.file, o.preset), "leave out the one or the other")
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
	if experiment, err = experiment.Apply(o.overrides); err != nil {
		return configs.Plan{}, err
	}
	return experiment.Plan()
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

// Type is the word that stands for a value in the help.
func (p *profileName) Type() string { return "name" }
