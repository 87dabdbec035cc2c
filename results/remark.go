package results

// Severity of a remark.
type Severity string

// The severities.
const (
	// Invalid: the trial's numbers are not to be believed, and none is printed.
	Invalid Severity = "invalid"
	// Doubtful: the numbers stand, and whoever shows them says what may be
	// wrong with them where it matters.
	Doubtful Severity = "doubtful"
	// Note is worth knowing, and no doubt.
	Note Severity = "note"
)

// Code says what a remark is about, and so what its figures mean.
type Code string

// The codes. Got and Want are in Unit; Count and Of are numbers of whatever is
// named here.
const (
	// The trial did not get to its end; Detail is the error's text.
	CodeFailed Code = "failed"
	// Fewer operations were completed (Got) than were due (Of); Want is the
	// least that is accepted. Unit count.
	CodeIncomplete Code = "incomplete"
	// Nothing was completed at all.
	CodeNothing Code = "nothing-completed"
	// Got operations were not sent, since more than Want were in flight.
	CodeDropped Code = "dropped"
	// Got values did not fit a histogram.
	CodeRecordErrors Code = "record-errors"
	// Got operations failed where nobody harmed the cluster; Detail is the
	// first error's text.
	CodeClientErrors Code = "client-errors"
	// The generator was behind its schedule by Got at the median (or the 99th
	// percentile) of its lag, where at most Want was allowed. Unit ns.
	CodeLagP50 Code = "lag-p50"
	CodeLagP99 Code = "lag-p99"
	// The share Got of the gaps between operations that were sent was out of place
	// for the Poisson arrivals asked for, where at most Want may be; of Of gaps.
	CodeArrivals Code = "arrivals"
	// The leader or the term changed in a window that was to be calm.
	CodeLeaderChanged Code = "leader-changed"
	// Link missed its delay at the median by Got, by its own fault; Want, on each crossing, would be
	// a tenth of the median operation. The worst of Count links by whose lateness
	// it may have changed by 0.5 % and more, of Of loaded ones that were judged.
	// Unit ns.
	CodeLinkLate Code = "link-late"
	// Readers of Of loaded links waited for a core; on each crossing of a link as
	// slow as Link, the one whose reader waited longest at the median, that is the
	// share Got of the median operation at most.
	CodeCoreWait Code = "core-wait"
	// The delays of Link had a mean (or a standard deviation) that was off by the
	// share Got of what its jitter asks for, above Want and beyond chance; it is the
	// furthest off of Count such links, of Of loaded ones that were judged.
	CodeDelayMean Code = "delay-mean"
	CodeDelaySD   Code = "delay-sd"
	// Count of Of loaded links, Link among them, had fewer than Want samples.
	CodeLinksUnmeasured Code = "links-unmeasured"
	// Node's links could not be probed; Detail is the error's text.
	CodeProbesFailed Code = "probes-failed"
	// At a share of the capacity that was found, the limited percentile was Got
	// where less than Want was asked, or the cluster did not keep up. Unit ns.
	CodeCapacityNotHeld Code = "capacity-not-held"
	// The host's CPU was busy for the share Got; above Want it is said.
	CodeHostBusy Code = "host-busy"
	// Other processes used the share Got of the host's CPU.
	CodeForeignCPU Code = "foreign-cpu"
	// The hypervisor took the share Got of the host's CPU.
	CodeSteal Code = "steal"
	// A control group stopped processes for having used up their CPU.
	CodeThrottled Code = "throttled"
	// For the share Got of the window some process was ready and had no core.
	CodeRunWait Code = "run-wait"
	// Other processes' writes took the share Got of the disk's time, if each took
	// what a sync does; above Want it is said.
	CodeForeignDisk Code = "foreign-disk"
	// An append and its sync took Got at the median beside idle nodes; at most Want
	// was expected, from what it took when the run began. Unit ns.
	CodeSlowSync Code = "slow-sync"
	// The host does not tell what Detail lists: these checks were not made.
	CodeHostUnread Code = "host-unread"
	// The host's cores could not be kept from halting; Detail is the reason.
	CodeNotAwake Code = "not-kept-awake"
	// Got snapshots were taken.
	CodeSnapshot Code = "snapshot"
	// The second half's median is Got above the first's, as a share; above Want,
	// either way, it is said where chance hardly does as much.
	CodeHalvesDiffer Code = "halves-differ"
	// Latency rises, or falls, all through the window: by Got from its beginning
	// to its end, as a share.
	CodeRising  Code = "rising"
	CodeFalling Code = "falling"
	// In-flight operations are off throughput × latency by the share Got.
	CodeLittle Code = "littles-law"
	// A sync took Got at the median, too fast for a disk; Detail is the file
	// system. Unit ns.
	CodeFsyncNotReal Code = "fsync-not-real"
	// `warmup: auto` saw no steady state within Got. Unit ns.
	CodeWarmupUnsteady Code = "warmup-unsteady"
	// The values of Got keys have too many unknown writes to be judged.
	CodeUnjudged Code = "audit-unjudged"
	// Whether Got keys' histories are linearizable was not decided within
	// Want ns.
	CodeUndecided Code = "linearizability-undecided"
	// The store keeps nothing, so that restart and audit prove nothing.
	CodeNotDurable Code = "not-durable"
	// Node stored term Got after term Want while it ran, which raft does where a
	// heartbeat of an old leader comes as it stands for election (hashicorp/raft#695:
	// it answers heartbeats beside its main goroutine); Count times. Unit count.
	CodeTermRace Code = "term-race"
	// The power of the nodes' disks was to be cut and was not, so that surviving it is
	// not proven; Detail is why.
	CodePowerUncut Code = "power-uncut"
	// The emulated disk of Node died under it, which is the tool's fault: whatever the
	// trial found is not counted. Detail says how it died, and its last words.
	CodeDiskDied Code = "disk-died"
	// What the processes used could not be read; Detail is the error's text.
	CodeUsageUnread Code = "usage-unread"
	// Of the Of writes whose way through the nodes was to be told, Got were found in the
	// nodes' records, which lost Count, all of the window's writes together. Unit count.
	CodeSpansLost Code = "spans-lost"
	// The nodes' records of writes could not be had; Detail is the error's text.
	CodeSpansUnread Code = "spans-unread"
	// Of Of times that a process was held up Count are not on record, the longest of
	// them of Got: the shortest of many, none of which was the longest before anybody
	// lost or sought leadership. Unit ns.
	CodeHeldThinned Code = "held-thinned"
	// Whether Got keys of Of operations have an order that explains all answers was
	// not decided within Want ns.
	CodeUndecidedHistory Code = "history-undecided"
	// In a safety trial that was to have some no snapshot was taken, none was sent to a
	// member that was behind, or none was restarted from: Detail lists what was not.
	CodeUnforced Code = "not-forced"
)

// Unit of a remark's figures.
type Unit string

// The units.
const (
	UnitNS    Unit = "ns"
	UnitShare Unit = "share" // of 1
	UnitCount Unit = "count"
	UnitP     Unit = "p" // a probability
)

// Calibration is the stretch before the first window in which links are
// probed; remarks on it name it in place of a window.
const Calibration = "calibration"

// Remark is one thing that weakens or explains a trial's numbers.
type Remark struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	// Window it is about; empty where it is about the whole trial.
	Window string `json:"window,omitempty"`
	Node   string `json:"node,omitempty"`
	Link   *Ends  `json:"link,omitempty"`

	Got   float64 `json:"got,omitempty"`
	Want  float64 `json:"want,omitempty"`
	Unit  Unit    `json:"unit,omitempty"`
	Count int64   `json:"count,omitempty"`
	Of    int64   `json:"of,omitempty"`
	// Detail is what another program or an error said, verbatim, for people:
	// nothing may be read out of it.
	Detail string `json:"detail,omitempty"`
}

// Class of a finding.
type Class string

// The classes. Safety is what no Raft may do, ever; liveness is that something
// did not happen that should have.
const (
	Safety   Class = "safety"
	Liveness Class = "liveness"
)

// The rules whose breach is a finding.
const (
	RuleLost         = "lost-write"     // an acknowledged write is not there
	RuleVersion      = "version"        // more writes took effect than were sent
	RuleRevision     = "revision"       // older than the highest acknowledged
	RuleValue        = "value"          // a value that nobody wrote there
	RuleUnexpected   = "unexpected-key" // a key that nobody wrote
	RuleHash         = "hash"           // replicas differ at one revision
	RuleOrder        = "order"          // acknowledged revisions contradict real time
	RuleStale        = "stale-read"     // a linearizable read missed a known write
	RuleLinearizable = "linearizable"   // no order explains the answers
	RuleRealTime     = "real-time"      // an answer's store revision is behind one acknowledged before it was asked for
	RuleLeaders      = "two-leaders"    // two nodes led in one term
	RuleTerm         = "term-back"      // a restarted node found an older term on its disk
	RuleVotes        = "two-votes"      // a node voted for two candidates in one term
	RuleUnelected    = "unelected"      // a node led that no majority had voted for
	RuleUnstored     = "term-unstored"  // a node stood or led in a term that it had not stored
	RuleIncomplete   = "incomplete-log" // a leader's log ends before what an earlier one acknowledged
	RuleQuorum       = "quorum"         // acknowledged without a majority alive
	RuleDisk         = "durability"     // a store lost what it had reported durable
	RuleUnreadable   = "unreadable"     // a node cannot open its own data
	RuleAborted      = "aborted-read"   // a write took effect that had been refused (Adya's G1a)
	RuleFuture       = "future-read"    // an answer ahead of what had been written
	RuleTwice        = "applied-twice"  // one write took effect twice
	RuleAtomic       = "atomicity"      // a part of a transaction took effect
	RuleCompare      = "compare"        // a compare went otherwise than it must
	RuleSkew         = "read-skew"      // two answers differ about one revision

	RuleMalformed = "malformed-answer" // an answer that no store gives, whatever it holds

	RuleApplied  = "catch-up"  // a replica did not catch up
	RuleNoLeader = "no-leader" // a whole cluster elects nobody
	RuleStuck    = "stuck"     // writes do not go on where they should
	RuleDied     = "died"      // a node's process ended unasked
)

// Finding is one thing that Raft does not allow.
type Finding struct {
	Class Class  `json:"class"`
	Rule  string `json:"rule"`
	// Node and Key are empty where it is not about one node's, or one key's,
	// content.
	Node string `json:"node,omitempty"`
	Key  string `json:"key,omitempty"`
	// Got and Want are values as people read them: version 3; 4 to 5.
	Got  string `json:"got"`
	Want string `json:"want"`
	// Times it was found where that is more than once, with the values of the first.
	Times int `json:"times,omitempty"`
	// Log is the end of the node's log, oldest line first.
	Log []string `json:"log,omitempty"`
}
