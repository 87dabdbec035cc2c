package check

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/results"
)

// Replica is one node as the audit asks it: a client.Client bound to an id.
type Replica struct {
	ID     string
	Client Reader
	// Last is the index of the last entry of the node's log, committed or not; nil where
	// nobody can tell, as of a server that is not raftbench's own. Such a one has all that
	// it will ever have when it follows a leader, and has applied what it knows to be
	// committed, for as long as the audit waits.
	Last func(ctx context.Context) (uint64, error)
}

// Reader is what the audit needs of a node (client.Client has it).
type Reader interface {
	Status(ctx context.Context) (client.Status, error)
	HashKV(ctx context.Context, rev int64) (hash uint32, at int64, err error)
	Scan(ctx context.Context, prefix string, f func(client.KeyValue) error) error
}

// Report is the audit's judgement.
type Report struct {
	// Keys ever written, and the writes to them that were acknowledged, and
	// that may have taken effect.
	Keys, Acked, Unknown int64
	// Lost is the least number of acknowledged writes that are gone from some
	// replica.
	Lost int64
	// Unjudged keys have so many unknown writes that their values prove
	// nothing.
	Unjudged int64
	// Revision at which the replicas agree, 0 where they do not.
	Revision int64
	// Findings are the first 100 of Objections.
	Findings   []Finding
	Objections int64
}

// OK tells that there is nothing to object to.
func (r Report) OK() bool { return r.Objections == 0 }

// Audit waits until every replica has applied what the furthest has, stands at the
// highest revision that was acknowledged or above, and HashKV agrees at one revision,
// then holds every key on every replica against the ledger: A ≤ version ≤ A+U, mod
// revision at least the highest acknowledged, and the value that revision's or an
// unknown write's. The load must have ceased.
//
// It waits for as long as replicas that are behind go on catching up: until none
// has come nearer for patience, which is Stalled at least, or for Longest in all.
// Replicas that did not catch up are objected to, as a matter of liveness, and their
// keys not held against the ledger. Replicas below what was acknowledged that have
// applied all of their logs, and are a majority, will never have it: their keys are held
// against the ledger at once, and what they lack is lost, a matter of safety. The error
// is of the asking; what the answers say is in the Report.
func (l *Ledger) Audit(ctx context.Context, replicas []Replica, patience time.Duration) (Report, error) {
	a := l.begin()
	a.patience = max(patience, Stalled)
	current, err := a.catchUp(ctx, replicas)
	if err != nil {
		return a.report(), err
	}
	for i, r := range current {
		if err := a.scan(ctx, r, i+1); err != nil {
			return a.report(), fmt.Errorf("audit: reading the keys of %s: %w", r.ID, err)
		}
	}
	a.count(current)
	return a.report(), nil
}

// count holds the revision that was reached against the writes that were sent. What is
// missing is told as such only where no key told it.
func (a *audit) count(current []Replica) {
	if len(current) == 0 {
		return
	}
	r := a.report()
	if !a.reached(a.furthest) && r.Lost == 0 {
		a.findings.add(broken(results.RuleLost, "", "", sprintf("revision %d when all of every log was applied", a.furthest.revision),
			sprintf("at least revision %d, which was acknowledged", a.acknowledged)))
	}
	if most := FirstRevision + r.Acked + r.Unknown; a.ledger.alone && a.furthest.revision > most {
		a.findings.add(broken(results.RuleVersion, "", "", sprintf("revision %d of the store", a.furthest.revision),
			sprintf("at most %d, a revision for each of %d writes that were acknowledged and %d that may have taken effect", most, r.Acked, r.Unknown)))
	}
}

// FirstRevision is that of a store that nobody has written to, as etcd has it.
const FirstRevision = 1

// audit in progress.
type audit struct {
	ledger   *Ledger
	findings findings
	// patience is how long replicas that are behind may come no nearer.
	patience time.Duration
	// acknowledged is the highest revision that anybody was told of a write.
	acknowledged int64
	// furthest is how far the replicas came, revision where they agree, 0 if they do not.
	furthest answer
	revision int64
	// disagree is set when hashes differ; then reference holds what the first
	// replica has, to find the keys that do.
	disagree  bool
	reference map[string]uint64
}

// begin an audit with what was objected to under load, and forget the last one.
func (l *Ledger) begin() *audit {
	a := &audit{ledger: l, acknowledged: l.told}
	l.each(func(_ string, e *entry) {
		e.seen, e.lost = 0, 0
		a.acknowledged = max(a.acknowledged, e.revision)
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	a.findings = findings{first: slices.Clone(l.findings.first), total: l.findings.total}
	return a
}

func (a *audit) report() Report {
	r := Report{Revision: a.revision, Findings: a.findings.first, Objections: a.findings.total}
	a.ledger.each(func(_ string, e *entry) {
		r.Keys++
		r.Acked += e.acked
		r.Unknown += e.unknown
		r.Lost += e.lost
		if e.unknown > maxUnknown {
			r.Unjudged++
		}
	})
	return r
}

// scan holds every key of replica number n (from 1) against the ledger.
func (a *audit) scan(ctx context.Context, r Replica, n int) error {
	err := r.Client.Scan(ctx, a.ledger.prefix, func(kv client.KeyValue) error {
		a.ledger.with(kv.Key, func(e *entry) { a.hold(r.ID, n, e, kv) })
		a.contrast(r.ID, n, kv)
		return nil
	})
	if err != nil {
		return err
	}
	a.ledger.each(func(key string, e *entry) {
		if e.seen != n && e.acked > 0 {
			e.lost = max(e.lost, e.acked)
			a.findings.add(broken(results.RuleLost, r.ID, key, "no such key", sprintf("version %s", e.versions())))
		}
	})
	return nil
}

// hold judges one key on one replica.
func (a *audit) hold(node string, n int, e *entry, kv client.KeyValue) {
	object := func(rule, got, want string) {
		a.findings.add(broken(rule, node, kv.Key, got, want))
	}
	if e == nil {
		object(results.RuleUnexpected, sprintf("version %d at revision %d", kv.Version, kv.ModRevision), "no such key: nobody wrote it")
		return
	}
	e.seen = n
	version := sprintf("version %d", kv.Version)
	switch {
	case kv.Version < e.acked:
		e.lost = max(e.lost, e.acked-kv.Version)
		object(results.RuleLost, version, sprintf("version %s", e.versions()))
	case kv.Version > e.acked+e.unknown:
		object(results.RuleVersion, version, sprintf("version %s", e.versions()))
	}
	switch {
	case kv.ModRevision < e.revision:
		e.lost = max(e.lost, 1)
		object(results.RuleRevision, sprintf("mod revision %d", kv.ModRevision), sprintf("at least %d, which was acknowledged", e.revision))
	case !e.explains(kv):
		object(results.RuleValue, sprintf("a value at revision %d that nobody wrote there", kv.ModRevision), e.values())
	}
}

// explains tells whether the value may stand at its revision.
func (e *entry) explains(kv client.KeyValue) bool {
	h := hash(kv.Value)
	if kv.ModRevision == e.revision && e.acked > 0 {
		return h == e.value
	}
	if e.unknown > maxUnknown {
		return true
	}
	for _, m := range e.maybe {
		if m == h {
			return true
		}
	}
	return false
}

// versions that a replica may hold.
func (e *entry) versions() string {
	switch e.unknown {
	case 0:
		return sprintf("%d", e.acked)
	default:
		return sprintf("%d to %d (%d acknowledged, %d unknown)", e.acked, e.acked+e.unknown, e.acked, e.unknown)
	}
}

func (e *entry) values() string {
	if e.unknown == 0 {
		return sprintf("the value acknowledged at revision %d", e.revision)
	}
	return sprintf("the value acknowledged at revision %d, or later one of %d unknown writes", e.revision, e.unknown)
}

// contrast names the keys that differ between replicas whose hashes differ.
func (a *audit) contrast(node string, n int, kv client.KeyValue) {
	if !a.disagree {
		return
	}
	d := digest(kv)
	if n == 1 {
		a.reference[kv.Key] = d
	} else if a.reference[kv.Key] != d {
		a.findings.add(broken(results.RuleHash, node, kv.Key,
			sprintf("version %d at revision %d", kv.Version, kv.ModRevision), "what the first replica holds"))
	}
}
