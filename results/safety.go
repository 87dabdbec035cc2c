package results

import (
	"path/filepath"
	"slices"
	"strings"
)

// Answer of whoever judged a history.
type Answer string

// The answers. Undecided is no pass.
const (
	Holds     Answer = "holds"
	Violated  Answer = "violated"
	Undecided Answer = "undecided"
)

// Tested is what a safety trial saw, and how its history was judged; what the judge
// objects to stands in the trial's findings.
type Tested struct {
	// Answer is empty where the trial did not come to be judged.
	Answer Answer `json:"answer,omitempty"`
	// UndecidedKeys are those for which no order was found, and none excluded, in time.
	UndecidedKeys []string `json:"undecided_keys,omitempty"`
	// Operations by their kind, in the history's words.
	Operations []OperationCount `json:"operations"`
	// Faults counts those that were done, by their action. NotDone are those of which
	// nothing was, since nobody led, or whom they were to be done to was dead, or the load
	// had ended; FaultsFailed those that were begun and did not do what they are for.
	Faults       map[string]int `json:"faults,omitempty"`
	NotDone      int            `json:"not_done,omitempty"`
	FaultsFailed int            `json:"faults_failed,omitempty"`
	// Snapshots were taken, Installs sent by a leader; Restarts of members, and
	// Restores those of them that began with a snapshot.
	Snapshots int `json:"snapshots"`
	Installs  int `json:"installs"`
	Restarts  int `json:"restarts"`
	Restores  int `json:"restores"`
	// Staleness of serializable reads; null where none was answered.
	Staleness *Staleness `json:"staleness,omitempty"`
	// History is the file, below the run's folder; empty where it was removed, since
	// nothing was found. Page is a violation's, drawn.
	History string `json:"history,omitempty"`
	Page    string `json:"page,omitempty"`
	// UnjudgedAttempts are the histories, below the run's folder, of attempts before this
	// one that were cut off, or made void by an emulated disk that died, and that nobody
	// could judge: they might hold a violation.
	UnjudgedAttempts []string `json:"unjudged_attempts,omitempty"`
	// Nemesis is the version of the generator that made the faults of the seed; 0 where
	// there was none.
	Nemesis int `json:"nemesis_version,omitempty"`
}

// OperationCount is how operations of one kind ended.
type OperationCount struct {
	Kind     string `json:"kind"`
	OK       int64  `json:"ok"`
	Rejected int64  `json:"rejected"` // certainly without effect
	Unknown  int64  `json:"unknown"`
}

// Staleness is how far behind serializable reads were: of what had been acknowledged
// when each was sent.
type Staleness struct {
	Reads int64 `json:"reads"`
	Stale int64 `json:"stale"` // of them, those that were behind at all
	// Behind are quantiles over all reads, in revisions; AgeNS for at least how long what
	// they missed had been acknowledged.
	BehindP50 int64 `json:"behind_p50"`
	BehindP99 int64 `json:"behind_p99"`
	BehindMax int64 `json:"behind_max"`
	AgeP50NS  int64 `json:"age_p50_ns"`
	AgeP99NS  int64 `json:"age_p99_ns"`
	AgeMaxNS  int64 `json:"age_max_ns"`
}

// Judged is how many operations were.
func (s *Tested) Judged() (n int64) {
	for _, o := range s.Operations {
		n += o.OK + o.Rejected + o.Unknown
	}
	return n
}

func (s *Tested) check(r *ranges) {
	if s == nil {
		return
	}
	if !slices.Contains([]Answer{"", Holds, Violated, Undecided}, s.Answer) {
		r.fail("an answer of %.40q: want %q, %q or %q, or none", s.Answer, Holds, Violated, Undecided)
	}
	r.lists(len(s.UndecidedKeys), len(s.Operations), len(s.Faults), len(s.UnjudgedAttempts))
	r.texts(s.UndecidedKeys...)
	for _, o := range s.Operations {
		r.names(o.Kind)
		r.counts(o.OK, o.Rejected, o.Unknown)
	}
	for action, n := range s.Faults {
		r.names(action)
		r.counts(int64(n))
	}
	r.counts(int64(s.NotDone), int64(s.FaultsFailed), int64(s.Snapshots), int64(s.Installs), int64(s.Restarts), int64(s.Restores), int64(s.Nemesis))
	for _, file := range append([]string{s.History, s.Page}, s.UnjudgedAttempts...) {
		r.names(file)
		if file != "" && (!filepath.IsLocal(file) || strings.Contains(file, `\`)) {
			r.fail("a file %.200q: want one below the run's folder", file)
		}
	}
	if a := s.Staleness; a != nil {
		r.counts(a.Reads, a.Stale, a.BehindP50, a.BehindP99, a.BehindMax)
		r.stretches(a.AgeP50NS, a.AgeP99NS, a.AgeMaxNS)
		if a.Stale > a.Reads {
			r.fail("%d stale of %d serializable reads: want at most all", a.Stale, a.Reads)
		}
	}
}

// Judgement is what a safety trial came to, which is more than what its history showed:
// Violated where anything of safety was found, by whomever; Holds only where the trial
// got to its end and its replicas were read, since what they lost no client need have
// met. Empty is a trial that did not come to be judged.
func (t *Trial) Judgement() Answer {
	failed := slices.ContainsFunc(t.Remarks, func(m Remark) bool { return m.Code == CodeFailed || m.Code == CodeNothing })
	switch {
	case t.Has(Safety):
		return Violated
	case t.Tested == nil, t.Tested.Answer == Holds && (failed || t.Audit == nil):
		return ""
	}
	return t.Tested.Answer
}

// agreeOnTested wants evidence for what a safety trial claims.
func (t *Trial) agreeOnTested(r *ranges) {
	s := t.Tested
	switch {
	case s == nil && t.Kind == SafetyTest && t.Valid:
		r.fail("a valid safety trial that tells nothing: want what it tested")
	case s == nil:
	case t.Kind != SafetyTest:
		r.fail("a trial of kind %q that was tested for safety: want kind %q", t.Kind, SafetyTest)
	case s.Answer == Violated && !t.Has(Safety):
		r.fail("an answer %q and no finding: want one of class %q", s.Answer, Safety)
	case t.Valid && s.Answer != Holds:
		r.fail("a valid safety trial whose answer is %q: want %q", s.Answer, Holds)
	case s.Answer == Holds && s.Judged() == 0:
		r.fail("an answer %q over no operation: want some", s.Answer)
	}
}
