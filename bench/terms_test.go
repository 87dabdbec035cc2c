package bench

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	raftboltdb "github.com/hashicorp/raft-boltdb/v2"

	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/control"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// forgetTerm is a store that gives back an older term.
func forgetTerm(_, data string) error {
	store, err := raftboltdb.NewBoltStore(filepath.Join(data, "raft.db"))
	if err != nil {
		return err
	}
	defer func() { _ = store.Close() }()
	return store.SetUint64([]byte("CurrentTerm"), 1)
}

// A proof in which all goes well but for the term that one node finds when it is
// started again.
func TestATermThatGoesBackIsFound(t *testing.T) {
	t.Parallel()
	r := proofOn(t, quickly, only3(forgetTerm))
	if r.Valid || !r.Proof.Recovered || len(r.Findings) != 1 || r.Findings[0].Rule != results.RuleTerm || r.Findings[0].Node != "n3" {
		t.Errorf("valid %v, proof %+v, findings %+v; want n3's term alone", r.Valid, r.Proof, r.Findings)
	}
}

// A majority that is started on an older copy of its data breaks what Raft promises
// of terms, votes, leaders and logs, and answers from the past. All of it is found by what
// nodes and clients were told, without any audit.
func TestAMajorityOnOldDataIsFound(t *testing.T) {
	t.Parallel()
	c := newComeback(t)
	c.killAll()
	c.save()
	c.start(c.trial.system.Members()...)
	leader, term := c.elected()
	c.write(leader, 50)
	c.awaitAcknowledged(40) // all of it after what was saved
	majority := slices.DeleteFunc(c.trial.system.Members(), func(m Member) bool { return m.ID() == leader })
	for c.restore(majority); ; c.killAll() {
		c.start(majority...)
		_, now := c.elected()
		if now == term { // two leaders
			break
		}
		if now > term { // an election took a term too many: again
			c.restore(majority)
		}
	}
	c.killAll()
	c.start(majority...)
	leader, _ = c.elected()
	c.write(leader, 1)
	c.conclude(results.RuleLeaders, results.RuleVotes, results.RuleTerm, results.RuleIncomplete, results.RuleRealTime)
}

// comeback is a trial whose members are killed, and come back on other data.
type comeback struct {
	*testing.T
	ctx   context.Context
	trial *trial
	saved string
	// startedNS is when members were started last.
	startedNS int64
}

func newComeback(t *testing.T) *comeback {
	t.Helper()
	job := Job{Setup: setups(t, quickly)[0], Kind: results.Measure, Trial: 1, Seed: 1}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	t.Cleanup(cancel)
	c := &comeback{T: t, ctx: ctx, trial: testRunner(t, quickly, nil).newTrial(job, 1), saved: t.TempDir()}
	c.must(c.trial.start(ctx))
	t.Cleanup(func() { _ = c.trial.stop(context.Background()) })
	return c
}

func (c *comeback) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

func (c *comeback) killAll() {
	c.Helper()
	for _, m := range living(c.trial.system) {
		_, err := m.Kill(c.ctx)
		c.must(err)
	}
}

func (c *comeback) data(m Member) string {
	return c.trial.system.(*ownCluster).cluster.Member(m.ID()).DataDir()
}

// save what all members hold.
func (c *comeback) save() {
	c.Helper()
	for _, m := range c.trial.system.Members() {
		c.must(os.CopyFS(filepath.Join(c.saved, m.ID()), os.DirFS(c.data(m))))
	}
}

// restore gives members what they held when it was saved.
func (c *comeback) restore(members []Member) {
	c.Helper()
	c.killAll()
	for _, m := range members {
		c.must(os.RemoveAll(c.data(m)))
		c.must(os.CopyFS(c.data(m), os.DirFS(filepath.Join(c.saved, m.ID()))))
	}
}

func (c *comeback) start(members ...Member) {
	c.Helper()
	c.startedNS = clock.Now()
	for _, m := range members {
		c.must(restart(c.ctx, m, c.trial.events))
	}
}

// elected is who leads since members were started last.
func (c *comeback) elected() (leader string, term uint64) {
	c.Helper()
	leader, err := c.trial.system.Leader(c.ctx)
	c.must(err)
	for _, e := range c.trial.events.all() {
		if e.Kind == results.EventRole && e.State == results.StateLeader && e.AtNS > c.startedNS && e.Node == leader {
			term = e.Term
		}
	}
	return leader, term
}

// write until so many are acknowledged by one member.
func (c *comeback) write(to string, least int64) {
	c.Helper()
	targets, err := targets(c.ctx, c.trial.system, targetLeader, to)
	c.must(err)
	gen := loadgen.New(targets, workload(c.trial.job.Setup, c.trial.audit.prefix, 1), c.trial.audit.observers()...)
	for n := int64(0); n < least; {
		rec, err := gen.Run(c.ctx, loadgen.Window{Name: "writes", Clients: 1, Duration: 100 * time.Millisecond, Timeout: 5 * time.Second})
		c.must(err)
		n += rec.Writes
	}
}

// awaitAcknowledged waits until a node tells that it acknowledged so much.
func (c *comeback) awaitAcknowledged(index uint64) {
	c.Helper()
	for !slices.ContainsFunc(c.trial.events.all(), func(e results.Event) bool { return e.Kind == results.EventAcked && e.Index >= index }) {
		if c.ctx.Err() != nil {
			c.Fatalf("no node tells that it acknowledged index %d", index)
		}
		time.Sleep(time.Millisecond)
	}
}

// conclude the trial, which must break these rules and no others.
func (c *comeback) conclude(rules ...string) {
	c.Helper()
	c.must(c.trial.conclude(c.ctx, c.trial.stop(c.ctx)))
	broken := map[string]results.Finding{}
	for _, f := range c.trial.record.Findings {
		broken[f.Rule] = f
		if !slices.Contains(rules, f.Rule) || f.Class != results.Safety {
			c.Errorf("found %+v, which is not so", f)
		}
	}
	for _, rule := range rules {
		if _, found := broken[rule]; !found {
			c.Errorf("%s was not found; found %+v", rule, broken)
		}
	}
	if c.trial.record.Valid {
		c.Error("the trial is valid")
	}
}

// A leader reports what it acknowledged twenty times a second; a record keeps the
// last report of each term.
func TestTheLastAcknowledgementOfAReignIsKept(t *testing.T) {
	events := &timeline{}
	told := func(node string, at int64, term, index uint64) {
		events.heard(node, control.Event{Kind: control.EventAcked, AtNS: at, Term: term, Index: index})
	}
	told("n1", 1, 2, 10)
	events.heard("n1", control.Event{Kind: control.EventRole, AtNS: 2, State: "Candidate", Term: 2})
	told("n1", 3, 2, 20)
	told("n2", 4, 3, 30)
	told("n1", 5, 3, 20)
	told("n1", 6, 2, 15) // overtaken on its way
	want := []results.Event{
		{AtNS: 2, Node: "n1", Kind: results.EventRole, State: results.StateCandidate, Term: 2},
		{AtNS: 3, Node: "n1", Kind: results.EventAcked, Term: 2, Index: 20},
		{AtNS: 4, Node: "n2", Kind: results.EventAcked, Term: 3, Index: 30},
		{AtNS: 5, Node: "n1", Kind: results.EventAcked, Term: 3, Index: 20},
	}
	if got := events.all(); !slices.Equal(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Where members come and go nobody knows from events how many make a majority.
func TestVotersOfAConfigurationThatChangesAreNotKnown(t *testing.T) {
	for action, want := range map[string]int{"kill": 3, "remove-node": 0, "remove-leader": 0, "add-node": 0} {
		setup := configs.Setup{Nodes: 3, Faults: []configs.TimedFault{{Action: "pause"}, {Action: action}}}
		if got := (&trial{job: Job{Setup: setup}}).voters(); got != want {
			t.Errorf("%s: %d voters, want %d", action, got, want)
		}
	}
}
