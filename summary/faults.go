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
	for _, t := range trials.all {
		if t.Proof != nil {
			f.prove(t, tolerates)
		}
	}
	return f
}

// prove adds a proof trial, whichever attempt it was: repeated until it holds,
// a proof proves nothing. That something held is believed of a valid trial
// only; that it did not, of any that came so far as to kill enough.
func (f *Faults) prove(t results.Trial, tolerates int) {
	killed := len(t.Proof.Killed)
	if killed >= max(1, tolerates) && (t.Valid || t.Proof.Survived < tolerates) {
		f.Survived = least(f.Survived, t.Proof.Survived)
	}
	if killed > tolerates && (t.Valid || t.Proof.BlockedAt <= tolerates) {
		f.BlockedAt = least(f.BlockedAt, t.Proof.BlockedAt)
	}
	if t.Valid {
		f.Recovered = both(f.Recovered, recovered(t))
	}
}

// recovered tells whether the killed came back, writes went on, and an audit
// of the same trial found nothing missing.
func recovered(t results.Trial) bool {
	return t.Durable && t.Proof.Restarted && t.Audit != nil && violations(t) == 0
}

func both(so *bool, v bool) *bool {
	if so != nil {
		v = v && *so
	}
	return &v
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
