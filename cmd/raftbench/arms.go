package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/results"
)

// arm is one of the variants that are compared: a build, settings, or both.
type arm struct {
	name   string
	binary string   // empty: this program
	set    []string // KEY=VALUE
	// sha256 is the binary's; build and versions are what it says of itself.
	sha256   string
	build    string
	versions map[string]string
}

// flag that names the arm's build; its settings' is flag-set.
func (a arm) flag() string { return "--" + a.name }

// withArms has every setup of an experiment in each arm.
func withArms(e configs.Experiment, arms []arm) configs.Experiment {
	var all []configs.Arm
	var flags []string
	for _, a := range arms {
		all = append(all, configs.Arm{Name: a.name, Set: append(configs.Settings{}, a.set...)})
		flags = append(flags, a.flag()+"-set")
	}
	return e.WithArms(all, flags)
}

// armBuilds finds the builds of the arms, and refuses one that this program
// cannot drive. It is empty where no arm has a build of its own.
func armBuilds(arms []arm) ([]arm, error) {
	var out []arm
	own := false
	for _, a := range arms {
		own = own || a.binary != ""
	}
	if !own {
		return nil, nil
	}
	for _, a := range arms {
		path, err := armBinary(a)
		if err != nil {
			return nil, err
		}
		text := versionText()
		if a.binary != "" {
			text = versionTextOf(path)
		}
		if err := drivable(a, path, text); err != nil {
			return nil, err
		}
		if a.sha256, err = fileSHA256(path); err != nil {
			return nil, err
		}
		a.binary, a.versions = path, modulesIn(text)
		a.build, _, _ = strings.Cut(text, ", node protocol")
		out = append(out, a)
	}
	return out, nil
}

// armBinary is the file of an arm's build; this program where none was given.
func armBinary(a arm) (string, error) {
	path, err := nodeBinary(a.binary)
	if err != nil && a.binary != "" {
		return "", usage(fmt.Errorf("%s %s: not a program that can be run", a.flag(), a.binary), "build one with make build, and name bin/raftbench")
	}
	return path, err
}

// speaks finds a build's version of the control protocol in what it says.
var speaks = regexp.MustCompile(`\Araftbench .*, node protocol ([0-9]{1,9}),`)

// drivable refuses a build whose nodes speak another control protocol: none of
// them would start.
func drivable(a arm, path, text string) error {
	m := speaks.FindStringSubmatch(text)
	if m == nil {
		return usage(fmt.Errorf("%s %s: `%s version` names no node protocol: it is no raftbench", a.flag(), path, path), "name a build of raftbench")
	}
	if v, err := strconv.Atoi(m[1]); err != nil || v != control.Version {
		return usage(fmt.Errorf("%s %s: its nodes speak version %s of the control protocol, and this raftbench version %d", a.flag(), path, m[1], control.Version),
			"compare builds of one protocol: rebuild the older one with the newer control package, or measure each with its own raftbench (run --repeat, then compare)")
	}
	return nil
}

// sameArms refuses to go on with other builds than those on record. A program is
// never run because a folder names it: whoever resumes names it, too.
func sameArms(env results.Environment, o runOptions) error {
	given := map[string]string{}
	for _, a := range o.arms {
		if a.binary != "" {
			path, err := armBinary(a)
			if err != nil {
				return err
			}
			given[a.name] = path
		}
	}
	for _, a := range env.Arms {
		switch path, named := given[a.Arm]; {
		case !named:
			return usage(fmt.Errorf("the nodes of arm %s are run by %s, which is not started only because %s names it", a.Arm, a.Binary, results.EnvironmentFile),
				"if you trust these programs, name them: "+resumeCommand(o.resume, env))
		case path != a.Binary:
			return differs("--"+a.Arm, path, a.Binary)
		}
		if err := sameBuild(a); err != nil {
			return err
		}
	}
	for name, path := range given {
		if len(env.Arms) == 0 {
			return differs("--"+name, path, "")
		}
	}
	return nil
}

// sameBuild refuses a file that was built anew since the run began: the arm's
// trials would be of two builds.
func sameBuild(a results.ArmBuild) error {
	now, err := fileSHA256(a.Binary)
	if err != nil {
		return err
	}
	if now != a.SHA256 {
		return usage(fmt.Errorf("--%s %s: got a file with the SHA-256 %s, and the run began with %q: trials of two builds do not compare", a.Arm, a.Binary, now, a.SHA256),
			"put the build back that the run began with, or start a new run")
	}
	return nil
}
