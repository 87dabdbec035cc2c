package summary

import (
	"cmp"
	"slices"

	"github.com/raftbench/raftbench/results"
)

// faults is the worst that was seen. Findings count from every attempt, even of
// a trial whose numbers are not believed: a loss is a loss.
func faults(s *setup, tolerates int) Faults {
	f := Faults{Safety: found(s.all, results.Safety), Liveness: found(s.all, results.Liveness)}
	for _, t := range s.all {
		f.LostWrites += lost(t)
		switch {
		case !promises(t):
		case audited(t):
			f.Audited++
		case t.Valid:
			f.Unaudited++
		}
		if t.Proof != nil {
			f.prove(t, tolerates)
		}
	}
	return f
}

// audited tells whether somebody looked for what a trial may have lost. The audit of a
// safety trial holds replicas against each other and no key against anything: what is
// missing only its judge finds, so that it counts where he came to an answer.
func audited(t *results.Trial) bool {
	if t.Kind != results.SafetyTest {
		return t.Audit != nil
	}
	answer := t.Judgement()
	return answer == results.Holds || answer == results.Violated
}

// found counts the findings of a class by their rule, in order of the rules'
// names.
func found(trials []*results.Trial, class results.Class) []Findings {
	out := []Findings{}
	for _, t := range trials {
		for _, f := range t.Findings {
			if f.Class != class {
				continue
			}
			i := slices.IndexFunc(out, func(o Findings) bool { return o.Rule == f.Rule })
			if i < 0 {
				i = len(out)
				out = append(out, Findings{Rule: f.Rule, First: f})
			}
			out[i].Count++
		}
	}
	slices.SortFunc(out, func(a, b Findings) int { return cmp.Compare(a.Rule, b.Rule) })
	return out
}

// prove adds a proof trial, whichever attempt it was: repeated until it holds,
// a proof proves nothing. That something held is believed of a valid trial
// only; that it did not, of any that came so far as to kill enough.
func (f *Faults) prove(t *results.Trial, tolerates int) {
	killed := len(t.Proof.Killed)
	if killed >= max(1, tolerates) && (t.Valid || t.Proof.Survived < tolerates) {
		f.Survived = least(f.Survived, t.Proof.Survived)
	}
	if killed > tolerates && (t.Valid || t.Proof.BlockedAt <= tolerates) {
		f.BlockedAt = least(f.BlockedAt, t.Proof.BlockedAt)
	}
	if zones, seen := zonesSurvived(t, tolerates); seen {
		f.ZonesSurvived = least(f.ZonesSurvived, zones)
	}
	if t.Valid {
		f.Recovered = both(f.Recovered, recovered(t))
		if t.PowerLoss {
			f.PowerLossSurvived = both(f.PowerLossSurvived, recovered(t) && powerCut(t))
		}
	}
}

// zonesSurvived is how many whole zones a proof saw the cluster survive, whichever
// they are. That one takes it down is believed of any trial. Where all members stand
// in one, that it stops with fewer dead shows it.
func zonesSurvived(t *results.Trial, tolerates int) (zones int, seen bool) {
	places := placesOf(t.Sites)
	if len(places) == 1 {
		return 0, t.Valid && t.Proof.BlockedAt == tolerates+1
	}
	single := map[string]bool{}
	for _, z := range t.Proof.Zones {
		if z.Blocked && len(z.Sites) == 1 {
			return 0, true
		}
		if z.Survived {
			zones = max(zones, len(z.Sites))
			single[z.Sites[0]] = single[z.Sites[0]] || len(z.Sites) == 1
		}
	}
	for _, p := range places {
		if !single[p.Name] {
			return 0, false
		}
	}
	return zones, t.Valid && len(places) > 0
}

// recovered tells whether all came back, writes went on, and an audit of the
// same trial found nothing missing. That the trial says so is not enough: the disk
// of each member must have been looked at.
func recovered(t *results.Trial) bool {
	return t.Durable && t.Proof.Recovered && len(t.Proof.Disks) == t.Nodes && t.Audit != nil && !t.Has(results.Safety) && lost(t) == 0
}

// powerCut tells whether every member's disk lost what was not synced.
func powerCut(t *results.Trial) bool {
	cut := map[string]bool{}
	for _, e := range t.Events {
		if e.Kind == results.EventPowerLoss {
			cut[e.Node] = true
		}
	}
	return len(cut) == t.Nodes
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
func promises(t *results.Trial) bool { return t.Durable || t.Kind != results.Proof }

// lost is a trial's losses: the proof's repeat the audit's.
func lost(t *results.Trial) int64 {
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
