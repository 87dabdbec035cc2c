// Package configs is the experiment that a person writes: parsed strictly,
// validated with line and column, expanded to the setups that are run.
package configs

import (
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
	"github.com/raftbench/raftbench/profiles"
	"github.com/raftbench/raftbench/quorum"
)

// Setup is one combination of the axes, fully resolved: everything a trial needs.
type Setup struct {
	// Cell is the name, of what varies: n3-hashicorp-multi-az.
	Cell   string
	Nodes  int
	Engine string // hashicorp or etcd
	// Dead is how many followers are killed before a measuring trial's load: at most
	// as many as the size tolerates. A proof kills its own.
	Dead int
	// Load is how it is loaded: "calm+saturate", "calm", "saturate",
	// "capacity", "sweep".
	Load string
	// Params holds the remaining axes by YAML path.
	Params map[string]string

	Network profiles.Profile
	// Links is the shape of every directed link, by the member that sends and
	// the one that receives (control.MemberID; control.ClientLink is the load
	// generator). A link that is missing injects nothing.
	Links    map[string]map[string]netem.Shape
	Leader   string // a site, or "any"
	Client   string // a site, or empty: beside the leader, no delay
	Storage  control.Storage
	Raft     control.Raft
	Workload Workload
	// Watch of a trial that leaves a healthy cluster alone.
	Watch Watch
	// Faults of a measuring trial's light load, or of a safety trial; a proof trial has its own.
	Faults []TimedFault
	// Outage is the fault of an outage trial, which a plan may have or not.
	Outage RepeatedFault
	// Safety is the load of a safety trial, Nemesis what does faults in it at random.
	Safety  SafetyLoad
	Nemesis NemesisSet
	// MessageFaults label the run and exclude it from performance results.
	MessageFaults *control.MessageFaults
}

// Workload of a setup.
type Workload struct {
	Keys, KeySize, ValueSize int
	ReadRatio                float64
	Reads                    string // linearizable or serializable
	Target                   string // leader, follower or all
	Warmup                   time.Duration
	WarmupAuto               bool          // until steady, at most ten times Warmup
	Timeout                  time.Duration // of one operation
	Spans                    bool          // of writes through the nodes, in the light load
	Calm                     Calm
	Saturate                 Saturate
	Capacity                 Capacity
	Sweep                    []float64 // rates per second, ascending
}

// Watch is a light load under which nothing is done but Pauses; Duration 0 leaves
// it out.
type Watch struct {
	Duration time.Duration
	Rate     float64 // per second
	// Pauses of each member's process; Every counts from the end of one.
	Pauses []quorum.Interruption
}

// Calm is the light open-loop window; Rate 0 leaves it out.
type Calm struct {
	Rate     float64 // per second
	Arrivals string  // constant or poisson
	Duration time.Duration
}

// Saturate is the closed-loop window; Clients 0 leaves it out.
type Saturate struct {
	Clients  int
	Duration time.Duration
}

// Capacity is a search for the highest rate whose latency keeps a limit.
type Capacity struct {
	Limit      string // as written: "p99 < 20ms"
	Percentile float64
	Below      time.Duration
}

// RepeatedFault is done again and again, and undone in between.
type RepeatedFault struct {
	Action, Target string
	Rate           float64 // of the writes to all members together, per second
}

// Plan is what an experiment comes to.
type Plan struct {
	Name   string
	Setups []Setup
	// Trials and Proofs are the number of each a setup; Retries how often an
	// invalid measuring trial is repeated.
	Trials, Proofs, Retries int
	// Watch is how long each setup is watched; 0: not at all.
	Watch time.Duration
	// Outages is how often each setup's fault is repeated; 0: never.
	Outages int
	// Safety is the number of safety trials a setup, KeepHistories whether those are
	// kept in which nothing was found.
	Safety        int
	KeepHistories bool
	// Replay is the one safety trial that the plan repeats; nil: all that it says.
	Replay *Replay
	// Precision of differences, a share, until which blocks are added for at most
	// Budget; 0 where Trials is the number of blocks.
	Precision float64
	Budget    time.Duration
	// Unasked is why the default precision is not asked for; empty where it is, or
	// where the number of trials was written.
	Unasked string
	// Processes are the nodes that may live at once, as the host's memory has room;
	// 0: bench.MostProcesses.
	Processes int
	// Apart measures one setup at a time.
	Apart bool
	// Awake is AwakeAuto, AwakeOn or AwakeOff.
	Awake string
	Seed  int64
	// Label is shown with every result (the quick preset's warning), or empty.
	Label string
	// Warnings are what the plan does otherwise than it reads.
	Warnings []string
	// YAML is the resolved intent, with defaults and seed: experiment.yaml.
	YAML []byte
	// Networks are the profile files, by the path under which YAML
	// names them: a copy of both is the whole experiment.
	Networks map[string][]byte
}

// SideBySide tells whether a setup can be measured beside others: searches for
// capacity, sweeps and whatever is harmed are alone.
func (s Setup) SideBySide() bool {
	plain := s.Load == ModeCalm || s.Load == ModeSaturate || s.Load == ModeBoth
	return plain && len(s.Faults) == 0 && s.MessageFaults == nil
}
