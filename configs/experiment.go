package configs

import (
	"time"

	"github.com/raftbench/raftbench/control"
)

// Experiment is what a person writes. Every List is an axis; the zero value
// is not useful, start from Default.
type Experiment struct {
	Name   string       `json:"name" jsonschema:"Names the run; letters, digits and hyphens."`
	Label  string       `json:"label" jsonschema:"A warning shown with every result, or empty."`
	Engine List[string] `json:"engine" jsonschema:"What is measured: hashicorp or etcd."`
	Nodes  List[int]    `json:"nodes" jsonschema:"Cluster sizes, 1 to 99."`
	// Dead followers: of a cluster that goes on without some of its members.
	Dead List[int] `json:"dead" jsonschema:"So many followers are killed before a measuring trial's load, those nearest to the leader first; at most what the size tolerates."`
	// Precision is that of the differences between setups; 0: Trials counts.
	Precision Precision `json:"precision" jsonschema:"Blocks are added until each difference between neighbouring sizes is known to within so much in latency (median), and twice that in throughput; trials fixes their number instead; 0%: none is asked for, and trials has to be given."`
	Budget    Duration  `json:"budget" jsonschema:"Longest time of the whole run, proofs included, where a precision is asked for."`
	Trials    int       `json:"trials" jsonschema:"Measuring trials a setup, one a block, in place of a precision; 0 without a precision: proofs alone; an interval needs at least 6, and a difference between five sizes at least 9."`
	Proofs    int       `json:"proofs" jsonschema:"Trials a setup that kill up to and beyond the tolerance."`
	// Retries bounds what a noisy host can cost in time.
	Retries int          `json:"retries" jsonschema:"How often an invalid measuring trial is repeated, where it is measured alone."`
	Apart   bool         `json:"apart" jsonschema:"Measure one setup at a time, in place of all of a block side by side."`
	Seed    int          `json:"seed" jsonschema:"Of the order of trials, arrivals, jitter and values."`
	Leader  List[string] `json:"leader" jsonschema:"The leader's site, or any; empty: the profile's first site."`
	Client  List[string] `json:"client" jsonschema:"The load generator's site; empty: beside the leader, no delay."`

	Network  Network   `json:"network" jsonschema:"The links between the members."`
	Storage  Storage   `json:"storage" jsonschema:"Where and how durably each node keeps its log."`
	Raft     Raft      `json:"raft" jsonschema:"hashicorp/raft's knobs under its own names."`
	Workload Workset   `json:"workload" jsonschema:"What is written and read, and how fast."`
	Host     Host      `json:"host" jsonschema:"What is done to this machine meanwhile."`
	Watch    WatchSet  `json:"watch" jsonschema:"A healthy cluster under a light load, left alone to see whether its leader is voted out."`
	Faults   []FaultAt `json:"faults" jsonschema:"What is done during the light load of a measuring trial, and while a safety trial runs."`
	Outages  Outages   `json:"outages" jsonschema:"One fault again and again, each time of a whole cluster: how long writes are out."`
	Safety   Safety    `json:"safety" jsonschema:"Clients that read and write a few keys, whose every answer is judged."`
	Nemesis  Nemesis   `json:"nemesis" jsonschema:"Faults at random, from the seed, while a safety trial runs."`
	Arms     []Arm     `json:"arms" jsonschema:"Variants of every setup, to be compared with the first of them."`

	origin *origin
	// unasked is why the default precision is not asked of this experiment.
	unasked string
}

// Host is this machine, for the whole run.
type Host struct {
	Awake string `json:"awake" jsonschema:"Keep the cores from halting during light load: auto (where one setup is measured alone), on or off."`
}

// Whether the cores are kept from halting during light load.
const (
	AwakeAuto = "auto"
	AwakeOn   = "on"
	AwakeOff  = "off"
)

// Network says how far apart the members are.
type Network struct {
	Profile       List[string] `json:"profile" jsonschema:"A built-in profile, a profile file of one's own, or none."`
	Sites         Placements   `json:"sites" jsonschema:"How many members stand at each site, such as {a: 2, b: 2, c: 1}, or a list of these, one for each size; empty: members go round the profile's sites."`
	Links         []Link       `json:"links" jsonschema:"Changes to single directed links of the profile."`
	MessageFaults Messages     `json:"message_faults" jsonschema:"Harm to raft's own messages: for safety runs, never for a performance result."`
}

// Link changes one directed link, or several where an end is left out. What
// is not written stays as the profile has it. The words are tc-netem's.
type Link struct {
	From         string         `json:"from" jsonschema:"A site or a member (n1); empty: every one."`
	To           string         `json:"to" jsonschema:"A site or a member (n2); empty: every one."`
	Delay        List[Duration] `json:"delay,omitempty" jsonschema:"One way."`
	Jitter       List[Duration] `json:"jitter,omitempty" jsonschema:"Spread around the delay."`
	Correlation  List[Percent]  `json:"correlation,omitempty" jsonschema:"Of successive delays."`
	Distribution List[string]   `json:"distribution,omitempty" jsonschema:"Of the jitter: uniform, normal, pareto or paretonormal."`
	Loss         List[Percent]  `json:"loss,omitempty" jsonschema:"Of segments; above TCP that is a stall."`
	Rate         List[Bitrate]  `json:"rate,omitempty" jsonschema:"Bandwidth, such as 100mbit."`
	Limit        List[Size]     `json:"limit,omitempty" jsonschema:"Of the queue; the writer waits when it is full."`
	SlowClose    List[Duration] `json:"slow_close,omitempty" jsonschema:"How much later the end of a stream is delivered."`
}

// Messages are probabilities, each of one RPC of raft.
type Messages struct {
	Drop      List[Percent]  `json:"drop" jsonschema:"Share of messages lost."`
	Duplicate List[Percent]  `json:"duplicate" jsonschema:"Share of messages delivered twice."`
	Reorder   List[Percent]  `json:"reorder" jsonschema:"Share of messages reported lost and delivered late."`
	Delay     List[Percent]  `json:"delay" jsonschema:"Share of messages delayed."`
	MaxDelay  List[Duration] `json:"max_delay" jsonschema:"Longest delay of a delayed or reordered message."`
}

// Storage of each node.
type Storage struct {
	Store       List[string]   `json:"store" jsonschema:"boltdb, or without durability: boltdb-nosync, inmem."`
	Sync        List[Sync]     `json:"sync" jsonschema:"real, or how long each of the two syncs of a write transaction takes, on an emulated disk of each node's own."`
	PowerLoss   List[bool]     `json:"power_loss" jsonschema:"A restart loses what was never synced."`
	StallLength List[Duration] `json:"stall_length" jsonschema:"For how long each node's disk holds all its writes now and then; 0s: never."`
	StallEvery  List[Duration] `json:"stall_every" jsonschema:"Mean time between two stalls of one disk; they come at random, to each node by itself."`
	LogCache    List[int]      `json:"log_cache" jsonschema:"Entries kept in memory before the store."`
	ApplyDelay  List[Duration] `json:"apply_delay" jsonschema:"How much longer the state machine takes for each write, busy."`
}

// Raft is hashicorp/raft's Config, under its own names in snake case.
type Raft struct {
	HeartbeatTimeout   List[Duration] `json:"heartbeat_timeout" jsonschema:"Without a leader's word for so long a follower stands for election."`
	ElectionTimeout    List[Duration] `json:"election_timeout" jsonschema:"A candidate waits so long for votes; at least heartbeat_timeout."`
	LeaderLeaseTimeout List[Duration] `json:"leader_lease_timeout" jsonschema:"A leader without a quorum's word for so long steps down; at most heartbeat_timeout."`
	CommitTimeout      List[Duration] `json:"commit_timeout" jsonschema:"Longest wait before a commit index is sent without entries."`
	MaxAppendEntries   List[int]      `json:"max_append_entries" jsonschema:"Entries in one batch, 1 to 1024."`
	MaxRPCsInFlight    List[int]      `json:"max_rpcs_in_flight" jsonschema:"Batches on their way to one follower; 1 turns pipelining off."`
	BatchApplyCh       List[bool]     `json:"batch_apply_ch" jsonschema:"Buffer applies up to one batch."`
	PreVoteDisabled    List[bool]     `json:"pre_vote_disabled" jsonschema:"Elections without a trial vote first."`
	SnapshotThreshold  List[int]      `json:"snapshot_threshold" jsonschema:"Entries after which a snapshot is due."`
	SnapshotInterval   List[Duration] `json:"snapshot_interval" jsonschema:"How often raft looks whether one is due."`
	TrailingLogs       List[int]      `json:"trailing_logs" jsonschema:"Entries kept behind a snapshot."`
}

// Workset is the workload as written.
type Workset struct {
	Keys      List[int]      `json:"keys" jsonschema:"Distinct keys of a trial."`
	KeySize   List[Size]     `json:"key_size" jsonschema:"Length of a key."`
	ValueSize List[Size]     `json:"value_size" jsonschema:"Length of a value, at least 16B: each is unique."`
	ReadRatio List[float64]  `json:"read_ratio" jsonschema:"Share of reads, 0 to 1."`
	Reads     List[string]   `json:"reads" jsonschema:"linearizable or serializable."`
	Target    List[string]   `json:"target" jsonschema:"Which nodes are asked: leader, follower or all."`
	Timeout   List[Duration] `json:"timeout" jsonschema:"Of one operation."`
	Warmup    List[Warmup]   `json:"warmup" jsonschema:"Load before the windows: a duration, or auto until steady."`
	Spans     List[bool]     `json:"spans" jsonschema:"Time each write's way through the nodes during the light load; false: nothing stands in its way."`
	Load      LoadMode       `json:"load" jsonschema:"Which windows a trial has."`
	Calm      CalmWindow     `json:"calm" jsonschema:"The light load, an open loop: what one write costs."`
	Saturate  BusyWindow     `json:"saturate" jsonschema:"The full load, a closed loop: how much goes through."`
}

// LoadMode chooses the windows of a trial.
type LoadMode struct {
	Mode  List[string] `json:"mode" jsonschema:"calm+saturate, calm, saturate, capacity or sweep."`
	Limit List[Limit]  `json:"limit" jsonschema:"What capacity must keep: p99 < 20ms."`
	Rates []Rate       `json:"rates" jsonschema:"The ascending rates of a sweep."`
}

// CalmWindow is an open loop.
type CalmWindow struct {
	Rate     List[Rate]     `json:"rate" jsonschema:"Offered load, such as 100/s."`
	Arrivals List[string]   `json:"arrivals" jsonschema:"constant or poisson."`
	Duration List[Duration] `json:"duration" jsonschema:"Of the window; a sweep has one for each rate."`
}

// BusyWindow is a closed loop.
type BusyWindow struct {
	Clients  List[int]      `json:"clients" jsonschema:"Callers that each wait for their answer."`
	Duration List[Duration] `json:"duration" jsonschema:"Of the window."`
}

// WatchSet is what trials that watch a healthy cluster do.
type WatchSet struct {
	Duration Duration   `json:"duration" jsonschema:"How long each setup is watched; 0s: not at all."`
	Rate     List[Rate] `json:"rate" jsonschema:"Offered load meanwhile, to all members in turn."`
	Pauses   []Pause    `json:"pauses" jsonschema:"How each node's process is stopped meanwhile, now and then; several kinds may be given."`
}

// Pause stops a node's process now and then: a host or a hypervisor that does not
// run it for a while.
type Pause struct {
	Length Duration `json:"length" jsonschema:"For how long the process does not run."`
	Every  Duration `json:"every" jsonschema:"Mean time from the end of one such pause of a node to the next; they come at random, to each node by itself."`
}

// Outages are one fault done again and again.
type Outages struct {
	Repeat int          `json:"repeat" jsonschema:"How often, of each setup; 0: no outage is timed."`
	Action List[string] `json:"action" jsonschema:"What is done, in a fault's words: kill; each is undone before the next."`
	Target List[string] `json:"target" jsonschema:"To whom: leader, follower, a member (n1), a site; empty: whom each action is usually done to."`
	Rate   Rate         `json:"rate" jsonschema:"Writes a second in all, by clients that take turns: one at each member, and nobody tells it who leads."`
}

// Default is the experiment of a person who writes nothing: one to seven
// members over three zones, under raft's own defaults.
func Default() Experiment {
	return Experiment{
		Name:      "default",
		Engine:    One("hashicorp"),
		Nodes:     List[int]{1, 3, 4, 5, 7},
		Dead:      One(0),
		Precision: Precision(0.015),
		Budget:    Duration(4 * time.Minute),
		Proofs:    1,
		Retries:   2,
		Seed:      1,
		Leader:    One(""),
		Client:    One(""),
		Host:      Host{Awake: AwakeAuto},
		Network:   Network{Profile: One("multi-az"), Sites: Placements{}, Links: []Link{}, MessageFaults: noMessageFaults()},
		Storage:   defaultStorage(),
		Raft:      defaultRaft(),
		Workload: Workset{
			Keys:      One(1000),
			KeySize:   One(Size(32)),
			ValueSize: One(Size(256)),
			ReadRatio: One(0.0),
			Reads:     One("linearizable"),
			Target:    One("leader"),
			Timeout:   One(Duration(5 * time.Second)),
			Warmup:    One(Warmup{Length: 300 * time.Millisecond}),
			Spans:     One(true),
			Load: LoadMode{
				Mode:  One(ModeBoth),
				Limit: One(Limit{Percentile: 99, Below: 20 * time.Millisecond}),
				Rates: []Rate{},
			},
			Calm: CalmWindow{
				Rate:     One(Rate(20)),
				Arrivals: One("constant"),
				Duration: One(Duration(4 * time.Second)),
			},
			Saturate: BusyWindow{Clients: One(64), Duration: One(Duration(750 * time.Millisecond))},
		},
		Watch:   WatchSet{Rate: One(Rate(20)), Pauses: []Pause{}},
		Faults:  []FaultAt{},
		Outages: Outages{Action: One("kill"), Target: One("leader"), Rate: 40},
		Safety:  defaultSafety(),
		Nemesis: defaultNemesis(),
		Arms:    []Arm{},
	}
}

func noMessageFaults() Messages {
	return Messages{
		Drop: One(Percent(0)), Duplicate: One(Percent(0)), Reorder: One(Percent(0)),
		Delay: One(Percent(0)), MaxDelay: One(Duration(0)),
	}
}

func defaultStorage() Storage {
	s := control.DefaultStorage()
	return Storage{
		Store:       One(s.Store),
		Sync:        One(Sync(s.EmulatedSync)),
		PowerLoss:   One(s.PowerLoss),
		StallLength: One(Duration(s.StallLength)),
		StallEvery:  One(Duration(s.StallEvery)),
		LogCache:    One(s.LogCache),
		ApplyDelay:  One(Duration(s.ApplyDelay)),
	}
}

func defaultRaft() Raft {
	r := control.DefaultRaft()
	return Raft{
		HeartbeatTimeout:   One(Duration(r.HeartbeatTimeout)),
		ElectionTimeout:    One(Duration(r.ElectionTimeout)),
		LeaderLeaseTimeout: One(Duration(r.LeaderLeaseTimeout)),
		CommitTimeout:      One(Duration(r.CommitTimeout)),
		MaxAppendEntries:   One(r.MaxAppendEntries),
		MaxRPCsInFlight:    One(r.MaxRPCsInFlight),
		BatchApplyCh:       One(r.BatchApplyCh),
		PreVoteDisabled:    One(r.PreVoteDisabled),
		SnapshotThreshold:  One(int(r.SnapshotThreshold)),
		SnapshotInterval:   One(Duration(r.SnapshotInterval)),
		TrailingLogs:       One(int(r.TrailingLogs)),
	}
}
