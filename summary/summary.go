// Package summary says what many trials say: cells with intervals over
// trials, never over operations. summary.json is its stable, machine-readable
// form and can be rebuilt from a run's folder at any time.
package summary

// SchemaVersion of summary.json.
const SchemaVersion = 1

// Summary is summary.json.
type Summary struct {
	SchemaVersion int    `json:"schema_version"`
	RunID         string `json:"run_id"`
	Cells         []Cell `json:"cells"`
}

// Cell is one point of the experiment's matrix.
type Cell struct {
	Cell        string            `json:"cell"`
	Nodes       int               `json:"nodes"`
	Quorum      int               `json:"quorum"`
	Tolerates   int               `json:"tolerates"` // by arithmetic: ⌊(N−1)/2⌋
	Engine      string            `json:"engine"`
	Profile     string            `json:"profile"`
	Load        string            `json:"load"`
	Params      map[string]string `json:"params,omitempty"`
	Trials      int               `json:"trials"`
	ValidTrials int               `json:"valid_trials"`
	// Metrics by name; a name carries its unit (write_latency_p50_ns).
	Metrics  map[string]Metric `json:"metrics"`
	Faults   Faults            `json:"faults"`
	Warnings []string          `json:"warnings"`
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

// Faults holds the worst over the cell's trials; null where no trial tried.
type Faults struct {
	Survived   *int  `json:"survived"`
	BlockedAt  *int  `json:"blocked_at"`
	LostWrites int64 `json:"lost_writes"`
}
