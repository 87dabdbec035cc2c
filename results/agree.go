package results

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// The trials of a run are held against each other, since what is told of a run
// rests on which of them belong together. What no writer writes is refused: a
// number, a block or a setup that stands twice would be dropped or mixed in
// silence.

// ledger is what of a run's trials was read, or written, so far.
type ledger struct {
	lines  map[trialKey]int
	blocks map[placeKey]trialKey
	cells  map[string]Trial // the first of each
}

// trialKey tells trials of one run apart.
type trialKey struct {
	cell           string
	trial, attempt int
}

// placeKey is one setup's place in a part of a block: one trial measures there.
type placeKey struct {
	cell         string
	block, group int
}

func keyOf(t Trial) trialKey { return trialKey{t.Cell, t.Trial, t.Attempt} }

func newLedger() *ledger {
	return &ledger{lines: map[trialKey]int{}, blocks: map[placeKey]trialKey{}, cells: map[string]Trial{}}
}

// add takes a trial that stands on a line, if it goes with those before.
func (l *ledger) add(t Trial, line int) error {
	if earlier, ok := l.lines[keyOf(t)]; ok {
		return fmt.Errorf("trial %d of %s, attempt %d, stands on line %d already", t.Trial, t.Cell, t.Attempt, earlier)
	}
	place := placeKey{t.Cell, t.Block, t.Group}
	if other, ok := l.blocks[place]; ok && t.Kind == Measure && other.trial != t.Trial {
		return fmt.Errorf("trial %d of %s is of block %d, and so is its trial %d on line %d: want one a block",
			t.Trial, t.Cell, t.Block, other.trial, l.lines[other])
	}
	if first, ok := l.cells[t.Cell]; !ok {
		l.cells[t.Cell] = t
	} else if err := sameSetup(first, t); err != nil {
		return err
	}
	if t.Kind == Measure {
		l.blocks[place] = keyOf(t)
	}
	l.lines[keyOf(t)] = line
	return nil
}

// sameSetup wants one name to mean one setup.
func sameSetup(first, t Trial) error {
	for _, f := range []struct {
		name      string
		got, want string
	}{
		{"engine", t.Engine, first.Engine}, {"profile", t.Profile, first.Profile},
		{"load", t.Load, first.Load}, {"limit", t.Limit, first.Limit},
	} {
		if f.got != f.want {
			return fmt.Errorf("trial %d of %s has %s %q, and its trial %d has %q: want one setup a name", t.Trial, t.Cell, f.name, f.got, first.Trial, f.want)
		}
	}
	if t.Nodes != first.Nodes {
		return fmt.Errorf("trial %d of %s is of %d nodes, and its trial %d of %d: want one setup a name", t.Trial, t.Cell, t.Nodes, first.Trial, first.Nodes)
	}
	if !maps.Equal(t.Params, first.Params) {
		return fmt.Errorf("trial %d of %s has params %v, and its trial %d has %v: want one setup a name", t.Trial, t.Cell, t.Params, first.Trial, first.Params)
	}
	return nil
}

// sideBySide wants trials that name each other as neighbours to have been so: each
// names the other, and they overlap in time. It is asked of the last attempts; what
// was interrupted may lack a neighbour.
func (r *Run) sideBySide() error {
	type part struct{ block, group int }
	at := map[part][]Trial{}
	for _, t := range r.Latest() {
		if t.Kind == Measure {
			at[part{t.Block, t.Group}] = append(at[part{t.Block, t.Group}], t)
		}
	}
	for _, trials := range at {
		for _, a := range trials {
			for _, b := range trials {
				if err := a.besides(b); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// besides holds what a says of b against what b says of itself.
func (t *Trial) besides(b Trial) error {
	if !slices.Contains(t.Beside, b.Cell) {
		return nil
	}
	if !slices.Contains(b.Beside, t.Cell) {
		return fmt.Errorf("trial %d of %s ran beside %s, and trial %d of %s of the same block does not name it: want each to name the other",
			t.Trial, t.Cell, b.Cell, b.Trial, b.Cell)
	}
	if t.StartedAt.IsZero() || b.StartedAt.IsZero() || t.TookNS == 0 {
		return nil
	}
	if end := t.StartedAt.Add(time.Duration(t.TookNS)); b.StartedAt.After(end) {
		return fmt.Errorf("trial %d of %s ended at %s, and trial %d of %s, which is to have run beside it, began at %s: want them to overlap",
			t.Trial, t.Cell, end.Format(time.RFC3339), b.Trial, b.Cell, b.StartedAt.Format(time.RFC3339))
	}
	return nil
}

// agree holds what the record says in two places against each other.
func (t *Trial) agree(r *ranges) {
	if size := cellSize.FindStringSubmatch(t.Cell); size != nil && size[1] != strconv.Itoa(t.Nodes) {
		r.fail("cell %s of %d nodes: want %s, or another cell's name", t.Cell, t.Nodes, size[1])
	}
	t.agreeOnBeside(r)
	t.agreeOnDead(r)
	t.agreeOnFaults(r)
	t.agreeOnEvents(r)
	t.agreeOnProof(r)
	t.agreeOnAudit(r)
	t.agreeOnTested(r)
	if t.Valid && t.Kind == Measure && len(t.Windows) == 0 {
		r.fail("a valid measuring trial without a window: want what it measured")
	}
}

// cellSize is the size in the name of a cell of a run's own.
var cellSize = regexp.MustCompile(`^n([0-9]+)(-|$)`)

func (t *Trial) agreeOnBeside(r *ranges) {
	for i, cell := range t.Beside {
		switch {
		case cell == t.Cell:
			r.fail("beside names %s itself: want other cells", cell)
		case slices.Contains(t.Beside[:i], cell):
			r.fail("beside names %.200q twice: want each cell once", cell)
		}
	}
}

// agreeOnDead wants a cluster that can still commit, and the dead that were asked
// for where the trial's figures count.
func (t *Trial) agreeOnDead(r *ranges) {
	for i, node := range t.Dead {
		switch {
		case slices.Contains(t.Dead[:i], node):
			r.fail("dead names %.40q twice: want each member once", node)
		case node == t.Leader:
			r.fail("dead names the leader %.40q: want followers", node)
		}
	}
	tolerates := (t.Nodes - 1) / 2
	if n := len(t.Dead); n > 0 && (t.Kind != Measure || n > tolerates) {
		r.fail("%d dead before the load of a trial of kind %q: want at most the %d that %d nodes tolerate, in one of kind %q", n, t.Kind, tolerates, t.Nodes, Measure)
	}
	if asked := t.setting(settingDead); t.Valid && t.Kind == Measure && asked != "" && asked != strconv.Itoa(len(t.Dead)) {
		r.fail("a valid trial with %d dead, where %.40q were asked for: want as many", len(t.Dead), asked)
	}
}

// settingDead is the path of how many followers were to be dead.
const settingDead = "dead"

// agreeOnProof wants evidence for what a proof claims.
func (t *Trial) agreeOnProof(r *ranges) {
	p := t.Proof
	if p == nil {
		return
	}
	switch killed := len(p.Killed); {
	case t.Kind != Proof:
		r.fail("a measuring trial with a proof: want kind %q", Proof)
	case killed > t.Nodes:
		r.fail("%d killed of %d nodes: want at most all", killed, t.Nodes)
	case p.Survived > killed || p.BlockedAt > killed:
		r.fail("survived %d and blocked at %d with %d killed: want at least as many kills", p.Survived, p.BlockedAt, killed)
	case p.Acked == 0 && (p.Survived > 0 || p.Recovered):
		r.fail("a proof of writes that went on, with 0 acknowledged: want some")
	case t.Audit != nil && t.Audit.Acked < p.Acked:
		r.fail("an audit of %d acknowledged writes, where the proof's load had %d: want at least as many", t.Audit.Acked, p.Acked)
	case len(p.Disks) > t.Nodes:
		r.fail("disks of %d members, want at most %d", len(p.Disks), t.Nodes)
	}
	t.areMembers(r, "the killed of a proof", p.Killed)
	if p.Leader != "" {
		t.areMembers(r, "the killed leader of a proof", []string{p.Leader})
	}
	t.agreeOnZones(r, p.Zones)
	for i, d := range p.Disks {
		switch {
		case slices.ContainsFunc(p.Disks[:i], func(e Disk) bool { return e.Node == d.Node }):
			r.fail("the disk of %.40q stands twice: want each member's once", d.Node)
		case d.Found < d.Durable && !t.Has(Safety):
			r.fail("the disk of %.40q held a log up to index %d, where %d was durable, and no finding says so: want a finding of class %q",
				d.Node, d.Found, d.Durable, Safety)
		}
	}
}

// The answers of a search for linearizability.
const (
	Linearizable       = "ok"
	NotLinearizable    = "violated"
	LinearizableUnsure = "unknown" // not decided in time
)

func (t *Trial) agreeOnAudit(r *ranges) {
	a := t.Audit
	if a == nil {
		return
	}
	switch a.Linearizable {
	case "", Linearizable, LinearizableUnsure:
	case NotLinearizable:
		if !t.Has(Safety) {
			r.fail("linearizable %q and no finding: want one of class %q", a.Linearizable, Safety)
		}
	default:
		r.fail("linearizable %.40q: want %q, %q or %q, or none", a.Linearizable, Linearizable, NotLinearizable, LinearizableUnsure)
	}
	if t.Kind != Measure {
		return
	}
	var writes int64
	for i := range t.Windows {
		writes += t.Windows[i].Writes
	}
	if a.Acked < writes {
		r.fail("an audit of %d acknowledged writes, where the windows completed %d: want at least as many", a.Acked, writes)
	}
}
