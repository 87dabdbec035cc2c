// Package summary says what many trials say: setups with intervals over trials,
// never over operations; what differs between setups, decided once and worded
// elsewhere; and by how much each thing that was remarked can have moved each
// number. What failed counts: a value that lies among operations that failed is
// above every number. summary.json is the stable, machine-readable form of it and
// can be rebuilt from a run's folder at any time.
package summary

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/raftbench/raftbench/results"
	"github.com/raftbench/raftbench/stats"
)

// SchemaVersion of summary.json.
const SchemaVersion = 2

// File is the summary's name in a run's folder.
const File = "summary.json"

// Summary is summary.json.
type Summary struct {
	SchemaVersion int    `json:"schema_version"`
	RunID         string `json:"run_id"`
	Cells         []Cell `json:"cells"`
	// Differences between cells, decided; see Difference.
	Differences []Difference `json:"differences"`
	// Scalings hold watched cells against each other that differ in time alone.
	Scalings []Scaled `json:"scalings,omitempty"`
	// Theories hold what a write took at light load against its floor and a prediction,
	// one for each cell that has such a median.
	Theories []Theory `json:"theories,omitempty"`
	// Precision is how near to 1 the interval of a ratio must lie for its
	// difference to be called bounded.
	Precision float64 `json:"precision"`
}

// Cell is one setup: one point of the experiment's axes.
type Cell struct {
	Cell      string `json:"cell"`
	Nodes     int    `json:"nodes"`
	Quorum    int    `json:"quorum"`
	Tolerates int    `json:"tolerates"` // by arithmetic: ⌊(N−1)/2⌋
	Engine    string `json:"engine"`
	Profile   string `json:"profile"`
	Load      string `json:"load"`
	// Limit is what a search for capacity was to keep: p99 < 20ms.
	Limit  string            `json:"limit,omitempty"`
	Params map[string]string `json:"params,omitempty"`
	// Settings are those, by YAML path, that differ from the defaults; Timeouts
	// decide how long an outage lasts; EmulatedSyncNS is 0 for the host's disk.
	Settings       map[string]string `json:"settings,omitempty"`
	Timeouts       results.Timeouts  `json:"timeouts"`
	EmulatedSyncNS int64             `json:"emulated_sync_ns,omitempty"`
	// Sites are where the members stand, n1 first, where that is on record.
	// ToleratesSites is how many whole sites may be lost, whichever they are.
	Sites          []string `json:"sites,omitempty"`
	ToleratesSites *int     `json:"tolerates_sites,omitempty"`
	// SpareAfterZone is how many more nodes may die when the zone with most of them
	// is lost, by arithmetic; null where it takes the cluster down.
	SpareAfterZone *int `json:"spare_after_zone,omitempty"`
	// Clients of the closed loop behind throughput_ops; 0 where there was none.
	Clients       int  `json:"clients,omitempty"`
	Durable       bool `json:"durable"`
	MessageFaults bool `json:"message_faults,omitempty"`

	// Trials and ValidTrials count measuring trials, by their last attempt.
	Trials      int `json:"trials"`
	ValidTrials int `json:"valid_trials"`
	// Proofs and ValidProofs count proof trials likewise.
	Proofs      int `json:"proofs"`
	ValidProofs int `json:"valid_proofs"`
	// OutageTrials and ValidOutageTrials count those that do one fault again and
	// again, OutageFaults the faults that all of them did.
	OutageTrials      int `json:"outage_trials,omitempty"`
	ValidOutageTrials int `json:"valid_outage_trials,omitempty"`
	OutageFaults      int `json:"outage_faults,omitempty"`
	// Metrics by name; a name carries its unit (write_latency_p50_ns).
	Metrics map[string]Metric `json:"metrics"`
	// Operations of the light window (of the first one where there is none), over
	// the valid trials.
	Operations Operations `json:"operations"`
	// KeptAwake counts valid trials in whose light window the host's cores were kept
	// from halting.
	KeptAwake int `json:"kept_awake,omitempty"`
	// Beside is how many other setups its valid trials lived beside, at most; 0
	// where it was measured alone.
	Beside int `json:"beside,omitempty"`
	// Curve is latency against offered load, by ascending load, where the
	// trials swept it or searched for their capacity.
	Curve []CurvePoint `json:"curve,omitempty"`
	// WritePath tells where a write's time goes; null where no trial tells: spans were
	// off, or the nodes are none of raftbench's own.
	WritePath *WritePath `json:"write_path,omitempty"`
	// CapacityConfirmed is how many fresh clusters looked for the capacity
	// anew: capacity_ops is their median, or where there are none what the
	// search found.
	CapacityConfirmed int `json:"capacity_confirmed,omitempty"`

	// Unpooled counts valid trials whose histograms are gone: pooled percentiles
	// leave them out.
	Unpooled int `json:"unpooled,omitempty"`
	// ReadsIncluded: the costs per write include those of the reads beside them.
	ReadsIncluded bool `json:"reads_included,omitempty"`

	// Watched is null where no trial left the cluster alone to see whether its
	// leader is voted out.
	Watched *Watched `json:"watched,omitempty"`
	// Tested is null where no trial tested safety.
	Tested *Tested `json:"safety,omitempty"`

	// Losses are how long writes were out after what the cluster tolerates.
	Losses  []Loss   `json:"losses,omitempty"`
	Faults  Faults   `json:"faults"`
	Remarks []Remark `json:"remarks"`
	// Outages that each fault of the valid trials led to, by what was done and whom
	// it hit. The metrics of outages and elections are those of the trials that do
	// one fault again and again (Kind is "outages"; the most frequent group of them),
	// and only where there is no such trial those of proofs.
	Outages []Outages `json:"outages,omitempty"`
	// UnderLoad are the operations that were done again and again under load.
	UnderLoad []Operation `json:"operations_under_load,omitempty"`
}

// Operations are counts over a cell's trials.
type Operations struct {
	Attempted int64 `json:"attempted"`
	Completed int64 `json:"completed"`
	Failed    int64 `json:"failed"`
	// Harmed: faults were done to the cluster while they were offered.
	Harmed bool `json:"harmed,omitempty"`
}

// Metric is a median over valid trials. An interval that cannot be had (too
// few trials) is null; so is a median or bound that lies among operations that
// failed, which is above every number.
type Metric struct {
	Median *float64 `json:"median"`
	CILow  *float64 `json:"ci_low"`
	CIHigh *float64 `json:"ci_high"`
	N      int      `json:"n"`
	// Interval tells whether there is one: a null bound is then above every
	// number, and not missing.
	Interval bool `json:"interval"`
	// Pooled marks a percentile taken over all trials' operations together.
	Pooled bool `json:"pooled,omitempty"`
	// Samples is how many operations a pooled percentile rests on, and Effective
	// how many independent ones would tell as much, 0 where nobody knows: those of
	// one trial are alike.
	Samples   int64 `json:"samples,omitempty"`
	Effective int64 `json:"effective_samples,omitempty"`
	// Doubts are the remarks (by index in the cell's) that may have moved this
	// number by more than a third of its interval's width, or by nobody knows how
	// much. Where there is no interval, 5 % stands for that third.
	Doubts []int `json:"doubts,omitempty"`
}

// Remark is what was remarked of a cell's trials in the same words: one for
// each code, severity, window and kind of trial.
type Remark struct {
	Code     results.Code     `json:"code"`
	Severity results.Severity `json:"severity"`
	Window   string           `json:"window,omitempty"`
	Role     results.Role     `json:"role,omitempty"` // of the window
	// LoadShare of the window, of results.RoleShare.
	LoadShare float64           `json:"load_share,omitempty"`
	Kind      results.TrialKind `json:"kind"`
	// Trials it was said of, of so many of that kind; Replaced: those were
	// invalid attempts, which a later one stands for.
	Trials   int  `json:"trials"`
	Of       int  `json:"of"`
	Replaced bool `json:"replaced,omitempty"`
	// Worst is the remark of the trial in which it weighs most.
	Worst results.Remark `json:"worst"`
	// Bounds say, for each metric that the thing remarked can have moved, by
	// which share of the metric's median it did at most, over the trials; null
	// where no bound is known. A metric that is not here was not touched.
	Bounds map[string]*float64 `json:"bounds,omitempty"`
}

// Difference of one metric between two cells of a run. Its ratio and interval
// are taken within blocks (see stats.DecidePairs), so that a host that drifts
// from block to block does not widen it.
type Difference struct {
	Metric string `json:"metric"`
	From   string `json:"from"` // cells
	To     string `json:"to"`
	// Through are the cells by which the two are linked where they never lived at
	// once: the ratio is a product then, and its interval wider for it.
	Through []string `json:"through,omitempty"`
	// Ratio of To over From, with its 95 % interval where there are blocks
	// enough. A null ratio, or a null bound of an interval, is above every number:
	// operations failed, or To is compared with nothing.
	Ratio    *float64 `json:"ratio"`
	CILow    *float64 `json:"ci_low"`
	CIHigh   *float64 `json:"ci_high"`
	Interval bool     `json:"interval"`
	// P is the probability of so large a difference by chance, corrected (Holm)
	// for the Questions of its family.
	P         float64 `json:"p"`
	Questions int     `json:"questions"`
	N         int     `json:"n"` // blocks
	// Primary questions are those a run is planned for: the median write and the
	// throughput between neighbouring sizes, and between a size with all alive and
	// with some dead. They are one family; all other
	// differences are a second one.
	Primary bool           `json:"primary"`
	Decided stats.Decision `json:"decided"`
}

// CurvePoint is what writes took at one offered load; a percentile that the
// samples do not carry is null.
type CurvePoint struct {
	OfferedOps float64 `json:"offered_ops"`
	P50        *Metric `json:"write_latency_p50_ns"`
	P90        *Metric `json:"write_latency_p90_ns"`
	P99        *Metric `json:"write_latency_p99_ns"`
	Throughput *Metric `json:"throughput_ops"`
	// Held tells whether every trial that tried the load carried it: kept up,
	// and kept the limit that a search for capacity states. Null where nothing
	// was tried.
	Held *bool `json:"held,omitempty"`
}

// Faults holds the worst over the cell's trials; null where no trial tried.
type Faults struct {
	// Survived is how many failures the cluster was seen to go on after.
	Survived *int `json:"survived"`
	// BlockedAt is the number of failures at which it was seen to stop; 0
	// when it was tried and not seen to.
	BlockedAt *int `json:"blocked_at"`
	// ZonesSurvived is how many whole zones may die at once, whichever they are, as
	// proofs saw it: 0 where one was seen to take the cluster down. Null where not all
	// of them were lost in turn.
	ZonesSurvived *int `json:"zones_survived"`
	// Recovered tells whether in every valid proof trial all members were
	// killed, all came back with what their stores had reported durable, writes
	// went on, and an audit found all that was acknowledged: false where the
	// store keeps nothing and this was left out.
	Recovered *bool `json:"recovered"`
	// PowerLossSurvived is the same of trials in which the power of every member's disk
	// was cut while all were dead; false where it was to be cut and was not. Null where
	// nobody asked.
	PowerLossSurvived *bool `json:"power_loss_survived,omitempty"`
	// LostWrites were acknowledged and are gone, over all trials.
	LostWrites int64 `json:"lost_writes"`
	// Safety and Liveness are what the trials found, over all of them, each
	// rule once with how often it was found.
	Safety   []Findings `json:"safety"`
	Liveness []Findings `json:"liveness"`
	// Audited is how many trials were audited: without one, that nothing was
	// lost means nothing.
	Audited int `json:"audited"`
	// Unaudited are the valid trials without an audit, which each trial ends in: what
	// they lost nobody looked for.
	Unaudited int `json:"unaudited,omitempty"`
}

// Findings of one rule.
type Findings struct {
	Rule  string          `json:"rule"`
	Count int             `json:"count"`
	First results.Finding `json:"first"`
}

// Write puts the summary into a run's folder, whole or not at all. It never
// writes outside of the folder, wherever symbolic links point.
func (s Summary) Write(dir string) (err error) {
	text, err := s.JSON()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return &results.Error{Path: dir, What: "cannot be written", Err: err, Do: "make the run's folder writable"}
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := refuseNewer(root); err != nil {
		return err
	}
	results.RemoveUnfinished(root, ".")
	return results.WriteFile(root, File, text)
}

// JSON is the content of summary.json.
func (s Summary) JSON() ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("encode the summary: %w", err)
	}
	return buf.Bytes(), nil
}

// maxSize of a summary.json that is looked into, in bytes.
const maxSize = 256 << 20

// refuseNewer keeps what a later raftbench wrote: it may know more. Anything
// else of that name is built anew from the trials, and replaced.
func refuseNewer(root *os.Root) error {
	if info, err := root.Lstat(File); err != nil || !info.Mode().IsRegular() {
		return nil // there is nothing to keep; a link would be replaced, not followed
	}
	path := filepath.Join(root.Name(), File)
	text, err := results.ReadFile(path, maxSize)
	var there struct {
		SchemaVersion int `json:"schema_version"`
	}
	if err != nil || json.Unmarshal(text, &there) != nil || there.SchemaVersion <= SchemaVersion {
		return nil
	}
	return &results.Error{
		Path: path, What: fmt.Sprintf("schema_version %d: this build writes %d", there.SchemaVersion, SchemaVersion),
		Do: "it was written by a newer raftbench: use that one, or remove the file to have it built anew",
	}
}
