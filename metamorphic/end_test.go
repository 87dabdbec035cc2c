package metamorphic

import (
	"fmt"
	"strings"

	"github.com/raftbench/raftbench/client"
)

// end is what a play came to.
type end struct {
	answers  [][]answer // by client
	replicas []replica
}

// replica is what one node holds in the end.
type replica struct {
	node     string
	revision int64
	hash     uint32
	keys     []client.KeyValue // in order
}

// detail is how much of two ends must be the same.
type detail int

const (
	// logically: what was answered, and each key's value and version.
	logically detail = iota
	// exactly: revisions too. They are the same where one client puts its operations
	// in the same way, since each that changes anything takes one revision.
	exactly
)

// differs tells the first difference of what was got from e, which is wanted, or "".
func (e end) differs(got end, in detail) string {
	for c := range e.answers {
		for i, w := range e.answers[c] {
			g := got.answers[c][i]
			if w.told && g.told && w.String() != g.String() {
				return fmt.Sprintf("operation %d of client %d: got %s, want %s", i, c, g, w)
			}
		}
	}
	for _, one := range got.replicas {
		if first := e.replicas[0].differs(one, in); first != "" {
			return first
		}
	}
	return got.disagree()
}

// disagree tells whose hash is another than the first's: it covers what scans do not
// tell of.
func (e end) disagree() string {
	for _, r := range e.replicas[1:] {
		if first := e.replicas[0]; r.hash != first.hash {
			return fmt.Sprintf("hash of %s: got %08x at revision %d, want that of %s, %08x at revision %d", r.node, r.hash, r.revision, first.node, first.hash, first.revision)
		}
	}
	return ""
}

func (r replica) differs(got replica, in detail) string {
	w, g := r.compared(in), got.compared(in)
	for len(w)+len(g) > 0 {
		switch {
		case len(g) == 0 || len(w) > 0 && w[0].Key < g[0].Key:
			return fmt.Sprintf("key %s on %s: got no such key, want %s", w[0].Key, got.node, inWords(w[0], in))
		case len(w) == 0 || g[0].Key < w[0].Key:
			return fmt.Sprintf("key %s on %s: got %s, want no such key", g[0].Key, got.node, inWords(g[0], in))
		case inWords(w[0], in) != inWords(g[0], in):
			return fmt.Sprintf("key %s on %s: got %s, want %s", g[0].Key, got.node, inWords(g[0], in), inWords(w[0], in))
		}
		w, g = w[1:], g[1:]
	}
	if in == exactly && r.revision != got.revision {
		return fmt.Sprintf("revision of %s: got %d, want %d", got.node, got.revision, r.revision)
	}
	return ""
}

// compared are the keys that are: only a guarded client has turns.
func (r replica) compared(in detail) (keys []client.KeyValue) {
	for _, kv := range r.keys {
		if in == exactly || !strings.HasSuffix(kv.Key, "/turn") {
			keys = append(keys, kv)
		}
	}
	return keys
}

// inWords is as much of a key as is compared.
func inWords(kv client.KeyValue, in detail) string {
	said := fmt.Sprintf("%s in version %d", logical(string(kv.Value)), kv.Version)
	if in == exactly {
		said += fmt.Sprintf(", created at revision %d and changed at %d", kv.CreateRevision, kv.ModRevision)
	}
	return said
}
