package configs

import (
	"slices"
	"time"

	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/netem"
)

// FaultAt is done at an instant of the light load.
type FaultAt struct {
	At     Duration `json:"at" jsonschema:"Counted from the start of the light load."`
	Action string   `json:"action" jsonschema:"What is done, in Jepsen's, tc's and OmniPaxos' words; docs/faults.md tells each."`
	Target string   `json:"target,omitempty" jsonschema:"leader, follower, followers, minority, majority, all, a member (n1), a site, or n1->n2 for a link."`
	For    Duration `json:"for,omitempty" jsonschema:"So long after, it is undone; left out: by another fault, or at the end of the load."`

	Groups   Groups        `json:"groups,omitempty" jsonschema:"Of partition: who still reaches whom, every member in one group."`
	Sync     Duration      `json:"sync,omitempty" jsonschema:"Of disk-slow: how much longer each sync takes."`
	Link     FaultLink     `json:"link,omitzero" jsonschema:"Of slow: what the links become; what is left out stays."`
	Messages FaultMessages `json:"messages,omitzero" jsonschema:"Of message-faults: in place of those that there are."`
}

// Groups of members that reach each other and nobody else.
type Groups [][]string

// FaultLink is what a link becomes, in tc-netem's words; zero: as it is.
type FaultLink struct {
	Delay        Duration `json:"delay,omitempty" jsonschema:"One way."`
	Jitter       Duration `json:"jitter,omitempty" jsonschema:"Spread around the delay."`
	Correlation  Percent  `json:"correlation,omitempty" jsonschema:"Of successive delays."`
	Distribution string   `json:"distribution,omitempty" jsonschema:"Of the jitter: uniform, normal, pareto or paretonormal."`
	Loss         Percent  `json:"loss,omitempty" jsonschema:"Of segments; above TCP that is a stall."`
	Rate         Bitrate  `json:"rate,omitempty" jsonschema:"Bandwidth, such as 100mbit."`
}

// FaultMessages are probabilities, each of one RPC of raft.
type FaultMessages struct {
	Drop      Percent  `json:"drop,omitempty" jsonschema:"Share of messages lost."`
	Duplicate Percent  `json:"duplicate,omitempty" jsonschema:"Share of messages delivered twice."`
	Reorder   Percent  `json:"reorder,omitempty" jsonschema:"Share of messages reported lost and delivered late."`
	Delay     Percent  `json:"delay,omitempty" jsonschema:"Share of messages delayed."`
	MaxDelay  Duration `json:"max_delay,omitempty" jsonschema:"Longest delay of a delayed or reordered message."`
}

// TimedFault is done at an instant of the light load.
type TimedFault struct {
	At     time.Duration
	Action string // one of Actions
	// Target is a role, a member's id, a site or "n1->n2"; empty where the action
	// needs none.
	Target string
	// For so long it stands; 0: until another fault or the load's end undoes it.
	For    time.Duration
	Groups [][]string    // of partition
	Sync   time.Duration // of disk-slow, for each sync
	Link   FaultLink     // of slow
	// Messages of message-faults, which replace the setup's.
	Messages *control.MessageFaults
}

func (f FaultAt) resolve() TimedFault {
	t := TimedFault{
		At: span(f.At), Action: f.Action, Target: f.Target, For: span(f.For), Groups: f.Groups, Sync: span(f.Sync), Link: f.Link,
	}
	if f.Action == MessageFaults {
		m := f.Messages
		t.Messages = &control.MessageFaults{
			Drop: float64(m.Drop), Duplicate: float64(m.Duplicate), Reorder: float64(m.Reorder), Delay: float64(m.Delay), MaxDelay: span(m.MaxDelay),
		}
	}
	return t
}

// Change is the shape of a link that the fault is done to.
func (l FaultLink) Change(s netem.Shape) netem.Shape {
	given := Link{}
	set(&given.Delay, l.Delay)
	set(&given.Jitter, l.Jitter)
	set(&given.Correlation, l.Correlation)
	set(&given.Distribution, l.Distribution)
	set(&given.Loss, l.Loss)
	set(&given.Rate, l.Rate)
	given.change(&s)
	return s
}

func set[T comparable](l *List[T], v T) {
	var zero T
	if v != zero {
		*l = One(v)
	}
}

// harmsMessages tells whether any of the faults is to raft's own messages.
func (s Setup) harmsMessages() bool {
	return slices.ContainsFunc(s.Faults, func(f TimedFault) bool { return f.Action == MessageFaults })
}
