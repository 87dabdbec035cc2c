package summary

import "github.com/raftbench/raftbench/results"

// faults is the worst that was seen. Losses count from every attempt, even of
// a trial whose numbers are not believed: a loss is a loss.
func faults(trials *cellTrials, tolerates int) Faults {
	var f Faults
	for _, t := range trials.all {
		f.LostWrites += lost(t)
		f.Violations += violations(t)
		if t.Audit != nil && promises(t) {
			f.Audited++
		}
	}
	for _, t := range trials.proof {
		if t.Proof == nil {
			continue
		}
		// A trial that did not come so far as to kill enough has not tried.
		killed := len(t.Proof.Killed)
		if killed >= max(1, tolerates) {
			f.Survived = least(f.Survived, t.Proof.Survived)
		}
		if killed > tolerates {
			f.BlockedAt = least(f.BlockedAt, t.Proof.BlockedAt)
		}
	}
	return f
}

func least(worst *int, v int) *int {
	if worst == nil || v < *worst {
		return &v
	}
	return worst
}

// promises tells whether a trial's store promised to keep what a proof's
// kills and restarts take away.
func promises(t results.Trial) bool { return t.Durable || t.Kind != results.Proof }

// lost is a trial's losses: the proof's repeat the audit's.
func lost(t results.Trial) int64 {
	n := int64(0)
	if !promises(t) {
		return 0
	}
	if t.Audit != nil {
		n = t.Audit.Lost
	}
	if t.Proof != nil {
		n = max(n, t.Proof.Lost)
	}
	return n
}

func violations(t results.Trial) int {
	n := 0
	if promises(t) && t.Audit != nil {
		n = len(t.Audit.Findings)
	}
	if n == 0 && lost(t) > 0 {
		n = 1
	}
	return n
}
