// Package summary says what many trials say: cells with intervals over
// trials, never over operations. summary.json is its stable, machine-readable
// form and can be rebuilt from a run's folder at any time.
package summary

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/raftbench/raftbench/results"
)

// SchemaVersion of summary.json.
const SchemaVersion = 1

// File is the summary's name in a run's folder.
const File = "summary.json"

// Summary is summary.json.
type Summary struct {
	SchemaVersion int    `json:"schema_version"`
	RunID         string `json:"run_id"`
	Cells         []Cell `json:"cells"`
}

// Cell is one point of the experiment's matrix.
type Cell struct {
	Cell      string            `json:"cell"`
	Nodes     int               `json:"nodes"`
	Quorum    int               `json:"quorum"`
	Tolerates int               `json:"tolerates"` // by arithmetic: ⌊(N−1)/2⌋
	Engine    string            `json:"engine"`
	Profile   string            `json:"profile"`
	Load      string            `json:"load"`
	Params    map[string]string `json:"params,omitempty"`
	// Trials and ValidTrials count measuring trials, by their last attempt.
	Trials      int `json:"trials"`
	ValidTrials int `json:"valid_trials"`
	// Proofs counts proof trials likewise, by their last attempt.
	Proofs int `json:"proofs"`
	// Metrics by name; a name carries its unit (write_latency_p50_ns).
	Metrics map[string]Metric `json:"metrics"`
	// Curve is latency against offered load, by ascending load, where the
	// trials swept it or searched for their capacity.
	Curve []CurvePoint `json:"curve,omitempty"`
	// CapacityConfirmed is how many fresh clusters looked for the capacity
	// anew: capacity_ops is their median, or where there are none what the
	// search found.
	CapacityConfirmed int `json:"capacity_confirmed,omitempty"`

	Faults   Faults   `json:"faults"`
	Warnings []string `json:"warnings"`
}

// Metric is a median over valid trials. An interval that cannot be had (too
// few trials) is null.
type Metric struct {
	Median float64  `json:"median"`
	CILow  *float64 `json:"ci_low"`
	CIHigh *float64 `json:"ci_high"`
	N      int      `json:"n"`
	// Pooled marks a percentile taken over all trials' operations together.
	Pooled bool `json:"pooled,omitempty"`
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
	// and kept the limit that a search for capacity states. Null in records
	// that do not say.
	Held *bool `json:"held,omitempty"`
}

// Faults holds the worst over the cell's trials; null where no trial tried.
type Faults struct {
	// Survived is how many failures the cluster was seen to go on after.
	Survived *int `json:"survived"`
	// BlockedAt is the number of failures at which it was seen to stop; 0
	// when it was tried and not seen to.
	BlockedAt *int `json:"blocked_at"`
	// Recovered tells whether in every valid proof trial all that were killed
	// were restarted, writes went on, and an audit found all that was
	// acknowledged: false where the store keeps nothing and this was left out.
	Recovered *bool `json:"recovered"`
	// LostWrites were acknowledged and are gone, over all trials.
	LostWrites int64 `json:"lost_writes"`
	// Violations counts all that the audits object to, over all trials:
	// losses, replicas that disagree, histories that are not linearizable.
	Violations int `json:"violations"`
	// Audited is how many trials were audited: without one, that nothing was
	// lost means nothing.
	Audited int `json:"audited"`
}

// Write puts the summary into a run's folder.
func (s Summary) Write(dir string) error {
	text, err := s.JSON()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, File)
	if err := refuseNewer(path); err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return &results.Error{Path: path, What: "cannot be written", Err: err, Do: "make the run's folder writable"}
	}
	return nil
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

// Read reads a summary.json. Its errors are of type *results.Error.
func Read(path string) (Summary, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		hint := ""
		if errors.Is(err, fs.ErrNotExist) {
			hint = "rebuild it with `raftbench report DIR`"
		}
		return Summary{}, &results.Error{Path: path, What: "cannot be read", Err: err, Do: hint}
	}
	var s Summary
	if err := json.Unmarshal(text, &s); err != nil {
		return Summary{}, &results.Error{Path: path, What: "is no summary", Err: err, Do: "rebuild it with `raftbench report DIR`"}
	}
	if s.SchemaVersion < 1 || s.SchemaVersion > SchemaVersion {
		return Summary{}, &results.Error{
			Path: path, What: fmt.Sprintf("schema_version %d: this build reads up to %d", s.SchemaVersion, SchemaVersion),
			Do: "rebuild it with `raftbench report DIR`",
		}
	}
	return s, nil
}

// refuseNewer keeps what a later raftbench wrote: it may know more.
func refuseNewer(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil // there is nothing to keep
	}
	var there struct {
		SchemaVersion int `json:"schema_version"`
	}
	if json.Unmarshal(text, &there) != nil || there.SchemaVersion <= SchemaVersion {
		return nil
	}
	return &results.Error{
		Path: path, What: fmt.Sprintf("has schema_version %d, this raftbench writes %d", there.SchemaVersion, SchemaVersion),
		Do: "use the raftbench that wrote it, or remove it to have it built anew",
	}
}
