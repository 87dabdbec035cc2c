package check

import (
	"slices"
	"strings"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// malformed objects to answers that no store gives, whatever it holds. Nothing else
// is concluded from them: to the rules that follow, their operations have no known
// outcome.
func (j *judging) malformed(prefix string) {
	for i := range j.recorded {
		o := &j.recorded[i]
		if o.Outcome() != history.OK {
			continue
		}
		got, want := misshapen(o, prefix)
		if got == "" {
			continue
		}
		j.object(results.RuleMalformed, none, i, none, got, want)
		if &j.ops[0] == &j.recorded[0] {
			j.ops = slices.Clone(j.recorded)
		}
		j.ops[i].Return = &history.Return{ID: o.ID, AtNS: o.Return.AtNS, Outcome: history.Unknown}
	}
}

// misshapen is what is wrong with the form of an answer, or nothing.
func misshapen(o *history.Operation, prefix string) (got, want string) {
	r := o.Return
	switch {
	case r.Revision < 1:
		return sprintf("revision %d in an answer to a %s", r.Revision, o.Kind), "a revision of at least 1"
	case !r.Succeeded && (o.Kind == history.Put || o.Kind == history.Txn && len(o.Compares) == 0):
		return sprintf("a %s without compares that was answered and did not succeed", o.Kind), "success, or an error"
	case o.Kind == history.Scan:
		return misscanned(r.Read, prefix)
	case len(r.Read) == 0 && len(o.Compares) > 0 && !r.Succeeded:
		return "", ""
	case len(r.Read) != len(o.Reads):
		return sprintf("%d keys in an answer to a %s", len(r.Read), o.Kind), sprintf("the %d that were asked for", len(o.Reads))
	}
	for i, kv := range r.Read {
		if kv.Key != o.Reads[i] {
			return sprintf("the key %.80q in an answer to a %s", kv.Key, o.Kind), sprintf("%.80q as asked", o.Reads[i])
		}
		if kv.ModRevision < 0 || kv.ModRevision == 0 && kv.Value != "" {
			return valueOfNoRevision(kv)
		}
	}
	return "", ""
}

// misscanned is what is wrong with the form of a scan's answer, or nothing.
func misscanned(read []history.KV, prefix string) (got, want string) {
	seen := make(map[string]bool, len(read))
	for _, kv := range read {
		switch {
		case kv.Key == "" || !strings.HasPrefix(kv.Key, prefix):
			return sprintf("the key %.80q in a scan", kv.Key), sprintf("keys under the prefix %q, as asked", prefix)
		case kv.ModRevision < 1:
			return valueOfNoRevision(kv)
		case seen[kv.Key]:
			return sprintf("the key %.80q twice in one scan", kv.Key), "each key once"
		}
		seen[kv.Key] = true
	}
	return "", ""
}

func valueOfNoRevision(kv history.KV) (got, want string) {
	return sprintf("the value %.40q of key %.80q at mod revision %d", kv.Value, kv.Key, kv.ModRevision), "a mod revision of at least 1 for what is there"
}
