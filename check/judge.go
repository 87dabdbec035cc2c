package check

import (
	"io"
	"math/rand/v2"
	"time"

	"github.com/raftbench/raftbench/history"
)

// Verdict is the judgement of a whole history.
type Verdict struct {
	// Answer is Holds if an order of all operations was found that explains every
	// answer and respects real time; Violated if there can be none, or an answer has
	// not the form of one; Undecided if
	// neither was shown, or no operation was answered: any order explains nothing.
	Answer Answer `json:"answer"`
	// Findings are the first 100 of Objections. Each alone proves the violation.
	Findings   []Finding `json:"findings"`
	Objections int64     `json:"objections"`
	// UndecidedKeys are those for which neither was shown.
	UndecidedKeys []string `json:"undecided_keys,omitempty"`

	Keys    int `json:"keys"`
	Clients int `json:"clients"`
	// Operations by kind and outcome, in the order in which history lists the
	// kinds; those that do not occur are left out.
	Operations []Count `json:"operations"`
	// Revision is the highest that anybody was told.
	Revision int64 `json:"revision"`
	// TookEffect counts the operations of unknown outcome that are known to have
	// taken effect, by what others read.
	TookEffect int `json:"took_effect"`
	// Staleness of the serializable reads.
	Staleness Staleness `json:"staleness"`

	page *page
}

// Count of a kind's operations by their outcome.
type Count struct {
	Kind     history.Kind `json:"kind"`
	OK       int          `json:"ok"`
	Rejected int          `json:"rejected"`
	Unknown  int          `json:"unknown"`
}

// Judge looks for an order of a history's operations that explains every answer
// and respects real time: the history is linearizable if there is one (Herlihy
// and Wing, "Linearizability", 1990), as a whole and not key by key, so that a
// transaction takes effect on all its keys at once or on none.
//
// What makes this quick is that each answer names the store's revision. Where the
// outcome of every write is known, the revisions leave one order only, and to
// judge is to replay it:
//
//  1. Real time: the revision of a linearizable read is at least the highest that
//     anybody had been told before it was sent, that of a write above it, and no
//     two writes share one. Some order respects real time if and only if this
//     order does.
//  2. Replay: each answer holds what the writes up to its revision have left.
//     Serializable reads are held to this, too: they may be old, never wrong.
//
// Writes of unknown outcome make it harder. A value is written once, so one that
// was read names its write, and with it the revision at which the write took
// effect on all its keys. An unknown write that nobody read matters only where a
// key changed and no known write changed it: a key is gone, or a compare failed
// that should have held. Each such change needs a write that can have made it, at
// a revision that is not another's and is above all that was known when the write
// was sent. If there is none, that is a violation. If there is one it is put
// there, and in the end the whole order is replayed once more, from nothing, by
// code that knows only what a store does. Only where that replay explains every
// answer does the history hold. So neither answer rests on a search that was cut
// short: a violation is a contradiction that no order avoids, and "holds" has an
// order to show for it.
//
// Where the history's clients were alone, each revision is an operation's, too. The
// order must say which, and all ways to say it are tried while there is time.
//
// An answer has first of all to have the form of one; what has not is a violation,
// and nothing else is concluded from it.
//
// Where there is neither, porcupine searches for an order of the answers on the
// keys in question, for at most what is left of within. A key without one is a
// violation; all else leaves the history Undecided.
func Judge(h *history.History, within time.Duration) Verdict {
	j := judged(h, within)
	return j.verdict(j.pace.deadline)
}

func judged(h *history.History, within time.Duration) *judging {
	deadline := time.Now().Add(within)
	j := newJudging(h, deadline)
	j.malformed(h.Prefix)
	j.realTime()
	j.identify()
	j.replicas()
	j.timelines()
	j.counts()
	j.refute()
	if j.findings.total == 0 {
		j.explain()
		j.search(deadline)
	}
	return j
}

// Visualize writes porcupine's picture of the operations around the first
// violation as a page of HTML. Without a violation, or where porcupine sees none
// among the operations on one key alone, it writes nothing.
func (v Verdict) Visualize(w io.Writer) error {
	if v.page == nil {
		return nil
	}
	return v.page.write(w)
}

// Pictured tells that Visualize has something to write.
func (v Verdict) Pictured() bool { return v.page != nil }

// judging of one history. Operations and keys are numbered from 0.
type judging struct {
	ops []history.Operation
	// recorded are the operations as they were recorded; of ops, those whose answer
	// had not the form of one have no known outcome.
	recorded []history.Operation
	// alone is the header's.
	alone bool
	pace  pace

	// floors hold, for each operation, the highest revision that anybody had been
	// told before it was sent, and tellers who had: an operation, or none.
	floors  []int64
	tellers []int

	names   []string       // of keys
	numbers map[string]int // of keys
	writers map[string]int // which operation writes a value
	// took holds, for each operation, the revision at which it is known to have
	// taken effect, or 0; at is the other way round.
	took []int64
	at   map[int64]int
	// denied are reads that were objected to: nothing is concluded from them.
	denied map[reading]bool

	keys      []*timeline
	either    []int // failed transactions of several compares
	needs     []*need
	placed    map[int64]int // unknown operations whose place is assumed, by revision
	used      map[int]bool  // those operations
	draw      *rand.Rand    // nil: places are not drawn but taken as they come
	taken     runs          // the revisions of at
	doubts    []doubt
	witnessed bool // an order was found that explains everything
	findings  findings
	culprit   *culprit // of the first finding
}

// none stands where there is no operation.
const none = -1

// reading is one key that one operation read.
type reading struct{ op, index int }

// doubt is a place where neither an order nor a contradiction was found: what
// some operation was told of a key between two revisions.
type doubt struct {
	key    int
	lo, hi int64
}

// culprit is what a finding is about.
type culprit struct {
	key     int // none: all keys
	op      int
	against int // the operation that it contradicts, or none
}

func newJudging(h *history.History, deadline time.Time) *judging {
	j := &judging{
		ops: h.Operations, recorded: h.Operations, alone: h.Alone, pace: pace{deadline: deadline},
		numbers: make(map[string]int), writers: make(map[string]int),
		took: make([]int64, len(h.Operations)), at: make(map[int64]int),
		denied: make(map[reading]bool), placed: make(map[int64]int), used: make(map[int]bool),
	}
	for i := range j.ops {
		o := &j.ops[i]
		for _, c := range o.Compares {
			j.key(c.Key)
		}
		for _, k := range o.Reads {
			j.key(k)
		}
		for _, w := range o.Writes {
			j.key(w.Key)
			if !w.Delete {
				j.writers[w.Value] = i
			}
		}
	}
	return j
}

// key numbers a key.
func (j *judging) key(name string) {
	if _, known := j.numbers[name]; !known {
		j.numbers[name] = len(j.names)
		j.names = append(j.names, name)
		j.keys = append(j.keys, &timeline{})
	}
}

// object to operation op, for what it was told of a key (or none), in
// contradiction to another operation (or none). Both are named, so that they are
// found in the file.
func (j *judging) object(rule string, key, op, against int, got, want string) {
	if j.culprit == nil {
		j.culprit = &culprit{key, op, against}
	}
	got += sprintf(", operation %d", j.ops[op].ID)
	if against != none {
		want += sprintf(", by operation %d", j.ops[against].ID)
	}
	node, name := "", ""
	if j.ops[op].Kind == history.Scan {
		node = j.ops[op].Node
	}
	if key != none {
		name = j.names[key]
	}
	j.findings.add(broken(rule, node, name, got, want))
}

// seenAt is the revision whose state an answered operation saw, before it changed
// anything.
func seenAt(o *history.Operation) int64 {
	if o.Changed() {
		return o.Return.Revision - 1
	}
	return o.Return.Revision
}

// verdict sums up.
func (j *judging) verdict(deadline time.Time) Verdict {
	v := Verdict{
		Answer: Holds, Findings: append([]Finding{}, j.findings.first...), Objections: j.findings.total,
		Keys: len(j.names), Staleness: j.staleness(),
	}
	v.count(j)
	switch {
	case j.findings.total > 0:
		v.Answer = Violated
		v.page = j.picture(deadline)
	case !j.witnessed:
		v.Answer, v.UndecidedKeys = Undecided, j.doubtful()
	case v.Answered() == 0:
		v.Answer = Undecided
	}
	return v
}

// Answered counts the operations whose clients were told that they took effect.
func (v Verdict) Answered() (n int) {
	for _, c := range v.Operations {
		n += c.OK
	}
	return n
}

func (v *Verdict) count(j *judging) {
	clients := make(map[int]bool)
	kinds := []history.Kind{history.Put, history.Get, history.CAS, history.Delete, history.Txn, history.Scan}
	counts := make(map[history.Kind]*Count)
	for _, k := range kinds {
		counts[k] = &Count{Kind: k}
	}
	for i := range j.recorded {
		o := &j.recorded[i]
		clients[o.Client] = true
		switch c := counts[o.Kind]; o.Outcome() {
		case history.OK:
			c.OK++
			v.Revision = max(v.Revision, o.Return.Revision)
		case history.Rejected:
			c.Rejected++
		default:
			c.Unknown++
			if j.took[i] > 0 {
				v.TookEffect++
			}
		}
	}
	v.Clients = len(clients)
	for _, k := range kinds {
		if c := *counts[k]; c.OK+c.Rejected+c.Unknown > 0 {
			v.Operations = append(v.Operations, c)
		}
	}
}
