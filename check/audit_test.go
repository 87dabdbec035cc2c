package check

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/raftbench/raftbench/client"
	"github.com/raftbench/raftbench/loadgen"
	"github.com/raftbench/raftbench/results"
)

// story is a small history with every kind of outcome: k/a has two acknowledged
// writes, k/b one and then an unknown one that took effect, k/c one and an
// unknown one that did not.
func story() *cluster {
	c := newCluster()
	c.acknowledged("k/a", "a1")
	c.acknowledged("k/b", "b1")
	c.acknowledged("k/c", "c1")
	c.unknown("k/b", "b2", true)
	c.unknown("k/c", "c2", false)
	c.acknowledged("k/a", "a2")
	c.ledger.Observe(write("k/a", "a3", 0, fmt.Errorf("not leader: %w", loadgen.ErrRejected)))
	c.put("other/x", "not ours")
	return c
}

func TestAnHonestClusterPasses(t *testing.T) {
	c := story()
	report := c.audit(t, c.replica, c.clone(), c.clone())
	want := Report{Keys: 3, Acked: 4, Unknown: 2, Revision: 6}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
}

// Each lie is told by the last of three replicas, unless all tell it (a
// consistent loss is still a loss).
func TestEachRuleIsProvoked(t *testing.T) {
	change := func(key string, f func(kv *client.KeyValue)) func(r *replica) {
		return func(r *replica) {
			kv := r.keys[key]
			f(&kv)
			r.keys[key] = kv
		}
	}
	cases := []struct {
		name string
		lie  func(r *replica)
		rule string
		lost int64
		text string
	}{
		{"key missing", func(r *replica) { delete(r.keys, "k/a") }, results.RuleLost, 2,
			`lost-write: n3 k/a: got no such key, want version 2`},
		{"one write missing", change("k/a", func(kv *client.KeyValue) { kv.Version = 1 }), results.RuleLost, 1,
			`lost-write: n3 k/a: got version 1, want version 2`},
		{"one write too many", change("k/b", func(kv *client.KeyValue) { kv.Version = 3 }), results.RuleVersion, 0,
			`version: n3 k/b: got version 3, want version 1 to 2 (1 acknowledged, 1 unknown)`},
		{"an older revision", change("k/a", func(kv *client.KeyValue) { kv.ModRevision = 1 }), results.RuleRevision, 1,
			`revision: n3 k/a: got mod revision 1, want at least 5, which was acknowledged`},
		{"another value at the acknowledged revision", change("k/a", func(kv *client.KeyValue) { kv.Value = []byte("a1") }), results.RuleValue, 0,
			`value: n3 k/a: got a value at revision 5 that nobody wrote there, want the value acknowledged at revision 5`},
		{"a rejected write that took effect", change("k/a", func(kv *client.KeyValue) { kv.Value, kv.ModRevision = []byte("a3"), 6 }), results.RuleValue, 0,
			`value: n3 k/a: got a value at revision 6 that nobody wrote there, want the value acknowledged at revision 5`},
		{"the unknown value at the acknowledged revision", change("k/c", func(kv *client.KeyValue) { kv.Value = []byte("c2") }), results.RuleValue, 0,
			`value: n3 k/c: got a value at revision 3 that nobody wrote there, want the value acknowledged at revision 3, or later one of 1 unknown writes`},
		{"a key from nowhere", func(r *replica) { r.put("k/z", "z") }, results.RuleUnexpected, 0,
			`unexpected-key: n3 k/z: got version 1 at revision 7, want no such key: nobody wrote it`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			story := story()
			liar := story.clone()
			c.lie(liar)
			liar.revision, liar.applied = story.revision, story.applied
			report := story.audit(t, story.replica, story.clone(), liar)
			expect(t, report, c.rule, c.text, c.lost)
			// The others were honest, so the hashes differ, and at that key.
			if !has(report, results.RuleHash) || report.Revision != 0 {
				t.Errorf("no objection to the hash, revision %d: %v", report.Revision, report.Findings)
			}

			story = storyOf(c.lie)
			report = story.audit(t, story.replica, story.clone())
			expect(t, report, c.rule, strings.ReplaceAll(c.text, "n3", "n2"), c.lost)
			if has(report, results.RuleHash) {
				t.Errorf("objection to the hash of replicas that agree: %v", report.Findings)
			}
		})
	}
}

// storyOf is the story with a lie that the whole cluster tells.
func storyOf(lie func(r *replica)) *cluster {
	c := story()
	lie(c.replica)
	return c
}

func expect(t *testing.T, report Report, rule, text string, lost int64) {
	t.Helper()
	if report.OK() || !has(report, rule) || report.Lost != lost {
		t.Errorf("lost %d, want %d; want rule %q among %v", report.Lost, lost, rule, report.Findings)
	}
	for _, f := range report.Findings {
		if line(f) == text {
			return
		}
	}
	t.Errorf("no finding reads\n%s\namong\n%v", text, report.Findings)
}

func has(report Report, rule string) bool {
	for _, f := range report.Findings {
		if f.Rule == rule {
			return true
		}
	}
	return false
}

func TestHashesThatDifferNameTheKeys(t *testing.T) {
	c := newCluster()
	for i := range 5 {
		c.acknowledged(fmt.Sprintf("k/%d", i), "v")
	}
	c.unknown("k/3", "maybe", false)
	other := c.clone()
	other.put("k/3", "maybe") // each replica alone could be right
	other.revision, other.applied = c.revision, c.applied
	report := c.audit(t, c.replica, other)
	var texts []string
	for _, f := range report.Findings[1:] {
		texts = append(texts, line(f))
	}
	want := []string{`hash: n2 k/3: got version 2 at revision 6, want what the first replica holds`}
	if diff := cmp.Diff(want, texts); diff != "" || report.Findings[0].Rule != results.RuleHash {
		t.Errorf("first finding %v; others (-want +got):\n%s", report.Findings[0], diff)
	}
}

func TestTheAuditWaitsForReplicasToCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		slow := c.clone()
		whole := slow.keys
		slow.keys, slow.applied, slow.revision = nil, 1, 1
		slow.catchUp = func(r *replica) {
			if r.asked == 3 {
				r.keys, r.applied, r.revision = whole, c.applied, c.revision
			}
		}
		if report := c.audit(t, c.replica, slow); !report.OK() || slow.asked != 3 {
			t.Errorf("asked %d times: %v", slow.asked, report.Findings)
		}
	})
}

func TestALaggardIsNamedAndNotCalledALoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		slow := c.clone()
		slow.keys, slow.applied, slow.revision = nil, 1, 1
		report := c.audit(t, c.replica, slow)
		if len(report.Findings) != 1 || report.Lost != 0 {
			t.Fatalf("lost %d, findings %v", report.Lost, report.Findings)
		}
		want := "catch-up: n2: got index 1 at revision 1 after 15s, want index 6 at revision 6, as the furthest replica has"
		if got := line(report.Findings[0]); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

// Loss at the furthest replica is told even when another cannot be judged.
func TestALaggardHidesNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := storyOf(func(r *replica) { delete(r.keys, "k/a") })
		slow := c.clone()
		slow.applied = 1
		if report := c.audit(t, slow, c.replica); report.Lost != 2 || !has(report, results.RuleApplied) {
			t.Errorf("lost %d: %v", report.Lost, report.Findings)
		}
	})
}

// A replica that does not answer is no loss; where none does nothing is known.
func TestAReplicaThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		dead := c.clone()
		dead.err = errors.New("connection refused")
		report, err := c.tryAudit(c.replica, dead)
		if err != nil || len(report.Findings) != 1 || report.Findings[0].Class != results.Liveness ||
			!strings.Contains(line(report.Findings[0]), "n2: got no answer after 15s: connection refused") {
			t.Errorf("got %v, %v", report.Findings, err)
		}
		also := c.clone()
		also.err = dead.err
		if _, err := c.tryAudit(dead, also); err == nil || !strings.Contains(err.Error(), "n1 does not answer: connection refused") {
			t.Errorf("got %v", err)
		}
		if _, err := c.tryAudit(); err == nil {
			t.Error("an audit of nobody passed")
		}
	})
}

// A replica that goes on catching up is waited for, however slow it is; one
// that stands still is given up, and no wait is without end.
func TestTheWaitLastsWhileProgressIsMade(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// That a replica takes a while to answer leaves hundreds of questions in place of
		// tens of thousands.
		const answers = 300 * time.Millisecond
		c := newCluster()
		for i := range 20 {
			c.acknowledged(fmt.Sprintf("k/%d", i), "v")
		}
		start := time.Now()
		slow := c.clone()
		whole := slow.keys
		slow.keys, slow.applied, slow.revision = nil, 1, 1
		slow.catchUp = func(r *replica) { // an entry every ten seconds
			time.Sleep(answers)
			r.applied = min(c.applied, 1+uint64(time.Since(start)/(10*time.Second)))
			if r.revision = int64(r.applied); r.applied == c.applied {
				r.keys = whole
			}
		}
		if report := c.audit(t, c.replica, slow); !report.OK() || time.Since(start) < 190*time.Second {
			t.Errorf("after %v: %v", time.Since(start), report.Findings)
		}
		slow = c.clone()
		slow.applied, slow.hash, c.hash = 1, 2, 1 // asked for hundreds of times, and never made anew
		slow.catchUp = func(r *replica) {         // ahead, and never alike
			time.Sleep(answers)
			r.applied, r.revision = r.applied+1, -1
		}
		start = time.Now()
		if report := c.audit(t, c.replica, slow); report.OK() || time.Since(start) > Longest+time.Minute {
			t.Errorf("after %v: %v", time.Since(start), report.Findings)
		}
	})
}

// An end of the caller's context ends the wait.
func TestTheWaitIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := story()
		slow := c.clone()
		slow.applied = 1
		replicas := []Replica{{"n1", c.replica}, {"n2", slow}}
		start := time.Now()
		report, err := c.ledger.Audit(t.Context(), replicas)
		if took := time.Since(start); err != nil || !has(report, results.RuleApplied) || took < Stalled || took > Stalled+time.Second {
			t.Errorf("took %v, error %v, findings %v", took, err, report.Findings)
		}
		if report.Findings[0].Class != results.Liveness {
			t.Errorf("a replica that is behind is called %s", report.Findings[0].Class)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := c.ledger.Audit(ctx, replicas); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestASecondAuditForgetsTheFirst(t *testing.T) {
	c := story()
	if report := c.audit(t, c.replica); !report.OK() {
		t.Fatal(report.Findings)
	}
	kept := c.keys["k/a"]
	delete(c.keys, "k/a")
	if report := c.audit(t, c.replica); report.Lost != 2 {
		t.Errorf("lost %d, want 2: %v", report.Lost, report.Findings)
	}
	c.keys["k/a"] = kept
	if report := c.audit(t, c.replica); !report.OK() || report.Lost != 0 {
		t.Errorf("lost %d: %v", report.Lost, report.Findings)
	}
}

func TestLostIsWhatTheWorstReplicaLacks(t *testing.T) {
	c := story()
	worst, other := c.clone(), c.clone()
	delete(worst.keys, "k/a")
	kv := other.keys["k/a"]
	kv.Version--
	other.keys["k/a"] = kv
	if report := c.audit(t, worst, other); report.Lost != 2 {
		t.Errorf("lost %d, want 2: %v", report.Lost, report.Findings)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	c := newCluster()
	for i := range 500 {
		c.acknowledged(fmt.Sprintf("k/%d", i), "v")
	}
	report := c.audit(t, &replica{revision: 500, applied: 500})
	if len(report.Findings) != maxFindings || report.Objections != 500 || report.Lost != 500 {
		t.Errorf("%d findings of %d objections, lost %d", len(report.Findings), report.Objections, report.Lost)
	}
}

func TestTooManyUnknownWritesAreSaidToBeUnjudged(t *testing.T) {
	c := newCluster()
	c.acknowledged("k/a", "first")
	for i := range maxUnknown + 1 {
		c.unknown("k/a", fmt.Sprint(i), i == maxUnknown)
	}
	if report := c.audit(t, c.replica); !report.OK() || report.Unjudged != 1 || report.Unknown != maxUnknown+1 {
		t.Errorf("unjudged %d of unknown %d: %v", report.Unjudged, report.Unknown, report.Findings)
	}
}
