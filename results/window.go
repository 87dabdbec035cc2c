package results

import "strconv"

// The modes of a window.
const (
	ModeOpen   = "open"
	ModeClosed = "closed"
)

// Role is what a window was for.
type Role string

// The roles of windows.
const (
	RoleLight   Role = "light"            // an open loop at a light rate: what a write costs
	RoleFull    Role = "full"             // a closed loop under full load: what goes through
	RoleStep    Role = "step"             // one rate of a sweep
	RoleGuess   Role = "capacity-guess"   // a closed loop that starts a search for capacity
	RoleSearch  Role = "capacity-search"  // one rate that the search tried
	RoleConfirm Role = "capacity-confirm" // one rate that a fresh cluster tried again
	RoleShare   Role = "capacity-share"   // LoadShare of the capacity that was found
	RoleWatch   Role = "watch"            // an open loop at a light rate, while nothing else is done
)

// The names of the windows that every measuring trial has.
const (
	WindowCalm     = "calm"     // of RoleLight
	WindowSaturate = "saturate" // of RoleFull
	WindowWatch    = "watch"    // of RoleWatch, of trials that watch
)

// Window is one stretch of load.
type Window struct {
	// Name tells the windows of a trial apart, and names their histograms.
	Name string `json:"name"`
	Role Role   `json:"role"`
	Mode string `json:"mode"`
	// StartNS is the window's start on CLOCK_MONOTONIC, as the events' instants.
	StartNS int64 `json:"start_ns"`
	// OfferedOps is the rate asked for, per second; 0 in a closed loop.
	OfferedOps float64 `json:"offered_ops"`
	// LoadShare is OfferedOps as a share of the capacity found, of RoleShare.
	LoadShare  float64 `json:"load_share,omitempty"`
	Clients    int     `json:"clients"`
	DurationNS int64   `json:"duration_ns"`
	// KeptAwake: the host's cores were kept from halting meanwhile. On many hosts
	// the latency of a light load depends on it, and otherwise on the rate.
	KeptAwake bool `json:"kept_awake,omitempty"`
	// Harmed: faults were done to the cluster while the window ran.
	Harmed bool `json:"harmed,omitempty"`

	// Attempted operations were due in the window (in a closed loop: sent).
	// Completed of them were acknowledged: Writes and Reads. FailedWrites and
	// FailedReads were not: refused, of unknown outcome, dropped, or never
	// answered.
	Attempted     int64   `json:"attempted"`
	Completed     int64   `json:"completed"`
	Writes        int64   `json:"writes"`
	Reads         int64   `json:"reads"`
	FailedWrites  int64   `json:"failed_writes"`
	FailedReads   int64   `json:"failed_reads"`
	ThroughputOps float64 `json:"throughput_ops"`

	// Of the operations that failed: Errors are definite failures, Unknown may
	// have taken effect, Dropped were never sent.
	Errors  int64 `json:"errors"`
	Unknown int64 `json:"unknown"`
	Dropped int64 `json:"dropped"`
	// RecordErrors are values that a histogram refused.
	RecordErrors int64 `json:"record_errors"`

	Latency     Latency  `json:"latency"` // writes, from the intended instant
	Service     Latency  `json:"service"` // writes, from the actual send
	ReadLatency *Latency `json:"read_latency,omitempty"`
	ReadService *Latency `json:"read_service,omitempty"`
	Lag         Latency  `json:"lag"`

	MeanInFlight float64 `json:"mean_in_flight"`
	HostBusy     float64 `json:"host_busy"`    // share of all cores, [0,1]
	ForeignBusy  float64 `json:"foreign_busy"` // the share used by no process of ours
	// Host is what went on on the host beside the system.
	Host HostFacts `json:"host"`
	// Limit is what kept a window from carrying more; nil where nothing was
	// near its end, or it was not asked.
	Limit *Limit `json:"limit,omitempty"`
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

	// Spans tell where the time of typical writes went; null where nothing was noted.
	Spans *Spans `json:"spans,omitempty"`

	Series []Point `json:"series"` // by second
	Parts  []Point `json:"parts"`  // by tenth
	// Arrivals says how well what was sent kept to the Poisson process that was
	// asked for; null where none was, or too little was sent to tell.
	Arrivals *Arrivals `json:"arrivals,omitempty"`
	// Steadiness is null of a window that had too few operations to tell, had
	// some that failed, or was offered in slices.
	Steadiness *Steadiness `json:"steadiness,omitempty"`
}

// Arrivals compares the gaps between a window's first operations, as they were
// sent, with those of a Poisson process of the rate asked for.
type Arrivals struct {
	// P is the probability of gaps so unlike by chance (Anderson and Darling).
	P float64 `json:"p"`
	// OffShare is the largest share of the gaps that is on the wrong side of any
	// length.
	OffShare float64 `json:"off_share"`
	Gaps     int64   `json:"gaps"`
}

// Steadiness says how alike a window is from its beginning to its end, reads and
// writes together. A change is a share of what was before; each P is the
// probability of so much by chance, two-sided.
type Steadiness struct {
	// The median latency of the second half of the operations against the first's.
	HalvesChange float64 `json:"halves_change"`
	HalvesP      float64 `json:"halves_p"`
	// The end of a steady trend against its beginning.
	TrendChange float64 `json:"trend_change"`
	TrendP      float64 `json:"trend_p"`
}

// HostFacts are what a host tells of a window beside the system's own costs; null
// where it does not tell.
type HostFacts struct {
	// ForeignCores is how many cores processes that are none of ours kept busy.
	ForeignCores *float64 `json:"foreign_cores"`
	// Steal is the share of all cores' time that a hypervisor gave to others.
	Steal *float64 `json:"steal"`
	// Shares of the window: RunWait, in which some task of the host was ready and
	// had no core; DiskWait, in which some task waited for a disk; DiskStall, in
	// which all did that had something to do. (Linux's pressure stall information:
	// cpu some, io some, io full.)
	RunWait   *float64 `json:"run_wait"`
	DiskWait  *float64 `json:"psi_io"`
	DiskStall *float64 `json:"psi_io_full"`
	// NodeWaitSeconds is how long the nodes' threads were ready and had no core, in
	// sum.
	NodeWaitSeconds *float64 `json:"node_wait_seconds"`
	// DiskBytes were written to the disk below the nodes' data, by whomever, a file
	// system's journal included. ForeignDiskBytes were written by processes that
	// are none of ours, to any disk. ForeignSyncs are flushes of that disk's cache
	// beyond the nodes' syncs.
	DiskBytes        *int64 `json:"disk_written_bytes"`
	ForeignDiskBytes *int64 `json:"foreign_disk_bytes"`
	ForeignSyncs     *int64 `json:"foreign_syncs"`
}

// Unread names what the host did not tell of cores and pressure. Of disks it
// depends on the disk what can be known.
func (h *HostFacts) Unread() (names []string) {
	for _, f := range []struct {
		name string
		got  *float64
	}{{"foreign_cores", h.ForeignCores}, {"steal", h.Steal}, {"run_wait", h.RunWait}, {"psi_io", h.DiskWait}} {
		if f.got == nil {
			names = append(names, f.name)
		}
	}
	return names
}

// Failed operations, of either kind.
func (w *Window) Failed() int64 { return w.FailedWrites + w.FailedReads }

// Latency summarises a histogram; the whole of it is in the trial's .hlog.
//
// A percentile is that of all operations attempted: one that failed counts as
// one that took for ever, so that nothing gets faster by failing. MeanNS is
// that of the Count operations that were answered.
type Latency struct {
	P50NS  Nanos   `json:"p50_ns"`
	P90NS  Nanos   `json:"p90_ns"`
	P99NS  Nanos   `json:"p99_ns"`
	P999NS Nanos   `json:"p999_ns"`
	MaxNS  Nanos   `json:"max_ns"`
	MeanNS float64 `json:"mean_ns"`
	Count  int64   `json:"count"`
	Failed int64   `json:"failed"`
	// EffectiveN is how many independent operations are worth as much as the
	// Count + Failed that there were: operations that follow one another are alike,
	// after a stall above all. 0 where nobody knows: a far percentile of such a
	// window alone is not given, and one that is pooled with it has no interval.
	EffectiveN int64 `json:"effective_n,omitempty"`
}

// Nanos is a time in nanoseconds, or Never.
type Nanos int64

// Never is the time of an operation that failed: it is above every other, and
// null in JSON.
const Never Nanos = 1<<63 - 1

// MarshalJSON writes an integer, or null for Never.
func (n Nanos) MarshalJSON() ([]byte, error) {
	if n == Never {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, int64(n), 10), nil
}

// UnmarshalJSON reads an integer; null is Never.
func (n *Nanos) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*n = Never
		return nil
	}
	v, err := strconv.ParseInt(string(text), 10, 64)
	*n = Nanos(v)
	return err
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

// Resource names of a Limit.
const (
	LimitCPU      = "cpu"       // the host's; User says who used most of it
	LimitStore    = "log-store" // the leader's; Used is the share of the time
	LimitLink     = "link-rate" // Link's rate; Used is the share of it
	LimitPipeline = "pipeline"  // raft's own: at most MaxOps entries a second over the round trip
)

// Users of a host's CPU, in a Limit.
const (
	UserLeader    = "leader"
	UserFollowers = "followers"
	UserClient    = Client
	UserForeign   = "foreign" // processes that are none of ours
)

// Limit is the resource that a window ran out of.
type Limit struct {
	Resource string  `json:"resource"`
	User     string  `json:"user,omitempty"`
	Link     *Ends   `json:"link,omitempty"`
	Used     float64 `json:"used,omitempty"`    // share, [0,1]
	MaxOps   float64 `json:"max_ops,omitempty"` // per second
}

// Ends name a directed link.
type Ends struct {
	From string `json:"from"`
	To   string `json:"to"`
}
