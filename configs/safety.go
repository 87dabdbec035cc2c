package configs

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/raftbench/raftbench/control"
)

// Safety are trials of a kind of their own: clients read and write a few keys as fast
// as they are let, everything that they did and were told is kept, and a judge looks
// for an order that explains all of it.
type Safety struct {
	Trials   int      `json:"trials" jsonschema:"Safety trials of each setup; 0: none."`
	Duration Duration `json:"duration" jsonschema:"How long clients read and write in each."`
	Clients  int      `json:"clients" jsonschema:"Clients, each bound to one member; they go round the members."`
	Keys     int      `json:"keys" jsonschema:"Keys that all of them share: few, so that operations meet."`
	Rate     Rate     `json:"rate" jsonschema:"Operations a second, of all clients together."`
	Keep     bool     `json:"keep" jsonschema:"Keep every trial's history and logs; else those of trials in which nothing was found are removed."`
	Replay   string   `json:"replay" jsonschema:"One safety trial again, in place of all else: SETUP:SEED, as a report names it."`
}

// Nemesis does faults at random while a safety trial runs. The name is Jepsen's.
type Nemesis struct {
	Actions Words    `json:"actions" jsonschema:"What it may do: a fault's actions, and blackout, which kills all. Each trial draws some of them. Empty: no faults at random."`
	Every   Duration `json:"every" jsonschema:"Mean time from one fault to the next."`
	Version int      `json:"version" jsonschema:"Of the generator: what it makes of a seed is only promised within one version."`
}

// Words are those of a list that is no axis.
type Words []string

func (a *Words) one() bool    { return false }
func (a *Words) want() string { return "text" }

func (a *Words) set(texts []string) error {
	all := make(Words, len(texts))
	for i, text := range texts {
		if err := parseScalar(text, &all[i]); err != nil {
			return err
		}
	}
	*a = all
	return nil
}

func defaultSafety() Safety {
	return Safety{Duration: Duration(10 * time.Second), Clients: 8, Keys: 6, Rate: 800}
}

func defaultNemesis() Nemesis {
	return Nemesis{Actions: Words{}, Every: Duration(time.Second), Version: NemesisVersion}
}

// SafetyLoad is what the clients of a safety trial do.
type SafetyLoad struct {
	Duration      time.Duration
	Clients, Keys int
	Rate          float64 // operations a second, of all together
}

// MostOperations of one safety trial: what a judge decides in seconds.
const MostOperations = 100_000

// The bounds of a safety trial.
const (
	mostSafetyTrials = 10_000
	longestSafety    = Duration(time.Hour)
	mostClients      = 200
	mostHotKeys      = 1000
)

// safety finds the mistakes in the two sections themselves.
func (c *checker) safety(e Experiment) {
	between(c, "safety.trials", One(e.Safety.Trials), 0, mostSafetyTrials)
	between(c, "safety.duration", One(e.Safety.Duration), shortestWindow, longestSafety)
	between(c, "safety.clients", One(e.Safety.Clients), 1, mostClients)
	between(c, "safety.keys", One(e.Safety.Keys), 1, mostHotKeys)
	between(c, "safety.rate", One(e.Safety.Rate), Rate(1), 100_000)
	if n := float64(e.Safety.Rate) * span(e.Safety.Duration).Seconds(); n > MostOperations {
		c.errs = append(c.errs, c.origin.mistake(
			fmt.Sprintf("got %.0f operations a trial, want at most %d: more are not judged in time", n, MostOperations),
			"lower the rate, or shorten the duration and do more trials", "safety.rate", "safety.duration"))
	}
	if e.Safety.Replay != "" {
		if _, err := parseReplay(e.Safety.Replay); err != nil {
			c.errs = append(c.errs, c.origin.mistake(err.Error(), "a report names them: --replay n3-hashicorp-none:12345", "safety.replay"))
		}
	}
	c.nemesis(e)
}

// safe tells whether an experiment has safety trials.
func (e Experiment) safe() bool { return e.Safety.Trials > 0 || e.Safety.Replay != "" }

// Replay names one safety trial.
type Replay struct {
	Cell string
	Seed int64
}

// String is what is written after --replay.
func (r Replay) String() string { return r.Cell + ":" + strconv.FormatInt(r.Seed, 10) }

func parseReplay(text string) (Replay, error) {
	cell, digits, found := strings.Cut(text, ":")
	seed, err := strconv.ParseInt(digits, 10, 64)
	if !found || err != nil || cell == "" || seed < 0 {
		return Replay{}, wanted(text, "a setup's name and a seed, SETUP:SEED")
	}
	return Replay{cell, seed}, nil
}

// replayed makes of a plan the one trial that is to be done again.
func (e Experiment) replayed(p Plan) (Plan, mistakes) {
	if e.Safety.Replay == "" {
		return p, nil
	}
	again, _ := parseReplay(e.Safety.Replay)
	i := slices.IndexFunc(p.Setups, func(s Setup) bool { return s.Cell == again.Cell })
	if i < 0 {
		var cells []string
		for _, s := range p.Setups {
			cells = append(cells, s.Cell)
		}
		const most = 10
		if len(cells) > most {
			cells = append(cells[:most], fmt.Sprintf("and %d more", len(cells)-most))
		}
		return p, mistakes{e.origin.mistake(fmt.Sprintf("got setup %.100q, which this experiment does not have", again.Cell),
			"it has "+strings.Join(cells, ", "), "safety.replay")}
	}
	p.Setups, p.Safety, p.Replay = p.Setups[i:i+1], 1, &again
	p.Setups[0].Dead = 0
	p.Trials, p.Proofs, p.Outages, p.Watch, p.Precision, p.Budget, p.Unasked = 0, 0, 0, 0, 0, 0, ""
	p.KeepHistories = true
	return p, nil
}

// SafetyOf is how many safety trials of a setup there are: none with dead followers,
// since whom to kill is the nemesis' affair.
func (p Plan) SafetyOf(s Setup) int {
	if s.Dead > 0 {
		return 0
	}
	return p.Safety
}

// SafetyGroups are the setups whose safety trials live at once, as places in the
// plan's: neighbours, as many as have room. Each is a cluster of its own; what one
// costs the other is time, which no verdict rests on.
func SafetyGroups(p Plan) [][]int {
	return p.together(func(s Setup) bool { return p.SafetyOf(s) > 0 })
}

// What a safety trial takes beside its load: everything is healed, all agree, and the
// history is judged.
const (
	healTime  = 1500 * time.Millisecond
	judgeTime = 500 * time.Millisecond
)

// SafetyTrialTime is about how long one safety trial of a setup takes.
func SafetyTrialTime(s Setup) time.Duration {
	return bootTime + s.Safety.Duration + healTime + auditTime + judgeTime
}

// safetyTime is that of all safety trials of a plan.
func (p Plan) safetyTime() (sum time.Duration) {
	for _, group := range SafetyGroups(p) {
		var longest time.Duration
		for _, i := range group {
			longest = max(longest, SafetyTrialTime(p.Setups[i]))
		}
		sum += time.Duration(p.Safety) * longest
	}
	return sum
}

// ForSafety is the setup of the safety trial with this seed: beside the experiment's
// own faults, those that the nemesis makes of the seed. It is a pure function of
// both.
func (s Setup) ForSafety(seed int64) Setup {
	s.Faults = append(slices.Clone(s.Faults), s.drawn(seed)...)
	slices.SortStableFunc(s.Faults, func(a, b TimedFault) int { return int(a.At - b.At) })
	if s.MessageFaults == nil && s.harmsMessages() {
		s.MessageFaults = &control.MessageFaults{} // raft's transport is made at a node's start
	}
	return s
}

// safetyWarnings tell of safety trials that must find something, or that nothing is
// done in.
func (e Experiment) safetyWarnings(setups []Setup) (out []string) {
	if !e.safe() {
		return nil
	}
	for _, s := range setups {
		switch {
		case len(s.Nemesis.Actions) == 0 && len(s.Faults) == 0:
			out = append(out, "safety: no nemesis and no faults: nothing is done to the cluster while it is tested")
		case s.Storage.Store == control.StoreMemory, s.Storage.Store == control.StoreBoltNoSync && s.Storage.PowerLoss && s.PowerUncut() == "":
			out = append(out, fmt.Sprintf("safety: store %s keeps nothing over a restart%s: writes that are lost for it are findings",
				s.Storage.Store, map[bool]string{true: " with power_loss"}[s.Storage.PowerLoss && s.PowerUncut() == ""]))
		}
		if len(s.Faults) == 0 && s.Nodes > 1 && s.Raft.SnapshotThreshold > uint64(s.Safety.Rate*s.Safety.Duration.Seconds()) {
			out = append(out, fmt.Sprintf("safety: raft.snapshot_threshold %d is more than a trial writes: no snapshot will be taken, sent or restored from", s.Raft.SnapshotThreshold))
		}
	}
	return out
}
