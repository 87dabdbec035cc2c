package configs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/parser"
)

// Overrides are values from flags or environment variables, each as it would
// be written in YAML; a comma makes a list: "1,3,5". Empty means not given.
type Overrides struct {
	Name     string // --name
	Engine   string // --engine
	Nodes    string // --nodes 1,3,5
	Profile  string // --profile
	Rate     string // --rate 100/s: the calm window's
	Clients  string // --clients 64: the closed loop's
	Duration string // --duration 5s: of either window
	Trials   string // --trials
	Proofs   string // --proofs
	Seed     string // --seed
	Leader   string // --leader SITE
	Client   string // --client SITE
	// Set holds path=value for any other key: raft.max_rpcs_in_flight=1,2,16.
	Set []string
}

// override is one value: who gave it, where it goes.
type override struct{ flag, path, text string }

// Apply lays the overrides over the experiment. With clients alone a run
// saturates only, with a rate alone it is calm only. Mistakes are of type
// *Error and name the flag.
func (e Experiment) Apply(o Overrides) (Experiment, error) {
	all, err := o.list()
	if err != nil {
		return Experiment{}, err
	}
	e.origin = e.origin.clone()
	for _, v := range all {
		if err := e.set(v); err != nil {
			return Experiment{}, err
		}
	}
	return e, nil
}

func (o Overrides) list() ([]override, error) {
	all := []override{
		{"--name", "name", o.Name},
		{"--engine", "engine", o.Engine},
		{"--nodes", "nodes", o.Nodes},
		{"--profile", "network.profile", o.Profile},
		{"--rate", "workload.load.mode", o.mode()},
		{"--rate", "workload.calm.rate", o.Rate},
		{"--clients", "workload.saturate.clients", o.Clients},
		{"--duration", "workload.calm.duration", o.Duration},
		{"--duration", "workload.saturate.duration", o.Duration},
		{"--trials", "trials", o.Trials},
		{"--proofs", "proofs", o.Proofs},
		{"--seed", "seed", o.Seed},
		{"--leader", "leader", o.Leader},
		{"--client", "client", o.Client},
	}
	var set []override
	for _, s := range o.Set {
		path, text, found := strings.Cut(s, "=")
		if !found || path == "" {
			return nil, &Error{Flag: "--set", Message: wanted(s, "a key and its value").Error(),
				Advice: "write --set raft.max_rpcs_in_flight=16"}
		}
		set = append(set, override{"--set " + path, path, text})
	}
	// A flag that is empty was not given; --set may empty what the file has.
	all = slices.DeleteFunc(all, func(v override) bool { return v.text == "" })
	return append(all, set...), nil
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

func (e *Experiment) set(v override) (err error) {
	defer recovered(v.flag, &err)
	doc, err := parser.ParseBytes([]byte(v.yaml()), 0)
	if err == nil {
		err = decode(doc, e)
	}
	if err != nil {
		mistake := located("", v.path, err)
		// The line is that of a document nobody wrote.
		told := &Error{Flag: v.flag, Message: mistake.Message, Advice: mistake.Advice}
		told.advise(v.path)
		return told
	}
	e.origin.flags[v.path] = v.flag
	return nil
}

// yaml is the override as a document: a.b with 1,2 is {"a": {"b": [1, 2]}}.
func (v override) yaml() string {
	values := strings.Split(v.text, ",")
	for i := range values {
		values[i] = plainValue(strings.TrimSpace(values[i]))
	}
	text := values[0]
	if len(values) > 1 {
		text = "[" + strings.Join(values, ", ") + "]"
	}
	keys := strings.Split(v.path, ".")
	for i := len(keys) - 1; i >= 0; i-- {
		text = fmt.Sprintf("{%q: %s}", keys[i], text)
	}
	return text
}

// plainValue quotes all but integers, so that what is written stays one value.
func plainValue(text string) string {
	if _, err := strconv.Atoi(text); err == nil {
		return text
	}
	quoted, _ := json.Marshal(text) // a string always marshals, and JSON is YAML
	return string(quoted)
}
