package configs

import (
	"fmt"
	"slices"
	"strings"
)

// Arm is one of several variants of every setup that are compared with each
// other: the first is the base. Its settings stand over the experiment's.
type Arm struct {
	Name string   `json:"name" jsonschema:"Letters and digits; the first arm is the base."`
	Set  Settings `json:"set" jsonschema:"What this arm has otherwise: KEY=VALUE, several with a semicolon between them."`
}

// ArmAxis is the name under which a setup's Params have its arm.
const ArmAxis = "arm"

// maxArms of an experiment: each multiplies its setups.
const maxArms = 8

// Settings are values by their keys, written raft.max_rpcs_in_flight=16;
// storage.store=inmem.
type Settings []string

// UnmarshalText splits at semicolons; values are read where they are set.
func (s *Settings) UnmarshalText(text []byte) error {
	all := Settings{}
	for one := range strings.SplitSeq(string(text), ";") {
		one = strings.TrimSpace(one)
		if one == "" {
			continue
		}
		if key, _, found := strings.Cut(one, "="); !found || key == "" {
			return wanted(one, "a key and its value, such as raft.max_rpcs_in_flight=16")
		}
		all = append(all, one)
	}
	*s = all
	return nil
}

// MarshalText joins them by semicolons.
func (s Settings) MarshalText() ([]byte, error) { return []byte(strings.Join(s, "; ")), nil }

// WithArms returns the experiment with every setup in as many variants. flags
// name, for each arm, who gave its settings, for errors.
func (e Experiment) WithArms(arms []Arm, flags []string) Experiment {
	e.origin = e.origin.clone()
	e.Arms = arms
	for i, flag := range flags {
		e.origin.flags[armPath(i)+".set"] = flag
	}
	return e
}

func armPath(i int) string { return fmt.Sprintf("arms[%d]", i) }

// mayDiffer are the sections in which arms may differ: what a node is and does,
// and how it is loaded. Sizes are compared as sizes, and networks as an axis.
var mayDiffer = []string{"engine", "leader", "client", "raft", "storage", "workload"}

// arms finds the mistakes in the list itself.
func (c *checker) arms(arms []Arm) {
	if n := len(arms); n == 1 || n > maxArms {
		c.add("arms", fmt.Sprintf("got %d, want none, or 2 to %d: the first is the base", n, maxArms))
	}
	var seen []string
	for i, a := range arms {
		switch name := slug(a.Name); {
		case name == "" || name != a.Name:
			c.add(armPath(i)+".name", wanted(a.Name, "a name of small letters and digits").Error())
		case slices.Contains(seen, name):
			c.add(armPath(i)+".name", fmt.Sprintf("got the arm %s twice, want each name once", name))
		}
		seen = append(seen, a.Name)
		for _, s := range a.Set {
			key, _, _ := strings.Cut(s, "=")
			if section, _, _ := strings.Cut(key, "."); !slices.Contains(mayDiffer, section) {
				c.errs = append(c.errs, c.origin.mistake(fmt.Sprintf("got %s, in which arms cannot differ", key),
					"arms may differ in "+strings.Join(mayDiffer, ", ")+"; sizes and networks are axes of the experiment", armPath(i)+".set"))
			}
		}
	}
}

// ofArm is the experiment of one arm.
func (e Experiment) ofArm(i int) (Experiment, mistakes) {
	e.origin = e.origin.clone()
	flag := e.origin.flags[armPath(i)+".set"]
	if flag == "" {
		flag = "arm " + e.Arms[i].Name
	}
	var wrong mistakes
	for _, s := range e.Arms[i].Set {
		path, text, _ := strings.Cut(s, "=")
		if m := e.set(override{flag, path, text}); m != nil {
			wrong = append(wrong, m)
		}
	}
	return e, append(wrong, e.check()...)
}

// acrossArms is every combination in each arm; the arms of one stand together.
func (e Experiment) acrossArms() ([]combination, error) {
	axes := e.dimensions()
	var byArm [][]combination
	for i, a := range e.Arms {
		arm, wrong := e.ofArm(i)
		if len(wrong) > 0 {
			return nil, wrong.told()
		}
		if !slices.EqualFunc(axes, arm.dimensions(), func(a, b dimension) bool { return a.path == b.path && slices.Equal(a.texts, b.texts) }) {
			return nil, mistakes{e.origin.mistake(fmt.Sprintf("the arm %s changes what the experiment varies", a.Name),
				"give each setting of an arm one value, and only where the experiment has one", armPath(i)+".set")}.told()
		}
		all, err := arm.product(axes, len(e.Arms))
		if err != nil {
			return nil, err
		}
		for k := range all {
			all[k].paths = append(all[k].paths, ArmAxis)
			all[k].texts = append(all[k].texts, a.Name)
			all[k].written = append(all[k].written, i)
		}
		byArm = append(byArm, all)
	}
	var out []combination
	for k := range byArm[0] {
		for _, all := range byArm {
			out = append(out, all[k])
		}
	}
	return out, nil
}
