// Package gate turns rules over a summary into a verdict. It does not cry
// wolf: a measured value that has an interval fails a rule only when the whole
// of the interval does, passes only when the whole of it does, and is
// inconclusive otherwise; and so it is where what was remarked of the trials can
// have moved it over the limit, or nobody knows by how much. One that has no
// interval, because the run was planned too small for one, is judged by its
// median, and the verdict says so; but not a far percentile, which a few slow
// operations decide. Where trials were lost to invalidity it is inconclusive, and
// so is a value of one trial alone. What lies among operations that failed is
// above every limit. Proven facts (survived, blocked_at) and counts
// (lost_writes) are exact, and no remark touches them.
//
// Ratios are taken within blocks, which what the host did to both does not move; or,
// against a run of another time, they rest on how far repeated runs of one build lie
// apart. A gate asks many questions, and one that fails must do so among all of them
// (Holm); a pass needs no such correction, since the gate passes only where every rule
// does.
//
// It speaks in codes and figures. Nothing that a rule says can undo a finding of
// safety or liveness.
package gate

import "github.com/raftbench/raftbench/summary"

// Rule is one condition on every setup that it selects:
//
//	METRIC OP LIMIT             write_latency_p50 < 20ms
//	METRIC OP FACTORx baseline  write_latency_p50 <= 1.05x baseline
//	METRIC[SELECTOR] OP FACTORx METRIC[SELECTOR]
//	                            write_latency_p50[n=5] <= 1.2x write_latency_p50[n=3]
//	FACT   OP FACT [± n]        survived == tolerates
//
// METRIC is a name of summary.json, its unit (_ns, _ops) left out or not. OP is
// one of == != < <= > >=; a measured value is never exactly equal to anything,
// so == and != are for facts. LIMIT is a number with the metric's unit: 20ms,
// 1000/s, 4KiB, 85 %. The baseline is the same setup's arm a, or another run. A
// SELECTOR, KEY=VALUE and more after commas, picks setups by n, engine, profile,
// load or any axis, as Where does; on the left any rule may have one.
type Rule struct {
	Text string
	// Where selects setups by nodes, engine, profile, load, setup (its name, also
	// called cell) or any other parameter of a setup; empty selects all.
	Where map[string]string
	File  string
	Line  int // from 1
	// Column of the expression's first character, from 1.
	Column int

	expression
}

// Kind of the rule.
func (r Rule) Kind() Kind {
	switch {
	case r.right.baseline:
		return Relative
	case r.right.selects != nil:
		return Shape
	}
	return Absolute
}

// name is what stands on the left: a fact or a metric, of the setups that are
// selected.
type name struct {
	text    string
	fact    bool
	metric  string // in full, for a metric
	selects []selector
	at      int // offset in the rule's text
}

// operand is what stands on the right: a literal, a fact and an offset, or a factor
// of the baseline or of other setups.
type operand struct {
	fact     string // empty for a literal
	value    float64
	baseline bool
	selects  []selector // of a shape
	at       int
}

// selector of setups, by one of their traits.
type selector struct {
	key, value string
	at         int // offset in the rule's text
}

// op compares.
type op string

func (o op) holds(a, b float64) bool {
	switch o {
	case "==":
		return a == b
	case "!=":
		return a != b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	default: // ">="
		return a >= b
	}
}

func (o op) exact() bool { return o == "==" || o == "!=" }

// facts of a cell, exact where they are known at all; else the code says why
// not.
var facts = map[string]func(c summary.Cell) (float64, ReasonCode){
	"nodes":           func(c summary.Cell) (float64, ReasonCode) { return float64(c.Nodes), "" },
	"quorum":          func(c summary.Cell) (float64, ReasonCode) { return float64(c.Quorum), "" },
	"tolerates":       func(c summary.Cell) (float64, ReasonCode) { return float64(c.Tolerates), "" },
	"trials":          func(c summary.Cell) (float64, ReasonCode) { return float64(c.Trials), "" },
	"valid_trials":    func(c summary.Cell) (float64, ReasonCode) { return float64(c.ValidTrials), "" },
	"durable":         func(c summary.Cell) (float64, ReasonCode) { return one(c.Durable), "" },
	"survived":        func(c summary.Cell) (float64, ReasonCode) { return proven(c, c.Faults.Survived) },
	"zones_survived":  func(c summary.Cell) (float64, ReasonCode) { return proven(c, c.Faults.ZonesSurvived) },
	"zones_tolerated": func(c summary.Cell) (float64, ReasonCode) { return proven(c, c.ToleratesSites) },
	"blocked_at":      func(c summary.Cell) (float64, ReasonCode) { return proven(c, c.Faults.BlockedAt) },
	"recovered":       recovered,
	"lost_writes":     func(c summary.Cell) (float64, ReasonCode) { return audited(c, float64(c.Faults.LostWrites)) },
	"violations":      func(c summary.Cell) (float64, ReasonCode) { return audited(c, count(c.Faults.Safety)) },
	"liveness":        func(c summary.Cell) (float64, ReasonCode) { return audited(c, count(c.Faults.Liveness)) },
}

// proven is a fact of proof trials.
func proven(c summary.Cell, v *int) (float64, ReasonCode) {
	if v == nil {
		return 0, unproven(c)
	}
	return float64(*v), ""
}

// unproven is why a fact of proof trials is not known.
func unproven(c summary.Cell) ReasonCode {
	if c.Proofs == 0 {
		return NoProofs
	}
	return NotProven
}

// recovered is 1 where every proof ended with all members back and nothing
// lost.
func recovered(c summary.Cell) (float64, ReasonCode) {
	if c.Faults.Recovered == nil {
		return 0, unproven(c)
	}
	return one(*c.Faults.Recovered), ""
}

func one(v bool) float64 {
	if v {
		return 1
	}
	return 0
}

// count of all findings.
func count(fs []summary.Findings) float64 {
	n := 0
	for _, f := range fs {
		n += f.Count
	}
	return float64(n)
}

// audited is a count of audits: none found means nothing where none was held, or
// where valid trials had none.
func audited(c summary.Cell, n float64) (float64, ReasonCode) {
	if n == 0 && c.Faults.Audited == 0 {
		return 0, NotAudited
	}
	if n == 0 && c.Faults.Unaudited > 0 {
		return 0, PartlyAudited
	}
	return n, ""
}
