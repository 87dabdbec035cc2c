package check

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/raftbench/raftbench/history"
	"github.com/raftbench/raftbench/results"
)

// forged histories, one for each anomaly, by the names that they have in Adya's
// thesis (G0 to G2), in Berenson et al. (P4), in Jepsen's and Elle's reports, or
// here; each with the rule that the judge must find broken first, and words of
// what it must say.
var forged = map[string]struct {
	rule, got, want string
	// unpictured: it takes more than one key to see it.
	unpictured bool
}{
	"stale-read":                      {results.RuleStale, "revision 3 from a linearizable get", "at least revision 4, told before the get was sent", false},
	"non-monotonic-read":              {results.RuleStale, "revision 3 from a linearizable get", "at least revision 4", false},
	"wrong-serializable-read":         {results.RuleSkew, "the value of revision 2 at revision 4", "the value of revision 4", false},
	"p4-lost-update":                  {results.RuleCompare, "a cas at revision 5 whose compare with mod revision 2 held", "the value of revision 4", false},
	"lost-write":                      {results.RuleLost, "the value of revision 2 at revision 4", "the value of revision 4", false},
	"lost-tail":                       {results.RuleLost, "all keys at revision 3", "at least revision 4, which was told before", true},
	"lost-key":                        {results.RuleLost, "no key at revision 4", "the value of revision 2", false},
	"g0-dirty-write":                  {results.RuleAtomic, "the value of revision 4 at revision 5", "the value of revision 5", false},
	"g1a-aborted-read":                {results.RuleAborted, `the value "c" of a put that was rejected`, "no effect of it", false},
	"g1a-failed-compare":              {results.RuleAborted, `the value "c" of a cas whose compare failed`, "no effect of it", false},
	"g1b-intermediate-read":           {results.RuleAtomic, "the value of revision 3 at revision 4", "the value of revision 4", false},
	"g1c-circular-flow":               {results.RuleFuture, "mod revision 5 at revision 3", "no mod revision above", false},
	"g-single-read-skew":              {results.RuleSkew, "the value of revision 2 at revision 5", "the value of revision 4", false},
	"g2-write-skew":                   {results.RuleCompare, "a txn at revision 5 whose compare with mod revision 2 held", "the value of revision 4", false},
	"garbage-read":                    {results.RuleValue, `the value "x" at mod revision 2`, "a value that somebody wrote to this key", false},
	"another-keys-value":              {results.RuleValue, `the value "b" at mod revision 3`, "a value that somebody wrote to this key", false},
	"phantom-key":                     {results.RuleUnexpected, `key "kz" at mod revision 2`, "no such key", true},
	"future-read":                     {results.RuleOrder, "revision 4 for a put sent after revision 4 was told", "a revision above 4", false},
	"duplicate-effect":                {results.RuleTwice, `the value "a" at revision 2 and at 4`, "one effect of one put", false},
	"retried-cas-duplicate":           {results.RuleTwice, `the value "c" at revision 4 and at 6`, "one effect of one cas", false},
	"retried-unknown-duplicate":       {results.RuleTwice, `the value "c" at revision 4 and at 6`, "one effect of one put", false},
	"unseen-duplicate":                {results.RuleVersion, "revision 5, which is no operation's", "each revision to be an operation's", true},
	"resurrected-delete":              {results.RuleSkew, "the value of revision 2 at revision 4", "no key: it was deleted at revision 4", false},
	"deleted-twice":                   {results.RuleCompare, "a delete at revision 5 that found a key", "no key: it was deleted at revision 4", false},
	"unknown-delete-twice":            {results.RuleTwice, "2 times no key by revision 6, without a known deletion", "had been sent: 1", false},
	"revision-reused":                 {results.RuleOrder, "revision 4 for two writes", "a revision of its own", false},
	"revision-of-another":             {results.RuleOrder, "revision 4 for a put sent after revision 4 was told", "a revision above 4", false},
	"revision-goes-back":              {results.RuleOrder, "revision 4 for a put sent after revision 5 was told", "a revision above 5", false},
	"effect-before-its-call":          {results.RuleOrder, "revision 4 for a put sent after revision 5 was told", "a revision above 5", false},
	"half-transaction":                {results.RuleAtomic, "the value of revision 3 at revision 4", "the value of revision 4", false},
	"half-transaction-deletion":       {results.RuleAtomic, "no key at revision 4", "the value of revision 2", true},
	"compare-failed":                  {results.RuleCompare, "a cas at revision 3 whose compare with mod revision 2 failed", "the value of revision 2", false},
	"no-compare-failed":               {results.RuleCompare, "a txn at revision 3 of which a compare failed", "all of them held", true},
	"unknown-cas-against-its-compare": {results.RuleCompare, "a cas at revision 5 whose compare with mod revision 2 held", "the value of revision 4", false},
	"duplicate-beside-unknown-put":    {results.RuleVersion, "revision 3, which is no operation's", "each revision to be an operation's", true},
	"duplicate-beside-unknown-cas":    {results.RuleVersion, "revision 3, which is no operation's", "each revision to be an operation's", true},
	"duplicate-beside-unknown-delete": {results.RuleVersion, "revision 3, which is no operation's", "each revision to be an operation's", true},
	"deleted-once-two-revisions":      {results.RuleVersion, "revisions from 2 to 5 that no order of the operations explains", "an order in which each is", true},
	"no-revision":                     {results.RuleMalformed, "revision 0 in an answer to a get", "a revision of at least 1", true},
	"key-twice":                       {results.RuleMalformed, `the key "k1" twice in one scan`, "each key once", true},
	"key-not-asked-for":               {results.RuleMalformed, `the key "k2" in an answer to a get`, `"k1" as asked`, true},
	"reads-missing":                   {results.RuleMalformed, "1 keys in an answer to a txn", "the 2 that were asked for", true},
	"value-without-revision":          {results.RuleMalformed, `the value "a" of key "k1" at mod revision 0`, "at least 1", true},
	"replicas-differ":                 {results.RuleHash, "no key at revision 3", "the value of revision 3 as n1 has", false},
	"replicas-differ-on-unknown":      {results.RuleHash, "the value of revision 4 at revision 4", "the value of revision 2 as n1 has", false},
}

func TestEachForgedHistoryIsObjectedTo(t *testing.T) {
	files, err := filepath.Glob("testdata/forged/*.jsonl")
	if err != nil || len(files) != len(forged)+1 {
		t.Fatalf("%d files for %d anomalies and an honest history: %v", len(files), len(forged), err)
	}
	for name, c := range forged {
		t.Run(name, func(t *testing.T) {
			v := Judge(readForged(t, name), time.Minute)
			if v.Answer != Violated || v.Objections == 0 {
				t.Fatalf("got %s", v.Answer)
			}
			if f := v.Findings[0]; f.Rule != c.rule || !strings.Contains(f.Got, c.got) || !strings.Contains(f.Want, c.want) || f.Class != results.Safety {
				t.Errorf("got %+v\nwant %+v", v.Findings, c)
			}
			if page := picture(v); (page != "") != v.Pictured() || v.Pictured() && !strings.Contains(page, "<html") {
				t.Errorf("a page of %d bytes", len(page))
			}
			if v.Pictured() == c.unpictured {
				t.Errorf("pictured is %t", v.Pictured())
			}
		})
	}
}

func readForged(t testing.TB, name string) *history.History {
	t.Helper()
	h, err := history.Read("testdata/forged/" + name + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// The honest history has what the forged ones tamper with.
func TestTheHonestHistoryHolds(t *testing.T) {
	v := Judge(readForged(t, "honest"), time.Minute)
	if v.Answer != Holds || v.Objections != 0 || picture(v) != "" {
		t.Fatalf("got %s: %v", v.Answer, v.Findings)
	}
	if v.Keys != 3 || v.Clients != 4 || v.Revision != 8 || v.TookEffect != 1 || v.Staleness.Reads != 1 || v.Staleness.Stale != 1 || v.Staleness.Revisions.Max != 3 {
		t.Errorf("got %+v", v)
	}
}

// A replica may answer a serializable read from before the history began, when the
// store was at a revision that is no operation's.
func TestAReadFromBeforeTheHistoryIsLawful(t *testing.T) {
	h, err := history.Read("testdata/lawful/old-serializable-read.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if v := Judge(h, time.Minute); v.Answer != Holds || !linearizable(h.Operations, true) {
		t.Errorf("got %s: %v", v.Answer, v.Findings)
	}
}
