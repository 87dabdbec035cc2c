// Package results is the record on disk: what a trial saw, appended durably,
// and nothing derived. It holds facts, never sentences: a remark is a code with
// its figures, an event an instant with whom it happened to, and whoever tells
// of them finds the words. Producers and consumers of measurements meet only
// here, so every chart, table and verdict can be rebuilt from a run's folder
// with no cluster.
package results

import "time"

// SchemaVersion of trials.jsonl and environment.json. A reader takes this one
// alone: no release was made, so older folders are measured anew.
const SchemaVersion = 2

// TrialKind tells what a trial was for.
type TrialKind string

// The kinds of trial.
const (
	Measure TrialKind = "measure" // latency, throughput, cost
	Proof   TrialKind = "proof"   // kills up to and beyond the tolerance
	// Outages does one fault, or operation, again and again, and times how long
	// writes are out each time.
	Outages TrialKind = "outages"
	// Watch leaves a healthy cluster alone, to see whether its leader is voted out.
	Watch TrialKind = "watch"
	// SafetyTest has clients read and write a few keys, mostly under faults, and judges
	// every answer that they were given.
	SafetyTest TrialKind = "safety"
)

// Trial is one line of trials.jsonl: one fresh cluster from boot to audit.
type Trial struct {
	SchemaVersion int    `json:"schema_version"`
	Cell          string `json:"cell"`
	// Trial numbers the cell's trials from 1, measuring ones first.
	Trial int       `json:"trial"`
	Kind  TrialKind `json:"kind"`
	// Block holds one trial of every cell, taken next to each other in time;
	// blocks count from 0. Differences are taken within a block.
	Block int `json:"block"`
	// Group tells, from 0, the parts of a block that lived at once.
	Group     int       `json:"group"`
	Seed      int64     `json:"seed"`
	StartedAt time.Time `json:"started_at"`
	// TookNS is the whole trial, BootNS from nothing to an agreed leader.
	TookNS int64 `json:"took_ns"`
	BootNS int64 `json:"boot_ns"`

	Nodes   int    `json:"nodes"`
	Engine  string `json:"engine"`
	Profile string `json:"profile"`
	// Load is the load's mode: calm+saturate, sweep, capacity.
	Load string `json:"load"`
	// Limit is what a search for capacity was to keep: p99 < 20ms.
	Limit string `json:"limit,omitempty"`
	// Durable is false where the store keeps nothing over a restart.
	Durable bool `json:"durable"`
	// PowerLoss: whatever was not synced was to be gone when a member is started again.
	PowerLoss bool `json:"power_loss,omitempty"`
	// EmulatedSyncNS is how long each of the two syncs of a write transaction
	// takes on a disk of each node's own; 0 where the disk is the host's.
	EmulatedSyncNS int64 `json:"emulated_sync_ns,omitempty"`
	// Timeouts of raft, which decide how long an outage lasts.
	Timeouts Timeouts `json:"timeouts"`
	// Settings are those, by YAML path, in which the trial's setup differs from
	// the defaults, beside what has a field of its own: raft.commit_timeout: 5ms.
	Settings map[string]string `json:"settings,omitempty"`
	// MessageFaults marks a safety run whose raft messages were harmed; its
	// latencies and rates are no performance result.
	MessageFaults bool `json:"message_faults,omitempty"`
	// Params holds the other axes of the experiment by their YAML path
	// (raft.max_rpcs_in_flight: "16").
	Params map[string]string `json:"params,omitempty"`

	// Valid is false where a remark is of severity Invalid or an audit found
	// anything.
	Valid   bool     `json:"valid"`
	Remarks []Remark `json:"remarks"`
	// Findings are what the trial saw that Raft does not allow.
	Findings []Finding `json:"findings"`
	// Attempt counts repetitions of an invalid trial, from 1.
	Attempt int `json:"attempt"`

	// Leader is the member that led when the load began.
	Leader     string `json:"leader"`
	LeaderSite string `json:"leader_site,omitempty"`
	ClientSite string `json:"client_site,omitempty"`
	// Dead are the followers that were killed after the boot and before a measuring
	// trial's load, and were started again for its audit.
	Dead []string `json:"dead,omitempty"`
	// Sites are where the members stand, n1 first; absent where the network has
	// no sites, or the cluster is not raftbench's own.
	Sites []string `json:"sites,omitempty"`

	// CanaryFsyncP50NS is what an append and its sync took at the median, beside
	// idle nodes just before the load; null where nobody waits for a disk.
	CanaryFsyncP50NS *int64 `json:"canary_fsync_p50_ns,omitempty"`

	// Beside are the cells whose systems lived at the same time.
	Beside []string `json:"beside,omitempty"`

	Windows []Window `json:"windows"`
	Idle    *Idle    `json:"idle,omitempty"`
	Events  []Event  `json:"events"`
	Faults  []Fault  `json:"faults,omitempty"`
	// Writes are those of the load while faults were done; absent where none were.
	Writes    *Writes      `json:"writes,omitempty"`
	Proof     *ProofResult `json:"proof,omitempty"`
	Audit     *Audit       `json:"audit,omitempty"`
	Tested    *Tested      `json:"safety,omitempty"`
	Links     []Link       `json:"links"`
	Resources []Resource   `json:"resources"`
}

// Timeouts are raft's, in nanoseconds.
type Timeouts struct {
	HeartbeatNS int64 `json:"heartbeat_ns"`
	ElectionNS  int64 `json:"election_ns"`
	LeaseNS     int64 `json:"lease_ns"`
}

// Has tells whether the trial found anything of a class.
func (t *Trial) Has(c Class) bool {
	for _, f := range t.Findings {
		if f.Class == c {
			return true
		}
	}
	return false
}

// Window finds the first window of a role; nil when the trial has none.
func (t *Trial) Window(r Role) *Window {
	for i := range t.Windows {
		if t.Windows[i].Role == r {
			return &t.Windows[i]
		}
	}
	return nil
}

// ProofResult is what a proof trial proved.
type ProofResult struct {
	Killed []string `json:"killed"` // ids up to one beyond the tolerance, in order
	// Leader is the member that led at the instant of its kill, the last that
	// is tolerated; empty where no leader was killed (one node).
	Leader string `json:"leader"`
	// Survived is how many simultaneous failures the cluster was seen to go
	// on after; BlockedAt the number at which it was seen to stop; 0 when not
	// proven.
	Survived  int   `json:"survived"`
	BlockedAt int   `json:"blocked_at"`
	Acked     int64 `json:"acked"`
	Unknown   int64 `json:"unknown"`
	Lost      int64 `json:"lost"`
	// Recovered: every member was killed before any was started again, all came
	// back with what their stores had reported durable, and writes went on.
	// False where the store is not durable: "not proven".
	Recovered bool `json:"recovered"`
	// Disks are each member's, after that restart.
	Disks []Disk `json:"disks,omitempty"`
	// OutageNS is from the leader's kill to the first acknowledged write sent
	// after it was known to be dead; ElectionNS to the new leader's own event.
	OutageNS   int64 `json:"outage_ns"`
	ElectionNS int64 `json:"election_ns"`
	// Zones are what the loss of whole sites showed, after that restart: each site
	// alone, and then as many at once as arithmetic tolerates, where that is more
	// than one. Absent where the members stand at one site, or nowhere.
	Zones []ZoneResult `json:"zones,omitempty"`
}

// ZoneResult is what became of writes when all members at some sites were killed
// at once, all others living. It was neither survived nor blocked where the trial
// ended before that was seen.
type ZoneResult struct {
	Sites   []string `json:"sites"`
	Members []string `json:"members"`
	// LeaderThere: the leader was among them.
	LeaderThere bool `json:"leader_there,omitempty"`
	// Survived: writes went on. Blocked: none that was sent after the last of them
	// was dead was acknowledged, for as long as a proof watches.
	Survived bool `json:"survived,omitempty"`
	Blocked  bool `json:"blocked,omitempty"`
	// OutageNS is from just before the kills to the first acknowledged write that was
	// sent when all of them were known to be dead; 0 where none was.
	OutageNS int64 `json:"outage_ns,omitempty"`
}

// Disk is what a member's store held when it was started again, beside what it
// had last reported durable. Indices are of raft's log.
type Disk struct {
	Node    string `json:"node"`
	Durable uint64 `json:"durable_index"`
	Found   uint64 `json:"found_index"`
}

// Audit is the judgement at the end of every trial; what it objects to stands
// in the trial's findings.
type Audit struct {
	Nodes    int   `json:"nodes"` // how many were asked
	Keys     int64 `json:"keys"`
	Acked    int64 `json:"acked"`
	Unknown  int64 `json:"unknown"`
	Lost     int64 `json:"lost"`
	Revision int64 `json:"revision"`
	// Linearizable judges a sample of keys by a search for an order that
	// explains every answer: "ok", "violated", "unknown" (not decided in
	// time), or empty where nothing was read. LinearizableOps is how many
	// operations it rests on.
	Linearizable    string `json:"linearizable,omitempty"`
	LinearizableOps int    `json:"linearizable_ops,omitempty"`
}

// Idle is what a system's processes took in a stretch without any load:
// heartbeats. It is beside a write's cost and no part of it: under load the
// entries carry them.
type Idle struct {
	DurationNS   int64   `json:"duration_ns"`
	CPUSeconds   float64 `json:"cpu_seconds"`
	NetworkBytes int64   `json:"network_bytes"`
	DiskBytes    int64   `json:"disk_bytes"`
	Fsyncs       int64   `json:"fsyncs"`
}

// Link is one directed link, asked and realised, in the last open window (or
// in the last of all where none was open).
type Link struct {
	From    string `json:"from"`
	To      string `json:"to"`
	AskedNS int64  `json:"asked_ns"`
	// AskedSpreadNS is how the delay was to vary: AskedQuantiles delays in the middle of
	// as many equally probable ranges, ascending; absent of a link without jitter.
	AskedSpreadNS []int64 `json:"asked_spread_ns,omitempty"`
	LinkTruth
	// Frames of any kind arrived, Samples of them tell how true the link is.
	Frames int64 `json:"frames"`
	Bytes  int64 `json:"bytes"`
	// Before is what probes found before the first window; absent where none
	// were sent.
	Before *LinkTruth `json:"before,omitempty"`
}

// AskedQuantiles tell a normal delay's median and quartiles to a hundredth of its
// standard deviation.
const AskedQuantiles = 16

// LinkTruth is how true a link was.
type LinkTruth struct {
	// Samples are the frames that the errors rest on: a reader waited for them,
	// so that their release tells how true the link is.
	Samples int64 `json:"samples"`
	// Errors are how late frames were released against the instants at which
	// they were due.
	ErrorP50NS int64 `json:"error_p50_ns"`
	ErrorP90NS int64 `json:"error_p90_ns"`
	ErrorP99NS int64 `json:"error_p99_ns"`
	// OwnErrors are that part of each error which is the link's own fault, core
	// waits the rest: its reader was ready and waited for a core, as that of a real
	// packet does on a host that is as full. Zero too where they were not told apart:
	// see Undivided.
	OwnErrorP50NS int64 `json:"own_error_p50_ns"`
	OwnErrorP90NS int64 `json:"own_error_p90_ns"`
	OwnErrorP99NS int64 `json:"own_error_p99_ns"`
	CoreWaitP50NS int64 `json:"core_wait_p50_ns"`
	CoreWaitP90NS int64 `json:"core_wait_p90_ns"`
	CoreWaitP99NS int64 `json:"core_wait_p99_ns"`
	// Realised is the whole delay, from sending to release: with jitter, loss
	// or a rate it is more than was asked.
	RealisedP50NS int64 `json:"realised_p50_ns"`
	RealisedP90NS int64 `json:"realised_p90_ns"`
	RealisedP99NS int64 `json:"realised_p99_ns"`
	// Mean and standard deviation of the realised delay. Frames of one stream
	// arrive in order, so that with jitter at a dense rate the mean is above the
	// delay that was asked, and the deviation below the jitter.
	RealisedMeanNS float64 `json:"realised_mean_ns"`
	RealisedSDNS   float64 `json:"realised_sd_ns"`
}

// Undivided tells of errors whose two parts are not on record: over a tenth of the
// frames was late, which leaves one of the parts above zero at the 99th percentile
// where they are told apart.
func (l *LinkTruth) Undivided() bool {
	return l.ErrorP90NS > 0 && l.OwnErrorP99NS == 0 && l.CoreWaitP99NS == 0
}

const (
	// MinCompleted is the share of the operations due that an undisturbed window
	// must complete: beyond it a p99 would be one of other operations.
	MinCompleted = 0.99
	// MinLinkSamples is what the median of a link's error rests on at least.
	MinLinkSamples = 5
)

// Client is the load generator's name among the resources.
const Client = "client"

// Resource is what one process used over the whole trial.
type Resource struct {
	Node           string  `json:"node"` // or Client
	CPUSeconds     float64 `json:"cpu_seconds"`
	RSSBytes       int64   `json:"rss_bytes"`
	DiskBytes      int64   `json:"disk_bytes"`
	NetworkBytes   int64   `json:"network_bytes"`
	StoreTimeP50NS int64   `json:"store_time_p50_ns"`
	StoreTimeP99NS int64   `json:"store_time_p99_ns"`
	Fsyncs         int64   `json:"fsyncs"`
	// HeldWrites are the log's writes that met an emulated stall of the disk, and
	// HeldNS for how long it held them, in sum.
	HeldWrites int64 `json:"held_writes,omitempty"`
	HeldNS     int64 `json:"held_ns,omitempty"`
}
