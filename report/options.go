package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/raftbench/raftbench/results"
)

// Options of a report; the zero value is a plain report of 100 columns.
type Options struct {
	// Width is how many columns the terminal has; 0 means 100.
	Width int
	// Color allows ANSI escapes; the caller honours NO_COLOR.
	Color bool
	// Label is a warning to be shown with every result, from the experiment.
	Label string
	// Clients of the closed loop behind the throughput; 0 leaves it unsaid.
	Clients int
	// Source tells who published a network profile and when; nil or an empty
	// answer leaves it unsaid.
	Source func(profile string) string
	// Emulated notes what was not real, say "the disk is emulated: 2 ms".
	Emulated []string

	// Links tells how true the emulated links were; empty leaves it unsaid.
	Links string

	// closed: the latencies are those of the closed loop, since no window was
	// calm.
	closed bool
}

func (o Options) width() int {
	if o.Width <= 0 {
		return 100
	}
	return o.Width
}

func (o Options) source(profile string) string {
	if o.Source == nil {
		return ""
	}
	return o.Source(profile)
}

// intent is what a report takes from experiment.yaml; any value may be a list.
type intent struct {
	Label   string `yaml:"label"`
	Storage struct {
		Sync any `yaml:"sync"`
	} `yaml:"storage"`
	Network struct {
		MessageFaults map[string]any `yaml:"message_faults"`
	} `yaml:"network"`
}

// OptionsFor takes from a run what a report of it says besides its numbers.
// An experiment that cannot be read leaves it unsaid.
func OptionsFor(run *results.Run) Options {
	var in intent
	// Lenient on purpose: the intent may be from a build that knows more.
	_ = yaml.Unmarshal(run.Experiment, &in)
	o := Options{Label: in.Label, Emulated: in.emulated(), Links: linkTruth(run.Trials)}
	if slices.ContainsFunc(run.Trials, func(t results.Trial) bool { return !t.Durable }) {
		o.Emulated = append(o.Emulated, "Not durable: some of these stores keep nothing over a restart.")
	}
	for _, t := range run.Trials {
		for _, w := range t.Windows {
			if w.Name == results.WindowSaturate {
				o.Clients = w.Clients
			}
		}
	}
	return o
}

// harmed tells whether any share of messages was harmed: the resolved intent
// names them all, most of them zero.
func (in intent) harmed() bool {
	for _, share := range []string{"drop", "duplicate", "reorder", "delay"} {
		if v := in.Network.MessageFaults[share]; v != nil && strings.ContainsAny(fmt.Sprint(v), "123456789") {
			return true
		}
	}
	return false
}

// emulated says which parts were not real.
func (in intent) emulated() []string {
	var out []string
	if sync := in.Storage.Sync; sync != nil && sync != "real" && sync != "" {
		out = append(out, fmt.Sprintf("Emulated disk, one for each node: a sync takes %v.", sync))
	}
	if in.harmed() {
		out = append(out, "Message faults were injected: no performance result.")
	}
	return out
}
