package metamorphic

import (
	"fmt"
	"math/rand/v2"

	"github.com/raftbench/raftbench/history"
)

// operation is what a client is to do, in terms that mean the same in every setup: it
// names no revisions, which depend on how an operation is put to the store, and no
// node, of which there may be one or five.
type operation struct {
	kind history.Kind
	// reads and writes are of keys; value is what is put to each of the writes.
	reads, puts, deletes []string
	value                string
	compares             []compare
	// at draws the node that is asked: its remainder by their number.
	at int
}

// compare is of the key's mod revision with the one that it has, as the client knows
// (the only one who writes the key), or with one that it has no more.
type compare struct {
	key   string
	stale bool
}

func (o operation) writing() bool { return len(o.puts)+len(o.deletes) > 0 }

// program is what each of some clients does, one operation after the other. No two
// clients have a key in common, so that nothing depends on who of them is first.
type program [][]operation

const (
	// prefix of all keys.
	prefix = "m/"
	// keysOfClient are few, so that most operations meet a key that exists.
	keysOfClient = 6
	// manyNodes is a multiple of every size of a cluster that is played.
	manyNodes = 60
)

func keyOf(client, k int) string { return fmt.Sprintf("%s%d/k%d", prefix, client, k) }

// turnOf is the key of a client's turns (player).
func turnOf(client int) string { return fmt.Sprintf("%s%d/turn", prefix, client) }

// draw makes a program from a seed. The same seed, clients and operations always make
// the same one.
func draw(seed int64, clients, operations int) program {
	p := make(program, clients)
	for c := range p {
		rng := rand.New(rand.NewPCG(uint64(seed), uint64(c)))
		for i := range operations {
			p[c] = append(p[c], drawOperation(rng, c, i))
		}
	}
	return p
}

// drawOperation draws puts and compare-and-swaps above all: what a lost or doubled
// write leaves in a key's version and revision lasts until the key is deleted.
func drawOperation(rng *rand.Rand, client, i int) operation {
	keys := rng.Perm(keysOfClient)
	key := func(k int) string { return keyOf(client, keys[k]) }
	o := operation{at: rng.IntN(manyNodes), value: fmt.Sprintf("v%d", i)}
	switch x := rng.IntN(100); {
	case x < 38:
		o.kind, o.puts = history.Put, []string{key(0)}
	case x < 60:
		o.kind, o.reads = history.Get, []string{key(0)}
	case x < 78:
		o.kind, o.puts, o.compares = history.CAS, []string{key(0)}, drawCompares(rng, key(0))
	case x < 84:
		o.kind, o.deletes = history.Delete, []string{key(0)}
	default:
		o.kind, o.puts = history.Txn, []string{key(0), key(1)}
		o.reads = []string{key(1), key(2)}
		if rng.IntN(3) == 0 {
			o.deletes = []string{key(3)}
		}
		if rng.IntN(2) == 0 {
			o.compares = drawCompares(rng, key(2))
		}
	}
	return o
}

// drawCompares draws one that holds, or, one time in four, one that does not.
func drawCompares(rng *rand.Rand, key string) []compare {
	return []compare{{key, rng.IntN(4) == 0}}
}
