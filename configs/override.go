package configs

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/raftbench/raftbench/strictyaml"
)

// Overrides are values from flags or environment variables, each as it would
// be written in a file; a comma makes a list: "1,3,5". Empty means not given.
type Overrides struct {
	Name      string // --name
	Engine    string // --engine
	Nodes     string // --nodes 1,3,5
	Profile   string // --profile
	Sites     string // --sites a=2,b=2,c=1: the members at each site
	Rate      string // --rate 100/s: the light load's
	Clients   string // --clients 64: the closed loop's
	Duration  string // --duration 5s: of either window
	Precision string // --precision 2%
	Budget    string // --budget 10m
	Trials    string // --trials
	Proofs    string // --proofs
	Apart     string // --apart: true
	Seed      string // --seed
	Leader    string // --leader SITE
	Client    string // --client SITE
	Replay    string // --replay SETUP:SEED
	// Set holds path=value for any other key: raft.max_rpcs_in_flight=1,2,16.
	Set []string
}

// override is one value: who gave it, where it goes.
type override struct{ flag, path, text string }

// Apply lays the overrides over the experiment. With clients alone a run
// saturates only, with a rate alone it is calm only. Mistakes are of type
// strictyaml.Errors and name the flag.
func (e Experiment) Apply(o Overrides) (Experiment, error) {
	e.origin = e.origin.clone()
	e.Network.Links, e.Faults = slices.Clone(e.Network.Links), slices.Clone(e.Faults)
	all, found := o.list()
	for _, v := range all {
		if m := e.set(v); m != nil {
			found = append(found, m)
		}
	}
	return e, found.told()
}

func (o Overrides) list() ([]override, mistakes) {
	all := []override{
		{"--name", "name", o.Name},
		{"--engine", "engine", o.Engine},
		{"--nodes", "nodes", o.Nodes},
		{"--profile", "network.profile", o.Profile},
		{"--sites", "network.sites", o.Sites},
		{"--rate", "workload.load.mode", o.mode()},
		{"--rate", "workload.calm.rate", o.Rate},
		{"--clients", "workload.saturate.clients", o.Clients},
		{"--duration", "workload.calm.duration", o.Duration},
		{"--duration", "workload.saturate.duration", o.Duration},
		{"--precision", "precision", o.Precision},
		{"--budget", "budget", o.Budget},
		{"--trials", "trials", o.Trials},
		{"--proofs", "proofs", o.Proofs},
		{"--apart", "apart", o.Apart},
		{"--seed", "seed", o.Seed},
		{"--leader", "leader", o.Leader},
		{"--client", "client", o.Client},
		{"--replay", "safety.replay", o.Replay},
	}
	var set []override
	var wrong mistakes
	for _, s := range o.Set {
		path, text, found := strings.Cut(s, "=")
		if !found || path == "" {
			wrong = append(wrong, inFlag("--set", wanted(s, "a key and its value").Error(), "write --set raft.max_rpcs_in_flight=16"))
			continue
		}
		set = append(set, override{"--set " + path, path, text})
	}
	// A flag that is empty was not given; --set may empty what the file has.
	all = slices.DeleteFunc(all, func(v override) bool { return v.text == "" })
	return append(all, set...), wrong
}

// mode of the load that rate and clients imply.
func (o Overrides) mode() string {
	switch {
	case o.Rate != "" && o.Clients != "":
		return ModeBoth
	case o.Rate != "":
		return ModeCalm
	case o.Clients != "":
		return ModeSaturate
	}
	return ""
}

func inFlag(flag, message, advice string) *mistake {
	return &mistake{told: &strictyaml.Error{File: flag, Message: message, Advice: advice}}
}

// set puts a value in its place, or says why it cannot.
func (e *Experiment) set(v override) *mistake {
	at, m := v.find(reflect.ValueOf(e).Elem())
	if m != nil {
		return m
	}
	target, ok := valuesAt(at)
	if !ok {
		return inFlag(v.flag, v.path+" is no plain value, but has keys of its own", "give one of them its value, or write it in a file")
	}
	texts := v.texts(target)
	if len(texts) > maxValues {
		return inFlag(v.flag, fmt.Sprintf("got %d values, want at most %d", len(texts), maxValues), "keep those that tell something")
	}
	if err := target.set(texts); err != nil {
		return inFlag(v.flag, err.Error(), orWrittenLike(advice(err), v.flag, v.path))
	}
	e.origin.flags[v.path] = v.flag
	return nil
}

// valuesAt is what holds plain values, in a List or not.
func valuesAt(at reflect.Value) (values, bool) {
	if rates, ok := at.Addr().Interface().(*[]Rate); ok {
		return (*List[Rate])(rates), true
	}
	return valuesOf(at)
}

// find walks to what stands at the path.
func (v override) find(at reflect.Value) (reflect.Value, *mistake) {
	for part := range strings.SplitSeq(v.path, ".") {
		key, index, indexed := strings.Cut(strings.TrimSuffix(part, "]"), "[")
		if _, plain := valuesAt(at); plain || at.Kind() != reflect.Struct {
			return at, v.noKey(key)
		}
		next, found := field(at, key)
		if !found {
			return at, v.noKey(key)
		}
		if at = next; indexed {
			i, err := strconv.Atoi(index)
			if _, plain := valuesAt(at); err != nil || plain || at.Kind() != reflect.Slice || i < 0 || i >= at.Len() {
				return at, inFlag(v.flag, fmt.Sprintf("there is no %s", part), "the file's own are counted from 0; a list of values is set as a whole: nodes=1,3,5")
			}
			at = at.Index(i)
		}
	}
	return at, nil
}

func (v override) noKey(key string) *mistake {
	what, advice := noKey(v.path)
	return inFlag(v.flag, cmp.Or(what, fmt.Sprintf("no key is called %.60q here", key)), advice)
}

// texts of the values: a comma stands between those of a list.
func (v override) texts(target values) []string {
	texts := []string{v.text}
	if !target.one() {
		texts = strings.Split(v.text, ",")
	}
	for i := range texts {
		texts[i] = strings.TrimSpace(texts[i])
	}
	return texts
}
