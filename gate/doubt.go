package gate

import (
	"math"

	"github.com/raftbench/raftbench/summary"
)

// shaken are the remarks that take an answer back: what they can have moved the
// value by, all of them one way, would turn it. A disturbance that can only have
// made the value worse (work of others, waiting, lateness) leaves one that is better
// than the limit all the same where it is: without it the value would be better
// still.
func (r Rule) shaken(c summary.Cell, m summary.Metric, limit float64) []Reason {
	e := m.Estimate()
	better := e.Center < limit != summary.MoreIsBetter(r.left.metric)
	reasons, total := weights(c, r.left.metric, func(remark summary.Remark) bool { return !better || !remark.OnlyWorsens() })
	low, high := e.Low, e.High
	if !m.Interval {
		low, high = e.Center, e.Center
	}
	by := total * math.Abs(e.Center)
	switch {
	case math.IsInf(total, 1):
		return reasons
	case total == 0 || math.IsInf(by, 1) || r.op.holds(low-by, limit) == r.op.holds(high+by, limit):
		return nil
	}
	return reasons
}

// weights are the remarks that can have moved a metric of a cell, and the share
// by which all of them together can. Where nobody knows by how much one did, it
// stands alone and the share is +Inf.
func weights(c summary.Cell, metric string, counts func(summary.Remark) bool) (reasons []Reason, total float64) {
	for _, remark := range c.Remarks {
		by, touched := remark.Bounds[metric]
		switch {
		case !touched || by != nil && *by == 0 || !counts(remark):
			continue
		case by == nil:
			return []Reason{doubtful(Shaken, remark, nil)}, math.Inf(1)
		}
		reasons = append(reasons, doubtful(Shaken, remark, by))
		total += *by
	}
	return reasons, total
}

// doubts are the remarks that weaken the number.
func doubts(c summary.Cell, m summary.Metric, metric string) []Reason {
	var out []Reason
	for _, i := range m.Doubts {
		out = append(out, doubtful(Doubtful, c.Remarks[i], c.Remarks[i].Bounds[metric]))
	}
	return out
}

func doubtful(code ReasonCode, remark summary.Remark, by *float64) Reason {
	return Reason{Code: code, Remark: remark.Code, By: by, Worst: &remark.Worst}
}

// everything counts.
func everything(summary.Remark) bool { return true }
