package bench

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/raftbench/raftbench/check"
	"github.com/raftbench/raftbench/clock"
	"github.com/raftbench/raftbench/cluster"
	"github.com/raftbench/raftbench/configs"
	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// A safety trial has clients read and write a few keys, as one writer of a history
// that holds all they did and were told, while a nemesis does faults. Then all is
// healed: everybody has to answer again, and every replica to hold the same. What
// each holds ends the history, and a judge looks for an order that explains all of it.
//
// Safety and liveness are never mixed up. While faults stand nothing has to work: a
// cluster that is cut into parts may lawfully have no leader. What does not work when
// everything is healed is a matter of liveness, whatever the history says.
type safety struct {
	*trial
	nemesis *nemesis
	file    *history.Writer
	ids     atomic.Int64
	acked   atomic.Int64 // the highest revision of an acknowledged write
	keys    []string
	result  *results.Tested
}

// historyFile is the history's name in a trial's folder, and pageFile that of
// porcupine's drawing of what was violated, as raftbench judge names it, too.
const (
	historyFile = "history.jsonl"
	pageFile    = "history.jsonl.html"
	// unjudgedFile is the name of an earlier attempt's history that nobody could judge.
	unjudgedFile = "history-unjudged-%d.jsonl"
)

// judgeBound is how long the search for an order may take, all keys together.
const judgeBound = 20 * time.Second

// test runs a safety trial on a booted system.
func (t *trial) test(ctx context.Context) (err error) {
	if len(t.system.Members()) == 0 {
		return errors.New("safety: got a cluster that is not raftbench's own, want one whose members may be harmed")
	}
	s := &safety{trial: t, result: &results.Tested{Operations: []results.OperationCount{}}}
	t.record.Tested = s.result
	if s.nemesis = newNemesis(t.job.Setup, t.system, t.events, t.record); len(t.job.Setup.Nemesis.Actions) > 0 {
		s.result.Nemesis = configs.NemesisVersion
	}
	for i := range t.job.Setup.Safety.Keys {
		s.keys = append(s.keys, fmt.Sprintf("%sk%d", t.audit.prefix, i))
	}
	path := filepath.Join(t.folder(), historyFile)
	if violated, err := s.earlier(path); violated || err != nil {
		return err
	}
	if s.file, err = history.Create(path, s.header()); err != nil {
		return err
	}
	err = s.provoke(ctx)
	err = cmp.Or(err, s.settle(ctx))
	s.count()
	err = errors.Join(err, s.file.Close())
	if ctx.Err() != nil || hostFault(err) != nil {
		return err // it is judged when the run is gone on with: see earlier
	}
	if deadDisk(errors.Join(err, s.system.Health())) != nil {
		return errors.Join(err, s.judgeVoid(path))
	}
	t.tell(StageJudging)
	return errors.Join(err, s.judge(path))
}

func (s *safety) header() history.Header {
	sum := sha256.Sum256(s.runner.Plan.YAML)
	return history.Header{
		Version: history.Version, Seed: s.job.Seed, Setup: s.job.Setup.Cell, Experiment: hex.EncodeToString(sum[:]),
		Nodes: s.job.Setup.Nodes, Prefix: s.audit.prefix, Alone: true, // the cluster is the trial's own
	}
}

// folder of the trial.
func (t *trial) folder() string { return t.runner.Writer.TrialDir(t.job.Setup.Cell, t.job.Trial) }

// provoke has the clients and the nemesis at work until the load's time is over.
func (s *safety) provoke(ctx context.Context) error {
	s.tell(StageTesting)
	load := s.job.Setup.Safety
	working, stop := context.WithTimeout(ctx, load.Duration)
	defer stop()
	errs := make([]error, load.Clients+1)
	var all sync.WaitGroup
	for i := range load.Clients {
		all.Go(func() {
			errs[i] = s.client(i, i).run(working)
			if errs[i] != nil {
				stop()
			}
		})
	}
	all.Go(func() {
		errs[load.Clients] = s.nemesis.follow(ctx, working)
		if errs[load.Clients] != nil {
			stop()
		}
	})
	all.Wait()
	return cmp.Or(ctx.Err(), errors.Join(errs...))
}

// client makes the client with this number, of the member with that one.
func (s *safety) client(id, at int) *tester {
	server := func() Server {
		all := s.system.Servers()
		return all[at%len(all)]
	}
	load := s.job.Setup.Safety
	c := newTester(id+1, s.job.Seed, s.keys, server)
	c.rec, c.ids, c.acked = s.file, &s.ids, &s.acked
	c.pause = time.Duration(float64(load.Clients) / load.Rate * float64(time.Second))
	c.timeout = s.job.Setup.Workload.Timeout
	return c
}

// settle heals the cluster and has it answer at every member, agree, and tell what it
// holds. What does not come about then is a finding on liveness, and no error.
func (s *safety) settle(ctx context.Context) error {
	s.tell(StageHealing)
	err := s.nemesis.heal(ctx)
	defer s.nemesis.keep()
	if err := s.deaths(ctx); err != nil {
		return err
	}
	if err != nil {
		return fmt.Errorf("heal: %w", err)
	}
	if s.record.found(results.Safety) {
		return nil // somebody's data is gone: that nobody leads them would be no news
	}
	// Whoever died unasked is started again: what the replicas hold is read all the same.
	led, err := s.elect(ctx)
	if err == nil && !s.record.found(results.Liveness) {
		err = s.deaths(ctx) // of those that were dying when all were healed
	}
	if err != nil || !led {
		return err
	}
	s.answers(ctx)
	s.tell(StageAuditing)
	return cmp.Or(ctx.Err(), s.agree(ctx))
}

// deaths are members that ended unasked: a finding, unless the host did it, or an
// emulated disk that died, or whoever interrupts the run: a second Ctrl-C kills all nodes.
func (s *safety) deaths(ctx context.Context) error {
	err := s.system.Health()
	if fault := hostFault(err); fault != nil {
		return fault
	}
	if void := cmp.Or(ctx.Err(), deadDisk(err)); void != nil {
		return void
	}
	if death := (*cluster.DeathError)(nil); errors.As(err, &death) {
		s.record.find(results.Finding{Class: results.Liveness, Rule: results.RuleDied, Node: death.ID,
			Got: death.How, Want: "a process that runs until it is told to end", Log: death.Tail})
	}
	return nil
}

// elect waits for a leader that all agree on, and has those started again who died
// meanwhile, and those admitted whom a fault took out of the configuration. Where there is
// none in time, that is a finding.
func (s *safety) elect(ctx context.Context) (led bool, err error) {
	patience := recoveryBound(s.job.Setup.Raft)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		err := restartAll(waiting, s.system, s.events, s.record)
		if s.record.found(results.Safety) {
			return false, ctx.Err() // of data that cannot be opened
		}
		if err == nil {
			err = s.nemesis.admitAll(waiting) // who is out of it follows nobody
		}
		if err == nil {
			_, err = s.system.Leader(waiting)
		}
		if err == nil || ctx.Err() != nil {
			return err == nil, ctx.Err()
		}
		select {
		case <-time.After(electPause):
			continue
		case <-waiting.Done():
		}
		return false, s.leaderless(ctx, patience, err)
	}
}

// electPause is how soon it is tried again to have all follow one leader, where whoever
// was asked had just lost its place.
const electPause = 50 * time.Millisecond

// leaderless is the finding on a cluster that is healed and follows nobody.
func (s *safety) leaderless(ctx context.Context, patience time.Duration, err error) error {
	if lost := s.forgotten(ctx); lost != nil {
		s.record.find(*lost) // that nobody leads those who forgot is no news
		return nil
	}
	s.record.find(stuck(ctx, s.system, fmt.Sprintf("within %v after all was healed: %v", patience, err), "a leader whom all members follow"))
	return ctx.Err()
}

// forgotten is the finding on acknowledged writes that no member's log reaches; nil
// where one's does, or not all could be asked. Every write that was acknowledged took an
// entry of its own, and revisions begin at 1, so that the log was at least one entry
// shorter than the highest of their revisions.
func (s *safety) forgotten(ctx context.Context) *results.Finding {
	ctx, cancel := context.WithTimeout(ctx, connectBound)
	defer cancel()
	last, acked := uint64(0), s.acked.Load()
	for _, m := range s.system.Members() {
		now, err := m.Counters(ctx)
		if err != nil {
			return nil
		}
		last = max(last, now.LastIndex)
	}
	if acked == 0 || last >= uint64(acked-1) {
		return nil
	}
	return &results.Finding{Class: results.Safety, Rule: results.RuleLost,
		Got:  fmt.Sprintf("logs of up to index %d when all members were started again", last),
		Want: fmt.Sprintf("one of %d entries at least: a write was acknowledged at revision %d", acked-1, acked)}
}

// answers has a write acknowledged at every member.
func (s *safety) answers(ctx context.Context) {
	servers := s.system.Servers()
	var all sync.WaitGroup
	for i := range servers {
		all.Go(func() { s.answer(ctx, i) })
	}
	all.Wait()
}

func (s *safety) answer(ctx context.Context, at int) {
	c := s.client(s.job.Setup.Safety.Clients+at, at)
	defer c.hangUp()
	patience := recoveryBound(s.job.Setup.Raft)
	last := ""
	for until := time.Now().Add(patience); time.Now().Before(until) && ctx.Err() == nil; {
		err := c.reach(ctx)
		if err == nil {
			var got history.Return
			got, err = c.do(ctx, history.Call{Kind: history.Put, Writes: c.put(c.key())})
			if err == nil && got.Outcome == history.OK {
				return
			}
			last = cmp.Or(got.Err, last)
		}
		if err != nil {
			last = err.Error()
		}
		select {
		case <-ctx.Done():
		case <-time.After(afterFailure):
		}
	}
	if ctx.Err() == nil {
		id := c.server().ID
		f := stuck(ctx, s.system, fmt.Sprintf("no write acknowledged at %s within %v after all was healed: %s", id, patience, last), "one: every member is alive and reached")
		f.Node = id
		s.record.find(f)
	}
}

// nobodys is a prefix of keys that no trial writes: an audit of it holds no key against
// anything, and replicas against each other.
const nobodys = "\x01nobody's/"

// agree waits until all replicas have applied the same and their hashes are equal, and
// adds what each holds to the history.
func (s *safety) agree(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, connectBound+check.Longest+readingBound)
	defer cancel()
	var open connections
	defer open.close()
	replicas := s.audit.replicas(bounded, &open, s.system)
	ledger := check.NewLedger(nobodys)
	ledger.Told(s.acked.Load())
	report, err := ledger.Audit(bounded, replicas, s.audit.patience)
	s.record.find(withLogs(s.system, report.Findings)...)
	s.record.Audit = &results.Audit{Nodes: len(replicas), Revision: report.Revision}
	if err != nil {
		return err
	}
	behind := map[string]bool{}
	for _, f := range report.Findings {
		behind[f.Node] = behind[f.Node] || f.Rule == results.RuleApplied
	}
	var errs []error
	for i, server := range s.system.Servers() {
		errs = append(errs, s.scan(bounded, &open, i, server, behind[server.ID]))
	}
	return errors.Join(errs...)
}

// scan adds all that a replica holds to the history. One that is behind is no error
// here: that it is has been told.
func (s *safety) scan(ctx context.Context, open *connections, at int, server Server, behind bool) error {
	conn, err := open.open(ctx, server.ID, server.Address, nil)
	if err != nil {
		if behind {
			return nil
		}
		return err
	}
	call := history.Call{
		ID: s.ids.Add(1), Client: 1 + s.job.Setup.Safety.Clients + s.job.Setup.Nodes + at, Node: server.ID, AtNS: clock.Now(),
		Kind: history.Scan, Serializable: behind,
	}
	if err := s.file.Call(call); err != nil {
		return err
	}
	all, revision, err := conn.All(ctx, s.audit.prefix)
	if err != nil {
		return err
	}
	return s.file.Return(history.Return{ID: call.ID, AtNS: clock.Now(), Outcome: history.OK, Revision: revision, Read: asRead(all...)})
}

// count what was done, and tell what was to be and was not.
func (s *safety) count() {
	r := s.result
	r.Faults = map[string]int{}
	for _, f := range s.record.Faults {
		switch {
		case f.Undone():
			r.NotDone++
		case f.Failed != "":
			r.FaultsFailed++
		default:
			r.Faults[f.Action]++
		}
	}
	holds := map[string]bool{} // a snapshot, by node
	for _, e := range s.events.all() {
		switch e.Kind {
		case results.EventSnapshot:
			r.Snapshots++
			holds[e.Node] = true
		case results.EventInstall:
			r.Installs++
			holds[e.Node] = true
		case results.EventRestart:
			if r.Restarts++; holds[e.Node] {
				r.Restores++
			}
			s.compare(e)
		}
	}
	var missing []string
	for _, forced := range []struct {
		what string
		n    int
	}{{"snapshots", r.Snapshots}, {"installs", r.Installs}, {"restores", r.Restores}} {
		if forced.n == 0 {
			missing = append(missing, forced.what)
		}
	}
	if len(missing) > 0 {
		s.record.remark(results.Remark{Code: results.CodeUnforced, Severity: results.Note, Detail: strings.Join(missing, ", ")})
	}
}

// compare holds what a restarted member's disk held against what it had reported
// durable.
func (s *safety) compare(restart results.Event) {
	if restart.Durable > restart.Index {
		s.record.find(results.Finding{Class: results.Safety, Rule: results.RuleDisk, Node: restart.Node,
			Got:  fmt.Sprintf("a log up to index %d after its restart", restart.Index),
			Want: fmt.Sprintf("at least index %d, which it had reported durable", restart.Durable)})
	}
}

// tidy removes what a trial in which nothing was found wrote, unless it is to be kept,
// and puts on record where the rest is.
func (t *trial) tidy() error {
	r := t.record.Tested
	if r == nil {
		return nil
	}
	if t.record.Valid && !t.runner.Plan.KeepHistories {
		return t.clear(r.UnjudgedAttempts)
	}
	for _, file := range []struct {
		name string
		to   *string
	}{{historyFile, &r.History}, {pageFile, &r.Page}} {
		if _, err := os.Stat(filepath.Join(t.folder(), file.name)); err == nil {
			*file.to = filepath.Join(results.TrialsDir, filepath.Base(t.folder()), file.name)
		}
	}
	return nil
}

// clear removes the trial's folder, but for these files, given by their paths in the
// run's.
func (t *trial) clear(but []string) error {
	if len(but) == 0 {
		return os.RemoveAll(t.folder())
	}
	entries, err := os.ReadDir(t.folder())
	errs := []error{err}
	for _, e := range entries {
		if !slices.ContainsFunc(but, func(kept string) bool { return filepath.Base(kept) == e.Name() }) {
			errs = append(errs, os.RemoveAll(filepath.Join(t.folder(), e.Name())))
		}
	}
	return errors.Join(errs...)
}
