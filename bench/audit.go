package bench

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"time"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// auditor watches all of a trial's load, and at its end holds every replica
// against what was acknowledged.
type auditor struct {
	prefix   string // of the trial's keys
	ledger   *check.Ledger
	frontier *check.Frontier
	// history samples keys for linearizability; nil where no linearizable
	// read is made.
	history *check.History
	// patience is how long replicas that are behind may come no nearer: a cluster whose
	// members were all started anew applies nothing before somebody leads it.
	patience time.Duration
}

func newAuditor(job Job) *auditor {
	a := &auditor{prefix: keyPrefix(), frontier: check.NewFrontier(), patience: recoveryBound(job.Setup.Raft)}
	a.ledger = check.NewLedger(a.prefix)
	w := job.Setup.Workload
	switch {
	case job.Kind == results.Proof: // the same room, for its few keys
		a.history = check.NewHistory(a.prefix, proofKeys, check.DefaultSampleKeys*check.DefaultSampleOps/proofKeys)
	case w.ReadRatio > 0 && w.Reads != serializable:
		a.history = check.NewHistory(a.prefix, 0, 0)
	}
	return a
}

// keyPrefix is new for every trial, also of other runs on the same servers:
// what one left behind must not be taken for what another wrote. Its length is
// configs.KeyPrefixSize.
func keyPrefix() string {
	var b [configs.KeyPrefixSize]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return "rb" + hex.EncodeToString(b[:])[:configs.KeyPrefixSize-3] + "/"
}

// observers of the load: what the audit will rest on.
func (a *auditor) observers() []loadgen.Observer {
	out := []loadgen.Observer{a.ledger, a.frontier}
	if a.history != nil {
		out = append(out, a.history)
	}
	return out
}

const (
	// connectBound is how long the audit's connections may take.
	connectBound = 10 * time.Second
	// readingBound is how long the replicas' keys may take to be read, beside the
	// wait for them to catch up.
	readingBound = time.Minute
	// searchBound is how long the search for a linear order may take.
	searchBound = 5 * time.Second
)

// judge holds every replica against the ledger, past the emulated network, and
// records what it finds. What was found counts, also where a replica could not
// be asked.
func (a *auditor) judge(ctx context.Context, s System, rec *record) error {
	ctx, cancel := context.WithTimeout(ctx, connectBound+check.Longest+readingBound)
	defer cancel()
	var open connections
	defer open.close()
	replicas := a.replicas(ctx, &open, s)
	if len(s.Members()) > 0 { // nobody else knows of a cluster that was started for the trial
		a.ledger.Alone()
	}
	report, err := a.ledger.Audit(ctx, replicas, a.patience)
	rec.Audit = &results.Audit{
		Nodes: len(replicas), Keys: report.Keys, Acked: report.Acked, Unknown: report.Unknown,
		Lost: report.Lost, Revision: report.Revision,
	}
	if rec.Proof != nil {
		rec.Proof.Lost = report.Lost
	}
	rec.find(withLogs(s, report.Findings)...)
	if report.Unjudged > 0 {
		rec.remark(results.Remark{Code: results.CodeUnjudged, Severity: results.Doubtful, Got: float64(report.Unjudged), Unit: results.UnitCount})
	}
	a.linearizable(rec)
	return err
}

// replicas of a system, as they are asked.
func (a *auditor) replicas(ctx context.Context, open *connections, s System) (all []check.Replica) {
	for _, server := range s.Servers() {
		r := check.Replica{ID: server.ID, Client: a.connect(ctx, open, server)}
		if m := member(s, server.ID); m != nil {
			r.Last = func(ctx context.Context) (uint64, error) {
				now, err := m.Counters(ctx)
				return now.LastIndex, err
			}
		}
		all = append(all, r)
	}
	return all
}

// connect to a server; one that does not answer is asked like the others, and
// that it does not is then the audit's to judge.
func (a *auditor) connect(ctx context.Context, open *connections, s Server) check.Reader {
	ctx, cancel := context.WithTimeout(ctx, connectBound)
	defer cancel()
	c, err := open.open(ctx, s.ID, s.Address, nil)
	if err != nil {
		return unreachable{err}
	}
	return c
}

// unreachable is a server that there is no connection to.
type unreachable struct{ err error }

// Status implements check.Reader.
func (u unreachable) Status(context.Context) (client.Status, error) { return client.Status{}, u.err }

// HashKV implements check.Reader.
func (u unreachable) HashKV(context.Context, int64) (uint32, int64, error) { return 0, 0, u.err }

// Scan implements check.Reader.
func (u unreachable) Scan(context.Context, string, func(client.KeyValue) error) error { return u.err }

// linearizable judges the sampled keys, where any were read.
func (a *auditor) linearizable(rec *record) {
	if a.history == nil {
		return
	}
	found := a.history.Linearizable(searchBound)
	rec.Audit.Linearizable = string(found.Answer)
	rec.Audit.LinearizableOps = found.Operations
	if found.Answer == check.Undecided {
		rec.remark(results.Remark{Code: results.CodeUndecided, Severity: results.Doubtful,
			Got: float64(found.UndecidedKeys), Want: float64(searchBound), Unit: results.UnitCount})
	}
	rec.find(found.Findings...)
}

// logLines of a node are kept with a finding about it.
const logLines = 20

// withLogs adds to each finding on liveness the last words of the node it is
// about: what kept it is seldom in the figures.
func withLogs(s System, findings []results.Finding) []results.Finding {
	for i, f := range findings {
		if m := member(s, f.Node); m != nil && f.Class == results.Liveness {
			findings[i].Log = m.LogTail(logLines)
		}
	}
	return findings
}

// stopMessageFaults ends what would keep replicas from agreeing.
func stopMessageFaults(ctx context.Context, s System) error {
	var errs []error
	for _, m := range s.Members() {
		errs = append(errs, m.MessageFaults(ctx, nil))
	}
	return errors.Join(errs...)
}
