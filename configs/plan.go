package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// The modes of load.
const (
	ModeBoth     = "calm+saturate"
	ModeCalm     = "calm"
	ModeSaturate = "saturate"
	ModeCapacity = "capacity"
	ModeSweep    = "sweep"
)

// Engines that can be measured.
const (
	EngineHashicorp = "hashicorp"
	EngineEtcd      = "etcd"
)

// AnyLeader leaves the leader's place to the election.
const AnyLeader = "any"

// MaxSetups bounds the product of the axes. At some six seconds a trial a tenth
// of it runs for an hour.
const MaxSetups = 1000

// KeyPrefixSize is the length, in bytes, of what stands before the number in
// every key: it makes the keys of a trial its own.
const KeyPrefixSize = 12

// Plan validates the experiment and expands it to setups. Mistakes are of type
// strictyaml.Errors: all that were found, each where it was written.
func (e Experiment) Plan() (Plan, error) {
	p, unfit, err := e.plan()
	if err != nil {
		return Plan{}, err
	}
	return p, unfit.once().told()
}

// Sketch is a Plan to reason about and not to run: timeouts that no cluster
// would live with are warned of and no mistake.
func (e Experiment) Sketch() (Plan, error) {
	p, unfit, err := e.plan()
	for _, m := range unfit.once() {
		p.Warnings = append(p.Warnings, "a run would be refused: "+m.told.OneLine())
	}
	return p, err
}

// plan tells apart what is wrong and timeouts that are unfit for the network.
func (e Experiment) plan() (_ Plan, unfit mistakes, _ error) {
	if wrong := append(e.settle(), e.check()...); len(wrong) > 0 {
		return Plan{}, nil, wrong.told()
	}
	e.absolute()
	all, err := e.combinations()
	if err != nil {
		return Plan{}, nil, err
	}
	all, wrong := tolerable(all)
	warnings := e.leftOut()
	setups := make([]Setup, 0, len(all))
	for _, c := range all {
		s, n, found := c.resolve()
		wrong = append(wrong, found.ofSize(s.Nodes)...)
		if len(found) == 0 {
			unfit = append(unfit, c.checkTimeouts(s, n).ofSize(s.Nodes)...)
		}
		setups = append(setups, s)
	}
	if len(wrong) > 0 {
		return Plan{}, nil, append(wrong, unfit...).once().told()
	}
	if wrong := append(e.untimed(setups), slices.Concat(e.unmeasured(), e.wholeNone(setups), e.paced(setups))...); len(wrong) > 0 {
		return Plan{}, nil, append(wrong, unfit...).once().told()
	}
	name(setups, all)
	networks, err := e.bundle()
	if err != nil {
		return Plan{}, nil, err
	}
	text, err := yaml.MarshalWithOptions(e, yaml.CustomMarshaler(writeText))
	if err != nil {
		return Plan{}, nil, fmt.Errorf("writing the resolved experiment: %w", err)
	}
	p := Plan{
		Name: e.Name, Setups: setups, Trials: e.Trials, Proofs: e.Proofs, Outages: e.Outages.Repeat, Retries: e.Retries, Watch: span(e.Watch.Duration), Apart: e.Apart,
		Safety: e.Safety.Trials, KeepHistories: e.Safety.Keep,
		Precision: float64(e.Precision), Budget: span(e.Budget), Awake: e.Host.Awake,
		Seed: int64(e.Seed), Label: e.Label, YAML: text, Networks: networks, Warnings: append(warnings, e.warnings(setups)...), Unasked: e.unasked,
	}
	p, wrong = e.replayed(p)
	if len(wrong) > 0 {
		return Plan{}, nil, wrong.told()
	}
	return p, unfit, nil
}

// writeText quotes what strictyaml would not read as a text: the library's own
// quoting lets "? A" pass, which is an explicit key.
func writeText(s string) ([]byte, error) {
	if strings.HasPrefix(s, "?") {
		return []byte(strconv.Quote(s)), nil
	}
	return yaml.Marshal(s)
}
