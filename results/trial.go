// Package results is the record on disk: what a trial saw, appended durably,
// and nothing derived. Producers and consumers of measurements meet only
// here, so every chart, table and verdict can be rebuilt from a run's folder
// with no cluster.
package results

import "time"

// SchemaVersion of trials.jsonl. A reader refuses a newer one.
const SchemaVersion = 1

// TrialKind tells what a trial was for.
type TrialKind string

// The kinds of trial.
const (
	Measure TrialKind = "measure" // latency, throughput, cost
	Proof   TrialKind = "proof"   // kills up to and beyond the tolerance
)

// Trial is one line of trials.jsonl: one fresh cluster from boot to audit.
type Trial struct {
	SchemaVersion int    `json:"schema_version"`
	Cell          string `json:"cell"`
	// Trial numbers the cell's trials from 1, measuring ones first.
	Trial     int       `json:"trial"`
	Kind      TrialKind `json:"kind"`
	Seed      int64     `json:"seed"`
	StartedAt time.Time `json:"started_at"`
	// TookNS is the whole trial, BootNS from nothing to an agreed leader.
	TookNS int64 `json:"took_ns"`
	BootNS int64 `json:"boot_ns"`

	Nodes   int    `json:"nodes"`
	Engine  string `json:"engine"`
	Profile string `json:"profile"`
	Load    string `json:"load"`
	// Durable is false where the store keeps nothing over a restart.
	Durable bool `json:"durable"`
	// MessageFaults marks a safety run whose raft messages were harmed; its
	// latencies and rates are no performance result.
	MessageFaults bool `json:"message_faults,omitempty"`
	// Params holds the other axes of the matrix by their YAML path
	// (raft.max_rpcs_in_flight: "16").
	Params map[string]string `json:"params,omitempty"`

	Valid          bool     `json:"valid"`
	InvalidReasons []string `json:"invalid_reasons"`
	// Flags are warnings that travel with the number.
	Flags []string `json:"flags"`
	// Attempt counts repetitions of an invalid trial, from 1.
	Attempt int `json:"attempt"`

	Leader     string `json:"leader"`
	LeaderSite string `json:"leader_site,omitempty"`
	ClientSite string `json:"client_site,omitempty"`

	Windows   []Window   `json:"windows"`
	Proof     *Fault     `json:"proof,omitempty"`
	Audit     *Audit     `json:"audit,omitempty"`
	Links     []Link     `json:"links"`
	Resources []Resource `json:"resources"`
}

// Latency summarises a histogram; the whole of it is in the trial's .hlog.
type Latency struct {
	P50NS  int64   `json:"p50_ns"`
	P90NS  int64   `json:"p90_ns"`
	P99NS  int64   `json:"p99_ns"`
	P999NS int64   `json:"p999_ns"`
	MaxNS  int64   `json:"max_ns"`
	MeanNS float64 `json:"mean_ns"`
	Count  int64   `json:"count"`
}

// The modes of a window.
const (
	ModeOpen   = "open"
	ModeClosed = "closed"
)

// The windows of a measuring trial. A capacity search or a sweep names its
// windows by rate: "sweep-500", "capacity-probe-3", "capacity-confirm-1".
const (
	WindowCalm     = "calm"
	WindowSaturate = "saturate"
)

// Window is one stretch of load.
type Window struct {
	Name string `json:"name"`
	Mode string `json:"mode"`
	// OfferedOps is the rate asked for, per second; 0 in a closed loop.
	OfferedOps    float64 `json:"offered_ops"`
	Clients       int     `json:"clients"`
	DurationNS    int64   `json:"duration_ns"`
	Completed     int64   `json:"completed"`
	Due           int64   `json:"due"`
	Writes        int64   `json:"writes"`
	Reads         int64   `json:"reads"`
	ThroughputOps float64 `json:"throughput_ops"`

	Latency     Latency  `json:"latency"` // writes, from the intended instant
	Service     Latency  `json:"service"` // writes, from the actual send
	ReadLatency *Latency `json:"read_latency,omitempty"`
	ReadService *Latency `json:"read_service,omitempty"`
	Lag         Latency  `json:"lag"`

	Errors       int64 `json:"errors"` // definite failures
	Unknown      int64 `json:"unknown"`
	Dropped      int64 `json:"dropped"`
	RecordErrors int64 `json:"record_errors"`

	MeanInFlight float64 `json:"mean_in_flight"`
	HostBusy     float64 `json:"host_busy"`       // share of all cores, [0,1]
	ForeignBusy  float64 `json:"foreign_busy"`    // the share used by no process of ours
	Limit        string  `json:"limit,omitempty"` // which resource was the limit
	// Held tells, of a window that tried a rate, whether the cluster kept up
	// and kept the limit that was stated; null where nothing was tried.
	Held *bool `json:"held,omitempty"`

	// Costs of this window alone, all nodes together (client apart).
	CPUSeconds       float64 `json:"cpu_seconds"`
	ClientCPUSeconds float64 `json:"client_cpu_seconds"`
	// PacingCPUSeconds is what keeping the schedule took, of the client's
	// time; InjectionCPUSeconds what producing delays took, of the nodes'.
	PacingCPUSeconds    float64 `json:"pacing_cpu_seconds"`
	InjectionCPUSeconds float64 `json:"injection_cpu_seconds"`
	NetworkBytes        int64   `json:"network_bytes"`
	DiskBytes           int64   `json:"disk_bytes"`
	Fsyncs              int64   `json:"fsyncs"`

	// Usage is each node's process by second; counters are since its start.
	Usage []UsagePoint `json:"usage,omitempty"`

	Series []Point `json:"series"` // by second
	Parts  []Point `json:"parts"`  // by tenth
	// HalfP50NS are the median latencies of the window's two halves, reads and
	// writes together; empty in records that are older than they.
	HalfP50NS []int64 `json:"half_p50_ns,omitempty"`
}

// Point is one stretch of a series.
type Point struct {
	AtNS         int64   `json:"at_ns"`
	LengthNS     int64   `json:"length_ns"`
	Completed    int64   `json:"completed"`
	Failed       int64   `json:"failed"`
	P50NS        int64   `json:"p50_ns"`
	P99NS        int64   `json:"p99_ns"`
	MeanInFlight float64 `json:"mean_in_flight"`
}

// UsagePoint is what one process had used at an instant of a window.
type UsagePoint struct {
	AtNS       int64   `json:"at_ns"`
	Node       string  `json:"node"`
	CPUSeconds float64 `json:"cpu_seconds"`
	RSSBytes   int64   `json:"rss_bytes"`
	DiskBytes  int64   `json:"disk_bytes"`
	// NetworkBytes arrived at the node over its links; StoreSeconds is the
	// time that its log store took. All counters are since the node's start.
	NetworkBytes int64   `json:"network_bytes"`
	StoreSeconds float64 `json:"store_seconds"`
	Fsyncs       int64   `json:"fsyncs"`
}

// Fault is what a proof trial proved.
type Fault struct {
	Killed []string `json:"killed"` // ids, in order
	// Survived is how many simultaneous failures the cluster was seen to go
	// on after; BlockedAt the number at which it was seen to stop; 0 when not
	// proven.
	Survived  int   `json:"survived"`
	BlockedAt int   `json:"blocked_at"`
	Acked     int64 `json:"acked"`
	Unknown   int64 `json:"unknown"`
	Lost      int64 `json:"lost"`
	// Restarted is false where the store is not durable: "not proven".
	Restarted bool `json:"restarted"`
	// UnavailabilityNS is from the leader's kill to the first acknowledged
	// write sent after it; ElectionNS to the new leader's own event.
	UnavailabilityNS int64 `json:"unavailability_ns"`
	ElectionNS       int64 `json:"election_ns"`
}

// Audit is the judgement at the end of every trial.
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
	Linearizable    string   `json:"linearizable,omitempty"`
	LinearizableOps int      `json:"linearizable_ops,omitempty"`
	Findings        []string `json:"findings"` // empty: nothing to object to
}

// Link is one directed link, asked and realised, in the last open window (or
// in the last of all where none was open).
type Link struct {
	From    string `json:"from"`
	To      string `json:"to"`
	AskedNS int64  `json:"asked_ns"`
	// Errors are how late frames were released against the instants at which
	// they were due.
	ErrorP50NS int64 `json:"error_p50_ns"`
	ErrorP90NS int64 `json:"error_p90_ns"`
	ErrorP99NS int64 `json:"error_p99_ns"`
	// Realised is the whole delay, from sending to release: with jitter, loss
	// or a rate it is more than was asked. Older records have none.
	RealisedP50NS int64 `json:"realised_p50_ns,omitempty"`
	RealisedP90NS int64 `json:"realised_p90_ns,omitempty"`
	RealisedP99NS int64 `json:"realised_p99_ns,omitempty"`
	// Frames of any kind arrived; Samples are those of them that the errors
	// rest on: a reader waited for them, so that their release tells how true
	// the link is. Records that are older than it have no Samples.
	Frames  int64 `json:"frames"`
	Samples int64 `json:"samples,omitempty"`
	Bytes   int64 `json:"bytes"`
	// Before is what probes found before the first window; absent where none
	// were sent.
	Before *LinkProbe `json:"before,omitempty"`
}

// LinkProbe is what the probes of a calibration found of one link.
type LinkProbe struct {
	Samples    int64 `json:"samples"`
	ErrorP50NS int64 `json:"error_p50_ns"`
	ErrorP90NS int64 `json:"error_p90_ns"`
	ErrorP99NS int64 `json:"error_p99_ns"`
	// Realised is the whole delay, from sending to release. Older records have
	// none.
	RealisedP50NS int64 `json:"realised_p50_ns,omitempty"`
	RealisedP90NS int64 `json:"realised_p90_ns,omitempty"`
	RealisedP99NS int64 `json:"realised_p99_ns,omitempty"`
}

// Resource is what one process used over the whole trial.
type Resource struct {
	Node           string  `json:"node"` // or "client"
	CPUSeconds     float64 `json:"cpu_seconds"`
	RSSBytes       int64   `json:"rss_bytes"`
	DiskBytes      int64   `json:"disk_bytes"`
	NetworkBytes   int64   `json:"network_bytes"`
	StoreTimeP50NS int64   `json:"store_time_p50_ns"`
	StoreTimeP99NS int64   `json:"store_time_p99_ns"`
	Fsyncs         int64   `json:"fsyncs"`
}
