package metamorphic

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/history"
)

// endpoint carries out calls.
type endpoint interface {
	// do puts a call to a node, once. The return's outcome says what became of it.
	do(ctx context.Context, node int, call history.Call) history.Return
}

// answer is what an operation came to, without revisions.
type answer struct {
	// told is false where the answer was lost, and only the effect is known.
	told      bool
	succeeded bool
	read      []string // values; empty: there is no such key
}

func (a answer) String() string {
	return fmt.Sprintf("succeeded %v, read %q", a.succeeded, a.read)
}

// errUndecided tells that nobody can say what an unguarded operation did. Nothing is
// wrong with the cluster then, and nothing is shown either.
var errUndecided = errors.New("an operation of a setup without faults came to no certain end")

// player is one client. It does its operations one after the other, and begins none
// before it knows what became of the last.
//
// Unguarded, it puts each operation to the store as it is. An answer that does not come
// then ends the play.
//
// Guarded, each write is a transaction that also compares the client's turn, a key of
// its own that each of its writes puts, with the turn that it knows, and is done only
// if that holds. So whatever becomes of an operation, and whenever, it takes effect
// once at most, and never after a later one did. Where an answer does not come, the
// player reads the turn (linearizable): if it has moved, the write took effect. If not,
// the write has not, and may still, as a message on its way; so the player puts another
// call for the same operation, with values of its own, behind the same turn: one of the
// two can take effect, no matter which. (A compare of the written key alone would not
// do: a key that was deleted is again as it was before it was written.)
type player struct {
	client  int
	at      endpoint
	guarded bool

	known map[string]int64 // mod revisions of what there is
	turn  int64            // the turn's
	// elsewhere moves on to the next node when one has not answered.
	elsewhere int
	// before, where it is set, is called before each operation.
	before func(ctx context.Context, i int) error

	answers []answer
}

func newPlayer(client int, at endpoint, guarded bool) *player {
	return &player{client: client, at: at, guarded: guarded, known: map[string]int64{}}
}

func (p *player) play(ctx context.Context, ops []operation) error {
	for i, o := range ops {
		if p.before != nil {
			if err := p.before(ctx, i); err != nil {
				return err
			}
		}
		a, err := p.settle(ctx, o)
		if err != nil {
			return fmt.Errorf("operation %d of client %d (%s): %w", i, p.client, o.kind, err)
		}
		p.answers = append(p.answers, a)
	}
	return nil
}

// settle puts calls until it is known what the operation came to.
func (p *player) settle(ctx context.Context, o operation) (answer, error) {
	for attempt := 1; ctx.Err() == nil; attempt++ {
		call := p.call(o, attempt)
		ret := p.at.do(ctx, o.at+p.elsewhere, call)
		switch {
		case ret.Outcome == history.OK && p.guarded && o.writing() && !ret.Succeeded && p.moved(call, ret):
			return p.lost(o, modOf(ret, call, p.turnKey())), nil
		case ret.Outcome == history.OK:
			return p.learn(o, call, ret), nil
		}
		p.elsewhere++
		if ret.Outcome == history.Rejected || !o.writing() {
			continue // nothing was done, or there is nothing to do
		}
		if !p.guarded {
			return answer{}, fmt.Errorf("%w: %s", errUndecided, ret.Err)
		}
		turn, err := p.readTurn(ctx)
		if err != nil {
			return answer{}, err
		}
		if turn != p.turn {
			return p.lost(o, turn), nil
		}
	}
	return answer{}, fmt.Errorf("no certain end in time: %w", context.Cause(ctx))
}

func (p *player) turnKey() string { return turnOf(p.client) }

// readTurn asks until somebody answers.
func (p *player) readTurn(ctx context.Context) (int64, error) {
	call := history.Call{Client: p.client, Kind: history.Get, Reads: []string{p.turnKey()}}
	for ctx.Err() == nil {
		if ret := p.at.do(ctx, p.elsewhere, call); ret.Outcome == history.OK {
			return modOf(ret, call, p.turnKey()), nil
		}
		p.elsewhere++
	}
	return 0, fmt.Errorf("no answer to a read in time: %w", context.Cause(ctx))
}

// moved tells that it was the turn for which the compares of a call did not hold.
func (p *player) moved(call history.Call, ret history.Return) bool {
	return modOf(ret, call, p.turnKey()) != p.turn
}

// modOf is a key's mod revision as a call read it.
func modOf(ret history.Return, call history.Call, key string) int64 {
	for i, read := range call.Reads {
		if read == key && i < len(ret.Read) {
			return ret.Read[i].ModRevision
		}
	}
	return 0
}

// call is an attempt at an operation. No two attempts write the same value, nor do two
// keys of one.
func (p *player) call(o operation, attempt int) history.Call {
	call := history.Call{Client: p.client, Kind: o.kind, Reads: o.reads}
	put := func(key string) {
		value := fmt.Sprintf("%s@%s", o.value, key)
		if attempt > 1 {
			value = fmt.Sprintf("%s#%d", value, attempt)
		}
		call.Writes = append(call.Writes, history.Write{Key: key, Value: value})
	}
	for _, key := range o.puts {
		put(key)
	}
	for _, key := range o.deletes {
		call.Writes = append(call.Writes, history.Write{Key: key, Delete: true})
	}
	for _, c := range o.compares {
		call.Compares = append(call.Compares, history.Compare{Key: c.key, ModRevision: p.expected(c)})
	}
	if !p.guarded || !o.writing() {
		return call
	}
	call.Kind = history.Txn
	call.Compares = append(call.Compares, history.Compare{Key: p.turnKey(), ModRevision: p.turn})
	put(p.turnKey())
	// What a delete deletes is read, since a transaction does not tell.
	if o.kind == history.Delete {
		call.Reads = o.deletes
	}
	call.Reads = append(append([]string(nil), call.Reads...), p.turnKey())
	return call
}

// expected is the key's mod revision, or one that it never has again. The first
// revision of a store, 1, is no key's.
func (p *player) expected(c compare) int64 {
	known := p.known[c.key]
	if c.stale {
		return max(known-1, 1)
	}
	return known
}

// learn takes an answer.
func (p *player) learn(o operation, call history.Call, ret history.Return) answer {
	a := answer{told: true, succeeded: ret.Succeeded}
	for i := range o.reads {
		if i < len(ret.Read) {
			a.read = append(a.read, logical(ret.Read[i].Value))
		}
	}
	if o.kind == history.Delete && p.guarded {
		a.succeeded = modOf(ret, call, o.deletes[0]) != 0
	}
	if ret.Succeeded {
		p.wrote(o, ret.Revision)
	}
	return a
}

// lost is an operation that took effect, at this revision, and was not answered.
func (p *player) lost(o operation, revision int64) answer {
	p.wrote(o, revision)
	return answer{}
}

// wrote keeps what the operation has left at a revision.
func (p *player) wrote(o operation, revision int64) {
	for _, key := range o.puts {
		p.known[key] = revision
	}
	for _, key := range o.deletes {
		delete(p.known, key)
	}
	if p.guarded {
		p.turn = revision
	}
}

// logical is a value without the number of the attempt that wrote it.
func logical(value string) string {
	value, _, _ = strings.Cut(value, "#")
	return value
}
